"""What an expression is: statements, given numbers, the result whose gradients are wanted, and what is carried over."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from engine.graph.grammar import NAME
from engine.graph.reasons import wrong_given
from engine.refusal import Refused

MAX_SIDE = 128
MAX_NUMBERS = 1_024  # in one array
MAX_UPDATES = 1_000
MAX_GIVENS = 64
MAX_VALUE = 1e12

Value = float | tuple[float, ...] | tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Expression:
    """A program of statements on given numbers, frozen and hashable.

    statements: such as "q = x + y", read in order. given: (name, number, row of numbers, or rows of numbers). result:
    the name whose gradients are wanted, empty for none. wanted: names whose gradients are shown. updates: how often the
    program is run. carry: (given, name): in the next update the given number is what the name stands for now.
    Raises Refused with the place of the mistake.
    """

    statements: tuple[str, ...]
    given: tuple[tuple[str, Value], ...] = ()
    result: str = ""
    wanted: tuple[str, ...] = ()
    updates: int = 1
    carry: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if not self.statements:
            raise wrong_given("no_statement", "statements")
        if isinstance(self.updates, bool) or not isinstance(self.updates, int) or not 1 <= self.updates <= MAX_UPDATES:
            raise wrong_given("updates", "updates", limit=MAX_UPDATES)
        if len(self.given) > MAX_GIVENS:
            raise Refused("too_much_to_record", value=len(self.given))
        object.__setattr__(self, "given", tuple((name, _checked(name, value)) for name, value in self.given))
        from engine.graph.graph import compile_expression  # the compiler builds on this module

        compile_expression(self.structure)

    @property
    def structure(self) -> Structure:
        """Everything but the numbers: what the program is made from."""
        shapes = tuple((name, shape_of(value)) for name, value in self.given)
        return Structure(self.statements, shapes, self.result, self.wanted, self.carry)

    def replace(self, **changes: Any) -> Expression:
        """Return a copy with some fields changed, checked like a new one."""
        return replace(self, **changes)


@dataclass(frozen=True)
class Structure:
    """An expression without its numbers: the shapes of the given arrays instead."""

    statements: tuple[str, ...]
    shapes: tuple[tuple[str, tuple[int, int]], ...]
    result: str
    wanted: tuple[str, ...]
    carry: tuple[tuple[str, str], ...]


def shape_of(value: Value) -> tuple[int, int]:
    """(rows, columns): a plain list is one row."""
    if not isinstance(value, tuple):
        return 1, 1
    first = value[0]
    return (len(value), len(first)) if isinstance(first, tuple) else (1, len(value))


def numbers_of(value: Value) -> list[float]:
    """The numbers of a given value, row by row."""
    if not isinstance(value, tuple):
        return [value]
    return [number for row in value for number in (row if isinstance(row, tuple) else (row,))]


def check_shape(rows: int, columns: int, line: int, column: int) -> None:
    """Refuse an array beyond the limits, before anything is allocated."""
    from engine.graph.reasons import wrong

    if rows > MAX_SIDE or columns > MAX_SIDE or rows * columns > MAX_NUMBERS:
        raise wrong("too_large", line, column, rows=rows, columns=columns, limit=MAX_SIDE, numbers=MAX_NUMBERS)


def _checked(name: str, value: Any) -> Value:
    place = f"given “{str(name)[:24]}”"
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise wrong_given("bad_name", place, name=str(name)[:24])
    if not isinstance(value, (tuple, list)):
        return _number(value, name)
    if not value:
        raise wrong_given("empty", place)
    nested = isinstance(value[0], (tuple, list))
    rows = list(value) if nested else [value]
    if any(not isinstance(row, (tuple, list)) for row in rows) or len({len(row) for row in rows}) != 1 or not rows[0]:
        raise wrong_given("ragged", place)
    columns = len(rows[0])
    if len(rows) > MAX_SIDE or columns > MAX_SIDE or len(rows) * columns > MAX_NUMBERS:
        raise wrong_given("too_large", place, rows=len(rows), columns=columns, limit=MAX_SIDE, numbers=MAX_NUMBERS)
    made = tuple(tuple(_number(number, name) for number in row) for row in rows)
    return made if nested else made[0]


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise Refused("not_a_number", what=name, value=str(value)[:40])
    if abs(value) > MAX_VALUE:
        raise Refused("out_of_range", what=name, value=f"{value:g}", low=f"{-MAX_VALUE:g}", high=f"{MAX_VALUE:g}")
    return float(value)
