"""The slip finder: which named slip reproduces a number that somebody wrote down?

First the slips at the line itself, from the right numbers and from the learner's own earlier ones. Then slips at an
earlier line that the learner has not written down, or made at every line alike, carried forward by a replay. What
fits almost anywhere (a lost sign, a factor 2, the decimal point) is named last. Where nothing fits, nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from engine import Op, Trace
from engine.replay import evaluate, replay_all
from lessons.check.case import Case
from lessons.check.slips import ORDER, SLIPS, Slip
from lessons.exercises.grading import Typed

ALIKE = 1e-9  # relative: two calculations of one number
MANY = 4  # significant digits of a number that may be off by one in the last
FEW = 2  # significant digits: a number with so few fits too much to be a witness on its own
APART = 0.01  # an earlier slip that changes the number by less cannot be told from rounding
MOST = 3  # slips named at once
VARIANTS = 2  # ways to make one slip, when it is made everywhere
LARGEST = 800  # numbers of an update up to which earlier lines are searched

Held = tuple[tuple[int, float], ...]  # flat index -> the learner's number there


@dataclass(frozen=True)
class Found:
    """A slip that reproduces the number: its name, and the flat index of the line where it was made, None for here."""

    name: str
    at: int | None = None


def fits(typed: Typed, value: float, cut: bool = False) -> bool:
    """Whether a value, rounded to as many digits as were typed, is the number; enough digits to mean something.

    cut: digits that were cut off instead of rounded will do, where there are at least four.
    """
    if not np.isfinite(value):
        return False
    gap, size = abs(typed.value - value), abs(typed.value)
    if gap <= ALIKE * size:
        return True
    if value == 0 or size == 0:
        return False
    if cut and typed.digits >= MANY:
        return gap <= 2 * typed.half
    return typed.digits >= FEW and gap <= typed.half * (1 + ALIKE)


def slips_here(trace: Trace, op: Op, row: np.ndarray, update: int = 0) -> list[tuple[Slip, float]]:
    """All wrong values that the slips at one line give, from the numbers of `row`."""
    case = Case(trace, op, row, update)
    return [(slip, value) for slip in SLIPS for value in slip.values(case)]


def find(
    trace: Trace,
    op: Op,
    typed: Typed,
    rows: Sequence[np.ndarray],
    held: Held = (),
    update: int = 0,
) -> tuple[Found, ...]:
    """The slips that reproduce a typed number, the likeliest first, at most three.

    rows: what the learner may have calculated from, the right numbers or his own. held: flat indices and values of the
    numbers that stand on the sheet; an earlier slip is not looked for there.
    """
    own: dict[str, float] = {}
    general: list[Found] = []
    for row in rows:
        for slip, value in slips_here(trace, op, row, update):
            if fits(typed, value):
                if slip.general:
                    general.append(Found(slip.name))
                else:
                    own.setdefault(slip.name, value)
    if typed.digits <= FEW and any(_equal(value, typed.value) for value in own.values()):
        # Two digits fit much; a slip that gives the number itself is the one to name.
        own = {name: value for name, value in own.items() if _equal(value, typed.value)}
    before = _earlier(trace, op, typed, held, update)
    if not own:
        found = _ranked([*general, *(found for found, _ in before)])
        if not found:  # nothing by rounding: perhaps the digits were cut off
            found = _ranked(
                Found(slip.name)
                for row in rows
                for slip, value in slips_here(trace, op, row, update)
                if fits(typed, value, True)
            )
        return found[:MOST]
    # A slip before that gives exactly the same number cannot be told from this one, so both are named.
    twins = [found for found, value in before if any(_equal(value, other) for other in own.values())]
    here = _ranked(Found(name) for name in own)
    return (*here, *_ranked(found for found in twins if found.name not in own))[:MOST]


def _equal(one: float, other: float) -> bool:
    return abs(one - other) <= ALIKE * max(abs(one), abs(other))


def _ranked(found: Iterable[Found]) -> tuple[Found, ...]:
    names: dict[str, Found] = {}
    for one in found:
        names.setdefault(one.name, one)
    return tuple(sorted(names.values(), key=lambda one: ORDER[one.name]))


def upstream(trace: Trace, op: Op, held: Iterable[int] = ()) -> frozenset[int]:
    """Flat indices of the computed numbers that a line depends on, not looking behind those that are held."""
    return _upstream(trace, op.index, frozenset(held))


@lru_cache(maxsize=4096)
def _upstream(trace: Trace, index: int, held: frozenset[int]) -> frozenset[int]:
    lines = _lines(trace)
    seen: set[int] = set()
    waiting = {index}
    while waiting:
        reads = {i for k in waiting for i in lines[k].reads if i in lines}
        waiting = reads - seen - held
        seen |= waiting
    return frozenset(seen)


@lru_cache(maxsize=16)
def _lines(trace: Trace) -> dict[int, Op]:
    return {op.index: op for op in trace.ops}


def _earlier(trace: Trace, op: Op, typed: Typed, held: Held, update: int) -> list[tuple[Found, float]]:
    """Slips before this line that end in the typed number here, the nearest first, and the value they give."""
    reach = upstream(trace, op, (index for index, _ in held)) & _slippery(trace)
    if trace.program.size > LARGEST or typed.digits < FEW + 1 or not reach:
        return []
    origins, names, values = _carried(trace, held, update)
    column, right = values[:-1, op.index], values[-1, op.index]
    found = []
    with np.errstate(invalid="ignore"):
        near = np.flatnonzero(np.abs(column - typed.value) <= typed.half * (1 + ALIKE))
    for number in near:
        at, value = origins[number], float(column[number])
        if abs(value - right) > APART * abs(right) and (at is None or at in reach) and fits(typed, value):
            place = at if at is not None else _first(trace, names[number], reach)
            if place is not None:
                found.append((Found(names[number], place), value))
    order = {line.index: number for number, line in enumerate(trace.ops)}
    return sorted(found, key=lambda one: -order[one[0].at or 0])


def _first(trace: Trace, name: str, reach: frozenset[int]) -> int | None:
    """The first line before this one where a slip that is made everywhere can be made."""
    slip = SLIPS[ORDER[name]]
    return next((line.index for line in trace.ops if line.index in reach and slip.applies(line)), None)


@lru_cache(maxsize=64)
def _carried(trace: Trace, held: Held, update: int) -> tuple[list[int | None], list[str], np.ndarray]:
    """Every earlier slip and what follows from it.

    Returns (where, None for everywhere), names, and all numbers of the update for each, (slips + 1, numbers); the last
    row is without a slip.
    """
    fixed = dict(held)
    base = replay_all(trace, update, [fixed])[0]
    origins: list[int | None] = []
    names: list[str] = []
    cases: list[dict[int, float]] = []
    for op in trace.ops:
        if op.index in fixed:
            continue
        for slip, value in slips_here(trace, op, base, update):
            if not slip.general:
                origins.append(op.index)
                names.append(slip.name)
                cases.append({**fixed, op.index: value})
    rows = [replay_all(trace, update, cases)] if cases else []
    for slip, lines in _common(trace):
        for variant in range(VARIANTS):
            row = _everywhere(trace, base, fixed, slip, lines, variant, update)
            if row is None:
                break
            origins.append(None)
            names.append(slip.name)
            rows.append(row[None])
    return origins, names, np.vstack([*rows, base[None]])


@lru_cache(maxsize=16)
def _slippery(trace: Trace) -> frozenset[int]:
    """The lines at which a slip with a name of its own can be made."""
    return frozenset(op.index for op in trace.ops if any(slip.applies(op) for slip in SLIPS if not slip.general))


@lru_cache(maxsize=16)
def _common(trace: Trace) -> tuple[tuple[Slip, frozenset[int]], ...]:
    """The slips that can be made at more than one line, with those lines."""
    lines = ((slip, frozenset(op.index for op in trace.ops if slip.applies(op))) for slip in SLIPS if not slip.general)
    return tuple((slip, found) for slip, found in lines if len(found) > 1)


def _everywhere(
    trace: Trace, base: np.ndarray, fixed: dict[int, float], slip: Slip, lines: frozenset[int], variant: int, update: int
) -> np.ndarray | None:
    """All numbers when a slip is made at every line where it can be made; None when that is at most one line."""
    row, made = base.copy(), 0
    changed: set[int] = set()
    for op in trace.ops:
        if op.index in fixed:
            continue
        if op.index in lines:
            values = slip.values(Case(trace, op, row, update))
            if len(values) > variant:
                row[op.index] = values[variant]
                changed.add(op.index)
                made += 1
                continue
        if not changed.isdisjoint(op.reads):
            row[op.index] = evaluate(trace, op, row[list(op.reads)].tolist())
            changed.add(op.index)
    return row if made > 1 else None
