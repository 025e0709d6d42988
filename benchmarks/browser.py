"""How long a learner waits: from key, click or drag to paint in the stepper, and from address to usable page.

`python -m benchmarks.browser` starts servers of its own and chromium, and prints p50 and p95 in milliseconds. A paint is
counted in the page itself: performance.now() when the event arrives, to the second animation frame after it. Two frames of a
60 Hz screen, 17 to 33 ms, are therefore the least that can be measured; `script` ends with the event's own handlers.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.conftest import CHROMIUM_FLAGS, running

EVENTS = 60
LESSON = "backpropagation"
READY = "[data-testid=step-result]"
CLOCK = """(kinds) => {
  window.nablaTook = [];
  for (const kind of kinds) {
    let script = 0;
    addEventListener(kind, () => {
      const began = performance.now();
      requestAnimationFrame(() => requestAnimationFrame(() => window.nablaTook.push([performance.now() - began, script])));
    }, true);
    addEventListener(kind, (event) => (script = performance.now() - event.timeStamp), false);
  }
}"""


def percentile(values: list[float], share: float) -> float:
    """The value below which this share of the values lies."""
    return sorted(values)[min(len(values) - 1, round(share * (len(values) - 1)))]


def line(name: str, took: list[float], note: str = "") -> None:
    """One line of the table, in milliseconds."""
    print(f"{name:<44} {percentile(took, 0.5):>8.1f} {percentile(took, 0.95):>8.1f} {max(took):>8.1f} {len(took):>4}  {note}")


def timed(page: Page, kind: str, act: Callable[[int], object]) -> Iterator[tuple[float, float]]:
    """Do something EVENTS times and yield (milliseconds to paint, milliseconds of script) of the events of this kind."""
    page.evaluate(CLOCK, [kind])
    for number in range(EVENTS):
        page.evaluate("window.nablaTook.length = 0")
        act(number)
        page.wait_for_function("window.nablaTook.length > 0")
        yield tuple(page.evaluate("window.nablaTook[0]"))


def report(name: str, page: Page, kind: str, act: Callable[[int], object]) -> None:
    """Measure one kind of action and print its line."""
    took = list(timed(page, kind, act))
    script = [one[1] for one in took]
    line(name, [one[0] for one in took], f"script {statistics.median(script):.1f}, p95 {percentile(script, 0.95):.1f}")


def opened(browser: Browser, url: str) -> tuple[Page, float]:
    """A page in a private window, and the milliseconds until the stepper shows a number."""
    page = browser.new_context(viewport={"width": 1366, "height": 768}, locale="en-US").new_page()
    began = time.perf_counter()
    page.goto(url, wait_until="commit")
    page.locator(READY).wait_for(state="attached", timeout=60_000)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return page, 1000 * (time.perf_counter() - began)


def visits(browser: Browser, url: str, count: int) -> list[float]:
    """Milliseconds of so many visits, one after the other; each window is closed before the next."""
    took = []
    for _ in range(count):
        page, one = opened(browser, url)
        took.append(one)
        page.wait_for_timeout(1500)  # the rest of the page comes in
        page.context.close()
        time.sleep(1)
    return took


def steps(page: Page) -> None:
    """Everything that the browser does alone."""
    root = page.get_by_test_id("stepper")
    page.wait_for_timeout(8000)  # plots are drawn and PyTorch is there
    panel, ready = root.locator(".nb-panel"), page.keyboard.press
    panel.focus()
    report("next step, key", page, "keydown", lambda _: ready("ArrowRight"))
    report("previous step, key", page, "keydown", lambda _: ready("ArrowLeft"))
    button = root.get_by_role("button", name="Next step").bounding_box()
    middle = (button["x"] + button["width"] / 2, button["y"] + button["height"] / 2)
    report("next step, click", page, "click", lambda _: page.mouse.click(*middle))
    panel.focus()
    ready("Home")
    ready("Home")

    def why(_: int) -> None:
        ready("Escape")
        box = panel.locator(".nb-values .nb-tok").first.bounding_box()
        page.evaluate("window.nablaTook.length = 0")
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    report("click on a number", page, "click", why)
    ready("Escape")
    track = root.locator(".nb-track").bounding_box()
    page.mouse.move(track["x"] + 2, track["y"] + 6)
    page.mouse.down()

    def drag(number: int) -> None:
        share = (number * 17 % EVENTS + 0.5) / EVENTS
        page.mouse.move(track["x"] + track["width"] * share, track["y"] + 6)

    report("scrub", page, "pointermove", drag)
    page.mouse.up()


def changes(page: Page) -> list[float]:
    """Milliseconds from a click on a lesson in the sidebar to its stepper."""
    took = []
    for number in range(12):
        link = page.get_by_test_id("stSidebarNavLink").nth(1 + number % 4)
        mark = f"stepper_{('forward_pass', 'loss', 'backpropagation', 'gradient_descent')[number % 4]}"
        began = time.perf_counter()
        link.click()
        page.locator(f".st-key-{mark} {READY}").wait_for(state="attached", timeout=30_000)
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        took.append(1000 * (time.perf_counter() - began))
        page.wait_for_timeout(1500)
    return took


def main() -> None:
    """Measure and print."""
    path = next(p for name in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(name)))
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        print(f"{'milliseconds':<44} {'p50':>8} {'p95':>8} {'most':>8} {'n':>4}")
        cold = []
        for _ in range(3):
            with running("serve", Path(folder)) as server:
                cold += visits(browser, f"{server.url}/{LESSON}", 1)
        line("lesson ready, first visitor of a new server", cold)
        with running("serve", Path(folder)) as server:
            page, _ = opened(browser, f"{server.url}/{LESSON}")
            steps(page)
            line("from lesson to lesson", changes(page)[4:])
            page.context.close()
            line("lesson ready, later visitor", visits(browser, f"{server.url}/{LESSON}", 8))
        browser.close()


if __name__ == "__main__":
    main()
