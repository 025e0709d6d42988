// Which numbers stand where in the picture at a position: the face of each node and the small tags around it.
// A tag: {key, i, x, y, kind, role, known, symbol, text, width}; role is idle, read or written.

import { fitText } from "./format.js";
import { markupRuns } from "./markup.js";
import { indexOf, isKnown, valueAt } from "./model.js";

export function roleOf(view, i) {
  return view.written.has(i) ? "written" : view.read.has(i) ? "read" : "idle";
}

// An estimate of a tag's width in pixels, so that nothing has to be measured in the page.
export function textWidth(symbol, text) {
  let width = 5;
  for (const run of markupRuns(symbol.replace(/\^\{\(\d+\)\}/, ""))) width += run.t.length * (run.level === 0 ? 7.4 : 5.2);
  return width + text.length * 6.75;
}

// How many characters of a number fit on an edge beside its symbol.
function charsOn(edge, view, i, most) {
  const room = Math.hypot(edge.x2 - edge.x1, edge.y2 - edge.y1) - 14 - textWidth(view.model.sym[i], "");
  return Math.max(6, Math.min(most, Math.floor(room / 6.75)));
}

// A level edge too short for its label lifts it above the nodes.
function lifted(tag, edge, layout) {
  const room = Math.abs(edge.x2 - edge.x1) - 4;
  if (Math.abs(edge.y2 - edge.y1) > 30 || tag.width + 10 <= room) return tag;
  return { ...tag, y: Math.min(edge.y1, edge.y2) - (layout.radius || layout.pillHeight / 2) - 13 };
}

function makeTag(view, key, i, x, y, kind, chars, role = roleOf(view, i)) {
  const known = isKnown(view.model, i, view.pos.u, view.pos);
  const symbol = view.model.sym[i];
  const text = known ? fitText(valueAt(view.model, i, view.pos.u), view.decimals, chars) : "·";
  return { key, i, x, y, kind, role, known, symbol, text, width: textWidth(symbol, text) };
}

// What a node shows: its activation once that is known, before that its weighted sum.
export function nodeFace(view, { layer, unit }) {
  const { model, pos, sample } = view;
  if (layer === 0) {
    const i = indexOf(model, "x", sample, unit);
    return { i, name: i, known: true, role: roleOf(view, i) };
  }
  const a = indexOf(model, `a${layer}`, sample, unit);
  const z = indexOf(model, `z${layer}`, sample, unit);
  const done = isKnown(model, a, pos.u, pos);
  const i = !done && isKnown(model, z, pos.u, pos) ? z : a;
  const roles = [roleOf(view, a), roleOf(view, z)];
  const role = roles.includes("written") ? "written" : roles.includes("read") ? "read" : "idle";
  return { i, name: a, known: isKnown(model, i, pos.u, pos), role };
}

// Signals of the backward pass under each node, and its bias above it.
export function belowTags(layout, view) {
  const { model, pos, sample } = view;
  const out = [];
  const step = layout.pill ? layout.pillHeight / 2 : layout.radius;
  for (const { layer, unit, x, y, room } of layout.nodes) {
    const at = `${layer}:${unit}`;
    if (layer > 0) {
      const old = indexOf(model, `b${layer}`, 0, unit);
      const made = indexOf(model, `b${layer}'`, 0, unit);
      const slope = indexOf(model, `db${layer}`, 0, unit);
      const fresh = made >= 0 && isKnown(model, made, pos.u, pos);
      const writing = [slope, made].find((i) => i >= 0 && roleOf(view, i) === "written");
      const i = writing ?? (fresh ? made : old);
      const lit = [old, made, slope].some((j) => j >= 0 && roleOf(view, j) !== "idle");
      const role = writing !== undefined ? "written" : lit ? "read" : "idle";
      const beside = layout.pill ? { x: x - layout.pillWidth / 2 - 36, y } : { x, y: y - step - 13 };
      if (lit || (room > 44 && !layout.narrow && !layout.pill)) out.push(makeTag(view, `b:${at}`, i, beside.x, beside.y, "bias", layout.narrow ? 6 : 8, role));
    }
    const signal = layer === model.depth ? indexOf(model, "dy", sample, unit) : layer > 0 ? indexOf(model, `da${layer}`, sample, unit) : -1;
    const rows = [signal, indexOf(model, `s${layer}`, sample, unit), indexOf(model, `dz${layer}`, sample, unit)];
    const known = rows.filter((i) => i >= 0 && isKnown(model, i, pos.u, pos));
    if (!known.length) continue;
    let shown = known.filter((i) => roleOf(view, i) !== "idle");
    if (shown.length > 2) shown = shown.slice(-2);
    if (!shown.length && room > 24 && !layout.pill) shown = known.slice(-1);
    const chars = layout.narrow ? 7 : 9;
    shown.forEach((i, row) => {
      const side = layout.pill ? 0 : row * 20;
      const place = layout.pill ? { x: x + layout.pillWidth / 2 + 46 + row * 6, y: y + (row ? 18 : 0) } : { x, y: y + step + 14 + side };
      out.push(makeTag(view, `s${row}:${at}`, i, place.x, place.y, "signal", chars));
    });
  }
  return out;
}

// The weight of each edge; on edges of the current step also what is worked out there.
export function edgeTags(layout, view, lit) {
  const { model, pos } = view;
  const out = [];
  const writing = [...lit.values()].filter((edge) => edge.written >= 0).length;
  const busy = lit.size > (layout.narrow ? 6 : 16);
  for (const edge of layout.edges) {
    const light = lit.get(edge.key);
    if (!light && !(layout.allLabels && edge.clear)) continue;
    if (light && busy && light.written < 0) continue;
    if (light && layout.edges.length > 60 && lit.size > 4 && (light.written < 0 || lit.size > 12)) continue;
    const old = indexOf(model, `W${edge.layer}`, edge.from, edge.to);
    const made = indexOf(model, `W${edge.layer}'`, edge.from, edge.to);
    const current = made >= 0 && isKnown(model, made, pos.u, pos) ? made : old;
    const at = edge.key;
    const { lx, ly } = edge;
    if (!light) {
      out.push(makeTag(view, `w:${at}`, current, lx, ly, "weight", 6, "idle"));
      continue;
    }
    const result = light.written >= 0 ? light.written : light.read.find((i) => i !== old && i !== current);
    const pair = result !== undefined && result !== old && result !== current;
    const both = result === made && made >= 0;
    const short = Math.abs(edge.y2 - edge.y1) < 30 && edge.x2 - edge.x1 < 88;
    const single = writing > 1 || (short && pair) || (layout.narrow && pair);
    const chars = layout.narrow ? 7 : 8;
    if (result !== undefined && (single || !(pair || both))) {
      out.push(lifted(makeTag(view, `g:${at}`, result, lx, ly, "result", charsOn(edge, view, result, chars)), edge, layout));
      continue;
    }
    const split = result !== undefined;
    const upper = old;
    out.push(lifted(makeTag(view, `w:${at}`, upper, lx, split ? ly - 12 : ly, "weight", charsOn(edge, view, upper, 7)), edge, layout));
    if (split) out.push(makeTag(view, `g:${at}`, result, lx, ly + 12, "result", charsOn(edge, view, result, chars)));
  }
  return out;
}

// Target and loss of each output, at the right of it.
export function targetTags(layout, view) {
  const { model, pos, sample } = view;
  const out = [];
  for (const { layer, unit, y } of layout.nodes) {
    if (layer !== layout.columns - 1) continue;
    const x = layout.loss.x;
    const e = indexOf(model, "e", sample, unit);
    const term = e >= 0 && isKnown(model, e, pos.u, pos) && (!layout.pill || roleOf(view, e) !== "idle");
    const t = indexOf(model, "t", sample, unit);
    const chars = layout.narrow ? 5 : 8;
    if (layout.pill && term) out.push(makeTag(view, `e:${unit}`, e, x, y, "loss", chars));
    else {
      out.push(makeTag(view, `t:${unit}`, t, x, term ? y - 11 : y, "target", chars));
      if (term) out.push(makeTag(view, `e:${unit}`, e, x, y + 11, "loss", chars));
    }
  }
  return out;
}

// The total loss, the loss of the sample when this step works it out, and the learning rate.
export function lossTags(layout, view) {
  const { model, pos, sample } = view;
  const out = [];
  const { x, y } = layout.loss;
  const chars = layout.narrow ? 6 : 8;
  out.push(makeTag(view, "L", indexOf(model, "L", 0, 0), x, y, "total", chars));
  for (const step of ["lse", "ell"]) {
    const i = indexOf(model, step, sample, 0);
    if (i >= 0 && isKnown(model, i, pos.u, pos) && roleOf(view, i) !== "idle") out.push(makeTag(view, step, i, x, y - 22, "loss", chars));
  }
  const rate = model.lookup.get("eta") ?? indexOf(model, "eta", 0, 0);
  if (rate >= 0 && model.readers.has(rate)) {
    const tag = makeTag(view, "eta", rate, 0, 20, "rate", 8);
    out.push({ ...tag, x: tag.width / 2 + 14 });
  }
  return out;
}
