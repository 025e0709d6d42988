// Where blocks, cells and links of a graph stand: pure geometry, in units of one pixel at full size.

const SQUARE = 8; // rows and columns of a matrix that are shown at once
const STRIP = 12; // columns of a row, which has room to the side
const CHAR = 7.2;
const GUTTER = 20; // for the numbers of rows and columns of a block that is shown in part
const HEAD = 21; // the name above a grid
const LEVEL = 15; // between two blocks of a column

// How many rows and columns of a block are shown at once.
export function mostOf({ rows }) {
  return [SQUARE, rows <= 2 ? STRIP : SQUARE];
}

// Which of `count` rows or columns are shown: a window that holds the active ones and moves as little as it can.
export function windowOf(count, active, before = null, most = SQUARE) {
  if (count <= most) return range(0, count);
  const sorted = [...active].sort((a, b) => a - b);
  if (!sorted.length) return before || range(0, most);
  const low = sorted[0];
  const high = sorted[sorted.length - 1];
  if (before && sorted.every((at) => before.includes(at))) return before;
  if (high - low < most) return range(Math.max(0, Math.min(Math.max(low - 1, high - most + 1), count - most)), most);
  if (sorted.length > most) return before || range(0, most);
  const chosen = new Set(sorted);
  for (let at = 0; chosen.size < most; at += 1) chosen.add(at);
  return [...chosen].sort((a, b) => a - b);
}

function range(start, count) {
  return Array.from({ length: count }, (_, at) => start + at);
}

// The size of a block and of its cells. chars: characters of its longest number.
export function blockSize(block, chars, labelWidth = 0, { tight = false, back = true } = {}) {
  const { rows, cols } = block;
  const graded = block.graded && back;
  if (rows === 1 && cols === 1) {
    const w = Math.max(58, chars * CHAR + 22, labelWidth + 22);
    return { w, h: graded ? 60 : 43, scalar: true, graded, upper: 0, cellW: w, cellH: graded ? 60 : 43, left: 0, top: 0 };
  }
  const cellW = Math.max(30, chars * CHAR + 9);
  const [high, broad] = mostOf(block);
  const upper = tight ? 18 : 20; // the line of the value; that of the slope stands beneath
  const cellH = graded ? upper + (tight ? 15 : 17) : upper + 2;
  const left = rows > high ? GUTTER : 0;
  const top = HEAD + (cols > broad ? GUTTER - 6 : 0);
  const wide = Math.min(cols, broad) * cellW + left;
  return { w: Math.max(wide, labelWidth + 4), h: Math.min(rows, high) * cellH + top, scalar: false, graded, upper: graded ? upper : cellH, cellW, cellH, left: left + Math.max(0, (labelWidth + 4 - wide) / 2), top };
}

// Positions of all blocks and the routes of all links. sizes: one per block, as blockSize makes them. pills: the width
// of the sign in front of each block. Blocks keep the columns and the order of the payload.
export function graphLayout(blocks, links, sizes, pills) {
  const columns = columnsOf(blocks, links);
  const many = Math.max(...columns.map((items) => items.length), 1);
  const gap = many > 6 ? 10 : LEVEL;
  place(columns, sizes, gap);
  const spots = [];
  let x = 10;
  columns.forEach((items) => {
    const real = items.filter((item) => item.block !== undefined);
    const pill = Math.max(0, ...real.map(({ block }) => (pills[block] ? pills[block] + 8 : 0)));
    const w = Math.max(24, ...real.map(({ block }) => sizes[block].w));
    x += pill;
    for (const item of items) {
      item.x = item.block === undefined ? x : x + (w - sizes[item.block].w) / 2;
      item.right = item.block === undefined ? x + w : item.x + sizes[item.block].w;
      if (item.block !== undefined) spots[item.block] = { x: item.x, y: item.y - sizes[item.block].h / 2, cy: item.y, pill: pills[item.block] || 0 };
    }
    x += w + 46;
  });
  const all = columns.flat();
  const low = Math.min(...all.map((item) => item.y - item.h / 2), 0);
  const high = Math.max(...all.map((item) => item.y + item.h / 2), 1);
  const shift = 10 - low;
  for (const item of all) item.y += shift;
  for (const spot of spots) Object.assign(spot, { y: spot.y + shift, cy: spot.cy + shift });
  return { width: x - 46 + 12, height: high - low + 20, spots, routes: links.map((link, at) => route(link, at, columns, spots, sizes, links)) };
}

// Columns of items; a link over several columns gets a place of its own in each column between.
function columnsOf(blocks, links) {
  const numbers = [...new Set(blocks.map((block) => block.column))].sort((a, b) => a - b);
  const columns = numbers.map(() => []);
  const at = blocks.map((block) => numbers.indexOf(block.column));
  blocks.forEach((block, number) => columns[at[number]].push({ block: number, order: block.row, from: [] }));
  links.forEach(([from, to], link) => {
    let before = { block: from };
    for (let column = at[from] + 1; column < at[to]; column += 1) {
      const share = (column - at[from]) / (at[to] - at[from]);
      const item = { link, order: blocks[from].row + (blocks[to].row - blocks[from].row) * share + 0.01 * (link + 1), from: [before], h: 8 };
      columns[column].push(item);
      before = item;
    }
    const end = columns[at[to]].find((item) => item.block === to);
    if (at[from] < at[to]) end.from.push(before);
  });
  for (const items of columns) items.sort((a, b) => a.order - b.order);
  return columns;
}

// Heights: every item as near to what it comes from as the order and the gaps allow.
function place(columns, sizes, gap) {
  const home = new Map();
  for (const item of columns.flat()) {
    if (item.block === undefined) continue;
    item.h = sizes[item.block].h;
    home.set(item.block, item);
  }
  const origin = (one) => (one.block !== undefined ? home.get(one.block) : one);
  const into = new Map();
  for (const item of columns.flat()) {
    item.from = item.from.map(origin);
    for (const one of item.from) into.set(one, [...(into.get(one) || []), item]);
  }
  const mean = (list, own) => (list.length ? list.reduce((sum, one) => sum + one.y, 0) / list.length : own);
  columns.forEach((items) => {
    let y = 0;
    const total = items.reduce((sum, item) => sum + item.h + gap, -gap);
    for (const item of items) {
      item.y = y - total / 2 + item.h / 2;
      y += item.h + gap;
    }
  });
  for (let sweep = 0; sweep < 3; sweep += 1) {
    for (const items of columns.slice(1)) settle(items, items.map((item) => mean(item.from, item.y)), gap);
    for (const items of columns.slice(0, -1).reverse()) settle(items, items.map((item) => mean([...item.from, ...(into.get(item) || [])], item.y)), gap);
  }
}

// The heights nearest to the wished ones (least squares) that keep the order and the gaps.
function settle(items, wished, gap) {
  const pools = [];
  let offset = 0;
  items.forEach((item, at) => {
    if (at) offset += (items[at - 1].h + item.h) / 2 + gap;
    pools.push({ sum: wished[at] - offset, count: 1 });
    while (pools.length > 1 && pools[pools.length - 2].sum / pools[pools.length - 2].count > pools[pools.length - 1].sum / pools[pools.length - 1].count) {
      const last = pools.pop();
      pools[pools.length - 1].sum += last.sum;
      pools[pools.length - 1].count += last.count;
    }
  });
  let at = 0;
  offset = 0;
  for (const pool of pools) {
    for (let n = 0; n < pool.count; n += 1, at += 1) {
      if (at) offset += (items[at - 1].h + items[at].h) / 2 + gap;
      items[at].y = pool.sum / pool.count + offset;
    }
  }
}

// A link as a path, with its two ends and a place for a number on it.
function route([from, to], at, columns, spots, sizes, links) {
  const start = { x: spots[from].x + sizes[from].w, y: spots[from].cy + (sizes[from].scalar ? 0 : sizes[from].top / 2) };
  const target = spots[to];
  const incoming = links.map(([a, b], link) => ({ a, b, link })).filter(({ b }) => b === to);
  incoming.sort((one, two) => spots[one.a].cy - spots[two.a].cy);
  const turn = incoming.findIndex(({ link }) => link === at) - (incoming.length - 1) / 2;
  const centre = target.cy + (sizes[to].scalar ? 0 : sizes[to].top / 2);
  const spread = Math.min(7, 16 / Math.max(1, incoming.length - 1));
  const end = { x: target.x - (target.pill ? target.pill + 5 : 0) - 1, y: centre + turn * spread };
  const stops = columns.flatMap((items) => items.filter((item) => item.link === at));
  let path = `M${fix(start.x)} ${fix(start.y)}`;
  let here = start;
  let middle = null;
  for (const stop of [...stops, null]) {
    const next = stop ? { x: stop.x, y: stop.y } : end;
    const bend = Math.max(14, (next.x - here.x) / 2);
    path += `C${fix(here.x + bend)} ${fix(here.y)} ${fix(next.x - bend)} ${fix(next.y)} ${fix(next.x)} ${fix(next.y)}`;
    middle ??= { x: here.x + (next.x - here.x) * 0.42, y: here.y + (next.y - here.y) * 0.37 };
    if (stop) path += `H${fix(stop.right)}`;
    here = stop ? { x: stop.right, y: stop.y } : next;
  }
  return { key: `${from}>${to}`, path, start, end, middle };
}

function fix(value) {
  return Math.round(value * 10) / 10;
}

// The size at which a graph is drawn in a box: never so small that its numbers cannot be read, never huge.
export function fitScale(layout, width, height, largest = 1.25) {
  return Math.min(largest, Math.max(0.84, Math.min(width / layout.width, height / layout.height)));
}

// How far to scroll so that a span is seen: as it is when it is, else the span in the middle.
export function scrollTo(now, room, total, low, high) {
  if (total <= room) return 0;
  if (low >= now + 4 && high <= now + room - 4) return now;
  const wanted = high - low > room - 8 ? high - room + 8 : (low + high) / 2 - room / 2;
  return Math.max(0, Math.min(total - room, wanted));
}

// The box around a set of cells when they fill it: the window of a kernel. Returns [row, column, row, column] or null.
export function fullWindow(spots, cols) {
  if (spots.length < 2) return null;
  let [top, left, bottom, right] = [Infinity, Infinity, -1, -1];
  for (const spot of spots) {
    const column = spot % cols;
    const row = (spot - column) / cols;
    [top, left, bottom, right] = [Math.min(top, row), Math.min(left, column), Math.max(bottom, row), Math.max(right, column)];
  }
  return (bottom - top + 1) * (right - left + 1) === new Set(spots).size ? [top, left, bottom, right] : null;
}
