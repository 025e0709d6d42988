"""Machine-made answers for the slip finder: wrong ones with a known slip, and right ones that were rounded. No test in here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from engine import Dense, Experiment, Loss, Network, Op, Trace
from engine.replay import evaluate, replay_all, rounded
from lessons.check.case import Case
from lessons.check.cells import Cell, cells, recorded
from lessons.check.finder import slips_here, upstream
from lessons.check.slips import SLIPS
from lessons.examples import ids, load
from tests.draws import draw_data, rows

APART = 0.01  # relative: a wrong answer nearer to the right one than this is taken for it by any fair judge
HIDDEN = ("sigmoid", "tanh", "relu", "identity", "leaky_relu", "softplus")
LOSSES = ("squared_error", "squared_error", "binary_cross_entropy", "softmax_cross_entropy", "log_loss", "absolute_error")


@dataclass(frozen=True)
class Answer:
    """One typed cell, the numbers typed before it, the slip that made it ("" for none) and names that give the same number."""

    trace: Trace
    cell: Cell
    text: str
    before: dict[str, str]
    slip: str
    same: frozenset[str] = frozenset()


def draw_net(rng: np.random.Generator) -> Experiment:
    """A random network as people calculate by hand: up to 3 units a layer, numbers with two decimals."""
    name = str(rng.choice(LOSSES))
    units = int(rng.integers(1, 4))
    last = {"binary_cross_entropy": "sigmoid", "softmax_cross_entropy": "softmax", "log_loss": "sigmoid"}.get(name)
    if last == "softmax":
        units = max(units, 2)
    hidden = [Dense(int(rng.integers(2, 4)), str(rng.choice(HIDDEN))) for _ in range(int(rng.integers(0, 3)))]
    output = Dense(units, last or str(rng.choice(["sigmoid", "identity", "tanh"])))
    network = Network(int(rng.integers(2, 4)), (*hidden, output))
    loss = Loss(name, float(rng.choice([0.5, 1.0])), str(rng.choice(["sum", "mean"])))
    samples = int(rng.choice([1, 1, 1, 2]))
    x, t = draw_data(rng, network, loss, samples)
    if last == "softmax":
        t = np.eye(units)[rng.integers(0, units, samples)]
    elif last:
        t = np.round(t)
    weights = np.round(rng.uniform(-1, 1, network.parameter_count), 2)
    weights = np.where(weights == 0, 0.1, weights)
    rate = float(rng.choice([0.1, 0.5, 0.2, 0.05]))
    return Experiment(network, loss, rows(np.round(x, 1)), rows(np.round(t, 2)), tuple(weights.tolist()), learning_rate=rate)


def traces(rng: np.random.Generator, count: int) -> list[Trace]:
    """The library's examples that are networks, and so many random networks."""
    library = [load(name).experiment for name in ids() if load(name).kind == "network"]
    return [recorded(experiment) for experiment in [*library, *(draw_net(rng) for _ in range(count))]]


@lru_cache(maxsize=512)
def _wrong_values(trace: Trace, op: Op) -> tuple[tuple[str, bool, float], ...]:
    return tuple((slip.name, slip.general, value) for slip, value in slips_here(trace, op, trace.values[0]))


def _same(values: tuple[tuple[str, bool, float], ...], value: float) -> frozenset[str]:
    return frozenset(name for name, _, other in values if abs(other - value) <= 1e-9 * abs(value))


def _written(rng: np.random.Generator, value: float) -> str:
    return f"{value:#.{rng.integers(3, 5)}g}"


def _apart(text: str, right: float) -> bool:
    return abs(float(text) - right) > APART * abs(right)


def here(rng: np.random.Generator, trace: Trace, typed_before: bool) -> Answer | None:
    """A slip at the cell itself; with typed_before it is made from earlier numbers that are written with four digits."""
    asked = cells(trace)
    cell = asked[rng.integers(len(asked))]
    row = trace.values[0]
    before: dict[str, str] = {}
    if typed_before:
        wanted = upstream(trace, cell.op)
        before = {c.address: f"{row[c.index]:#.4g}" for c in asked if c.index in wanted}
        row = replay_all(trace, 0, [{c.index: float(before[c.address]) for c in asked if c.address in before}])[0]
    chosen = SLIPS[rng.integers(len(SLIPS))] if rng.random() < 0.5 else None
    values = tuple((slip.name, slip.general, value) for slip, value in slips_here(trace, cell.op, row))
    # Half of the draws spread over the slips, half over the wrong values: rare slips are met as well as common ones.
    values_of = [one for one in values if chosen is None or one[0] == chosen.name]
    if not values_of:
        return None
    name, general, value = values_of[rng.integers(len(values_of))]
    own = _same(tuple(one for one in values if not one[1]), value)
    if general and own:  # what only the name of a special slip says better is not drawn as a general one
        return None
    text = _written(rng, value)
    same = _same(values, value) | (_carried(trace, cell, value) if general else frozenset())
    return Answer(trace, cell, text, before, name, same) if _apart(text, float(trace.values[0][cell.index])) else None


def _carried(trace: Trace, cell: Cell, value: float) -> frozenset[str]:
    # A lost sign here and an error with the wrong sign before may be one number; both names are then right.
    return frozenset({"error_sign", "step_uphill"}) if value == -trace.values[0][cell.index] else frozenset()


def earlier(rng: np.random.Generator, trace: Trace) -> Answer | None:
    """A slip at a line before the cell, which is not written down; everything after it is right."""
    asked = cells(trace)
    cell = asked[rng.integers(len(asked))]
    above = upstream(trace, cell.op)
    reach = [op for op in trace.ops if op.index in above]
    if not reach:
        return None
    op = reach[rng.integers(len(reach))]
    values = [one for one in _wrong_values(trace, op) if not one[1]]
    if not values:
        return None
    name, _, value = values[rng.integers(len(values))]
    result = float(replay_all(trace, 0, [{op.index: value}])[0][cell.index])
    if not np.isfinite(result) or result == 0:
        return None
    text = _written(rng, result)
    if not _apart(text, float(trace.values[0][cell.index])):
        return None
    same = set(_same(_wrong_values(trace, cell.op), result))
    for other in reach:
        wrong = _wrong_values(trace, other)
        after = replay_all(trace, 0, [{other.index: v} for _, _, v in wrong])[:, cell.index] if wrong else []
        same |= {n for (n, _, _), v in zip(wrong, after, strict=True) if abs(v - result) <= 1e-9 * abs(result)}
    return Answer(trace, cell, text, {}, name, frozenset(same))


def rounded_right(rng: np.random.Generator, trace: Trace) -> Answer:
    """A right answer from intermediate results that were rounded, each in its own way, to at least four digits."""
    row = trace.values[0].copy()
    for op in trace.ops:
        value = evaluate(trace, op, row[list(op.reads)].tolist())
        places = int(rng.integers(4, 8))
        if rng.random() < 0.5 or abs(value) < 10.0 ** (3 - places):
            row[op.index] = rounded(value, digits=int(rng.integers(4, 7)))
        else:
            row[op.index] = rounded(value, places=places)
    asked = [cell for cell in cells(trace) if row[cell.index] != 0 and np.isfinite(row[cell.index])]
    cell = asked[rng.integers(len(asked))]
    return Answer(trace, cell, _written(rng, float(row[cell.index])), {}, "")


def answers(rng: np.random.Generator, pool: list[Trace], count: int) -> Iterator[Answer]:
    """So many wrong answers: seven in ten at the cell itself, one from rounded numbers, two with a slip before."""
    made = 0
    while made < count:
        trace = pool[rng.integers(len(pool))]
        draw = rng.random()
        answer = earlier(rng, trace) if draw < 0.2 else here(rng, trace, draw < 0.3)
        if answer is not None:
            made += 1
            yield answer


__all__ = ["Answer", "Case", "answers", "draw_net", "earlier", "here", "rounded_right", "traces"]
