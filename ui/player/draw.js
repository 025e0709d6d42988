// The player's pictures: canvas for the decision surface, the tiles and the loss curve, SVG for the weights.

import { between, edges, isWrong, weight } from "./run.js";

const BOX = { width: 400, height: 292 }; // of the diagram, in its own units
const COLUMNS = [34, 206, 366]; // middles of the layers
const SIDE = 50; // of a tile
const TAU = 2 * Math.PI;
export const FINER_ANSWER = 4; // pixels a side for each recorded cell
export const FINER_TILE = 2;

// ---------------------------------------------------------------- colours

export function colours(root) {
  const style = getComputedStyle(root);
  const named = {};
  for (const name of ["card", "line", "ink", "muted", "edge", "loss", "positive", "negative", "low", "middle", "high"]) {
    named[name] = style.getPropertyValue(`--${name}`).trim();
  }
  named.font = style.fontFamily;
  named.scale = scale(named.low, named.middle, named.high);
  return named;
}

// 256 colours from low through middle to high; a picture's byte is an index into them.
function scale(low, middle, high) {
  const [a, b, c] = [low, middle, high].map((hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)));
  const out = new Uint8ClampedArray(256 * 4);
  for (let i = 0; i < 256; i += 1) {
    const [from, to, far] = i < 128 ? [a, b, i / 127.5] : [b, c, i / 127.5 - 1];
    for (let rgb = 0; rgb < 3; rgb += 1) out[4 * i + rgb] = from[rgb] + (to[rgb] - from[rgb]) * far;
    out[4 * i + 3] = 255;
  }
  return out;
}

// Paints a picture of cells × cells bytes, `finer` pixels a cell, fading from one recorded picture to the next (far: 0 to 1) and
// from each cell to its neighbours. Values are mixed before they become colours, which keeps borders smooth.
function paint(canvas, cells, finer, pictures, first, second, far, palette) {
  const context = canvas.getContext("2d");
  const side = cells * finer;
  const image = context.createImageData(side, side);
  const pixels = new Uint32Array(image.data.buffer);
  const shades = new Uint32Array(palette.buffer);
  const mixed = new Float32Array(cells * cells);
  for (let i = 0; i < mixed.length; i += 1) mixed[i] = pictures[first + i] * (1 - far) + pictures[second + i] * far;
  for (let row = 0, at = 0; row < side; row += 1) {
    const [top, bottom, down] = neighbours(row, cells, finer);
    for (let column = 0; column < side; column += 1, at += 1) {
      const place = (column + 0.5) / finer - 0.5;
      const left = place < 0 ? 0 : place | 0;
      const right = left + 1 < cells ? left + 1 : left;
      const across = place < 0 ? 0 : place - left;
      const above = mixed[top + left] * (1 - across) + mixed[top + right] * across;
      const below = mixed[bottom + left] * (1 - across) + mixed[bottom + right] * across;
      pixels[at] = shades[(above * (1 - down) + below * down + 0.5) | 0];
    }
  }
  context.putImageData(image, 0, 0);
}

// The rows of cells on both sides of a row of pixels, as offsets, and how far it lies between them.
function neighbours(row, cells, finer) {
  const place = Math.max(0, (row + 0.5) / finer - 0.5);
  const top = Math.floor(place);
  return [top * cells, Math.min(cells - 1, top + 1) * cells, place - top];
}

// ---------------------------------------------------------------- the network

// Where each neuron stands: {layer, unit, x, y}, layer 0 = inputs.
export function neurons(sizes) {
  const step = BOX.height / Math.max(...sizes);
  return sizes.flatMap((size, layer) => {
    const gap = layer ? step : 1.55 * step;
    return Array.from({ length: size }, (_, unit) => ({
      layer,
      unit,
      x: COLUMNS[layer],
      y: BOX.height / 2 + (unit - (size - 1) / 2) * gap - 7,
    }));
  });
}

export function placeTile(node, { x, y }) {
  node.style.left = `${(100 * x) / BOX.width}%`;
  node.style.top = `${(100 * y) / BOX.height}%`;
  node.style.width = `${(100 * SIDE) / BOX.width}%`;
}

export function buildEdges(svg, run) {
  svg.setAttribute("viewBox", `0 0 ${BOX.width} ${BOX.height}`);
  const at = neurons(run.sizes);
  const find = (layer, unit) => at.find((one) => one.layer === layer && one.unit === unit);
  svg.replaceChildren();
  return edges(run).map((edge) => {
    const [from, to] = [find(edge.layer, edge.from), find(edge.layer + 1, edge.to)];
    const [x0, x1] = [from.x + SIDE / 2, to.x - SIDE / 2];
    const bend = (x1 - x0) / 2;
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", `M${x0} ${from.y}C${x0 + bend} ${from.y} ${x1 - bend} ${to.y} ${x1} ${to.y}`);
    svg.append(path);
    return { ...edge, path };
  });
}

export function drawEdges(list, run, k) {
  for (const { layer, from, to, path } of list) {
    const value = weight(run, k, layer, from, to);
    path.setAttribute("class", value < 0 ? "negative" : "positive");
    path.style.strokeWidth = (0.8 + (5.2 * Math.abs(value)) / run.largest || 0).toFixed(2);
  }
}

export function drawInput(canvas, run, unit, shades) {
  const cells = run.cells.tile;
  const first = unit * cells * cells;
  paint(canvas, cells, FINER_TILE, run.inputs, first, first, 0, shades.scale);
}

export function drawTile(canvas, run, k, unit, shades) {
  const cells = run.cells.tile;
  const [one, two, far] = between(run, k);
  const offset = (shot) => (shot * run.sizes[1] + unit) * cells * cells;
  paint(canvas, cells, FINER_TILE, run.tiles, offset(one), offset(two), far, shades.scale);
}

export function drawAnswer(canvas, run, k, shades) {
  const cells = run.cells.surface;
  const [one, two, far] = between(run, k);
  paint(canvas, cells, FINER_ANSWER, run.surface, one * cells * cells, two * cells * cells, far, shades.scale);
}

// ---------------------------------------------------------------- the points on the surface

// Fits the canvas to its place on the screen; returns its context in CSS pixels, and its size in them.
function fit(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const dense = Math.min(2, window.devicePixelRatio || 1);
  if (canvas.width !== Math.round(width * dense) || canvas.height !== Math.round(height * dense)) {
    canvas.width = Math.round(width * dense);
    canvas.height = Math.round(height * dense);
  }
  const context = canvas.getContext("2d");
  context.setTransform(dense, 0, 0, dense, 0, 0);
  return { context, width, height };
}

export function drawSurface(canvas, answer, run, k, shades) {
  const { context, width, height } = fit(canvas);
  context.imageSmoothingEnabled = true;
  context.drawImage(answer, 0, 0, width, height);
  const radius = Math.max(3.6, width / 66);
  for (let i = 0; i < run.count; i += 1) {
    const x = ((run.points[2 * i] / run.extent + 1) / 2) * width;
    const y = ((1 - run.points[2 * i + 1] / run.extent) / 2) * height;
    marker(context, x, y, radius, run.classes[i], shades);
    if (isWrong(run, k, i)) ring(context, x, y, radius + 3.2, shades);
  }
}

// A disc for one class, a diamond for the other: never the colour alone.
function marker(context, x, y, radius, one, shades) {
  context.beginPath();
  if (one) {
    context.arc(x, y, radius, 0, TAU);
  } else {
    const r = 1.3 * radius;
    context.moveTo(x, y - r);
    context.lineTo(x + r, y);
    context.lineTo(x, y + r);
    context.lineTo(x - r, y);
    context.closePath();
  }
  context.fillStyle = one ? shades.positive : shades.negative;
  context.fill();
  context.lineWidth = 1.3;
  context.strokeStyle = shades.card;
  context.stroke();
}

function ring(context, x, y, radius, shades) {
  context.beginPath();
  context.arc(x, y, radius, 0, TAU);
  context.lineWidth = 1.8;
  context.strokeStyle = shades.ink;
  context.stroke();
}

// ---------------------------------------------------------------- the loss curve

const EDGE = { left: 34, right: 10, top: 8, bottom: 22 };

// From a place on the curve's canvas to an update.
export function updateAt(canvas, offset, run) {
  const inner = canvas.clientWidth - EDGE.left - EDGE.right;
  return Math.round(Math.min(1, Math.max(0, (offset - EDGE.left) / inner)) * run.updates);
}

export function drawLoss(canvas, run, k, reached, earlier, shades) {
  const { context, width, height } = fit(canvas);
  context.clearRect(0, 0, width, height);
  const top = Math.max(0.8, ...[run.train[0], run.test[0], ...earlier.map((one) => one[0])].filter(Number.isFinite)) * 1.08;
  const x = (update) => EDGE.left + (update / run.updates) * (width - EDGE.left - EDGE.right);
  const y = (loss) => EDGE.top + (1 - Math.min(loss, top) / top) * (height - EDGE.top - EDGE.bottom);
  axes(context, { x, y, width, height, top, updates: run.updates, shades });
  context.lineJoin = "round";
  for (const one of earlier) line(context, one, run.updates, x, y, { colour: shades.edge, width: 1, pale: 0.55 });
  line(context, run.test, reached, x, y, { colour: shades.muted, width: 1.5, dash: [4, 3] });
  line(context, run.train, reached, x, y, { colour: shades.loss, width: 2.2 });
  line(context, [0, top], 1, () => x(k), y, { colour: shades.ink, width: 1 });
  context.beginPath();
  context.arc(x(k), y(run.train[k]), 4.2, 0, TAU);
  context.fillStyle = shades.loss;
  context.fill();
  context.lineWidth = 1.5;
  context.strokeStyle = shades.card;
  context.stroke();
}

function axes(context, { x, y, width, height, top, updates, shades }) {
  const step = top > 2 ? 1 : top > 1 ? 0.4 : 0.2;
  context.font = `11px ${shades.font}`;
  context.fillStyle = shades.muted;
  context.strokeStyle = shades.line;
  context.lineWidth = 1;
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (let i = 0; i * step <= top; i += 1) {
    const level = Math.round(y(i * step)) + 0.5;
    context.beginPath();
    context.moveTo(EDGE.left, level);
    context.lineTo(width - EDGE.right, level);
    context.stroke();
    context.fillText((i * step).toFixed(1), EDGE.left - 6, level);
  }
  context.textBaseline = "alphabetic";
  for (const [update, align] of [[0, "left"], [updates / 2, "center"], [updates, "right"]]) {
    context.textAlign = align;
    context.fillText(String(Math.round(update)), x(update), height - 5);
  }
}

function line(context, values, last, x, y, { colour, width, dash = [], pale = 1 }) {
  context.globalAlpha = pale;
  context.beginPath();
  for (let i = 0; i <= last; i += 1) context.lineTo(x(i), y(values[i]));
  context.setLineDash(dash);
  context.lineWidth = width;
  context.strokeStyle = colour;
  context.stroke();
  context.setLineDash([]);
  context.globalAlpha = 1;
}
