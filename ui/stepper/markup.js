// Formula markup (a small part of LaTeX) to nodes, to plain text, and to runs for SVG. Nothing is ever parsed as HTML.

const SIGNS = {
  cdot: "·", times: "×", sum: "∑", partial: "∂", le: "≤", ge: "≥", ell: "ℓ", ldots: "…", dots: "…", cdots: "⋯", odot: "⊙", top: "⊤",
  alpha: "α", beta: "β", gamma: "γ", delta: "δ", epsilon: "ε", zeta: "ζ", eta: "η", theta: "θ", kappa: "κ", lambda: "λ", mu: "μ", nu: "ν", xi: "ξ",
  rho: "ρ", sigma: "σ", tau: "τ", phi: "φ", chi: "χ", psi: "ψ", omega: "ω",
  Phi: "Φ", pi: "π", pm: "±", ne: "≠", infty: "∞", quad: "\u2003", ",": "\u2009", " ": " ",
};
const FUNCTIONS = new Set(["tanh", "ln", "exp", "max", "min", "log"]);
const OPERATORS = new Set(["+", "-", "=", "·", "×", "≤", "≥", "<", ">", "±", "≠", "−"]);
const trees = new Map();

// Markup to a tree: rows of {k: "id" | "num" | "op" | "word" | "hole" | "frac" | "sqrt" | "script"}.
export function parseMarkup(text) {
  let tree = trees.get(text);
  if (!tree) {
    const tokens = String(text).match(/\\[a-zA-Z]+|\\.|#\d+|\d+(?:\.\d+)?|\s+|./gu) || [];
    tree = parseRow(tokens, { at: 0 });
    trees.set(text, tree);
  }
  return tree;
}

function parseRow(tokens, cursor) {
  const row = [];
  while (cursor.at < tokens.length && tokens[cursor.at] !== "}") {
    const token = tokens[cursor.at];
    if (token === "_" || token === "^") {
      cursor.at += 1;
      const part = parseArgument(tokens, cursor);
      const last = row[row.length - 1];
      const which = token === "_" ? "sub" : "sup";
      if (last && last.k === "script" && !last[which]) last[which] = part;
      else row.push({ k: "script", base: row.pop() || { k: "word", t: "" }, [which]: part });
      continue;
    }
    const node = parseAtom(tokens, cursor);
    if (node) row.push(node);
  }
  return { k: "row", c: row };
}

function parseArgument(tokens, cursor) {
  while (cursor.at < tokens.length && /^\s+$/.test(tokens[cursor.at])) cursor.at += 1;
  if (tokens[cursor.at] !== "{") {
    const node = parseAtom(tokens, cursor);
    return { k: "row", c: node ? [node] : [] };
  }
  cursor.at += 1;
  const row = parseRow(tokens, cursor);
  cursor.at += 1;
  return row;
}

function parseAtom(tokens, cursor) {
  const token = tokens[cursor.at];
  cursor.at += 1;
  if (token === undefined || /^\s+$/.test(token)) return null;
  if (token === "{") {
    cursor.at -= 1;
    return parseArgument(tokens, cursor);
  }
  if (token[0] === "#" && token.length > 1) return { k: "hole", n: Number(token.slice(1)) };
  if (/^\d/.test(token)) return { k: "num", t: token };
  if (token[0] === "\\" && token.length > 1) return parseCommand(token.slice(1), tokens, cursor);
  if (token === "'") return { k: "word", t: "′" };
  if (OPERATORS.has(token)) return { k: "op", t: token };
  return { k: /\p{L}/u.test(token) ? "id" : "word", t: token };
}

function parseCommand(name, tokens, cursor) {
  if (name === "frac" || name === "tfrac") {
    return { k: "frac", a: parseArgument(tokens, cursor), b: parseArgument(tokens, cursor) };
  }
  if (name === "sqrt") return { k: "sqrt", a: parseArgument(tokens, cursor) };
  if (name === "text") return { k: "word", t: plainOf(parseText(tokens, cursor)) };
  if (name === "hat") return { k: "id", t: `${plainOf(parseArgument(tokens, cursor))}\u0302`.normalize("NFC") };
  if (name === "left" || name === "right") return null;
  if (FUNCTIONS.has(name)) return { k: "word", t: name, fn: true };
  const sign = SIGNS[name];
  if (sign === undefined) return { k: "word", t: name };
  if (OPERATORS.has(sign)) return { k: "op", t: sign };
  return { k: /[α-ωℓ∂]/.test(sign) ? "id" : "word", t: sign };
}

function parseText(tokens, cursor) {
  let t = "";
  if (tokens[cursor.at] === "{") {
    for (cursor.at += 1; cursor.at < tokens.length && tokens[cursor.at] !== "}"; cursor.at += 1) t += tokens[cursor.at];
    cursor.at += 1;
  }
  return { k: "word", t };
}

// Whether an operator at this place of a row is a sign (no space around it) rather than an operation.
function isSign(row, at) {
  if (row[at].t !== "-") return false;
  const before = row[at - 1];
  return !before || before.k === "op" || (before.k === "word" && /[([{|,]$/.test(before.t));
}

// A tree to nodes. hole(n, {first, powered}) returns the node for placeholder n; `numbers` writes × for the dot.
export function markupNode(tree, { hole = null, numbers = false } = {}) {
  const out = document.createElement("span");
  out.className = "nb-math";
  appendRow(out, tree.k === "row" ? tree.c : [tree], { hole, numbers });
  return out;
}

function appendRow(parent, row, how) {
  row.forEach((node, at) => appendNode(parent, node, how, { row, at, first: at === 0 }));
}

function appendNode(parent, node, how, where) {
  switch (node.k) {
    case "row":
      appendRow(parent, node.c, how);
      break;
    case "hole":
      parent.append(how.hole ? how.hole(node.n, { first: where.first, powered: Boolean(where.powered) }) : `#${node.n}`);
      break;
    case "op": {
      const sign = isSign(where.row, where.at);
      const text = node.t === "-" ? "\u2212" : how.numbers && node.t === "·" ? "×" : node.t;
      parent.append(span(sign ? "nb-sign" : "nb-op", text));
      break;
    }
    case "id":
      parent.append(node.t === "∂" ? span("nb-d", node.t) : span("nb-id", node.t));
      break;
    case "frac": {
      const box = span("nb-frac");
      const over = span("nb-over");
      const under = span("nb-under");
      appendRow(over, node.a.c, how);
      appendRow(under, node.b.c, how);
      box.append(over, under);
      parent.append(box);
      break;
    }
    case "sqrt": {
      const box = span("nb-sqrt");
      parent.append("√");
      appendRow(box, node.a.c, how);
      parent.append(box);
      break;
    }
    case "script": {
      // a base and a short index or power stay on one line
      const short = [node.sup, node.sub].every((part) => !part || part.c.length < 4);
      const held = short ? span("nb-held") : parent;
      if (short) parent.append(held);
      appendNode(held, node.base, how, { ...where, powered: Boolean(node.sup) });
      const tall = node.sub && node.sup;
      const target = tall ? span("nb-both") : held;
      if (node.sup) target.append(script("sup", node.sup, how));
      if (node.sub) target.append(script("sub", node.sub, how));
      if (tall) held.append(target);
      break;
    }
    default:
      parent.append(span(node.fn ? "nb-fn" : node.k === "num" ? "nb-num" : "nb-word", node.t));
  }
}

function script(tag, row, how) {
  const element = document.createElement(tag);
  appendRow(element, row.c, how);
  return element;
}

function span(className, text) {
  const element = document.createElement("span");
  element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

// A tree as plain text, for names that are read aloud: "∂L/∂w5". holes: texts of the placeholders.
export function plainOf(tree, holes = null) {
  switch (tree.k) {
    case "row":
      return tree.c.map((node, at) => (node.k === "op" && !isSign(tree.c, at) ? ` ${plainOf(node)} ` : plainOf(node, holes))).join("");
    case "hole":
      return holes ? String(holes[tree.n]) : `#${tree.n}`;
    case "frac":
      return `${grouped(tree.a, holes)} / ${grouped(tree.b, holes)}`;
    case "sqrt":
      return `√(${plainOf(tree.a, holes)})`;
    case "script": {
      const sup = tree.sup ? plainOf(tree.sup, holes) : "";
      const power = sup && !/^\(.*\)$/.test(sup) ? `^${sup.length > 1 ? `(${sup})` : sup}` : sup;
      return plainOf(tree.base, holes) + (tree.sub ? plainOf(tree.sub, holes) : "") + power;
    }
    default:
      return tree.fn ? `${tree.t}` : tree.t;
  }
}

function grouped(row, holes) {
  const text = plainOf(row, holes);
  return row.c.length > 1 && row.c.some((node) => node.k === "op") ? `(${text})` : text;
}

export function plainMarkup(text) {
  return plainOf(parseMarkup(text));
}

// A symbol as runs for SVG text: [{t, italic, level}], level -1 subscript, -2 subscript of a subscript, 1 superscript.
export function markupRuns(text) {
  const runs = [];
  walkRuns(parseMarkup(text), 0, runs);
  return runs;
}

function walkRuns(node, level, runs) {
  if (node.k === "row") node.c.forEach((part) => walkRuns(part, level, runs));
  else if (node.k === "script") {
    walkRuns(node.base, level, runs);
    if (node.sub) walkRuns(node.sub, level - 1, runs);
    if (node.sup) walkRuns(node.sup, level + 1, runs);
  } else if (node.k === "frac") {
    walkRuns(node.a, level, runs);
    runs.push({ t: "/", italic: false, level });
    walkRuns(node.b, level, runs);
  } else if (node.t) {
    runs.push({ t: node.t === "-" ? "\u2212" : node.t, italic: node.k === "id" && node.t !== "∂", level });
  }
}
