// Enter in a blank of the sheet goes to the next one; behind the last stands the button that checks.
const ROW = '[class*="st-key-sheet_row_"] input';

export default function ({ parentElement }) {
  const page = parentElement.ownerDocument;
  const onKey = (event) => {
    const field = event.target;
    if (event.key !== "Enter" || event.isComposing || !(field instanceof Element) || !field.matches(ROW)) return;
    const fields = [...page.querySelectorAll(ROW)];
    const step = event.shiftKey ? -1 : 1;
    const next = fields[fields.indexOf(field) + step] ?? page.querySelector('.st-key-sheet_check button');
    // Streamlit takes the number over first; it listens to the same key.
    setTimeout(() => {
      next?.focus();
      next?.select?.();
    }, 0);
  };
  page.addEventListener("keydown", onKey);
  return () => page.removeEventListener("keydown", onKey);
}
