// Building the page. Whatever comes from a model or a person goes through text(): as text nodes only, with what could
// hide or reorder it shown as an escape.

/** An element with attributes and children (nodes or plain strings of our own). */
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export function svg(name, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

// Controls but for tab and line feed, soft hyphen, bidi and invisible signs, separators, tags: as in pairs_wrap.c.
const hidden = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e0fff}]/gu;

/** Nodes for a hostile text. */
export function text(value) {
  const source = String(value ?? "").replaceAll("\r\n", "\n");
  const nodes = [];
  let end = 0;
  for (const match of source.matchAll(hidden)) {
    nodes.push(source.slice(end, match.index));
    const code = match[0].codePointAt(0).toString(16).padStart(4, "0");
    nodes.push(el("span", { class: "escaped", title: "a character that does not show" }, `\\u${code}`));
    end = match.index + match[0].length;
  }
  nodes.push(source.slice(end));
  return nodes.filter((node) => node !== "");
}

const SHOWN = 4000, MORE = 20000;

/** A hostile text as a block; a very long one is shown in parts, since a browser takes minutes to break a line of a
    megabyte. */
export function block(value, draw = text, shown = SHOWN) {
  const source = String(value ?? "");
  const node = el("p", { class: "text", dir: "auto" }, ...draw(source.slice(0, shown)));
  if (source.length > shown) {
    const more = el("button", { type: "button", class: "quiet" }, `Show more of ${source.length.toLocaleString("en")} characters`);
    more.addEventListener("click", () => node.replaceWith(block(source, draw, shown + MORE)));
    node.append("… ", more);
  }
  return node;
}

/** The text with spans (offsets in bytes of its UTF-8) marked. Overlapping spans keep the first. */
export function marked(source, spans) {
  const bytes = new TextEncoder().encode(source);
  const decode = (from, to) => new TextDecoder().decode(bytes.subarray(from, to));
  const nodes = [];
  let at = 0;
  for (const span of [...spans].sort((a, b) => a.start - b.start || b.end - a.end)) {
    if (span.start < at || span.end > bytes.length || span.end <= span.start) continue;
    nodes.push(...text(decode(at, span.start)));
    nodes.push(el("mark", { class: span.belief && "belief", title: span.label }, ...text(decode(span.start, span.end)), el("sup", {}, span.label)));
    at = span.end;
  }
  nodes.push(...text(decode(at, bytes.length)));
  return nodes;
}

/** Room for a chart on this screen, in pixels. */
export const chartWidth = () => Math.max(320, Math.min(1100, document.documentElement.clientWidth - 70));

export const points = (share) => (share === null || share === undefined ? "–" : `${(share * 100).toFixed(1)}`);
export const signed = (share) => (share === null || share === undefined ? "–" : `${share > 0 ? "+" : ""}${points(share)} pp`);
export const count = (value) => (value ?? 0).toLocaleString("en");
export const when = (time) => String(time ?? "").replace("T", " ").replace(/\.\d+Z$/, "").replace("Z", "");

const contexts = { none: "plain", sad: "sadness", anger: "anger", happy: "happiness", fear: "fear", close: "closeness", hierarchical_up: "user above", hierarchical_down: "user below", up: "user above", down: "user below", high: "high stakes", low: "low stakes" };
const pools = { all: "all conditions", belief: "any stated belief" };

/** "emotion:sad+asserted" in words; also the pools of the report. */
export function condition(code) {
  if (code in pools) return pools[code];
  const [context, belief] = String(code ?? "").split("+");
  const name = contexts[context.split(":").pop()] ?? context.split(":").pop().replaceAll("_", " ");
  return belief === "none" || !belief ? name : `${name}, belief ${belief}`;
}

/** A table that becomes a list on a narrow screen. columns: [title, class]; rows: arrays of nodes or strings. */
export function table(caption, columns, rows) {
  return el("table", { class: "stack" },
    el("caption", { class: "skip" }, caption),
    el("thead", {}, el("tr", {}, ...columns.map(([title, kind]) => el("th", { scope: "col", class: kind }, title)))),
    el("tbody", {}, ...rows.map((row) => {
      const cells = (row.cells ?? row).map((cell, i) => el("td", { class: columns[i][1], "data-label": columns[i][0] }, ...[cell].flat()));
      return row.href ? el("tr", { class: "link", onclick: (event) => { if (!event.target.closest("a")) location.hash = row.href; } }, ...cells) : el("tr", {}, ...cells);
    })));
}
