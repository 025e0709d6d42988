// One moment of a run in words and numbers: the status, the formula of a neuron, and the text twin of all pictures.

import { bias, edges, fill, number, weight } from "./run.js";

export function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text) node.textContent = text;
  return node;
}

export function status(player) {
  const { run, k, data } = player;
  const values = { k, n: run.updates, loss: number(run.train[k]), right: run.right[k], points: run.count };
  return fill(data.words.status, values);
}

export function symbol(run, { layer, unit }) {
  const nodes = document.createDocumentFragment();
  const output = layer === run.sizes.length - 1;
  nodes.append(output ? "ŷ" : layer ? "h" : "x");
  if (!output) nodes.append(make("sub", "", String(unit + 1)));
  return nodes;
}

export function formula(player, { layer, unit }) {
  const { run, k } = player;
  const nodes = [symbol(run, { layer, unit }), layer === run.sizes.length - 1 ? " = σ(" : " = tanh("];
  for (let from = 0; from < run.sizes[layer - 1]; from += 1) {
    const value = weight(run, k, layer - 1, from, unit);
    nodes.push(from ? (value < 0 ? " − " : " + ") : value < 0 ? "−" : "");
    nodes.push(number(Math.abs(value)), " · ", symbol(run, { layer: layer - 1, unit: from }));
  }
  const shift = bias(run, k, layer - 1, unit);
  nodes.push(shift < 0 ? " − " : " + ", number(Math.abs(shift)), ")");
  return nodes;
}

// The text twin: everything the pictures show at this moment, in sentences. Written only while it is open.
export function tell(player) {
  const { part, data, run, k } = player;
  if (!part.twin.open) return;
  const words = data.words;
  const lines = [make("p", "", `${status(player)}.`)];
  lines.push(make("p", "", fill(words.twin_loss, { first: number(run.train[0]), loss: number(run.train[k]), test: number(run.test[k]) })));
  const list = make("ul");
  for (const tile of player.tiles) {
    if (!tile.layer) continue;
    const item = make("li");
    item.append(...formula(player, tile));
    list.append(item);
  }
  const strongest = edges(run).reduce((best, edge) => {
    const value = weight(run, k, edge.layer, edge.from, edge.to);
    return Math.abs(value) > Math.abs(best.value) ? { ...edge, value } : best;
  }, { value: 0 });
  const name = (layer, unit) => (layer === 2 ? "ŷ" : `${layer ? "h" : "x"}${"₁₂₃₄₅₆₇₈"[unit]}`);
  lines.push(make("p", "", words.twin_network), list);
  lines.push(make("p", "", fill(words.twin_strongest, {
    from: name(strongest.layer, strongest.from), to: name(strongest.layer + 1, strongest.to), weight: number(strongest.value),
  })));
  part.twinText.replaceChildren(...lines);
}
