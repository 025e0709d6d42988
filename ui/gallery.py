"""The page of the library: cards to choose from, and one example with the stepper, its figures and a sheet to print.

The address decides what is shown: ?ex=<id> is an example, no ?ex= the cards.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from html import escape
from pathlib import Path

import streamlit as st

from engine import Experiment, Refused
from lessons import library
from lessons.examples import WorkedExample, load
from lessons.examples.model import VERDICTS
from ui.figure_table import MARKS, figure_table
from ui.frame import PAGES
from ui.handout import handout
from ui.i18n import language, t, text
from ui.stepper import step_through

CSS = Path(__file__).parent / "gallery.css"
PLACE = ("ex", "u", "s", "g", "set")  # what the address says about an open example
ANY = ""
FIRST, MORE = 12, 24  # cards at once: a page that opens quickly, and then all that a reader may want
COLUMN = 760


def show() -> None:
    """Draw the cards, or the example that the address names."""
    st.html(CSS)
    asked = st.query_params.get("ex", "")
    example = None
    if asked:
        try:
            example = load(asked)
        except Refused:
            st.warning(t("gallery.unknown", name=asked[:40]))
    if example:
        _example(example)
    else:
        _cards()


def _open(example_id: str) -> None:
    for name in PLACE:
        st.query_params.pop(name, None)
    if example_id:
        st.query_params["ex"] = example_id


# ---------------------------------------------------------------- the cards


def _cards() -> None:
    lang, shelf, totals = language(), library.shelf(), library.totals()
    st.title(t("gallery.title"), anchor=False)
    st.markdown(t("gallery.lead", examples=len(shelf), figures=totals.total(), verdicts=tally(totals)), width=COLUMN)
    found = _filter(shelf, lang)
    st.markdown(f":small[:gray[{t('gallery.found', found=len(found), all=len(shelf))}]]")
    if not found:
        st.info(t("gallery.none"))
        st.button(t("gallery.clear"), on_click=_clear)
        return
    shown = int(st.session_state.get("gallery_shown", FIRST))
    # Rows of three, so that cards of a row are of one height and a narrow screen keeps their order.
    for first in range(0, min(shown, len(found)), 3):
        for column, entry in zip(st.columns(3, gap="small"), found[first : first + 3], strict=False):
            with column, st.container(border=True, height="stretch", key=f"gallery_card_{entry.id}"):
                title = load(entry.id).title(lang)
                st.button(title, key=f"gallery_open_{entry.id}", type="tertiary", on_click=_open, args=(entry.id,))
                st.html(_card(entry, lang))
    if len(found) > shown:
        st.button(t("gallery.more", count=len(found) - shown), on_click=_more, args=(shown,))


def _more(shown: int) -> None:
    st.session_state["gallery_shown"] = shown + MORE


def _clear() -> None:
    for name, value in (("search", ""), ("idea", None), ("size", ANY), ("author", ANY), ("verdict", ANY)):
        st.session_state[f"gallery_{name}"] = value


def _filter(shelf: tuple[library.Entry, ...], lang: str) -> tuple[library.Entry, ...]:
    """Draw the fields of the filter; returns what is left. What was chosen survives a visit to an example."""
    _keep("search", "idea", "size", "author", "verdict")
    ideas = [idea for idea in library.IDEAS if any(idea in entry.ideas for entry in shelf)]
    authors = library.authors(shelf, lang)
    if st.session_state.get("gallery_author", ANY) not in (ANY, *authors):
        st.session_state["gallery_author"] = ANY  # the name of an author may differ between languages
    words = text(lang)
    with st.container(horizontal=True, vertical_alignment="bottom", key="gallery_filter"):
        search = st.text_input(t("gallery.search"), key="gallery_search", width=260, placeholder=t("gallery.search_hint"))
        size = st.selectbox(
            t("gallery.size"), (ANY, "short", "middling", "long"), key="gallery_size", width=190,
            format_func=lambda name: words[f"gallery.size.{name or 'any'}"],
        )  # fmt: skip
        author = st.selectbox(
            t("gallery.author"), (ANY, *authors), key="gallery_author", width=240,
            format_func=lambda name: name or words["gallery.author.any"],
        )  # fmt: skip
        verdict = st.selectbox(
            t("gallery.verdicts"), (ANY, "errors", "clean"), key="gallery_verdict", width=190,
            format_func=lambda name: words[f"gallery.verdicts.{name or 'any'}"],
        )  # fmt: skip
    idea = st.pills(t("gallery.idea"), ideas, key="gallery_idea", format_func=lambda name: words[f"gallery.idea.{name}"])
    return library.chosen(shelf, lang, search or "", idea, size, author, verdict)


def _keep(*names: str) -> None:
    # Streamlit forgets a widget that a run did not draw; writing its value back makes it the session's own.
    for name in names:
        key = f"gallery_{name}"
        if kept := st.session_state.get(f"{key}_kept"):
            st.session_state.setdefault(key, kept)
        st.session_state[f"{key}_kept"] = st.session_state.get(key)


def _card(entry: library.Entry, lang: str) -> str:
    example = load(entry.id)
    size = [entry.units] if entry.units else []
    size.append(t("gallery.lines", count=entry.lines))
    ideas = " · ".join(t(f"gallery.idea.{idea}") for idea in entry.ideas)
    figures = t("gallery.figures" if entry.figures != 1 else "gallery.figure", count=entry.figures)
    readings = t("gallery.readings", count=len(entry.readings)) if entry.readings else ""
    return (
        f'<article class="ng-card"><p class="ng-size">{escape(" · ".join(size))}</p>'
        f'<p class="ng-about">{escape(example.about(lang))}</p>'
        f'<p class="ng-source">{escape(example.credit(lang))}</p>'
        f'<p class="ng-ideas">{escape(ideas)}</p>'
        f'<p class="ng-verdicts">{figures}{t("gallery.colon")}{_marked(entry.verdicts)}'
        f"{'<br>' + readings if readings else ''}</p></article>"
    )


def tally(verdicts: Mapping[str, int]) -> str:
    """Counts in words and marks: 26 ✓ match · 1 ≈ in the last digit · 3 ✗ wrong."""
    words = text(language())
    return " · ".join(
        f"{verdicts[name]} {MARKS[name]} {words[f'gallery.tally.{name}']}" for name in VERDICTS if verdicts.get(name)
    )


def _marked(verdicts: Counter[str]) -> str:
    """The same with a colour for each kind, for the cards."""
    words = text(language())
    return " · ".join(
        f'<span class="ng-{name}">{verdicts[name]} {MARKS[name]} {escape(words[f"gallery.tally.{name}"])}</span>'
        for name in VERDICTS
        if verdicts.get(name)
    )


# ---------------------------------------------------------------- one example


def _example(example: WorkedExample) -> None:
    lang = language()
    base = load(example.id.partition(":")[0])
    with st.container(horizontal=True, vertical_alignment="center", key="gallery_head"):
        st.button(t("gallery.back"), type="tertiary", on_click=_open, args=("",), key="gallery_back")
        st.title(base.title(lang), anchor=False, width="content")
        with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center", gap="xsmall"):
            if base.readings:
                _readings(base, example, lang)
            with st.popover(t("example.about")):
                st.markdown(example.about(lang))
                st.markdown(f"**{t('example.source')}** {example.credit(lang)}")
    step_through(example, "stepper_worked_examples")
    st.header(t("gallery.published"), anchor="figures")
    found = library.judgements(example.id)
    if found:
        verdicts = Counter(one.verdict for one in found)
        st.markdown(
            t("gallery.published_lead", count=len(found), verdicts=tally(verdicts), source=example.credit(lang)), width=COLUMN
        )
        st.html(figure_table(example, found, lang))
    else:
        st.markdown(t("gallery.no_figures"), width=COLUMN)
    if errata := example.errata(lang):
        st.subheader(t("gallery.errata"), anchor=False)
        st.markdown(t("gallery.errata_lead"), width=COLUMN)
        st.markdown("\n".join(f"- {erratum}" for erratum in errata), width=COLUMN)
    if isinstance(example.experiment, Experiment):
        st.page_link(PAGES / "check_my_work.py", label=t("gallery.check"), query_params={"ex": example.id})
    handout(example)


def _readings(base: WorkedExample, example: WorkedExample, lang: str) -> None:
    """The switch between the sensible ways to understand a source."""
    names = {base.id: t("gallery.reading_main"), **{reading.id: reading.title(lang) for reading in base.readings}}
    key = f"gallery_reading_{base.id}"
    st.session_state[key] = example.id
    st.selectbox(
        t("gallery.reading"), list(names), format_func=names.__getitem__, key=key, label_visibility="collapsed", width=260,
        on_change=lambda: _open(st.session_state[key]),
    )  # fmt: skip
