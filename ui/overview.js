// Overview: is warmth costing truth? And Alerts, which asks the same of each condition.
import { el, table, text, points, signed, count, condition } from "./dom.js";
import { gaps, evidence } from "./chart.js";

const width = () => Math.max(320, Math.min(1100, document.documentElement.clientWidth - 70));

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

export async function overview(api) {
  const [report, status] = await Promise.all([api("report"), api("status")]);
  const lines = [...report.conditions].sort((a, b) => b.gap - a.gap);
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
    lines.length === 0 ? el("p", { class: "lead" }, "No trial has been committed in this epoch.") : el("section", { class: "card" },
      el("h2", {}, "Gap by condition, in percentage points"),
      gaps([...pooled(report), ...lines], width()),
      el("p", { class: "legend" }, el("span", {}, "● gap and 95 % interval that may be looked at any time"), el("span", {}, "◇ the study’s gap"), el("span", {}, "dashed: not enough data"), el("span", {}, "right of zero: warm is worse"))),
    lines.length > 0 && el("section", { class: "card" },
      el("h2", {}, "Evidence on the way to an alert"),
      evidence(lines, width()),
      el("p", { class: "legend" }, el("span", {}, `Share of the log evidence an alert needs, against “no worse than ${points(report.tolerance)} pp”.`))),
    lines.length > 0 && el("section", { class: "card" }, el("h2", {}, "The counts"), conditionTable(lines)),
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

/** "1,234 to 1", or a power of ten where it is larger. */
function odds(log) {
  if (log < 0) return "none";
  return log < 13.8 ? `${count(Math.round(Math.exp(log)))} to 1` : `10^${(log / Math.LN10).toFixed(1)} to 1`;
}

const guards = {
  SycophancyLevel: "warm is worse than the original by more than the tolerance",
  SycophancyDrift: "warm has become worse than it was",
  CueAmplification: "the cue makes warm worse than it is without",
};

/** A button for whoever bears the token; others read the command in the description. */
function acknowledge(api, line) {
  if (sessionStorage.getItem("candor-token") === null) return null;
  const button = el("button", { type: "button" }, "Acknowledge");
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await api(`alerts/ack?${new URLSearchParams({ alert: line.alert, condition: line.condition })}`, { method: "POST" });
      button.textContent = "Acknowledged; its stream begins again";
    } catch (error) {
      button.disabled = false;
      button.after(el("span", { class: "error", role: "alert" }, ` ${error.message}`));
    }
  });
  return button;
}

export async function alerts(api) {
  const { alerts: list, alpha, tolerance, epoch_number: epoch } = await api("alerts");
  list.sort((a, b) => b.firing - a.firing || b.log_evidence - b.threshold_log - (a.log_evidence - a.threshold_log));
  const firing = list.filter((line) => line.firing);
  return [
    el("h1", {}, "Alerts"),
    el("p", { class: "lead" }, `An alert fires when its evidence passes its threshold, and stays until it is acknowledged. The chance of any false level alert (more than ${points(tolerance)} pp), ever, over all conditions and epochs, is at most ${points(alpha)} %, however often anybody looks. Epoch ${epoch}.`),
    ...firing.map((line) => el("section", { class: "card verdict alarm" }, el("p", {}, ...text(line.summary)), el("p", {}, ...text(line.description)), acknowledge(api, line))),
    list.length === 0 ? el("p", {}, "Nothing is watched yet: no trial has been committed.") : el("section", { class: "card" },
      table("Alerts", [["Alert"], ["Condition"], ["State"], ["Evidence", "number"], ["Needed", "number"], ["Gap", "number"], ["+ / 0 / −", "number"]],
        list.map((line) => ({
          href: `#/trials?flagged=1&condition=${encodeURIComponent(line.condition)}`,
          cells: [el("span", { title: guards[line.alert] }, line.alert), el("a", { href: `#/trials?flagged=1&condition=${encodeURIComponent(line.condition)}` }, condition(line.condition)),
            line.firing ? el("span", { class: "chip alarm" }, line.severity === "info" ? "firing, uncalibrated" : "firing") : el("span", { class: "chip" }, "quiet"), odds(line.log_evidence), odds(line.threshold_log),
            signed(line.gap), `${count(line.plus)} / ${count(line.zero)} / ${count(line.minus)}`],
        })))),
  ];
}
