"""Print a sheet: a worked example with blanks for paper, the answer key, and the key as CSV, to download."""

from __future__ import annotations

from functools import partial

import streamlit as st

from lessons.examples import WorkedExample
from lessons.printing import (
    BLANKS,
    MAX_STUDENTS,
    Choice,
    Sheet,
    has_variants,
    key_csv,
    key_page,
    make_sheet,
    printable,
    sheet_page,
)
from lessons.printing.sheet import MAX_NAME
from ui.frame import guarded
from ui.i18n import language, t, text

COLUMN = 760
DIGITS = (3, 4, 5, 6)
MAX_SEED = 9_999


@st.fragment
@guarded("handout")
def handout(example: WorkedExample, key: str = "handout") -> None:
    """The section with the choices and three downloads; only this part of the page runs again.

    example: any worked example, from the library or a learner's own. key: tells two handouts of one page apart.
    """
    st.header(t("handout.title"), anchor="print")
    if not printable(example):
        st.markdown(t("handout.too_long"), width=COLUMN)
        return
    st.markdown(t("handout.lead"), width=COLUMN)
    with st.container(border=True, width=920, key=f"{key}_card"):
        choice = _choice(key, has_variants(example))
        name = example.id.replace(":", "-")
        with st.container(horizontal=True):
            for what, make, kind, ending in (
                ("sheet", sheet_page, "text/html", "html"),
                ("key", key_page, "text/html", "html"),
                ("csv", key_csv, "text/csv", "csv"),
            ):
                # Made when it is asked for: nobody waits for sheets that nobody prints.
                st.download_button(
                    t(f"handout.{what}"), partial(_file, make, example, choice, language()), f"{name}-{what}.{ending}",
                    f"{kind}; charset=utf-8", key=f"{key}_{what}", on_click="ignore",
                    type="primary" if what == "sheet" else "secondary",
                )  # fmt: skip


def _file(make, example: WorkedExample, choice: Choice, lang: str) -> bytes:  # type: ignore[no-untyped-def]
    return make(_sheet(example, choice), lang).encode("utf-8")


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs={WorkedExample: lambda e: (e.id, repr(e.experiment))})
def _sheet(example: WorkedExample, choice: Choice) -> Sheet:
    return make_sheet(example, choice)


def _choice(key: str, variants: bool) -> Choice:
    """Draw the fields, those for new numbers only where there are variants; returns what they say."""
    words = text(language())
    with st.container(horizontal=True, vertical_alignment="bottom"):
        blank = st.segmented_control(
            t("handout.blank"), BLANKS, default="last", required=True, key=f"{key}_blank",
            format_func=lambda name: words[f"handout.blank.{name}"],
        )  # fmt: skip
        digits = st.segmented_control(t("handout.digits"), DIGITS, default=4, required=True, key=f"{key}_digits")
        formulas = st.toggle(t("handout.formulas"), value=True, key=f"{key}_formulas")
    fresh = variants and st.segmented_control(
        t("handout.numbers"), (False, True), default=False, required=True, key=f"{key}_fresh",
        format_func=lambda own: words["handout.fresh" if own else "handout.published"],
    )  # fmt: skip
    if not fresh:
        return Choice(blank, digits, formulas=formulas)
    with st.container(horizontal=True, vertical_alignment="top"):
        with st.container(width=200):
            count = st.number_input(t("handout.count"), 1, MAX_STUDENTS, 20, key=f"{key}_count")
            seed = st.number_input(t("handout.seed"), 1, MAX_SEED, 1, key=f"{key}_seed", help=t("handout.seed_help"))
        typed = st.text_area(
            t("handout.names"), key=f"{key}_names", placeholder=t("handout.names_hint"), height=146, width=380,
            max_chars=MAX_STUDENTS * (MAX_NAME + 1),
        )  # fmt: skip
    names = tuple(line.strip()[:MAX_NAME] for line in typed.splitlines() if line.strip())
    if len(names) > MAX_STUDENTS:
        st.warning(t("handout.too_many", limit=MAX_STUDENTS, count=len(names)))
        names = names[:MAX_STUDENTS]
    return Choice(blank, digits, int(count), True, int(seed), names, formulas)
