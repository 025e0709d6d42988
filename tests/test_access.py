"""Promise: every page can be used with a keyboard and a screen reader, on a phone, and asks nobody else for anything.

axe-core looks at every page in light and dark at two widths, and at the stepper in each of its states. Findings at nodes that
Streamlit draws and we cannot change are exempted one by one in UPSTREAM.
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.stepping import WAIT, Stepper, ours
from ui.frame import SECTIONS

NAMES = [name for names in SECTIONS.values() for name in names]
STEPPED = (*SECTIONS["section.learn"], "your_example")  # pages that open with the stepper
WIDE, NARROW = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
# (rule, part of the node's HTML): Streamlit's own nodes, and why we cannot help it.
UPSTREAM: tuple[tuple[str, str], ...] = ()
NAMED = """(root) => {
  const told = (id) => root.getRootNode().getElementById(id)?.textContent || "";
  const name = (one) => one.getAttribute("aria-label")
    || (one.getAttribute("aria-labelledby") || "").split(" ").map(told).join("")
    || one.textContent || one.closest("label")?.textContent || "";
  const kinds = "button, [role=button], a[href], input, select, [role=slider], [role=switch], [tabindex='0']";
  return [...root.querySelectorAll(kinds)]
    .filter((one) => one.getClientRects().length && !name(one).trim()).map((one) => one.outerHTML.slice(0, 160));
}"""
# Beyond the page's edge Plotly keeps a picture that it measures text with; nobody meets it.
BARE = """(root) => {
  const told = "[aria-hidden=true], [aria-label], [aria-labelledby], [role=img], button, [data-testid=stIconMaterial]";
  return [...root.querySelectorAll("img, svg, canvas, [role=img]")]
    .filter((one) => one.getClientRects().length && !one.closest("#js-plotly-tester") && !one.closest(told))
    .filter((one) => !one.getAttribute("alt") && !one.querySelector("title")).map((one) => one.outerHTML.slice(0, 160));
}"""
FOCUS = """() => {
  let one = document.activeElement;
  while (one && one.shadowRoot && one.shadowRoot.activeElement) one = one.shadowRoot.activeElement;
  if (!one || one === document.body) return null;
  const style = getComputedStyle(one), box = one.getBoundingClientRect();
  const root = one.getRootNode().querySelector("[data-testid=stepper]");
  return {
    html: one.outerHTML.slice(0, 120), inside: Boolean(root && root.contains(one)),
    name: one.getAttribute("aria-label") || one.textContent.trim() || one.className.baseVal || one.className,
    // a ring, a shadow, or a stroke of its own
    ring: (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1) || style.boxShadow !== "none"
      || [...one.querySelectorAll("circle, rect, path")].some((part) => parseFloat(getComputedStyle(part).strokeWidth) >= 2),
    seen: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight,
  };
}"""
TABBABLE = """(root) => [...root.querySelectorAll("button, input, select, summary, a[href], [tabindex]")].filter((one) =>
  one.tabIndex >= 0 && !one.disabled && one.getClientRects().length && getComputedStyle(one).visibility === "visible").length"""


def findings(page: Page, **where: object) -> list[tuple[str, str, str]]:
    """Serious and critical findings of axe that are ours: (rule, node, what to do)."""
    rules = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    answer = Axe().run(page, options={"resultTypes": ["violations"], "runOnly": rules}, **where).response
    found = []
    for rule in answer["violations"]:
        for node in rule["nodes"]:
            if (node["impact"] or rule["impact"]) not in ("serious", "critical"):
                continue
            html = node["html"]
            if not any(rule["id"] == name and part in html for name, part in UPSTREAM):
                found.append((rule["id"], html[:200], f"{node['target']} {node['failureSummary'][:300]}"))
    return found


def ready(page: Page, name: str) -> None:
    """Everything on the page has been drawn, plots further down as well."""
    if name in STEPPED:
        Stepper(page)
    expect(page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]')).to_be_attached(timeout=WAIT)
    page.get_by_test_id("stMain").evaluate("(main) => main.scrollTo(0, main.scrollHeight)")
    page.wait_for_timeout(700)
    page.get_by_test_id("stMain").evaluate("(main) => main.scrollTo(0, 0)")
    page.wait_for_timeout(100)


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> Iterator[str]:
    yield request.param


@pytest.mark.parametrize("name", NAMES)
def test_axe_and_the_width_of_a_phone(name: str, scheme: str, server, visit: Callable) -> None:
    page = visit(f"{server.url}/{'' if name == 'home' else name}", color_scheme=scheme)
    ready(page, name)
    all_named(page)
    found = findings(page)
    page.set_viewport_size(NARROW)
    page.wait_for_timeout(600)
    found += findings(page)
    assert found == []
    assert page.evaluate("() => document.documentElement.scrollWidth") <= NARROW["width"]
    main = page.get_by_test_id("stMain")
    assert main.evaluate("(main) => main.scrollWidth - main.clientWidth") <= 0
    strangers = {url for url in page.asked if urllib.parse.urlsplit(url).hostname not in ("127.0.0.1", None, "")}
    assert strangers == set()
    assert ours(page) == []


def all_named(page: Page) -> None:
    """Every control has a name, and every picture a text in its place."""
    hosts = page.locator("body, .nabla, .nb-chart, .nb-player, .nb-root").all()
    assert [found for host in hosts for found in host.evaluate(NAMED)] == []
    assert [found for host in hosts for found in host.evaluate(BARE)] == []


def test_axe_in_every_state_of_the_stepper(scheme: str, server, visit: Callable) -> None:
    stepper = Stepper(visit(f"{server.url}/backpropagation?s=24", color_scheme=scheme))
    tools = stepper.root.locator(".nb-tools")
    found = []

    def look(state: str) -> None:
        stepper.page.wait_for_timeout(250)
        found.extend((state, *one) for one in findings(stepper.page, context="[data-testid=stVerticalBlock]"))

    tools.get_by_role("button", name="Edit numbers").click()
    stepper.type("w5", "NaN")
    expect(stepper.root.locator(".nb-numbers .nb-notice")).to_be_visible(timeout=WAIT)
    look("edit, refused")
    tools.get_by_role("button", name="As text").click()
    tools.get_by_role("button", name="Keys").click()
    look("as text, keys")
    tools.get_by_role("button", name="As text").click()
    stepper.root.locator(".nb-panel .nb-values .nb-tok").first.click()
    look("why")
    stepper.rest()
    for _ in range(3):
        stepper.press("Escape")
    stepper.root.get_by_role("radio", name="pass", exact=True).click()
    stepper.rest()
    stepper.press("End")
    look("last step, pass")
    stepper.press("p")
    look("present")
    assert found == []


def test_tab_reaches_everything_in_the_stepper_and_shows_where_it_is(server, visit: Callable) -> None:
    stepper = Stepper(visit(f"{server.url}/backpropagation?s=12"))
    page = stepper.page
    page.wait_for_timeout(500)
    count = stepper.root.evaluate(TABBABLE)
    assert count > 40
    stepper.root.get_by_role("combobox", name="Decimals").focus()
    seen = [page.evaluate(FOCUS)]
    for _ in range(count + 5):
        page.keyboard.press("Tab")
        spot = page.evaluate(FOCUS)
        if spot is None or not spot["inside"]:
            break
        seen.append(spot)
    assert len(seen) == count
    assert [spot for spot in seen if not spot["seen"]] == []
    assert [spot for spot in seen if not spot["ring"]] == []
    assert [spot for spot in seen if not spot["name"]] == []
    names = " ".join(spot["name"] for spot in seen)
    for name in ("Next step", "Previous step", "Play", "Edit numbers", "Present", "Copy link"):
        assert name in names
