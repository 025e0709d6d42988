"""Wrong values of the backward pass and the update: what each slip makes of the numbers that stand there.

Every function takes a `Case` and yields the values that the slip can give, most likely first; none where it cannot
happen.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lessons.check.case import Case, activate, slope

Values = Iterator[float]


def error_sign(c: Case) -> Values:
    yield -c.value


def logit_slope_too_early(c: Case) -> Values:
    if c.rule.probabilities:
        yield c.weight * float(c.operands[0] - c.operands[1])


def extra_slope(c: Case) -> Values:
    y = float(c.operands[0])
    yield c.value * y * (1 - y)


def inverse_p(c: Case) -> Values:
    y, t = (float(v) for v in c.operands)
    yield c.weight * (-t / y if c.rule.needs == "softmax" else (1 - t) / (1 - y) - t / y)
    if t == 1:
        yield c.weight / y


def softmax_alone(c: Case) -> Values:
    signal, a = float(c.operands[2 * c.j]), float(c.operands[2 * c.j + 1])
    yield signal * a * (1 - a)


def _above(c: Case) -> float:
    return float(c.above[c.n, c.j])


def no_slope(c: Case) -> Values:
    if c.op.rule in ("delta", "delta_softmax"):
        yield _above(c)
    elif c.activation != "identity":
        above = c.above[:, c.j]
        yield float(above @ c.inputs[:, c.at[0]] if c.op.rule == "grad_weight" else above.sum())


def _slopes(c: Case, slopes: list[float]) -> Values:
    """Wrong slopes at the slope itself, and through it in the error signal."""
    front = 1.0 if c.op.rule == "slope" else _above(c)
    yield from (front * wrong for wrong in slopes)


def _sum_and_output(c: Case) -> tuple[float, float]:
    return float(c.array(f"z{c.k}")[c.n, c.j]), float(c.array(f"a{c.k}")[c.n, c.j])


def slope_wrong_point(c: Case) -> Values:
    z, a = _sum_and_output(c)
    name = c.activation
    if name in ("sigmoid", "tanh"):
        yield from _slopes(c, [slope(name, z, z), slope(name, a, activate(name, a))])
    elif name in ("softplus", "gelu"):
        yield from _slopes(c, [slope(name, a, activate(name, a))])


def slope_incomplete(c: Case) -> Values:
    _, a = _sum_and_output(c)
    yield from _slopes(c, {"sigmoid": [a, 1 - a], "tanh": [a * a, 1 - a]}.get(c.activation, []))


def slope_other_function(c: Case) -> Values:
    z, a = _sum_and_output(c)
    others = {
        "sigmoid": [1 - a * a], "tanh": [a * (1 - a)], "relu": [a * (1 - a)] if z > 0 else [],
        "leaky_relu": [] if z > 0 else [0.0], "softplus": [a * (1 - a)], "gelu": [slope("relu", z, a)],
    }  # fmt: skip
    yield from _slopes(c, others.get(c.activation, []))


def gate_flipped(c: Case) -> Values:
    if c.activation in ("relu", "leaky_relu"):
        z, _ = _sum_and_output(c)
        yield from _slopes(c, [slope(c.activation, -z if z else 1.0, 0.0)])


def added_along_path(c: Case) -> Values:
    if c.op.rule == "delta" or len(c.operands) == 2:
        yield float(c.operands[0] + c.operands[1])


def only_one_path(c: Case) -> Values:
    if len(c.operands) > 1:
        yield from (float(share) for share in c.operands)


def product_of_paths(c: Case) -> Values:
    if len(c.operands) > 1:
        yield float(np.prod(c.operands))


def mean_of_paths(c: Case) -> Values:
    if len(c.operands) > 1:
        yield c.value / len(c.operands)


def updated_weights(c: Case) -> Values:
    new = f"W{c.k + 1}'"
    if c.has(new):
        yield float(c.ahead @ c.array(new)[c.j])


def bias_gradient_zero(c: Case) -> Values:
    yield 0.0


def bias_as_weight(c: Case) -> Values:
    deltas, inputs = c.deltas[:, c.j], c.inputs
    yield from (float(deltas @ inputs[:, i]) for i in range(inputs.shape[1]))
    bias = float(c.array(f"b{c.k}")[0, c.j])
    if bias:
        yield float(deltas.sum()) * bias


def weight_for_activation(c: Case) -> Values:
    yield float(c.deltas[:, c.j].sum() * c.array(f"W{c.k}")[c.at[0], c.j])


def wrong_end(c: Case) -> Values:
    yield float(c.deltas[:, c.j] @ c.array(f"a{c.k}")[:, c.j])


def mean_over_samples(c: Case) -> Values:
    if c.batch > 1:
        yield c.value / c.batch


# The update -----------------------------------------------------------------------------------------------------


def _step(c: Case) -> tuple[float, float, float]:
    old, rate, gradient = (float(v) for v in c.operands)
    return old, rate, gradient


def step_uphill(c: Case) -> Values:
    old, rate, gradient = _step(c)
    yield old + rate * gradient


def rate_forgotten(c: Case) -> Values:
    old, _, gradient = _step(c)
    yield old - gradient


def step_only(c: Case) -> Values:
    _, rate, gradient = _step(c)
    yield -rate * gradient
    yield rate * gradient


def divided_by_rate(c: Case) -> Values:
    old, rate, gradient = _step(c)
    yield old - gradient / rate


def late_gradient(c: Case) -> Values:
    after = c.after("d" + c.step.rstrip("'"))
    if after is not None:
        old, rate, _ = _step(c)
        yield old - rate * float(after[c.at])


def not_moved(c: Case) -> Values:
    yield _step(c)[0]


def gradient_forgotten(c: Case) -> Values:
    old, rate, _ = _step(c)
    yield old - rate


# What fits anywhere ---------------------------------------------------------------------------------------------


def sign_lost(c: Case) -> Values:
    yield -c.value


def factor_two(c: Case) -> Values:
    yield 2 * c.value
    yield c.value / 2


def decimal_point(c: Case) -> Values:
    yield 10 * c.value
    yield c.value / 10
