"""The frame: every page inside it, both languages, the palette, and a calm sentence when a page fails."""

from __future__ import annotations

import json
import logging
import tomllib
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from ui import frame, i18n
from ui.theme import DARK, LIGHT, PHASES, contrast

ROOT = Path(__file__).parent.parent
NAMES = [name for names in frame.SECTIONS.values() for name in names]


def app(**query: str) -> AppTest:
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    test.query_params.update(query)
    return test


def healthy(test: AppTest) -> None:
    assert not test.exception
    assert not [error.value for error in test.error]
    assert test.title or test.main.children


def test_the_map_names_files_that_exist() -> None:
    assert {f"{name}.py" for name in NAMES} == {file.name for file in frame.PAGES.glob("*.py")}


@pytest.mark.parametrize("lang", list(i18n.LANGUAGES))
@pytest.mark.parametrize("name", NAMES)
def test_every_page_runs_in_the_frame(name: str, lang: str) -> None:
    test = app(lang=lang).run()
    healthy(test)
    test.switch_page(f"pages/{name}.py").run()
    healthy(test)
    assert test.session_state[i18n.KEY] == lang


@pytest.mark.parametrize("name", NAMES)
def test_every_page_runs_by_itself(name: str) -> None:
    healthy(AppTest.from_file(str(ROOT / "pages" / f"{name}.py"), default_timeout=60).run())


def test_a_walk_through_all_pages_keeps_the_language() -> None:
    test = app().run()
    test.segmented_control[0].set_value("zh").run()
    for name in NAMES:
        test.switch_page(f"pages/{name}.py").run()
        healthy(test)
        assert test.session_state[i18n.KEY] == "zh", name


def test_the_locale_is_the_first_guess_and_the_link_has_the_last_word() -> None:
    test = app()
    test.context = {"locale": "zh-CN"}
    assert test.run().session_state[i18n.KEY] == "zh"
    test = app(lang="en")
    test.context = {"locale": "zh-CN"}
    assert test.run().session_state[i18n.KEY] == "en"


def test_an_unknown_language_in_the_link_is_ignored() -> None:
    test = app(lang="../../etc").run()
    healthy(test)
    assert test.session_state[i18n.KEY] == "en"


def _failing() -> None:
    from ui import frame

    with frame.guarded("a page that fails"):
        raise RuntimeError("secret in somebody/file.py")


def test_a_failing_page_says_so_calmly_and_logs_the_rest(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, logger="nabla"):
        test = AppTest.from_function(_failing).run()
    assert not test.exception
    (shown,) = [error.value for error in test.error]
    assert "secret" not in shown
    assert "Traceback" not in shown
    (record,) = caplog.records
    code = record.args[0]
    assert code in shown
    assert record.exc_info[0] is RuntimeError
    assert "secret" in caplog.text


def test_a_missing_text_is_an_error_here() -> None:
    with pytest.raises(KeyError):
        i18n.t("no.such.key")


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_text_colours_reach_aa_on_every_background(colours: dict[str, str]) -> None:
    for name in ("ink", "muted", "positive", "negative", *PHASES):
        for back in ("page", "sidebar", "card", "wash"):
            assert contrast(colours[name], colours[back]) >= 4.5, (name, back)


def test_contrast_agrees_with_known_pairs() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_the_theme_settings_use_the_palette() -> None:
    theme = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))["theme"]
    pairs = {"primaryColor": "forward", "backgroundColor": "page", "textColor": "ink", "borderColor": "line",
             "blueColor": "forward", "violetColor": "loss", "orangeColor": "backward", "greenColor": "update",
             "redColor": "negative"}  # fmt: skip
    for mode, colours in (("light", LIGHT), ("dark", DARK)):
        assert {option: theme[mode][option] for option in pairs} == {option: colours[name] for option, name in pairs.items()}
        assert theme[mode]["sidebar"]["backgroundColor"] == colours["sidebar"]


def test_both_palettes_have_the_same_names_and_no_clashes() -> None:
    assert LIGHT.keys() == DARK.keys()
    # A chart drawn in light colours is recoloured by value, so one light colour may have only one dark twin.
    twins: dict[str, str] = {}
    assert all(twins.setdefault(LIGHT[name], DARK[name]) == DARK[name] for name in LIGHT)
    assert json.dumps(dict(LIGHT))
