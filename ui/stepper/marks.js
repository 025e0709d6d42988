// The marks of the picture: nodes and tags as SVG, repainted only where something differs.

import { s, setAttr, setText } from "./dom.js";
import { fitText, fullText, shownText } from "./format.js";
import { markupRuns, plainMarkup } from "./markup.js";
import { valueAt } from "./model.js";
import { nodeFace } from "./tags.js";

export function drawNode(state, layout, node) {
  const { x, y } = node;
  const shape = layout.pill
    ? s("rect", { class: "nb-shape", x: x - layout.pillWidth / 2, y: y - layout.pillHeight / 2, width: layout.pillWidth, height: layout.pillHeight, rx: layout.pillHeight / 2 })
    : s("circle", { class: "nb-shape", cx: x, cy: y, r: layout.radius });
  const size = layout.pill ? Math.min(12.5, layout.pillHeight - 4) : Math.max(11, Math.min(15, layout.radius * 0.46));
  const name = s("text", { class: "nb-symbol", x, y: layout.pill ? y + size * 0.34 : y - layout.radius * 0.22, style: `font-size:${(size * 1.2).toFixed(1)}px` });
  const value = s("text", { class: "nb-value", x, y: layout.pill ? y + size * 0.34 : y + layout.radius * 0.36, style: `font-size:${(size * 0.84).toFixed(1)}px` });
  const title = s("title");
  const g = s("g", { class: "nb-node", role: "button", tabindex: "0" }, title, shape, name, value);
  const chars = layout.pill ? Math.floor((layout.pillWidth - 34) / (size * 0.52)) : Math.floor((layout.radius * 2 - 8) / (size * 0.84 * 0.61));
  state.nodes.set(`${node.layer}:${node.unit}`, { g, shape, name, value, title, chars, stamp: "" });
  return g;
}

export function showNode(state, view, node) {
  const item = state.nodes.get(`${node.layer}:${node.unit}`);
  const face = nodeFace(view, node);
  const { model, pos } = view;
  const v = face.known ? valueAt(model, face.i, pos.u) : NaN;
  const stamp = `${face.i}|${face.role}|${v}|${view.decimals}|${view.asked === face.i}|${view.phase}|${model.edited.has(face.i)}`;
  if (stamp === item.stamp) return;
  item.stamp = stamp;
  const { layout } = state;
  const asked = view.asked === face.i ? " nb-asked" : "";
  setAttr(item.g, "class", `nb-node nb-${face.role}${node.layer === 0 ? " nb-in" : ""}${face.known ? "" : " nb-unknown"}${model.edited.has(face.i) ? " nb-edited" : ""}${asked}`);
  setAttr(item.g, "data-i", face.i);
  runsInto(item.name, face.known ? model.sym[face.i] : model.sym[face.name], stripSample);
  setText(item.value, face.known ? fitText(v, view.decimals, item.chars) : layout.pill ? "" : "·");
  if (layout.pill) {
    const x = layout.pillWidth;
    setAttr(item.name, "x", face.known ? node.x - x / 2 + 19 : node.x);
    setAttr(item.value, "x", node.x + 12);
  }
  const symbol = plainMarkup(model.sym[face.i]);
  setText(item.title, face.known ? `${symbol} = ${fullText(v)}${model.edited.has(face.i) ? ` (${view.w("edited")})` : ""}` : symbol);
  setAttr(item.g, "aria-label", face.known ? `${symbol} = ${shownText(v, view.decimals)}` : `${symbol}: ${view.w("not_yet")}`);
}

function stripSample(symbol) {
  return symbol.replace(/\^\{\(\d+\)\}/, "");
}

// A symbol as tspans: subscripts are lowered and smaller.
function runsInto(text, symbol, strip) {
  const shown = strip ? strip(symbol) : symbol;
  if (text.dataset.symbol === shown) return;
  text.dataset.symbol = shown;
  text.replaceChildren(...tspans(shown));
}

export function tspans(symbol) {
  let height = 0;
  return markupRuns(symbol).map((run) => {
    const size = run.level === 0 ? 1 : Math.abs(run.level) === 1 ? 0.72 : 0.58;
    const want = run.level > 0 ? -0.38 : run.level < -1 ? 0.34 : run.level < 0 ? 0.22 : 0;
    const dy = (want - height) / size;
    height = want;
    const part = s("tspan", { class: run.italic ? "nb-i" : null, dy: dy ? `${dy.toFixed(3)}em` : null }, run.t);
    if (size !== 1) part.style.fontSize = `${size}em`;
    return part;
  });
}

// A tag is a small label with a symbol and a number: {key, i, x, y, role, kind, text, symbol}.
export function showTag(state, view, tag) {
  let item = state.tags.get(tag.key);
  if (!item) {
    const rect = s("rect", { rx: 5 });
    const text = s("text", {});
    const title = s("title");
    const g = s("g", { role: "button", tabindex: "0" }, title, rect, text);
    item = { g, rect, text, title, stamp: "" };
    state.tags.set(tag.key, item);
    state.tagLayer.append(g);
  }
  const asked = view.asked === tag.i ? " nb-asked" : "";
  const v = tag.known ? valueAt(view.model, tag.i, view.pos.u) : NaN;
  const stamp = `${tag.i}|${tag.text}|${tag.role}|${tag.x}|${tag.y}|${asked}|${v}|${view.phase}|${view.model.edited.has(tag.i)}`;
  if (stamp === item.stamp) return;
  item.stamp = stamp;
  setAttr(item.g, "class", `nb-tag nb-${tag.kind} nb-${tag.role}${asked}${tag.known ? "" : " nb-unknown"}${view.model.edited.has(tag.i) ? " nb-edited" : ""}`);
  setAttr(item.g, "data-i", tag.i);
  const width = tag.width + 10;
  for (const [name, value] of [["x", tag.x - width / 2], ["y", tag.y - 9], ["width", width], ["height", 18]]) setAttr(item.rect, name, value);
  const parts = tspans(stripSample(tag.symbol));
  const last = parts[parts.length - 1];
  const number = s("tspan", { class: "nb-n", dx: "5" }, tag.text);
  const sunk = markupRuns(stripSample(tag.symbol)).at(-1)?.level ?? 0;
  if (last && sunk) number.setAttribute("dy", sunk > 0 ? "0.38em" : sunk < -1 ? "-0.34em" : "-0.22em");
  item.text.replaceChildren(...parts, number);
  setAttr(item.text, "x", tag.x);
  setAttr(item.text, "y", tag.y + 4.2);
  const symbol = plainMarkup(view.model.sym[tag.i]);
  const edited = view.model.edited.has(tag.i) ? ` (${view.w("edited")})` : "";
  setText(item.title, tag.known ? `${symbol} = ${fullText(v)}${edited}` : symbol);
  setAttr(item.g, "aria-label", tag.known ? `${symbol} = ${shownText(v, view.decimals)}${edited}` : `${symbol}: ${view.w("not_yet")}`);
}
