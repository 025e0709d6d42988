"""Exercises: an item drawn from a seed, its answer from the engine, and the mistakes that are recognised in it.

A template draws friendly numbers, lets the engine compute the answer, and computes from the same numbers what each
typical mistake would give. A draw in which the mistakes cannot be told apart is rejected.
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from engine import ACTIVATIONS, Dense, Experiment, Loss, Network, Trace, get_backend, record_run

MAX_SEED = 2**31 - 1
MAX_TRIES = 50
NEEDED = 3  # mistakes that must be told apart from the answer and from each other
APART = (0.05, 0.02)  # share of the larger value, and plain distance: both must be exceeded
VISIBLE = (0.01, 0.004)  # a mistake nearer to the answer than this cannot be recognised and is left out

# Text with blanks: plain, several parts joined in the reader's language, or "@word" looked up there.
Data = dict[str, str | tuple[str, ...]]


@dataclass(frozen=True)
class Step:
    """One line of a worked solution: symbol = formula = numbers = value, all LaTeX but the value.

    label: key of the sentence that says what the line does; it is also the rule a learner would name.
    """

    label: str
    symbol: str
    formula: str
    numbers: str
    value: float


@dataclass(frozen=True)
class Draft:
    """What a template returns for one draw; see `Item`."""

    data: Data
    answer: float
    mistakes: Mapping[str, float]
    solve: Callable[[], tuple[Step, ...]]
    exact: bool = False
    count: int = 2
    zero: bool = False  # an answer of 0 is the point, not an accident


@dataclass(frozen=True)
class Item:
    """One exercise, ready to be asked: the same name, seed and level give the same digits for ever.

    data: what the task sentence is filled with. answer: from the engine. mistakes: key -> what the mistake gives.
    exact: a count, graded without tolerance. count: the n whose factor n or 1/n is recognised.
    """

    name: str
    seed: int
    level: int
    data: Data
    answer: float
    mistakes: Mapping[str, float]
    exact: bool
    count: int
    tries: int
    solve: Callable[[], tuple[Step, ...]] = field(compare=False, repr=False)

    @property
    def lesson(self) -> str:
        """The lesson it belongs to."""
        return self.name.split(".")[0]

    @property
    def steps(self) -> tuple[Step, ...]:
        """The worked solution, computed when asked for."""
        return self.solve()


@dataclass(frozen=True)
class Template:
    """A kind of exercise: `draw(rng, level)` makes one; `stored` is a seed whose first draw is known to be good."""

    name: str
    draw: Callable[[np.random.Generator, int], Draft]
    levels: tuple[int, ...] = (1, 2)
    stored: int = 0

    def item(self, seed: int, level: int = 1) -> Item:
        """The exercise of a seed (0 to 2**31 - 1); raises ValueError for a seed or level that does not exist."""
        if isinstance(seed, bool) or not 0 <= seed <= MAX_SEED or level not in self.levels:
            raise ValueError(f"{self.name} has no item with seed {seed} and level {level}")
        rng = self._generator(seed, level)
        draft, tries = self.draw(rng, level), 1
        while not usable(draft) and tries < MAX_TRIES:
            draft, tries = self.draw(rng, level), tries + 1
        if not usable(draft):
            draft = self.draw(self._generator(self.stored, level), level)
        mistakes = {key: value for key, value in draft.mistakes.items() if visible(value, draft)}
        return Item(self.name, seed, level, draft.data, draft.answer, mistakes, draft.exact, draft.count, tries, draft.solve)

    def _generator(self, seed: int, level: int) -> np.random.Generator:
        # crc32 rather than hash(): Python's hash of a string changes from run to run.
        return np.random.default_rng([zlib.crc32(self.name.encode()), level, seed])


def visible(value: float, draft: Draft) -> bool:
    """Whether a mistake's value can be told from the answer by somebody who types three digits."""
    return _differ(value, draft.answer, VISIBLE)


def apart(a: float, b: float) -> bool:
    """Whether two values differ by more than 5 % and by more than 0.02."""
    return _differ(a, b, APART)


def _differ(a: float, b: float, limits: tuple[float, float]) -> bool:
    share, least = limits
    return math.isfinite(a) and math.isfinite(b) and abs(a - b) > max(least, share * max(abs(a), abs(b)))


def usable(draft: Draft) -> bool:
    """Whether at least three mistakes are apart from the answer and from each other, and the answer is worth asking.

    The three are also told from every other mistake, so that each of them gets its own sentence.
    """
    if not math.isfinite(draft.answer) or (not draft.zero and abs(draft.answer) < 0.05):
        return False
    seen = [value for value in draft.mistakes.values() if visible(value, draft)]
    alone = [a for k, a in enumerate(seen) if all(_differ(a, b, VISIBLE) for j, b in enumerate(seen) if j != k)]
    clear = [value for value in alone if apart(value, draft.answer)]
    return any(all(apart(a, b) for a, b in combinations(some, 2)) for some in combinations(clear, NEEDED))


# Drawing and describing numbers ---------------------------------------------------------------------------------


def pick(rng: np.random.Generator, low: float, high: float, step: float = 0.1) -> float:
    """A multiple of `step` between low and high, never 0, with at most two decimals."""
    choices = [k for k in range(round(low / step), round(high / step) + 1) if k]
    return round(int(rng.choice(choices)) * step, 2)


def picks(rng: np.random.Generator, count: int, low: float, high: float, step: float = 0.1) -> list[float]:
    """Several numbers as `pick` draws them, no two of equal size: swapping equals would hide a slip."""
    values: list[float] = []
    while len(values) < count:
        value = pick(rng, low, high, step)
        if all(abs(value) != abs(other) for other in values):
            values.append(value)
    return values


def tex(value: float, digits: int = 5) -> str:
    """A number as LaTeX, at most `digits` significant digits, powers of ten written out."""
    text = f"{value:.{digits}g}"
    if "e" in text:
        mantissa, power = text.split("e")
        return rf"{mantissa} \times 10^{{{int(power)}}}"
    return "0" if text == "-0" else text


def par(value: float, digits: int = 5) -> str:
    """A number as LaTeX, in parentheses when negative, for the inside of a sum or product."""
    return f"({tex(value, digits)})" if value < 0 else tex(value, digits)


def given(**values: float) -> tuple[str, ...]:
    """Assignments for a task: given(x_1=2) is ("${x_1 = 2}$",); they are joined in the reader's language.

    The braces keep a narrow screen from breaking the line between a name and its value.
    """
    return tuple(f"${{{name} = {tex(value)}}}$" for name, value in values.items())


def named(prefix: str, values: list[float], first: int = 1) -> tuple[str, ...]:
    """Numbered assignments: named("w", [0.5, 1.0]) is ("${w_1 = 0.5}$", "${w_2 = 1}$")."""
    return given(**{f"{prefix}_{k}": value for k, value in enumerate(values, first)})


def samples(prefix: str, values: list[float]) -> tuple[str, ...]:
    """Assignments by sample: samples("x", [2, 3]) is ("${x^{(1)} = 2}$", "${x^{(2)} = 3}$")."""
    return given(**{f"{prefix}^{{({k})}}": value for k, value in enumerate(values, 1)})


# Asking the engine ----------------------------------------------------------------------------------------------


def act(name: str, z: float) -> float:
    """An activation's value at z, from the engine's table."""
    return float(ACTIVATIONS[name].value(get_backend("numpy"), np.array([[float(z)]]))[0, 0])


def slope(name: str, z: float) -> float:
    """An activation's slope at z, from the engine's table."""
    be, at = get_backend("numpy"), np.array([[float(z)]])
    rule = ACTIVATIONS[name]
    if rule.derivative is None:
        raise ValueError(f"{name} has no slope of its own")
    return float(rule.derivative(be, at, rule.value(be, at))[0, 0])


def flat(*layers: tuple[list[list[float]], list[float]]) -> tuple[float, ...]:
    """Layers (W with one row per input, b) as the flat parameters of an `Experiment`."""
    return tuple(value for W, b in layers for row in [*W, b] for value in row)


def experiment(
    inputs: int,
    layers: tuple[Dense, ...],
    loss: Loss,
    x: list[list[float]],
    t: list[list[float]],
    parameters: tuple[float, ...] = (),
    learning_rate: float = 0.1,
    frozen: tuple[str, ...] = (),
) -> Experiment:
    """An `Experiment` from plain lists."""
    rows, targets = tuple(map(tuple, x)), tuple(map(tuple, t))
    return Experiment(
        Network(inputs, layers), loss, rows, targets, parameters=parameters, learning_rate=learning_rate, frozen=frozen
    )


def record(exp: Experiment, updates: int = 1) -> Trace:
    """The trace of an experiment."""
    return record_run(exp, updates=updates)


# A neuron alone needs no subscript. Behind a linear output, sum and output are one number, and so are both slopes.
LONE = {"z_{o}": "z", r"\delta_{o}": r"\delta"}
LINEAR = {
    "z_{o}": r"\hat{y}", r"\partial L/\partial \hat{y}": r"\delta_{o}",
    "z_{o_1}": "o_1", r"\partial L/\partial o_1": r"\delta_{o_1}",
    "z_{o_2}": "o_2", r"\partial L/\partial o_2": r"\delta_{o_2}",
}  # fmt: skip


def explained(trace: Trace, *addresses: str, update: int = 0, rename: Mapping[str, str] | None = None) -> tuple[Step, ...]:
    """Lines of a worked solution taken from a trace; the label follows from the kind of step.

    rename: symbols written another way in this exercise, such as `LONE`.
    """

    def renamed(text: str) -> str:
        for old, new in (rename or {}).items():
            text = text.replace(old, new)
        return text

    steps = []
    for address in addresses:
        told = trace.explain(address, update, digits=5)
        kind = address.split("[")[0]
        label = "new" if kind.endswith("'") else kind.rstrip("0123456789")
        steps.append(Step(label, renamed(told.symbol), renamed(told.formula), _tidy(told.numbers, rename or {}), told.value))
    return tuple(steps)


def _tidy(numbers: str, rename: Mapping[str, str]) -> str:
    # The engine puts every negative operand in parentheses: one pair is enough. A bias that is not in the formula
    # of the exercise is not in its numbers either.
    numbers = re.sub(r"\(\((-[0-9.]+)\)", r"(\1", numbers)
    return numbers.removesuffix(" + 0") if " + b" in rename else numbers
