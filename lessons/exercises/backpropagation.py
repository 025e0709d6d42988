"""Exercises on backpropagation: error signals, weight and bias gradients, and units that the loss reaches twice."""

from __future__ import annotations

import numpy as np

from engine import Dense, Loss, Trace
from lessons.exercises.base import (
    LINEAR,
    LONE,
    Data,
    Draft,
    Template,
    experiment,
    explained,
    flat,
    given,
    named,
    pick,
    picks,
    record,
    samples,
    slope,
)
from lessons.exercises.forward_pass import SQUARED, small_net, unit_by_unit

CURVES = ("sigmoid", "tanh")


def output_delta(rng: np.random.Generator, level: int) -> Draft:
    """The error signal of an output neuron: from its sum and output, or from its inputs."""
    name = CURVES[int(rng.integers(2))]
    t = float(rng.integers(2)) if name == "sigmoid" else pick(rng, -1, 1, 1)
    x, w, b = picks(rng, 2, -2, 2, 0.5), picks(rng, 2, -0.9, 0.9), pick(rng, -0.5, 0.5)
    setup = experiment(2, (Dense(1, name),), SQUARED, [x], [[t]], flat(([[v] for v in w], [b])))
    trace = record(setup)
    z, y = trace.value("z1[0,0]"), trace.value("a1[0,0]")
    delta = trace.value("dz1[0,0]")
    mistakes = {
        "y_minus_t_sign": -delta,
        "no_local": y - t,
        "wrong_point": (y - t) * slope(name, y),
        "slope_only": slope(name, z),
        "times_output": (y - t) * y,
        "loss_for_slope": trace.value("L[0,0]"),
    }
    data: Data = {
        "name": f"@{name}", "slope": f"@{name}_slope", "inputs": named("x", x), "weights": named("w", w),
        "bias": given(b=b), "target": given(t=t), "z": given(z=z), "y": given(**{r"\hat{y}": y}),
    }  # fmt: skip
    first = () if level == 1 else ("z1[0,0]", "a1[0,0]")
    return Draft(data, delta, mistakes, lambda: explained(trace, *first, "dy[0,0]", "s1[0,0]", "dz1[0,0]", rename=LONE))


def shared_net(rng: np.random.Generator) -> tuple[Trace, Data, dict[str, list[list[float]]]]:
    """A 2-2-2 network with linear outputs, its task data, and its weights."""
    name = CURVES[int(rng.integers(2))]
    x, (W, b), (V, c) = small_net(rng, 2)
    t = picks(rng, 2, -1.5, 1.5, 0.5)
    layers = (Dense(2, name), Dense(2))
    trace = record(experiment(2, layers, SQUARED, [x], [t], flat((W, b), (V, c))))
    data: Data = {
        "name": f"@{name}", "formula": f"@{name}_formula", "slope": f"@{name}_slope", "inputs": named("x", x),
        "weights": unit_by_unit(W), "biases": named("b", b), "ahead": unit_by_unit(V, first=5),
        "ahead_biases": named("b", c, 3), "targets": named("t", t),
        "hidden": named("h", [trace.value(f"a1[0,{j}]") for j in range(2)]),
        "outputs": named("o", [trace.value(f"a2[0,{k}]") for k in range(2)]),
        "deltas": given(**{rf"\delta_{{o_{k + 1}}}": trace.value(f"dz2[0,{k}]") for k in range(2)}),
    }  # fmt: skip
    return trace, data, {"W": W, "V": V}


FORWARD = ("z1[0,0]", "a1[0,0]", "z1[0,1]", "a1[0,1]", "z2[0,0]", "z2[0,1]", "dy[0,0]", "dy[0,1]")


def output_weight(rng: np.random.Generator, level: int) -> Draft:
    """The gradient of one output weight of a 2-2-2 network: from the error signal, or from the inputs."""
    trace, data, weights = shared_net(rng)
    i, k = int(rng.integers(2)), int(rng.integers(2))
    delta, other = trace.value(f"dz2[0,{k}]"), trace.value(f"dz2[0,{1 - k}]")
    h = trace.array("a1")[0]
    gradient = trace.value(f"dW2[{i},{k}]")
    mistakes = {
        "weight_for_act": delta * weights["V"][i][k],
        "wrong_hidden": delta * float(h[1 - i]),
        "wrong_output": other * float(h[i]),
        "y_minus_t_sign": -gradient,
        "delta_only": delta,
        "used_pre": delta * trace.value(f"z1[0,{i}]"),
    }
    data |= {"weight": str(5 + 2 * k + i), "from": str(i + 1), "to": str(k + 1)}
    before = () if level == 1 else ("z1[0,0]", "a1[0,0]", "z1[0,1]", "a1[0,1]", f"z2[0,{k}]", f"dy[0,{k}]")
    return Draft(data, gradient, mistakes, lambda: explained(trace, *before, f"dW2[{i},{k}]", rename=LINEAR))


def two_paths(rng: np.random.Generator, level: int) -> Draft:
    """dL/dh of a hidden unit that feeds both outputs: two paths that add."""
    trace, data, weights = shared_net(rng)
    j = int(rng.integers(2))
    first, second = (trace.value(f"p1[0,{j},{k}]") for k in range(2))
    answer = trace.value(f"da1[0,{j}]")
    deltas, V = trace.array("dz2")[0], weights["V"]
    mistakes = {
        "one_path": first,
        "other_path_only": second,
        "multiplied_paths": first * second,
        "mean_paths": answer / 2,
        "weights_swapped": float(deltas[0]) * V[j][1] + float(deltas[1]) * V[j][0],
        "other_unit": trace.value(f"da1[0,{1 - j}]"),
        "added_in_path": float(deltas.sum()) + sum(V[j]),
    }
    data |= {"unit": str(j + 1), "first": str(5 + j), "second": str(7 + j)}
    before = () if level == 1 else FORWARD
    lines = (*before, f"p1[0,{j},0]", f"p1[0,{j},1]", f"da1[0,{j}]")
    return Draft(data, answer, mistakes, lambda: explained(trace, *lines, rename=LINEAR))


def hidden_delta(rng: np.random.Generator, level: int) -> Draft:
    """The error signal of a hidden unit over two paths."""
    trace, data, _ = shared_net(rng)
    j = int(rng.integers(2))
    first, second = (trace.value(f"p1[0,{j},{k}]") for k in range(2))
    local, delta = trace.value(f"s1[0,{j}]"), trace.value(f"dz1[0,{j}]")
    h, total = trace.value(f"a1[0,{j}]"), trace.value(f"da1[0,{j}]")
    name = str(data["name"]).removeprefix("@")
    mistakes = {
        "one_path": first * local,
        "other_path_only": second * local,
        "no_local": total,
        "mean_paths": delta / 2,
        "wrong_point": total * slope(name, h),
        "times_activation": total * h,
    }
    data |= {"unit": str(j + 1), "first": str(5 + j), "second": str(7 + j)}
    before = () if level == 1 else FORWARD
    lines = (*before, f"p1[0,{j},0]", f"p1[0,{j},1]", f"da1[0,{j}]", f"s1[0,{j}]", f"dz1[0,{j}]")
    return Draft(data, delta, mistakes, lambda: explained(trace, *lines, rename=LINEAR))


def first_weight(rng: np.random.Generator, level: int) -> Draft:
    """The gradient of a first-layer weight of a 2-2-1 network: one path from the loss all the way back."""
    name = CURVES[int(rng.integers(2))]
    i, j = int(rng.integers(2)), int(rng.integers(2))
    x, (W, b), (v, c) = small_net(rng, 1)
    t = pick(rng, -2, 2, 0.5)
    trace = record(experiment(2, (Dense(2, name), Dense(1)), SQUARED, [x], [[t]], flat((W, b), (v, c))))
    answer, delta = trace.value(f"dW1[{i},{j}]"), trace.value(f"dz1[0,{j}]")
    h, out, local = trace.value(f"a1[0,{j}]"), trace.value("dz2[0,0]"), trace.value(f"s1[0,{j}]")
    mistakes = {
        "wrong_input": delta * x[1 - i],
        "act_for_input": delta * h,
        "no_local": out * v[j][0] * x[i],
        "no_output_weight": out * local * x[i],
        "y_minus_t_sign": -answer,
        "delta_only": delta,
    }
    data: Data = {
        "name": f"@{name}", "formula": f"@{name}_formula", "slope": f"@{name}_slope", "inputs": named("x", x),
        "weights": unit_by_unit(W), "biases": named("b", b), "ahead": unit_by_unit(v, first=5),
        "bias": given(b_3=c[0]), "target": given(t=t), "delta": given(**{r"\delta_o": out}),
        "hidden": given(**{f"h_{j + 1}": h}), "weight": str(1 + 2 * j + i), "from": str(i + 1), "to": str(j + 1),
        "path": str(5 + j),
    }  # fmt: skip
    before = () if level == 1 else ("z1[0,0]", "a1[0,0]", "z1[0,1]", "a1[0,1]", "z2[0,0]", "dy[0,0]")
    lines = (*before, f"p1[0,{j},0]", f"s1[0,{j}]", f"dz1[0,{j}]", f"dW1[{i},{j}]")
    names = LINEAR | {"|_{o}": ""}
    return Draft(data, answer, mistakes, lambda: explained(trace, *lines, rename=names))


def bias_gradient(rng: np.random.Generator, level: int) -> Draft:
    """The gradient of a neuron's bias: one sample, or the mean over two."""
    name = CURVES[int(rng.integers(2))]
    w, b = picks(rng, 1, -1.5, 1.5)[0], pick(rng, -0.8, 0.8)
    x, t = picks(rng, level, -3, 3, 0.5), [float(v) for v in rng.integers(0, 2, level)]
    loss = Loss("squared_error", factor=1.0, reduction="mean")
    setup = experiment(1, (Dense(1, name),), loss, [[v] for v in x], [[v] for v in t], flat(([[w]], [b])))
    trace = record(setup)
    answer = trace.value("db1[0,0]")
    y = [trace.value(f"a1[{n},0]") for n in range(level)]
    mistakes = {
        "times_input": trace.value("dW1[0,0]"),
        "times_bias": answer * b,
        "bias_zero": 0.0,
        "no_local": 2 * sum(u - v for u, v in zip(y, t, strict=True)) / level,
        "factor_two": answer / 2,
        "y_minus_t_sign": -answer,
    }
    if level == 2:
        mistakes |= {"sum_not_mean": 2 * answer, "first_sample_only": 2 * trace.value("dz1[0,0]")}
    data: Data = {
        "name": f"@{name}", "formula": f"@{name}_formula", "slope": f"@{name}_slope", "weight": given(w=w, b=b),
        "inputs": samples("x", x) if level == 2 else given(x=x[0]),
        "targets": samples("t", t) if level == 2 else given(t=t[0]),
    }  # fmt: skip
    lines = [f"{step}[{n},0]" for n in range(level) for step in ("z1", "a1", "dy", "s1", "dz1")]
    return Draft(data, answer, mistakes, lambda: explained(trace, *lines, "db1[0,0]", rename=LONE), count=level + 1)


TEMPLATES = (
    Template("backpropagation.output_delta", output_delta),
    Template("backpropagation.output_weight", output_weight),
    Template("backpropagation.two_paths", two_paths),
    Template("backpropagation.hidden_delta", hidden_delta, stored=1),
    Template("backpropagation.first_weight", first_weight),
    Template("backpropagation.bias_gradient", bias_gradient),
)
