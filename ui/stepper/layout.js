// Where things stand in the diagram: pure geometry, in pixels.

const MOST = 16; // units of a column that are drawn at once

// The units of a column that are shown, with null for each gap. Units in `active` are always among them.
export function shownUnits(count, most, active = []) {
  if (count <= most) return Array.from({ length: count }, (_, unit) => unit);
  const chosen = new Set();
  for (const unit of active.slice(0, most - 6)) chosen.add(unit);
  let low = 0;
  let high = count - 1;
  while (chosen.size < most - 2 && low <= high) {
    chosen.add(low);
    if (chosen.size < most - 2) chosen.add(high);
    low += 1;
    high -= 1;
  }
  const sorted = [...chosen].sort((a, b) => a - b);
  const out = [];
  sorted.forEach((unit, at) => {
    if (at > 0 && unit !== sorted[at - 1] + 1) out.push(null);
    out.push(unit);
  });
  return out;
}

// Columns, nodes, gaps and tags of a network. sizes: units per layer, inputs first. active: Map layer -> active units.
export function diagramLayout(sizes, width, height, active = new Map()) {
  const columns = sizes.length;
  const narrow = width < 520;
  const top = narrow ? 36 : 44;
  const bottom = height - (narrow ? 52 : 56);
  const lossWidth = narrow ? 74 : 98;
  const tallest = Math.max(...sizes.map((n) => Math.min(n, MOST)));
  const spans = columns - 1 + (columns > 1 ? 0.8 : 1);
  const guess = Math.min((width - lossWidth) / spans, 260);
  let radius = Math.min(narrow ? 28 : 36, guess * 0.28, ((bottom - top) / tallest) * 0.36);
  const pill = radius < 17;
  if (pill) radius = 0;
  const pillHeight = Math.max(15, Math.min(24, (bottom - top) / tallest - 4));
  const left = columns === 1 ? width * 0.27 : pill ? Math.min(52, guess * 0.34) + 8 : radius + (narrow ? 6 : 24);
  const right = width - lossWidth / 2 - (narrow ? 2 : 14);
  const gap = (right - left) / spans;
  const pillWidth = Math.min(92, gap * 0.56);
  const nodes = [];
  const gaps = [];
  const most = Math.max(6, Math.min(MOST, Math.floor((bottom - top) / (pill ? 18 : 40))));
  sizes.forEach((count, layer) => {
    const slots = shownUnits(count, pill ? most : Math.max(count, 1), active.get(layer) || []);
    const pitch = Math.min((bottom - top) / slots.length, Math.max(narrow ? 126 : 150, gap * 1.05));
    const start = (top + bottom) / 2 - (pitch * (slots.length - 1)) / 2;
    slots.forEach((unit, slot) => {
      const spot = { layer, unit, x: left + gap * layer, y: start + slot * pitch, room: pitch - 2 * radius };
      if (unit === null) gaps.push(spot);
      else nodes.push(spot);
    });
  });
  const outputs = nodes.filter((node) => node.layer === columns - 1);
  const lowest = outputs[outputs.length - 1];
  const pair = outputs.length === 2 && outputs[1].y - outputs[0].y > 110;
  const loss = { x: right, y: pair ? (outputs[0].y + outputs[1].y) / 2 : Math.min(lowest.y + 64, height - 34) };
  return { width, height, narrow, columns, radius, pill, pillHeight, pillWidth, gap, nodes, gaps, loss, right, captionY: height - 12, top };
}

// Half the extent of a node along a direction, so that edges end at its rim.
function reach(layout, dx, dy) {
  if (!layout.pill) return layout.radius;
  const long = Math.hypot(dx, dy);
  return Math.min((layout.pillWidth / 2 / Math.abs(dx || 1e-9)) * long, (layout.pillHeight / 2 / Math.abs(dy || 1e-9)) * long);
}

// All edges between shown units, with their end points at the rims of the nodes.
export function diagramEdges(layout) {
  const edges = [];
  for (let layer = 1; layer < layout.columns; layer += 1) {
    const from = layout.nodes.filter((node) => node.layer === layer - 1);
    const to = layout.nodes.filter((node) => node.layer === layer);
    for (const a of from) {
      for (const b of to) {
        const long = Math.hypot(b.x - a.x, b.y - a.y);
        const ux = (b.x - a.x) / long;
        const uy = (b.y - a.y) / long;
        const r = reach(layout, ux, uy) + 1;
        edges.push({ layer, from: a.unit, to: b.unit, x1: a.x + ux * r, y1: a.y + uy * r, x2: b.x - ux * r, y2: b.y - uy * r });
      }
    }
  }
  return edges;
}

const FIXED = new Set(["target", "loss", "total", "rate"]);
const FRACTIONS = [0.5, 0.3, 0.7, 0.4, 0.6, 0.24, 0.76, 0.35, 0.65, 0.2, 0.8];

// A place on each edge for its label, chosen one after the other so that labels keep clear of each other, of the nodes
// and, where it can be helped, of other edges. Level edges keep the middle. labels: [{edge, w, h}] -> [{x, y, clear}].
export function placeLabels(labels, layout) {
  const placed = [];
  const order = labels.map((label, at) => at).sort((a, b) => slant(labels[a].edge) - slant(labels[b].edge));
  const result = new Array(labels.length);
  for (const at of order) {
    const { edge, w, h: tall } = labels[at];
    let best = null;
    FRACTIONS.forEach((f, rank) => {
      const box = { x: edge.x1 + (edge.x2 - edge.x1) * f, y: edge.y1 + (edge.y2 - edge.y1) * f, w, h: tall };
      let cost = rank * 0.6;
      for (const other of placed) cost += overlap(box, other) * 40;
      for (const node of layout.nodes) cost += overlap(box, nodeBox(layout, node)) * 40;
      for (const { edge: other } of labels) if (other !== edge && other.layer === edge.layer) cost += crossing(box, other) ? 5 : 0;
      if (!best || cost < best.cost) best = { ...box, cost, f };
    });
    placed.push(best);
    result[at] = { x: best.x, y: best.y, f: best.f, clear: best.cost < 30 };
  }
  return result;
}

function slant(edge) {
  return Math.abs(edge.y2 - edge.y1);
}

function nodeBox(layout, node) {
  const w = layout.pill ? layout.pillWidth : layout.radius * 2;
  return { x: node.x, y: node.y, w, h: layout.pill ? layout.pillHeight : layout.radius * 2 };
}

// The share (0 to 1) of the smaller side that two centred boxes have in common, in each direction.
export function overlap(a, b) {
  const x = (a.w + b.w) / 2 - Math.abs(a.x - b.x);
  const y = (a.h + b.h) / 2 - Math.abs(a.y - b.y);
  if (x <= 0 || y <= 0) return 0;
  return Math.min(1, x / Math.min(a.w, b.w)) * Math.min(1, y / Math.min(a.h, b.h));
}

// Tags that would cover each other: lit ones first, moved a little where that helps; idle ones give way.
export function declutter(tags, layout) {
  const rank = (tag) => (FIXED.has(tag.kind) ? 0 : tag.role === "written" ? 1 : tag.role === "read" ? 2 : 3);
  const placed = [];
  for (const tag of [...tags].sort((a, b) => rank(a) - rank(b))) {
    const half = (tag.width + 10) / 2;
    const x = FIXED.has(tag.kind) ? tag.x : Math.min(Math.max(tag.x, half + 2), layout.width - half - 2);
    const cost = (y) => {
      const box = { x, y, w: tag.width + 8, h: 17 };
      let sum = y < 12 || y > layout.height - 26 ? 2 : 0;
      for (const other of placed) sum += overlap(box, { ...other, w: other.width + 8, h: 17 }) > 0.02 ? 1 : 0;
      if (tag.kind === "result" || tag.kind === "weight") for (const node of layout.nodes) sum += overlap(box, nodeBox(layout, node)) > 0.25 ? 0.6 : 0;
      return sum;
    };
    const moves = rank(tag) === 0 || rank(tag) === 3 ? [0] : [0, -20, 20, -40, 40];
    let best = { y: tag.y, cost: Infinity };
    for (const move of moves) {
      const sum = cost(tag.y + move);
      if (sum < best.cost) best = { y: tag.y + move, cost: sum };
    }
    if (best.cost >= 1 && rank(tag) >= 2) continue;
    placed.push({ ...tag, x, y: best.y });
  }
  return placed;
}

// Whether an edge runs through a box.
function crossing(box, edge) {
  for (let f = 0; f <= 1; f += 0.05) {
    const x = edge.x1 + (edge.x2 - edge.x1) * f;
    const y = edge.y1 + (edge.y2 - edge.y1) * f;
    if (Math.abs(x - box.x) < box.w / 2 && Math.abs(y - box.y) < box.h / 2) return true;
  }
  return false;
}
