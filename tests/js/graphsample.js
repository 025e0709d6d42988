// Payloads of graphs made by hand: f = (x + y) z with its way back, a number used twice, and a kernel over an image.

function base64(numbers, Kind) {
  const bytes = new Uint8Array(new Kind(numbers).buffer);
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

// numbers: [address, symbol, block, row, column, value]; ops: [phase, address, rule, template, reads as addresses].
export function graphPayload(blocks, links, numbers, ops, changes = {}) {
  const at = new Map(numbers.map(([address], i) => [address, i]));
  const written = new Set(ops.map(([, address]) => at.get(address)));
  return {
    v: 1, id: "graph", lang: "en", title: "A graph", source: "", words: {},
    net: { kind: "graph", blocks, links, sizes: [], acts: [], batch: 1, loss: "" },
    addr: numbers.map(([address]) => address), sym: numbers.map(([, symbol]) => symbol), kind: numbers.map((_, i) => (written.has(i) ? "op" : "given")),
    place: numbers.map(([, , block, row, column]) => ["cell", block, row, column]),
    ops: ops.map(([phase, address, rule, tpl, reads]) => ({ a: at.get(address), phase, layer: 1, unit: 0, sample: 0, rule, tpl, num: null, reads: reads.map((one) => at.get(one)), ask: `ask.${rule}`, say: `say.${rule}`, args: {} })),
    updates: 1, epoch: [0], values: base64(numbers.map((one) => one[5]), Float64Array),
    witness: { names: [], missing: {}, diff: "", updates: 0 }, published: [], carry: {},
    editable: numbers.map((_, i) => i).filter((i) => !written.has(i)), edited: [], canUndo: false, questions: [],
    position: { update: 0, op: 0, grain: "operation" }, decimals: 6, notice: null, ...changes,
  };
}

const scalar = (id, column, row, role, rule = "") => ({ id, label: id, rows: 1, cols: 1, column, row, role, rule });

export function circuit(changes) {
  const slope = (id, value) => [`d.${id}[0,0]`, `\\partial f/\\partial ${id}`, id, 0, 0, value];
  return graphPayload(
    [scalar("x", 0, 0, "given"), scalar("y", 0, 1, "given"), scalar("z", 0, 2, "given"), scalar("q", 1, 0, "value", "add"), scalar("f", 2, 0, "result", "mul")],
    [["x", "q"], ["y", "q"], ["q", "f"], ["z", "f"]],
    [["x[0,0]", "x", "x", 0, 0, -2], ["y[0,0]", "y", "y", 0, 0, 5], ["z[0,0]", "z", "z", 0, 0, -4], ["q[0,0]", "q", "q", 0, 0, 3], ["f[0,0]", "f", "f", 0, 0, -12], slope("f", 1), slope("z", 3), slope("q", -4), slope("y", -4), slope("x", -4)],
    [
      ["forward", "q[0,0]", "do_add", "#0 + #1", ["x[0,0]", "y[0,0]"]], ["forward", "f[0,0]", "do_mul", "#0 \\cdot #1", ["q[0,0]", "z[0,0]"]],
      ["backward", "d.f[0,0]", "back_seed", "1", []], ["backward", "d.z[0,0]", "back_mul", "#0 \\cdot #1", ["q[0,0]", "d.f[0,0]"]], ["backward", "d.q[0,0]", "back_mul", "#0 \\cdot #1", ["z[0,0]", "d.f[0,0]"]],
      ["backward", "d.y[0,0]", "back_add", "#0", ["d.q[0,0]"]], ["backward", "d.x[0,0]", "back_add", "#0", ["d.q[0,0]"]],
    ],
    changes,
  );
}

// f = u + v with u = 3 x and v = sigma(x): two shares and a slope of the operation alone.
export function twice(changes) {
  return graphPayload(
    [scalar("x", 0, 0, "given"), scalar("u", 1, 0, "value", "mul"), scalar("v", 1, 1, "value", "sigmoid"), scalar("f", 2, 0, "result", "add")],
    [["x", "u"], ["x", "v"], ["u", "f"], ["v", "f"]],
    [
      ["x[0,0]", "x", "x", 0, 0, 0], ["u[0,0]", "u", "u", 0, 0, 0], ["v[0,0]", "v", "v", 0, 0, 0.5], ["f[0,0]", "f", "f", 0, 0, 0.5], ["d.f[0,0]", "df", "f", 0, 0, 1], ["d.u[0,0]", "du", "u", 0, 0, 1],
      ["d.v[0,0]", "dv", "v", 0, 0, 1], ["s.v[0,0]", "s", "v", 0, 0, 0.25], ["p.x.1[0,0]", "p_1", "x", 0, 0, 3], ["p.x.2[0,0]", "p_2", "x", 0, 0, 0.25], ["d.x[0,0]", "dx", "x", 0, 0, 3.25],
    ],
    [
      ["forward", "u[0,0]", "do_mul", "3 \\cdot #0", ["x[0,0]"]], ["forward", "v[0,0]", "do_sigmoid", "\\sigma(#0)", ["x[0,0]"]], ["forward", "f[0,0]", "do_add", "#0 + #1", ["u[0,0]", "v[0,0]"]],
      ["backward", "d.f[0,0]", "back_seed", "1", []], ["backward", "d.u[0,0]", "back_add", "#0", ["d.f[0,0]"]], ["backward", "d.v[0,0]", "back_add", "#0", ["d.f[0,0]"]],
      ["backward", "s.v[0,0]", "back_slope", "#0", ["v[0,0]"]], ["backward", "p.x.1[0,0]", "back_mul", "3 \\cdot #0", ["d.u[0,0]"]], ["backward", "p.x.2[0,0]", "back_sigmoid", "#0 \\cdot #1", ["s.v[0,0]", "d.v[0,0]"]],
      ["backward", "d.x[0,0]", "back_collect", "#0 + #1", ["p.x.1[0,0]", "p.x.2[0,0]"]],
    ],
    changes,
  );
}

// A kernel of 3 × 3 over an image of `side` × `side`; the values do not matter.
export function kernel(side = 5, changes = {}) {
  const made = side - 2;
  const grid = (id, n, value) => Array.from({ length: n * n }, (_, k) => [`${id}[${Math.floor(k / n)},${k % n}]`, `${id}_{${Math.floor(k / n) + 1},${(k % n) + 1}}`, id, Math.floor(k / n), k % n, value(k)]);
  const ops = [];
  for (let r = 0; r < made; r += 1) {
    for (let c = 0; c < made; c += 1) {
      const reads = [];
      for (let k = 0; k < 9; k += 1) reads.push(`X[${r + Math.floor(k / 3)},${c + (k % 3)}]`, `K[${Math.floor(k / 3)},${k % 3}]`);
      ops.push(["forward", `Z[${r},${c}]`, "do_conv2d", Array.from({ length: 9 }, (_, k) => `#${2 * k} \\cdot #${2 * k + 1}`).join(" + "), reads]);
    }
  }
  return graphPayload(
    [{ id: "X", label: "X", rows: side, cols: side, column: 0, row: 0, role: "given", rule: "" }, { id: "K", label: "K", rows: 3, cols: 3, column: 0, row: 1, role: "given", rule: "" }, { id: "Z", label: "Z", rows: made, cols: made, column: 1, row: 0, role: "result", rule: "conv2d" }],
    [["X", "Z"], ["K", "Z"]], [...grid("X", side, (k) => k % 2), ...grid("K", 3, (k) => k - 4), ...grid("Z", made, (k) => k / 8)], ops, changes,
  );
}
