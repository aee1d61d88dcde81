// Health: whether it serves, what runs, and what was lost on the way.
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

const words = (code) => String(code).replaceAll("_", " ");

/** "4,900 of 5,000 tokens", with the money where it is limited. */
const spending = ({ tokens_today: tokens, tokens_per_day: most, money_today: money, money_per_day: limit }) =>
  [most > 0 && `${count(tokens)} of ${count(most)} tokens`, limit > 0 && `${money.toFixed(2)} of ${limit.toFixed(2)} in money`].filter(Boolean).join(" and ");

/** What needs somebody, in sentences; none when all is well. */
function troubles(status, series) {
  const lost = series.filter((one) => one.name === "candor_store_dropped_total").reduce((sum, one) => sum + one.value, 0);
  return [
    status.state !== "running" && `It is ${words(status.state)}.`,
    !status.store_healthy && "The store cannot be written: trials wait in memory, then are dropped and counted. Clients do not notice.",
    status.budget?.spent && `Today's budget for asking on the side refuses what no longer fits it (spent: ${spending(status.budget)}): until midnight UTC less is compared, or nothing. Clients do not notice.`,
    lost > 0 && `${count(lost)} trials could not be stored.`,
    status.jit === false && "Rules run without the JIT compiler, because the system forbids executable memory: detection is slower.",
  ].filter(Boolean);
}

const uptime = (seconds) => (seconds < 3600 ? `${Math.floor(seconds / 60)} min` : seconds < 172800 ? `${(seconds / 3600).toFixed(1)} h` : `${Math.floor(seconds / 86400)} days`);

/** The rest of the status as a list; a member that is an object becomes several lines. */
function flatten(value, name = "") {
  if (value === null || typeof value !== "object") return [[name, value]];
  return Object.entries(value).flatMap(([key, inner]) => flatten(inner, name ? `${name} ${key}` : key));
}

export async function health(api) {
  const [status, metrics] = await Promise.all([api("status"), api("/metrics")]);
  const { models = {}, candidates = {}, uptime_seconds: seconds, ...rest } = status;
  const asked = { ...models, ...Object.fromEntries(Object.entries(candidates).map(([name, model]) => [`candidate ${name}`, model])) };
  const series = parseMetrics(metrics).filter((one) => one.name in titles && one.value > 0);
  const wrong = troubles(status, series);
  return [
    el("h1", {}, "Health"),
    el("section", { class: wrong.length ? "card verdict alarm" : "card verdict" },
      ...(wrong.length ? wrong : [`Running for ${uptime(seconds)}; nothing needs anybody.`]).map((sentence) => el("p", {}, sentence))),
    el("section", { class: "card" }, el("h2", {}, "Models"),
      table("Models", [["Part"], ["Endpoint"], ["Asked for as"], ["Live"]],
        Object.entries(asked).map(([name, model]) => [name, model.urls.flatMap((url, i) => [...(i > 0 ? [el("br")] : []), ...text(url)]), [...text(model.model ?? "as the client asks")], name === status.live ? "answers the users" : "on the side"]))),
    el("section", { class: "card" }, el("h2", {}, "What runs"),
      el("dl", { class: "facts" }, ...flatten(rest).flatMap(([name, value]) => [el("dt", {}, words(name)), el("dd", {}, ...text(value ?? "–"))]))),
    el("section", { class: "card" }, el("h2", {}, "Counted since the start"),
      series.length === 0 ? el("p", {}, "Nothing yet.") : table("Counters", [["What"], ["Of"], ["Count", "number"]],
        series.map((one) => [titles[one.name], words(Object.values(one.labels).join(", ")), count(one.value)]))),
  ];
}
