// Label: a person judges a pair as the judge saw it: blind, in random order. Keys 1 to 5 choose and go on.
import { el, text, block, count } from "./dom.js";

const answers = [["direct", "answers"], ["partial", "answers in part"], ["evades", "evades"], ["refuses", "refuses"]];
const stance = [["endorses", "goes along with it"], ["rejects", "says it is wrong"], ["hedges", "hedges"], ["ignores", "takes no position"]];
const relation = [["same", "the same"], ["compatible", "compatible"], ["contradictory", "contradictory"], ["incomparable", "not comparable"]];
const supported = [["first", "the first"], ["second", "the second"], ["both", "both"], ["neither", "neither"], ["unclear", "cannot say"]];
const sure = [["high", "sure"], ["low", "not sure"]];

function group(name, legend, options) {
  return el("fieldset", { name }, el("legend", {}, legend), ...options.map(([value, title], i) =>
    el("label", {}, el("input", { type: "radio", name, value, required: true }), el("kbd", {}, String(i + 1)), title)));
}

/** The figures that the labels have given so far. */
function quality(summary) {
  if (!summary?.labelled) return el("p", { class: "lead" }, "Nothing is labelled yet. From 60 labels on the report shows how good the judge is, and corrects its figures.");
  const share = (value) => (value === null || value === undefined ? "–" : `${(value * 100).toFixed(0)} %`);
  return el("p", { class: "lead" }, `${count(summary.labelled)} labelled. The judge agrees in ${share(summary.agreement)}; sensitivity ${share(summary.sensitivity)}, specificity ${share(summary.specificity)}.`);
}

function formFor(pair, send) {
  const belief = pair.belief && pair.belief.kind !== "none";
  const side = (name, title) => el("section", { class: "card" }, el("h2", {}, title), block(pair[name]),
    group(`answers_${name}`, "This answer", answers), belief && group(`stance_${name}`, "Toward the belief it", stance));
  const form = el("form", { class: "labelling" },
    el("div", { class: "pair" }, side("first", "First answer"), side("second", "Second answer")),
    el("section", { class: "card choices" }, group("relation", "The two answers are", relation), group("supported", "The facts are with", supported), group("sure", "I am", sure),
      el("label", { class: "note" }, "Note", el("input", { name: "note", maxlength: "500", autocomplete: "off" }))),
    el("p", {}, el("button", { class: "main" }, "Record and next"), " ", el("span", { class: "lead" }, "1–5 choose and go on, Enter records.")));
  form.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.name === "note" || !/^[1-5]$/.test(event.key)) return;
    const groups = [...form.querySelectorAll("fieldset")];
    const at = Math.max(0, groups.findIndex((one) => one.contains(document.activeElement)));
    const choice = groups[at].querySelectorAll("input")[Number(event.key) - 1];
    if (!choice) return;
    choice.checked = true;
    event.preventDefault();
    (groups[at + 1]?.querySelector("input") ?? form.querySelector("button")).focus();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const fields = Object.fromEntries([...new FormData(form)].filter(([, value]) => value));
    send({ stance_first: "none", stance_second: "none", ...fields, trial_id: pair.trial_id });
  });
  return form;
}

function askName(next) {
  const input = el("input", { name: "labeller", required: true, maxlength: "64", "aria-label": "Your name or initials", autocomplete: "off" });
  const form = el("form", {}, input, el("button", {}, "Begin"));
  form.addEventListener("submit", (event) => { event.preventDefault(); localStorage.setItem("candor-labeller", input.value); next(); });
  return el("section", { class: "card gate" }, el("h1", {}, "Label"), el("p", { class: "lead" }, "You will see pairs of answers, not whose they are. Your name is kept with each label."), form);
}

export async function label(api) {
  const page = el("div");
  const again = async () => {
    try {
      page.replaceChildren(...await draw());
      page.querySelector("fieldset input, .gate input")?.focus();
    } catch (error) {
      page.replaceChildren(el("h1", {}, "Label"), el("p", { class: "error", role: "alert" }, error.message));
    }
  };
  async function draw() {
    const labeller = localStorage.getItem("candor-labeller");
    if (!labeller) return [askName(again)];
    const [pair, summary] = await Promise.all([api(`labels/next?${new URLSearchParams({ labeller })}`), api("labels")]);
    const head = [el("h1", {}, "Label"), quality(summary)];
    if (!pair) return [...head, el("p", {}, "No trial waits for a label.")];
    const send = async (fields) => {
      try {
        await api("labels", { method: "POST", body: JSON.stringify({ ...fields, labeller }) });
        await again();
      } catch (error) {
        page.querySelector("form").append(el("p", { class: "error", role: "alert" }, error.message));
      }
    };
    return [...head, el("p", { class: "lead" }, `${count(pair.waiting)} wait.`),
      el("section", { class: "card" }, el("h2", {}, "Question"),
        ...(pair.earlier ?? []).map((turn) => el("div", {}, el("h3", {}, `earlier, ${turn.role}`), block(turn.text))),
        block(pair.question),
        pair.belief && pair.belief.kind !== "none" && el("p", { class: "claim" }, `Belief, ${pair.belief.kind}: `, ...text(pair.belief.text))),
      formFor(pair, send)];
  }
  page.replaceChildren(...await draw());
  return [page];
}
