"""A sheet asks for every number once, judges each fairly, and tells a learner what went wrong; as a page and in a browser."""

from __future__ import annotations

import re
import urllib.parse

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import expect
from streamlit.testing.v1 import AppTest

from engine import Dense, Experiment, Loss, Network, Refused, Trace
from lessons.check import LARGEST, VERSIONS, blanks, cells, judge, parts, recorded, variant
from lessons.check.variants import score
from lessons.check.wording import label, plain, tell
from lessons.examples import ids, load
from tests.conftest import Running
from ui.i18n import text as text_of

MAZUR = recorded(load("mazur-2-2-2").experiment)
NETWORKS = [
    name for name in ids()
    if isinstance(load(name).experiment, Experiment) and len(cells(recorded(load(name).experiment))) <= LARGEST
]  # fmt: skip
EXAM = Experiment(
    Network(2, (Dense(2, "sigmoid"), Dense(1, "sigmoid"))),
    Loss("squared_error", 0.5, "sum"),
    ((0.5, 0.9),),
    ((1.0,),),
    (0.1, 0.4, 0.3, -0.2, 0.1, 0.2, 0.5, -0.4, 0.2),
    learning_rate=0.5,
)


def written(trace: Trace, digits: int) -> dict[str, str]:
    return {cell.address: f"{trace.values[0, cell.index]:#.{digits}g}" for cell in cells(trace)}


# The cells ------------------------------------------------------------------------------------------------------


def test_a_sheet_asks_in_the_order_of_the_calculation() -> None:
    asked = cells(MAZUR)
    assert len(asked) == 39
    assert parts(asked) == ("forward:1", "forward:2", "loss", "backward:2", "backward:1", "update")
    assert [cell.address for cell in asked[:3]] == ["z1[0,0]", "a1[0,0]", "z1[0,1]"]
    assert not any(cell.address.startswith(("p", "db")) for cell in asked)  # paths are not written down; biases are frozen
    assert all(MAZUR.ops[cell.step] is cell.op for cell in asked)


def test_one_number_with_two_names_is_asked_once() -> None:
    trace = recorded(load("hmkcode-2-2-1-linear").experiment)
    symbols = [cell.symbol for cell in cells(trace)]
    assert r"z_{h_1} = h_1" in symbols
    assert r"\partial L/\partial \hat{y} = \delta_{o}" in symbols
    assert "h_1" not in symbols


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_of_the_library_has_a_sheet_in_three_versions(name: str) -> None:
    asked = cells(recorded(load(name).experiment))
    counts = [len(blanks(asked, version)) for version in VERSIONS]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] == len(asked)
    assert counts[-1] > 0
    with pytest.raises(Refused):
        blanks(asked, "first")


def test_names_can_be_read_aloud() -> None:
    names = {cell.address: label(cell, "en") for cell in cells(MAZUR)}
    assert names["z1[0,0]"] == "weighted sum, z(h₁)"
    assert names["dz2[0,1]"] == "error signal, δ(o₂)"
    assert names["W2'[0,0]"] == "new weight, w₅'"
    assert plain(r"h_{2,10}") == "h₂,₁₀"


# The judge ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("digits", [3, 4, 6])
def test_right_numbers_are_right_however_they_are_rounded(name: str, digits: int) -> None:
    trace = recorded(load(name).experiment)
    assert {verdict.kind for verdict in judge(trace, written(trace, digits)).values()} == {"right"}


@pytest.mark.parametrize("text", ["0,5933", "0.59327", "5.933e-1", "０．５９３３", "0.59", "593.3/1000"])
def test_all_ways_to_write_a_number(text: str) -> None:
    assert judge(MAZUR, {"a1[0,0]": text})["a1[0,0]"].kind == "right"


@pytest.mark.parametrize(("text", "kind"), [("", "blank"), (" ", "blank"), ("abc", "unreadable"), ("1/0", "unreadable")])
def test_what_is_no_number(text: str, kind: str) -> None:
    assert judge(MAZUR, {"a1[0,0]": text})["a1[0,0]"].kind == kind


def test_too_few_digits_and_rounding_too_early() -> None:
    assert judge(MAZUR, {"a1[0,0]": "0.6"})["a1[0,0]"].keys == ("too_few_digits",)
    # 0.59 · 0.40 + 0.60 · 0.45 + 0.60 and all that follows, with two decimals
    found = judge(MAZUR, {"dz2[0,0]": "0.1444"})["dz2[0,0]"]
    assert found.kind in ("wrong", "rounded")
    early = judge(MAZUR, {"dz2[0,0]": "0.14"})["dz2[0,0]"]
    assert early.kind == "right"  # two decimals are two digits here, and both are right


def test_nobody_is_condemned_twice() -> None:
    texts = {"z1[0,0]": "0.0275", "a1[0,0]": "0.5069", "z2[0,0]": "1.071", "a2[0,0]": "0.7448", "a2[0,1]": "0.7729"}
    found = {address: verdict.kind for address, verdict in judge(MAZUR, texts).items() if verdict.kind != "blank"}
    assert found == {"z1[0,0]": "slip", "a1[0,0]": "follows", "z2[0,0]": "follows", "a2[0,0]": "follows", "a2[0,1]": "right"}


def test_a_second_slip_is_found_behind_the_first() -> None:
    z = 0.5069 * 0.40 + MAZUR.value("a1[0,1]") * 0.45  # from the learner's own h₁, and without the bias
    found = judge(MAZUR, {"z1[0,0]": "0.0275", "a1[0,0]": "0.5069", "z2[0,0]": f"{z:.4f}"})["z2[0,0]"]
    assert (found.kind, found.keys) == ("slip", ("bias_forgotten",))


def test_shown_cells_are_not_judged_and_hold() -> None:
    asked = cells(MAZUR)
    shown = [cell.address for cell in asked if cell.part != "update"]
    found = judge(MAZUR, {"W2'[0,0]": "0.4411", "z1[0,0]": "7"}, shown=shown)
    assert len(found) == 8
    assert found["W2'[0,0]"].keys == ("step_uphill",)  # the sign of the error cannot be the reason: it stands on the sheet


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from([cell.address for cell in cells(MAZUR)]), st.text(max_size=44) | st.floats().map(str)))
def test_whatever_is_typed_gets_a_verdict_and_words(texts: dict[str, str]) -> None:
    found = judge(MAZUR, texts)
    assert list(found) == [cell.address for cell in cells(MAZUR)]
    for cell in cells(MAZUR):
        for lang in ("en", "zh"):
            told = tell(MAZUR, cell, found[cell.address], lang)
            assert told.title
            assert "[[" not in "".join((told.title, *told.lines))


# Variants -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NETWORKS)
def test_variants_are_friendly_and_stay_the_same(name: str) -> None:
    base = load(name).experiment
    for seed in range(3):
        drawn = variant(name, seed)
        assert drawn == variant(name, seed)
        assert (drawn.network, drawn.loss, drawn.frozen) == (base.network, base.loss, base.frozen)
        numbers = [*(drawn.parameters or ()), *np.ravel(drawn.x), *np.ravel(drawn.t)]
        assert all(round(value, 2) == value for value in numbers)
        assert score(recorded(drawn)) == 1.0
        assert all(abs(recorded(drawn).values[0, cell.index]) >= 0.001 for cell in cells(recorded(drawn)))
    assert variant(name, 1) != variant(name, 2)


def test_a_variant_that_does_not_exist() -> None:
    with pytest.raises(ValueError, match="seed -1"):
        variant("mazur-2-2-2", -1)
    with pytest.raises(Refused):
        variant("no-such-example", 1)


# The page -------------------------------------------------------------------------------------------------------


def page() -> None:
    from ui.sheet import show

    show()


def opened(lang: str = "en", **query: str) -> AppTest:
    test = AppTest.from_function(page, default_timeout=60)
    test.session_state["lang"] = lang
    for name, value in query.items():
        test.query_params[name] = value
    test.run()
    assert not test.exception
    assert not test.error
    return test


def fields(test: AppTest) -> dict[str, object]:
    return {field.label: field for field in test.text_input}


def said(test: AppTest) -> str:
    assert not test.exception
    assert not test.error
    return "\n".join(block.value for kind in (test.markdown, test.warning, test.success) for block in kind)


def typed(test: AppTest, name: str, text: str) -> str:
    fields(test)[name].set_value(text).run()  # type: ignore[attr-defined]
    return said(test)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_cell_is_judged_when_its_field_is_left(lang: str) -> None:
    test = opened(lang)
    name = {"en": "weighted sum, z(h₁)", "zh": "加权和, z(h₁)"}[lang]
    told = typed(test, name, "0.0275")
    assert {"en": "The bias is missing", "zh": "漏了偏置"}[lang] in told
    assert f"/backpropagation?ex=mazur-2-2-2&u=0&s=0&g=operation&lang={lang}" in told
    assert {"en": "Right.", "zh": "对。"}[lang] in typed(test, name, "0,3775")


def test_nothing_is_lost_on_bad_input_and_check_names_the_blanks() -> None:
    test = opened(ex="hmkcode-2-2-1-linear")
    names = list(fields(test))
    assert len(names) == 19
    assert "Cannot be read" in typed(test, names[0], "0.8.5")
    assert fields(test)[names[0]].value == "0.8.5"  # type: ignore[attr-defined]
    assert "Still blank." not in said(test)
    test.button(key="sheet_check").click().run()
    assert said(test).count("Still blank.") == 18


def test_the_last_part_alone() -> None:
    test = opened()
    test.segmented_control(key="sheet_version").set_value("last").run()
    assert len(fields(test)) == 8
    trace = MAZUR
    for cell in blanks(cells(trace), "last"):
        told = typed(test, label(cell, "en"), f"{trace.values[0, cell.index]:.4f}")
    assert "All right." in told


def test_a_long_sheet_is_shown_part_by_part() -> None:
    test = opened(ex="goodfellow-xor")
    assert len(cells(recorded(load("goodfellow-xor").experiment))) > 40
    assert 0 < len(fields(test)) < 40


def test_fresh_numbers_and_links() -> None:
    test = opened(ex="geeksforgeeks-2-2-1")
    before = said(test)
    test.button(key="sheet_fresh").click().run()
    assert test.query_params["v"] in ("1", ["1"])
    assert said(test) != before
    told = typed(test, "weighted sum, z(h₁)", "99")
    assert re.search(r"/backpropagation\?ex=geeksforgeeks-2-2-1&set=[^)]*x%5B0%2C0%5D", told)
    test.button(key="sheet_original").click().run()
    assert said(test) == before
    edits = opened(ex="mazur-2-2-2", set="x[0,0]:0.5")
    assert "x_1 = 0.5" in said(edits)
    for query in ({"ex": "no-such"}, {"net": "9-9"}, {"set": "nonsense"}, {"v": "x"}):
        assert len(fields(opened(**query))) == 39
    assert "names no sheet" in said(opened(net="2-2"))


def test_an_own_network_in_the_link() -> None:
    test = opened(**EXAM.to_query())
    assert len(fields(test)) == len(cells(recorded(EXAM)))
    assert "/your_example?net=2-2sigmoid-1sigmoid" in typed(test, "weighted sum, z(h₁)", "99")


# The journey ----------------------------------------------------------------------------------------------------


def test_i_have_an_exam_sheet(visit, server: Running) -> None:  # type: ignore[no-untyped-def]
    """A 2-2-1 network from the sheet, six answers, two of them wrong: told which and why, with the keyboard alone."""
    query = "&".join(f"{name}={value}" for name, value in EXAM.to_query().items())
    window = visit(f"{server.url}/check_my_work?lang=en&{query}")
    trace = recorded(EXAM)
    value = trace.value
    answers = {
        "weighted sum, z(h₁)": f"{value('z1[0,0]'):.3f}",
        "output, h₁": f"{value('a1[0,0]'):.4f}",
        "weighted sum, z(h₂)": f"{value('z1[0,1]') - 0.2:.3f}",  # without the bias
        "output, h₂": f"{1 / (1 + np.exp(-(value('z1[0,1]') - 0.2))):.4f}",  # and from there on right
        "loss, L": f"{value('L[0,0]'):.4f}",
        "slope of the loss at the output, ∂L/∂ŷ": f"{-value('dy[0,0]'):.4f}",  # target minus output
    }
    first = window.get_by_role("textbox", name="weighted sum, z(h₁)", exact=True)
    expect(first).to_be_visible(timeout=60_000)
    first.focus()
    for name, text in list(answers.items())[:4]:
        expect(window.get_by_role("textbox", name=name, exact=True)).to_be_focused(timeout=10_000)
        window.keyboard.type(text)
        window.keyboard.press("Enter")
    for name, text in list(answers.items())[4:]:
        box = window.get_by_role("textbox", name=name, exact=True)
        box.fill(text)
        box.press("Tab")
    total = len(cells(trace))
    told = f"4 of {total} right · 2 to look at · {total - 6} still blank"
    expect(window.get_by_role("status")).to_have_text(told, timeout=20_000)
    expect(window.get_by_text("The bias is missing")).to_be_visible()
    expect(window.get_by_text("Add the bias of this unit.")).to_be_visible()
    expect(window.get_by_text("Follows from your earlier value.")).to_be_visible()
    expect(window.get_by_text("Target minus output")).to_be_visible()
    expect(window.get_by_text("Swap the two and keep the sign")).to_be_visible()
    link = window.get_by_role("link", name="Show where it comes from").first
    assert "/your_example?" in (link.get_attribute("href") or "")
    for name, text in answers.items():
        expect(window.get_by_role("textbox", name=name, exact=True)).to_have_value(text)
    assert not [text for text in window.complaints if "404" not in text]
    # and the key is printed where the network is at home
    window.goto(urllib.parse.urljoin(server.url, link.get_attribute("href")))
    stepper = window.get_by_test_id("stepper")
    expect(stepper).to_be_visible(timeout=60_000)
    expect(stepper).not_to_contain_text("autograd: pending", timeout=60_000)
    expect(window.locator('[data-testid="stApp"][data-test-script-state="notRunning"]')).to_be_attached(timeout=30_000)
    with window.expect_download(timeout=30_000) as printed:
        window.get_by_role("button", name=text_of("en")["handout.key"], exact=True).click()
    key = printed.value.path().read_text("utf-8")
    assert format(value("b2'[0,0]"), ".4f") in key and "<script" not in key
