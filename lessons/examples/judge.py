"""Verdicts: does a printed figure agree with the number that the engine computes?

A figure is the text that was printed. Its last place says how exactly it claims to be known.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import lru_cache

from engine import Experiment, Expression, Refused, Trace, advance, record_run, start
from lessons.examples.model import EXPLAINED, Figure, WorkedExample

FLOAT32 = Decimal("3e-7")
# A double carries about 16 digits and a run loses one or two; a difference below this is not the source's.
NOISE = Decimal("4e-15")
_PRINTED = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?", re.ASCII)


@dataclass(frozen=True)
class Judged:
    """A figure beside the computed value.

    verdict: match, last-digit, float32, rounded-chain or wrong. digits: significant digits that agree. should_be: the
    right value, rounded like the printed one; None when the figure needs no correction.
    """

    figure: Figure
    computed: float
    verdict: str
    digits: int
    should_be: str | None


def printed_number(text: str) -> Decimal:
    """The number that was printed, with its decimals; raises Refused when the text is none."""
    plain = text.strip().replace("\u2212", "-")
    if len(plain) > 40 or not _PRINTED.fullmatch(plain):
        raise Refused("not_a_number", what="figure", value=text[:40])
    return Decimal(plain)


def judge(text: str, value: float) -> str:
    """One of "match", "last-digit", "float32" and "off".

    match: within half a unit of the last printed place. last-digit: within one unit, so cut off instead of rounded.
    float32: equal to 3 parts in ten million, as a single-precision program prints it.
    """
    printed = printed_number(text)
    if not math.isfinite(value):
        return "off"
    with localcontext() as context:
        context.prec = 400
        exact = Decimal(repr(value))
        difference, unit, noise = abs(printed - exact), _unit(printed), NOISE * abs(exact)
        # Half a unit exactly is a match whichever way the source rounds it.
        if difference <= unit / 2 + noise:
            return "match"
        if difference <= unit + noise:
            return "last-digit"
        return "float32" if difference <= FLOAT32 * abs(exact) else "off"


def agreeing_digits(text: str, value: float) -> int:
    """How many significant digits of the printed figure the value confirms, 0 when not even the first."""
    printed = printed_number(text)
    if not math.isfinite(value):
        return 0
    with localcontext() as context:
        context.prec = 400
        exact = Decimal(repr(value))
        difference, top = abs(printed - exact), printed.adjusted()
        places = top - int(printed.as_tuple().exponent) + 1
        if difference <= _unit(printed) / 2 + NOISE * abs(exact):
            return max(places, 1)
        for count in range(places - 1, 0, -1):
            if difference <= Decimal(5).scaleb(top - count):
                return count
    return 0


def rounded_like(text: str, value: float) -> str:
    """The value with as many decimals as the printed figure has."""
    with localcontext() as context:
        context.prec = 400
        decimals = max(0, -int(printed_number(text).as_tuple().exponent))
        right = Decimal(repr(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
        return f"{abs(right) if right == 0 else right:f}"


def judged(example: WorkedExample, trace: Trace | None = None) -> tuple[Judged, ...]:
    """Every figure of an example beside the number at its address.

    trace: a recorded run to compare with, such as one whose numbers a learner has changed; None records the
    example's own. Figures of later updates than are recorded are computed by training on. A figure that is off
    keeps the verdict its file states for it when that explains it, and is "wrong" otherwise.
    """
    if trace is None:
        trace = _recorded(example.experiment, example.updates)
    recorded = trace.updates
    far = tuple(sorted({figure.update for figure in example.figures if figure.update >= recorded}))
    later = dict(zip(far, _later(trace.experiment, far), strict=True))
    found = []
    for figure in example.figures:
        run = later.get(figure.update, trace)
        value = run.value(figure.address, figure.update if run is trace else 0) if run else math.nan
        found.append(_judged(figure, figure.times * value))
    return tuple(found)


def _judged(figure: Figure, computed: float) -> Judged:
    verdict = judge(figure.text, computed)
    # A figure may come close by another road than rounding; the file then says by which.
    if verdict != "match" and figure.verdict in EXPLAINED:
        verdict = figure.verdict
    elif verdict == "off":
        verdict = "wrong"
    right = None
    if verdict not in ("match", "float32") and math.isfinite(computed):
        right = rounded_like(figure.text, computed)
        if figure.should_be and judge(figure.should_be, computed) == "match":
            right = figure.should_be
    return Judged(figure, computed, verdict, agreeing_digits(figure.text, computed), right)


def _unit(printed: Decimal) -> Decimal:
    return Decimal(1).scaleb(int(printed.as_tuple().exponent))


@lru_cache(maxsize=8)
def _recorded(experiment: Experiment | Expression, updates: int) -> Trace:
    return record_run(experiment, updates)


@lru_cache(maxsize=32)
def _later(experiment: Experiment | Expression, updates: tuple[int, ...]) -> tuple[Trace | None, ...]:
    """One recorded update each, None where the run has diverged before; a program has no later updates than its record."""
    if isinstance(experiment, Expression):
        return (None,) * len(updates)
    state = start(experiment)
    found: list[Trace | None] = []
    for update in updates:
        state = advance(state, update - state.step)
        if state.diverged:
            found.append(None)
        else:
            found.append(record_run(experiment.replace(parameters=tuple(state.theta.tolist())), 1))
    return tuple(found)
