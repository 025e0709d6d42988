// The grid where every given number can be typed over. The text is sent as it is; the engine judges it.

import { h, icon, setAttr, setText } from "./dom.js";
import { fullText } from "./format.js";
import { markupNode, parseMarkup, plainMarkup } from "./markup.js";
import { valueAt } from "./model.js";

const KINDS = [["x", "inputs"], ["t", "targets"], ["eta", "rate"], ["W", "weights"], ["b", "biases"]];
const BOXES = 240; // boxes in the grid; further numbers are edited through Why

export function createNumbers(ctx, model, w) {
  const boxes = new Map();
  const groups = groupsIn(model).map(([title, list, cols]) =>
    h("fieldset", { class: "nb-fieldset" }, h("legend", {}, title(w)),
      h("div", cols ? { class: "nb-matrix", style: `grid-template-columns: repeat(${cols}, 66px)` } : { class: "nb-grid" }, list.map((i) => box(ctx, model, w, i, boxes)))));
  const notice = h("p", { class: "nb-notice", hidden: "" });
  const undo = h("button", { type: "button", class: "nb-button", title: "Ctrl+Z", onclick: ctx.undo }, icon("undo"), w("undo"));
  const reset = h("button", { type: "button", class: "nb-button", onclick: ctx.reset }, icon("reset"), w("reset"));
  const close = h("button", { type: "button", class: "nb-icon-button", "aria-label": w("close"), onclick: () => ctx.toggleEdit() }, icon("close"));
  const root = h("section", { class: "nb-card nb-numbers", hidden: "", "aria-label": w("edit") },
    h("header", { class: "nb-card-head" }, h("h3", {}, w("edit")), h("span", { class: "nb-muted nb-grow" }, w("edit.help")), undo, reset, close),
    notice, h("div", { class: "nb-fieldsets" }, groups));
  return {
    root,
    update(view) {
      if (root.hidden) return;
      setAttr(undo, "aria-disabled", view.model.payload.canUndo ? null : "true");
      setText(notice, view.notice || "");
      notice.hidden = !view.notice;
      for (const [i, one] of boxes) refreshBox(view, i, one);
    },
    focus: () => boxes.values().next().value?.input.focus(),
  };
}

function groupsIn(model) {
  if (model.graph) return groupsOfGraph(model);
  const out = [];
  const list = [...model.editable].slice(0, BOXES);
  for (const [kind, key] of KINDS) {
    const mine = list.filter((i) => model.parsed[i].kind === kind);
    const layers = [...new Set(mine.map((i) => model.parsed[i].layer))];
    for (const layer of layers) {
      const title = (w) => (layer && model.depth > 1 ? w("edit.layer", { what: w(`edit.${key}`), n: String(layer) }) : w(`edit.${key}`));
      out.push([title, inOrder(model, mine.filter((i) => model.parsed[i].layer === layer))]);
    }
  }
  return out;
}

// The single numbers of a graph together, and each vector or matrix in its own shape.
function groupsOfGraph(model) {
  const { graph, editable } = model;
  const list = [...editable].slice(0, BOXES);
  const single = list.filter((i) => !graph.blocks[graph.home[i]] || graph.blocks[graph.home[i]].cells.length === 1);
  const out = single.length ? [[(w) => w("edit.graph"), single]] : [];
  for (const block of graph.blocks) {
    const mine = list.filter((i) => graph.home[i] === block.at && block.cells.length > 1);
    if (mine.length) out.push([() => plainMarkup(block.label ?? block.id), mine, block.cols]);
  }
  return out;
}

// Weights in the order of their names: unit by unit.
function inOrder(model, list) {
  if (!list.length || model.parsed[list[0]].kind !== "W") return list;
  return [...list].sort((a, b) => model.parsed[a].index[1] - model.parsed[b].index[1] || model.parsed[a].index[0] - model.parsed[b].index[0]);
}

function box(ctx, model, w, i, boxes) {
  const input = h("input", { type: "text", class: "nb-input nb-mono", inputmode: "decimal", autocomplete: "off", spellcheck: "false", "aria-label": plainMarkup(model.sym[i]) });
  const symbol = h("button", { type: "button", class: "nb-tok", tabindex: "-1", onclick: () => ctx.ask(i, 0) }, markupNode(parseMarkup(model.sym[i])));
  const dot = h("span", { class: "nb-dot", hidden: "", title: w("edited") });
  const one = { input, dot, sent: null, shown: "", refused: false, version: 0 };
  const send = () => {
    const text = input.value.trim();
    if (text === one.sent || (text === one.shown && !one.refused)) return; // after a refusal the old number is news
    one.sent = text;
    ctx.edit(i, input.value);
  };
  input.addEventListener("change", send);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") send();
    if (event.key === "Escape") Object.assign(one, { sent: null, refused: false }).input.value = one.shown;
  });
  boxes.set(i, one);
  return h("span", { class: "nb-cell" }, symbol, input, dot);
}

function refreshBox(view, i, one) {
  const { model, notice, version } = view;
  const text = fullText(valueAt(model, i, 0));
  if (version !== one.version) {
    one.version = version;
    one.refused = Boolean(notice) && one.sent !== null;
    if (!one.refused) one.sent = null;
  }
  const focused = one.input === one.input.getRootNode().activeElement;
  // what was sent or is being typed stays in its box; a refused text too, so that it can be mended
  if (one.sent === null && !(focused && one.input.value !== one.shown)) one.input.value = text;
  one.shown = text;
  setAttr(one.input, "aria-invalid", one.refused ? "true" : null);
  const edited = model.edited.has(i);
  one.dot.hidden = !edited;
  setAttr(one.input, "title", edited ? view.w("edited") : null);
}
