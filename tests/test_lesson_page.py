"""A lesson page shows every part of its text in order, keeps answers back until a guess, and refuses missing figures."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from lessons.catalogue import LESSONS, Lesson, neighbours
from lessons.prose import Question, load
from ui import lesson


def page(lesson_id: str, slots: tuple[str, ...], lang: str) -> None:
    import streamlit as st

    from ui import lesson

    st.session_state["lang"] = lang
    lesson.st.page_link = lambda path, label: st.caption(f"link {path.stem}: {label}")  # type: ignore[assignment]
    lesson.show(
        lesson_id,
        stepper=lambda tools: st.caption("stepper"),
        figures={slot: lambda slot=slot: st.caption(f"figure {slot}") for slot in slots},  # type: ignore[misc]
        practice=lambda: st.caption("practice"),
        quiz=lambda part: st.caption(f"quiz {part}"),
    )


@pytest.fixture(autouse=True)
def page_link(monkeypatch: pytest.MonkeyPatch) -> None:
    import streamlit

    # The page replaces it, for there is no page map in a lone script; this puts it back.
    monkeypatch.setattr(streamlit, "page_link", streamlit.page_link)


def shown(lesson_id: str, lang: str = "en") -> AppTest:
    slots = next(entry.figures for entry in LESSONS if entry.id == lesson_id)
    app = AppTest.from_function(page, args=(lesson_id, slots, lang), default_timeout=20).run()
    assert not app.exception
    return app


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("entry", LESSONS, ids=lambda entry: entry.id)
def test_everything_is_there_in_order(entry: Lesson, lang: str) -> None:
    lesson_id = entry.id
    prose = load(lesson_id, lang)
    app = shown(lesson_id, lang)
    captions = [caption.value for caption in app.caption]
    links = [caption for caption in captions if caption.startswith("link ")]
    figures = [f"figure {slot}" for slot in prose.figures]
    assert captions == ["quiz recall", "stepper", "quiz predict", *figures, "practice", "quiz check", *links]
    assert len(links) == sum(neighbour is not None for neighbour in neighbours(lesson_id))
    titles = [header.value for header in app.header]
    keys = [section.title for section in prose.sections if section.key != "hook"]
    assert [title for title in titles if title in keys] == keys
    assert len(titles) == len(keys) + 2  # practice and check have headings of their own
    assert app.title[0].value == prose.title


@pytest.mark.parametrize("entry", LESSONS, ids=lambda entry: entry.id)
def test_the_answer_waits_for_a_guess_or_a_click(entry: Lesson) -> None:
    lesson_id = entry.id
    question = next(block for block in load(lesson_id, "en").section("predict").blocks if isinstance(block, Question))

    def verdict(app: AppTest) -> str:
        return next((block.value for block in app.markdown if question.because in block.value), "")

    app = shown(lesson_id)
    assert verdict(app) == ""
    assert verdict(app.radio[0].set_value(question.answer).run()).startswith("**Yes.**")
    wrong = next(number for number in range(len(question.options)) if number != question.answer)
    assert question.options[question.answer] in verdict(app.radio[0].set_value(wrong).run())
    assert verdict(shown(lesson_id).button[0].click().run()).startswith("**Right is")


def test_a_missing_figure_is_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match="odd: loss_batch"):
        lesson.show("loss", stepper=lambda tools: None, figures={"loss_curves": lambda: None})
