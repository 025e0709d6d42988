// The text twin of a graph: one table per block, its numbers and beneath them the slopes of the result.

import { h } from "./dom.js";
import { numberToken } from "./equation.js";
import { markupNode, parseMarkup } from "./markup.js";
import { isKnown } from "./model.js";
import { roleOf } from "./tags.js";

const CELLS = 400; // numbers of a block that are listed

export function graphTables(ctx, view) {
  const { graph } = view.model;
  const single = graph.blocks.filter((block) => block.cells.length === 1);
  const grids = graph.blocks.filter((block) => block.cells.length > 1);
  return [single.length ? scalars(ctx, view, single) : "", ...grids.map((block) => gridTable(ctx, view, block))];
}

function scalars(ctx, view, blocks) {
  const { w, model } = view;
  const heads = ["block", "value", "slope"].map((name) => h("th", { scope: "col" }, w(`twin.graph.${name}`)));
  const rows = blocks.map((block) => h("tr", {}, h("th", { scope: "row" }, markupNode(parseMarkup(block.cells[0] >= 0 ? model.sym[block.cells[0]] : block.label ?? block.id))), numberCell(ctx, view, block.cells[0]), numberCell(ctx, view, block.slopes[0])));
  return h("table", {}, h("caption", {}, w("twin.graph.numbers")), h("thead", {}, h("tr", {}, heads)), h("tbody", {}, rows));
}

function gridTable(ctx, view, block) {
  const { w } = view;
  const columns = Array.from({ length: block.cols }, (_, column) => h("th", { scope: "col" }, String(column + 1)));
  const rows = [];
  for (let row = 0; row < block.rows && row * block.cols < CELLS; row += 1) {
    rows.push(tableRow(ctx, view, block, row, block.cells, String(row + 1)));
    if (block.graded && view.pos.s >= view.model.graph.slopesFrom) rows.push(tableRow(ctx, view, block, row, block.slopes, `${row + 1} ∂`));
  }
  return h("table", {}, h("caption", {}, markupNode(parseMarkup(block.label ?? block.id)), ` ${block.rows} × ${block.cols}`), h("thead", {}, h("tr", {}, h("th", { scope: "col" }, w("twin.graph.row")), columns)), h("tbody", {}, rows));
}

function tableRow(ctx, view, block, row, list, title) {
  const cells = Array.from({ length: block.cols }, (_, column) => numberCell(ctx, view, list[row * block.cols + column]));
  return h("tr", { class: list === block.slopes ? "nb-slopes" : null }, h("th", { scope: "row" }, title), cells);
}

function numberCell(ctx, view, i) {
  const { model, pos, decimals, w } = view;
  if (i === undefined || i < 0) return h("td", {}, "");
  if (!isKnown(model, i, pos.u, pos)) return h("td", { class: "nb-muted" }, w("not_yet_short"));
  const role = roleOf(view, i);
  return h("td", { class: `nb-${role}` }, numberToken(model, i, pos.u, decimals, ctx.ask), role === "idle" ? null : h("span", { class: "nb-hidden" }, ` (${w(`twin.${role}`)})`));
}
