// The text twin of the picture: the same numbers in two small tables.

import { h } from "./dom.js";
import { numberToken, symbolToken } from "./equation.js";
import { graphTables } from "./graphtwin.js";
import { indexOf, isKnown } from "./model.js";
import { roleOf } from "./tags.js";
import { unitSymbol } from "./words.js";
import { markupNode, parseMarkup } from "./markup.js";

const ROWS = 200;

export function createTwin(ctx, model, w) {
  const root = h("div", { class: "nb-twin", hidden: "", tabindex: "0", role: "region", "aria-label": w("twin") });
  let stamp = "";
  return {
    root,
    update(view) {
      if (root.hidden) return;
      const mark = [view.version, view.pos.u, view.pos.s, view.pos.g, view.decimals, view.sample].join("|");
      if (mark === stamp) return;
      stamp = mark;
      if (view.model.graph) root.replaceChildren(...graphTables(ctx, view));
      else root.replaceChildren(table(w("twin.units"), unitHeads(w), unitRows(ctx, view)), table(w("twin.weights"), weightHeads(w), weightRows(ctx, view)));
    },
  };
}

function table(title, heads, rows) {
  if (!rows.length) return "";
  return h("table", {}, h("caption", {}, title), h("thead", {}, h("tr", {}, heads.map((text) => h("th", { scope: "col" }, text)))), h("tbody", {}, rows));
}

function unitHeads(w) {
  return ["unit", "sum", "value", "signal", "delta", "bias", "target"].map((name) => w(`twin.${name}`));
}

function weightHeads(w) {
  return ["weight", "from", "to", "value", "gradient", "new"].map((name) => w(`twin.${name}`));
}

function cell(ctx, view, i) {
  const { model, pos, decimals, w } = view;
  if (i === undefined || i < 0) return h("td", {}, "");
  if (!isKnown(model, i, pos.u, pos)) return h("td", { class: "nb-muted" }, w("not_yet_short"));
  const role = roleOf(view, i);
  return h("td", { class: `nb-${role}` }, numberToken(model, i, pos.u, decimals, ctx.ask), role === "idle" ? null : h("span", { class: "nb-hidden" }, ` (${w(`twin.${role}`)})`));
}

function name(symbol) {
  const th = h("th", { scope: "row" });
  th.append(markupNode(parseMarkup(symbol)));
  return th;
}

function unitRows(ctx, view) {
  const { model, sample } = view;
  const rows = [];
  model.net.sizes.forEach((count, layer) => {
    for (let unit = 0; unit < Math.min(count, ROWS); unit += 1) {
      const output = layer === model.depth;
      const value = layer === 0 ? indexOf(model, "x", sample, unit) : indexOf(model, `a${layer}`, sample, unit);
      const row = h("tr", {}, name(unitSymbol(model, layer, unit, sample)));
      const ids = [
        indexOf(model, `z${layer}`, sample, unit), value,
        output ? indexOf(model, "dy", sample, unit) : indexOf(model, `da${layer}`, sample, unit),
        indexOf(model, `dz${layer}`, sample, unit), indexOf(model, `b${layer}`, 0, unit),
        output ? indexOf(model, "t", sample, unit) : -1,
      ];
      row.append(...ids.map((i) => cell(ctx, view, i)));
      rows.push(row);
    }
  });
  return rows;
}

function weightRows(ctx, view) {
  const { model } = view;
  const rows = [];
  for (let layer = 1; layer <= model.depth; layer += 1) {
    for (let to = 0; to < model.net.sizes[layer]; to += 1) {
      for (let from = 0; from < model.net.sizes[layer - 1] && rows.length < ROWS; from += 1) {
        const i = indexOf(model, `W${layer}`, from, to);
        const ends = [[layer - 1, from], [layer, to]].map(([at, unit]) => h("td", {}, markupNode(parseMarkup(unitSymbol(model, at, unit, view.sample)))));
        const th = h("th", { scope: "row" }, symbolToken(model, i, view.pos.u, ctx.ask));
        rows.push(h("tr", {}, th, ends, cell(ctx, view, i), cell(ctx, view, indexOf(model, `dW${layer}`, from, to)), cell(ctx, view, indexOf(model, `W${layer}'`, from, to))));
      }
    }
  }
  return rows;
}
