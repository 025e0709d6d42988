"""The blanks of a sheet: symbols, fields, and beside each field the verdict in words.

Everything here is one fragment: leaving a field judges the sheet again and draws this part, nothing else of the page.
The tree of elements keeps its shape whatever the verdicts are, so that the field which has the focus is never redrawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path

import streamlit as st

from engine import Trace
from lessons.check import Cell, Verdict, blanks, cells, judge, parts
from lessons.check.wording import label, tell
from lessons.exercises.base import tex
from ui.frame import guarded
from ui.i18n import KEY as LANG
from ui.i18n import language, t

PAGED = 40  # cells above which the parts of the sheet are shown one at a time
MARKS = {"right": "✓", "follows": "✓", "rounded": "≈", "blank": "○"}
SHOWN = 6  # significant digits of a number that is not left blank
TYPED = "sheet_typed"

_keys = st.components.v2.component("nabla_sheet_keys", js=(Path(__file__).parent / "sheet.js").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Sheet:
    """One sheet. key: names what was typed on it. version: which parts are blank. link: where its steps are shown."""

    key: str
    trace: Trace
    version: str
    link: str

    @property
    def typed(self) -> dict[str, str]:
        """What was typed so far: address -> text."""
        everything: dict[str, dict[str, str]] = st.session_state.setdefault(TYPED, {})
        return everything.setdefault(self.key, {})

    def field(self, cell: Cell) -> str:
        """The key of a cell's field."""
        return f"sheet_in_{self.key}_{cell.index}"

    def take(self, cell: Cell) -> None:
        """Remember what stands in a field; the widget forgets it when the page is left."""
        self.typed[cell.address] = str(st.session_state.get(self.field(cell), ""))


@st.fragment
@guarded("sheet")
def fill_in(sheet: Sheet) -> None:
    """Draw the sheet: progress, and the parts with their blanks."""
    everything = cells(sheet.trace)
    open_cells = blanks(everything, sheet.version)
    shown = [cell.address for cell in everything if cell not in open_cells]
    verdicts = judge(sheet.trace, sheet.typed, shown=shown)
    _keys(key="sheet_keys", data={})
    _progress(verdicts)
    names = parts(everything)
    if len(everything) > PAGED:
        names = (_page(sheet, names, parts(open_cells)[0]),)
    for name in names:
        _part(sheet, name, [cell for cell in everything if cell.part == name], verdicts)
    with st.container(horizontal=True, vertical_alignment="center", key="sheet_foot"):
        st.button(t("sheet.check"), key="sheet_check", type="primary", on_click=_checked, args=(sheet,))
    if all(verdict.right for verdict in verdicts.values()):
        st.success(t("sheet.done"))


def _checked(sheet: Sheet) -> None:
    st.session_state[f"sheet_checked_{sheet.key}"] = True


def _progress(verdicts: dict[str, Verdict]) -> None:
    right = sum(verdict.right for verdict in verdicts.values())
    left = sum(verdict.kind == "blank" for verdict in verdicts.values())
    look = len(verdicts) - right - left
    said = [t("sheet.progress", right=right, all=len(verdicts))]
    if look:
        said.append(t("sheet.open", count=look))
    if left:
        said.append(t("sheet.left", count=left))
    share = 100 * right / max(1, len(verdicts))
    st.html(
        f'<div class="nb-progress" role="status"><span>{escape(" · ".join(said))}</span>'
        f'<div class="nb-bar" aria-hidden="true"><i style="width:{share:.1f}%"></i></div></div>'
    )


def _page(sheet: Sheet, names: tuple[str, ...], first: str) -> str:
    key = f"sheet_part_of_{sheet.key}"
    st.session_state.setdefault(key, first)
    picked = st.segmented_control(
        t("sheet.page"), names, key=key, required=True, format_func=lambda name: _heading(sheet, name),
        label_visibility="collapsed",
    )  # fmt: skip
    return picked or first


def _heading(sheet: Sheet, name: str) -> str:
    phase, _, layer = name.partition(":")
    if not layer:
        return t(f"sheet.part.{phase}")
    last = str(max(int(part.partition(":")[2] or 0) for part in parts(cells(sheet.trace))))
    return t(f"sheet.part.{phase}_last") if layer == last else t(f"sheet.part.{phase}", layer=layer)


def _part(sheet: Sheet, name: str, asked: list[Cell], verdicts: dict[str, Verdict]) -> None:
    phase, _, layer = name.partition(":")
    with st.container(border=True, key=f"sheet_part_{phase}_{layer or 0}"):
        st.html(f'<h2 class="nb-part">{escape(_heading(sheet, name))}</h2>')
        wide = "_wide" if any(" = " in cell.symbol for cell in asked) else ""
        with st.container(key=f"sheet_grid_{phase}_{layer or 0}{wide}"):
            for cell in asked:
                _row(sheet, cell, verdicts.get(cell.address))


def _row(sheet: Sheet, cell: Cell, verdict: Verdict | None) -> None:
    key = sheet.field(cell)
    with st.container(key=f"sheet_row_{cell.index}"):
        st.markdown(f"${cell.symbol}$")
        if verdict is None:
            st.markdown(f"${tex(float(sheet.trace.values[0, cell.index]), SHOWN)}$")
            return
        st.session_state.setdefault(key, sheet.typed.get(cell.address, ""))
        st.text_input(
            label(cell, language()), key=key, label_visibility="collapsed", autocomplete="off", on_change=sheet.take,
            args=(cell,),
        )  # fmt: skip
        st.markdown(_feedback(sheet, cell, verdict), unsafe_allow_html=True)


def _feedback(sheet: Sheet, cell: Cell, verdict: Verdict) -> str:
    """The verdict as one paragraph of Markdown; nothing typed is repeated in it."""
    if verdict.kind == "blank" and not st.session_state.get(f"sheet_checked_{sheet.key}"):
        return '<span class="nb-verdict nb-empty"></span>'
    told = tell(sheet.trace, cell, verdict, language())
    mark = MARKS.get(verdict.kind, "✗")
    long = " nb-long" if told.lines else ""
    lines = [f'<span class="nb-verdict nb-{verdict.kind}{long}"><b aria-hidden="true">{mark}</b> {escape(told.title)}</span>']
    lines += [f"{'– ' if verdict.kind == 'either' else ''}{line}" for line in told.lines]
    if verdict.kind not in ("right", "blank", "unreadable"):
        lines.append(f"[{t('sheet.show')}]({_link(sheet, cell, verdict)})")
    return "  \n".join(lines)


def _link(sheet: Sheet, cell: Cell, verdict: Verdict) -> str:
    """The stepper at the line of a cell, or at the line before where the slip was made."""
    step = cell.step
    if verdict.kind == "slip" and verdict.places[0]:
        index = sheet.trace.program.find(verdict.places[0])
        step = next(number for number, op in enumerate(sheet.trace.ops) if op.index == index)
    return f"/{sheet.link}&u=0&s={step}&g=operation&{LANG}={language()}"
