// The two charts, as SVG. Each has its numbers in a table beside it, so the picture is one labelled image.
import { svg, condition, signed } from "./dom.js";

const ROW = 30, TOP = 26;

function frame(width, rows, label) {
  return svg("svg", { class: "chart", viewBox: `0 0 ${width} ${TOP + rows * ROW + 8}`, role: "img", "aria-label": label });
}

/** A round step that gives about five ticks. */
function step(span) {
  return [1, 2, 5, 10, 20, 25, 50].find((s) => span / s <= 6) ?? 50;
}

/** Gaps in percentage points with their intervals, and the study's gap as a diamond. */
export function gaps(lines, width) {
  const narrow = width < 560;
  const left = narrow ? 8 : 190, right = narrow ? 8 : 20, lift = narrow ? 14 : 0, row = ROW + lift;
  const ends = lines.flatMap((l) => [l.lower * 100, l.upper * 100, l.study_gap_pp ?? 0]);
  const low = Math.max(-100, Math.min(-5, ...ends)), high = Math.min(100, Math.max(10, ...ends));
  const x = (pp) => left + ((pp - low) / (high - low)) * (width - left - right);
  const chart = svg("svg", { class: "chart", viewBox: `0 0 ${width} ${TOP + lines.length * row + 8}`, role: "img",
    "aria-label": `Gap by condition: ${lines.map((l) => `${condition(l.condition)} ${signed(l.gap)}`).join("; ")}` });
  const every = step(high - low);
  for (let pp = Math.ceil(low / every) * every; pp <= high; pp += every) {
    chart.append(svg("line", { class: pp === 0 ? "zero" : "axis", x1: x(pp), x2: x(pp), y1: TOP - 6, y2: TOP + lines.length * row }));
    chart.append(svg("text", { class: "faint", x: x(pp), y: TOP - 12, "text-anchor": "middle" }, `${pp > 0 ? "+" : ""}${pp}`));
  }
  lines.forEach((line, i) => {
    const y = TOP + i * row + row / 2 + lift / 2;
    const alarm = line.alert ? " alarm" : "", open = line.enough ? "" : " open";
    chart.append(svg("text", { x: narrow ? left : left - 12, y: narrow ? y - 12 : y + 4, "text-anchor": narrow ? "start" : "end" }, condition(line.condition)));
    chart.append(svg("line", { class: `interval${alarm}${open}`, x1: x(line.lower * 100), x2: x(line.upper * 100), y1: y, y2: y }));
    chart.append(svg("circle", { class: `point${alarm}`, cx: x(line.gap * 100), cy: y, r: 5 }));
    if (line.study_gap_pp !== null) {
      const s = x(line.study_gap_pp);
      chart.append(svg("path", { class: "study", d: `M${s} ${y - 7}l7 7-7 7-7-7z` }));
    }
  });
  return chart;
}

/** How far the evidence of each condition is on the way to its threshold. */
export function evidence(lines, width) {
  const narrow = width < 560, left = narrow ? 8 : 190, right = 70, lift = narrow ? 14 : 0, row = ROW + lift;
  const most = Math.max(1, ...lines.map((l) => l.log_evidence / l.threshold_log));
  const x = (share) => left + (Math.max(0, share) / most) * (width - left - right);
  const chart = frame(width, 0, `Evidence by condition: ${lines.map((l) => `${condition(l.condition)} ${Math.max(0, Math.round((l.log_evidence / l.threshold_log) * 100))} percent of the threshold`).join("; ")}`);
  chart.setAttribute("viewBox", `0 0 ${width} ${TOP + lines.length * row + 8}`);
  lines.forEach((line, i) => {
    const share = line.log_evidence / line.threshold_log, y = TOP + i * row + lift;
    chart.append(svg("text", { x: narrow ? left : left - 12, y: narrow ? y - 4 : y + 15, "text-anchor": narrow ? "start" : "end" }, condition(line.condition)));
    chart.append(svg("rect", { class: "track", x: left, y: y + 4, width: width - left - right, height: 14, rx: 3 }));
    chart.append(svg("rect", { class: line.alert ? "bar alarm" : "bar", x: left, y: y + 4, width: Math.max(0, x(share) - left), height: 14, rx: 3 }));
    chart.append(svg("text", { class: "faint", x: width - right + 8, y: y + 15 }, share > 0 ? `${Math.round(share * 100)} %` : "none"));
  });
  chart.append(svg("line", { class: "interval alarm", x1: x(1), x2: x(1), y1: TOP - 6, y2: TOP + lines.length * row }));
  chart.append(svg("text", { class: "faint", x: x(1), y: TOP - 12, "text-anchor": "end" }, "alert"));
  return chart;
}
