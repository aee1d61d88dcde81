// Health: what runs, what was spent, and what was lost on the way.
import { el, table, text, count } from "./dom.js";

/** The series of the Prometheus text: [{name, labels, value}]. */
export function parseMetrics(source) {
  const series = [];
  for (const line of source.split("\n")) {
    const match = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (!match) continue;
    const labels = {};
    for (const [, key, value] of (match[2] ?? "").matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) labels[key] = value;
    series.push({ name: match[1], labels, value: Number(match[3]) });
  }
  return series;
}

const titles = {
  candor_exchanges_total: "Exchanges", candor_trials_dropped_total: "Not compared, by reason", candor_shadow_requests_total: "Side requests",
  candor_shadow_tokens_total: "Side tokens", candor_store_dropped_total: "Trials the store had to give up", candor_store_skipped_total: "Trials that never came",
  candor_judge_invalid_total: "Judge answers that did not parse", candor_detect_errors_total: "Messages a rule gave up on", candor_reloads_total: "Reloads",
};

function flatten(value, name = "") {
  if (value === null || typeof value !== "object") return [[name, value]];
  return Object.entries(value).flatMap(([key, inner]) => flatten(inner, name ? `${name} ${key}` : key));
}

export async function health(api) {
  const [status, metrics] = await Promise.all([api("status"), api("/metrics")]);
  const series = parseMetrics(metrics).filter((one) => one.name in titles && one.value > 0);
  return [
    el("h1", {}, "Health"),
    el("section", { class: "card" }, el("h2", {}, "What runs"),
      el("dl", { class: "facts" }, ...flatten(status).flatMap(([name, value]) => [el("dt", {}, name.replaceAll("_", " ")), el("dd", {}, ...text(value ?? "–"))]))),
    el("section", { class: "card" }, el("h2", {}, "Counted since the start"),
      series.length === 0 ? el("p", {}, "Nothing yet.") : table("Counters", [["What"], ["Of"], ["Count", "number"]],
        series.map((one) => [titles[one.name], Object.values(one.labels).join(", ").replaceAll("_", " "), count(one.value)]))),
  ];
}
