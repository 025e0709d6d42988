import { fitText, fullText, placesOf, pretty, shownText, sizeText } from "/stepper/format.js";
import { same, truth } from "./check.js";

export default {
  "the full text reads back as the same number"() {
    for (const v of [0.1, 1 / 3, -5e-324, 1.7976931348623157e308, 0.0821670405642308, 123456789.123]) truth(Object.is(Number(fullText(v)), v), fullText(v));
  },
  "zero has no sign"() {
    same([fullText(-0), shownText(-0, 6), shownText(0, 2)], ["0", "0", "0"]);
  },
  "rounding is exact and never shows minus zero"() {
    same(shownText(0.5932699921071872, 6), "0.593270");
    same(shownText(0.0821670405642308, 4), "0.0822");
    same(shownText(1.005, 2), "1.00"); // the binary value lies below 1.005
    same(shownText(-2.5e-9, 6), "−2.5e−9");
    truth(!/^−0\.?0*$/.test(shownText(-4e-7, 6)), "minus zero");
  },
  "short exact values stay as they are"() {
    same([shownText(0.05, 6), shownText(3, 2), shownText(-0.25, 4)], ["0.05", "3", "−0.25"]);
  },
  "the very small and the very large turn scientific"() {
    same(shownText(0.0000351085123, 8), "0.00003511");
    same(shownText(0.00000351085123, 6), "3.5109e−6");
    same(shownText(123456789.5, 6), "1.2346e8");
  },
  "what is not finite is said"() {
    same([shownText(Infinity, 6), shownText(-Infinity, 6), shownText(NaN, 6), fullText(NaN)], ["∞", "−∞", "NaN", "nan"]);
  },
  "full decimals show every digit with a true minus"() {
    same(shownText(-0.08216704056423077, "full"), "−0.08216704056423077");
  },
  "a number fits its box"() {
    for (const v of [0.593269992, -123.456789, 1e-9, 98765.4321]) truth(fitText(v, 6, 8).length <= 8, fitText(v, 6, 8));
  },
  "small helpers"() {
    same([pretty("-1e-7"), sizeText(3.2e-17), placesOf("0.0820"), placesOf("12")], ["−1e−7", "3e-17", 4, 0]);
  },
};
