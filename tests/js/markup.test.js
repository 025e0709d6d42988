import { fold } from "/stepper/equation.js";
import { markupNode, markupRuns, parseMarkup, plainMarkup, plainOf } from "/stepper/markup.js";
import { same, truth } from "./check.js";

export default {
  "symbols read as plain text"() {
    same(plainMarkup("\\partial L/\\partial w_5"), "∂L/∂w5");
    same(plainMarkup("z_{h_{12}}^{(3)}"), "zh12(3)");
    same(plainMarkup("\\hat{y}"), "ŷ");
    same(plainMarkup("w_5'"), "w5′");
    same(plainMarkup("\\frac{1}{1 + e^{-z}}"), "1 / (1 + e^(-z))");
  },
  "placeholders are filled"() {
    same(plainOf(parseMarkup("#0 \\cdot #1 + #2"), ["w", "x", "b"]), "w · x + b");
    const node = markupNode(parseMarkup("#0 - #1 \\cdot #2^2"), { numbers: true, hole: (n, { first, powered }) => document.createTextNode(`<${n}${first ? "f" : ""}${powered ? "p" : ""}>`) });
    same(node.textContent, "<0f>−<1>×<2p>2");
  },
  "markup never becomes elements of its own"() {
    const node = markupNode(parseMarkup("<img src=x onerror=alert(1)>"));
    same(node.querySelectorAll("img").length, 0);
    truth(node.textContent.includes("<"), "kept as text");
  },
  "subscripts become runs"() {
    same(markupRuns("w_5").map(({ t, level, italic }) => [t, level, italic]), [["w", 0, true], ["5", -1, false]]);
    same(markupRuns("z_{h_1}").map(({ level }) => level), [0, -1, -2]);
  },
  "a long sum is folded"() {
    const long = Array.from({ length: 12 }, (_, i) => `#${2 * i} \\cdot #${2 * i + 1}`).join(" + ");
    const plain = plainOf(fold(parseMarkup(long), false), { "-8": "…", ...Array.from({ length: 24 }, (_, i) => i) });
    same(plain, "0 · 1 + 2 · 3 + 4 · 5 + … + 22 · 23");
    same(fold(parseMarkup(long), true), parseMarkup(long));
    same(fold(parseMarkup("#0 + #1"), false).c.length, 3);
  },
  "broken markup does not break the page"() {
    for (const text of ["", "{", "}", "\\frac{1}", "_", "^", "\\", "a_{", "\\unknown x"]) markupNode(parseMarkup(text));
  },
};
