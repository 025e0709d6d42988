// Controls and timeline: step, play, scrub; the grain of a step; which update.

import { h, icon, setAttr, setText } from "./dom.js";
import { shownText } from "./format.js";
import { indexOf, phaseSegments, valueAt } from "./model.js";

const SPEEDS = ["0.5", "1", "2", "4", "8"];

export function createTimeline(ctx, model, w) {
  const moves = {
    first: ["First step", ctx.first], previous: ["Previous step", ctx.previous], play: ["Play", ctx.togglePlay],
    next: ["Next step", ctx.next], last: ["Last step", ctx.last],
  };
  const keys = { first: "Home", previous: "ArrowLeft", play: "Space", next: "ArrowRight", last: "End" };
  const buttons = {};
  for (const [name, [label, act]] of Object.entries(moves)) {
    buttons[name] = h("button", { type: "button", class: `nb-move nb-move-${name}`, "aria-label": label, "aria-keyshortcuts": keys[name], title: w(`move.${name}`), onclick: act }, icon(name));
  }
  buttons.next.append(h("span", { class: "nb-move-text", "aria-hidden": "true" }, w("next")));
  const track = createTrack(ctx, model, w);
  const rounds = model.updates > 1 ? createRounds(ctx, model, w) : null;
  const grains = createGrains(ctx, model, w);
  const speed = h("select", { class: "nb-select", "aria-label": w("speed") }, SPEEDS.map((value) => h("option", { value, selected: value === "1" ? "" : null }, `${value}×`)));
  speed.addEventListener("change", () => ctx.speed(Number(speed.value)));
  const root = h("section", { class: "nb-card nb-controls", "aria-label": w("controls") },
    h("div", { class: "nb-row nb-row-main" }, h("div", { class: "nb-moves", role: "group", "aria-label": w("controls") }, Object.values(buttons)), track.root),
    h("div", { class: "nb-row nb-row-more" }, grains.root, rounds ? rounds.root : h("span", { class: "nb-grow" }), h("label", { class: "nb-field" }, h("span", {}, w("speed")), speed)),
    legend(w),
  );
  return {
    root,
    update(view) {
      track.update(view);
      grains.update(view);
      rounds?.update(view);
      const playing = view.playing;
      if (buttons.play.dataset.on !== String(playing)) {
        buttons.play.dataset.on = String(playing);
        setAttr(buttons.play, "aria-label", playing ? "Pause" : "Play");
        buttons.play.title = w(playing ? "move.pause" : "move.play");
        buttons.play.replaceChildren(icon(playing ? "pause" : "play"));
      }
      const { pos } = view;
      const start = pos.u === 0 && pos.s === 0;
      const end = pos.u === model.updates - 1 && pos.s === model.steps - 1;
      // aria-disabled keeps the focus where it is, so that a key held down does not lose its button
      for (const [name, off] of [["first", start], ["previous", start], ["next", end], ["last", end]]) setAttr(buttons[name], "aria-disabled", off ? "true" : null);
    },
  };
}

function legend(w) {
  const parts = [["← →", "key.step"], ["↑ ↓", "key.grain"], ["Home End", "key.ends"], [w("key.space_name"), "key.play"], ["P", "key.present"], ["?", "key.all"]];
  return h("p", { class: "nb-legend" }, parts.map(([key, text]) => h("span", {}, key.split(" ").map((one) => h("kbd", {}, one)), ` ${w(text)}`)));
}

// A slider over the steps of the update, coloured by phase; drawn so that what is done is full and the rest pale.
function createTrack(ctx, model, w) {
  const segments = phaseSegments(model).map((segment) => {
    const fill = h("span", { class: "nb-fill" });
    const label = h("span", { class: "nb-segment-name" }, w(`phase.${segment.phase}`));
    const count = segment.last - segment.first + 1;
    const root = h("span", { class: `nb-segment nb-is-${segment.phase}${count / model.steps < 0.055 ? " nb-thin" : ""}`, style: `flex-grow:${count}` }, h("span", { class: "nb-bar" }, fill), label);
    return { ...segment, count, fill, root };
  });
  const thumb = h("span", { class: "nb-thumb" });
  const slider = h("div", { class: "nb-track", role: "slider", tabindex: "0", "aria-label": w("timeline"), "aria-valuemin": 1, "aria-valuemax": model.steps }, segments.map((one) => one.root), thumb);
  const count = h("span", { class: "nb-count nb-mono", "data-testid": "step-count" });
  scrub(slider, (share) => ctx.scrub(Math.min(model.steps - 1, Math.floor(share * model.steps))));
  let drawn = -1;
  return {
    root: h("div", { class: "nb-timeline" }, slider, count),
    update({ pos, phase }) {
      setText(count, `${pos.s + 1} / ${model.steps}`);
      if (drawn === pos.s) return;
      drawn = pos.s;
      for (const one of segments) {
        const share = Math.min(1, Math.max(0, (pos.s + 1 - one.first) / one.count));
        one.fill.style.transform = `scaleX(${share})`;
        one.root.classList.toggle("nb-now", one.first <= pos.s && pos.s <= one.last);
      }
      thumb.style.left = `${((pos.s + 1) / model.steps) * 100}%`;
      setAttr(slider, "aria-valuenow", pos.s + 1);
      setAttr(slider, "aria-valuetext", `${w("step_of", { n: String(pos.s + 1), m: String(model.steps) })}, ${w(`phase.${phase}`)}`);
    },
  };
}

// Pointer dragging on a bar: calls back with the share of its width, once per frame.
function scrub(bar, to) {
  let box = null;
  let wanted = null;
  const apply = () => {
    if (wanted !== null) to(wanted);
    wanted = null;
  };
  const move = (event) => {
    const asked = wanted !== null;
    wanted = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    if (!asked) requestAnimationFrame(apply);
  };
  bar.addEventListener("pointerdown", (event) => {
    box = bar.getBoundingClientRect();
    bar.setPointerCapture(event.pointerId);
    move(event);
  });
  bar.addEventListener("pointermove", (event) => box && move(event));
  for (const name of ["pointerup", "pointercancel"]) bar.addEventListener(name, () => (box = null));
}

// Which update: a thin bar under a line that shows how the loss goes.
function createRounds(ctx, model, w) {
  const fill = h("span", { class: "nb-fill" });
  const thumb = h("span", { class: "nb-thumb" });
  const bar = h("div", { class: "nb-rounds-track", role: "slider", tabindex: "0", "aria-label": w("updates"), "aria-valuemin": 1, "aria-valuemax": model.updates }, h("span", { class: "nb-bar" }, fill), thumb);
  const text = h("span", { class: "nb-rounds-text" });
  const at = (share) => Math.round(share * (model.updates - 1));
  scrub(bar, (share) => ctx.round(at(share)));
  bar.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (!by || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    ctx.roundBy(by);
  });
  const total = indexOf(model, "L", 0, 0);
  return {
    root: h("div", { class: "nb-rounds" }, text, bar),
    update({ pos, decimals }) {
      const share = model.updates > 1 ? pos.u / (model.updates - 1) : 0;
      fill.style.transform = `scaleX(${share})`;
      thumb.style.left = `${share * 100}%`;
      const words = w(model.graph ? "update_of.graph" : "update_of", { n: String(pos.u + 1), m: String(model.updates), epoch: String((model.epoch[pos.u] ?? 0) + 1) });
      setText(text, words);
      setAttr(bar, "aria-valuenow", pos.u + 1);
      setAttr(bar, "aria-valuetext", words);
      bar.title = pos.s === model.steps - 1 && total >= 0 ? `L = ${shownText(valueAt(model, total, pos.u), decimals)}` : "";
    },
  };
}

function createGrains(ctx, model, w) {
  const word = (key) => (model.graph && w.has(key.replace("grain.", "grain.graph.")) ? w(key.replace("grain.", "grain.graph.")) : w(key));
  const buttons = model.grains.map((grain) => h("button", { type: "button", role: "radio", class: "nb-grain", "data-grain": grain, title: word(`grain.${grain}.help`), onclick: () => ctx.grain(grain) }, word(`grain.${grain}`)));
  const root = h("div", { class: "nb-grains", role: "radiogroup", "aria-label": w("grain") }, buttons);
  return {
    root,
    update({ pos }) {
      for (const button of buttons) {
        const on = button.dataset.grain === pos.g;
        setAttr(button, "aria-checked", String(on));
        setAttr(button, "tabindex", on ? "0" : "-1");
      }
    },
  };
}
