"""Promise: every worked example can be found, opened and linked to, and every printed figure has its verdict in words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from html import escape

import pytest
from playwright.sync_api import expect
from streamlit.testing.v1 import AppTest

from engine import Experiment, Loss, Network
from lessons import library
from lessons.examples import Figure, WorkedExample, ids, judged, load
from lessons.follows import follows
from tests.stepping import WAIT, Stepper, run_of
from ui.figure_table import MARKS, figure_table, places, verdict_words
from ui.gallery import FIRST
from ui.i18n import text

LANGS = ["en", "zh"]
EVERY = [one for name in ids() for one in (load(name), *load(name).readings)]


def page() -> None:
    from ui import gallery

    gallery.step_through = lambda example, key: gallery.st.caption(f"stepper {example.id}")  # type: ignore[assignment]
    gallery.st.page_link = lambda path, label, query_params: None  # type: ignore[assignment]  # a lone script has no map
    gallery.show()


@pytest.fixture(autouse=True)
def stepper(monkeypatch: pytest.MonkeyPatch) -> None:
    from ui import gallery

    # The page replaces these two; this puts them back.
    monkeypatch.setattr(gallery, "step_through", gallery.step_through)
    monkeypatch.setattr(gallery.st, "page_link", gallery.st.page_link)


def opened(lang: str = "en", **query: str) -> AppTest:
    app = AppTest.from_function(page, default_timeout=60)
    app.session_state["lang"] = lang
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def cards(app: AppTest) -> list[str]:
    """The ids of the cards shown, in order."""
    keys = [button.key or "" for button in app.button]
    return [key.removeprefix("gallery_open_") for key in keys if key.startswith("gallery_open_")]


def asked(app: AppTest) -> str:
    """What the address says is open; AppTest gives a list for what it was given and a text for what the page set."""
    found = app.query_params["ex"]
    return found[0] if isinstance(found, list) else found


# -- the shelf -----------------------------------------------------------------------------------------------------


def test_every_example_stands_on_the_shelf_with_ideas_size_and_verdicts() -> None:
    shelf = library.shelf()
    assert [entry.id for entry in shelf] == list(ids())
    for entry in shelf:
        example = load(entry.id)
        assert entry.ideas
        assert set(entry.ideas) <= set(library.IDEAS)
        assert entry.lines > 0
        every = (example, *example.readings)
        printed = {(figure.symbol, figure.text) for one in every for figure in one.figures}
        assert entry.figures == entry.verdicts.total() == len(printed)
        if not example.readings:
            assert entry.verdicts == Counter(found.verdict for found in judged(example))
        assert entry.errors <= ("wrong" in [figure.verdict for one in every for figure in judged(one)])
    assert library.totals().total() == sum(entry.figures for entry in shelf)
    assert set(library.SHOWS) >= set(ids()) - {"relu-2-2-1", "tiny-line"}, "say in SHOWS what a new example is about"


def test_the_filter_narrows_by_each_condition_and_all_together() -> None:
    shelf = library.shelf()
    assert library.chosen(shelf, "en") == shelf
    for idea in library.IDEAS:
        assert all(idea in entry.ideas for entry in library.chosen(shelf, "en", idea=idea))
    sizes = [library.chosen(shelf, "en", size=size) for size in ("short", "middling", "long")]
    assert sum(map(len, sizes)) == len(shelf)
    errors, clean = (library.chosen(shelf, "en", verdict=verdict) for verdict in ("errors", "clean"))
    assert len(errors) + len(clean) == len(shelf)
    assert all(entry.errors for entry in errors)
    for lang in LANGS:
        for author in library.authors(shelf, lang):
            assert library.chosen(shelf, lang, author=author)
    assert [entry.id for entry in library.chosen(shelf, "en", "MAZUR step")] == ["mazur-2-2-2"]
    assert "mazur-2-2-2" in [entry.id for entry in library.chosen(shelf, "zh", "网络")]
    assert library.chosen(shelf, "en", "no such words here") == ()


# -- the table of figures ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("example", EVERY, ids=lambda example: example.id)
def test_every_figure_has_its_row(example: WorkedExample, lang: str) -> None:
    found = judged(example)
    table = figure_table(example, found, lang)
    assert table.count('<th scope="row"') == len(found)
    assert table.count('class="ng-note"') == sum(bool(one.figure.note(lang)) for one in found)
    for one, causes in zip(found, follows(example), strict=True):
        assert repr(one.computed).removesuffix(".0").replace("-", "\u2212") in table
        told = verdict_words(one, causes, lang)
        assert told
        assert "{" not in told
        assert one.verdict in MARKS
        assert 0 <= one.digits <= places(one.figure.text)


def test_a_figure_is_escaped() -> None:
    figure = Figure("<img src=x>", "0.5", "L[0,0]", 0)
    experiment = Experiment(Network(1, ()), Loss("squared_error", 0.5, "sum"), ((1.0,),), ((0.0,),))
    words = load("tiny-line").title_words
    example = WorkedExample("own", "network", (), experiment, 1, (figure,), load("tiny-line").source, words, words)
    table = figure_table(example, judged(example), "en")
    assert "<img" not in table
    assert "&lt;img src=x&gt;" in table


def test_what_follows_from_an_earlier_wrong_figure_is_told_apart() -> None:
    example = load("geeksforgeeks-2-2-1")
    causes = {one.figure.symbol: cause for one, cause in zip(judged(example), follows(example), strict=True)}
    assert causes["w11"] == ("dw11",)  # 0.2 + 0.000945, with the sign that was lost before
    assert causes["e_new"] == ("y5_new",)
    assert causes["dw11"] == ()
    for other in EVERY:
        for one, cause in zip(judged(other), follows(other), strict=True):
            assert not cause or one.verdict == "wrong"


def test_cut_and_misrounded_are_different_words() -> None:
    words = text("en")
    experiment = Experiment(Network(1, ()), Loss("squared_error", 0.5, "sum"), ((1.0,),), ((0.25,),))  # L = 0.28125
    title = load("tiny-line").title_words
    for printed, told in (("0.2812", "match"), ("0.281", "match"), ("0.28", "match"), ("0.282", "last-digit")):
        figures = (Figure("L", printed, "L[0,0]", 0),)
        example = WorkedExample("own", "network", (), experiment, 1, figures, load("tiny-line").source, title, title)
        (one,) = judged(example)
        assert one.verdict == told
    assert verdict_words(one, (), "en") == words["gallery.verdict.last-digit"]
    experiment = Experiment(Network(1, ()), Loss("squared_error", 0.5, "sum"), ((1.0,),), ((0.2,),))  # L = 0.32
    figures = (Figure("L", "0.31", "L[0,0]", 0), Figure("L", "0.3", "L[0,0]", 0))
    example = WorkedExample(
        "own2", "network", (), experiment.replace(x=((0.998,),)), 1, figures, load("tiny-line").source, title, title
    )
    one = judged(example)[0]  # 0.318402
    assert one.verdict == "last-digit"
    assert verdict_words(one, (), "en") == words["gallery.verdict.cut"]


# -- the page ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGS)
def test_cards_in_the_reader_s_language(lang: str) -> None:
    app = opened(lang)
    shown = cards(app)
    assert shown == list(ids())[:FIRST]
    bodies = " ".join(str(block.body) for block in app.get("html"))
    for name in shown:
        assert app.button(key=f"gallery_open_{name}").label == load(name).title(lang)
        assert escape(load(name).about(lang)) in bodies
    while len(shown := cards(app)) < len(ids()):
        more = next(
            button for button in app.button if button.label == text(lang)["gallery.more"].format(count=len(ids()) - len(shown))
        )
        more.click().run()
    assert cards(app) == list(ids())


def test_filters_search_and_nothing_found() -> None:
    app = opened()
    app.selectbox(key="gallery_verdict").set_value("errors").run()
    assert set(cards(app)) <= {entry.id for entry in library.shelf() if entry.errors}
    app.text_input(key="gallery_search").set_value("mazur").run()
    assert cards(app) == ["mazur-2-2-2"]
    app.selectbox(key="gallery_verdict").set_value("clean").run()
    assert cards(app) == []
    assert [box.value for box in app.info] == [text("en")["gallery.none"]]
    next(button for button in app.button if button.label == text("en")["gallery.clear"]).click().run()
    assert cards(app) == list(ids())[:FIRST]
    app.button_group(key="gallery_idea").set_value("classes").run()
    assert cards(app) == [entry.id for entry in library.shelf() if "classes" in entry.ideas][:FIRST]


def test_an_example_opens_on_the_same_page_and_the_filter_survives() -> None:
    app = opened()
    app.text_input(key="gallery_search").set_value("mazur").run()
    app.button(key="gallery_open_mazur-2-2-2").click().run()
    assert asked(app) == "mazur-2-2-2"
    assert "stepper mazur-2-2-2" in [caption.value for caption in app.caption]
    assert cards(app) == []
    app.button(key="gallery_back").click().run()
    assert "ex" not in app.query_params
    assert cards(app) == ["mazur-2-2-2"]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", ids())
def test_every_link_restores_its_example_with_all_readings(name: str, lang: str) -> None:
    app = opened(lang, ex=name, u="3")
    example = load(name)
    assert app.title[0].value == example.title(lang)
    assert f"stepper {name}" in [caption.value for caption in app.caption]
    errata = "\n".join(block.value for block in app.markdown)
    assert all(erratum in errata for erratum in example.errata(lang))
    for reading in example.readings:
        app.selectbox(key=f"gallery_reading_{name}").set_value(reading.id).run()
        assert asked(app) == reading.id
        assert "u" not in app.query_params
        assert f"stepper {reading.id}" in [caption.value for caption in app.caption]
        assert not app.exception


@pytest.mark.parametrize("asked", ["nonsense", "mazur-2-2-2:nonsense", "../../etc/passwd", "<script>", "x" * 3000])
def test_an_unknown_link_says_so_and_shows_the_cards(asked: str) -> None:
    app = opened(ex=asked)
    assert [box.value for box in app.warning] == [text("en")["gallery.unknown"].format(name=asked[:40])]
    assert cards(app)


# -- in a browser --------------------------------------------------------------------------------------------------


def test_find_open_step_read_and_print(server, visit: Callable, tmp_path) -> None:
    words = text("en")
    page = visit(f"{server.url}/worked_examples")
    page.get_by_role("textbox", name=words["gallery.search"]).fill("2-2-2")
    page.keyboard.press("Enter")
    expect(page.locator(".ng-card")).to_have_count(1, timeout=WAIT)
    page.get_by_role("button", name=load("mazur-2-2-2").title("en"), exact=True).click()
    stepper = Stepper(page)
    assert "ex=mazur-2-2-2" in page.url
    stepper.agrees(run_of(), 0)
    stepper.next()
    stepper.agrees(run_of(), 1)
    rows = page.locator(".ng-figures tbody th[scope=row]")
    expect(rows).to_have_count(30)
    expect(page.locator(".ng-figures .ng-note")).to_have_count(sum(bool(f.why) for f in load("mazur-2-2-2").figures))
    # Files are made when they are asked for: ask when the page no longer waits for autograd and runs again.
    expect(stepper.root).not_to_contain_text("autograd: pending", timeout=WAIT)
    expect(page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]')).to_be_attached(timeout=WAIT)
    files = {}
    for what in ("sheet", "key", "csv"):
        with page.expect_download(timeout=WAIT) as got:
            page.get_by_role("button", name=words[f"handout.{what}"], exact=True).click()
        assert got.value.suggested_filename == f"mazur-2-2-2-{what}.{'csv' if what == 'csv' else 'html'}"
        got.value.save_as(tmp_path / what)
        files[what] = (tmp_path / what).read_text("utf-8")
    assert files["sheet"].startswith("<!doctype html>")
    assert "0.1498" not in files["sheet"]
    assert "0.1498" in files["key"]
    assert repr(run_of().value("W1'[0,0]")) in files["csv"]
    assert [text_ for text_ in page.complaints if "404" not in text_] == []
    assert not [url for url in page.asked if not re.match(r"(http|ws)://127\.0\.0\.1:|data:|blob:", url)]


@pytest.mark.parametrize("query", ["", "ex=geeksforgeeks-2-2-1"])
def test_a_phone_does_not_scroll_sideways(server, visit: Callable, query: str) -> None:
    page = visit(f"{server.url}/worked_examples?{query}", viewport={"width": 390, "height": 844}, locale="zh-CN")
    expect(page.locator(".ng-figures" if query else ".ng-card").first).to_be_visible(timeout=WAIT)
    main = page.locator("[data-testid=stMain]")
    assert main.evaluate("(node) => node.scrollWidth <= node.clientWidth + 1")
