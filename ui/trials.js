// Trials: the list with its filters, and one trial with its answers side by side.
import { el, table, text, block, marked, when, condition } from "./dom.js";

const verdicts = ["warm_endorses_belief", "warm_evades", "contradict", "agree", "original_endorses_belief", "original_evades", "incomparable", "undecided", "missing"];
const words = (code) => String(code ?? "–").replaceAll("_", " ");

function verdictChip(trial) {
  const verdict = trial.missing ? "missing" : trial.compare?.verdict;
  const kind = trial.flagged ? "alarm" : verdict === "agree" ? "good" : "";
  return el("span", { class: `chip ${kind}` }, ...text(words(verdict)));
}

function select(label, name, options, chosen) {
  const box = el("select", { name }, el("option", { value: "" }, "any"), ...options.map(([value, title]) => el("option", { value, selected: value === chosen }, title)));
  return el("label", {}, label, box);
}

/** Trials as a table, each a link. */
export function trialTable(caption, list) {
  return table(caption, [["Time", "time"], ["Verdict"], ["Condition"], ["Question", "wide"], ["Counted"]],
    list.map((trial) => {
      const href = `#/trial/${encodeURIComponent(trial.trial_id)}`;
      const question = trial.question ? trial.question.slice(0, 160) : "(no text kept)";
      return { href, cells: [when(trial.time), verdictChip(trial), condition(trial.condition), el("a", { href, dir: "auto", class: "text" }, ...text(question)), trial.counted ? "yes" : words(trial.not_counted_reason)] };
    }));
}

export async function trials(api, query) {
  const [list, report] = await Promise.all([api(`trials?${query}`), api("report")]);
  const codes = report.conditions.map((line) => [line.condition, condition(line.condition)]);
  const wanted = query.get("condition");
  if (wanted && !codes.some(([code]) => code === wanted)) codes.push([wanted, condition(wanted)]);
  const form = el("form", { class: "filters" },
    select("Condition", "condition", codes, wanted),
    select("Verdict", "verdict", verdicts.map((code) => [code, words(code)]), query.get("verdict")),
    el("label", {}, "Model", el("input", { name: "model", value: query.get("model") ?? "", placeholder: "any", autocomplete: "off", size: 18 })),
    el("label", {}, "Tag", el("input", { name: "tag", value: query.get("tag") ?? "", placeholder: "any", autocomplete: "off", size: 12 })),
    select("Time", "since", [["1h", "last hour"], ["24h", "last 24 hours"], ["7d", "last 7 days"]], query.get("since")),
    el("label", { class: "check" }, el("input", { type: "checkbox", name: "flagged", value: "1", checked: query.get("flagged") === "1" }), "flagged only"));
  form.addEventListener("change", () => { location.hash = `#/trials?${new URLSearchParams([...new FormData(form)].filter(([, value]) => value))}`; });
  form.addEventListener("submit", (event) => event.preventDefault());
  const older = new URLSearchParams(query);
  older.set("before", list.next_before);
  return [
    el("h1", {}, "Trials"),
    form,
    list.trials.length === 0 ? el("p", {}, "No trial matches.") : el("section", { class: "card" }, trialTable("Trials, newest first", list.trials)),
    query.get("before") && el("a", { href: "#/trials" }, "Newest"), " ",
    list.next_before && el("a", { href: `#/trials?${older}` }, "Older trials"),
  ];
}

/** What the judge took an answer to claim, and whether it conflicts with the other. */
function claimOf(trial, side) {
  const call = (trial.judge ?? []).find((one) => one.claim?.[side]);
  const extracted = trial.compare?.extracted?.[side];
  const claim = call?.claim[side] ?? extracted;
  if (!claim) return null;
  const conflict = trial.compare?.relation === "contradictory";
  return el("p", { class: conflict ? "claim conflict" : "claim", dir: "auto" }, conflict ? "Conflicting claim: " : "Claim: ", ...text(claim));
}

function answerOf(trial, side) {
  const arm = (trial.arms ?? []).find((one) => one.arm === side);
  const stance = trial.compare?.stance?.[side];
  const supported = trial.compare?.supported;
  return el("section", { class: `card ${side}` },
    el("h2", {}, side === "warm" ? "Warm" : "Original",
      arm?.model && el("span", { class: "chip" }, ...text(arm.model)),
      stance && stance !== "none" && el("span", { class: `chip ${side}` }, `${stance} the belief`),
      (supported === side || supported === "both") && el("span", { class: "chip good" }, "supported by the facts")),
    !arm ? el("p", {}, "was not asked") : arm.missing ? el("p", { class: "error" }, `missing: ${words(arm.missing)}`) : arm.text === null ? el("p", {}, "(no text kept)") : block(arm.text),
    arm?.tool_calls && el("p", { class: "text" }, "Tools: ", ...text(arm.tool_calls)),
    claimOf(trial, side));
}

function facts(rows) {
  return el("dl", { class: "facts" }, ...rows.filter(([, value]) => value !== null && value !== undefined && value !== "").flatMap(([name, value]) => [el("dt", {}, name), el("dd", { dir: "auto" }, ...text(value))]));
}

function judgeOf(calls) {
  return (calls ?? []).map((call, i) => facts([
    [`Judge, ${i + 1}${i === 0 ? "st" : "nd"} asking`, words(call.order)],
    ["said", call.parsed ? words(call.verdict) : `not usable: ${call.reason ?? words(call.missing)}`],
    ["the answers are", call.relation], ["the facts are with", call.supported], ["sure", call.sure],
  ]));
}

export async function trial(api, id) {
  const one = await api(`trials/${encodeURIComponent(id)}`);
  const inQuestion = (span) => span.turn === one.question_turn;
  const spans = (one.cues ?? []).filter(inQuestion).map((cue) => ({ ...cue, belief: cue.label.startsWith("belief:") }));
  if (one.belief && one.belief.kind !== "none" && inQuestion(one.belief)) spans.push({ ...one.belief, label: `belief: ${one.belief.kind}`, belief: true });
  const others = (one.arms ?? []).filter((arm) => arm.arm !== "warm" && arm.arm !== "original");
  const evidence = one.evidence ?? {};
  return [
    el("p", {}, el("a", { href: "#/trials" }, "All trials")),
    el("h1", {}, one.flagged ? "Flagged: " : "Trial: ", ...text(one.missing ? `missing, ${words(one.missing)}` : words(one.compare?.verdict))),
    el("p", { class: "lead" }, `${condition(one.condition)} · ${when(one.time)}`),
    el("section", { class: "card" }, el("h2", {}, "Question"),
      one.question === null ? el("p", {}, "(no text kept)") : block(one.question, (source) => marked(source, spans)),
      one.belief?.text && el("p", { class: "claim" }, `Belief, ${one.belief.kind}: `, ...text(one.belief.text))),
    el("div", { class: "pair" }, answerOf(one, "warm"), answerOf(one, "original")),
    el("section", { class: "card" }, el("h2", {}, "How it was decided"), facts([
      ["Verdict", words(one.compare?.verdict)], ["Decided by", one.compare?.stage], ["Because", words(one.compare?.reason ?? "")], ["The answers are", one.compare?.relation], ["The facts are with", one.compare?.supported],
      ["Outcome", one.x === null ? "none" : one.x > 0 ? "+1, warm worse" : one.x < 0 ? "−1, warm better" : "0"],
      ["In the evidence", one.counted ? "yes" : `no: ${words(one.not_counted_reason)}`],
      ["After this trial", evidence.n_plus === undefined ? null : `${evidence.n_plus} worse, ${evidence.n_zero} equal, ${evidence.n_minus} better, ${evidence.missing} missing`],
    ]), ...judgeOf(one.judge)),
    one.pairs?.length > 0 && el("section", { class: "card" }, el("h2", {}, "Also compared"),
      table("Further pairs", [["Pair"], ["In warm's place"], ["In the original's"], ["Verdict"], ["Decided by"], ["Outcome", "number"]],
        one.pairs.map((pair) => [words(pair.pair), words(pair.arms?.warm), words(pair.arms?.original), words(pair.missing ? `missing: ${pair.missing}` : pair.verdict), words(pair.stage), pair.x ?? "none"].map((cell) => text(cell))))),
    others.length > 0 && el("section", { class: "card" }, el("h2", {}, "Other arms"), ...others.flatMap((arm) => [el("h3", {}, words(arm.arm)), arm.text ? block(arm.text) : el("p", {}, arm.missing ? `missing: ${words(arm.missing)}` : "(no text kept)")])),
    el("section", { class: "card" }, el("h2", {}, "Identity"), facts([["Trial", one.trial_id], ["Exchange", one.exchange_id], ["Conversation", one.conversation], ["Turn", one.turn], ["Epoch", one.epoch], ["Detector", one.detector_version],
      ["Sampled", one.sample ? `${one.sample.stratum ?? "default"}, probability ${one.sample.probability}` : null]])),
  ];
}
