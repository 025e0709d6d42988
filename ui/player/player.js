// The player: a recorded training run that plays like a film, and walks back like one. Python trains; this only shows.
//
// Python sends what ui/player/__init__.py describes. It hears back only when the learner asks for another run (state "choice")
// or follows a link (trigger "go"); playing, scrubbing and clicking on neurons never leave the browser.

import { fill, unpack } from "./run.js";
import {
  buildEdges, colours, drawAnswer, drawEdges, drawInput, FINER_ANSWER, FINER_TILE, drawLoss, drawSurface, drawTile, neurons, placeTile, updateAt,
} from "./draw.js";
import { formula, make, status, symbol, tell } from "./say.js";

const SECONDS = 6; // from the first update to the last
const JUMPS = 10; // where motion is to be reduced, the same in so many still pictures
const EARLIER = 4; // loss curves of other starts that stay on the plot
const players = new WeakMap(); // parentElement -> player; a rerun finds its player again

export default function (component) {
  const { parentElement, data } = component;
  if (!data || !data.run) return undefined;
  let player = players.get(parentElement);
  if (!player || !player.root.isConnected) {
    player = build(parentElement);
    players.set(parentElement, player);
  }
  player.send = component;
  accept(player, data);
  return () => {
    players.delete(parentElement);
    stop(player);
    player.done.abort();
    player.sizes.disconnect();
  };
}

// ---------------------------------------------------------------- building and taking in data

function build(parent) {
  const root = parent.querySelector(".player");
  const part = Object.fromEntries([...root.querySelectorAll("[data-part]")].map((node) => [node.dataset.part, node]));
  const player = { root, part, k: 0, reached: 0, frame: 0, picked: null, earlier: [], autoplay: false, done: new AbortController() };
  player.answer = document.createElement("canvas");
  const { signal } = player.done;
  const on = (node, name, act) => node.addEventListener(name, act, { signal });
  on(part.train, "click", () => (player.frame ? pause(player) : play(player)));
  on(part.scrub, "input", () => seek(player, Number(part.scrub.value)));
  on(part.scrub, "change", () => announce(player));
  on(part.again, "click", () => ask(player, player.run.set, player.run.seed + 1, true));
  on(part.loss, "pointerdown", (event) => part.loss.setPointerCapture(event.pointerId));
  for (const name of ["pointerdown", "pointermove"]) {
    on(part.loss, name, (event) => {
      if (event.buttons & 1) seek(player, updateAt(part.loss, event.offsetX, player.run));
    });
  }
  on(part.twin, "toggle", () => tell(player));
  on(document, "keydown", (event) => key(player, event));
  on(root, "transitionend", (event) => event.target === root && dress(player));
  on(root, "transitionrun", (event) => event.target === root && setTimeout(() => dress(player), 20));
  player.sizes = new ResizeObserver(() => player.run && draw(player));
  player.sizes.observe(root);
  return player;
}

function accept(player, data) {
  const { part, root } = player;
  const fresh = !player.data || player.data.run.id !== data.run.id;
  const relabel = !player.data || player.data.lang !== data.lang;
  if (fresh) {
    stop(player);
    const before = player.run;
    player.run = unpack(data.run);
    if (!before || before.set !== data.run.set) player.earlier = [];
    else player.earlier = [...player.earlier, before.train].slice(-EARLIER);
    Object.assign(player, { k: 0, reached: 0, finished: false });
    part.scrub.max = player.run.updates;
    layOut(player);
  }
  player.data = data;
  if (relabel) label(player);
  leadOn(player);
  part.lossNote.textContent = player.earlier.length ? data.words.earlier : data.words.loss_note;
  for (const button of part.sets.children) button.setAttribute("aria-pressed", button.dataset.set === data.run.set);
  root.hidden = false;
  dress(player);
  if (fresh && player.autoplay) play(player);
  player.autoplay = false;
}

function label(player) {
  const { part, data, root } = player;
  for (const node of root.querySelectorAll("[data-word]")) node.textContent = data.words[node.dataset.word];
  for (const node of root.querySelectorAll("[data-name]")) node.setAttribute("aria-label", data.words[node.dataset.name]);
  part.sets.replaceChildren(...data.sets.map(({ id, name, seed }) => {
    const button = make("button", "set", name);
    button.type = "button";
    button.dataset.set = id;
    button.onclick = () => id !== player.run.set && ask(player, id, seed, false);
    return button;
  }));
  for (const tile of player.tiles ?? []) nameTile(player, tile);
}

// The lessons that lead on; their questions name numbers of this run.
function leadOn(player) {
  const { part, data } = player;
  part.links.replaceChildren(...data.links.map(({ id, question, title }) => {
    const link = make("a", "link");
    link.append(make("strong", "", question), make("span", "", title));
    const lang = new URLSearchParams(window.location.search).get("lang");
    link.href = lang ? `${id}?lang=${lang}` : id;
    link.onclick = (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return; // a tab of its own, as the reader wishes
      event.preventDefault();
      player.send.setTriggerValue("go", id);
    };
    return link;
  }));
}

function layOut(player) {
  const { run, part } = player;
  player.edges = buildEdges(part.edges, run);
  for (const tile of player.tiles ?? []) tile.node.remove();
  player.tiles = neurons(run.sizes).map((place) => {
    const node = make(place.layer ? "button" : "div", "tile");
    const canvas = make("canvas");
    canvas.width = canvas.height = FINER_TILE * run.cells.tile;
    const caption = make("span", "caption");
    caption.append(symbol(run, place));
    node.append(canvas, caption);
    placeTile(node, place);
    if (place.layer) {
      node.type = "button";
      node.onclick = () => pick(player, place);
    }
    part.diagram.append(node);
    const tile = { ...place, node, canvas };
    if (player.data) nameTile(player, tile);
    return tile;
  });
  player.answer.width = player.answer.height = FINER_ANSWER * run.cells.surface;
}

function nameTile(player, { layer, unit, node }) {
  const words = player.data.words;
  if (layer === 1) node.setAttribute("aria-label", fill(words.tile_hidden, { unit: unit + 1 }));
  if (layer === 2) node.setAttribute("aria-label", words.tile_output);
  if (layer) node.setAttribute("aria-pressed", String(Boolean(isPicked(player, { layer, unit }))));
}

function dress(player) {
  const [r, g, b] = (getComputedStyle(player.root).borderTopColor.match(/[\d.]+/g) || [255, 255, 255]).map(Number);
  player.root.dataset.theme = 0.2126 * r + 0.7152 * g + 0.0722 * b < 100 ? "dark" : "light";
  player.shades = colours(player.root);
  for (const tile of player.tiles) if (!tile.layer) drawInput(tile.canvas, player.run, tile.unit, player.shades);
  draw(player);
}

// ---------------------------------------------------------------- time

function play(player) {
  const { run } = player;
  if (player.k >= run.updates) show(player, 0);
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const grain = still ? run.updates / JUMPS : 1;
  let [at, last] = [player.k, undefined];
  const tick = (now) => {
    at += (Math.min(100, now - (last ?? now)) / 1000 / SECONDS) * run.updates; // a hidden tab does not make it jump
    last = now;
    const k = Math.min(run.updates, Math.floor(at / grain + 1e-9) * grain);
    if (k > player.k) show(player, Math.round(k));
    if (player.k >= run.updates) pause(player);
    else player.frame = requestAnimationFrame(tick);
  };
  player.frame = requestAnimationFrame(tick);
  mode(player);
}

function stop(player) {
  cancelAnimationFrame(player.frame);
  player.frame = 0;
}

function pause(player) {
  stop(player);
  mode(player);
  draw(player);
  announce(player);
}

function seek(player, k) {
  const playing = player.frame;
  stop(player);
  show(player, Math.min(player.run.updates, Math.max(0, k)));
  if (playing) mode(player);
}

function show(player, k) {
  player.k = k;
  player.reached = Math.max(player.reached, k);
  if (k === player.run.updates) player.finished = true;
  draw(player);
}

function ask(player, set, seed, autoplay) {
  pause(player);
  player.autoplay = autoplay;
  player.send.setStateValue("choice", { set, seed });
}

function key(player, event) {
  const target = event.composedPath()[0];
  const inside = event.composedPath().includes(player.root);
  if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
  if (!inside && target !== document.body) return;
  const presses = target.closest?.("button, a, summary");
  const move = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
  if (event.key === " " && !presses) player.frame ? pause(player) : play(player);
  else if (move && (inside || Number.isFinite(move))) {
    seek(player, player.k + move * (event.shiftKey ? 10 : 1));
    if (!event.repeat) announce(player);
  } else return;
  event.preventDefault();
}

// ---------------------------------------------------------------- showing one moment

function draw(player) {
  const { run, k, part, shades } = player;
  if (!shades || !player.data) return;
  drawAnswer(player.answer, run, k, shades);
  drawEdges(player.edges, run, k);
  for (const { layer, unit, canvas } of player.tiles) {
    if (layer === 1) drawTile(canvas, run, k, unit, shades);
    else if (layer === 2) canvas.getContext("2d").drawImage(player.answer, 0, 0, canvas.width, canvas.height);
  }
  drawSurface(part.surface, player.answer, run, k, shades);
  drawLoss(part.loss, run, k, player.reached, player.earlier, shades);
  part.scrub.value = k;
  part.scrub.style.setProperty("--done", `${(100 * k) / run.updates}%`);
  part.status.textContent = status(player);
  if (player.picked) part.formula.replaceChildren(...formula(player, player.picked));
  if (!player.frame) settle(player);
}

// What changes only between playing and resting: the button, the sentence below, the text twin.
function mode(player) {
  const { part, data, root } = player;
  const playing = Boolean(player.frame);
  part.train.setAttribute("aria-label", playing ? data.words.pause_name : data.words.train_name);
  part.trainText.textContent = playing ? data.words.pause : data.words.train;
  root.dataset.state = playing ? "playing" : "resting";
  const story = player.finished && !playing ? "after" : playing || player.k ? "during" : "before";
  part.story.textContent = data.story[story];
  part.verdict.hidden = story !== "after";
  part.verdict.replaceChildren(make("strong", "", data.verdict.text), " ", data.verdict.note);
  part.verdict.dataset.level = data.verdict.level;
  part.links.classList.toggle("ready", story === "after");
  part.pickHint.hidden = Boolean(player.picked);
}

function settle(player) {
  mode(player);
  player.part.scrub.setAttribute("aria-valuetext", status(player));
  tell(player);
}

function announce(player) {
  const { part, data } = player;
  const ended = player.k === player.run.updates;
  part.live.textContent = ended ? `${status(player)}. ${data.verdict.text} ${data.verdict.note}` : status(player);
}

// ---------------------------------------------------------------- the neuron whose numbers are shown

const isPicked = ({ picked }, { layer, unit }) => picked && picked.layer === layer && picked.unit === unit;

function pick(player, place) {
  player.picked = isPicked(player, place) ? null : { layer: place.layer, unit: place.unit };
  for (const tile of player.tiles) if (tile.layer) tile.node.setAttribute("aria-pressed", String(Boolean(isPicked(player, tile))));
  if (!player.picked) player.part.formula.replaceChildren();
  player.part.pickHint.hidden = Boolean(player.picked);
  draw(player);
  player.part.live.textContent = player.part.formula.textContent;
}
