// Nabla's live chart: one Plotly figure in a node that survives reruns.
//
// Python sends {figure, frames, follow, alt, words, dark, plotly, height, source}. The stepper announces its position with
// the window event "nabla:step"; the matching frame is merged into the figure and drawn here, without a server trip.
// Colours arrive as our light palette and are exchanged for the dark one here.
// loader.js, table.js and this file are sent as one module, in this order.

const charts = new WeakMap(); // parentElement -> chart; a rerun finds its chart again
const NARROW = 520; // px: below this a figure uses its meta.narrow layout

export default function (component) {
  const { parentElement, data } = component;
  if (!data || !data.figure) return undefined;
  let chart = charts.get(parentElement);
  if (!chart || !chart.root.isConnected) {
    chart = build(parentElement);
    charts.set(parentElement, chart);
  }
  accept(chart, data);
  return () => {
    charts.delete(parentElement);
    dispose(chart);
  };
}

// ---------------------------------------------------------------- building and taking in data

function element(tag, className, parent) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  parent?.append(node);
  return node;
}

function build(parent) {
  parent.querySelector(".nb-chart-wait")?.remove();
  const root = element("div", "nb-chart", parent);
  root.setAttribute("role", "group");
  const chart = { root, title: element("div", "nb-chart-title", root), plot: element("div", "nb-chart-plot", root), frame: {} };
  const bar = element("div", "nb-chart-bar", root);
  chart.reset = button(bar, () => resetView(chart));
  chart.save = button(bar, () => download(chart));
  chart.table = element("details", "nb-chart-table", root);
  chart.summary = element("summary", "", chart.table);
  chart.cells = element("div", "nb-chart-cells", chart.table);
  chart.cells.tabIndex = 0;
  chart.cells.setAttribute("role", "group");
  chart.reset.hidden = true;
  chart.table.addEventListener("toggle", () => fillTable(chart));
  chart.onStep = (event) => follow(chart, event.detail);
  window.addEventListener("nabla:step", chart.onStep);
  chart.sizes = new ResizeObserver(() => draw(chart));
  chart.sizes.observe(chart.plot);
  // A change of theme changes a custom property and nothing else; the transition on it is the only thing that tells.
  root.addEventListener("transitionend", (event) => event.target === root && draw(chart));
  return chart;
}

function button(parent, act) {
  const node = element("button", "nb-chart-button", parent);
  node.type = "button";
  node.addEventListener("click", act);
  return node;
}

function accept(chart, data) {
  const text = JSON.stringify(data);
  if (text === chart.text) return; // a rerun that changed nothing
  chart.text = text;
  chart.data = data;
  chart.byUpdate = new Map((data.frames || []).map((frame) => [frame.update, frame]));
  chart.frame = {};
  chart.save.textContent = data.words.download;
  chart.reset.textContent = data.words.reset;
  chart.summary.textContent = data.words.table;
  if (chart.last) follow(chart, chart.last);
  else {
    const update = new URLSearchParams(window.location.search).get("u");
    if (update !== null && chart.byUpdate.size && !data.source) follow(chart, { update: Number(update) });
    // A stepper that was there first tells its position once more.
    window.dispatchEvent(new CustomEvent("nabla:ask"));
  }
  draw(chart);
  loadPlotly(data.plotly).then(
    (plotly) => {
      chart.plotly = plotly;
      draw(chart);
    },
    () => {
      chart.plot.textContent = data.words.missing;
    },
  );
}

// ---------------------------------------------------------------- following the stepper

function follow(chart, detail) {
  const { data, byUpdate } = chart;
  if (!detail || (data.source && detail.id && detail.id !== data.source)) return;
  chart.last = detail;
  let frame = detail.address && data.follow ? byAddress(data.follow, detail.address, detail.update) : undefined;
  // A figure that follows addresses keeps its place through the steps of an update that are not its own.
  if (!frame && !(data.follow && chart.frame.update === detail.update)) frame = byUpdate.get(detail.update);
  if (!frame || frame === chart.frame) return; // nothing of ours at this step: keep the last picture
  chart.frame = frame;
  draw(chart);
}

function byAddress(frames, address, update) {
  const bare = address.split("@")[0];
  let found = frames[`${bare}@${update ?? 0}`] ?? frames[bare];
  if (typeof found === "string") found = frames[`${found}@${update ?? 0}`] ?? frames[found]; // an alias
  return found;
}

// ---------------------------------------------------------------- drawing

/** Ask for one drawing; however often it is asked, one picture per animation frame, and the newest wins. */
function draw(chart) {
  chart.wanted = true;
  if (chart.scheduled || chart.gone) return;
  chart.scheduled = true;
  requestAnimationFrame(async () => {
    chart.wanted = false;
    try {
      await paint(chart);
    } finally {
      chart.scheduled = false;
      if (chart.wanted) draw(chart);
    }
  });
}

async function paint(chart) {
  if (chart.gone || !chart.root.isConnected || !chart.data) return;
  const view = compose(chart);
  chart.title.textContent = view.title;
  chart.title.hidden = !view.title;
  chart.cells.setAttribute("aria-label", view.title || chart.data.words.table);
  chart.root.setAttribute("aria-label", chart.frame.alt || chart.data.alt);
  chart.plot.style.height = `${view.height}px`; // reserved before Plotly is here: nothing jumps
  if (!chart.plotly || view.layout.width < 40) return;
  const config = { displayModeBar: false, responsive: false, showTips: false, doubleClick: "reset" };
  await chart.plotly.react(chart.plot, view.data, view.layout, config);
  for (const svg of chart.plot.querySelectorAll("svg")) svg.setAttribute("aria-hidden", "true"); // the text twin speaks
  if (!chart.hooked) {
    chart.hooked = true;
    chart.plot.on("plotly_relayout", () => markZoom(chart));
  }
  chart.drawn = view;
  chart.plot.dataset.frame = String(chart.frame.update ?? "");
  fillTable(chart);
}

function compose(chart) {
  const { figure, height, dark, key } = chart.data;
  const style = getComputedStyle(chart.root);
  const width = chart.plot.clientWidth;
  const scale = clamp(parseFloat(getComputedStyle(document.documentElement).fontSize) / 16, 1, 1.7);
  let layout = merge(figure.layout, chart.frame.layout);
  let tall = height;
  const narrow = layout.meta?.narrow;
  if (narrow && width < NARROW * scale) {
    layout = merge(layout, narrow.layout);
    tall = narrow.height || height;
  }
  const title = layout.title?.text || "";
  layout = { ...layout, title: undefined, width, height: tall * scale, uirevision: key };
  if (matchMedia("(pointer: coarse)").matches) layout.dragmode = false; // a finger on the plot scrolls the page
  const isDark = luminance(style.getPropertyValue("--st-background-color") || style.backgroundColor) < 0.4;
  const colours = isDark ? dark : {};
  layout = restyle(layout, colours, scale);
  layout.font = { ...layout.font, family: style.getPropertyValue("--st-font").trim() || style.fontFamily };
  const data = figure.data.map((trace, i) => restyle(merge(trace, chart.frame.data?.[i]), colours, scale));
  chart.root.dataset.theme = isDark ? "dark" : "light";
  const home = {}; // the view that "reset" returns to; Plotly writes the reader's zoom into the layout it is given
  for (const [name, axis] of Object.entries(layout)) {
    if (/^[xy]axis\d*$/.test(name) && !axis.fixedrange) home[name] = axis.autorange ? null : axis.range && [...axis.range];
  }
  return { title, data, layout, home, height: tall * scale };
}

/** A copy of `base` with `over` laid on top: objects are merged, arrays and plain values replaced. */
function merge(base, over) {
  if (over === undefined || over === null) return base;
  if (!isObject(base) || !isObject(over)) return over;
  const out = { ...base };
  for (const key of Object.keys(over)) out[key] = merge(base[key], over[key]);
  return out;
}

/** A copy with palette colours exchanged and fonts and margins scaled to the page's type size. */
function restyle(value, colours, scale, inFont = false) {
  if (typeof value === "string") return value[0] === "#" ? colours[value.toLowerCase()] || value : value;
  if (Array.isArray(value)) return typeof value.at(-1) === "number" ? value : value.map((v) => restyle(v, colours, scale));
  if (!isObject(value)) return value;
  const out = {};
  for (const key of Object.keys(value)) {
    const inside = restyle(value[key], colours, scale, /font$/.test(key) || key === "margin");
    out[key] = inFont && typeof inside === "number" ? inside * scale : inside;
  }
  return out;
}

function luminance(colour) {
  const canvas = (luminance.canvas ||= document.createElement("canvas").getContext("2d"));
  canvas.fillStyle = "#ffffff";
  canvas.fillStyle = colour.trim(); // the canvas turns any CSS colour into #rrggbb
  const hex = canvas.fillStyle;
  if (hex[0] !== "#") return 1;
  const part = (at) => parseInt(hex.slice(at, at + 2), 16) / 255;
  return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
}

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const clamp = (value, low, high) => Math.min(high, Math.max(low, value || low));

// ---------------------------------------------------------------- the reader's own view

function markZoom(chart) {
  const full = chart.plot._fullLayout;
  chart.reset.hidden = !Object.entries(chart.drawn.home).some(([name, range]) => {
    const axis = full[name];
    if (!range) return axis.autorange === false;
    return axis.range.some((end, i) => Math.abs(end - range[i]) > 1e-6 * Math.abs(axis.range[1] - axis.range[0]));
  });
}

async function resetView(chart) {
  const change = {};
  for (const [name, range] of Object.entries(chart.drawn.home)) {
    if (range) change[`${name}.range`] = [...range];
    else change[`${name}.autorange`] = true;
  }
  await chart.plotly.relayout(chart.plot, change);
  chart.reset.hidden = true;
  chart.save.focus(); // the button that had the focus is gone
}

async function download(chart) {
  if (!chart.drawn) return;
  const { data, layout, title } = chart.drawn;
  const paper = getComputedStyle(chart.root).getPropertyValue("--st-background-color").trim() || "#ffffff";
  const margin = { ...layout.margin, t: (layout.margin?.t || 20) + 40 };
  const picture = { data, layout: { ...layout, margin, title: { text: title, x: 0.02 }, paper_bgcolor: paper } };
  await chart.plotly.downloadImage(picture, { format: "png", width: 900, height: 540, scale: 2, filename: chart.data.key });
}

function dispose(chart) {
  chart.gone = true;
  window.removeEventListener("nabla:step", chart.onStep);
  chart.sizes.disconnect();
  chart.plotly?.purge(chart.plot);
  chart.root.remove();
}
