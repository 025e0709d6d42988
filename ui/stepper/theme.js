// Light or dark: read from the page's background, and again whenever it changes.

// The relative brightness (0 to 1) of a computed colour such as "rgb(252, 252, 250)".
export function brightness(color) {
  const parts = (String(color).match(/[\d.]+/g) || []).map(Number);
  if (parts.length < 3 || (parts.length > 3 && parts[3] === 0)) return 1;
  const [r, g, b] = parts.map((part) => part / 255);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

// Keeps root's data-theme right. The probe element has the page's background with a transition, so a change of theme
// makes an event; nothing polls.
export function followTheme(root, probe) {
  const apply = () => {
    root.dataset.theme = brightness(getComputedStyle(probe).backgroundColor) < 0.4 ? "dark" : "light";
  };
  probe.addEventListener("transitionend", apply);
  probe.addEventListener("transitionrun", () => setTimeout(apply, 20));
  apply();
  return apply;
}
