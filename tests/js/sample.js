// A payload made by hand: one weight, one bias, one sample, two updates; and a longer list of steps without numbers.

export const WORDS = {};

function base64(numbers, Kind) {
  const bytes = new Uint8Array(new Kind(numbers).buffer);
  return btoa(String.fromCharCode(...bytes));
}

const ADDRESSES = ["x[0,0]", "t[0,0]", "W1[0,0]", "b1[0,0]", "eta[0,0]", "z1[0,0]", "a1[0,0]", "L[0,0]", "dy[0,0]", "s1[0,0]", "dz1[0,0]", "dW1[0,0]", "db1[0,0]", "W1'[0,0]", "b1'[0,0]"];
const SYMBOLS = ["x", "t", "w", "b", "\\eta", "z_o", "\\hat{y}", "L", "\\partial L/\\partial \\hat{y}", "f'(z_o)", "\\delta_o", "\\partial L/\\partial w", "\\partial L/\\partial b", "w'", "b'"];
const node = ["node", 1, 0];
const PLACES = [["node", 0, 0], ["target", 0], ["edge", 1, 0, 0], ["bias", 1, 0], ["rate"], node, node, ["loss"], node, node, node, ["edge", 1, 0, 0], ["bias", 1, 0], ["edge", 1, 0, 0], ["bias", 1, 0]];

const STEPS = [
  ["forward", 5, "affine", "#0 \\cdot #1 + #2", [2, 0, 3]], ["forward", 6, "act_identity", "#0", [5]],
  ["loss", 7, "loss_squared_error", "(#0 - #1)^2", [6, 1]],
  ["backward", 8, "out_grad", "2 \\cdot (#0 - #1)", [6, 1]], ["backward", 9, "slope", "1", [5, 6]], ["backward", 10, "delta", "#0 \\cdot #1", [8, 9]],
  ["backward", 11, "grad_weight", "#0 \\cdot #1", [10, 0]], ["backward", 12, "grad_bias", "#0", [10]],
  ["update", 13, "step_weight", "#0 - #1 \\cdot #2", [2, 4, 11]], ["update", 14, "step_bias", "#0 - #1 \\cdot #2", [3, 4, 12]],
];

// w = 0, b = 0, x = 2, t = 4, rate 0.1: the gradients are -16 and -8
const ROWS = [
  [2, 4, 0, 0, 0.1, 0, 0, 16, -8, 1, -8, -16, -8, 1.6, 0.8],
  [2, 4, 1.6, 0.8, 0.1, 4, 4, 0, 0, 1, 0, 0, 0, 1.6, 0.8],
];

export function samplePayload(changes = {}) {
  return {
    v: 1, id: "sample", lang: "en", title: "One weight", source: "", words: WORDS,
    net: { sizes: [1, 1], acts: ["identity"], loss: "squared_error", batch: 1 },
    addr: ADDRESSES, sym: SYMBOLS, kind: ADDRESSES.map((_, i) => (i < 5 ? "given" : "op")), place: PLACES, rules: [],
    ops: STEPS.map(([phase, a, rule, tpl, reads]) => ({ a, phase, layer: 1, unit: 0, sample: phase === "update" ? -1 : 0, rule, tpl, num: null, reads, ask: `ask.${rule}`, say: `say.${rule}`, args: {} })),
    updates: 2, epoch: [0, 1], values: base64(ROWS.flat(), Float64Array),
    witness: { names: ["autograd", "central", "graph"], missing: {}, diff: base64(Array.from({ length: 45 }, (_, i) => (i === 11 ? 1e-17 : i === 26 ? 1e-3 : NaN)), Float32Array), updates: 1 },
    published: [{ at: "dW1[0,0]@0", text: "-16", symbol: "dw", digits: 2, verdict: "match", should_be: null, note: "" }],
    carry: { "W1[0,0]": "W1'[0,0]", "b1[0,0]": "b1'[0,0]" }, editable: [0, 1, 2, 3, 4], edited: [], canUndo: false,
    questions: [{ op: 6, update: 0, kind: "sign", prompt: "Which sign?", options: ["positive", "negative"], answer: 1, because: "It is below." }],
    position: { update: 0, op: 0, grain: "operation" }, decimals: 6, notice: null, ...changes,
  };
}
