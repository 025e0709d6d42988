// A recorded training run, as ui/player/recording.py packs it, and how to read it. Nothing is calculated here.

function bytes(text) {
  const raw = atob(text);
  const out = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i += 1) out[i] = raw.charCodeAt(i);
  return out;
}

function floats(text) {
  const raw = bytes(text);
  const view = new DataView(raw.buffer);
  const out = new Float32Array(raw.length / 4);
  for (let i = 0; i < out.length; i += 1) out[i] = view.getFloat32(4 * i, true);
  return out;
}

export function unpack(part) {
  const run = { ...part };
  for (const name of ["theta", "train", "test", "points"]) run[name] = floats(part[name]);
  for (const name of ["right", "wrong", "classes", "surface", "tiles", "inputs"]) run[name] = bytes(part[name]);
  run.count = run.classes.length;
  run.width = run.theta.length / (run.updates + 1);
  run.largest = largestWeight(run);
  return run;
}

function largestWeight(run) {
  let largest = 1e-9;
  const places = edges(run).map(({ layer, from, to }) => place(run, layer, from, to));
  for (let k = 0; k <= run.updates; k += 1) {
    for (const at of places) largest = Math.max(largest, Math.abs(run.theta[k * run.width + at]) || 0);
  }
  return largest;
}

// Every weight of the network: layer 0 leads from the inputs to the hidden neurons, layer 1 on to the output.
export function edges(run) {
  const all = [];
  for (let layer = 0; layer + 1 < run.sizes.length; layer += 1) {
    for (let from = 0; from < run.sizes[layer]; from += 1) {
      for (let to = 0; to < run.sizes[layer + 1]; to += 1) all.push({ layer, from, to });
    }
  }
  return all;
}

function place(run, layer, from, to) {
  let start = 0;
  for (let l = 0; l < layer; l += 1) start += (run.sizes[l] + 1) * run.sizes[l + 1];
  return start + from * run.sizes[layer + 1] + to;
}

export function weight(run, k, layer, from, to) {
  return run.theta[k * run.width + place(run, layer, from, to)];
}

// The bias stands behind the weights, where the weight of one more input would stand.
export function bias(run, k, layer, to) {
  return weight(run, k, layer, run.sizes[layer], to);
}

export function isWrong(run, k, point) {
  const row = Math.ceil(run.count / 8);
  return (run.wrong[k * row + (point >> 3)] >> (7 - (point & 7))) & 1;
}

// The pictures around an update: [one before or at it, the next, how far between them from 0 to 1].
export function between(run, k) {
  let after = run.at.findIndex((update) => update >= k);
  if (after <= 0) return [0, 0, 0];
  const [from, to] = [run.at[after - 1], run.at[after]];
  return [after - 1, after, (k - from) / (to - from)];
}

// A number as the page prints it: fixed decimals, a real minus sign, and no hiding of what is not a number.
export function number(value, decimals = 3) {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  return value.toFixed(decimals).replace("-", "−");
}

export function fill(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (all, name) => (name in values ? values[name] : all));
}
