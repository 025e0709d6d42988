// The row of tools above the picture, and the sheet of keys.

import { h, icon, setAttr } from "./dom.js";

const DECIMALS = ["2", "4", "6", "8", "full"];

export function createTools(ctx, model, w) {
  const decimals = h("select", { class: "nb-select", "aria-label": w("decimals") }, DECIMALS.map((value) => h("option", { value }, value === "full" ? w("decimals.full") : value)));
  decimals.addEventListener("change", () => ctx.decimals(decimals.value));
  const tool = (name, text, act, extra = {}) => h("button", { type: "button", class: "nb-tool", onclick: act, ...extra }, icon(name), h("span", { class: "nb-tool-text", "aria-live": name === "link" ? "polite" : null }, text));
  const predict = h("button", { type: "button", role: "switch", class: "nb-switch", onclick: ctx.togglePredict }, h("span", { class: "nb-knob", "aria-hidden": "true" }), h("span", {}, w("predictions")));
  const twin = tool("table", w("twin.show"), ctx.toggleTwin, { "aria-pressed": "false", title: w("twin.help") });
  const edit = model.editable.size ? tool("edit", w("edit"), () => ctx.toggleEdit(), { "aria-expanded": "false" }) : null;
  const reset = model.editable.size ? tool("reset", w("reset"), ctx.reset, { title: w("reset.help") }) : null;
  const link = tool("link", w("copy_link"), () => copyLink(link, w));
  const present = tool("present", w("present"), ctx.togglePresent, { "data-tool": "present", "aria-pressed": "false", title: `${w("present")} (P)` });
  const keys = h("button", { type: "button", class: "nb-icon-button", "aria-label": w("keys"), title: `${w("keys")} (?)`, "aria-expanded": "false", onclick: ctx.toggleKeys }, icon("keys"));
  const questions = (model.payload.questions || []).length > 0;
  const from = model.payload.source || model.payload.title; // the name itself stands in the picker above
  const title = h("h2", { class: "nb-title", title: from }, from);
  const root = h("header", { class: "nb-tools" }, title, h("div", { class: "nb-tool-row", role: "group", "aria-label": w("tools") },
    h("label", { class: "nb-field" }, h("span", {}, w("decimals")), decimals), questions ? predict : null, twin, edit, reset, link, present, keys));
  const sheet = keySheet(ctx, w);
  return {
    root, sheet,
    update(view) {
      if (decimals.value !== String(view.decimals)) decimals.value = String(view.decimals);
      setAttr(predict, "aria-checked", String(view.predict));
      setAttr(twin, "aria-pressed", String(view.twin));
      setAttr(present, "aria-pressed", String(view.present));
      if (edit) setAttr(edit, "aria-expanded", String(view.editing));
      if (reset) setAttr(reset, "aria-disabled", view.model.edited.size || view.model.payload.canUndo ? null : "true");
      setAttr(keys, "aria-expanded", String(view.keys));
      sheet.hidden = !view.keys;
    },
  };
}

async function copyLink(button, w) {
  const text = button.querySelector(".nb-tool-text");
  let done = true;
  try {
    await navigator.clipboard.writeText(window.location.href);
  } catch {
    done = copyBySelection(window.location.href);
  }
  text.textContent = w(done ? "copied" : "copy_failed");
  text.classList.add("nb-said");
  setTimeout(() => {
    text.textContent = w("copy_link");
    text.classList.remove("nb-said");
  }, 1800);
}

// Pages without https have no clipboard interface; the old command still works there.
function copyBySelection(value) {
  const area = h("textarea", { style: "position:fixed;opacity:0", "aria-hidden": "true" });
  area.value = value;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}

function keySheet(ctx, w) {
  const rows = [["← →", "key.step"], ["↑ ↓", "key.grain"], ["Home End", "key.ends"], [w("key.space_name"), "key.play"], ["P", "key.present"], ["Ctrl+Z", "key.undo"], ["Esc", "key.escape"], ["?", "key.sheet"]];
  const list = rows.map(([key, text]) => [h("dt", {}, key.split(" ").map((one) => h("kbd", {}, one))), h("dd", {}, w(text))]);
  const close = h("button", { type: "button", class: "nb-icon-button", "aria-label": w("close"), onclick: ctx.toggleKeys }, icon("close"));
  return h("aside", { class: "nb-card nb-sheet", hidden: "", "aria-label": w("keys") }, h("header", { class: "nb-card-head" }, h("h3", {}, w("keys")), close), h("dl", {}, list), h("p", { class: "nb-muted" }, w("keys.note")));
}
