// The stepper: wiring. One state per parent element, so that new data from Python finds position, focus and typed text.

import { createDiagram } from "./diagram.js";
import { h, icon, setAttr } from "./dom.js";
import { listenKeys } from "./keys.js";
import { createGraph } from "./graph.js";
import { createLedger } from "./ledger.js";
import { alertBar, announce, liveRegion, sampleSwitch } from "./live.js";
import { clampPosition, createModel, firstPosition, lastPosition, nextPosition, previousPosition, samePosition } from "./model.js";
import { createNumbers } from "./numbers.js";
import { createPanel } from "./panel.js";
import { followTheme } from "./theme.js";
import { createTimeline } from "./timeline.js";
import { createTools } from "./tools.js";
import { createTwin } from "./twin.js";
import { viewOf } from "./view.js";
import { createWords } from "./words.js";

const WITNESS_WAITS = [0, 2500, 3000, 5000, 8000, 15000]; // ms
const steppers = new WeakMap(); // parentElement -> stepper

export default function stepperComponent(component) {
  const { data, parentElement } = component;
  if (!data || !data.ops) return undefined;
  let stepper = steppers.get(parentElement);
  if (!stepper || !stepper.root.isConnected) {
    stepper = newStepper(parentElement);
    steppers.set(parentElement, stepper);
  }
  stepper.component = component;
  accept(stepper, data);
  return () => {
    steppers.delete(parentElement);
    dispose(stepper);
  };
}

function newStepper(parent) {
  const probe = h("span", { class: "nb-probe", "aria-hidden": "true" });
  const shell = h("div", { class: "nb-shell" });
  const root = h("div", { class: "nabla", "data-testid": "stepper" }, probe, shell);
  parent.append(root);
  const stepper = {
    root, shell, parts: null, model: null, program: "", version: 0, seq: Date.now(), pos: { u: 0, s: 0, g: "operation" }, why: [], answers: new Map(),
    decimals: "6", predict: true, present: false, editing: false, twin: false, keys: false, playing: false, rate: 1, sample: 0, asked: 0, scale: new Map(),
  };
  stepper.theme = followTheme(root, probe);
  stepper.stopKeys = listenKeys(root, (action) => act(stepper, action));
  stepper.answer = () => stepper.model && announce(stepper); // a chart that mounts late asks where we are
  window.addEventListener("nabla:ask", stepper.answer);
  return stepper;
}

function dispose(stepper) {
  stopPlaying(stepper);
  clearTimeout(stepper.urlTimer);
  clearTimeout(stepper.wanting);
  stepper.stopKeys();
  window.removeEventListener("nabla:ask", stepper.answer);
  stepper.parts?.diagram.stop();
  stepper.root.remove();
}

// New data: the same program keeps its nodes, another one is built anew; position and the learner's choices stay.
function accept(stepper, data) {
  const other = stepper.model?.payload.id !== data.id;
  const program = JSON.stringify([data.id, data.lang, data.title, data.net, data.addr, data.sym, data.updates, data.editable, data.ops, (data.questions || []).length > 0]);
  stepper.model = createModel(data);
  stepper.version += 1;
  stepper.model.key = stepper.version;
  stepper.scale.clear();
  stepper.notice = data.notice ? data.notice.text : null;
  if (other) {
    stepper.pos = { u: data.position?.update ?? 0, s: data.position?.op ?? 0, g: data.position?.grain ?? "operation" };
    stepper.decimals = String(data.decimals ?? 6);
    stepper.why = [];
  }
  stepper.pos = clampPosition(stepper.model, stepper.pos);
  stepper.why = stepper.why.filter(({ i, u }) => i < stepper.model.size && u < stepper.model.updates);
  if (program !== stepper.program) build(stepper, data);
  stepper.program = program;
  stepper.theme();
  render(stepper);
  clearTimeout(stepper.wanting);
  if (stepper.model.witness.missing.autograd === "later") askWitness(stepper);
}

// Autograd is loaded beside the page once the first picture is painted; asked again, ever more rarely, until it is there.
function askWitness(stepper) {
  const wait = WITNESS_WAITS[stepper.asked];
  if (wait === undefined || stepper.model.witness.missing.autograd !== "later") return;
  stepper.asked += 1;
  const ask = () => {
    stepper.component.setStateValue("want", stepper.asked); // a new value each time: an equal one is not sent
    askWitness(stepper); // an answer that changes nothing does not come back to us
  };
  requestAnimationFrame(() => (stepper.wanting = setTimeout(ask, wait)));
}

function build(stepper, data) {
  stopPlaying(stepper);
  stepper.parts?.diagram.stop();
  const w = createWords(data.words || {});
  stepper.w = w;
  const ctx = context(stepper);
  // the parts read the model through this stand-in, so that new values reach nodes that were built for old ones
  const model = new Proxy({}, { get: (_, name) => stepper.model[name] });
  const parts = {
    tools: createTools(ctx, model, w), diagram: stepper.model.graph ? createGraph(ctx, stepper.model, w) : createDiagram(ctx), panel: createPanel(ctx), timeline: createTimeline(ctx, model, w),
    ledger: createLedger(ctx, model, w), numbers: createNumbers(ctx, model, w), twin: createTwin(ctx, model, w), live: liveRegion(), alert: alertBar(), samples: sampleSwitch(ctx, model, w),
  };
  const skip = h("button", { type: "button", class: "nb-skip", onclick: () => parts.panel.root.focus() }, w("skip_picture"));
  const picture = h("section", { class: "nb-card nb-diagram", "aria-label": w(stepper.model.graph ? "picture.graph" : "picture") }, skip, parts.samples.root, parts.diagram.root, parts.twin.root);
  const leave = h("button", { type: "button", class: "nb-icon-button nb-leave", "aria-label": w("leave"), title: `${w("leave")} (Esc)`, onclick: ctx.togglePresent }, icon("close"));
  const layout = h("div", { class: "nb-layout", lang: data.lang === "zh" ? "zh-Hans" : data.lang },
    parts.tools.root, parts.tools.sheet, parts.alert.root, parts.numbers.root, h("div", topOf(parts.diagram), picture, parts.panel.root), parts.timeline.root, parts.ledger.root, leave, parts.live.root);
  stepper.shell.replaceChildren(layout);
  stepper.parts = parts;
}

// A wide graph has the whole width for itself.
function topOf({ wide = false, height = 0 }) {
  return wide ? { class: "nb-top nb-stacked", style: `--graph-height: ${Math.round(Math.min(340, Math.max(190, height + 44)))}px` } : { class: "nb-top" };
}

// What the parts may ask for.
function context(stepper) {
  const go = (position) => goTo(stepper, position);
  const send = (edit) => {
    stepper.component.setStateValue("edit", { seq: (stepper.seq += 1), ...edit });
    return true;
  };
  const flip = (name) => () => {
    stepper[name] = !stepper[name];
    render(stepper);
  };
  return {
    first: () => go(firstPosition(stepper.model, stepper.pos)),
    previous: () => go(previousPosition(stepper.model, stepper.pos)),
    next: () => go(nextPosition(stepper.model, stepper.pos)),
    last: () => go(lastPosition(stepper.model, stepper.pos)),
    togglePlay: () => (stepper.playing ? stopPlaying(stepper, true) : startPlaying(stepper)),
    speed: (rate) => (stepper.rate = rate),
    scrub: (step) => go({ ...stepper.pos, s: stepper.model.groups[stepper.pos.g].last[step] }),
    round: (u) => go({ ...stepper.pos, u }),
    roundBy: (by) => go(clampPosition(stepper.model, { ...stepper.pos, u: stepper.pos.u + by })),
    jump: (u, step) => {
      stepper.why = [];
      go({ u, s: step, g: "operation" });
    },
    grain: (g) => go({ ...stepper.pos, g }, true),
    ask: (i, u = stepper.pos.u) => showWhy(stepper, [{ i, u }]),
    askNext: (i, u) => showWhy(stepper, [...stepper.why, { i, u }]),
    whyBack: (depth) => showWhy(stepper, stepper.why.slice(0, depth)),
    answer: (key, option) => {
      stepper.answers.set(key, option);
      render(stepper);
    },
    edit: (i, text) => send({ address: stepper.model.addr[i], text }),
    undo: () => stepper.model.payload.canUndo && send({ undo: true }),
    reset: () => (stepper.model.edited.size || stepper.model.payload.canUndo) && send({ reset: true }),
    decimals: (value) => {
      stepper.decimals = value;
      render(stepper);
    },
    sample: (n) => {
      stepper.sample = n;
      render(stepper);
    },
    togglePredict: flip("predict"), toggleKeys: flip("keys"), toggleTwin: flip("twin"),
    toggleEdit: () => {
      stepper.editing = !stepper.editing;
      render(stepper);
      if (stepper.editing) stepper.parts.numbers.focus();
    },
    togglePresent: () => present(stepper, !stepper.present),
  };
}

function showWhy(stepper, stack) {
  stopPlaying(stepper);
  stepper.why = stack.slice(-40);
  render(stepper);
  if (stack.length) stepper.parts.panel.root.scrollTop = 0;
}

// An action of the keyboard; false when there was nothing to do.
function act(stepper, action) {
  const ctx = context(stepper);
  const { grains } = stepper.model;
  const grain = grains.indexOf(stepper.pos.g);
  if (action === "coarser" || action === "finer") ctx.grain(grains[Math.min(grains.length - 1, Math.max(0, grain + (action === "coarser" ? 1 : -1)))]);
  else if (action === "escape") return escape(stepper, ctx);
  else if (action === "undo") return Boolean(ctx.undo());
  else ctx[action]();
  return true;
}

function escape(stepper, ctx) {
  if (stepper.why.length) ctx.whyBack(0);
  else if (stepper.keys) ctx.toggleKeys();
  else if (stepper.present) ctx.togglePresent();
  else if (stepper.editing) ctx.toggleEdit();
  else return false;
  return true;
}

function goTo(stepper, position) {
  if (samePosition(position, stepper.pos)) return;
  stepper.pos = position;
  if (stepper.why.length && !stepper.playing) stepper.why = [];
  stepper.notice = null;
  render(stepper);
  announce(stepper);
}

function startPlaying(stepper) {
  const { model } = stepper;
  if (samePosition(nextPosition(model, stepper.pos), stepper.pos)) stepper.pos = { ...stepper.pos, u: 0, s: 0 };
  stepper.playing = true;
  stepper.why = [];
  let then = performance.now();
  const tick = (now) => {
    if (!stepper.playing) return;
    if (now - then >= 1000 / stepper.rate) {
      then = Math.max(then + 1000 / stepper.rate, now - 100);
      const next = nextPosition(stepper.model, stepper.pos);
      if (samePosition(next, stepper.pos)) return stopPlaying(stepper, true);
      goTo(stepper, next);
    }
    stepper.frame = requestAnimationFrame(tick);
  };
  stepper.frame = requestAnimationFrame(tick);
  render(stepper);
}

function stopPlaying(stepper, show = false) {
  if (!stepper.playing) return;
  stepper.playing = false;
  cancelAnimationFrame(stepper.frame);
  if (show) render(stepper);
}

// Present mode lies in the browser's top layer, above everything of the page.
function present(stepper, on) {
  const { root } = stepper;
  stepper.present = on;
  if (on) {
    root.setAttribute("popover", "manual");
    root.classList.add("nb-present");
    root.showPopover?.();
  } else {
    root.hidePopover?.();
    root.removeAttribute("popover");
    root.classList.remove("nb-present");
  }
  render(stepper);
  root.querySelector(on ? ".nb-move-next" : "[data-tool=present]")?.focus({ preventScroll: true });
}

function render(stepper) {
  const view = viewOf(stepper);
  const { parts, root } = stepper;
  setAttr(root, "data-phase", view.phase);
  parts.numbers.root.hidden = !view.editing;
  parts.twin.root.hidden = !view.twin;
  parts.diagram.root.hidden = view.twin;
  for (const part of [parts.tools, parts.samples, parts.diagram, parts.panel, parts.timeline, parts.numbers, parts.twin, parts.live, parts.alert, parts.ledger]) part.update(view);
}
