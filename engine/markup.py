"""Calculating a line from its formula: the markup that a reader sees, taken at its word.

The markup is the LaTeX subset of `engine.program`. Programs of statements are replayed by it, and for networks it is
one more check that the formula on the page is the one that was calculated.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from engine.backend import NUMPY
from engine.ops import ACTIVATIONS
from engine.refusal import Refused

Formula = Callable[[np.ndarray], np.ndarray]  # operands along the last axis -> values
_TOKEN = re.compile(r"\s*(#\d+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\\text\{[a-z']+\}|\\log_\{10\}|\\[a-z]+|\\,|[-+=<>|()\[\]{}^,e])")
_SPACES = ("\\,", "\\left", "\\right")
_FUNCTIONS: dict[str, Callable[..., np.ndarray]] = {
    r"\ln": np.log, r"\log_{10}": np.log10, r"\tanh": np.tanh, r"\exp": np.exp, r"\sin": np.sin, r"\cos": np.cos,
    r"\max": lambda *a: np.max(np.stack(np.broadcast_arrays(*a)), axis=0),
    r"\min": lambda *a: np.min(np.stack(np.broadcast_arrays(*a)), axis=0),
    r"\text{sign}": np.sign,
    r"\sigma": lambda a: 1 / (1 + np.exp(-a)),
    r"\text{gelu}'": lambda a: ACTIVATIONS["gelu"].derivative(NUMPY, a, a),  # type: ignore[misc]
}  # fmt: skip
_RELATIONS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    ">": np.greater, "<": np.less, "=": np.equal, r"\ge": np.greater_equal, r"\le": np.less_equal,
}  # fmt: skip


@lru_cache(maxsize=2048)
def read_formula(markup: str) -> Formula:
    """The formula that a piece of markup with #0, #1, … stands for; raises Refused for markup that stands for none."""
    reader = _Reader(markup)
    formula = reader.sum()
    reader.expect("")
    return formula


class _Reader:
    def __init__(self, markup: str) -> None:
        self.markup, self.tokens, at = markup, [], 0
        text = markup.replace(r"\text{gelu}'", r"\text{gelu'}").rstrip()
        while at < len(text):
            match = _TOKEN.match(text, at)
            if not match:
                raise self.refused()
            at = match.end()
            if match.group(1) not in _SPACES:
                self.tokens.append(match.group(1))
        self.tokens.append("")
        self.at = 0

    def refused(self) -> Refused:
        return Refused("unknown_choice", what="formula", name=self.markup[:60], known="the markup of engine.program")

    @property
    def next(self) -> str:
        return str(self.tokens[self.at])

    def take(self) -> str:
        self.at += 1
        return str(self.tokens[self.at - 1])

    def expect(self, token: str) -> None:
        if self.take() != token:
            raise self.refused()

    def sum(self) -> Formula:
        negative = self.next == "-"
        if negative:
            self.take()
        total = self.product()
        if negative:
            total = _apply(np.negative, total)
        while self.next in ("+", "-"):
            operation = np.add if self.take() == "+" else np.subtract
            total = _apply(operation, total, self.product())
        return total

    def product(self) -> Formula:
        total = self.power()
        while True:
            if self.next == r"\cdot":
                self.take()
                total = _apply(np.multiply, total, self.power())
            elif self.next in ("(", "[", r"\frac", r"\sqrt", "e") or self.next[:1] == "#" or self.next in _FUNCTIONS:
                total = _apply(np.multiply, total, self.power())
            else:
                return total

    def power(self) -> Formula:
        base = self.atom()
        while self.next == "^":
            self.take()
            base = _apply(np.power, base, self.group())
        return base

    def group(self) -> Formula:
        """What stands in braces, or a single number."""
        if self.next != "{":
            return self.atom()
        return self.inside("{", "}")

    def inside(self, left: str, right: str) -> Formula:
        self.expect(left)
        found = self.sum()
        self.expect(right)
        return found

    def atom(self) -> Formula:
        token = self.next
        if token[:1] == "#":
            index = int(self.take()[1:])
            return lambda v: v[..., index]
        if token[:1].isdigit() or token == "e":
            value = np.e if self.take() == "e" else float(token)
            return lambda v: np.full(v.shape[:-1], value)
        if token == "(":
            return self.inside("(", ")")
        if token == "|":
            return _apply(np.abs, self.inside("|", "|"))
        if token == "[":
            return self.condition()
        self.take()
        if token == r"\frac":
            return _apply(np.divide, self.inside("{", "}"), self.inside("{", "}"))
        if token == r"\sqrt":
            return _apply(np.sqrt, self.inside("{", "}"))
        function = _FUNCTIONS.get(token.replace("'}", "}'"))
        if function is None:
            raise self.refused()
        return _apply(function, *self.arguments())

    def arguments(self) -> list[Formula]:
        if self.next != "(":
            return [self.atom()]
        self.take()
        found = [self.sum()]
        while self.next == ",":
            self.take()
            found.append(self.sum())
        self.expect(")")
        return found

    def condition(self) -> Formula:
        """1 where a comparison in brackets holds, else 0."""
        self.expect("[")
        left = self.sum()
        relation = _RELATIONS.get(self.take())
        if relation is None:
            raise self.refused()
        right = self.sum()
        self.expect("]")
        return lambda v: relation(left(v), right(v)) * 1.0


def _apply(function: Callable[..., np.ndarray], *parts: Formula) -> Formula:
    return lambda v: function(*(part(v) for part in parts))
