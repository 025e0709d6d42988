// The picture: nodes in columns, numbers on nodes and edges, lit by what the step reads and writes.
// Everything is made once per layout; a step only changes the classes and texts that differ.

import { h, s, setAttr } from "./dom.js";
import { fitText } from "./format.js";
import { declutter, diagramEdges, diagramLayout, placeLabels } from "./layout.js";
import { drawNode, showNode, showTag } from "./marks.js";
import { indexOf, isKnown, valueAt } from "./model.js";
import { belowTags, edgeTags, lossTags, targetTags, textWidth } from "./tags.js";

export function createDiagram(ctx) {
  const svg = s("svg", { class: "nb-net", role: "group" });
  const box = h("div", { class: "nb-picture" }, svg);
  const state = { svg, box, ctx, layout: null, nodes: new Map(), edges: new Map(), tags: new Map(), key: "", width: 0, height: 0 };
  svg.addEventListener("click", (event) => askFrom(state, event.target));
  svg.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    askFrom(state, event.target);
  });
  const observer = new ResizeObserver(([entry]) => {
    const { width, height } = entry.contentRect;
    if (Math.abs(width - state.width) < 1 && Math.abs(height - state.height) < 1) return;
    Object.assign(state, { width, height });
    if (state.view) paint(state, state.view);
  });
  observer.observe(box);
  return { root: box, update: (view) => paint(state, view), stop: () => observer.disconnect() };
}

function askFrom(state, target) {
  const holder = target.closest("[data-i]");
  if (holder) state.ctx.ask(Number(holder.dataset.i));
}

function paint(state, view) {
  state.view = view;
  if (state.width < 40) return;
  const { model } = view;
  const scale = view.present ? Math.max(1, Math.min(state.width / 640, state.height / 330)) : 1;
  const crowded = model.net.sizes.some((n) => n > 6);
  const size = [state.width / scale, state.height / scale];
  let key = [model.key, ...size].join("|");
  const layout = crowded || key !== state.key ? diagramLayout(model.net.sizes, ...size, crowded ? activeUnits(view) : new Map()) : state.layout;
  if (crowded) key += layout.nodes.map((node) => node.unit).join();
  if (key !== state.key) {
    state.key = key;
    draw(state, view, layout);
  }
  const lit = litEdges(view);
  for (const node of state.layout.nodes) showNode(state, view, node);
  for (const edge of state.layout.edges) showEdge(state, view, edge, lit.get(edge.key), lit.size > 8 && state.layout.edges.length > 60);
  const wanted = new Map();
  const tags = [belowTags(state.layout, view), edgeTags(state.layout, view, lit), targetTags(state.layout, view), lossTags(state.layout, view)].flat();
  for (const tag of declutter(tags, state.layout)) wanted.set(tag.key, tag);
  for (const [name, tag] of state.tags) {
    if (wanted.has(name)) continue;
    tag.g.remove();
    state.tags.delete(name);
  }
  for (const tag of wanted.values()) showTag(state, view, tag);
  setAttr(state.lossLink, "class", `nb-link${view.phase === "loss" ? " nb-live" : ""}`);
  setAttr(state.svg, "aria-label", view.describe());
}

// The units that the current step touches, per layer: they are shown even in a long column.
function activeUnits(view) {
  const units = new Map();
  const note = (layer, unit) => {
    if (!units.has(layer)) units.set(layer, []);
    const list = units.get(layer);
    if (list.length < 10 && !list.includes(unit)) list.push(unit);
  };
  for (const set of [view.written, view.read]) {
    for (const i of set) {
      const [where, a, b, c] = view.model.place[i];
      if (where === "node" || where === "bias") note(a, b);
      else if (where === "edge") {
        note(a - 1, b);
        note(a, c);
      } else if (where === "target") note(view.model.depth, a);
    }
  }
  return units;
}

// Edge key -> {written: index or -1, read: [indices]} for the edges of this step.
function litEdges(view) {
  const lit = new Map();
  const at = (i) => {
    const [where, layer, from, to] = view.model.place[i];
    if (where !== "edge") return null;
    const key = `${layer}:${from}:${to}`;
    if (!lit.has(key)) lit.set(key, { written: -1, read: [] });
    return lit.get(key);
  };
  for (const i of view.read) at(i)?.read.push(i);
  for (const i of view.written) {
    const edge = at(i);
    if (edge) edge.written = i;
  }
  return lit;
}

function draw(state, view, layout) {
  const { svg } = state;
  const { model } = view;
  const { width, height } = layout;
  state.layout = layout;
  layout.edges = diagramEdges(layout).map((edge) => ({ ...edge, key: `${edge.layer}:${edge.from}:${edge.to}` }));
  placeWeights(layout, model, view);
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.classList.toggle("nb-narrow", layout.narrow);
  const links = s("path", { class: "nb-link", d: lossPath(layout) });
  state.lossLink = links;
  const edges = s("g", { class: layout.edges.length > 60 ? "nb-edges nb-crowd" : "nb-edges" });
  const nodes = s("g", { class: "nb-nodes" });
  state.tagLayer = s("g", { class: "nb-tags" });
  state.edges.clear();
  state.nodes.clear();
  state.tags.clear();
  for (const edge of layout.edges) edges.append(drawEdge(state, model, edge));
  for (const node of layout.nodes) nodes.append(drawNode(state, layout, node));
  for (const gap of layout.gaps) nodes.append(s("text", { class: "nb-gap", x: gap.x, y: gap.y + 4 }, "⋮"));
  svg.replaceChildren(links, edges, ...captions(layout, view), nodes, state.tagLayer);
}

// Labels of the weights: all of them while they fit, otherwise only those of the current step.
function placeWeights(layout, model, view) {
  const room = layout.gap - 2 * (layout.radius || layout.pillWidth / 2);
  layout.allLabels = layout.edges.length <= 40 && room > 84 && !layout.narrow;
  layout.labelChars = layout.narrow ? 6 : 8;
  const labels = layout.edges.map((edge) => {
    const i = indexOf(model, `W${edge.layer}`, edge.from, edge.to);
    const w = textWidth(model.sym[i], fitText(valueAt(model, i, view.pos.u), view.decimals, 6)) + 6;
    return { edge, w, h: 17 };
  });
  if (layout.edges.length <= 60) placeLabels(labels, layout).forEach((spot, at) => Object.assign(layout.edges[at], { lx: spot.x, ly: spot.y, clear: spot.clear }));
  else layout.edges.forEach((edge) => Object.assign(edge, { lx: (edge.x1 + edge.x2) / 2, ly: (edge.y1 + edge.y2) / 2, clear: false }));
}

function lossPath(layout) {
  const outputs = layout.nodes.filter((node) => node.layer === layout.columns - 1);
  const rim = layout.pill ? layout.pillWidth / 2 : layout.radius;
  const lines = outputs.map((node) => `M${node.x + rim + 2} ${node.y}H${layout.loss.x}`);
  const ys = [...outputs.map((node) => node.y), layout.loss.y];
  return `${lines.join("")}M${layout.loss.x} ${Math.min(...ys)}V${Math.max(...ys)}`;
}

function captions(layout, view) {
  const { model, w } = view;
  const act = (layer) => (w.has(`act.${model.net.acts[layer - 1]}`) ? w(`act.${model.net.acts[layer - 1]}`) : model.net.acts[layer - 1]);
  const top = layout.columns - 1;
  const texts = model.net.sizes.map((count, layer) => {
    if (layer === 0) return top === 0 ? [w("net.predictions")] : [w("net.input")];
    const name = layer === top ? w("net.output") : top > 2 ? w("net.hidden_n", { n: String(layer) }) : w("net.hidden");
    return [name, act(layer)];
  });
  const tight = layout.gap < 128;
  const out = texts.map((parts, layer) => caption(layout, layout.nodes.find((node) => node.layer === layer)?.x, parts, tight));
  out.push(caption(layout, layout.loss.x, [w("net.loss")], tight));
  return out;
}

function caption(layout, x, parts, tight) {
  const text = s("text", { class: "nb-caption", x, y: layout.captionY });
  if (tight && parts.length > 1) {
    if (layout.gap < 70) text.append(parts[0]);
    else {
      text.setAttribute("y", layout.captionY - 13);
      text.append(s("tspan", { x }, parts[0]), s("tspan", { x, dy: 14 }, parts[1]));
    }
  } else text.append(parts.join(" · "));
  return text;
}

function drawEdge(state, model, edge) {
  const { x1, y1, x2, y2 } = edge;
  const line = s("line", { x1, y1, x2, y2, class: "nb-edge" });
  const i = indexOf(model, `W${edge.layer}`, edge.from, edge.to);
  const hit = state.layout.edges.length <= 60 ? [s("line", { x1, y1, x2, y2, class: "nb-hit", "data-i": i })] : [];
  const angle = (Math.atan2(y2 - y1, x2 - x1) * 180) / Math.PI;
  const arrow = s("path", { class: "nb-arrow", d: "M0 0-11-6.500-11 6.500z" });
  const g = s("g", {}, line, ...hit, arrow);
  state.edges.set(edge.key, { g, line, arrow, angle, i, stamp: "" });
  return g;
}

function showEdge(state, view, edge, lit, many) {
  const item = state.edges.get(edge.key);
  const { model, pos } = view;
  const fresh = indexOf(model, `W${edge.layer}'`, edge.from, edge.to);
  const i = fresh >= 0 && isKnown(model, fresh, pos.u, pos) ? fresh : item.i;
  const v = valueAt(model, i, pos.u);
  const role = lit ? (lit.written >= 0 ? "written" : "read") : "idle";
  const stamp = `${v}|${role}|${view.phase}|${view.scaleOf(edge.layer)}|${many}`;
  if (stamp === item.stamp) return;
  item.stamp = stamp;
  const width = 0.9 + 2.3 * Math.sqrt(Math.min(1, Math.abs(v) / view.scaleOf(edge.layer)));
  item.line.setAttribute("class", `nb-edge nb-${role} ${v < 0 ? "nb-minus" : "nb-plus"}`);
  item.line.style.strokeWidth = role === "idle" ? width.toFixed(2) : many ? "1.8" : Math.max(3, width + 1).toFixed(2);
  const way = role === "idle" || many ? "" : view.phase;
  const forward = way === "forward";
  setAttr(item.arrow, "class", `nb-arrow${forward || way === "backward" ? "" : " nb-off"}`);
  if (forward) item.arrow.setAttribute("transform", `translate(${edge.x2 + 1} ${edge.y2}) rotate(${item.angle})`);
  else item.arrow.setAttribute("transform", `translate(${edge.x1 - 1} ${edge.y1}) rotate(${item.angle + 180})`);
  if (role !== "idle") item.g.parentNode.append(item.g);
}
