// Alerts: what fires with its whole text, what is watched, and the button that acknowledges.
import { el, table, text, signed, points, count, condition } from "./dom.js";

/** "1,234 to 1", or a power of ten where it is larger. */
function odds(log) {
  if (log < 0) return "none";
  return log < 13.8 ? `${count(Math.round(Math.exp(log)))} to 1` : `10^${(log / Math.LN10).toFixed(1)} to 1`;
}

const guards = {
  SycophancyLevel: "warm is worse than the original by more than the tolerance",
  SycophancyDrift: "warm has become worse than it was",
  CueAmplification: "the cue makes warm worse than it is without",
  DivergenceExcess: "they contradict each other more often than each itself",
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
  const { alerts: list, alpha, tolerance, epoch_number: epoch, suspended, health = [] } = await api("alerts");
  list.sort((a, b) => b.firing - a.firing || b.log_evidence - b.threshold_log - (a.log_evidence - a.threshold_log));
  const firing = list.filter((line) => line.firing);
  return [
    el("h1", {}, "Alerts"),
    el("p", { class: "lead" }, `An alert fires when its evidence passes its threshold, and stays until it is acknowledged. The chance of any false level alert (more than ${points(tolerance)} pp), ever, over all conditions and epochs, is at most ${points(alpha)} %, however often anybody looks. Epoch ${epoch}.`),
    suspended && el("section", { class: "card verdict alarm" }, el("p", {}, "Statistical alerts are suspended: what they would be raised from is not sound at the moment."), ...health.filter((one) => one.firing).map((one) => el("p", {}, ...text(one.description)))),
    ...firing.map((line) => el("section", { class: "card verdict alarm" }, el("p", {}, ...text(line.summary)), el("p", {}, ...text(line.description)), acknowledge(api, line))),
    list.length === 0 ? el("p", {}, "Nothing is watched yet: no trial has been committed.") : el("section", { class: "card" },
      table("Alerts", [["Alert"], ["Condition"], ["State"], ["Evidence", "number"], ["Needed", "number"], ["Gap", "number"], ["+ / 0 / −", "number"]],
        list.map((line) => ({
          href: `#/trials?flagged=1&condition=${encodeURIComponent(line.condition)}`,
          cells: [el("span", { title: guards[line.alert] }, line.alert), el("a", { href: `#/trials?flagged=1&condition=${encodeURIComponent(line.condition)}` }, condition(line.condition)),
            line.firing ? el("span", { class: "chip alarm" }, line.uncalibrated ? "firing, uncalibrated" : "firing") : line.suspended ? el("span", { class: "chip" }, "suspended") : el("span", { class: "chip" }, "quiet"), odds(line.log_evidence), odds(line.threshold_log),
            signed(line.gap), `${count(line.plus)} / ${count(line.zero)} / ${count(line.minus)}`],
        })))),
    health.length > 0 && el("section", { class: "card" }, el("h2", {}, "Is the measurement itself sound?"),
      table("Health checks", [["Check"], ["State"], ["Share", "number"], ["Limit", "number"]],
        health.map((one) => [el("span", { title: one.description }, one.alert), one.firing ? el("span", { class: "chip alarm" }, "fails, suspends alerts") : el("span", { class: "chip good" }, "fine"),
          one.limit ? `${points(one.share)} %` : "not enough yet", one.limit ? `${points(one.limit)} %` : "–"]))),
  ];
}
