"""Promise: the link of any step opens the same digits in another browser, and no link, however hostile, breaks the page."""

from __future__ import annotations

import math
import re
import urllib.parse
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from engine import Trace
from lessons.examples import for_lesson, load
from tests.stepping import WAIT, Stepper, addresses, ours, run_of

HUGE = "9" * 400
LONG = "7" * 5000
NUL = "%00"
HOSTILE = {
    "huge": f"u={HUGE}&s={HUGE}&g={HUGE}&ex={HUGE}&set={HUGE}&lang={HUGE}",
    "outside": "u=21&s=47&g=decade&ex=mazur-2-2-3&lang=de&set=W9[0,0]:1",
    "negative": "u=-1&s=-1&g=-1&ex=-1&set=-1&lang=-1",
    "not numbers": "u=NaN&s=Infinity&g=null&ex=undefined&lang=None&set=W1[0,0]:NaN",
    "powers": "u=1e400&s=1e3&set=W1[0,0]:1e400;eta[0,0]:1e300",
    "empty": "u=&s=&g=&ex=&set=&lang=",
    "only names": "u&s&g&ex&set&lang",
    "nul": f"u={NUL}&s={NUL}&g={NUL}&ex={NUL}&set={NUL}&lang={NUL}",
    "nul inside": f"u=1{NUL}&s=1{NUL}&g=unit{NUL}&set=W1[0,0]:0.2{NUL}",
    "long": f"u={LONG}&s={LONG}&g={LONG}&ex={LONG}&lang={LONG}&set={LONG}",
    "twice": "u=1&u=2&s=3&s=4&g=unit&g=pass&ex=mazur-2-2-2&ex=nonsense&set=W1[0,0]:1&set=W1[0,0]:2&lang=en&lang=zh",
    "a million units": "net=2-1000000sigmoid&ex=2-1000000sigmoid&set=W1[0,1000000]:1&loss=squared_error",
    "other digits": "u=١&s=²&set=W1[0,0]:١",
    "markup": "ex=<script>alert(1)</script>&set=<img src=x onerror=alert(1)>:1&g=<b>",
    "paths": "ex=../../etc/passwd&lang=../../etc/passwd&set=../../etc/passwd:1",
    "many edits": "set=" + ";".join(["W1[0,0]:1"] * 1500),
}
BAD_EDITS = {
    "W1[0,0]:abc": "not a finite number",
    "W1[0,0]:1e400": "not a finite number",
    "W1[0,0]:": "The field is empty",
    "W7[0,0]:1": "There is no number called “W7[0,0]”",
    "z1[0,0]:1": "is computed",
    "eta[0,0]:0": "out of range",
    "W1[0,0]:0.2;W1[0,1]:1e13": "out of range",
}


def healthy(page: Page) -> Stepper:
    """The page is one that a learner can use: a stepper that steps, and no sign of an accident."""
    stepper = Stepper(page)
    expect(page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]')).to_be_attached(timeout=WAIT)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page.get_by_test_id("stMain").get_by_test_id("stAlertContentError")).to_have_count(0)
    assert "Traceback" not in page.locator("body").inner_text()
    before = stepper.look()
    assert re.fullmatch(r"\d+ / \d+", before["count"])
    if stepper.button("Next step").get_attribute("aria-disabled"):
        stepper.button("Previous step").click()
        assert stepper.look()["address"] != before["address"]
    else:
        assert stepper.next()["address"] != before["address"]
    return stepper


def digits(stepper: Stepper) -> dict:
    """All that the step shows, but for autograd's badge: it comes when PyTorch has been loaded beside the page."""
    seen = stepper.look()
    return {**seen, "badges": [badge for badge in seen["badges"] if not badge.startswith("自动微分")]}


def test_a_link_opens_the_same_digits_elsewhere(server, visit: Callable) -> None:
    first = Stepper(visit(f"{server.url}/backpropagation?lang=zh"))
    first.root.locator(".nb-tool[aria-expanded]").click()
    first.type("w5", "0.1234567890123456789")
    expect(first.page).to_have_url(re.compile("set="), timeout=WAIT)
    first.type("x1", "-7e-9")
    expect(first.page).to_have_url(re.compile("x%5B0|x\\[0"), timeout=WAIT)
    edits = {"W2[0,0]": 0.1234567890123456789, "x[0,0]": -7e-9}
    trace = run_of(edits)
    first.shows(trace.value("z1[0,0]", 0))
    first.rest()
    first.press("ArrowDown")
    first.press("ArrowDown")
    first.press("End")
    for _ in range(5):
        first.press("ArrowRight")
    here = digits(first)
    assert here["grain"] == "layer"
    expect(first.page).to_have_url(re.compile(r"[?&]s=" + str(int(here["count"].split(" ")[0]) - 1) + "(&|$)"), timeout=WAIT)
    second = Stepper(visit(first.page.url, color_scheme="dark"))
    assert digits(second) == here
    assert float(here["result"]) == trace.value(*_at(here["address"]))
    second.button("Next step").click()
    first.button("Next step").click()
    assert digits(second) == digits(first)
    for stepper in (first, second):
        stepper.rest()
        stepper.press("Home")
    assert digits(first) == digits(second)
    _walk(second, trace)
    assert ours(second.page) == []


def _at(address: str) -> tuple[str, int]:
    name, _, update = address.partition("@")
    return name, int(update)


def _walk(stepper: Stepper, trace: Trace) -> None:
    for _ in range(6):
        seen = stepper.press("ArrowRight")
        assert float(seen["result"]) == trace.value(*_at(seen["address"]))


@pytest.mark.parametrize("lesson", ["forward_pass", "loss", "backpropagation", "gradient_descent"])
def test_every_lesson_restores_another_example(lesson: str, server, visit: Callable) -> None:
    name = for_lesson(lesson)[-1]
    chosen = load(name)
    trace, last = run_of(example=name), chosen.updates - 1
    op = len(trace.program.ops) - 1
    stepper = Stepper(visit(f"{server.url}/{lesson}?ex={urllib.parse.quote(name)}&u={last}&s={op}&g=pass"))
    stepper.agrees(trace, op, last)
    assert stepper.look()["grain"] == "pass"


def test_hostile_links_leave_a_page_that_works(server, visit: Callable) -> None:
    page = visit("about:blank")
    page.on("dialog", lambda dialog: pytest.fail("a script from the link ran"))
    for name, query in HOSTILE.items():
        page.goto(f"{server.url}/backpropagation?{query}")
        stepper = healthy(page)
        if name == "outside":
            assert "mazur-2-2-3" in page.get_by_test_id("stAlert").first.inner_text()
        print(name, stepper.look()["address"])  # noqa: T201
    assert "Traceback" not in server.log()
    assert ours(page) == []


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_bad_edit_in_a_link_says_a_sentence_and_keeps_the_example(lang: str, server, visit: Callable) -> None:
    page, trace = visit("about:blank"), run_of()
    for edit, part in list(BAD_EDITS.items())[:: 1 if lang == "en" else 3]:
        page.goto(f"{server.url}/backpropagation?lang={lang}&set={urllib.parse.quote(edit)}")
        stepper = Stepper(page)
        notice = stepper.root.get_by_role("alert").locator("visible=true").first
        expect(notice).to_have_text(re.compile(re.escape(part) if lang == "en" else "[\u4e00-\u9fff]"), timeout=WAIT)
        stepper.agrees(trace, 0)


def test_a_run_that_overflows_is_shown_as_it_is(server, visit: Callable) -> None:
    trace = run_of({"x[0,0]": 1e12, "eta[0,0]": 1e6}, "tiny-line")
    places = ((k, op) for k in range(trace.updates) for op in range(len(trace.program.ops)))
    update, op = next((k, op) for k, op in places if not math.isfinite(trace.value(addresses(trace)[op], k)))
    link = f"ex=tiny-line&set=x[0,0]:1e12;eta[0,0]:1e6&u={update}&s={op - 1}"
    page = visit(f"{server.url}/gradient_descent?{link}")
    seen = healthy(page).look()
    assert seen["address"] == f"{addresses(trace)[op]}@{update}"
    assert seen["result"] == str(trace.value(addresses(trace)[op], update))
    assert seen["shown"] in ("∞", "\u2212∞", "NaN")
    assert ours(page) == []
