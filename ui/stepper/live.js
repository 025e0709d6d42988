// What the outside hears of a step: the spoken region, the address bar, the event for charts; and the switch of samples.

import { h, setAttr, setText } from "./dom.js";
import { fullText } from "./format.js";
import { addressText, valueAt } from "./model.js";
import { stepSentence } from "./view.js";

// A hidden region that reads each step out, and exposes result, phase and address as text.
export function liveRegion() {
  const spoken = h("p", { "aria-live": "polite", "aria-atomic": "true" });
  const part = (name) => h("span", { "data-testid": name });
  const [result, phase, address] = [part("step-result"), part("step-phase"), part("step-address")];
  const root = h("div", { class: "nb-hidden" }, spoken, result, phase, address);
  return {
    root,
    update(view) {
      const { model, pos, op } = view;
      setText(result, fullText(valueAt(model, op.a, pos.u)));
      setText(phase, op.phase);
      setText(address, addressText(model, op.a, pos.u));
      // while it plays, a voice that speaks every step would never finish one
      if (!view.playing) setText(spoken, stepSentence(view));
    },
  };
}

// What was refused, in a region of its own that is always there, so that it is read out. An open box that shows the
// sentence beside the number itself keeps it out of sight here.
export function alertBar() {
  const root = h("p", { class: "nb-notice nb-alert", role: "alert" });
  let version = 0;
  return {
    root,
    update({ notice, version: now, editing, why, present, model }) {
      const elsewhere = editing || present || (why.length > 0 && model.editable.has(why[why.length - 1].i));
      setAttr(root, "class", `nb-notice nb-alert${elsewhere ? " nb-hidden" : ""}`);
      const text = notice || "";
      if (text && text === root.textContent && now !== version) {
        root.textContent = ""; // the same sentence once more is news as well
        requestAnimationFrame(() => setText(root, text));
      } else setText(root, text);
      version = now;
    },
  };
}

// Tells the charts of the page and, at most four times a second, the address bar.
export function announce(stepper) {
  const { model, pos } = stepper;
  const op = model.ops[pos.s];
  const detail = { id: model.payload.id, update: pos.u, op: pos.s, address: addressText(model, op.a, pos.u), phase: op.phase, layer: op.layer, unit: op.unit, sample: op.sample };
  window.dispatchEvent(new CustomEvent("nabla:step", { detail }));
  stepper.urlTimer ??= setTimeout(() => {
    stepper.urlTimer = undefined;
    writeUrl(stepper.pos);
  }, 250);
}

function writeUrl({ u, s, g }) {
  const url = new URL(window.location.href);
  url.searchParams.set("u", u);
  url.searchParams.set("s", s);
  url.searchParams.set("g", g);
  try {
    window.history.replaceState(window.history.state, "", url);
  } catch {
    // some embeddings forbid it; the stepper works without
  }
}

// Which sample of the batch the picture shows.
export function sampleSwitch(ctx, model, w) {
  const root = h("div", { class: "nb-samples", hidden: model.batch < 2, role: "group", "aria-label": w("sample") });
  if (model.batch < 2) return { root, update() {} };
  const text = h("span", {});
  const step = (by) => ctx.sample((current + by + model.batch) % model.batch);
  let current = 0;
  root.append(
    h("button", { type: "button", class: "nb-mini", "aria-label": w("sample.previous"), onclick: () => step(-1) }, "‹"), text,
    h("button", { type: "button", class: "nb-mini", "aria-label": w("sample.next"), onclick: () => step(1) }, "›"),
  );
  return {
    root,
    update(view) {
      current = view.sample;
      setText(text, w("sample_of", { n: String(current + 1), m: String(model.batch) }));
      setAttr(root, "data-sample", current);
    },
  };
}
