"""The layout of a lesson page: stepper first, then the sections of its text with their plots and questions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lessons import catalogue, prose
from lessons.prose import Answer, Figure, Prose, Question, Section, Text
from ui.frame import PAGES, guarded
from ui.i18n import language, t

COLUMN = 500  # pixels: 60 to 75 characters at the body size
WIDE = 920  # pixels: the widest a plot gets, so that it still reads as part of the text above it
CSS = Path(__file__).parent / "lesson.css"

Draw = Callable[[], object]


def show(
    lesson_id: str,
    stepper: Callable[[DeltaGenerator], object],
    figures: Mapping[str, Draw],
    practice: Draw | None = None,
    quiz: Callable[[str], object] | None = None,
) -> None:
    """Lay out a lesson in the language of the page.

    stepper: draws itself where it is called, and its choice of example into the container that it is given.
    practice: draws itself. figures: one such callable per slot of the lesson.
    quiz: called with "recall" (two questions from lessons before), "predict" or "check".
    Raises ValueError when a slot of the lesson has no figure, or a figure no slot.
    """
    entry = catalogue.lesson(lesson_id)
    words = prose.load(lesson_id, language())
    if set(figures) != set(entry.figures):
        odd = ", ".join(sorted(set(figures) ^ set(entry.figures)))
        raise ValueError(f"The lesson {lesson_id!r} needs the figures {', '.join(entry.figures)}; odd: {odd}.")
    hook, goal = _hook(words)
    st.html(CSS)
    # Title, example and warm-up share one line, so that diagram, formula and controls fit on a small screen.
    with st.container(horizontal=True, vertical_alignment="center", key="lesson_head"):
        st.title(words.title, anchor=False, width="content")
        tools = st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center", gap="small")
    st.markdown(hook)
    stepper(tools)
    if quiz:
        with tools.popover(t("lesson.warm_up")):
            st.markdown(f"**{t('lesson.warm_up_title' if entry.prerequisites else 'lesson.warm_up_title_first')}**")
            quiz("recall")
    st.markdown(goal, width=COLUMN)
    for key in ("predict", "observe", "explain", "worked", "faded"):
        _section(lesson_id, words.section(key), figures)
        if key == "predict" and quiz:
            with st.container(width=COLUMN, key=f"lesson_{lesson_id}_predict"):
                quiz("predict")
    if practice:
        _interactive(lesson_id, "practice", t("lesson.practice"), t("lesson.practice_note"), practice)
    _section(lesson_id, words.section("play"), figures)
    if quiz:
        _interactive(lesson_id, "check", t("lesson.check"), t("lesson.check_note"), lambda: quiz("check"))
    _section(lesson_id, words.section("keep"), figures)
    _onward(lesson_id)


def _hook(words: Prose) -> tuple[str, str]:
    # The question of the lesson stands above the stepper in one line; what it is good for follows below.
    section = words.section("hook")
    hook, _, goal = section.text.partition("\n\n")
    return f"**{section.title}** {hook}", goal


def _section(lesson_id: str, section: Section, figures: Mapping[str, Draw]) -> None:
    st.header(section.title, anchor=section.key)
    for number, block in enumerate(section.blocks):
        match block:
            case Text():
                st.markdown(block.markdown, width=COLUMN)
            case Figure():
                with st.container(width=WIDE, key=f"lesson_{lesson_id}_{block.slot}"):
                    figures[block.slot]()
            case Question():
                _question(block, f"lesson_{lesson_id}_{section.key}_{number}")
            case Answer():
                with st.expander(t("lesson.compare"), width=COLUMN):
                    st.markdown(block.markdown)


@st.fragment
@guarded("question")
def _question(question: Question, key: str) -> None:
    # A fragment, so that a guess does not run the page, and the stepper with it, again.
    shown = f"{key}_shown"
    with st.container(width=COLUMN, border=True):
        guess = st.radio(
            t("lesson.guess"), range(len(question.options)), index=None, key=key,
            format_func=question.options.__getitem__,
        )  # fmt: skip
        option = question.options[question.answer]
        if guess == question.answer:
            verdict = t("lesson.right")
        elif guess is not None:
            verdict = t("lesson.wrong", option=option)
        elif st.session_state.get(shown):
            verdict = t("lesson.shown", option=option)
        else:
            st.button(t("lesson.skip"), key=f"{key}_skip", type="tertiary", on_click=_remember, args=(shown,))
            return
        st.markdown(f"**{verdict}** {question.because}")


def _remember(key: str) -> None:
    st.session_state[key] = True


def _interactive(lesson_id: str, part: str, title: str, note: str, draw: Draw) -> None:
    st.header(title, anchor=part)
    st.markdown(note, width=COLUMN)
    with st.container(width=WIDE, key=f"lesson_{lesson_id}_{part}"):
        draw()


def _onward(lesson_id: str) -> None:
    before, after = catalogue.neighbours(lesson_id)
    if after is None:
        st.markdown(t("lesson.end"), width=COLUMN)
    with st.container(horizontal=True, width=WIDE):
        for key, neighbour in (("lesson.previous", before), ("lesson.next", after)):
            if neighbour:
                title = prose.load(neighbour, language()).title
                st.page_link(PAGES / f"{neighbour}.py", label=t(key, title=title))
