"""The hand's arithmetic: every intermediate rounded to a few decimals, beside the exact run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine import Trace
from engine.replay import replay
from lessons.examples import Figure, judge

MAX_PLACES = 10
UPDATES = 12  # further than this nobody rounds by hand


@dataclass(frozen=True)
class Rounded:
    """A figure beside both computations: the exact value, the hand's, and with which of them it agrees."""

    figure: Figure
    exact: float
    by_hand: float
    agrees_exact: bool
    agrees_hand: bool


def by_hand(trace: Trace, places: int, updates: int = 1) -> np.ndarray:
    """Every number of the first updates with each result rounded to `places` decimals, (updates, numbers).

    What one update has rounded, the next one starts from, as on paper.
    """
    rows: list[np.ndarray] = []
    names = trace.program.addresses
    with np.errstate(all="ignore"):
        for update in range(min(updates, trace.updates)):
            carried = {names[given]: float(rows[-1][made]) for given, made in trace.program.carry.items()} if rows else {}
            rows.append(replay(trace, update, carried, places))
    return np.array(rows)


def compare(trace: Trace, figures: Sequence[Figure], places: int) -> tuple[Rounded, ...]:
    """Each figure of the first updates beside the exact value and the hand's."""
    near = [figure for figure in figures if figure.update < min(UPDATES, trace.updates)]
    if not near:
        return ()
    rows = by_hand(trace, places, max(figure.update for figure in near) + 1)
    found = []
    for figure in near:
        index = trace.program.find(figure.address)
        exact = figure.times * float(trace.values[figure.update, index])
        hand = figure.times * float(rows[figure.update, index])
        fits = (judge(figure.text, exact) in ("match", "float32"), judge(figure.text, hand) in ("match", "float32"))
        found.append(Rounded(figure, exact, hand, *fits))
    return tuple(found)


def best_places(trace: Trace, figures: Sequence[Figure]) -> tuple[int, int, int] | None:
    """(places, figures that agree then, figures looked at) for the rounding that explains a sheet best.

    None when no rounding explains more figures than exact computation does.
    """
    best: tuple[int, int, int] | None = None
    for places in range(1, 9):
        found = compare(trace, figures, places)
        right = sum(one.agrees_hand for one in found)
        if right > sum(one.agrees_exact for one in found) and (best is None or right > best[1]):
            best = (places, right, len(found))
    return best
