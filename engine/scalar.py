"""A small scalar graph: one node per number, each with its local derivatives. A witness, independent of the arrays.

It computes a whole update from the given numbers with nothing but Python floats and `math`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from engine.spec import Experiment


class Scalar:
    """A number that remembers what it was computed from, and the derivative with respect to each of those."""

    __slots__ = ("grad", "parents", "value")

    def __init__(self, value: float, parents: tuple[tuple[Scalar, float], ...] = ()) -> None:
        self.value, self.parents, self.grad = value, parents, 0.0

    def __add__(self, other: Scalar | float) -> Scalar:
        o = _scalar(other)
        return Scalar(self.value + o.value, ((self, 1.0), (o, 1.0)))

    def __sub__(self, other: Scalar | float) -> Scalar:
        o = _scalar(other)
        return Scalar(self.value - o.value, ((self, 1.0), (o, -1.0)))

    def __mul__(self, other: Scalar | float) -> Scalar:
        o = _scalar(other)
        return Scalar(self.value * o.value, ((self, o.value), (o, self.value)))

    def __truediv__(self, other: Scalar | float) -> Scalar:
        o = _scalar(other)
        return Scalar(self.value / o.value, ((self, 1 / o.value), (o, -self.value / o.value**2)))

    def exp(self) -> Scalar:
        y = math.exp(min(self.value, 709.0))
        return Scalar(y, ((self, y),))

    def log(self) -> Scalar:
        return Scalar(math.log(self.value), ((self, 1 / self.value),))

    def tanh(self) -> Scalar:
        y = math.tanh(self.value)
        return Scalar(y, ((self, 1 / math.cosh(self.value) ** 2 if abs(self.value) < 350 else 0.0),))


def _scalar(value: Scalar | float) -> Scalar:
    return value if isinstance(value, Scalar) else Scalar(float(value))


def _total(parts: Sequence[Scalar]) -> Scalar:
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def _softplus(z: Scalar) -> Scalar:
    if z.value > 0:
        return z + _softplus(z * -1.0)
    return (z.exp() + 1.0).log() if z.value > -30 else Scalar(math.log1p(math.exp(z.value)), ((z, math.exp(z.value)),))


def _sigmoid(z: Scalar) -> Scalar:
    if z.value >= 0:
        return Scalar(1.0) / ((z * -1.0).exp() + 1.0)
    e = z.exp()
    return e / (e + 1.0)


def _activation(name: str, zs: list[Scalar]) -> list[Scalar]:
    if name == "softmax":
        top = max(z.value for z in zs)
        es = [(z - top).exp() for z in zs]
        total = _total(es)
        return [e / total for e in es]
    return [_unit(name, z) for z in zs]


def _unit(name: str, z: Scalar) -> Scalar:
    match name:
        case "relu":
            return Scalar(max(z.value, 0.0), ((z, 1.0 if z.value > 0 else 0.0),))
        case "leaky_relu":
            return z * (1.0 if z.value > 0 else 0.01)
        case "sigmoid":
            return _sigmoid(z)
        case "tanh":
            return z.tanh()
        case "softplus":
            return _softplus(z)
        case "gelu":
            return z * ((((z * z * z * 0.044715) + z) * math.sqrt(2 / math.pi)).tanh() + 1.0) * 0.5
    return z + 0.0


def _loss_term(experiment: Experiment, y: Scalar, z: Scalar, t: float, lse: Scalar | None) -> Scalar:
    d = y - t
    match experiment.loss.name:
        case "squared_error":
            return d * d * experiment.loss.factor
        case "absolute_error":
            return d * float(np.sign(d.value))
        case "huber":
            c = experiment.loss.threshold
            return d * d * 0.5 if abs(d.value) <= c else (d * float(np.sign(d.value)) - 0.5 * c) * c
        case "binary_cross_entropy":
            return _softplus(z) - z * t
        case "softmax_cross_entropy":
            assert lse is not None
            return (lse - z) * t
    rest = Scalar(0.0) if t == 1 or experiment.loss.name == "nll" else (Scalar(1.0) - y).log() * (1 - t)
    return (rest + (Scalar(0.0) if t == 0 else y.log() * t)) * -1.0


def _sweep(result: Scalar) -> None:
    """Fill in the derivative of `result` with respect to every node behind it."""
    order: list[Scalar] = []
    seen: set[int] = set()
    stack = [(result, False)]
    while stack:
        node, ready = stack.pop()
        if ready:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))
            stack.extend((parent, False) for parent, _ in node.parents)
    result.grad = 1.0
    for node in reversed(order):
        for parent, slope in node.parents:
            parent.grad += slope * node.grad


def update(experiment: Experiment, given: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Every number of one update by trace name, from the given arrays x, t, W1, b1, …"""
    network, loss = experiment.network, experiment.loss
    depth, batch = len(network.layers), len(given["x"])
    nodes = {name: [[Scalar(float(v)) for v in row] for row in values] for name, values in given.items()}
    for k in range(1, depth + 1):
        nodes[f"z{k}"], nodes[f"a{k}"] = [], []
    nodes |= {"e": [], "ell": [], "lse": []}
    mean = loss.reduction == "mean"
    per_sample = loss.name in ("softmax_cross_entropy", "nll")
    for n in range(batch):
        a = z = nodes["x"][n]
        for k, layer in enumerate(network.layers, 1):
            W, b = nodes[f"W{k}"], nodes[f"b{k}"][0]
            z = [_total([W[i][j] * a[i] for i in range(len(a))]) + b[j] for j in range(layer.units)]
            a = _activation(layer.activation, z)
            nodes[f"z{k}"].append(z)
            nodes[f"a{k}"].append(a)
        lse = None
        if loss.name == "softmax_cross_entropy":
            top = max(unit.value for unit in z)
            lse = _total([(unit - top).exp() for unit in z]).log() + top
            nodes["lse"].append([lse])
        terms = [_loss_term(experiment, a[j], z[j], float(given["t"][n][j]), lse) for j in range(len(a))]
        nodes["e"].append(terms)
        nodes["ell"].append([_total(terms) * (1 / len(terms) if mean and not per_sample else 1.0)])
    total = _total([row[0] for row in nodes["ell"]]) * (1 / batch if mean else 1.0)
    nodes["L"] = [[total]]
    _sweep(total)
    return _collect(experiment, nodes)


def _collect(experiment: Experiment, nodes: dict[str, list[list[Scalar]]]) -> dict[str, np.ndarray]:
    network, rate = experiment.network, experiment.learning_rate
    depth = len(network.layers)
    values = {name: np.array([[node.value for node in row] for row in rows]) for name, rows in nodes.items() if rows}
    grads = {name: np.array([[node.grad for node in row] for row in rows]) for name, rows in nodes.items() if rows}
    values["dy"] = grads[f"a{depth}"] if depth else grads["x"]
    for k in range(1, depth + 1):
        values[f"dz{k}"], values[f"dW{k}"], values[f"db{k}"] = grads[f"z{k}"], grads[f"W{k}"], grads[f"b{k}"]
        if k < depth:
            values[f"da{k}"] = grads[f"a{k}"]
            values[f"p{k}"] = grads[f"z{k + 1}"][:, None, :] * values[f"W{k + 1}"]
        if network.layers[k - 1].activation != "softmax":
            values[f"s{k}"] = np.array(
                [
                    [a.parents and _local(a, z) for a, z in zip(*rows, strict=True)]
                    for rows in zip(nodes[f"a{k}"], nodes[f"z{k}"], strict=True)
                ]
            )
        for name in (f"W{k}", f"b{k}"):
            if name not in experiment.frozen:
                values[f"{name}'"] = values[name] - rate * grads[name]
    return values


def _local(a: Scalar, z: Scalar) -> float:
    """da/dz by a sweep from `a` alone; gradients of the loss have been read already."""
    inside: dict[int, float] = {id(a): 1.0}
    order: list[Scalar] = []
    stack, seen = [(a, False)], set()
    while stack:
        node, ready = stack.pop()
        if ready:
            order.append(node)
        elif id(node) not in seen and node is not z:
            seen.add(id(node))
            stack.append((node, True))
            stack.extend((parent, False) for parent, _ in node.parents)
    for node in reversed(order):
        for parent, slope in node.parents:
            inside[id(parent)] = inside.get(id(parent), 0.0) + slope * inside.get(id(node), 0.0)
    return inside.get(id(z), 0.0)
