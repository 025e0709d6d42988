"""The judge of a sheet: every typed cell by itself, with fair rounding, and nobody condemned twice for one slip."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from engine import Trace
from engine.replay import replay, replay_all
from lessons.check.cells import Cell, cells
from lessons.check.finder import Held, find, fits, upstream
from lessons.check.slips import ROUNDED
from lessons.exercises.grading import Typed, Unreadable, parse_number

RIGHT = ("right", "follows")
WRONG = ("slip", "either", "wrong")
FRACTION = 4
ENOUGH = 3  # significant digits, or two decimals
FAIR = ((5, None), (None, 4), (None, 5))  # (decimals, digits) that intermediate results may well be rounded to
FAIR_PLACES = 4  # as many decimals are fair too, where they leave enough digits
EARLY = ((2, None), (3, None), (None, 2), (None, 3))
SPREAD = 2.0  # times what fair rounding on the way can do, for it adds up differently every time
NEAR = 0.01
FOLLOWED = 4  # earlier wrong numbers of which every combination is followed


@dataclass(frozen=True)
class Verdict:
    """What a typed cell turned out to be.

    kind: right, follows (right from the learner's own earlier value), rounded (too early, or too few digits to tell), slip,
    either (two or three slips fit), wrong (none does), unreadable or blank. keys: names of slips, what was rounded
    ("rounded_early", "too_few_digits", "near"), or why it cannot be read. places: for each key the address where the
    slip was made, "" for this cell. value: what is right here, from the learner's own numbers where it follows.
    """

    kind: str
    keys: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    value: float = 0.0
    digits: int = 0

    @property
    def right(self) -> bool:
        """Whether the cell counts as right."""
        return self.kind in RIGHT


def judge(trace: Trace, texts: Mapping[str, str], update: int = 0, shown: Collection[str] = ()) -> dict[str, Verdict]:
    """The verdict on every cell of a sheet that is not shown, by address, in the order of the calculation.

    texts: address -> what was typed, "" for a blank. shown: addresses whose right value stands on the sheet.
    """
    return _Sheet(trace, texts, update, shown).verdicts()


class _Sheet:
    def __init__(self, trace: Trace, texts: Mapping[str, str], update: int, shown: Collection[str]) -> None:
        self.trace, self.texts, self.update, self.shown = trace, texts, update, set(shown)
        self.exact: np.ndarray = np.array(trace.values[update], dtype=np.float64)
        self.given: dict[int, float] = {}  # shown cells: right, whatever happens
        self.typed: dict[int, float] = {}  # the learner's readable numbers so far
        self.bad: dict[int, float] = {}  # those among them that are not right

    def verdicts(self) -> dict[str, Verdict]:
        found = {}
        for cell in cells(self.trace, self.update):
            if cell.address in self.shown:
                self.given[cell.index] = self.exact[cell.index]
                continue
            text = self.texts.get(cell.address, "")
            try:
                typed = _read(text)
            except Unreadable as problem:
                kind = "unreadable" if text.strip() else "blank"
                found[cell.address] = Verdict(kind, (problem.code,), value=float(self.exact[cell.index]))
                continue
            verdict = self._verdict(cell, typed)
            found[cell.address] = verdict
            self.typed[cell.index] = typed.value
            if verdict.kind != "right":
                self.bad[cell.index] = typed.value
        return found

    def _verdict(self, cell: Cell, typed: Typed) -> Verdict:
        exact = float(self.exact[cell.index])
        if _is(typed, exact):
            return _fair(typed, exact, "right")
        above = self._above(cell)
        bad = {index: value for index, value in self.bad.items() if index in above}
        mine = {index: value for index, value in self.typed.items() if index in above}
        if bad:
            for row in self._followed(bad, mine):
                if _is(typed, row[cell.index]) and abs(row[cell.index] - exact) > 1e-12 * abs(exact):
                    return _fair(typed, float(row[cell.index]), "follows")
        elif mine and typed.digits >= ENOUGH and _is(typed, self._row(mine)[cell.index]):
            return Verdict("right", value=exact, digits=typed.digits)
        if _within(self.trace, self.update, cell.index, typed):
            return _fair(typed, exact, "right")
        return self._fault(cell, typed, bad, mine)

    def _fault(self, cell: Cell, typed: Typed, bad: dict[int, float], mine: dict[int, float]) -> Verdict:
        exact = float(self.exact[cell.index])
        bases = list(dict.fromkeys(tuple(sorted(base.items())) for base in (mine, bad, {})))
        rows = [self._row(dict(base)) for base in bases]
        early = _early(self.trace, self.update, cell.index, typed)
        found = find(self.trace, cell.op, typed, rows, self._held(self._above(cell), mine), self.update)
        if found and not (early and found[0].at is not None):
            keys = [one.name for one in found] + ([ROUNDED] if early else [])
            places = [self.trace.program.addresses[one.at] if one.at is not None else "" for one in found]
            kind = "slip" if len(keys) == 1 else "either"
            return Verdict(kind, tuple(keys[:3]), tuple([*places, ""][: len(keys)][:3]), exact, typed.digits)
        if early:
            return Verdict("rounded", (ROUNDED,), ("",), exact, typed.digits)
        if bad:
            for row in (self._row(bad), self._row(mine)):
                if abs(typed.value - row[cell.index]) <= NEAR / 2 * abs(row[cell.index]):
                    return Verdict("follows", value=float(row[cell.index]), digits=typed.digits)
        if exact and abs(typed.value - exact) <= NEAR * abs(exact):
            return Verdict("rounded", ("near",), ("",), exact, typed.digits)
        return Verdict("wrong", (), (), float(rows[0][cell.index]) if bad else exact, typed.digits)

    def _above(self, cell: Cell) -> frozenset[int]:
        """The numbers that the cell depends on, behind what is shown too: nobody knows what somebody reads."""
        return upstream(self.trace, cell.op)

    def _row(self, numbers: Mapping[int, float]) -> np.ndarray:
        if not numbers:
            return self.exact
        return np.asarray(replay_all(self.trace, self.update, [{**self.given, **numbers}])[0])

    def _held(self, above: frozenset[int], mine: Mapping[int, float]) -> Held:
        """The numbers on the sheet that a cell depends on, the learner's own where he wrote one."""
        return tuple(sorted(({index: value for index, value in self.given.items() if index in above} | dict(mine)).items()))

    def _followed(self, bad: dict[int, float], mine: dict[int, float]) -> np.ndarray:
        """What follows from the learner's own numbers: from all, from all wrong ones, and from some of the wrong ones."""
        some = list(bad.items())[-FOLLOWED:]
        cases = [dict(pair for bit, pair in enumerate(some) if mask >> bit & 1) for mask in range(1, 2 ** len(some))]
        return replay_all(self.trace, self.update, [{**self.given, **case} for case in (bad, mine, *cases)])


def _read(text: str) -> Typed:
    """What was typed; a fraction has no digits of its own and counts as a number of four."""
    typed = parse_number(text)
    if typed.half or not typed.value:
        return typed
    return Typed(typed.value, FRACTION, 0.5 * 10.0 ** (math.floor(math.log10(abs(typed.value))) - FRACTION + 1))


def _is(typed: Typed, value: float) -> bool:
    """Whether a number is a value as far as it was written down."""
    gap, size = abs(typed.value - value), abs(value)
    return bool(gap <= 1e-9 * size or typed.rounds(value))


def _fair(typed: Typed, value: float, kind: str) -> Verdict:
    """The verdict on a number that is right as far as it goes: does it go far enough?"""
    gap = abs(typed.value - value)
    decimals = typed.half <= 0.00500001 and typed.digits >= ENOUGH - 1
    if typed.digits >= ENOUGH or decimals or gap <= 1e-9 * abs(value):
        return Verdict(kind, value=value, digits=typed.digits)
    return Verdict("rounded", ("too_few_digits",), ("",), value, typed.digits)


def _within(trace: Trace, update: int, index: int, typed: Typed) -> bool:
    """Whether fair rounding on the way, or cutting off the last digit, explains the difference from the exact value."""
    exact, spread, four = _spread(trace, update)
    gap = abs(typed.value - exact[index])
    if typed.digits < ENOUGH:
        return False
    if typed.rounds(float(four[index])) and gap <= NEAR * abs(exact[index]):
        return True
    return bool(gap <= typed.half + max(typed.half, SPREAD * spread[index]))


@lru_cache(maxsize=32)
def _spread(trace: Trace, update: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(exact values, how far fair rounding on the way leads from them, values with four decimals all along)."""
    exact = replay(trace, update)
    rows = np.array([replay(trace, update, places=places, digits=digits) for places, digits in FAIR])
    spread = np.minimum(np.abs(rows - exact).max(axis=0), NEAR / 2 * np.abs(exact))
    return exact, spread, replay(trace, update, places=FAIR_PLACES)


@lru_cache(maxsize=32)
def _rounded(trace: Trace, update: int) -> tuple[np.ndarray, ...]:
    return tuple(replay(trace, update, places=places, digits=digits) for places, digits in EARLY)


def _early(trace: Trace, update: int, index: int, typed: Typed) -> bool:
    """Whether the number comes from intermediate results with two or three digits or decimals."""
    return any(fits(typed, float(row[index])) or typed.value == row[index] for row in _rounded(trace, update))
