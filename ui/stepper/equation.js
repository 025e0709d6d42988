// The three lines of a step: in symbols, in numbers, the result. Every symbol and number asks why.

import { h } from "./dom.js";
import { fullText, pretty, shownText } from "./format.js";
import { markupNode, parseMarkup, plainMarkup, plainOf } from "./markup.js";
import { valueAt } from "./model.js";

const LONG = 8; // terms; longer sums are folded

// A button that shows a symbol, and opens the why of its number.
export function symbolToken(model, i, u, ask) {
  const node = h("button", { class: "nb-tok", type: "button", "data-i": i, title: `${plainMarkup(model.sym[i])} = ${fullText(valueAt(model, i, u))}` });
  node.append(markupNode(parseMarkup(model.sym[i])));
  node.addEventListener("click", () => ask(i, u));
  return node;
}

// A button that shows a value rounded to the learner's decimals; the full one is its title.
export function numberToken(model, i, u, decimals, ask, { first = true, powered = false } = {}) {
  const v = valueAt(model, i, u);
  const text = shownText(v, decimals);
  const guarded = (v < 0 && (!first || powered)) || (powered && /e/.test(text));
  const name = `${plainMarkup(model.sym[i])} = ${fullText(v)}`;
  const node = h("button", { class: "nb-tok nb-mono", type: "button", "data-i": i, title: name, "aria-label": name }, guarded ? `(${text})` : text);
  node.addEventListener("click", () => ask(i, u));
  return node;
}

// The lines as nodes. options: {model, op, u, decimals, ask, w, open, onOpen, result}
export function equationLines({ model, op, u, decimals, ask, w, open, onOpen, result = true }) {
  const tree = fold(parseMarkup(op.tpl), open);
  const numbers = op.num ? fold(parseMarkup(op.num), open) : tree;
  const lines = h("div", { class: "nb-eq" });
  const symbols = h("div", { class: "nb-line nb-symbols", role: "group", "aria-label": `${plainMarkup(model.sym[op.a])} = ${plainOf(parseMarkup(op.tpl), op.reads.map((i) => plainMarkup(model.sym[i])))}` });
  symbols.append(symbolToken(model, op.a, u, ask), sign("="), markupNode(tree, { hole: (n) => (n < 0 ? moreButton(-n, w, onOpen) : symbolToken(model, op.reads[n], u, ask)) }));
  lines.append(symbols);
  if (/#\d/.test(op.num || op.tpl) && !/^\s*#0\s*$/.test(op.num || op.tpl)) {
    const values = h("div", { class: "nb-line nb-values", role: "group", "aria-label": plainOf(parseMarkup(op.num || op.tpl), op.reads.map((i) => shownText(valueAt(model, i, u), decimals))) });
    const hole = (n, how) => (n < 0 ? moreButton(-n, w, onOpen) : numberToken(model, op.reads[n], u, decimals, ask, how));
    values.append(sign("="), markupNode(numbers, { numbers: true, hole }));
    lines.append(values);
  }
  if (result) lines.append(resultLine(model, op.a, u, decimals, ask));
  return lines;
}

export function resultLine(model, i, u, decimals, ask) {
  const token = numberToken(model, i, u, decimals, ask);
  const v = valueAt(model, i, u);
  const exact = shownText(v, decimals) === pretty(fullText(v));
  return h("div", { class: "nb-line nb-result" }, h("span", { class: "nb-wash" }, sign(exact ? "=" : "≈"), token));
}

function sign(text) {
  return h("span", { class: "nb-op nb-eqsign", "aria-hidden": "true" }, text);
}

function moreButton(count, w, onOpen) {
  const node = h("button", { class: "nb-more", type: "button" }, w("more_terms", { n: String(count) }));
  node.addEventListener("click", onOpen);
  return node;
}

// A long sum keeps its first three terms and its last; the hole with a negative number stands for those between.
export function fold(tree, open) {
  if (open) return tree;
  if (tree.k !== "row") return tree;
  const cuts = [];
  tree.c.forEach((node, at) => {
    if (node.k === "op" && node.t === "+") cuts.push(at);
  });
  if (cuts.length + 1 <= LONG) {
    // the sum may stand inside a fraction or in parentheses
    return { ...tree, c: tree.c.map((node) => (node.k === "frac" ? { ...node, a: fold(node.a, open), b: fold(node.b, open) } : node)) };
  }
  const hidden = cuts.length + 1 - 4;
  const kept = tree.c.slice(0, cuts[2]);
  const last = tree.c.slice(cuts[cuts.length - 1]);
  return { k: "row", c: [...kept, { k: "op", t: "+" }, { k: "hole", n: -hidden }, ...last] };
}
