// The marks of a graph: blocks with their cells, links, shares. Repainted only where something differs.

import { s, setAttr, setText } from "./dom.js";
import { fitText, fullText, shownText } from "./format.js";
import { plainMarkup } from "./markup.js";
import { tspans } from "./marks.js";
import { isKnown, valueAt } from "./model.js";
import { roleOf, textWidth } from "./tags.js";

const RULE_SIGNS = {
  add: "+", sub: "−", mul: "×", div: "÷", neg: "−", scale: "×", hadamard: "⊙", outer: "⊗", matmul: "∙", dot: "∙", pow: "xⁿ", power: "xⁿ", square: "x²", sqrt: "√", abs: "|x|",
  exp: "exp", ln: "ln", log: "ln", log10: "lg", sin: "sin", cos: "cos", tanh: "tanh", sigmoid: "σ", relu: "relu", softplus: "softplus", step: "step", sign: "±", max: "max", min: "min", maximum: "max", minimum: "min", copy: "=",
  sum: "Σ", mean: "mean", softmax: "softmax", logsumexp: "lse", T: "T", transpose: "T", conv2d: "conv", conv_transpose2d: "convᵀ", maxpool2d: "max", avgpool2d: "mean", concat: "‖", index: "[ ]", slice: "[:]", list: "[ ]", grad: "∂",
};

// The sign in front of a block: what it does with what comes in.
export function pillText(block) {
  const rule = String(block.rule || "").replace(/^do_/, "");
  if (rule === "mul" && block.cells.length > 1) return "⊙";
  return RULE_SIGNS[rule] ?? rule.replaceAll("_", " ").slice(0, 9);
}

export function drawBlock(view, block, { spot, size, chars, shown }) {
  const g = s("g", { class: `nb-block nb-block-${block.role || "value"}` });
  const parts = [];
  if (spot.pill) drawPill(g, block, spot, size);
  if (size.scalar) drawScalar(view, block, spot, size, chars, g, parts);
  else drawGrid(block, spot, size, chars, shown, g, parts);
  return { g, parts };
}

function drawPill(g, block, spot, size) {
  const y = spot.cy + (size.scalar ? 0 : size.top / 2);
  const x = spot.x - spot.pill - 5;
  g.append(
    s("line", { class: "nb-stem", x1: x + spot.pill, x2: spot.x, y1: y, y2: y }),
    s("rect", { class: "nb-pill", x, y: y - 10, width: spot.pill, height: 20, rx: 10 }),
    s("text", { class: `nb-pill-text${pillText(block).length === 1 ? " nb-glyph" : ""}`, x: x + spot.pill / 2, y: y + (pillText(block).length === 1 ? 5.4 : 4.3) }, pillText(block)),
  );
}

function drawScalar(view, block, spot, size, chars, g, parts) {
  const { x, y } = spot;
  const i = block.cells[0];
  const name = s("text", { class: "nb-symbol nb-name", x: x + size.w / 2, y: y + 17 });
  name.append(...tspans(i >= 0 ? view.model.sym[i] : block.label ?? block.id));
  const frame = s("rect", { class: "nb-node-frame", x, y, width: size.w, height: size.h, rx: 15 });
  g.append(frame, name);
  if (i >= 0) {
    frame.setAttribute("data-i", i);
    parts.push(drawPart(g, i, { x: x + 5, y: y + 21, w: size.w - 10, h: 18, chars: Math.max(chars, 6), kind: "cell", frame }));
  }
  if (size.graded && block.slopes[0] >= 0) parts.push(drawPart(g, block.slopes[0], { x: x + 5, y: y + 39.5, w: size.w - 10, h: 17, chars: Math.max(chars, 6), kind: "slope" }));
}

function drawGrid(block, spot, size, chars, { rows, cols }, g, parts) {
  const left = spot.x + size.left;
  const top = spot.y + size.top;
  const name = s("text", { class: "nb-symbol nb-name", x: left + (cols.length * size.cellW) / 2, y: spot.y + 15 });
  name.append(...tspans(block.label ?? block.id));
  g.append(name);
  const part = rows.length < block.rows || cols.length < block.cols;
  if (part) name.append(s("tspan", { class: "nb-extent", dx: 7 }, `${block.rows} × ${block.cols}`));
  if (cols.length < block.cols) cols.forEach((column, at) => g.append(s("text", { class: "nb-index", x: left + (at + 0.5) * size.cellW, y: top - 4 }, String(column + 1))));
  if (rows.length < block.rows) rows.forEach((row, at) => g.append(s("text", { class: "nb-index nb-index-row", x: left - 4, y: top + at * size.cellH + 15 }, String(row + 1))));
  g.append(s("rect", { class: "nb-grid-frame", x: left - 1.5, y: top - 1.5, width: cols.length * size.cellW + 3, height: rows.length * size.cellH + 3, rx: 6 }));
  rows.forEach((row, down) => {
    cols.forEach((column, across) => {
      const at = row * block.cols + column;
      const x = left + across * size.cellW;
      const y = top + down * size.cellH;
      if (block.cells[at] >= 0) parts.push(drawPart(g, block.cells[at], { x, y, w: size.cellW, h: size.upper, chars, kind: "cell" }));
      if (size.graded && block.slopes[at] >= 0) parts.push(drawPart(g, block.slopes[at], { x, y: y + size.upper, w: size.cellW, h: size.cellH - size.upper, chars, kind: "slope" }));
    });
  });
  gaps(g, block, { rows, cols, left, top, size });
}

// Dots where rows or columns are left out.
function gaps(g, block, { rows, cols, left, top, size }) {
  const dot = (x, y, text) => g.append(s("text", { class: "nb-gap nb-more-cells", x, y }, text));
  rows.forEach((row, at) => {
    const next = rows[at + 1];
    if (next !== undefined && next !== row + 1) g.append(s("line", { class: "nb-cut", x1: left, x2: left + cols.length * size.cellW, y1: top + (at + 1) * size.cellH, y2: top + (at + 1) * size.cellH }));
  });
  cols.forEach((column, at) => {
    const next = cols[at + 1];
    if (next !== undefined && next !== column + 1) g.append(s("line", { class: "nb-cut", x1: left + (at + 1) * size.cellW, x2: left + (at + 1) * size.cellW, y1: top, y2: top + rows.length * size.cellH }));
  });
  if (cols.at(-1) < block.cols - 1) dot(left + cols.length * size.cellW + 8, top + (rows.length * size.cellH) / 2 + 4, "⋯");
  if (rows.at(-1) < block.rows - 1) dot(left + (cols.length * size.cellW) / 2, top + rows.length * size.cellH + 11, "⋮");
}

function drawPart(g, i, { x, y, w, h, chars, kind, frame = null }) {
  const rect = s("rect", { x, y, width: w, height: h, rx: frame || kind === "slope" ? 5 : 3 });
  const text = s("text", { x: x + w / 2, y: y + h / 2 + 4.2 });
  const title = s("title");
  const holder = s("g", { class: "nb-part", role: "button", tabindex: "0", "data-i": i }, title, rect, text);
  g.append(holder);
  return { i, x, y, w, h, chars, kind, frame, g: holder, text, title, role: "", known: null, v: NaN, decimals: null, asked: null, edited: null };
}

export function showPart(view, part) {
  const { model, pos } = view;
  const { i } = part;
  const known = isKnown(model, i, pos.u, pos);
  const v = known ? valueAt(model, i, pos.u) : NaN;
  const role = roleOf(view, i);
  const asked = view.asked === i;
  const edited = model.edited.has(i);
  if (role === part.role && known === part.known && Object.is(v, part.v) && asked === part.asked && edited === part.edited && view.decimals === part.decimals) return;
  Object.assign(part, { role, known, v, asked, edited, decimals: view.decimals });
  setAttr(part.g, "class", `nb-part nb-part-${part.kind} nb-${role}${known ? "" : " nb-unknown"}${asked ? " nb-asked" : ""}${edited ? " nb-edited" : ""}`);
  if (part.frame) setAttr(part.frame, "class", `nb-node-frame nb-${role}${known ? "" : " nb-unknown"}`);
  setText(part.text, known ? fitText(v, view.decimals, part.chars) : "·");
  const symbol = plainMarkup(model.sym[i]);
  const note = edited ? ` (${view.w("edited")})` : "";
  setText(part.title, known ? `${symbol} = ${fullText(v)}${note}` : symbol);
  setAttr(part.g, "aria-label", known ? `${symbol} = ${shownText(v, view.decimals)}${note}` : `${symbol}: ${view.w("not_yet")}`);
}

export function drawLink(route) {
  const line = s("path", { class: "nb-wire", d: route.path });
  const arrow = s("path", { class: "nb-arrow nb-off", d: "M0 0-8-4.500-8 4.500z" });
  return { ...route, g: s("g", {}, line, arrow), line, arrow, stamp: "" };
}

export function showLink(link, way, phase) {
  const stamp = way ? `${way}|${phase}` : "";
  if (stamp === link.stamp) return;
  link.stamp = stamp;
  setAttr(link.line, "class", `nb-wire${way ? " nb-live" : ""}`);
  setAttr(link.arrow, "class", `nb-arrow${way ? "" : " nb-off"}`);
  if (!way) return;
  const { x, y } = way === "forward" ? link.end : link.start;
  setAttr(link.arrow, "transform", `translate(${x + 1} ${y})${way === "forward" ? "" : " rotate(180)"}`);
  link.g.parentNode.append(link.g);
}

// One contribution to a slope, on its link; or the slope of one operation alone, at its sign.
export function showShare(state, view, { i, x: edge, y, end }) {
  let item = state.shares.get(i);
  if (!item) {
    const rect = s("rect", { rx: 6, height: 18 });
    const text = s("text", {});
    const title = s("title");
    item = { g: s("g", { role: "button", tabindex: "0", "data-i": i }, title, rect, text), rect, text, title };
    state.shares.set(i, item);
    state.tagLayer.append(item.g);
  }
  const { model, pos } = view;
  const known = isKnown(model, i, pos.u, pos);
  const v = known ? valueAt(model, i, pos.u) : NaN;
  const shown = known ? fitText(v, view.decimals, 7) : "·";
  const width = textWidth("", shown) + 12;
  const x = end ? edge - width / 2 : edge;
  setAttr(item.g, "class", `nb-tag nb-share nb-${roleOf(view, i)}${view.asked === i ? " nb-asked" : ""}`);
  for (const [name, value] of [["x", x - width / 2], ["y", y - 9], ["width", width]]) setAttr(item.rect, name, value);
  setAttr(item.text, "x", x);
  setAttr(item.text, "y", y + 4);
  if (item.text.textContent !== shown) item.text.replaceChildren(s("tspan", { class: "nb-n" }, shown));
  const symbol = plainMarkup(model.sym[i]);
  setText(item.title, known ? `${symbol} = ${fullText(v)}` : symbol);
  setAttr(item.g, "aria-label", known ? `${symbol} = ${shownText(v, view.decimals)}` : `${symbol}: ${view.w("not_yet")}`);
}
