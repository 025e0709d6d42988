"""Operations on whole arrays, written as lists of index pairs: sums, products, choices of the largest, softmax.

Every one works on flat operands (..., n) with any leading axes. A plan says which numbers meet; it is made once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engine.backend import NUMPY
from engine.losses import log_sum_exp
from engine.ops import softmax

Ref = tuple[str, int, int]  # "x" operand number (slot, element), "y" result, "g" its derivative (0, element)
Term = tuple[str, tuple[Ref, ...]]  # a formula with #0, #1, … and what they stand for


@dataclass(frozen=True, eq=False)
class Linear:
    """out[o] = sum of x[i] over the pairs (o, i), divided by `divisor`. Pairs are sorted by o; every o has one."""

    o: np.ndarray
    i: np.ndarray
    outputs: int
    divisor: int = 1

    @cached_property
    def starts(self) -> np.ndarray:
        return np.searchsorted(self.o, np.arange(self.outputs))

    def value(self, inputs: list[np.ndarray]) -> np.ndarray:
        total = np.add.reduceat(inputs[0][..., self.i], self.starts, axis=-1)
        return np.asarray(total / self.divisor)

    def vjp(self, inputs: list[np.ndarray], out: np.ndarray, g: np.ndarray) -> list[np.ndarray]:
        return [np.bincount(self.i, g[self.o], inputs[0].size) / self.divisor]

    def line(self, k: int) -> Term:
        of = np.flatnonzero(self.o == k)
        total = " + ".join(f"#{n}" for n in range(len(of)))
        formula = total if self.divisor == 1 else rf"\frac{{1}}{{{self.divisor}}} ({total})"
        return formula, tuple(("x", 0, int(self.i[t])) for t in of)

    def back(self, slot: int, element: int) -> list[Term]:
        formula = "#0" if self.divisor == 1 else rf"\frac{{1}}{{{self.divisor}}} \cdot #0"
        return [(formula, (("g", 0, int(self.o[t])),)) for t in np.flatnonzero(self.i == element)]

    def kink(self, inputs: list[np.ndarray]) -> np.ndarray | None:
        return None


@dataclass(frozen=True, eq=False)
class Bilinear:
    """out[o] = sum of a[i] · b[j] over the triples (o, i, j), sorted by o; an o without any is 0."""

    o: np.ndarray
    i: np.ndarray
    j: np.ndarray
    outputs: int

    @cached_property
    def filled(self) -> tuple[np.ndarray, np.ndarray]:
        return np.unique(self.o, return_index=True)

    def value(self, inputs: list[np.ndarray]) -> np.ndarray:
        products = inputs[0][..., self.i] * inputs[1][..., self.j]
        out = np.zeros((*products.shape[:-1], self.outputs))
        which, starts = self.filled
        out[..., which] = np.add.reduceat(products, starts, axis=-1)
        return out

    def vjp(self, inputs: list[np.ndarray], out: np.ndarray, g: np.ndarray) -> list[np.ndarray]:
        a, b = inputs
        return [np.bincount(self.i, b[self.j] * g[self.o], a.size), np.bincount(self.j, a[self.i] * g[self.o], b.size)]

    def line(self, k: int) -> Term:
        of = np.flatnonzero(self.o == k)
        refs = tuple(ref for t in of for ref in (("x", 0, int(self.i[t])), ("x", 1, int(self.j[t]))))
        return " + ".join(rf"#{2 * n} \cdot #{2 * n + 1}" for n in range(len(of))) or "0", refs

    def back(self, slot: int, element: int) -> list[Term]:
        mine, other = (self.i, self.j) if slot == 0 else (self.j, self.i)
        at = np.flatnonzero(mine == element)
        return [(r"#0 \cdot #1", (("x", 1 - slot, int(other[t])), ("g", 0, int(self.o[t])))) for t in at]

    def kink(self, inputs: list[np.ndarray]) -> np.ndarray | None:
        return None


@dataclass(frozen=True, eq=False)
class Choice:
    """out[o] = the largest (sign 1) or smallest (sign -1) of x over a window; -1 in a window is an empty place.

    The slope goes to the first of several equal ones.
    """

    windows: np.ndarray
    sign: int

    def _open(self, x: np.ndarray) -> np.ndarray:
        return np.where(self.windows < 0, -np.inf, self.sign * x[..., np.maximum(self.windows, 0)])

    def value(self, inputs: list[np.ndarray]) -> np.ndarray:
        return np.asarray(self.sign * np.max(self._open(inputs[0]), axis=-1))

    def kink(self, inputs: list[np.ndarray]) -> np.ndarray | None:
        return np.asarray(np.argmax(self._open(inputs[0]), axis=-1))

    def vjp(self, inputs: list[np.ndarray], out: np.ndarray, g: np.ndarray) -> list[np.ndarray]:
        first = self.kink(inputs)
        chosen = np.take_along_axis(self.windows, np.asarray(first)[:, None], axis=1)[:, 0]
        return [np.bincount(chosen, g, inputs[0].size)]

    def _window(self, k: int) -> list[int]:
        return [int(i) for i in self.windows[k] if i >= 0]

    def line(self, k: int) -> Term:
        window = self._window(k)
        if len(window) == 1:
            return "#0", (("x", 0, window[0]),)
        name = r"\max" if self.sign > 0 else r"\min"
        return f"{name}({', '.join(f'#{n}' for n in range(len(window)))})", tuple(("x", 0, i) for i in window)

    def back(self, slot: int, element: int) -> list[Term]:
        terms: list[Term] = []
        name, less = (r"\max", "<") if self.sign > 0 else (r"\min", ">")
        for k in np.flatnonzero((self.windows == element).any(axis=1)):
            window = self._window(int(k))
            before = window[: window.index(element)]
            held = [f"#{n + 3}" for n in range(len(before))]
            earlier = held[0] if len(held) == 1 else f"{name}({', '.join(held)})"
            first = rf" \cdot [{earlier} {less} #1]" if before else ""
            refs: tuple[Ref, ...] = (("x", 0, element), ("y", 0, int(k)), ("g", 0, int(k)))
            terms.append((rf"[#0 = #1]{first} \cdot #2", refs + tuple(("x", 0, i) for i in before)))
        return terms


@dataclass(frozen=True, eq=False)
class Grouped:
    """softmax and log-sum-exp: groups (rows, n) say which numbers share a sum; each number is in one group."""

    groups: np.ndarray
    shares: bool

    def value(self, inputs: list[np.ndarray]) -> np.ndarray:
        x = inputs[0][..., self.groups]
        if not self.shares:
            return np.asarray(log_sum_exp(NUMPY, x)[..., 0])
        out = np.empty(inputs[0].shape)
        out[..., self.groups] = softmax(NUMPY, x)
        return out

    def vjp(self, inputs: list[np.ndarray], out: np.ndarray, g: np.ndarray) -> list[np.ndarray]:
        back = np.empty(inputs[0].shape)
        if self.shares:
            y, signal = out[self.groups], g[self.groups]
            back[self.groups] = y * (signal - np.sum(signal * y, axis=-1, keepdims=True))
        else:
            back[self.groups] = np.exp(inputs[0][self.groups] - out[:, None]) * g[:, None]
        return [back]

    def _group_of(self, element: int) -> tuple[int, list[int]]:
        row = int(np.flatnonzero((self.groups == element).any(axis=1))[0])
        return row, [int(i) for i in self.groups[row]]

    def line(self, k: int) -> Term:
        group = self._group_of(k)[1] if self.shares else [int(i) for i in self.groups[k]]
        total = " + ".join(f"e^{{#{n}}}" for n in range(len(group)))
        refs: tuple[Ref, ...] = tuple(("x", 0, i) for i in group)
        return (rf"\frac{{e^{{#{group.index(k)}}}}}{{{total}}}" if self.shares else rf"\ln({total})"), refs

    def back(self, slot: int, element: int) -> list[Term]:
        row, group = self._group_of(element)
        if not self.shares:
            return [(r"e^{#0 - #1} \cdot #2", (("x", 0, element), ("y", 0, row), ("g", 0, row)))]
        n = group.index(element)
        refs = tuple(ref for i in group for ref in (("g", 0, i), ("y", 0, i)))
        total = " + ".join(rf"#{2 * m} \cdot #{2 * m + 1}" for m in range(len(group)))
        return [(rf"#{2 * n + 1} \cdot (#{2 * n} - ({total}))", refs)]

    def kink(self, inputs: list[np.ndarray]) -> np.ndarray | None:
        return None


Plan = Linear | Bilinear | Choice | Grouped
