"""A stepper on a page as a tester's hand: its buttons, what it exposes, and what the engine says about the same numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from playwright.sync_api import Locator, Page, expect

from engine import Trace, record_run
from engine.edit import edited
from lessons.examples import load

MAZUR = "mazur-2-2-2"
WAIT = 30_000  # milliseconds for a page or an edit, on a machine that does other things as well
LOOK = """(root) => {
  const text = (one) => one ? one.textContent : null;
  const part = (name) => text(root.querySelector(`[data-testid=step-${name}]`));
  return {
    result: part("result"), phase: part("phase"), count: part("count"), address: part("address"),
    shown: text(root.querySelector(".nb-panel .nb-result .nb-tok")),
    sign: text(root.querySelector(".nb-panel .nb-result .nb-eqsign")),
    lines: root.querySelectorAll(".nb-panel .nb-eq .nb-line").length, rows: root.querySelectorAll(".nb-ledger tbody tr").length,
    grain: root.querySelector(".nb-grain[aria-checked=true]").dataset.grain, why: Boolean(root.querySelector(".nb-why")),
    kicker: text(root.querySelector(".nb-kicker")),
    badges: [...root.querySelectorAll(".nb-panel .nb-badge")].map(text),
  };
}"""
# Watches every frame: the same node, tall, with a picture and with a result. Reading and starting again in one call.
WATCH = """(root) => {
  const seen = { frames: 0, least: Infinity, gone: 0, empty: 0 };
  root.nablaSeen = seen;
  const look = () => {
    if (root.nablaSeen !== seen) return;
    seen.frames += 1;
    if (!root.isConnected) seen.gone += 1;
    seen.least = Math.min(seen.least, root.getBoundingClientRect().height);
    const picture = root.querySelector(".nb-diagram svg");
    const card = root.querySelector(".nb-panel .nb-body");
    if (!picture || picture.childElementCount === 0 || !card || !card.textContent) seen.empty += 1;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""


def run_of(edits: Mapping[str, float] | None = None, example: str = MAZUR) -> Trace:
    """The engine's own record of an example, with a learner's edits."""
    chosen = load(example)
    return record_run(edited(chosen.experiment, edits or {}), chosen.updates)


def addresses(trace: Trace) -> list[str]:
    """The addresses of one update's operations, in the order of the finest grain."""
    return [trace.program.addresses[op.index] for op in trace.program.ops]


def rounds_to(shown: str, sign: str, value: float) -> bool:
    """Whether a displayed number is the value, or a correct rounding of it that says so with ≈."""
    text = shown.strip("()").replace("\u2212", "-")
    if float(text) == value:
        return sign == "="
    number = Decimal(text)
    half = Decimal(5).scaleb(number.as_tuple().exponent - 1)
    return sign == "≈" and abs(number - Decimal(value)) <= half


class Stepper:
    """The one stepper of a page, found by what people and screen readers find it by."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root: Locator = page.get_by_test_id("stepper")
        expect(self.button("Next step")).to_be_visible(timeout=WAIT)

    def button(self, name: str) -> Locator:
        return self.root.get_by_role("button", name=name, exact=True)

    def look(self) -> dict[str, Any]:
        """Everything that the stepper exposes right now."""
        return self.root.evaluate(LOOK)

    def next(self) -> dict[str, Any]:
        self.button("Next step").click()
        return self.look()

    def press(self, key: str) -> dict[str, Any]:
        self.page.keyboard.press(key)
        return self.look()

    def rest(self) -> None:
        """Put the keyboard focus on the stepper itself, where no box and no button uses the keys."""
        self.root.locator(".nb-panel").focus()

    def type(self, name: str, text: str) -> None:
        """Type over a number in the open table of numbers."""
        box = self.root.get_by_role("textbox", name=name, exact=True)
        box.fill(text)
        box.press("Enter")

    def shows(self, result: float) -> None:
        """Wait until the current step's result is exactly this number."""
        expect(self.root.get_by_test_id("step-result")).to_have_text(as_javascript(result), timeout=WAIT)

    def agrees(self, trace: Trace, op: int, update: int = 0) -> None:
        """Address, phase, count and result of the current step are the engine's, to the last bit; the display rounds well."""
        seen, name = self.look(), addresses(trace)[op]
        assert seen["address"] == f"{name}@{update}"
        assert seen["phase"] == trace.program.ops[op].phase
        assert seen["count"] == f"{op + 1} / {len(trace.program.ops)}"
        assert float(seen["result"]) == trace.value(name, update), name
        if seen["shown"] is not None and not seen["why"] and seen["grain"] == "operation":
            assert rounds_to(seen["shown"], seen["sign"], trace.value(name, update)), (seen["shown"], name)

    def watch(self) -> Callable[[], dict[str, float]]:
        """Look at every frame from now on; the returned function says what was seen."""
        node = self.root.element_handle()
        node.evaluate(WATCH)
        return lambda: node.evaluate("(root) => root.nablaSeen")


def as_javascript(value: float) -> str:
    """A float64 as JavaScript writes it: the shortest text that reads back the same."""
    text = repr(value).removesuffix(".0")
    mantissa, e, exponent = text.partition("e")
    if e and -7 < int(exponent) < 0:  # Python changes to powers of ten two digits earlier
        return f"{Decimal(text):f}"
    return f"{mantissa}e{int(exponent):+d}" if e else text


def ours(page: Page) -> list[str]:
    """What the page's console complained about, without Streamlit's search for itself below the page's address."""
    return [text for text in page.complaints if "404" not in text]  # type: ignore[attr-defined]
