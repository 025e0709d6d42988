import stepper from "/bundle.js";
import { samplePayload } from "./sample.js";
import { same, truth } from "./check.js";

const sent = [];

function mounted(words, changes = {}) {
  const host = document.createElement("div");
  host.style.width = "1060px";
  document.body.append(host);
  const parentElement = host.attachShadow({ mode: "open" });
  const send = (data) => stepper({ data: { ...data, words }, parentElement, setStateValue: (name, value) => sent.push([name, value]), setTriggerValue() {} });
  const leave = send(samplePayload(changes));
  const find = (selector) => parentElement.querySelector(selector);
  return { parentElement, send, find, text: (id) => find(`[data-testid="${id}"]`).textContent, done: () => (leave(), host.remove()) };
}

const press = (key) => document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, composed: true, cancelable: true }));

export default {
  "a step is shown as text"(words) {
    const { text, done } = mounted(words, { position: { update: 0, op: 6, grain: "operation" } });
    same([text("step-result"), text("step-phase"), text("step-count"), text("step-address")], ["-16", "backward", "7 / 10", "dW1[0,0]@0"]);
    done();
  },
  "keys step once, and not after leaving"(words) {
    const { text, done } = mounted(words);
    press("ArrowRight");
    same(text("step-count"), "2 / 10");
    press("ArrowLeft");
    same(text("step-count"), "1 / 10");
    let heard = 0;
    const count = () => (heard += 1);
    window.addEventListener("nabla:step", count);
    done();
    press("ArrowRight");
    window.removeEventListener("nabla:step", count);
    same(heard, 0);
  },
  "of two steppers one key moves one"(words) {
    const [first, second] = [mounted(words), mounted(words)];
    press("ArrowRight");
    same([first.text("step-count"), second.text("step-count")].sort(), ["1 / 10", "2 / 10"]);
    first.done();
    second.done();
  },
  "every control has its stable name"(words) {
    const { parentElement, done } = mounted(words);
    for (const name of ["First step", "Previous step", "Play", "Next step", "Last step"]) same(parentElement.querySelectorAll(`button[aria-label="${name}"]`).length, 1, name);
    done();
  },
  "new data keeps the place, the nodes and the typed text"(words) {
    const { send, text, find, done } = mounted(words);
    press("ArrowRight");
    const picture = find(".nb-net");
    [...find(".nb-tools").querySelectorAll("button")].find((button) => button.textContent.includes(words.edit)).click();
    const box = find(".nb-numbers input");
    box.value = "1e400";
    box.dispatchEvent(new Event("change"));
    same(sent.at(-1)[0], "edit");
    same([sent.at(-1)[1].address, sent.at(-1)[1].text], ["x[0,0]", "1e400"]);
    send(samplePayload({ notice: { level: "refused", text: "Not finite." } }));
    same([text("step-count"), find(".nb-net") === picture, box.value], ["2 / 10", true, "1e400"]);
    truth(find(".nb-numbers .nb-notice").textContent === "Not finite.", "notice");
    done();
  },
  "why goes back to the givens and across updates"(words) {
    const { find, parentElement, done } = mounted(words, { position: { update: 1, op: 0, grain: "operation" } });
    find(".nb-values .nb-tok").click();
    truth(find(".nb-why"), "open");
    find(".nb-why .nb-chip").click();
    same(parentElement.querySelectorAll(".nb-crumbs li").length, 2);
    same(find('.nb-crumbs [aria-current="true"]').textContent, "w′");
    press("Escape");
    same(find(".nb-why"), null);
    done();
  },
  "a disagreeing witness is said to disagree"(words) {
    const { parentElement, done } = mounted(words, { position: { update: 0, op: 6, grain: "operation" } });
    same([...parentElement.querySelectorAll(".nb-badge")].map((badge) => badge.className.split("-").pop()), ["good", "bad", "good"]);
    done();
  },
  "a prediction is taken back up after the step"(words) {
    const { find, done } = mounted(words, { position: { update: 0, op: 5, grain: "operation" } });
    find(".nb-option").click();
    press("ArrowRight");
    truth(find(".nb-feedback").textContent.includes("negative"), "feedback");
    done();
  },
  "a refused edit is told in a region that is always there"(words) {
    const { send, find, parentElement, done } = mounted(words);
    const alert = find('[role="alert"]');
    same([alert.textContent, parentElement.querySelectorAll('[role="alert"]').length], ["", 1]);
    send(samplePayload({ notice: { level: "refused", text: "Not finite." } }));
    truth(find('[role="alert"]') === alert && alert.textContent === "Not finite." && !alert.classList.contains("nb-hidden"), "told and seen");
    press("ArrowRight");
    same(alert.textContent, "");
    done();
  },
  "the picture can be skipped"(words) {
    const { find, parentElement, done } = mounted(words);
    const skip = find(".nb-skip");
    truth(skip.compareDocumentPosition(find(".nb-net")) & Node.DOCUMENT_POSITION_FOLLOWING, "before the picture");
    skip.click();
    truth(parentElement.activeElement === find(".nb-panel"), "on to the step");
    done();
  },
};
