// A payload whose net is a graph of blocks: what each number is in it. Values, slopes of the result, and shares of slopes.

export const GRAPH_GRAINS = ["operation", "unit", "layer", "pass", "update"];

// The blocks with their numbers. cells and slopes: flat index per cell, -1 where there is none. part: "cell" for a
// value, "slope" for a gradient, "share" for one contribution to a gradient, "local" for the slope of one operation alone, "" without a block.
export function graphOf(payload) {
  const { net, addr, place, ops } = payload;
  const blocks = (net.blocks || []).map((block, at) => ({
    ...block, at, cells: new Int32Array(block.rows * block.cols).fill(-1), slopes: new Int32Array(block.rows * block.cols).fill(-1), graded: false,
  }));
  const byName = new Map(blocks.map((block) => [block.id, block.at]));
  const graph = {
    blocks, byName, home: new Int16Array(addr.length).fill(-1), part: new Array(addr.length).fill(""), spot: new Int32Array(addr.length).fill(-1), via: new Map(),
    links: (net.links || []).map(([from, to]) => [byName.get(from), byName.get(to)]).filter(([from, to]) => from !== undefined && to !== undefined && from !== to),
  };
  place.forEach((spot, i) => note(graph, spot, addr[i], i));
  graph.slopesFrom = ops.findIndex((op) => graph.part[op.a] === "slope" || graph.part[op.a] === "share");
  graph.result = blocks.find((block) => block.role === "result") || blocks[blocks.length - 1];
  for (const op of ops) {
    if (graph.part[op.a] !== "share") continue;
    const through = op.reads.find((i) => graph.part[i] === "slope" && graph.home[i] !== graph.home[op.a]);
    if (through !== undefined) graph.via.set(op.a, graph.home[through]);
  }
  return graph;
}

function note(graph, [where, name, row = 0, column = 0], address, i) {
  if (where !== "cell") return;
  const step = address.replace(/\[.*$/, "");
  const id = typeof name === "number" ? graph.blocks[name]?.id : graph.byName.has(name) ? name : String(name).replace(/^d\.?/, "");
  const block = graph.blocks[graph.byName.get(id)];
  if (!block) return;
  const at = row * block.cols + column;
  graph.home[i] = block.at;
  graph.spot[i] = at;
  graph.part[i] = step === id ? "cell" : step === `d.${id}` || step === `d${id}` ? "slope" : step.startsWith("s.") ? "local" : "share";
  if (graph.part[i] === "cell") block.cells[at] = i;
  if (graph.part[i] === "slope") {
    block.slopes[at] = i;
    block.graded = true;
  }
}

// An address of a graph, taken apart: the kinds of dense networks do not apply to its names.
export function graphParsed(graph, address, i) {
  const inner = /\[([\d,]*)\]/.exec(address)?.[1];
  const step = address.replace(/\[.*$/, "");
  return { step, kind: graph.part[i] || "other", layer: 0, prime: false, index: inner ? inner.split(",").map(Number) : [], update: 0 };
}

// What makes steps of one group: a cell, a block, a phase.
export function graphKeys(graph) {
  return {
    operation: (op, s) => s,
    unit: (op) => `${op.phase} ${graph.home[op.a]} ${graph.spot[op.a]}`,
    layer: (op) => `${op.phase} ${graph.home[op.a]}`,
    pass: (op) => op.phase,
    update: () => 0,
    epoch: () => 0,
  };
}

// The value that a slope or a share belongs to, or -1.
export function valueOf(graph, i) {
  const block = graph.blocks[graph.home[i]];
  return block ? block.cells[graph.spot[i]] : -1;
}

// The blanks that every sentence about a number of a graph may use.
export function graphArgs(model, i) {
  const { graph, sym } = model;
  const block = graph.blocks[graph.home[i]];
  const args = { it: sym[i], r: symbolOf(graph.result, sym) };
  if (!block) return args;
  const of = valueOf(graph, i);
  const column = graph.spot[i] % block.cols;
  return { ...args, block: block.label ?? block.id, q: of >= 0 ? sym[of] : sym[i], row: String((graph.spot[i] - column) / block.cols + 1), column: String(column + 1), k: String(graph.spot[i] + 1) };
}

function symbolOf(block, sym) {
  if (!block) return "";
  return block.cells.length === 1 && block.cells[0] >= 0 ? sym[block.cells[0]] : block.label ?? block.id;
}

// Which few words say what a number of a graph is.
export function graphMeaning(model, i) {
  const { graph } = model;
  const block = graph.blocks[graph.home[i]];
  if (!block) return "meaning.graph.other";
  if (graph.part[i] !== "cell") return `meaning.graph.${graph.part[i]}`;
  if (block.cells.length > 1) return block.rows > 1 && block.cols > 1 ? "meaning.graph.entry" : "meaning.graph.item";
  return block.role === "given" ? "meaning.graph.given" : block === graph.result ? "meaning.graph.result" : "meaning.graph.value";
}

// Links that this step uses: Map "from>to" -> "forward" or "backward"; and the shares that stand on them.
export function activeLinks(view, first) {
  const { model, pos } = view;
  const { graph, ops } = model;
  const ways = new Map();
  const shares = new Map();
  const lay = (from, to, way) => from >= 0 && to >= 0 && from !== to && ways.set(`${from}>${to}`, way);
  for (let s = first; s <= pos.s; s += 1) {
    const op = ops[s];
    const here = graph.home[op.a];
    for (const i of [op.a, ...op.reads]) {
      if (graph.part[i] === "local") shares.set(i, `@${graph.home[i]}`);
      if (graph.part[i] !== "share" || graph.home[i] !== here) continue;
      const to = graph.via.get(i);
      if (to === undefined) continue;
      lay(here, to, "backward");
      shares.set(i, `${here}>${to}`);
    }
    for (const i of op.reads) {
      if (op.phase !== "backward") lay(graph.home[i], here, "forward");
      else if (graph.part[i] === "slope") lay(here, graph.home[i], "backward");
    }
  }
  return { ways, shares };
}
