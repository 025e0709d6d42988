"""Wrong values of the forward pass and the loss: what each slip makes of the numbers that stand there.

Every function takes a `Case` and yields the values that the slip can give, most likely first; none where it cannot
happen.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from engine import get_backend
from lessons.check.case import Case, activate

Values = Iterator[float]
SQUASHING = ("sigmoid", "tanh", "relu")


def bias_forgotten(c: Case) -> Values:
    yield c.value - c.operands[-1]


def bias_multiplied(c: Case) -> Values:
    bias = c.operands[-1]
    yield (c.value - bias) * bias


def term_forgotten(c: Case) -> Values:
    pairs = c.operands[:-1].reshape(-1, 2)
    if len(pairs) > 1:
        yield from (c.value - w * a for w, a in pairs)


def added_for_multiplied(c: Case) -> Values:
    yield float(c.operands.sum())


def wrong_input(c: Case) -> Values:
    if c.op.rule == "grad_weight":
        deltas, inputs = c.deltas[:, c.j], c.inputs
        yield from (float(deltas @ inputs[:, i]) for i in range(inputs.shape[1]) if i != c.at[0])
        return
    weights, inputs = c.operands[0:-1:2], c.operands[1:-1:2]
    for i in range(len(inputs) - 1):
        swapped = inputs.copy()
        swapped[[i, i + 1]] = swapped[[i + 1, i]]
        yield float(weights @ swapped + c.operands[-1])


def transposed(c: Case) -> Values:
    """Rows read as columns; where the table is not square, its numbers taken off in the other order."""
    if c.op.rule == "affine":
        weights = misread(c.array(f"W{c.k}"))[:, c.j]
        yield float(c.operands[1:-1:2] @ weights + c.operands[-1])
    elif c.op.rule == "collect":
        yield float(c.ahead @ misread(c.array(f"W{c.k + 1}"))[c.j])
    else:
        table = c.array(c.step)
        i, j = c.at
        if j < table.shape[0] and i < table.shape[1] and i != j:
            yield float(table[j, i])


def misread(table: np.ndarray) -> np.ndarray:
    return table.ravel().reshape(table.shape[::-1]).T


def activation_skipped(c: Case) -> Values:
    if c.op.rule.startswith("act_"):
        yield float(c.operands[c.j if c.op.rule == "act_softmax" else 0])
        return
    if c.k < 2 or c.experiment.network.layers[c.k - 2].activation == "identity":
        return
    sums = c.array(f"z{c.k - 1}")
    if c.op.rule == "affine":
        yield float(sums[c.n] @ c.operands[0:-1:2] + c.operands[-1])
    else:
        yield float(c.deltas[:, c.j] @ sums[:, c.at[0]])


def wrong_activation(c: Case) -> Values:
    z = float(c.operands[c.j if c.op.rule == "act_softmax" else 0])
    others = ("sigmoid",) if c.op.rule == "act_softmax" else SQUASHING
    for name in others:
        value = activate(name, z)
        if f"act_{name}" != c.op.rule and value != z:
            yield value


def not_normalised(c: Case) -> Values:
    yield math.exp(min(700.0, float(c.operands[c.j])))


def other_unit(c: Case) -> Values:
    if c.op.rule == "grad_weight":
        inputs = c.inputs[:, c.at[0]]
        yield from (float(c.deltas[:, j] @ inputs) for j in range(c.sizes[c.k]) if j != c.j)
        return
    values = c.array(c.step)[c.n]
    yield from (float(value) for j, value in enumerate(values) if j != c.j)


# The loss -------------------------------------------------------------------------------------------------------


def missing_half(c: Case) -> Values:
    if c.loss.name == "squared_error" and c.loss.factor == 0.5:
        yield 2 * c.value


def extra_half(c: Case) -> Values:
    if c.loss.name == "squared_error" and c.loss.factor == 1:
        yield c.value / 2


def _counts(c: Case) -> list[int]:
    """The numbers that somebody may have divided by, or forgotten to: samples, outputs, and both together."""
    if c.op.rule == "total_loss":
        counts = [len(c.op.reads)]
    elif c.op.rule == "sample_loss":
        counts = [c.outputs]
    else:
        counts = [c.batch] if c.rule.per_sample else [c.batch * c.outputs, c.batch, c.outputs]
    return [n for n in dict.fromkeys(counts) if n > 1]


def sum_for_mean(c: Case) -> Values:
    if c.mean:
        yield from (n * c.value for n in _counts(c))


def mean_for_sum(c: Case) -> Values:
    if not c.mean:
        yield from (c.value / n for n in _counts(c))


def not_squared(c: Case) -> Values:
    error = float(c.operands[0] - c.operands[1])
    yield c.loss.factor * abs(error)
    if error < 0:
        yield c.loss.factor * error
    if c.loss.factor != 1:
        yield abs(error)


def one_term_only(c: Case) -> Values:
    terms = c.operands[0::2] * c.operands[1::2] if c.op.rule == "grad_weight" else c.operands
    if len(terms) > 1:
        yield from (float(term) for term in terms)


def other_class(c: Case) -> Values:
    if c.rule.needs == "softmax":
        if c.op.rule.startswith("loss_"):
            sums = c.array(f"z{c.k}")[c.n]
            yield from (float(c.operands[1] * (c.operands[2] - z)) for j, z in enumerate(sums) if j != c.j)
        return
    y, t = float(c.operands[0]), float(c.operands[1])
    if c.loss.name == "nll":
        yield from (-t * math.log(v) for v in (1 - y,) if v > 0)
    elif t != 0.5:
        terms = c.rule.terms(get_backend("numpy"), np.array([y]), np.array([1 - t]), c.loss.threshold)
        yield float(terms[0])


def missing_minus(c: Case) -> Values:
    if c.rule.unit_targets:
        yield -c.value


def log_base(c: Case) -> Values:
    if c.rule.unit_targets:
        yield c.value / math.log(10)
        yield c.value / math.log(2)
