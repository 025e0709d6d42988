"""Forward pass, loss, backward pass and update: the reference, one screen of mathematics.

Shapes: x (..., batch, n_in), W (..., n_in, n_out), b (..., 1, n_out); leading axes are independent runs.
`record(name, array)` is called with every quantity, in the order in which it arises; None records nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from engine.backend import Array, Backend
from engine.losses import LOSSES, log_sum_exp
from engine.ops import ACTIVATIONS, through_activation
from engine.spec import Loss, Network

Params = Sequence[tuple[Array, Array]]
Record = Callable[[str, Array], None]


class Forward(NamedTuple):
    """What the backward pass needs: inputs of each layer, weighted sums, activations (one entry per layer)."""

    inputs: list[Array]
    sums: list[Array]
    activations: list[Array]
    output: Array


def forward(be: Backend, network: Network, params: Params, x: Array, record: Record | None = None) -> Forward:
    """The forward pass: layer by layer, z = a W + b and a = f(z). Returns everything it computed."""
    done = Forward([], [], [], x)
    a = x
    for k, (layer, (W, b)) in enumerate(zip(network.layers, params, strict=True), 1):
        z = be.matmul(a, W) + b
        done.inputs.append(a)
        a = ACTIVATIONS[layer.activation].value(be, z)
        done.sums.append(z)
        done.activations.append(a)
        if record:
            record(f"z{k}", z)
            record(f"a{k}", a)
    return done._replace(output=a)


def share(loss: Loss, batch: int, outputs: int) -> float:
    """The weight of one output's loss in the total: 1 for a sum, 1 over their number for a mean."""
    if loss.reduction == "sum":
        return 1.0
    return 1.0 / (batch if LOSSES[loss.name].per_sample else batch * outputs)


def loss_of(be: Backend, loss: Loss, done: Forward, t: Array, record: Record | None = None) -> Array:
    """The loss of a batch, shape (..., 1, 1): each output's term, each sample's loss, then their sum or mean."""
    rule = LOSSES[loss.name]
    v = done.sums[-1] if rule.logits else done.output
    e = rule.terms(be, v, t, loss.threshold) * loss.factor
    batch, outputs = e.shape[-2], e.shape[-1]
    per_output_mean = loss.reduction == "mean" and not rule.per_sample
    ell = be.sum(e, -1) / (outputs if per_output_mean else 1)
    total = be.sum(ell, -2) / (batch if loss.reduction == "mean" else 1)
    if record:
        if rule.needs == "softmax":
            record("lse", log_sum_exp(be, v))
        record("e", e)
        record("ell", ell)
        record("L", total)
    return total


def backward(
    be: Backend, network: Network, loss: Loss, params: Params, done: Forward, t: Array, record: Record | None = None
) -> list[tuple[Array, Array]]:
    """The backward pass: gradients (dL/dW, dL/db) of each layer, shapes as the parameters."""
    rule = LOSSES[loss.name]
    weight = loss.factor * share(loss, done.output.shape[-2], done.output.shape[-1])
    v = done.sums[-1] if rule.logits else done.output
    signal = weight * rule.gradient(be, v, done.output, t, loss.threshold)
    if record and not rule.logits:
        record("dy", signal)
    gradients: list[tuple[Array, Array]] = []
    for k in range(len(network.layers), 0, -1):
        if rule.logits and k == len(network.layers):
            dz = signal
        else:
            z, a = done.sums[k - 1], done.activations[k - 1]
            dz, slope = through_activation(be, network.layers[k - 1].activation, z, a, signal)
            if record and slope is not None:
                record(f"s{k}", slope)
        W = params[k - 1][0]
        dW = be.matmul(be.swap(done.inputs[k - 1]), dz)
        db = be.sum(dz, -2)
        gradients.append((dW, db))
        if record:
            record(f"dz{k}", dz)
            record(f"dW{k}", dW)
            record(f"db{k}", db)
        if k > 1:
            signal = be.matmul(dz, be.swap(W))
            if record:
                record(f"p{k - 1}", shares(dz, W))
                record(f"da{k - 1}", signal)
    return gradients[::-1]


def shares(dz: Array, W: Array) -> Array:
    """What each unit ahead sends back to each unit behind: delta times weight, (..., batch, n_in, n_out)."""
    return dz[..., :, None, :] * W[..., None, :, :]


def descend(params: Params, gradients: Params, rate: float | Array, frozen: Sequence[str] = ()) -> list[tuple[Array, Array]]:
    """One step of gradient descent: every parameter minus rate times its gradient; frozen ones stay."""
    return [
        (
            W if f"W{k}" in frozen else W - rate * dW,
            b if f"b{k}" in frozen else b - rate * db,
        )
        for k, ((W, b), (dW, db)) in enumerate(zip(params, gradients, strict=True), 1)
    ]
