// Predict, then reveal: the question before a step, and what became of the answer after it. Next is never blocked.

import { h } from "./dom.js";
import { groupAt, nextPosition } from "./model.js";
import { fillNodes } from "./words.js";

function keyOf(model, question) {
  return `${model.payload.id}|${question.update}|${question.op}|${question.prompt}|${question.answer}`;
}

// The first question that a position answers, or null.
function questionIn(model, position, from) {
  const [first, last] = from ? [from.u === position.u ? from.s + 1 : 0, position.s] : groupAt(model, position);
  return (model.payload.questions || []).find((q) => q.update === position.u && q.op >= first && q.op <= last) || null;
}

// The node for a position: feedback on the step just taken, then the question about the next; null when neither is due.
export function predictNode(view, answers, choose) {
  const { model, pos, w } = view;
  const parts = [];
  const past = questionIn(model, pos);
  if (past && answers.has(keyOf(model, past))) parts.push(feedback(w, past, answers.get(keyOf(model, past))));
  const next = nextPosition(model, pos);
  const ahead = next.u === pos.u && next.s === pos.s ? null : questionIn(model, next, pos);
  if (ahead) parts.push(question(w, ahead, answers.get(keyOf(model, ahead)), (option) => choose(keyOf(model, ahead), option)));
  return parts.length ? h("div", { class: "nb-predict" }, parts) : null;
}

function question(w, { prompt, options }, chosen, choose) {
  const buttons = options.map((option, at) =>
    h("button", { type: "button", class: "nb-option", "aria-pressed": String(chosen === at), onclick: () => choose(at) }, fillNodes(option, {})),
  );
  return h("div", { class: "nb-question", role: "group", "aria-label": w("predict.title") },
    h("p", { class: "nb-predict-title" }, h("strong", {}, w("predict.title")), ` ${w("predict.before")}`),
    h("div", { class: "nb-ask" }, h("span", { class: "nb-prompt" }, fillNodes(prompt, {})), h("span", { class: "nb-options" }, buttons)),
    chosen === undefined ? null : h("p", { class: "nb-hint" }, w("predict.chosen")),
  );
}

function feedback(w, { options, answer, because }, chosen) {
  const right = chosen === answer;
  const said = [...fillNodes(w.raw("predict.said"), { choice: options[chosen] })];
  const verdict = right ? w("predict.right") : fillNodes(w.raw("predict.wrong"), { answer: options[answer] });
  return h("p", { class: `nb-feedback ${right ? "nb-good" : "nb-fair"}` },
    h("span", { class: "nb-mark", "aria-hidden": "true" }, right ? "✓" : "→"), " ", said, " ", verdict, because ? [" ", ...fillNodes(because, {})] : null);
}
