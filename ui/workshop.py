"""The page of own examples: the way in (form, text or file), the stepper, agreement with the book, rounding, the way out."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st

from engine import Experiment, Refused
from engine.graph.reasons import REASONS
from lessons.examples import WorkedExample, read_example
from lessons.workshop import LINKED, Misread, read_link, read_plain, stepping, write_example, write_link, write_plain
from lessons.workshop.files import ID
from lessons.workshop.reasons import reason_in
from ui.conventions import conventions
from ui.filepick import file_text
from ui.frame import PAGES, guarded
from ui.handout import handout
from ui.i18n import KEY as LANG
from ui.i18n import language, t
from ui.i18n import text as catalogue
from ui.refusals import sentence
from ui.rounding import rounding
from ui.stepper import step_through
from ui.workshop_form import form

CSS = (Path(__file__).parent / "workshop.css").read_text(encoding="utf-8")
KEY = "workshop"
WAYS = ("form", "text", "file")
COLUMN = 720
_MARKUP = re.compile(r"[\\`*_{}\[\]()#$|<>~:]")
# Where everybody starts: small enough to read at a glance, with figures as a book would print them.
START = """2-2-1 sigmoid sigmoid

x = 0.5 0.9
t = 1
W1 = 0.1 0.4; 0.3 -0.2
b1 = 0.1 0
W2 = 0.5; -0.4
b2 = 0.2

loss = squared error 1/2 sum
rate = 0.5

published z1[1] = 0.42
published h1 = 0.6035
published h2 = 0.5050
published L = 0.0906
published W2'[1] = 0.5314
"""


EXPRESSION = """program

x = -2
y = 5
z = -4

q = x + y
f = q * z

result = f
wanted = x y z

published q = 3
published f = -12
published d.x = -4
"""


def show() -> None:
    """The whole page."""
    st.html(f"<style>{CSS}</style>")
    st.session_state.pop(f"{KEY}_taken", None)
    example = _current()
    with st.container(horizontal=True, vertical_alignment="center", key=f"{KEY}_head"):
        st.title(t("workshop.title"), anchor=False, width="content")
        tools = st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center", gap="small")
    opened = bool(st.session_state[f"{KEY}_open"])
    if opened:
        st.markdown(t("workshop.lead"))
        _editor()
    else:
        if notice := st.session_state.pop(f"{KEY}_notice", ""):
            st.warning(escaped(notice))
        st.markdown(f"**{escaped(example.title(language()))}**")
    trace = step_through(stepping(example), f"stepper_{KEY}")
    # What the learner has typed over in the stepper belongs to the example from here on.
    shown = replace(example, experiment=trace.experiment)
    with tools:
        label = t("workshop.close" if opened else "workshop.change")
        st.button(label, key=f"{KEY}_toggle", on_click=_set, kwargs={"open": not opened})
        with st.popover(t("workshop.keep")):
            _keep(example, shown)
    if not isinstance(example.experiment, Experiment):
        return
    st.header(t("workshop.agree"), anchor="agree")
    st.markdown(t("workshop.agree_note"), width=COLUMN)
    conventions(shown, _take, f"{KEY}_switch")
    st.header(t("workshop.round"), anchor="round")
    st.markdown(t("workshop.round_note"), width=COLUMN)
    rounding(trace, example.figures, f"{KEY}_round")
    if query := write_link(shown):
        st.page_link(PAGES / "check_my_work.py", label=t("workshop.check"), query_params=query)
    handout(shown)


def _set(**values: object) -> None:
    for name, value in values.items():
        st.session_state[f"{KEY}_{name}"] = value


def _current() -> WorkedExample:
    """The last good example: what the session holds, else what the link describes, else the one to start from."""
    if f"{KEY}_file" not in st.session_state:
        example, opened = read_plain(START), True
        if "net" in st.query_params or "sheet" in st.query_params:
            try:
                example, opened = read_link(st.query_params.to_dict()), False
            except Refused as refused:
                _set(notice=t("workshop.bad_link", reason=refusal(refused)))
        _set(file=write_example(example), open=opened, version=0)
        st.session_state.setdefault(f"{KEY}_way", "form")
    example = read_example(st.session_state[f"{KEY}_file"])
    linked = write_link(example)
    if st.session_state[f"{KEY}_version"] or any(name in st.query_params for name in ("net", "sheet", "set")):
        _address(linked or {})
    return example


def _address(query: dict[str, str]) -> None:
    """Put the example into the address; the start needs none as long as nobody has changed it."""
    for name in LINKED:
        if name not in query and name in st.query_params:
            del st.query_params[name]
    changed = {name: value for name, value in query.items() if st.query_params.get(name) != value}
    if changed:
        st.query_params.update(changed)  # in one go: one step of the browser's history


def _take(example: WorkedExample, close: bool = False) -> None:
    """Another example takes the place of the last good one: its first step, without edits of the one before."""
    for name in ("u", "s", "g", "set"):
        st.query_params.pop(name, None)
    _set(file=write_example(example), version=int(st.session_state[f"{KEY}_version"]) + 1, wrong=None, taken=True)
    if close:
        _set(open=False)


@st.fragment
@guarded("workshop")
def _editor() -> None:
    if st.session_state.pop(f"{KEY}_taken", False):  # this part alone runs again, and the page has another example now
        st.rerun()
    example = read_example(st.session_state[f"{KEY}_file"])
    with st.container(border=True, key=f"{KEY}_editor"):
        way = st.segmented_control(
            t("workshop.way"), WAYS, key=f"{KEY}_way", required=True, label_visibility="collapsed",
            format_func={way: t(f"workshop.way_{way}") for way in WAYS}.__getitem__, on_change=_set, kwargs={"wrong": None},
        )  # fmt: skip
        version = st.session_state[f"{KEY}_version"]
        if notice := st.session_state.pop(f"{KEY}_notice", ""):
            st.warning(escaped(notice))
        if way == "form" and isinstance(example.experiment, Experiment):
            text, shift = form(example, f"{KEY}_form_{version}")
        elif way == "file":
            text, shift = None, 0
            st.markdown(t("workshop.file_note"))
            file_text(f"{KEY}_pick", t("workshop.file_choose"), _loaded)
        else:
            text, shift = _sheet(example, f"{KEY}_text_{version}_{language()}"), 0
        with st.container(horizontal=True, vertical_alignment="center"):
            if way != "file" and st.button(t("workshop.step"), type="primary", key=f"{KEY}_step") and text is not None:
                _try(text, shift)
            st.button(t("workshop.fresh"), type="tertiary", key=f"{KEY}_fresh", on_click=_take, args=(read_plain(START),))
            st.button(t("workshop.expression"), type="tertiary", key=f"{KEY}_expression", on_click=_express)
        if wrong := st.session_state.get(f"{KEY}_wrong"):
            told, place = wrong
            st.warning(escaped(f"{told} {t('workshop.kept')}"))
            if place:
                st.code(place, language=None)


def _express() -> None:
    """An expression to start from; it has no form, so its sheet is shown."""
    _take(read_plain(EXPRESSION))
    _set(way="text")


def _sheet(example: WorkedExample, key: str) -> str:
    start = write_plain(example, language())
    text = st.text_area(t("workshop.sheet"), start, height=330, key=key, help=t("workshop.sheet_help"))
    with st.expander(t("workshop.grammar")):
        st.markdown(t("workshop.grammar_text"))
    # An unchanged sheet keeps what only the file can say: words in two languages, notes on figures.
    return st.session_state[f"{KEY}_file"] if text == start else text


def _loaded(name: str, text: str) -> None:
    _read(text, 0, name)


def _try(text: str, shift: int) -> None:
    if _read(text, shift):
        st.rerun()


def _read(text: str, shift: int, name: str = "") -> bool:
    """Read a file or a sheet and step through it; what is wrong is kept for the page to say, and nothing else changes.

    shift: the sheet's first lines are the form's list of figures, each this many characters further right.
    """
    try:
        _take(read_example(text) if text.lstrip("\ufeff \t\r\n").startswith("{") else read_plain(text), close=True)
    except Misread as misread:
        told = refusal(misread.refused) if misread.refused else ""
        line = (text.splitlines() or [""])[min(misread.line, len(text.splitlines()) or 1) - 1]
        place = f"{line[:400]}\n{' ' * (misread.column - 1)}^" if misread.column <= 400 and line.isascii() else line[:400]
        whole = misread.sentence(language(), told)
        if shift:  # a form has no lines; its fields are named in the sentence
            whole, place = told or misread.reason(language()), line[:200] if line.startswith("published") else ""
        _set(wrong=(whole, place))
    except Refused as refused:
        _set(wrong=(refusal(refused), ""))
    else:
        return True
    if name:
        told, place = st.session_state[f"{KEY}_wrong"]
        _set(wrong=(t("workshop.in_file", name=name[:60].replace("`", "'"), reason=told), place))
    return False


def escaped(text: str) -> str:
    """What a reader typed, so that it is shown and not understood as markup."""
    return _MARKUP.sub(r"\\\g<0>", text)


def refusal(refused: Refused) -> str:
    """The sentence of a refusal, its reason in the page's language as well where it is one of ours."""
    words = catalogue(language())
    told = {REASONS[why]: words.get(f"expression.{why}", REASONS[why]) for why in REASONS}
    if refused.code == "bad_expression":  # the sheet itself says where
        return reason_in(language(), str(refused.details["reason"]), told)
    if refused.code not in ("bad_example", "bad_program"):
        return sentence(refused)
    place, reason = (reason_in(language(), str(refused.details[part]), told) for part in ("place", "reason"))
    return t(f"refused.{refused.code}", place=place, reason=reason)


def _keep(example: WorkedExample, shown: WorkedExample) -> None:
    """The ways out: a link that restores everything, the file, and the sheet."""
    query = write_link(shown)
    if query is None:
        st.markdown(t("workshop.no_link"))
    else:
        st.markdown(f"[{t('workshop.link')}](?{urlencode({**query, LANG: language()})})")
        st.caption(t("workshop.link_note"))
    sizes = shown.experiment.network.sizes if isinstance(shown.experiment, Experiment) else ("expression",)
    name = shown.id if shown.id != ID else f"my-{'-'.join(map(str, sizes))}"
    st.download_button(
        t("workshop.download_file"), write_example(shown), f"{name}.json", "application/json",
        key=f"{KEY}_download", on_click="ignore",
    )  # fmt: skip
    st.download_button(
        t("workshop.download_sheet"), write_plain(shown, language()), f"{name}.txt", "text/plain",
        key=f"{KEY}_download_sheet", on_click="ignore",
    )  # fmt: skip
