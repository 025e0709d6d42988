// The ledger: every number worked out so far in this update, at full precision, beside the published figures.

import { publishedText, verdictClass, verdictText } from "./badges.js";
import { h, setAttr, setText } from "./dom.js";
import { fullText, pretty } from "./format.js";
import { markupNode, parseMarkup, plainMarkup } from "./markup.js";
import { groupAt, valueAt } from "./model.js";
import { fillNodes, meaningOf } from "./words.js";

const WINDOW = 400; // rows that are kept in the page

export function createLedger(ctx, model, w) {
  const body = h("tbody");
  const heads = ["step", "quantity", "meaning", "computed", "published", "verdict"].map((name) => h("th", { scope: "col", class: `nb-col-${name}` }, w(`column.${name}`)));
  const table = h("table", {}, h("caption", { class: "nb-hidden" }, w("ledger")), h("thead", {}, h("tr", {}, heads)), body);
  const box = h("div", { class: "nb-ledger-box", tabindex: "0", role: "region", "aria-label": w("ledger") }, table);
  const earlier = h("p", { class: "nb-muted nb-small", hidden: "" });
  const source = model.payload.source || "";
  const root = h("section", { class: "nb-card nb-ledger" },
    h("header", { class: "nb-card-head" }, h("h3", {}, w("ledger")), source ? h("span", { class: "nb-muted nb-source", title: source }, `${w("published")}: ${source}`) : null),
    earlier, box, farFigures(model, w));
  const state = { ctx, model, w, body, box, earlier, rows: new Map(), spare: [], lit: [], stamp: "" };
  body.addEventListener("click", (event) => {
    const row = event.target.closest("tr");
    if (row) ctx.ask(model.ops[Number(row.dataset.s)].a);
  });
  return { root, update: (view) => renderLedger(state, view) };
}

// Published figures from far beyond the recorded updates.
function farFigures(model, w) {
  if (!model.far.length) return null;
  const items = model.far.map((figure) => h("li", {},
    h("span", {}, figure.symbol || ""), " ", h("span", { class: "nb-mono" }, publishedText(figure)), " ",
    h("span", { class: verdictClass(figure) }, verdictText(w, figure)), figure.note ? h("span", { class: "nb-muted" }, ` ${figure.note}`) : null));
  return h("details", { class: "nb-far" }, h("summary", {}, w("far_figures", { n: String(items.length) })), h("ul", {}, items));
}

function renderLedger(state, view) {
  const { pos, version } = view;
  const low = Math.max(0, pos.s + 1 - WINDOW);
  const stamp = `${version}|${pos.u}`;
  const refill = stamp !== state.stamp;
  state.stamp = stamp;
  const leaving = [];
  for (const [at, row] of state.rows) if (at < low || at > pos.s) leaving.push([at, row]);
  for (const [at, row] of leaving) {
    state.rows.delete(at);
    state.spare.push(row);
    row.tr.remove();
  }
  let before = null;
  let grown = false;
  for (let at = pos.s; at >= low; at -= 1) {
    let row = state.rows.get(at);
    if (!row) {
      row = state.spare.pop() || newRow();
      fillRow(state, row, at, view);
      state.body.insertBefore(row.tr, before);
      state.rows.set(at, row);
      grown = true;
    } else if (refill) fillNumbers(state, row, at, view);
    before = row.tr;
  }
  for (const tr of state.lit) tr.classList.remove("nb-lit");
  const [first, last] = groupAt(state.model, pos);
  state.lit = [];
  for (let at = Math.max(first, low); at <= last; at += 1) {
    const { tr } = state.rows.get(at);
    tr.classList.add("nb-lit");
    state.lit.push(tr);
  }
  state.earlier.hidden = low === 0;
  if (low) setText(state.earlier, state.w("earlier_rows", { n: String(low) }));
  if (grown || refill || leaving.length) state.box.scrollTop = 1e7;
}

function newRow() {
  const cells = Array.from({ length: 6 }, () => h("td"));
  const button = h("button", { type: "button", class: "nb-tok" });
  cells[1].append(button);
  cells[3].className = "nb-mono";
  cells[4].className = "nb-mono";
  return { tr: h("tr", {}, cells), cells, button, at: -1 };
}

function fillRow(state, row, at, view) {
  const { model, w } = state;
  const op = model.ops[at];
  if (row.at !== at) {
    row.at = at;
    row.tr.dataset.s = at;
    row.tr.className = `nb-is-${op.phase}`;
    setText(row.cells[0], String(at + 1));
    row.button.replaceChildren(markupNode(parseMarkup(model.sym[op.a])));
    row.button.setAttribute("aria-label", `${w("why")} ${plainMarkup(model.sym[op.a])}`);
    const { template, args } = meaningOf(model, w, op.a);
    row.cells[2].replaceChildren(...fillNodes(template, args));
  }
  fillNumbers(state, row, at, view);
}

function fillNumbers(state, row, at, view) {
  const { model, w } = state;
  const { u } = view.pos;
  const i = model.ops[at].a;
  setText(row.cells[3], pretty(fullText(valueAt(model, i, u))));
  const figure = model.published.get(`${i}@${u}`);
  setText(row.cells[4], figure ? publishedText(figure) : "");
  setText(row.cells[5], figure ? verdictText(w, figure) : "");
  setAttr(row.cells[5], "class", figure ? verdictClass(figure) : null);
  setAttr(row.cells[5], "title", figure?.note || null);
}
