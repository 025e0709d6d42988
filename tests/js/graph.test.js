import stepper from "/bundle.js";
import { blockSize, fullWindow, graphLayout, mostOf, scrollTo, windowOf } from "/stepper/graphlayout.js";
import { pillText } from "/stepper/graphmarks.js";
import { activeLinks } from "/stepper/graphmodel.js";
import { createModel, groupAt, nextPosition } from "/stepper/model.js";
import { argsOf, createWords, meaningOf, signNote } from "/stepper/words.js";
import { circuit, graphPayload, kernel, twice } from "./graphsample.js";
import { same, truth } from "./check.js";

const at = (s, g = "operation") => ({ u: 0, s, g });
const frames = async () => {
  for (let i = 0; i < 3; i += 1) await new Promise((resolve) => requestAnimationFrame(resolve));
};

async function mounted(words, payload, width = "1060px") {
  const host = document.createElement("div");
  host.style.width = width;
  document.body.append(host);
  const parentElement = host.attachShadow({ mode: "open" });
  const style = document.createElement("style");
  style.textContent = await (await fetch("/bundle.css")).text();
  parentElement.append(style);
  const sent = [];
  const send = (data) => stepper({ data: { ...data, words }, parentElement, setStateValue: (name, value) => sent.push([name, value]), setTriggerValue() {} });
  const leave = send(payload);
  await frames();
  const find = (selector) => parentElement.querySelector(selector);
  const all = (selector) => [...parentElement.querySelectorAll(selector)];
  const press = async (key) => {
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, composed: true, cancelable: true }));
    await frames();
  };
  const cell = (i) => find(`.nb-part[data-i="${i}"]`);
  return { parentElement, find, all, press, cell, send, sent, text: (id) => find(`[data-testid="${id}"]`).textContent, done: () => (leave(), host.remove()) };
}

export default {
  "numbers of a graph are values, slopes, shares and local slopes"() {
    const { graph, parsed } = createModel(twice());
    same(graph.part, ["cell", "cell", "cell", "cell", "slope", "slope", "slope", "local", "share", "share", "slope"]);
    same([parsed[8].kind, graph.blocks[graph.via.get(8)].id, graph.blocks[graph.via.get(9)].id], ["share", "u", "v"]);
    same([graph.result.id, graph.blocks[0].slopes[0], graph.slopesFrom], ["f", 10, 3]);
  },
  "places may name a block by number, and slopes by their own block"() {
    const payload = circuit();
    payload.place = payload.place.map(([, id, r, c], i) => (i < 5 ? ["cell", i, r, c] : ["cell", `d.${id}`, r, c]));
    same(createModel(payload).graph.part, ["cell", "cell", "cell", "cell", "cell", "slope", "slope", "slope", "slope", "slope"]);
  },
  "names of networks mean nothing in a graph"() {
    const one = (id, column, role) => ({ id, label: id, rows: 1, cols: 1, column, row: 0, role, rule: "ln" });
    const payload = graphPayload([one("W1", 0, "given"), one("z1", 1, "result")], [["W1", "z1"]], [["W1[0,0]", "W_1", "W1", 0, 0, 1], ["z1[0,0]", "z_1", "z1", 0, 0, 0]], [["forward", "z1[0,0]", "do_ln", "\\ln #0", ["W1[0,0]"]]]);
    const model = createModel(payload);
    const w = createWords({ "meaning.graph.given": "given", "meaning.graph.result": "the result", "meaning.W": "weight", "meaning.z": "sum" });
    same([meaningOf(model, w, 0).template, meaningOf(model, w, 1).template], ["given", "the result"]);
    same(argsOf(model, model.ops[0]).unit, undefined);
  },
  "grains of a graph: line, number, block, pass, all"() {
    const model = createModel(twice());
    same(model.grains, ["operation", "unit", "layer", "pass", "update"]);
    same(groupAt(model, at(9, "unit")), [7, 9]);
    same(nextPosition(model, at(0, "pass")), at(2, "pass"));
    same(nextPosition(model, at(2, "update")), at(9, "update"));
  },
  "links light up forwards and backwards, and shares stand on them"() {
    const model = createModel(twice());
    const look = (s) => activeLinks({ model, pos: at(s) }, s);
    same([...look(2).ways], [["1>3", "forward"], ["2>3", "forward"]]);
    same([...look(7).ways], [["0>1", "backward"]]);
    same([...look(9).ways], [["0>1", "backward"], ["0>2", "backward"]]);
    same([...look(9).shares], [[8, "0>1"], [9, "0>2"]]);
    same([...look(8).shares], [[9, "0>2"], [7, "@2"]]);
  },
  "the sign of a slope is told of the result"() {
    const model = createModel(circuit());
    const note = signNote(model, model.ops[6], 0);
    same([note.key, note.args.q, note.args.r], ["sign.graph.neg", "x", "f"]);
    same(signNote(model, model.ops[0], 0), null);
  },
  "blocks keep order and columns and never cover each other"() {
    for (const payload of [circuit(), twice(), kernel(5), kernel(14)]) {
      const { graph } = createModel(payload);
      const sizes = graph.blocks.map((block) => blockSize(block, 6, 10));
      const layout = graphLayout(graph.blocks, graph.links, sizes, graph.blocks.map(() => 24));
      graph.blocks.forEach((a, i) => {
        const [p, s] = [layout.spots[i], sizes[i]];
        truth(p.x >= 0 && p.y >= 0 && p.x + s.w <= layout.width && p.y + s.h <= layout.height, `${a.id} inside`);
        graph.blocks.forEach((b, j) => {
          if (j <= i) return;
          const [q, t] = [layout.spots[j], sizes[j]];
          truth(p.x + s.w <= q.x || q.x + t.w <= p.x || p.y + s.h <= q.y || q.y + t.h <= p.y, `${a.id} and ${b.id}`);
          if (a.column === b.column) truth(p.cy < q.cy === a.row < b.row, "order");
          else truth(p.x < q.x === a.column < b.column, "columns");
        });
      });
      same(layout.routes.length, graph.links.length);
      truth(layout.routes.every(({ path }) => !path.includes("NaN")), "paths");
    }
  },
  "a large block shows a window around what is active"() {
    same(windowOf(5, [4]), [0, 1, 2, 3, 4]);
    same(windowOf(20, []), [0, 1, 2, 3, 4, 5, 6, 7]);
    same(windowOf(20, [9, 10, 11]), [8, 9, 10, 11, 12, 13, 14, 15]);
    same(windowOf(20, [19]), [12, 13, 14, 15, 16, 17, 18, 19]);
    same(windowOf(20, [9], [4, 5, 6, 7, 8, 9, 10, 11]), [4, 5, 6, 7, 8, 9, 10, 11]);
    same(windowOf(20, [0, 19]), [0, 1, 2, 3, 4, 5, 6, 19]);
    for (let low = 0; low < 18; low += 1) truth([low, low + 1, low + 2].every((row) => windowOf(20, [low, low + 1, low + 2]).includes(row)), String(low));
    same([mostOf({ rows: 20, cols: 20 }), mostOf({ rows: 1, cols: 20 })], [[8, 8], [8, 12]]);
  },
  "a window of a kernel is framed, scattered cells are not"() {
    same(fullWindow([6, 7, 8, 11, 12, 13, 16, 17, 18], 5), [1, 1, 3, 3]);
    same([fullWindow([6, 8], 5), fullWindow([6], 5), fullWindow([0, 1, 2, 3, 4], 5)], [null, null, [0, 0, 0, 4]]);
  },
  "scrolling moves only when it must"() {
    same([scrollTo(0, 300, 250, 0, 50), scrollTo(0, 300, 900, 20, 200), scrollTo(0, 300, 900, 400, 500), scrollTo(0, 300, 900, 850, 890)], [0, 0, 300, 600]);
  },
  "rules become signs"() {
    const cells = (n) => ({ cells: new Array(n) });
    same(["add", "mul", "do_sigmoid", "conv2d", "strange_thing"].map((rule) => pillText({ rule, ...cells(1) })), ["+", "×", "σ", "conv", "strange t"]);
    same(pillText({ rule: "mul", ...cells(4) }), "⊙");
  },
  async "a graph steps like a network: read, written, nothing early"(words) {
    const { find, press, cell, text, all, done } = await mounted(words, circuit());
    truth(find(".nb-diagram svg.nb-graph"), "the picture");
    same([text("step-address"), text("step-result"), text("step-count")], ["q[0,0]@0", "3", "1 / 7"]);
    same([cell(0), cell(3), cell(4)].map((part) => part.getAttribute("class").includes("nb-read") ? "read" : part.getAttribute("class").includes("nb-written") ? "written" : "idle"), ["read", "written", "idle"]);
    same([cell(4).querySelector("text").textContent, cell(9)], ["·", null]);
    for (let i = 0; i < 4; i += 1) await press("ArrowRight");
    same([text("step-address"), cell(7).querySelector("text").textContent, cell(9).querySelector("text").textContent], ["d.q[0,0]@0", "−4", "·"]);
    truth(cell(7).getAttribute("aria-label").includes("= −4"), "named");
    same(all(".nb-wire.nb-live").length, 1);
    same(find(".nb-wire.nb-live").parentNode.querySelector(".nb-arrow").getAttribute("transform").includes("rotate(180)"), true);
    done();
  },
  async "a click on a cell asks why, and back to the givens"(words) {
    const { find, all, cell, done } = await mounted(words, circuit({ position: { update: 0, op: 6, grain: "operation" } }));
    cell(7).dispatchEvent(new MouseEvent("click", { bubbles: true }));
    truth(find(".nb-why"), "open");
    same(find('.nb-crumbs [aria-current="true"]').textContent, "∂f/∂q");
    find(".nb-why .nb-chip").click();
    same(all(".nb-crumbs li").length, 2);
    truth(find(".nb-why .nb-edit"), "z can be typed over");
    truth(cell(2).getAttribute("class").includes("nb-asked"), "marked in the picture");
    done();
  },
  async "the window of a kernel is framed in the image"(words) {
    const { all, find, press, done } = await mounted(words, kernel(5));
    same(all(".nb-part.nb-read").length, 18);
    same(all(".nb-frame").length, 2);
    const x = () => Number(find(".nb-frame").getAttribute("x"));
    const before = x();
    await press("ArrowRight");
    truth(x() > before, "moved on");
    done();
  },
  async "a large image shows the window that is read"(words) {
    const payload = kernel(20, { position: { update: 0, op: 18 * 9 + 12, grain: "operation" } });
    const { all, press, done } = await mounted(words, payload);
    for (let i = 0; i < 3; i += 1) {
      same(all(".nb-part.nb-read").length, 18);
      same(all(".nb-part.nb-written").length, 1);
      truth(all(".nb-part").length <= 64 + 9 + 64, "not all cells are drawn");
      await press("ArrowRight");
    }
    done();
  },
  async "a narrow card scrolls to what is active"(words) {
    const { find, all, press, done } = await mounted(words, kernel(12, { position: { update: 0, op: 99, grain: "operation" } }), "358px");
    const box = find(".nb-roll").getBoundingClientRect();
    const seen = () => all(".nb-part.nb-written").every((part) => {
      const { left, right } = part.getBoundingClientRect();
      return left >= box.left - 1 && right <= box.right + 1;
    });
    truth(seen(), "at first");
    await press("ArrowLeft");
    truth(seen(), "after a step");
    truth(find(".nb-roll").scrollWidth > box.width, "there is something to scroll");
    done();
  },
  async "every grain can be shown, and the twin has every number"(words) {
    const { find, all, press, text, done } = await mounted(words, twice());
    for (const grain of ["unit", "layer", "pass", "update"]) {
      await press("ArrowDown");
      same(find('.nb-grain[aria-checked="true"]').dataset.grain, grain);
      await press("ArrowRight");
      truth(find(".nb-body").textContent.length > 10 && !find(".nb-body").textContent.includes("group."), grain);
    }
    same(text("step-count"), "10 / 10");
    all(".nb-tool").find((button) => button.textContent.includes(words["twin.show"])).click();
    await frames();
    same(all(".nb-twin td .nb-tok").length, 8);
    done();
  },
  async "given numbers are typed over in their own shape"(words) {
    const { all, find, sent, done } = await mounted(words, kernel(5));
    all(".nb-tool").find((button) => button.textContent.includes(words.edit)).click();
    same(all(".nb-matrix").map((grid) => grid.querySelectorAll("input").length), [25, 9]);
    const box = find('.nb-matrix input[aria-label="K1,3"]') || all(".nb-matrix")[1].querySelectorAll("input")[2];
    box.value = "0.5";
    box.dispatchEvent(new Event("change"));
    same([sent.at(-1)[1].address, sent.at(-1)[1].text], ["K[0,2]", "0.5"]);
    done();
  },
};
