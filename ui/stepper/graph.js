// The picture of a computational graph: blocks of numbers from left to right, slopes beneath their values.
// Made once per layout; a step only changes the cells, links and small tags that differ.

import { h, s, setAttr } from "./dom.js";
import { fitText } from "./format.js";
import { blockSize, fitScale, fullWindow, graphLayout, mostOf, scrollTo, windowOf } from "./graphlayout.js";
import { drawBlock, drawLink, pillText, showLink, showPart, showShare } from "./graphmarks.js";
import { activeLinks } from "./graphmodel.js";
import { groupAt, valueAt } from "./model.js";
import { textWidth } from "./tags.js";
import { fillNodes } from "./words.js";

const WIDE = 600; // a graph wider than this gets the whole width of the page

export function createGraph(ctx, model, w) {
  const svg = s("svg", { class: "nb-net nb-graph", role: "group" });
  const box = h("div", { class: "nb-picture nb-roll" }, svg);
  const legend = h("p", { class: "nb-graph-legend" });
  const root = h("div", { class: "nb-graph-box" }, box, legend);
  const state = { svg, box, root, legend, ctx, w, key: "", width: 0, height: 0, left: 0, top: 0, windows: new Map(), blocks: [], parts: [], links: new Map(), shares: new Map() };
  svg.addEventListener("click", (event) => askFromGraph(state, event.target));
  svg.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    askFromGraph(state, event.target);
  });
  // where the learner has scrolled to is remembered, so that a step need not ask the page
  box.addEventListener("scroll", () => Object.assign(state, { left: box.scrollLeft, top: box.scrollTop }), { passive: true });
  const observer = new ResizeObserver(([entry]) => {
    const { width, height } = entry.contentRect;
    if (Math.abs(width - state.width) < 1 && Math.abs(height - state.height) < 1) return;
    Object.assign(state, { width, height });
    if (state.view) paintGraph(state, state.view);
  });
  observer.observe(box);
  const natural = arrange(model, 0, 6, 6).layout;
  return { root, update: (view) => paintGraph(state, view), stop: () => observer.disconnect(), wide: natural.width > WIDE, height: natural.height };
}

function askFromGraph(state, target) {
  const holder = target.closest("[data-i]");
  if (holder) state.ctx.ask(Number(holder.dataset.i));
}

// Sizes and places of everything, with numbers of at most `cap` characters in grids.
// tight: low lines, for a graph that is too tall. back: with lines for slopes, which are not there before the way back.
function arrange(model, u, decimals, cap, { tight = false, back = true } = {}) {
  const { graph, sym } = model;
  const chars = graph.blocks.map((block) => longest(model, block, u, decimals, block.cells.length === 1 ? Math.max(7, cap) : cap));
  const sizes = graph.blocks.map((block) => blockSize(block, chars[block.at], textWidth(block.cells.length === 1 && block.cells[0] >= 0 ? sym[block.cells[0]] : block.label ?? block.id, "") * 1.08, { tight, back }));
  const pills = graph.blocks.map((block) => (block.role === "given" || !block.rule ? 0 : Math.max(20, pillText(block).length * 7 + 11)));
  return { chars, sizes, pills, layout: graphLayout(graph.blocks, graph.links, sizes, pills) };
}

// Characters of the longest number of a block, over a few updates.
function longest(model, block, u, decimals, cap) {
  let most = 1;
  for (const at of new Set([u, 0, model.updates - 1])) {
    for (const list of [block.cells, block.slopes]) {
      for (const i of list.subarray(0, 400)) if (i >= 0) most = Math.max(most, fitText(valueAt(model, i, at), decimals, cap).length);
    }
  }
  return most;
}

// Whether only a part of a block fits.
function isLarge(block) {
  const [rows, cols] = mostOf(block);
  return block.rows > rows || block.cols > cols;
}

// The rows and columns of each large block that this step shows.
function windows(state, view) {
  const { graph } = view.model;
  const active = new Map();
  for (const i of [...view.read, ...view.written]) {
    const block = graph.blocks[graph.home[i]];
    if (!block || (!isLarge(block))) continue;
    if (!active.has(block)) active.set(block, [new Set(), new Set()]);
    const column = graph.spot[i] % block.cols;
    active.get(block)[0].add((graph.spot[i] - column) / block.cols);
    active.get(block)[1].add(column);
  }
  for (const block of graph.blocks) {
    const [rows, cols] = active.get(block) || [[], []];
    const before = state.windows.get(block.id);
    state.windows.set(block.id, { rows: windowOf(block.rows, rows, before?.rows, mostOf(block)[0]), cols: windowOf(block.cols, cols, before?.cols, mostOf(block)[1]) });
  }
  return graph.blocks.filter(isLarge).map(({ id }) => Object.values(state.windows.get(id)).join("/")).join(";");
}

function paintGraph(state, view) {
  state.view = view;
  if (state.width < 40) return;
  const { model, pos } = view;
  if (state.id !== model.payload.id) state.windows.clear();
  state.id = model.payload.id;
  const back = model.graph.slopesFrom >= 0 && pos.s >= model.graph.slopesFrom;
  const key = [model.key, back, state.width, state.height, view.decimals, view.present, windows(state, view)].join("|");
  if (key !== state.key) {
    state.key = key;
    drawGraph(state, view, back);
  }
  const [first] = groupAt(model, pos);
  for (const part of state.parts) showPart(view, part);
  const { ways, shares } = activeLinks(view, first);
  for (const link of state.links.values()) showLink(link, ways.get(link.key), view.phase);
  showShares(state, view, shares);
  showFrames(state, view, first);
  setAttr(state.root, "data-back", String(back));
  setAttr(state.svg, "aria-label", view.describe());
  follow(state, view);
}

function drawGraph(state, view, back) {
  const { model, pos } = view;
  const { graph } = model;
  const largest = view.present ? 2.4 : 1.25;
  const tight = arrange(model, pos.u, view.decimals, 6, { back }).layout.height * 0.9 > state.height;
  let found = null;
  for (const cap of [6, 5]) if (!found || found.layout.width * 0.86 > state.width) found = arrange(model, pos.u, view.decimals, cap, { tight, back });
  const { layout, sizes, chars } = found;
  const scale = fitScale(layout, state.width - 2, state.height - 2, largest);
  Object.assign(state, { layout, scale, parts: [], blocks: [], at: new Map() });
  state.links.clear();
  state.shares.clear();
  const links = s("g", { class: "nb-wires" });
  const blocks = s("g", { class: "nb-blocks" });
  for (const route of layout.routes) {
    const link = drawLink(route);
    state.links.set(link.key, link);
    links.append(link.g);
  }
  for (const block of graph.blocks) {
    const made = drawBlock(view, block, { spot: layout.spots[block.at], size: sizes[block.at], chars: chars[block.at], shown: state.windows.get(block.id) });
    state.blocks[block.at] = made;
    for (const part of made.parts) {
      state.parts.push(part);
      state.at.set(part.i, part);
    }
    blocks.append(made.g);
  }
  state.signs = layout.spots.map(({ x, cy, pill }, at) => ({ x: x - Math.max(3, pill / 2 - 18), end: true, y: cy + (sizes[at].scalar ? 0 : sizes[at].top / 2) - 23 }));
  state.frames = s("g", { class: "nb-frames" });
  state.tagLayer = s("g", { class: "nb-tags" });
  setAttr(state.svg, "viewBox", `0 0 ${layout.width} ${layout.height}`);
  setAttr(state.svg, "width", Math.round(layout.width * scale));
  setAttr(state.svg, "height", Math.round(layout.height * scale));
  state.svg.replaceChildren(links, blocks, state.frames, state.tagLayer);
  const result = graph.result;
  const symbol = result && result.cells.length === 1 ? model.sym[result.cells[0]] : result?.label || "";
  state.legend.hidden = graph.slopesFrom < 0;
  state.legend.replaceChildren(...fillNodes(state.w.raw("graph.legend"), { r: symbol || "f" }));
}

// Shares of a slope stand on the link that they come back through; those of one link under each other.
function showShares(state, view, shares) {
  const wanted = new Map();
  const rows = new Map();
  for (const [i, link] of shares.size > 8 ? [] : shares) {
    const spot = link.startsWith("@") ? state.signs[Number(link.slice(1))] : state.links.get(link)?.middle;
    const row = rows.get(link) || 0;
    rows.set(link, row + 1);
    if (spot && row < 4) wanted.set(i, { i, end: spot.end, x: spot.x, y: spot.y + row * 20 });
  }
  const placed = [];
  for (const tag of [...wanted.values()].sort((a, b) => a.y - b.y)) {
    while (placed.some((other) => Math.abs(other.x - tag.x) < 62 && Math.abs(other.y - tag.y) < 19)) tag.y += 5;
    placed.push(tag);
  }
  for (const [i, item] of state.shares) {
    if (wanted.has(i)) continue;
    item.g.remove();
    state.shares.delete(i);
  }
  for (const tag of wanted.values()) showShare(state, view, tag);
}

// A frame around the cells that a line reads together: the window of a kernel, a row, a column.
function showFrames(state, view, first) {
  const { graph } = view.model;
  const sets = new Map();
  if (first === view.pos.s) {
    for (const i of view.read) {
      if (graph.home[i] < 0 || graph.part[i] === "share") continue;
      const key = `${graph.home[i]}|${graph.part[i]}`;
      if (!sets.has(key)) sets.set(key, []);
      sets.get(key).push(i);
    }
  }
  const frames = [];
  for (const [key, list] of sets) {
    const block = graph.blocks[Number(key.split("|")[0])];
    const corners = fullWindow(list.map((i) => graph.spot[i]), block.cols);
    if (!corners) continue;
    const slot = (row, column) => state.at.get((key.endsWith("slope") ? block.slopes : block.cells)[row * block.cols + column]);
    const [from, to] = [slot(corners[0], corners[1]), slot(corners[2], corners[3])];
    if (from && to) frames.push([from.x, from.y, to.x + to.w - from.x, to.y + to.h - from.y]);
  }
  const mark = frames.join(";");
  if (state.framed === `${state.key}${mark}`) return;
  state.framed = `${state.key}${mark}`;
  state.frames.replaceChildren(...frames.map(([x, y, width, height]) => s("rect", { class: "nb-frame", x: x - 1, y: y - 1, width: width + 2, height: height + 2, rx: 5 })));
}

// The numbers of this step stay in sight when the graph is larger than its card.
function follow(state, view) {
  const { layout, scale, width, height } = state;
  if (layout.width * scale <= width + 1 && layout.height * scale <= height + 1) return;
  const boxOf = (indices) => {
    const found = [...indices].map((i) => state.at.get(i)).filter(Boolean);
    return found.length ? [Math.min(...found.map((one) => one.x)), Math.min(...found.map((one) => one.y)), Math.max(...found.map((one) => one.x + one.w)), Math.max(...found.map((one) => one.y + one.h))].map((v) => v * scale) : null;
  };
  const all = boxOf([...view.written, ...view.read, view.op.a]);
  const core = boxOf([view.op.a, ...view.written].slice(0, 1)) || all;
  if (!all) return;
  const span = (low, high, room) => (all[high] - all[low] > room - 16 ? core : all);
  const [wide, tall] = [span(0, 2, width), span(1, 3, height)];
  const left = scrollTo(state.left, width, layout.width * scale, wide[0] - 10, wide[2] + 10);
  const top = scrollTo(state.top, height, layout.height * scale, tall[1] - 26, tall[3] + 8);
  if (Math.abs(left - state.left) > 1) state.box.scrollLeft = state.left = left;
  if (Math.abs(top - state.top) > 1) state.box.scrollTop = state.top = top;
}
