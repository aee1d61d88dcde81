// The charts, drawn with d3. Each has its numbers in a table beside it, so a picture is one labelled image; where the
// build found no d3, the tables are all there is, and the page says so.
import { el, svg, condition, points, signed } from "./dom.js";

const d3 = globalThis.d3;
const ROW = 28, TOP = 26, BOTTOM = 24;

/** The frame of a chart as a d3 selection, or null without d3. left: room for names, none on a narrow screen. */
function frame(width, height, label) {
  if (!d3) return null;
  return d3.select(svg("svg", { class: "chart", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label }));
}

const without = () => el("p", { class: "lead" }, "This build has no charts: d3 was not there when it was made. The table has every number.");

/** Lays out named rows: beside the drawing, or above it where there is no room beside. */
function rows(width, count) {
  const narrow = width < 560, pitch = narrow ? ROW + 14 : ROW;
  return { narrow, left: narrow ? 22 : 190, right: width - (narrow ? 52 : 64), bottom: TOP + count * pitch, y: (i) => TOP + i * pitch + pitch / 2 + (narrow ? 7 : 0) };
}

function names(chart, lines, place) {
  chart.append("g").selectAll("text").data(lines).enter().append("text")
    .attr("x", place.narrow ? 8 : place.left - 12).attr("y", (_, i) => place.y(i) + (place.narrow ? -11 : 4))
    .attr("text-anchor", place.narrow ? "start" : "end").text((line) => condition(line.condition));
}

function grid(chart, x, place, format, ticks) {
  const tick = chart.append("g").selectAll("g").data(x.ticks(ticks)).enter().append("g");
  tick.append("line").attr({ x1: x, x2: x, y1: TOP - 6, y2: place.bottom }).attr("class", (value) => (value === 0 ? "zero" : "axis"));
  tick.append("text").attr({ class: "faint", x, y: TOP - 12, "text-anchor": "middle" }).text(format);
}

/** Gaps in percentage points with their intervals, and the study's gap as a diamond. */
export function gaps(lines, width) {
  const place = rows(width, lines.length);
  const chart = frame(width, place.bottom + 8, `Gap by condition: ${lines.map((line) => `${condition(line.condition)} ${signed(line.gap)}`).join("; ")}`);
  if (!chart) return without();
  const low = d3.min(lines, (line) => Math.min(line.lower * 100, line.study_gap_pp ?? 0)), high = d3.max(lines, (line) => Math.max(line.upper * 100, line.study_gap_pp ?? 0));
  const x = d3.scale.linear().domain([Math.min(low, -5), Math.max(high, 10)]).nice().range([place.left, place.right]);
  grid(chart, x, place, (pp) => `${pp > 0 ? "+" : ""}${pp}`, place.narrow ? 5 : 9);
  names(chart, lines, place);
  const row = chart.append("g").selectAll("g").data(lines).enter().append("g")
    .attr("class", (line) => `gap${line.alert ? " alarm" : ""}${line.enough ? "" : " open"}`).attr("transform", (_, i) => `translate(0,${place.y(i)})`);
  row.append("title").text((line) => `${condition(line.condition)}: ${signed(line.gap)}, 95 % interval ${points(line.lower)} to ${points(line.upper)}, from ${line.n}`);
  row.append("line").attr({ class: "interval", x1: (line) => x(line.lower * 100), x2: (line) => x(line.upper * 100) });
  row.append("circle").attr({ class: "point", r: 5, cx: (line) => x(line.gap * 100) });
  row.filter((line) => line.study_gap_pp !== null && line.study_gap_pp !== undefined).append("path").attr("class", "study")
    .attr("d", (line) => `M${x(line.study_gap_pp)} -7l7 7-7 7-7-7z`);
  row.append("text").attr({ class: "faint", x: place.right + 14, y: 4 }).text((line) => `n ${line.n}`);
  return chart.node();
}

/** How far the evidence of each condition is on the way to its threshold. */
export function evidence(lines, width) {
  const share = (line) => Math.max(0, line.log_evidence / line.threshold_log);
  const place = rows(width, lines.length);
  const chart = frame(width, place.bottom + 8, `Evidence by condition: ${lines.map((line) => `${condition(line.condition)} ${Math.round(share(line) * 100)} percent of the threshold`).join("; ")}`);
  if (!chart) return without();
  const x = d3.scale.linear().domain([0, Math.max(1, d3.max(lines, share))]).range([place.left, place.right]);
  names(chart, lines, place);
  const row = chart.append("g").selectAll("g").data(lines).enter().append("g").attr("transform", (_, i) => `translate(0,${place.y(i)})`);
  row.append("rect").attr({ class: "track", x: place.left, y: -6, width: place.right - place.left, height: 12, rx: 3 });
  row.append("rect").attr({ x: place.left, y: -6, height: 12, rx: 3, width: (line) => x(share(line)) - place.left }).attr("class", (line) => (line.alert ? "bar alarm" : "bar"));
  row.append("text").attr({ class: "faint", x: place.right + 8, y: 4 }).text((line) => (share(line) > 0 ? `${Math.round(share(line) * 100)} %` : "none"));
  chart.append("line").attr({ class: "threshold", x1: x(1), x2: x(1), y1: TOP - 6, y2: place.bottom });
  chart.append("text").attr({ class: "faint", x: x(1), y: TOP - 12, "text-anchor": "end" }).text("alert");
  return chart.node();
}

/** How evidence grew with each conversation, for the conditions that have most of it. */
export function growth({ lines, threshold_log: threshold }, width) {
  const shown = lines.slice(0, 6), left = 44, right = width - (width < 560 ? 12 : 230), height = 280;
  const chart = frame(width, height + BOTTOM, `Evidence over time: ${shown.map((line) => `${condition(line.condition)} ${line.points.at(-1)[1].toFixed(1)} of ${threshold.toFixed(1)} after ${line.points.at(-1)[0]}`).join("; ")}`);
  if (!chart) return without();
  const all = shown.flatMap((line) => line.points);
  const x = d3.scale.linear().domain([0, d3.max(all, (point) => point[0])]).range([left, right]);
  const y = d3.scale.linear().domain([Math.max(-threshold / 2, Math.min(-1, d3.min(all, (point) => point[1]))), Math.max(threshold * 1.15, d3.max(all, (point) => point[1]))]).range([height, TOP - 10]);
  const level = (value, name, kind) => {
    chart.append("line").attr({ class: kind, x1: left, x2: right, y1: y(value), y2: y(value) });
    chart.append("text").attr({ class: "faint", x: 0, y: y(value) + 4 }).text(name);
  };
  level(0, "even", "zero");
  level(threshold, "alert", "threshold");
  const path = d3.svg.line().x((point) => x(point[0])).y((point) => y(point[1])).interpolate("step-after");
  const line = chart.append("g").selectAll("g").data(shown).enter().append("g").attr("class", (_, i) => `growth growth-${i}`);
  line.append("title").text((one) => condition(one.condition));
  line.append("path").attr("d", (one) => path(one.points));
  if (width >= 560) {
    line.append("line").attr({ x1: right + 12, x2: right + 34, y1: (_, i) => TOP + 20 * i, y2: (_, i) => TOP + 20 * i });
    line.append("text").attr({ x: right + 40, y: (_, i) => TOP + 20 * i + 4 }).text((one) => condition(one.condition));
  }
  chart.append("g").selectAll("text").data(x.ticks(5)).enter().append("text").attr({ class: "faint", x, y: height + 18, "text-anchor": "middle" }).text(String);
  return chart.node();
}
