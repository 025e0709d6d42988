"""Promise: what is no number is refused with a sentence in the page's language, and the last good state stays."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote_plus

import pytest
from playwright.sync_api import Locator, expect

from engine import Refused
from engine.edit import edited
from engine.link import parse_number
from lessons.examples import load
from tests.stepping import MAZUR, WAIT, Stepper, ours, run_of
from ui.refusals import sentence

TYPED = [
    "NaN", "1e400", "-1e400", "Infinity", "inf", "", "   ", "a half", "二分之一", "0,5", "−3", "+.5", "０．５", "－１",
    "1.5e-3", "1e", "0x10", "1_000", "1,000,5", "1,5.0", "--1", "٣", "½", "1/2", "1e13", "-1e12", "=1", "<b>1</b>",
    "0" * 59 + "5", "1" * 61,
]  # fmt: skip
RATES = ["0", "-1", "1e-10", "1e7", "1000000"]


@pytest.fixture
def wanted(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str, str], float | str]:
    """The value that the engine takes a typed text for, or the sentence that refuses it."""

    def judge(address: str, typed: str, lang: str) -> float | str:
        monkeypatch.setattr("ui.refusals.language", lambda: lang)
        try:
            value = parse_number(typed)
            edited(load(MAZUR).experiment, {address: value})
        except Refused as refused:
            return sentence(refused)
        return value

    return judge


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_typed_into_the_table_of_numbers(lang: str, server, visit: Callable, wanted: Callable) -> None:
    stepper = Stepper(visit(f"{server.url}/backpropagation?lang={lang}"))
    notice = _open_table(stepper)
    good: dict[str, float] = {}
    for address, name, cases in (("W1[0,0]", "w1", TYPED), ("eta[0,0]", "η", RATES)):
        box = stepper.root.get_by_role("textbox", name=name, exact=True)
        for typed in cases if lang == "en" else cases[::3]:
            expected = wanted(address, typed, lang)
            stepper.type(name, typed)
            if isinstance(expected, float):
                good[address] = expected
                expect(stepper.page).to_have_url(re.compile(re.escape(_shown(address, expected))), timeout=WAIT)
                expect(notice).to_be_hidden(timeout=WAIT)
            else:
                expect(notice).to_have_text(expected, timeout=WAIT)
                expect(box).to_have_attribute("aria-invalid", "true")
                expect(box).to_have_value(typed)  # so that it can be mended
                assert lang == "en" or re.search("[\u4e00-\u9fff]", expected)
            stepper.shows(run_of(good).value("z1[0,0]", 0))
    assert "Traceback" not in server.log()
    assert ours(stepper.page) == []


def test_the_old_number_typed_back_takes_the_sentence_away(server, visit: Callable) -> None:
    stepper = Stepper(visit(f"{server.url}/backpropagation"))
    notice = _open_table(stepper)
    stepper.type("w1", "NaN")
    expect(notice).to_be_visible(timeout=WAIT)
    stepper.type("w1", "0.15")
    expect(notice).to_be_hidden(timeout=5000)
    expect(stepper.root.get_by_role("textbox", name="w1", exact=True)).not_to_have_attribute("aria-invalid", "true")


def _open_table(stepper: Stepper) -> Locator:
    stepper.root.locator(".nb-tool[aria-expanded]").click()
    return stepper.root.locator(".nb-numbers .nb-notice")


def _shown(address: str, value: float) -> str:
    return quote_plus(f"{address}:{repr(value).removesuffix('.0')}")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_typed_into_the_box_under_why(lang: str, server, visit: Callable, wanted: Callable) -> None:
    stepper, trace = Stepper(visit(f"{server.url}/backpropagation?lang={lang}")), run_of()
    stepper.root.locator(".nb-panel .nb-values .nb-tok").first.click()
    box = stepper.root.locator(".nb-why input")
    for typed in ("NaN", "1e400", "", "half"):
        box.fill(typed)
        box.press("Enter")
        expected = str(wanted("W1[0,0]", typed, lang))
        expect(stepper.root.locator(".nb-why .nb-notice")).to_have_text(expected, timeout=WAIT)
        stepper.shows(trace.value("z1[0,0]", 0))
    box.fill("０，２")
    box.press("Enter")
    stepper.shows(run_of({"W1[0,0]": 0.2}).value("z1[0,0]", 0))
    expect(stepper.root.locator(".nb-why .nb-notice")).to_have_count(0)
