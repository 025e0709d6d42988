import { GRAINS, addressText, clampPosition, createModel, firstPosition, groupAt, isKnown, lastPosition, nextPosition, parseAddress, phaseSegments, previousPosition, valueAt, witnessOf } from "/stepper/model.js";
import { samplePayload } from "./sample.js";
import { same, truth } from "./check.js";

const model = createModel(samplePayload());
const at = (u, s, g = "operation") => ({ u, s, g });

export default {
  "addresses are taken apart"() {
    same(parseAddress("W1'[0,2]"), { step: "W1'", kind: "W", layer: 1, prime: true, index: [0, 2], update: 0 });
    same(parseAddress("dz12[3,4]@7").update, 7);
    same(parseAddress("eta").kind, "eta");
  },
  "values are decoded bit for bit"() {
    same([valueAt(model, 7, 0), valueAt(model, 11, 0), valueAt(model, 2, 1)], [16, -16, 1.6]);
    same(addressText(model, 11, 0), "dW1[0,0]@0");
  },
  "every grain goes forward to the end and back to the start"() {
    for (const g of GRAINS) {
      let here = at(0, 0, g);
      for (let i = 0; i < 40; i += 1) here = nextPosition(model, here);
      same(here, at(1, 9, g), g);
      for (let i = 0; i < 40; i += 1) here = previousPosition(model, here);
      truth(here.u === 0 && here.s === model.groups[g].last[0] || here.s === 0, g);
    }
  },
  "a coarser step lands on the last of its group"() {
    same(nextPosition(model, at(0, 0, "pass")), at(0, 1, "pass"));
    same(nextPosition(model, at(0, 1, "pass")), at(0, 2, "pass"));
    same(nextPosition(model, at(0, 2, "pass")), at(0, 7, "pass"));
    same(previousPosition(model, at(0, 7, "pass")), at(0, 2, "pass"));
    same(groupAt(model, at(0, 5, "pass")), [3, 5]);
    same(nextPosition(model, at(0, 3, "update")), at(0, 9, "update"));
    same(nextPosition(model, at(0, 9, "epoch")), at(1, 9, "epoch"));
  },
  "operation steps cross updates"() {
    same(nextPosition(model, at(0, 9)), at(1, 0));
    same(previousPosition(model, at(1, 0)), at(0, 9));
    same(nextPosition(model, at(1, 9)), at(1, 9));
  },
  "first and last: of the update, then of the run"() {
    same(lastPosition(model, at(0, 3)), at(0, 9));
    same(lastPosition(model, at(0, 9)), at(1, 9));
    same(firstPosition(model, at(1, 3)), at(1, 0));
    same(firstPosition(model, at(1, 0)), at(0, 0));
  },
  "nothing is known early"() {
    truth(isKnown(model, 2, 0, at(0, 0)), "a given");
    truth(!isKnown(model, 11, 0, at(0, 5)), "gradient before its step");
    truth(isKnown(model, 11, 0, at(0, 6)), "gradient at its step");
    truth(!isKnown(model, 2, 1, at(0, 5)), "the next update's weight");
    truth(isKnown(model, 2, 1, at(0, 8)), "the next update's weight once it is made");
    truth(isKnown(model, 11, 0, at(1, 0)), "the update before");
  },
  "influences are the reads reversed, and the carry"() {
    same(model.readers.get(10), [11, 12]);
    same([model.goesTo.get(13), model.cameFrom.get(2)], [2, 13]);
  },
  "witnesses: difference, verdict, silence"() {
    same(witnessOf(model, "autograd", 11, 0).agrees, true);
    same(witnessOf(model, "central", 11, 0).agrees, false);
    same(witnessOf(model, "graph", 11, 0), null);
    same(witnessOf(model, "autograd", 11, 1), null);
  },
  "phases become segments"() {
    same(phaseSegments(model).map(({ phase, first, last }) => [phase, first, last]), [["forward", 0, 1], ["loss", 2, 2], ["backward", 3, 7], ["update", 8, 9]]);
  },
  "nonsense positions are clamped"() {
    same(clampPosition(model, { u: "x", s: 1e9, g: "?" }), at(0, 9));
    same(clampPosition(model, { u: -4, s: NaN, g: "unit" }), at(0, 0, "unit"));
  },
};
