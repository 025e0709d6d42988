import { declutter, diagramEdges, diagramLayout, overlap, placeLabels, shownUnits } from "/stepper/layout.js";
import { keyAction } from "/stepper/keys.js";
import { brightness } from "/stepper/theme.js";
import { same, truth } from "./check.js";

const body = { tag: "BODY", editable: false, role: null, inside: false };
const press = (key, where = body, held = {}) => keyAction({ key, ctrl: false, meta: false, alt: false, shift: false, ...held }, where);

export default {
  "long columns keep their active units"() {
    same(shownUnits(3, 8), [0, 1, 2]);
    const shown = shownUnits(64, 12, [30, 31]);
    truth(shown.includes(30) && shown.includes(31) && shown.includes(0) && shown.includes(63), JSON.stringify(shown));
    truth(shown.includes(null) && shown.length <= 16, JSON.stringify(shown));
  },
  "nodes stay inside the picture"() {
    for (const sizes of [[2, 2, 2], [1, 1], [3], [12, 30, 4], [2, 3, 3, 3, 3, 3, 1], [64, 64]]) {
      for (const [width, height] of [[640, 390], [358, 316], [900, 600]]) {
        const layout = diagramLayout(sizes, width, height);
        const r = layout.radius || layout.pillHeight / 2;
        for (const { x, y } of layout.nodes) truth(x > 0 && x < width && y - r > 0 && y + r < height, `${sizes} ${width}: ${x} ${y}`);
        truth(layout.loss.x < width && layout.loss.y < height, "loss");
      }
    }
  },
  "labels of the 2-2-2 network keep clear of each other"() {
    const layout = diagramLayout([2, 2, 2], 640, 390);
    const labels = diagramEdges(layout).map((edge) => ({ edge, w: 66, h: 17 }));
    const spots = placeLabels(labels, layout);
    spots.forEach((a, i) => spots.slice(i + 1).forEach((b) => same(overlap({ ...a, w: 66, h: 17 }, { ...b, w: 66, h: 17 }), 0)));
  },
  "of two tags in one place the lit one stays"() {
    const layout = diagramLayout([2, 2, 2], 640, 390);
    const tag = (key, role) => ({ key, role, kind: "signal", x: 300, y: 200, width: 80 });
    same(declutter([tag("a", "idle"), tag("b", "written")], layout).map(({ key }) => key), ["b"]);
  },
  "keys act where they should"() {
    same([press("ArrowRight"), press("ArrowLeft"), press("ArrowUp"), press(" "), press("?")], ["next", "previous", "finer", "togglePlay", "toggleKeys"]);
    same([press("r"), press("c"), press("a")], [null, null, null]);
    const input = { ...body, tag: "INPUT", inside: true };
    same([press("ArrowRight", input), press("p", input), press("Escape", input)], [null, null, "escape"]);
    same([press("z", body, { ctrl: true }), press("z", input, { ctrl: true })], ["undo", null]);
    same(press(" ", { ...body, tag: "BUTTON", inside: true }), null);
    same(press("ArrowRight", { ...body, tag: "BUTTON", inside: true }), "next");
    same(press("ArrowRight", { ...body, tag: "DIV", role: "slider" }), null);
    same(press("ArrowRight", body, { alt: true }), null);
  },
  "the page's background decides between light and dark"() {
    truth(brightness("rgb(252, 252, 250)") > 0.9, "light");
    truth(brightness("rgb(20, 23, 28)") < 0.2, "dark");
    truth(brightness("rgba(0, 0, 0, 0)") === 1, "none");
  },
};
