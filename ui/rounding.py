"""Rounding under the reader's control: the exact run, the run as a hand computes it, and the printed figures."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from engine import Trace
from lessons.examples import Figure
from lessons.workshop.rounding import MAX_PLACES, Rounded, best_places, by_hand, compare
from ui.frame import guarded
from ui.i18n import t

PHASES = ("forward", "loss", "backward", "update")
ROWS = 40  # more make a table that nobody reads
SCROLLING = """[class*="_scroll"] table { display: block; max-width: 100%; overflow-x: auto; border: 0; }
[class*="_scroll"] :is(td, th) { padding: 0.25rem 0.6rem; white-space: nowrap; }"""


@st.fragment
@guarded("rounding")
def rounding(trace: Trace, figures: Sequence[Figure], key: str) -> None:
    """Exact value, hand-rounded value and printed figure side by side, for as many places as the reader says."""
    best = best_places(trace, figures) if figures else None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        places = st.number_input(t("rounding.places"), 1, MAX_PLACES, best[0] if best else 4, key=f"{key}_places", width=220)
        views = ["printed", *PHASES] if compare(trace, figures, 4) else list(PHASES)
        view = st.segmented_control(
            t("rounding.show"), views, default=views[0], required=True, key=f"{key}_view",
            format_func={name: t(f"rounding.{name}") for name in views}.__getitem__,
        )  # fmt: skip
    if best:
        st.markdown(t("rounding.best", places=best[0], right=best[1], all=best[2]))
    if view == "printed":
        found = compare(trace, figures, int(places))
        exact, hand = sum(one.agrees_exact for one in found), sum(one.agrees_hand for one in found)
        st.markdown(t("rounding.score", exact=exact, hand=hand, all=len(found), places=places))
        scrolling(_printed(trace, found[:ROWS], int(places)), key)
        left = len(found) - ROWS
    else:
        ops = [op for op in trace.ops if op.phase == view]
        scrolling(_phase(trace, [op.index for op in ops[:ROWS]], int(places)), key)
        left = len(ops) - ROWS
    if left > 0:
        st.caption(t("rounding.more", left=left))


def scrolling(markdown: str, key: str) -> None:
    """A table that scrolls by itself where the page is narrower than it is."""
    with st.container(key=f"{key}_scroll"):
        st.html(f"<style>{SCROLLING}</style>")
        st.markdown(markdown)


def _printed(trace: Trace, found: Sequence[Rounded], places: int) -> str:
    rows = []
    for one in found:
        says = {(1, 1): "both", (1, 0): "exact", (0, 1): "hand", (0, 0): "neither"}
        verdict = t(f"rounding.agrees_{says[int(one.agrees_exact), int(one.agrees_hand)]}")
        label = one.figure.symbol.replace("`", "'").replace("|", "¦")
        update = f" @{one.figure.update}" if one.figure.update and "@" not in label else ""
        times = f" · {one.figure.times:g}" if one.figure.times != 1 and "*" not in label else ""
        symbol = _symbol(trace, trace.program.find(one.figure.address))
        rows.append(
            f"| `{label}`{update} | {symbol}{times} | `{one.figure.text.replace('`', '')}` | "
            f"{_exact(one.exact)} | {_fixed(one.by_hand, places)} | {verdict} |"
        )
    head = (t(f"rounding.head_{name}") for name in ("name", "symbol", "printed", "exact", "hand", "agrees"))
    return "\n".join([f"| {' | '.join(head)} |", "|---|---|--:|--:|--:|---|", *rows])


def _phase(trace: Trace, indices: Sequence[int], places: int) -> str:
    hand = by_hand(trace, places)[0]
    rows = [
        f"| {_symbol(trace, i)} | {_exact(float(trace.values[0, i]))} | {_fixed(float(hand[i]), places)} | "
        f"{float(hand[i]) - float(trace.values[0, i]):.1e} |".replace("-", "−")
        for i in indices
    ]
    head = (t(f"rounding.head_{name}") for name in ("symbol", "exact", "hand", "off"))
    return "\n".join([f"| {' | '.join(head)} |", "|---|--:|--:|--:|", *rows])


def _symbol(trace: Trace, index: int) -> str:
    # A bar would end the cell of the table.
    return f"${trace.program.symbols[index].replace('|', chr(92) + 'vert ')}$"


def _exact(value: float) -> str:
    return f"`{value:.10g}`".replace("-", "\u2212")


def _fixed(value: float, places: int) -> str:
    text = f"{value:.{places}f}"
    return f"`{text}`".replace("-", "\u2212" if float(text) else "")
