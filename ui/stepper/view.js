// The view: everything the parts need to know about the current position.

import { shownText } from "./format.js";
import { plainMarkup } from "./markup.js";
import { groupAt, staysBehind, valueAt } from "./model.js";
import { argsOf, fillPlain, variantOf } from "./words.js";

// What is shown at a position: computed once per repaint and handed to every part.
export function viewOf(stepper) {
  const { model, pos } = stepper;
  const [first, last] = groupAt(model, pos);
  const written = new Set();
  const read = new Set();
  for (let step = first; step <= last; step += 1) {
    written.add(model.ops[step].a);
    for (const i of model.ops[step].reads) read.add(i);
  }
  // of a whole update only what it leaves behind is lit: the loss and the new parameters
  if ((pos.g === "update" || pos.g === "epoch") && pos.s === model.steps - 1) {
    read.clear();
    for (const i of written) if (!staysBehind(model, i)) written.delete(i);
  }
  for (const i of written) read.delete(i);
  const op = model.ops[pos.s];
  if (op.sample >= 0) stepper.sample = op.sample;
  const asked = stepper.why.length ? stepper.why[stepper.why.length - 1].i : -1;
  const { w, why, decimals, predict, answers, present: big, editing, twin, keys, playing, notice, version, sample } = stepper;
  const view = { model, pos, written, read, op, phase: op.phase, asked, w, why, decimals, predict, answers, present: big, editing, twin, keys, playing, notice, version, sample };
  view.scaleOf = (layer) => scaleOf(stepper, layer);
  view.describe = () => describe(view);
  return view;
}

// The largest weight of a layer at the start: line widths are measured against it.
function scaleOf(stepper, layer) {
  if (!stepper.scale.has(layer)) {
    const { model } = stepper;
    let most = 1e-9;
    model.parsed.forEach(({ kind, layer: at, prime }, i) => {
      if (kind === "W" && at === layer && !prime) most = Math.max(most, Math.abs(valueAt(model, i, 0)));
    });
    stepper.scale.set(layer, Number.isFinite(most) ? most : 1);
  }
  return stepper.scale.get(layer);
}

// The picture in one sentence, for those who do not see it.
function describe(view) {
  const { model, pos, w, op } = view;
  const net = model.graph ? w("describe.graph", { n: String(model.graph.blocks.length) }) : w("describe.net", { sizes: model.net.sizes.join("-"), n: String(model.depth) });
  return `${net} ${stepSentence(view)} ${w("describe.step", { n: String(pos.s + 1), m: String(model.steps) })} ${w(`phase.${op.phase}`)}.`;
}

// "Backward. How much does w5 change the loss? ∂L/∂w5 = 0.082167."
export function stepSentence(view) {
  const { model, pos, w, op, decimals } = view;
  const question = fillPlain(w.raw(variantOf(w, op, op.ask)), argsOf(model, op));
  return `${w(`phase.${op.phase}`)}. ${question} ${plainMarkup(model.sym[op.a])} = ${shownText(valueAt(model, op.a, pos.u), decimals)}.`;
}
