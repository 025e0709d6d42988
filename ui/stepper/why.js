// Ask any number why: where it comes from, operand by operand, back to the data; and what it goes into.

import { publishedBadge, witnessBadges } from "./badges.js";
import { h, icon } from "./dom.js";
import { equationLines, resultLine } from "./equation.js";
import { fullText, pretty, shownText } from "./format.js";
import { markupNode, parseMarkup, plainMarkup } from "./markup.js";
import { isKnown, valueAt } from "./model.js";
import { fillNodes, meaningOf, sentence } from "./words.js";

const CHIPS = 12;

// view.why is the stack [{i, u}]; the last is shown. options: {open, onOpen, typed}
export function whyNode(ctx, view, { open, onOpen, typed }) {
  const { model, pos, w, why, decimals } = view;
  const { i, u } = why[why.length - 1];
  const known = isKnown(model, i, u, pos);
  const step = model.writer[i];
  const ask = (to, at = u) => ctx.askNext(to, at);
  const meaning = meaningOf(model, w, i);
  return h("div", { class: "nb-why" },
    crumbs(ctx, view),
    h("h3", { class: "nb-why-title" }, markupNode(parseMarkup(model.sym[i])), meaning.template ? h("span", { class: "nb-why-meaning" }, fillNodes(meaning.template, meaning.args)) : null),
    model.updates > 1 ? h("p", { class: "nb-muted" }, w("in_update", { n: String(u + 1) })) : null,
    known && step >= 0 ? equationLines({ model, op: model.ops[step], u, decimals, ask, w, open, onOpen, result: false }) : null,
    known ? resultLine(model, i, u, "full", () => {}) : notYet(ctx, view, i, u),
    known ? h("p", { class: "nb-muted nb-small" }, w("full_precision")) : null,
    step < 0 ? givenNode(ctx, view, i, u, ask) : null,
    known ? h("div", { class: "nb-badges" }, step >= 0 ? witnessBadges(model, w, [i], u) : null, publishedBadge(model, w, i, u)) : null,
    known && step >= 0 ? chips(view, w("made_from"), operands(model, i, u), ask) : null,
    chips(view, w("goes_into"), influences(model, i, u), ask),
    model.editable.has(i) ? editBox(ctx, view, i, typed) : null,
    step >= 0 && known && !(pos.u === u && pos.s === step) ? h("button", { type: "button", class: "nb-button", onclick: () => ctx.jump(u, step) }, w("go_to_step", { n: String(step + 1) })) : null,
  );
}

function crumbs(ctx, view) {
  const { model, w, why } = view;
  const trail = why.slice(-5).map(({ i }, at, all) => {
    const depth = why.length - all.length + at;
    const last = at === all.length - 1;
    const node = last ? h("span", { "aria-current": "true" }) : h("button", { type: "button", class: "nb-crumb", onclick: () => ctx.whyBack(depth + 1) });
    node.append(markupNode(parseMarkup(model.sym[i])));
    return h("li", {}, node);
  });
  return h("nav", { class: "nb-crumbs", "aria-label": w("why_trail") },
    h("strong", { class: "nb-why-word" }, w("why")),
    h("ol", {}, trail),
    h("button", { type: "button", class: "nb-icon-button nb-close", "aria-label": w("close"), title: `${w("close")} (Esc)`, onclick: () => ctx.whyBack(0) }, icon("close")),
  );
}

function operands(model, i, u) {
  return [...new Set(model.ops[model.writer[i]].reads)].map((to) => ({ i: to, u }));
}

// Everything that reads this number, in this update and through the carry in the next.
function influences(model, i, u) {
  const out = (model.readers.get(i) || []).map((to) => ({ i: to, u }));
  const next = model.goesTo.get(i);
  if (next !== undefined && u + 1 < model.updates) out.push({ i: next, u: u + 1 });
  return out;
}

function chips(view, title, list, ask) {
  if (!list.length) return null;
  const { model, w, pos, decimals } = view;
  const buttons = list.slice(0, CHIPS).map(({ i, u }) => {
    const known = isKnown(model, i, u, pos);
    const value = known ? shownText(valueAt(model, i, u), decimals) : w("not_yet_short");
    const name = `${plainMarkup(model.sym[i])}${known ? ` = ${fullText(valueAt(model, i, u))}` : `: ${w("not_yet")}`}`;
    const later = u === view.why[view.why.length - 1].u ? null : h("span", { class: "nb-muted" }, `@${u + 1}`);
    return h("li", {}, h("button", { type: "button", class: "nb-chip", "data-i": i, title: name, "aria-label": name, onclick: () => ask(i, u) }, markupNode(parseMarkup(model.sym[i])), later, h("span", { class: "nb-mono" }, value)));
  });
  if (list.length > CHIPS) buttons.push(h("li", { class: "nb-muted" }, w("and_more", { n: String(list.length - CHIPS) })));
  return h("div", { class: "nb-chips" }, h("h4", {}, title), h("ul", {}, buttons));
}

function givenNode(ctx, view, i, u, ask) {
  const { model, w } = view;
  const from = model.cameFrom.get(i);
  const kind = model.parsed[i].kind;
  if (u > 0 && from !== undefined) {
    return h("div", {}, sentence("p", "nb-say", w.raw("given.carried"), { n: String(u) }), chips(view, w("made_from"), [{ i: from, u: u - 1 }], ask));
  }
  if (model.graph) return sentence("p", "nb-say", w.raw("given.graph"), { it: model.sym[i] });
  return sentence("p", "nb-say", w.raw(w.has(`given.${kind}`) ? `given.${kind}` : "given.x"), { it: model.sym[i] });
}

function notYet(ctx, view, i, u) {
  const { model, w } = view;
  const step = model.writer[i];
  return h("div", {}, h("p", { class: "nb-say" }, w("not_yet_long")),
    step >= 0 ? h("button", { type: "button", class: "nb-button", onclick: () => ctx.jump(u, step) }, w("go_to_step", { n: String(step + 1) })) : null);
}

function editBox(ctx, view, i, typed) {
  const { model, w } = view;
  const input = h("input", { type: "text", class: "nb-input", inputmode: "decimal", autocomplete: "off", spellcheck: "false", "aria-label": w("type_value_for", { it: model.sym[i] }), placeholder: pretty(fullText(valueAt(model, i, 0))) });
  if (typed) input.value = typed;
  const form = h("form", { class: "nb-edit" }, h("span", { class: "nb-edit-label" }, w("type_value")), input, h("button", { type: "submit", class: "nb-button" }, w("apply")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ctx.edit(i, input.value);
  });
  return h("div", {}, form, view.notice ? h("p", { class: "nb-notice" }, view.notice) : null);
}
