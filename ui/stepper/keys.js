// The keyboard: keys work while the focus is in the stepper, or nowhere in particular.

const REGISTER = Symbol.for("nabla.steppers"); // the steppers of the page, the one used last at the end

const MOVES = {
  ArrowRight: "next", ArrowLeft: "previous", ArrowDown: "coarser", ArrowUp: "finer", Home: "first", End: "last", " ": "togglePlay",
  p: "togglePresent", P: "togglePresent", "?": "toggleKeys", Escape: "escape",
};

// What a key press should do: the name of an action, or null. target: the element with the focus.
export function keyAction({ key, ctrl, meta, alt, shift }, { tag, editable, role, inside, bar }) {
  if (alt) return null;
  const typing = editable || tag === "TEXTAREA" || tag === "SELECT" || tag === "INPUT";
  if (ctrl || meta) return key.toLowerCase() === "z" && !shift && !typing ? "undo" : null;
  const action = MOVES[key];
  if (!action) return null;
  if (key === "Escape") return inside || tag === "BODY" ? action : null;
  if (typing) return null;
  if (!inside && (role === "slider" || role === "radio" || role === "radiogroup" || role === "tab" || tag !== "BODY")) return null;
  const pressed = tag === "BUTTON" || tag === "A" || tag === "SUMMARY" || role === "button";
  if (key === " " && pressed && !bar) return null;
  return action;
}

// Listens on the document; returns a function that stops listening.
export function listenKeys(root, act) {
  const register = (document[REGISTER] ??= []);
  register.push(root);
  const use = () => {
    register.splice(register.indexOf(root), 1);
    register.push(root);
  };
  const onKey = (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    const path = event.composedPath();
    const inside = path.includes(root);
    const target = path[0];
    const nowhere = document.activeElement === document.body || document.activeElement === null;
    if (!inside && (!nowhere || chosen(register) !== root)) return;
    const element = target instanceof Element ? target : document.body;
    const about = { tag: inside ? element.tagName : "BODY", editable: Boolean(element.isContentEditable), role: element.getAttribute("role"), inside };
    const action = keyAction({ key: event.key, ctrl: event.ctrlKey, meta: event.metaKey, alt: event.altKey, shift: event.shiftKey }, about);
    if (!action || act(action) === false) return;
    event.preventDefault();
  };
  document.addEventListener("keydown", onKey);
  root.addEventListener("pointerdown", use);
  root.addEventListener("focusin", use);
  return () => {
    document.removeEventListener("keydown", onKey);
    const at = register.indexOf(root);
    if (at >= 0) register.splice(at, 1);
  };
}

// Of several steppers: the one used last, among those that can be seen.
function chosen(register) {
  const seen = register.filter((root) => {
    const box = root.getBoundingClientRect();
    return root.isConnected && box.height > 0 && box.bottom > 0 && box.top < window.innerHeight;
  });
  return seen[seen.length - 1] || null;
}
