"""Exercises on the forward pass: weighted sums, activations, hidden values, outputs, counting parameters."""

from __future__ import annotations

import numpy as np

from engine import Dense, Loss, Network, Trace
from lessons.exercises.base import (
    LINEAR,
    LONE,
    Data,
    Draft,
    Step,
    Template,
    act,
    experiment,
    explained,
    flat,
    given,
    named,
    pick,
    picks,
    record,
)
from lessons.exercises.base import slope as slope_of

SQUARED = Loss("squared_error", factor=0.5, reduction="sum")
CURVES = ("sigmoid", "tanh", "relu")
Layer = tuple[list[list[float]], list[float]]


def neuron(x: list[float], w: list[float], b: float, activation: str = "identity") -> Trace:
    """The trace of one neuron with inputs x, weights w and bias b."""
    layers = (Dense(1, activation),)
    return record(experiment(len(x), layers, SQUARED, [x], [[0.0]], flat(([[value] for value in w], [b]))))


def neuron_z(rng: np.random.Generator, level: int) -> Draft:
    """The weighted sum of one neuron with two inputs, or with three."""
    n = level + 1
    x, w, b = picks(rng, n, -3, 3, 1), picks(rng, n, -0.9, 0.9), pick(rng, -1, 1)
    trace = neuron(x, w, b)
    z = trace.value("z1[0,0]")
    mistakes = {
        "no_bias": z - b,
        "bias_times": (z - b) * b,
        "plus_for_times": sum(x) + sum(w) + b,
        "first_input_only": x[0] * w[0] + b,
        "signs_dropped": sum(abs(u * v) for u, v in zip(x, w, strict=True)) + b,
    }
    data: Data = {"inputs": named("x", x), "weights": named("w", w), "bias": given(b=b)}
    return Draft(data, z, mistakes, lambda: explained(trace, "z1[0,0]", rename=LONE), count=n)


def activation(rng: np.random.Generator, level: int) -> Draft:
    """The output of a neuron: from its weighted sum, or from its inputs."""
    name = CURVES[int(rng.integers(3))]
    if level == 1:
        x, w, b = [pick(rng, -2.5, 2.5)], [1.0], 0.0
    else:
        x, w, b = picks(rng, 2, -3, 3, 1), picks(rng, 2, -0.9, 0.9), pick(rng, -1, 1)
    trace = neuron(x, w, b, name)
    z, a = trace.value("z1[0,0]"), trace.value("a1[0,0]")
    mistakes = {"no_activation": z}
    mistakes |= {f"used_{other}": act(other, z) for other in CURVES if other != name}
    if name == "relu":
        mistakes["size_for_relu"] = abs(z)
    elif name == "sigmoid":
        mistakes["exponent_sign"] = 1 - a
    mistakes["slope_for_value"] = slope_of(name, z)
    if level == 2:
        mistakes["no_bias"] = act(name, z - b)
    data: Data = {
        "name": f"@{name}", "formula": f"@{name}_formula", "z": given(z=z),
        "inputs": named("x", x), "weights": named("w", w), "bias": given(b=b),
    }  # fmt: skip
    lines = ("a1[0,0]",) if level == 1 else ("z1[0,0]", "a1[0,0]")
    return Draft(data, a, mistakes, lambda: explained(trace, *lines, rename=LONE), zero=name == "relu")


def small_net(rng: np.random.Generator, outputs: int, step: float = 0.1) -> tuple[list[float], Layer, Layer]:
    """Inputs, hidden layer and output layer of a 2-2-`outputs` network with friendly numbers."""
    x = picks(rng, 2, -2, 2, 0.5)
    w, v = picks(rng, 4, -1, 1, step), picks(rng, 2 * outputs, -1.5, 1.5, step)
    hidden = [[w[0], w[2]], [w[1], w[3]]], picks(rng, 2, -0.5, 0.5)
    ahead = [[v[2 * k] for k in range(outputs)], [v[2 * k + 1] for k in range(outputs)]], picks(rng, outputs, -0.5, 0.5)
    return x, hidden, ahead


def unit_by_unit(W: list[list[float]], prefix: str = "w", first: int = 1) -> tuple[str, ...]:
    """Weights as assignments in the course's numbering: all weights into unit 1, then all into unit 2."""
    return named(prefix, [row[k] for k in range(len(W[0])) for row in W], first)


def matrix(W: list[list[float]]) -> str:
    """A matrix as LaTeX, one row per input."""
    rows = r" \\ ".join(" & ".join(f"{value:g}" for value in row) for row in W)
    return rf"\begin{{pmatrix}} {rows} \end{{pmatrix}}"


def hidden(rng: np.random.Generator, level: int) -> Draft:
    """One hidden value of a 2-2-1 network: weights by name, or as a matrix."""
    name, j = CURVES[int(rng.integers(3))], int(rng.integers(2))
    x, (W, b), ahead = small_net(rng, 1)
    layers = (Dense(2, name), Dense(1))
    trace = record(experiment(2, layers, SQUARED, [x], [[0.0]], flat((W, b), ahead)))
    z, h = trace.value(f"z1[0,{j}]"), trace.value(f"a1[0,{j}]")
    mistakes = {
        "row_column": act(name, x[0] * W[j][0] + x[1] * W[j][1] + b[j]),
        "no_activation": z,
        "no_bias": act(name, z - b[j]),
        "other_unit": trace.value(f"a1[0,{1 - j}]"),
        "other_bias": act(name, z - b[j] + b[1 - j]),
    }
    data: Data = {
        "name": f"@{name}", "formula": f"@{name}_formula", "unit": str(j + 1), "other": str(2 - j),
        "inputs": named("x", x), "weights": unit_by_unit(W), "biases": named("b", b),
        "vector": matrix([x]), "matrix": matrix(W), "row": matrix([b]),
    }  # fmt: skip
    return Draft(data, h, mistakes, lambda: explained(trace, f"z1[0,{j}]", f"a1[0,{j}]"), zero=name == "relu")


def output(rng: np.random.Generator, level: int) -> Draft:
    """The output of a 2-2-1 network: from its hidden layer, or from its inputs."""
    name = CURVES[int(rng.integers(3))]
    x, (W, b), (v, c) = small_net(rng, 1)
    layers = (Dense(2, name), Dense(1))
    trace = record(experiment(2, layers, SQUARED, [x], [[0.0]], flat((W, b), (v, c))))
    z, h = trace.array("z1")[0], trace.array("a1")[0]
    y = trace.value("a2[0,0]")
    mistakes = {
        "used_pre": float(z @ np.array(v)[:, 0]) + c[0],
        "no_bias": y - c[0],
        "extra_activation": act(name, y),
        "first_hidden_only": float(h[0]) * v[0][0] + c[0],
        "weights_swapped": float(h[0]) * v[1][0] + float(h[1]) * v[0][0] + c[0],
    }
    if level == 2:
        bare = [act(name, float(value) - bias) for value, bias in zip(z, b, strict=True)]
        mistakes["no_hidden_bias"] = bare[0] * v[0][0] + bare[1] * v[1][0] + c[0]
    data: Data = {
        "name": f"@{name}", "formula": f"@{name}_formula", "inputs": named("x", x), "weights": unit_by_unit(W),
        "biases": named("b", b), "sums": named("z", [float(value) for value in z]),
        "hidden": named("h", [float(value) for value in h]), "ahead": unit_by_unit(v, first=5), "bias": given(b_3=c[0]),
    }  # fmt: skip
    first = () if level == 1 else ("z1[0,0]", "a1[0,0]", "z1[0,1]", "a1[0,1]")
    return Draft(data, y, mistakes, lambda: explained(trace, *first, "z2[0,0]", rename=LINEAR))


def parameter_count(rng: np.random.Generator, level: int) -> Draft:
    """How many numbers a network stores: one hidden layer, or two."""
    sizes = [int(rng.integers(2, 9)), *(int(rng.integers(2, 13)) for _ in range(level)), int(rng.integers(1, 6))]
    network = Network(sizes[0], tuple(Dense(units) for units in sizes[1:]))
    products = [a * b for a, b in network.shapes]
    answer = float(network.parameter_count)
    mistakes = {
        "no_bias_count": float(sum(products)),
        "counted_units": float(sum(sizes)),
        "input_bias": answer + sizes[0],
        "one_bias_per_layer": float(sum(products) + len(products)),
        "product_of_sizes": float(np.prod(sizes)),
    }

    def solve() -> tuple[Step, ...]:
        lines = [
            Step("count_layer", f"n_{k}", r"(\text{in} + 1) \cdot \text{out}", rf"({a} + 1) \cdot {b}", float((a + 1) * b))
            for k, (a, b) in enumerate(network.shapes, 1)
        ]
        total = " + ".join(f"{line.value:.0f}" for line in lines)
        formula = " + ".join(line.symbol for line in lines)
        return (*lines, Step("count_total", "n", formula, total, answer))

    data: Data = {"sizes": "-".join(map(str, sizes)), "inputs": str(sizes[0]), "outputs": str(sizes[-1])}
    return Draft(data, answer, mistakes, solve, exact=True)


def boundary_bias(rng: np.random.Generator, level: int) -> Draft:
    """The bias that puts a point on the neuron's boundary: the inverse question, two inputs or three."""
    n = level + 1
    x, w = picks(rng, n, -3, 3, 0.5), picks(rng, n, -0.9, 0.9)
    trace = neuron(x, w, 0.0)
    rest = trace.value("z1[0,0]")
    mistakes = {
        "bias_sign": rest,
        "plus_for_times": -(sum(x) + sum(w)),
        "first_input_only": -x[0] * w[0],
        "divided_by_inputs": -rest / sum(x) if sum(x) else 2 * rest,
        "signs_dropped": -sum(abs(u * v) for u, v in zip(x, w, strict=True)),
    }

    def solve() -> tuple[Step, ...]:
        line = explained(trace, "z1[0,0]", rename={" + b": ""})[0]
        whole = Step("weighted_inputs", "s", line.formula, line.numbers, line.value)
        return whole, Step("boundary", "b", "-s", f"-({line.value:.4g})", -rest)

    data: Data = {"inputs": named("x", x), "weights": named("w", w)}
    return Draft(data, -rest, mistakes, solve, count=n)


TEMPLATES = (
    Template("forward_pass.neuron_z", neuron_z),
    Template("forward_pass.activation", activation, stored=2),
    Template("forward_pass.hidden", hidden, stored=1),
    Template("forward_pass.output", output),
    Template("forward_pass.parameter_count", parameter_count),
    Template("forward_pass.boundary_bias", boundary_bias),
)
