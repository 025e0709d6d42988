// The card beside the picture: phase, question, equation, one plain sentence, badges, and what to predict.

import { publishedBadge, witnessBadges } from "./badges.js";
import { h, setText } from "./dom.js";
import { equationLines, numberToken, symbolToken } from "./equation.js";
import { groupAt, staysBehind } from "./model.js";
import { predictNode } from "./predict.js";
import { whyNode } from "./why.js";
import { argsOf, sentence, signNote, variantOf } from "./words.js";

const LIST = 12; // lines of a group that are shown

export function createPanel(ctx) {
  const kicker = h("p", { class: "nb-kicker" });
  const body = h("div", { class: "nb-body" });
  const root = h("section", { class: "nb-card nb-panel", tabindex: "0" }, kicker, body);
  const state = { kicker, body, root, ctx, open: "", stamp: "" };
  return { root, update: (view) => renderPanel(state, view) };
}

function renderPanel(state, view) {
  const { model, pos, w } = view;
  const name = w(`phase.${view.phase}`);
  setText(state.kicker, `${name} · ${w("step_of", { n: String(pos.s + 1), m: String(model.steps) })}`);
  state.root.setAttribute("aria-label", w("panel"));
  const stamp = [view.version, pos.u, pos.s, pos.g, view.decimals, view.predict, state.open, JSON.stringify(view.why), view.answers.size, [...view.answers.values()].join()].join("|");
  if (stamp === state.stamp) return;
  const fresh = state.stamp === "" || !stamp.startsWith([view.version, pos.u, pos.s, pos.g].join("|"));
  state.stamp = stamp;
  const focus = focusMark(state.body);
  const again = () => {
    state.open = `${pos.u}:${pos.s}`;
    renderPanel(state, view);
  };
  const typed = state.body.querySelector("input")?.value;
  if (view.why.length) state.body.replaceChildren(whyNode(state.ctx, view, { open: state.open === `${pos.u}:${pos.s}`, onOpen: again, typed }));
  else state.body.replaceChildren(...stepNodes(state, view, again));
  restoreFocus(state.body, focus);
  if (fresh && !view.why.length) state.root.scrollTop = 0;
}

function stepNodes(state, view, again) {
  const { model, pos } = view;
  const [first, last] = groupAt(model, pos);
  const op = model.ops[pos.s];
  const nodes = first === last ? oneStep(state, view, op, again) : manySteps(state, view, first, last, again);
  if (view.predict) nodes.push(predictNode(view, view.answers, state.ctx.answer));
  return nodes.filter(Boolean);
}

function oneStep(state, view, op, again) {
  const { model, pos, w, decimals } = view;
  const args = argsOf(model, op);
  const note = signNote(model, op, pos.u);
  const ask = (i, u) => state.ctx.ask(i, u);
  const say = sentence("p", "nb-say", w.raw(variantOf(w, op, op.say)), args);
  if (note) say.append(" ", sentence("span", "nb-sign-note", w.raw(note.key), note.args));
  return [
    sentence("h3", "nb-question-line", w.raw(variantOf(w, op, op.ask)), args),
    equationLines({ model, op, u: pos.u, decimals, ask, w, open: state.open === `${pos.u}:${pos.s}`, onOpen: again }),
    say,
    h("div", { class: "nb-badges" }, witnessBadges(model, w, [op.a], pos.u), publishedBadge(model, w, op.a, pos.u)),
  ];
}

function manySteps(state, view, first, last, again) {
  const { model, pos, w, decimals } = view;
  const all = model.ops.slice(first, last + 1);
  const op = model.ops[last];
  const round = pos.g === "update" || pos.g === "epoch";
  const key = groupKey(view, round ? `group.${pos.g}` : `group.${pos.g}.${op.phase}`);
  const args = { ...argsOf(model, op), layer: String(op.layer), n: String(all.length), k: String(pos.u + 1), epoch: String((model.epoch[pos.u] ?? 0) + 1) };
  // of a whole update the loss and what changed matter most
  const kept = round && last === model.steps - 1 ? all.filter((one) => one.phase === "update" || staysBehind(model, one.a)) : all;
  const open = state.open === `${pos.u}:${pos.s}`;
  const shown = open || kept.length <= LIST ? kept : [...kept.slice(0, LIST - 2), null, kept[kept.length - 1]];
  const ask = (i, u) => state.ctx.ask(i, u);
  const rows = shown.map((one) => {
    if (!one) return h("li", {}, h("button", { class: "nb-more", type: "button", onclick: again }, w("more_lines", { n: String(kept.length - LIST + 1) })));
    return h("li", {}, symbolToken(model, one.a, pos.u, ask), h("span", { class: "nb-eqsign" }, "="), numberToken(model, one.a, pos.u, decimals, ask));
  });
  const few = all.length <= 2 ? all.map((one) => equationLines({ model, op: one, u: pos.u, decimals, ask, w, open, onOpen: again })) : null;
  return [
    sentence("h3", "nb-question-line", w.raw(w.has(key) ? key : "group.any"), args),
    few ? h("div", { class: "nb-pair" }, few) : h("ul", { class: `nb-results${kept.length > 6 ? " nb-two" : ""}` }, rows),
    sentence("p", "nb-say", w.raw(w.has(`${key}.say`) ? `${key}.say` : "group.any.say"), args),
    h("div", { class: "nb-badges" }, witnessBadges(model, w, all.map((one) => one.a), pos.u)),
  ];
}

// A graph has words of its own for a cell, a block and a pass.
function groupKey({ model, w, pos }, key) {
  if (!model.graph) return key;
  const own = key.replace("group.", "group.graph.");
  return w.has(own) ? own : `group.graph.${pos.g}`;
}

// Keyboard focus survives a repaint of the card: it goes back to the button or box in the same place.
function focusMark(body) {
  const active = body.getRootNode().activeElement;
  if (!active || !body.contains(active)) return null;
  const all = [...body.querySelectorAll("button, input")];
  return { i: active.dataset.i, at: all.indexOf(active), tag: active.tagName };
}

function restoreFocus(body, mark) {
  if (!mark) return;
  const all = [...body.querySelectorAll("button, input")];
  const target = all[mark.at]?.tagName === mark.tag ? all[mark.at] : all.find((one) => one.tagName === mark.tag) || all[0];
  (target || body.closest(".nb-panel")).focus({ preventScroll: true });
}
