// Small helpers to make nodes. Text always goes through textContent.

const SVG = "http://www.w3.org/2000/svg";

// h("button", {class: "x", onclick}, child, ...): an HTML element.
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  setAll(element, attributes);
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// The same for SVG.
export function s(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  setAll(element, attributes);
  element.append(...children);
  return element;
}

function setAll(element, attributes) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
}

// Write only what changed: the cheapest repaint is the one that does not happen.
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function setAttr(element, name, value) {
  if (value === null || value === false) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
  } else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}

const ICONS = {
  first: "M5 4.5v11 M15.5 4.5 8 10l7.5 5.5z",
  previous: "M14 4.5 6 10l8 5.5z",
  play: "M6 3.8 16 10 6 16.2z",
  pause: "M6.5 4v12 M13.5 4v12",
  next: "M6 4.5 14 10l-8 5.5z",
  last: "M15 4.5v11 M4.5 4.5 12 10l-7.5 5.5z",
  close: "M5 5l10 10 M15 5 5 15",
  back: "M12.5 4.5 7 10l5.5 5.5",
  undo: "M4 8h8a4 4 0 0 1 0 8H8 M7.5 4.5 4 8l3.5 3.5",
  reset: "M15.5 10a5.5 5.5 0 1 1-1.8-4.1 M15.5 3v3.6h-3.6",
  edit: "M4 16l.8-3.6L13 4.2a1.6 1.6 0 0 1 2.8 1.6 1.6 1.6 0 0 1-.5 1L7.300 15.200z",
  link: "M8.500 11.500a3 3 0 0 0 4.200 0l2.600-2.600a3 3 0 0 0-4.200-4.200l-1 1 M11.500 8.500a3 3 0 0 0-4.200 0l-2.600 2.600a3 3 0 0 0 4.200 4.200l1-1",
  present: "M3.500 7.500v-4h4 M12.500 3.500h4v4 M16.500 12.500v4h-4 M7.500 16.500h-4v-4",
  keys: "M7.300 7.400a2.700 2.700 0 1 1 3.900 2.500c-.8.4-1.200.9-1.200 1.800 M10 15v.2",
  table: "M3.500 4.500h13v11h-13z M3.500 8.500h13 M9 8.500v7",
};

// An icon drawn inline; it inherits the colour of the text.
export function icon(name) {
  return s("svg", { viewBox: "0 0 20 20", class: `nb-icon nb-icon-${name}`, "aria-hidden": "true", focusable: "false" }, s("path", { d: ICONS[name] }));
}
