// The recorded run: decoded values, addresses, who reads what, and the arithmetic of positions and grains.
// A position is {u: update, s: step, g: grain}; step s is the last line that has been worked out.

import { GRAPH_GRAINS, graphKeys, graphOf, graphParsed } from "./graphmodel.js";

export const GRAINS = ["operation", "unit", "layer", "pass", "update", "epoch"];
export const PHASES = ["forward", "loss", "backward", "update"];

function decodeBytes(base64) {
  const text = atob(base64 || "");
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
  return bytes.buffer;
}

export function decodeFloats(base64, Kind) {
  return new Kind(decodeBytes(base64));
}

// "dW2[0,1]" to {step: "dW2", kind: "dW", layer: 2, prime: false, index: [0, 1]}.
export function parseAddress(address) {
  const match = /^([A-Za-z]+)(\d*)('?)(?:\[([\d,]*)\])?(?:@(\d+))?$/.exec(address);
  if (!match) return { step: address, kind: address, layer: 0, prime: false, index: [], update: 0 };
  const [, kind, layer, prime, inner, update] = match;
  const index = inner ? inner.split(",").map(Number) : [];
  return { step: kind + layer + prime, kind, layer: Number(layer || 0), prime: prime === "'", index, update: Number(update || 0) };
}

export function createModel(payload) {
  const { addr, ops } = payload;
  const size = addr.length;
  const graph = payload.net.kind === "graph" ? graphOf(payload) : null;
  const model = {
    payload, addr, sym: payload.sym, place: payload.place, ops, net: payload.net,
    size, steps: ops.length, updates: payload.updates, epoch: payload.epoch || [],
    values: decodeFloats(payload.values, Float64Array),
    lookup: new Map(addr.map((name, i) => [name, i])),
    graph, grains: graph ? GRAPH_GRAINS : GRAINS,
    parsed: graph ? addr.map((name, i) => graphParsed(graph, name, i)) : addr.map(parseAddress),
    writer: new Int32Array(size).fill(-1),
    readers: new Map(), cameFrom: new Map(), goesTo: new Map(),
    published: new Map(), far: [],
    editable: new Set(payload.editable || []), edited: new Set(payload.edited || []),
    depth: (payload.net.sizes || []).length - 1, batch: payload.net.batch || 1,
  };
  ops.forEach((op, s) => {
    model.writer[op.a] = s;
    for (const i of new Set(op.reads)) {
      if (!model.readers.has(i)) model.readers.set(i, []);
      model.readers.get(i).push(op.a);
    }
  });
  for (const [given, made] of Object.entries(payload.carry || {})) {
    const from = model.lookup.get(made);
    const to = model.lookup.get(given);
    if (from === undefined || to === undefined) continue;
    model.cameFrom.set(to, from);
    model.goesTo.set(from, to);
  }
  for (const figure of payload.published || []) {
    if (!figure.at) {
      model.far.push(figure);
      continue;
    }
    const [name, update = "0"] = figure.at.split("@");
    const i = model.lookup.get(name);
    const key = `${i}@${update}`;
    if (i !== undefined && worthMore(figure, model.published.get(key))) model.published.set(key, figure);
  }
  const witness = payload.witness || { names: [], missing: {}, diff: "", updates: 0 };
  model.witness = { names: witness.names, missing: witness.missing || {}, updates: witness.updates || 0 };
  model.diff = decodeFloats(witness.diff, Float32Array);
  model.groups = groupsOf(ops, graph ? graphKeys(graph) : undefined);
  return model;
}

// Of several printed figures for one number: the number itself before a multiple of it, then the one with more digits.
function worthMore(figure, than) {
  if (!than) return true;
  const rank = ({ times = 1, digits = 0 }) => (times === 1 ? 1000 : 0) + digits;
  return rank(figure) > rank(than);
}

// What makes steps of one group.
const DENSE_KEYS = {
  operation: (op, s) => s,
  unit: (op) => `${op.phase} ${op.layer} ${op.unit} ${op.sample}`,
  layer: (op) => `${op.phase} ${op.layer}`,
  pass: (op) => op.phase,
  update: () => 0,
  epoch: () => 0,
};

// For each grain within an update: the first and the last step of the group of every step.
export function groupsOf(ops, keys = DENSE_KEYS) {
  const groups = {};
  for (const grain of GRAINS) {
    const first = new Int32Array(ops.length);
    const last = new Int32Array(ops.length);
    const marks = ops.map((op, s) => keys[grain](op, s));
    for (let s = 0; s < ops.length; s += 1) first[s] = s && marks[s] === marks[s - 1] ? first[s - 1] : s;
    for (let s = ops.length - 1; s >= 0; s -= 1) last[s] = s + 1 < ops.length && marks[s] === marks[s + 1] ? last[s + 1] : s;
    groups[grain] = { first, last };
  }
  return groups;
}

export function valueAt(model, i, u) {
  return model.values[u * model.size + i];
}

export function addressText(model, i, u) {
  return `${model.addr[i]}@${u}`;
}

// Whether a number has been worked out at a position: nothing is shown early.
export function isKnown(model, i, u, position) {
  if (u !== position.u) {
    if (u < position.u) return true;
    const from = model.cameFrom.get(i);
    const fixed = model.writer[i] < 0 && (from === undefined || (u === position.u + 1 && isKnown(model, from, position.u, position)));
    return fixed;
  }
  return model.writer[i] <= position.s;
}

// The difference a witness reports for a number: null where it does not apply, and its verdict.
export function witnessOf(model, name, i, u) {
  const which = model.witness.names.indexOf(name);
  if (which < 0 || u >= model.witness.updates) return null;
  const names = model.witness.names.length;
  const difference = model.diff[(u * names + which) * model.size + i];
  if (difference === undefined || Number.isNaN(difference)) return null;
  const scale = Math.max(1, Math.abs(valueAt(model, i, u)));
  const limit = name === "central" ? 1e-6 : 1e-10;
  return { difference, agrees: difference / scale <= limit };
}

export function clampPosition(model, position) {
  const whole = (value) => Math.trunc(Number(value)) || 0;
  return {
    u: Math.min(Math.max(whole(position.u), 0), model.updates - 1),
    s: Math.min(Math.max(whole(position.s), 0), model.steps - 1),
    g: model.grains.includes(position.g) ? position.g : "operation",
  };
}

// The steps that a position shows as one group: [first, last], never past the position itself.
export function groupAt(model, position) {
  const { first } = model.groups[position.g];
  return [first[position.s], position.s];
}

export function nextPosition(model, { u, s, g }) {
  const end = model.steps - 1;
  const { last } = model.groups[g];
  if (g === "epoch" || g === "update") {
    let to = lastOfRound(model, u, g);
    if (u === to && s === end && to + 1 < model.updates) to = lastOfRound(model, to + 1, g);
    return { u: to, s: end, g };
  }
  if (s < last[s]) return { u, s: last[s], g };
  if (s < end) return { u, s: last[s + 1], g };
  return u + 1 < model.updates ? { u: u + 1, s: last[0], g } : { u, s, g };
}

export function previousPosition(model, { u, s, g }) {
  const end = model.steps - 1;
  const { first } = model.groups[g];
  if (g === "epoch" || g === "update") {
    let to = u - 1;
    while (g === "epoch" && to >= 0 && model.epoch[to] === model.epoch[u]) to -= 1;
    return to >= 0 ? { u: to, s: end, g } : { u: 0, s: 0, g };
  }
  if (first[s] > 0) return { u, s: first[s] - 1, g };
  if (u > 0) return { u: u - 1, s: end, g };
  return { u, s: 0, g };
}

// The last update of the group that update u belongs to.
function lastOfRound(model, u, g) {
  let to = u;
  while (g === "epoch" && to + 1 < model.updates && model.epoch[to + 1] === model.epoch[u]) to += 1;
  return to;
}

// First and last: of this update, and when already there, of the whole run.
export function firstPosition(model, { u, s, g }) {
  return { u: s === 0 ? 0 : u, s: 0, g };
}

export function lastPosition(model, { u, s, g }) {
  const end = model.steps - 1;
  return { u: s === end ? model.updates - 1 : u, s: end, g };
}

export function samePosition(a, b) {
  return a.u === b.u && a.s === b.s && a.g === b.g;
}

// Consecutive steps of one phase: [{phase, first, last}].
export function phaseSegments(model) {
  const segments = [];
  model.ops.forEach((op, s) => {
    const open = segments[segments.length - 1];
    if (open && open.phase === op.phase) open.last = s;
    else segments.push({ phase: op.phase, first: s, last: s });
  });
  return segments;
}

// Flat index of a number by step id and indices, or -1.
export function indexOf(model, step, ...index) {
  const i = model.lookup.get(`${step}[${index.join(",")}]`);
  return i === undefined ? -1 : i;
}

// Whether a number is among what a whole update leaves behind: the loss or result, and the new parameters.
export function staysBehind(model, i) {
  const { graph, parsed } = model;
  if (graph) return graph.home[i] === graph.result?.at && graph.part[i] === "cell" ? true : model.ops[model.writer[i]]?.phase === "update";
  return parsed[i].prime || parsed[i].kind === "L";
}

// The sample a number belongs to, or -1 for weights, biases, rate and totals.
export function sampleOf(model, i) {
  const { kind, index } = model.parsed[i];
  return /^(x|t|z|a|e|ell|lse|dy|s|dz|da|p)$/.test(kind) ? index[0] : -1;
}
