// Overview: is warmth costing truth? The answer, what it rests on, and what it cost to know.
import { el, table, points, signed, count, condition, chartWidth } from "./dom.js";
import { gaps, evidence, growth } from "./chart.js";
import { parseMetrics } from "./health.js";
import { trialTable } from "./trials.js";

/** The answer in a sentence, and what it rests on. */
function answer(report) {
  const firing = report.conditions.filter((line) => line.alert);
  const enough = report.conditions.filter((line) => line.enough);
  if (firing.length > 0) {
    const worst = firing.reduce((a, b) => (a.lower > b.lower ? a : b));
    return ["alarm", `Yes. Under ${firing.map((line) => condition(line.condition)).join("; ")} the warm model is proved worse than the original.`,
      `Largest: ${condition(worst.condition)}, ${signed(worst.gap)} (95 % interval ${points(worst.lower)} to ${points(worst.upper)}, from ${count(worst.n)} conversations).`];
  }
  if (enough.length > 0)
    return ["", `No gap above the tolerance of ${points(report.tolerance)} pp is proved so far.`,
      `${enough.length} of ${report.conditions.length} conditions have enough data to say much; the chance of any false alert, ever, is at most ${points(report.alpha)} %.`];
  const all = report.total;
  if (all && all.n > 0 && all.lower > 0)
    return ["open", `All conditions together: warm is worse by ${signed(all.gap)} (95 % interval ${points(all.lower)} to ${points(all.upper)}, from ${count(all.n)} conversations).`,
      "No single condition has enough data for an alert yet; one says something from about 50 conversations on."];
  return ["open", "Not enough data yet.", "A condition says something from about 50 conversations on."];
}

/** The pools of the report as lines of the chart, where they hold more than one condition does. */
function pooled(report) {
  return [["all", report.total], ["belief", report.belief]].filter(([, line]) => line && line.n > 0 && report.conditions.length > 1)
    .map(([name, line]) => ({ ...line, condition: name, study_gap_pp: line.study_gap_pp ?? null, alert: false }));
}

/** What was looked into, compared and spent, from the counters since the start. */
function spent(metrics) {
  const series = parseMetrics(metrics);
  const sum = (name, keep = () => true) => series.filter((one) => one.name === name && keep(one.labels)).reduce((all, one) => all + one.value, 0);
  const dropped = (reasons) => sum("candor_trials_dropped_total", ({ reason }) => reasons.includes(reason));
  return [
    ["Not sampled", count(dropped(["not_sampled"]))],
    ["Stopped by the budget", count(dropped(["budget", "backoff"]))],
    ["Side requests", count(sum("candor_shadow_requests_total"))],
    ["Side tokens", count(sum("candor_shadow_tokens_total"))],
  ];
}

/** A value with its interval, in percent or in points. */
const between = (one, unit, value = one?.value ?? one?.gap ?? one?.rate) => (one ? `${points(value)} ${unit} (${points(one.lower)} to ${points(one.upper)})` : null);

/** What stands beside the gaps; what nobody asked for is left out. */
function beside(report, labels) {
  const { estimands = {}, noise_floor: floor = {} } = report;
  return [
    ["Over the traffic, gap", between(report.population, "pp")],
    ["With the judge's tone bias taken out", between(estimands.controlled, "pp")],
    ["Judge's tone bias", between(report.style_bias, "pp")],
    ["Error-like: the facts with the original", between(estimands.error, "pp")],
    ["Warm evades, the original answers", between(estimands.evasion, "pp")],
    ["What the cue adds, same question", between(estimands.within, "pp")],
    ["Warm contradicts the original", between(floor.warm_original, "%")],
    ["The original contradicts itself", between(floor.original_again, "%")],
    ["Warm contradicts itself", between(floor.warm_again, "%")],
    ["Contradiction beyond chance", between(estimands.excess, "pp")],
    ["Labels by people", labels?.labelled ? `${count(labels.labelled)}; the judge agrees in ${points(labels.agreement)} %` : "none: all figures are as judged"],
  ].filter(([, value]) => value);
}

const list = (rows) => el("dl", { class: "facts" }, ...rows.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));

export async function overview(api) {
  const [report, status, trace, metrics, flagged, labels] = await Promise.all([api("report"), api("status"), api("evidence"), api("/metrics"), api("trials?flagged=1&limit=5"), api("labels")]);
  const lines = [...report.conditions].sort((a, b) => b.enough - a.enough || b.gap - a.gap);
  const missing = lines.reduce((sum, line) => sum + line.missing + line.undecided, 0);
  const [kind, sentence, basis] = answer(report);
  const figure = (name, value) => el("div", {}, el("dt", {}, name), el("dd", {}, value));
  return [
    el("h1", {}, "Is warmth costing truth?"),
    el("section", { class: `card verdict ${kind}` }, el("p", {}, sentence), el("p", {}, basis)),
    el("dl", { class: "figures" },
      figure("Exchanges relayed", count(status.exchanges)),
      figure("Trials", count(report.trials)),
      figure("Flagged", count(report.total?.flagged)),
      figure("Alerts firing", count(lines.filter((line) => line.alert).length)),
      figure("Missing or undecided", report.trials ? `${points(missing / report.trials)} %` : "–")),
    flagged.trials.length > 0 && el("section", { class: "card" }, el("h2", {}, "Latest flagged"), trialTable("The latest flagged trials", flagged.trials), el("p", { class: "legend" }, el("a", { href: "#/trials?flagged=1" }, "All flagged trials"))),
    lines.length === 0 ? el("p", { class: "lead" }, "No trial has been committed in this epoch.") : el("section", { class: "card" },
      el("h2", {}, "Gap by condition, in percentage points"),
      gaps([...pooled(report), ...lines], chartWidth()),
      el("p", { class: "legend" }, el("span", {}, "● gap and 95 % interval that may be looked at any time"), el("span", {}, "◇ the study’s gap: compare order and sign only"), el("span", {}, "○ dashed: not enough data"), el("span", {}, "right of zero: warm is worse"))),
    trace.lines.length > 0 && el("section", { class: "card" },
      el("h2", {}, "Evidence over time"),
      growth(trace, chartWidth()),
      el("p", { class: "legend" }, el("span", {}, "Log odds after each conversation of a condition, in order of arrival. At the upper line it is proof enough for an alert, whenever one looks."))),
    lines.length > 0 && el("section", { class: "card" },
      el("h2", {}, "Evidence on the way to an alert"),
      evidence(lines, chartWidth()),
      el("p", { class: "legend" }, el("span", {}, `Share of the log evidence an alert needs, against “no worse than ${points(report.tolerance)} pp”.`))),
    lines.length > 0 && el("section", { class: "card" }, el("h2", {}, "The counts"), conditionTable(lines)),
    lines.length > 0 && el("section", { class: "card" }, el("h2", {}, "Beside the gaps"), list(beside(report, labels))),
    el("section", { class: "card" }, el("h2", {}, "Coverage and spend since the start"), list(spent(metrics))),
    el("p", { class: "lead" }, report.note),
  ];
}

function conditionTable(lines) {
  return table("Conditions", [["Condition"], ["Conversations", "number"], ["Warm worse", "number"], ["Warm better", "number"], ["Gap", "number"], ["Interval", "number"], ["Study", "number"], ["Flagged", "number"], ["State"]],
    lines.map((line) => ({
      href: `#/trials?condition=${encodeURIComponent(line.condition)}`,
      cells: [el("a", { href: `#/trials?condition=${encodeURIComponent(line.condition)}` }, condition(line.condition)), count(line.n), count(line.plus), count(line.minus), signed(line.gap),
        `${points(line.lower)} to ${points(line.upper)}`, line.study_gap_pp === null ? "–" : signed(line.study_gap_pp / 100), count(line.flagged), chip(line)],
    })));
}

function chip(line) {
  if (line.alert) return el("span", { class: "chip alarm" }, "alert");
  return line.enough ? el("span", { class: "chip good" }, "no alert") : el("span", { class: "chip" }, "not enough data");
}
