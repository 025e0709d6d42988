"""Calculating an update again, line by line, with some numbers replaced or every line rounded.

A recorded run says what the numbers are; a replay says what they would be if somebody had written another number
somewhere and gone on from it. Every line is evaluated from its operands by the records that the engine trains with
(`ACTIVATIONS`, `LOSSES`), and whole stacks of replays are evaluated at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

import numpy as np

from engine.backend import NUMPY
from engine.losses import LOSSES, log_sum_exp
from engine.markup import read_formula
from engine.ops import ACTIVATIONS
from engine.passes import share
from engine.program import Op
from engine.spec import Experiment
from engine.trace import Trace

Line = Callable[[np.ndarray], np.ndarray]  # operands along the last axis -> values
SURE = 14  # significant digits of a double that a rounding by hand may rely on
MAX_PLACES = 15


def evaluate(trace: Trace, op: Op, operands: Sequence[float]) -> float:
    """The value of one line from its operands, given in the order of `op.reads`; nan or inf where there is none."""
    with np.errstate(all="ignore"):
        return float(_lines(trace)[op.index](np.asarray(operands, dtype=np.float64)))


def replay(
    trace: Trace,
    update: int = 0,
    overrides: Mapping[str, float] | None = None,
    places: int | None = None,
    digits: int | None = None,
) -> np.ndarray:
    """Every number of one update in address order, shape (numbers,), calculated again from its operands.

    overrides: address -> value; what depends on it follows. places: round every computed number to so many decimals;
    digits: to so many significant digits. Both round half away from zero, on the decimal digits, as people do by hand;
    a number that was replaced stays as it is. Raises Refused for an unknown address, IndexError for an update that was
    not recorded.
    """
    forced = {trace.program.find(address): value for address, value in (overrides or {}).items()}
    row: np.ndarray = np.array(trace.values[update], dtype=np.float64)
    for index, number in forced.items():
        row[index] = number
    lines = _lines(trace)
    with np.errstate(all="ignore"):
        for op in trace.ops:
            if op.index not in forced:
                row[op.index] = rounded(float(lines[op.index](row[list(op.reads)])), places, digits)
    return row


def replay_all(trace: Trace, update: int, cases: Sequence[Mapping[int, float]]) -> np.ndarray:
    """Many replays at once: (cases, numbers). Each case replaces the numbers at some flat indices."""
    rows = np.tile(trace.values[update].astype(np.float64), (len(cases), 1))
    touched: dict[int, list[int]] = {}
    for number, case in enumerate(cases):
        for index, value in case.items():
            rows[number, index] = value
            touched.setdefault(index, []).append(number)
    lines = _lines(trace)
    with np.errstate(all="ignore"):
        for op in trace.ops:
            values = lines[op.index](rows[:, list(op.reads)])
            kept = touched.get(op.index)
            if kept:
                values[kept] = rows[kept, op.index]
            rows[:, op.index] = values
    return rows


def rounded(value: float, places: int | None = None, digits: int | None = None) -> float:
    """A number rounded half away from zero, to decimals or to significant digits; None leaves it.

    The digits that count are the ones people see: 0.285 · 0.5 is 0.1425 by hand and rounds to 0.143, although the
    double that holds it lies a little below.
    """
    if (places is None and digits is None) or value == 0 or not np.isfinite(value):
        return value
    seen = Decimal(f"{value:.{SURE - 1}e}")
    step = -min(places, MAX_PLACES) if places is not None else seen.adjusted() + 1 - (digits or 1)
    if step > seen.adjusted() + 1:
        return 0.0
    # Digits beyond those of a double change nothing, and quantize would refuse to write them.
    return float(seen.quantize(Decimal(1).scaleb(step), ROUND_HALF_UP)) if step > seen.adjusted() - SURE else float(seen)


@lru_cache(maxsize=16)
def _lines(trace: Trace) -> dict[int, Line]:
    """How every line of a run is calculated, by flat index.

    The lines of a program of statements have no records of their own; they are calculated as they are written.
    """
    if not isinstance(trace.experiment, Experiment):
        return {op.index: read_formula(op.formula) for op in trace.ops}
    lines = _Lines(trace.experiment)
    return {op.index: lines.line(op) for op in trace.ops}


class _Lines:
    """The lines of a dense network's program as functions."""

    def __init__(self, experiment: Experiment) -> None:
        self.experiment, self.loss = experiment, experiment.loss
        self.network, self.rule = experiment.network, LOSSES[experiment.loss.name]
        self.batch, self.outputs = experiment.batch_size, experiment.network.outputs

    def line(self, op: Op) -> Line:
        kind, _, name = op.rule.partition("_")
        if kind == "act":
            return self._activation(name, op.unit)
        if kind == "loss":
            return self._term()
        lines: dict[str, Callable[[Op], Line]] = {
            "affine": lambda op: lambda v: _pairs(v[..., :-1]) + v[..., -1],
            "lse": lambda op: lambda v: log_sum_exp(NUMPY, v)[..., 0],
            "sample_loss": self._sample_loss,
            "total_loss": self._total_loss,
            "out_grad": lambda op: self._slope_of_loss,
            "delta_logits": lambda op: self._slope_of_loss,
            "slope": self._slope,
            "delta": lambda op: _product,
            "path": lambda op: _product,
            "delta_softmax": self._delta_softmax,
            "collect": lambda op: lambda v: v.sum(-1),
            "grad_bias": lambda op: lambda v: v.sum(-1),
            "grad_weight": lambda op: _pairs,
            "step_weight": lambda op: _step,
            "step_bias": lambda op: _step,
        }
        return lines[op.rule](op)

    def _activation(self, name: str, unit: int) -> Line:
        value = ACTIVATIONS[name].value
        if name == "softmax":
            return lambda v: np.asarray(value(NUMPY, v))[..., unit]
        return lambda v: np.asarray(value(NUMPY, v[..., 0]))

    def _slope(self, op: Op) -> Line:
        derivative = ACTIVATIONS[self.network.layers[op.layer - 1].activation].derivative
        assert derivative is not None, "a line of this kind is written only where there is a slope"
        return lambda v: np.asarray(derivative(NUMPY, v[..., 0], v[..., 1]))

    def _term(self) -> Line:
        factor, threshold = self.loss.factor, self.loss.threshold
        if self.rule.needs == "softmax":  # the record takes all logits at once, this line their log-sum-exp
            return lambda v: factor * v[..., 1] * (v[..., 2] - v[..., 0])
        return lambda v: factor * np.asarray(self.rule.terms(NUMPY, v[..., 0], v[..., 1], threshold))

    def _slope_of_loss(self, v: np.ndarray) -> np.ndarray:
        weight = self.loss.factor * share(self.loss, self.batch, self.outputs)
        if self.rule.needs == "softmax":  # the targets of a sample sum to 1
            return np.asarray(weight * (v[..., 0] - v[..., 1]))
        slope = self.rule.gradient(NUMPY, v[..., 0], v[..., 0], v[..., 1], self.loss.threshold)
        return weight * np.asarray(slope)

    def _sample_loss(self, op: Op) -> Line:
        mean = self.loss.reduction == "mean" and not self.rule.per_sample
        return lambda v: v.sum(-1) / (v.shape[-1] if mean else 1)

    def _total_loss(self, op: Op) -> Line:
        one_sample = self.rule.per_sample and self.batch == 1
        mean = self.loss.reduction == "mean" and not one_sample
        return lambda v: v.sum(-1) / (v.shape[-1] if mean else 1)

    def _delta_softmax(self, op: Op) -> Line:
        unit = op.unit
        return lambda v: np.asarray(v[..., 2 * unit + 1] * (v[..., 2 * unit] - _pairs(v)))


def _pairs(v: np.ndarray) -> np.ndarray:
    return np.asarray((v[..., 0::2] * v[..., 1::2]).sum(-1))


def _product(v: np.ndarray) -> np.ndarray:
    return np.asarray(v[..., 0] * v[..., 1])


def _step(v: np.ndarray) -> np.ndarray:
    return np.asarray(v[..., 0] - v[..., 1] * v[..., 2])
