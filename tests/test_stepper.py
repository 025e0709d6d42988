"""Promise: the stepper in a real browser shows the engine's numbers, every one, at once, and never waits for the server."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from lessons.examples import judged, load
from lessons.questions import questions
from tests.stepping import MAZUR, WAIT, Stepper, addresses, ours, run_of
from ui.i18n import text

LAST = 46  # the index of the last of Mazur's 47 operations


@pytest.fixture
def at(server, visit: Callable) -> Callable[..., Stepper]:
    """Open the stepper of a lesson: at("u=1&s=4", lesson="loss", …)."""

    def open_it(query: str = "", lesson: str = "backpropagation", **options: object) -> Stepper:
        return Stepper(visit(f"{server.url}/{lesson}?{query}", **options))

    return open_it


def test_every_number_by_button_by_key_and_back(at: Callable) -> None:
    trace, stepper = run_of(), at()
    node = stepper.root.element_handle()
    seen = stepper.watch()
    figures = {(one.figure.address, one.figure.update): one for one in judged(load(MAZUR))}
    for op, address in enumerate(addresses(trace)):
        stepper.agrees(trace, op)
        look = stepper.look()
        assert look["rows"] == op + 1
        assert look["lines"] in (2, 3)  # symbols, numbers unless the symbols are one number, result
        told = [badge for badge in look["badges"] if badge.startswith("published")]
        figure = figures.get((address, 0))
        assert len(told) == (figure is not None), address
        if figure:
            assert told[0].replace("\u2212", "-").startswith(f"published {figure.figure.text}")
            assert ("✓" in told[0]) == (figure.verdict == "match"), told
        assert not [badge for badge in look["badges"] if "✗" in badge]
        if op < LAST:
            stepper.next()
    for op in range(LAST - 1, -1, -1):
        stepper.button("Previous step").click()
        stepper.agrees(trace, op)
    stepper.rest()
    for op in range(1, LAST + 1):
        stepper.press("ArrowRight")
        stepper.agrees(trace, op)
    assert stepper.press("ArrowRight")["address"] == "z1[0,0]@1"  # on into the second update
    stepper.agrees(trace, 0, 1)
    stepper.press("ArrowLeft")
    stepper.agrees(trace, LAST)
    told = seen()
    assert told["frames"] > 20
    assert (told["gone"], told["empty"]) == (0, 0)
    assert told["least"] > 300
    assert node.evaluate("(old, now) => old === now", stepper.root.element_handle())
    assert ours(stepper.page) == []


def test_ends_and_grains(at: Callable) -> None:
    trace, stepper = run_of(), at("s=4")
    stepper.agrees(trace, 4)
    stepper.rest()
    stepper.press("Home")
    stepper.agrees(trace, 0)
    stepper.press("End")
    stepper.agrees(trace, LAST)
    stepper.press("End")
    stepper.agrees(trace, LAST, 19)
    assert stepper.button("Next step").get_attribute("aria-disabled") == "true"
    stepper.press("Home")
    assert stepper.press("Home")["address"] == "z1[0,0]@0"
    stepper.button("Last step").click()
    stepper.agrees(trace, LAST)
    stepper.button("First step").click()
    stepper.agrees(trace, 0)
    names = ["operation", "unit", "layer", "pass", "update", "epoch"]
    for name in names[1:]:
        assert stepper.press("ArrowDown")["grain"] == name
    assert stepper.press("ArrowDown")["grain"] == "epoch"
    for name in names[-2::-1]:
        assert stepper.press("ArrowUp")["grain"] == name
    ends = {"unit": [1, 3, 5, 7, 8], "layer": [3, 7, 10], "pass": [7, 10, 38, 46]}
    for grain, stops in ends.items():
        stepper.press("Home")
        stepper.root.get_by_role("radio", name=grain, exact=True).click()
        stepper.rest()
        walked = [addresses(trace).index(stepper.press("ArrowRight")["address"].partition("@")[0]) for _ in stops]
        assert walked == stops, grain
    stepper.root.get_by_role("radio", name="update", exact=True).click()
    stepper.rest()
    assert stepper.press("ArrowRight")["address"].endswith("@1")
    assert stepper.press("ArrowLeft")["address"].endswith("@0")
    assert ours(stepper.page) == []


def test_why_leads_to_the_givens_and_across_updates(at: Callable) -> None:
    trace, stepper = run_of(), at("u=1&s=4")
    program = trace.program
    writers = {op.index: op for op in program.ops}
    made = {program.addresses[given]: program.addresses[result] for given, result in program.carry.items()}
    stepper.root.locator(".nb-panel .nb-values .nb-tok").first.click()  # w5, as the second update finds it
    address, update, seen = "W2[0,0]", 1, set()
    for _ in range(12):
        why = stepper.root.locator(".nb-why")
        full = why.locator(".nb-result .nb-tok").text_content() or ""
        assert float(full.replace("\u2212", "-")) == trace.value(address, update)
        index = program.find(address)
        if index in writers:
            expected = [(program.addresses[i], update) for i in dict.fromkeys(writers[index].reads)]
            assert why.locator(".nb-eq .nb-line").count() >= 1
        else:
            expected = [(made[address], update - 1)] if update and address in made else []
        chips = why.locator(".nb-chips").first.locator(".nb-chip") if expected else None
        if chips is None:
            break
        told = [chip.get_attribute("aria-label").rpartition(" = ")[2] for chip in chips.all()]
        assert [float(one) for one in told] == [trace.value(*one) for one in expected]
        # the operand that has most behind it: gradients before weights
        pick = max(range(len(expected)), key=lambda k: (expected[k][0][0] in "dsp", expected[k][0][0] in "az", k))
        address, update = expected[pick]
        seen.add(update)
        chips.nth(pick).click()
    assert seen == {0}  # from the second update back into the first
    assert address[0] in "xtWbe", address  # and down to something given
    assert "given" in stepper.root.locator(".nb-why .nb-say").last.text_content()
    stepper.page.keyboard.press("Escape")
    assert not stepper.look()["why"]
    stepper.agrees(trace, 4, 1)
    stepper.root.locator(".nb-ledger tbody tr").nth(1).get_by_role("button").click()
    expect(stepper.root.locator(".nb-why .nb-result .nb-tok")).to_have_text(repr(trace.value("a1[0,0]", 1)))
    stepper.button("Close").last.click()
    assert not stepper.look()["why"]


def test_an_edit_changes_everything_after_it_and_can_be_undone(at: Callable) -> None:
    trace, stepper = run_of(), at("s=10")
    node = stepper.root.element_handle()
    stepper.agrees(trace, 10)
    seen = stepper.watch()
    stepper.button("Edit numbers").click()
    stepper.type("w5", "0.75")
    once = run_of({"W2[0,0]": 0.75})
    stepper.shows(once.value("L[0,0]", 0))
    assert "set=" in stepper.page.url
    stepper.type("η", "0,1")
    twice = run_of({"W2[0,0]": 0.75, "eta[0,0]": 0.1})
    expect(stepper.page).to_have_url(re.compile("eta"), timeout=WAIT)
    stepper.rest()
    stepper.press("Home")
    for op in range(LAST + 1):
        stepper.agrees(twice, op)
        look = stepper.look()
        assert not [badge for badge in look["badges"] if badge.startswith("published")]  # they are of other numbers
        assert not [badge for badge in look["badges"] if "✗" in badge]
        stepper.press("ArrowRight")
    stepper.agrees(twice, 0, 1)
    stepper.press("ArrowLeft")
    stepper.press("Control+z")
    stepper.shows(once.value("W2'[1,1]", 0))
    stepper.button("Reset").first.click()
    stepper.shows(trace.value("W2'[1,1]", 0))
    stepper.agrees(trace, LAST)
    stepper.rest()
    stepper.press("Control+z")
    stepper.shows(once.value("W2'[1,1]", 0))  # a reset can be undone as well
    told = seen()
    assert (told["gone"], told["empty"]) == (0, 0)
    assert told["least"] > 300
    assert node.evaluate("(old, now) => old === now", stepper.root.element_handle())
    assert ours(stepper.page) == []


def test_predictions_wait_for_an_answer_and_reveal_it(at: Callable) -> None:
    trace, stepper = run_of(), at()
    asked = {one.op: one for one in questions(trace, "en") if one.update == 0 and one.op > 0}
    card = stepper.root.locator(".nb-panel")
    for op in range(LAST):
        question = asked.get(op + 1)
        group = card.get_by_role("group", name="Predict first")
        assert group.count() == (question is not None), op
        if question is None:
            stepper.next()
            continue
        options = group.get_by_role("button")
        assert options.all_text_contents() == list(question.options)
        right = op % 2 == 0
        pick = question.answer if right else (question.answer + 1) % len(question.options)
        options.nth(pick).click()
        assert options.nth(pick).get_attribute("aria-pressed") == "true"
        assert card.locator(".nb-feedback").count() == 0  # nothing is given away before the step
        stepper.next()
        told = card.locator(".nb-feedback").text_content()
        assert question.options[pick] in told
        assert ("Right." in told) == right
        assert right or question.options[question.answer] in told
    stepper.root.get_by_role("switch", name="Predictions").click()
    stepper.press("Home")
    assert card.get_by_role("group", name="Predict first").count() == 0


def test_play_pause_and_no_message_to_the_server(server, visit: Callable) -> None:
    page = visit("about:blank")
    sent: list[int] = []
    page.on("websocket", lambda stream: stream.on("framesent", lambda frame: sent.append(len(frame))))
    page.goto(f"{server.url}/backpropagation")
    stepper = Stepper(page)
    page.wait_for_timeout(3000)  # the first questions of the page are answered by then
    before = len(sent)
    assert before > 0
    for _ in range(15):
        stepper.next()
    stepper.rest()
    for _ in range(15):
        stepper.press("ArrowLeft")
    stepper.root.get_by_role("combobox", name="Speed").select_option("8")
    stepper.button("Play").click()
    expect(stepper.root.get_by_test_id("step-count")).to_have_text(re.compile(r"^([7-9]|\d\d) /"), timeout=WAIT)
    stepper.button("Pause").click()
    held = stepper.look()["count"]
    page.wait_for_timeout(500)
    assert stepper.look()["count"] == held
    stepper.rest()
    stepper.press(" ")
    expect(stepper.root.get_by_test_id("step-count")).not_to_have_text(held, timeout=WAIT)
    stepper.press(" ")
    expect(stepper.button("Play")).to_be_visible()
    page.wait_for_timeout(400)
    expect(page).to_have_url(re.compile(r"[?&]s=\d+"))
    assert sent[before:] == []
    assert ours(page) == []


def test_present_mode_fills_the_window_and_leaves_it(at: Callable) -> None:
    stepper = at()
    stepper.rest()
    whole = {"x": 0, "y": 0, "width": 1366, "height": 768}
    for leave in ("p", "P", "Escape"):
        small = stepper.root.bounding_box()
        stepper.press("p")
        assert stepper.root.bounding_box() == whole
        assert stepper.root.evaluate("(root) => root.matches(':popover-open')")
        assert stepper.next()["count"] == "2 / 47"
        stepper.press("ArrowLeft")
        stepper.press(leave)
        assert stepper.root.bounding_box() == small
    assert stepper.look()["count"] == "1 / 47"


def test_chinese_words_and_english_names(at: Callable) -> None:
    stepper, words = at("lang=zh&s=16"), text("zh", "stepper")
    stepper.agrees(run_of(), 16)
    for name in ("First step", "Previous step", "Play", "Next step", "Last step"):
        expect(stepper.button(name)).to_be_visible()
        assert re.search("[\u4e00-\u9fff]", stepper.button(name).get_attribute("title"))
    assert words["phase.backward"] in stepper.look()["kicker"]
    assert stepper.look()["phase"] == "backward"
    assert stepper.root.locator("[lang=zh-Hans]").count() == 1
    shown = stepper.root.inner_text()
    assert words["edit"] in shown
    for english in ("Backward", "Predict", "Decimals", "Edit numbers", "published"):
        assert english not in shown


def test_the_picture_as_text(at: Callable) -> None:
    trace, stepper = run_of(), at("s=46")
    stepper.button("As text").click()
    expect(stepper.root.locator(".nb-diagram svg:not(.nb-icon)")).to_be_hidden()
    told = {}
    for cell in stepper.root.locator(".nb-twin").get_by_role("button").all():
        _, equals, value = (cell.get_attribute("aria-label") or "").rpartition(" = ")
        if equals:
            told[trace.program.addresses[int(cell.get_attribute("data-i"))]] = float(value)
    assert told == {address: trace.value(address, 0) for address in told}
    units = {f"{step}[0,{k}]" for step in ("z1", "a1", "z2", "a2", "dz1", "dz2", "b1", "b2", "x", "t") for k in (0, 1)}
    weights = {f"{step}[{i},{j}]" for step in ("W1", "W2", "dW1", "dW2", "W1'", "W2'") for i in (0, 1) for j in (0, 1)}
    assert units | weights <= set(told)
    spoken = stepper.root.locator("p[aria-live=polite]").text_content()
    assert "0.56137" in spoken
