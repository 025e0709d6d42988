// The numbers of a chart as a table: one table for each pair of axes, filled when it is open.

function fillTable(chart) {
  if (!chart.table.open || !chart.drawn) return;
  const { data, layout } = chart.drawn;
  const title = (id) => layout[id.replace(/^([xy])/, "$1axis")]?.title?.text || id;
  const tables = new Map(); // one for each pair of axes
  for (const trace of data) {
    if (trace.meta?.table === false || trace.visible === false) continue;
    const pair = [trace.xaxis || "x", trace.yaxis || "y"];
    const heads = [chart.data.words.series, title(pair[0]), title(pair[1])];
    if (!tables.has(pair[1])) tables.set(pair[1], { heads, rows: [] });
    const length = Math.max(trace.x?.length || 0, trace.y?.length || 0);
    for (let i = 0; i < length; i += 1) {
      if (trace.x?.[i] == null || trace.y?.[i] == null) continue;
      tables.get(pair[1]).rows.push([trace.name || "", number(trace.x[i]), number(trace.y[i])]);
    }
  }
  chart.cells.replaceChildren(...[...tables.values()].map(asTable));
}

function asTable({ heads, rows }) {
  const table = element("table");
  const line = element("tr", "", element("thead", "", table));
  for (const head of heads) {
    const cell = element("th", "", line);
    cell.scope = "col";
    cell.textContent = head;
  }
  const body = element("tbody", "", table);
  for (const row of rows.slice(0, 1000)) {
    const cells = element("tr", "", body);
    for (const text of row) element("td", "", cells).textContent = text;
  }
  return table;
}

const number = (value) => (typeof value === "number" ? String(Number(value.toPrecision(7))).replace("-", "\u2212") : String(value ?? ""));

