// The interface text: templates from Python, filled with symbols, numbers and plain words.

import { h } from "./dom.js";
import { graphArgs, graphMeaning, valueOf } from "./graphmodel.js";
import { markupNode, parseMarkup, plainMarkup } from "./markup.js";
import { indexOf } from "./model.js";

// w("key", {n: 3}): the text of a key. A key that is missing shows itself, so that it is found.
export function createWords(table) {
  const w = (key, args = {}) => fillPlain(table[key] ?? key, args);
  w.has = (key) => Object.hasOwn(table, key);
  w.raw = (key) => table[key] ?? key;
  return w;
}

const BLANK = /\{(\w+)\}|\$([^$]+)\$/g;

// A template as plain text; args hold markup or words.
export function fillPlain(template, args) {
  return template.replace(BLANK, (whole, name, formula) => {
    if (formula !== undefined) return plainMarkup(formula);
    return name in args ? plainMarkup(spaced(args[name])) : whole;
  });
}

// Words with several letters keep their spaces: only symbols are markup.
function spaced(value) {
  const text = String(value);
  return isSymbol(text) ? text : `\\text{${text}}`;
}

function isSymbol(text) {
  return /^\p{L}$|[\\_^']/u.test(text);
}

// A template as nodes: symbols and $formulas$ are set as mathematics.
export function fillNodes(template, args) {
  const out = [];
  let at = 0;
  for (const match of template.matchAll(BLANK)) {
    if (match.index > at) out.push(template.slice(at, match.index));
    at = match.index + match[0].length;
    const [whole, name, formula] = match;
    if (formula !== undefined) out.push(markupNode(parseMarkup(formula)));
    else if (!(name in args)) out.push(whole);
    else if (isSymbol(String(args[name]))) out.push(markupNode(parseMarkup(String(args[name]))));
    else out.push(String(args[name]));
  }
  if (at < template.length) out.push(template.slice(at));
  return out;
}

export function sentence(tag, className, template, args) {
  return h(tag, { class: className }, ...fillNodes(template, args));
}

// The symbol of a unit for sentences: its activation, or the input.
export function unitSymbol(model, layer, unit, sample = 0) {
  const i = layer === 0 ? indexOf(model, "x", sample, unit) : indexOf(model, `a${layer}`, sample, unit);
  return i < 0 ? "" : model.sym[i].replace(/\^\{\(\d+\)\}$/, "");
}

// The blanks of a step's sentences: what Python sent, over what follows from its place.
export function argsOf(model, op) {
  const args = { it: model.sym[op.a], n: String(op.reads.length) };
  if (model.graph) Object.assign(args, graphArgs(model, op.a));
  else if (op.unit >= 0) args.unit = unitSymbol(model, op.layer, op.unit, Math.max(0, op.sample));
  for (const [name, value] of Object.entries(op.args || {})) {
    args[name] = typeof value === "number" ? model.sym[value] : value;
  }
  return args;
}

// Which variant of a sentence fits: "_one" for a single path or input, "_many" for several samples.
export function variantOf(w, op, key) {
  const paths = { affine: (op.reads.length - 1) / 2, collect: op.reads.length, grad_weight: op.reads.length / 2, grad_bias: op.reads.length };
  const count = paths[op.rule];
  if (count === 1 && w.has(`${key}_one`)) return `${key}_one`;
  if (count > 1 && w.has(`${key}_many`)) return `${key}_many`;
  return key;
}

// One more sentence that depends on the sign of a recorded number: key and blanks, or null.
export function signNote(model, op, u) {
  const v = model.values[u * model.size + op.a];
  if (!Number.isFinite(v)) return { key: "sign.broken", args: {} };
  if (op.rule === "step_weight" || op.rule === "step_bias") {
    const old = model.values[u * model.size + op.reads[0]];
    return { key: v > old ? "sign.up" : v < old ? "sign.down" : "sign.same", args: { w: model.sym[op.reads[0]] } };
  }
  if (model.graph && op.phase !== "backward") return null;
  const to = derivedFrom(model, op.a);
  if (to < 0) return null;
  if (model.graph) return { key: `sign.graph.${v > 0 ? "pos" : v < 0 ? "neg" : "zero"}`, args: graphArgs(model, op.a) };
  return { key: v > 0 ? "sign.pos" : v < 0 ? "sign.neg" : "sign.zero", args: { q: model.sym[to] } };
}

// The number that a derivative is taken by: dW2[0,0] -> W2[0,0], dz1[0,1] -> z1[0,1], dy -> the output.
export function derivedFrom(model, i) {
  if (model.graph) return model.graph.part[i] === "slope" ? valueOf(model.graph, i) : -1;
  const { kind, layer, index } = model.parsed[i];
  const source = { dW: "W", db: "b", dz: "z", da: "a" }[kind];
  if (source) return indexOf(model, source + layer, ...index);
  if (kind === "dy") return model.depth ? indexOf(model, `a${model.depth}`, ...index) : indexOf(model, "x", ...index);
  return -1;
}

// What a number is, in a few words.
export function meaningOf(model, w, i) {
  if (model.graph) return { template: w.raw(graphMeaning(model, i)), args: graphArgs(model, i) };
  const { kind, prime } = model.parsed[i];
  const key = prime ? { W: "meaning.W_new", b: "meaning.b_new" }[kind] : `meaning.${kind}`;
  return { template: w.has(key) ? w.raw(key) : "", args: placeArgs(model, i) };
}

export function placeArgs(model, i) {
  if (model.graph) return graphArgs(model, i);
  const args = { it: model.sym[i] };
  const [where, a, b, c] = model.place[i];
  const sample = Math.max(0, sampleOfPlace(model, i));
  if (where === "node" || where === "bias") args.unit = unitSymbol(model, a, b, sample);
  if (where === "target") args.unit = unitSymbol(model, model.depth, a, sample);
  if (where === "edge") {
    args.from = unitSymbol(model, a - 1, b, sample);
    args.to = unitSymbol(model, a, c, sample);
  }
  const { kind, layer, index } = model.parsed[i];
  if (kind === "dW" || kind === "db") args.w = model.sym[derivedFrom(model, i)];
  if (kind === "W" || kind === "b") args.w = model.sym[indexOf(model, kind + layer, ...index)];
  return args;
}

function sampleOfPlace(model, i) {
  return /^[xtaz]|^d[yza]|^[sp]|^e/.test(model.parsed[i].step) && model.parsed[i].kind !== "eta" ? model.parsed[i].index[0] : 0;
}
