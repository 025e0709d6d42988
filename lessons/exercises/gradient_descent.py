"""Exercises on gradient descent: steps, slopes measured from losses, stable rates, epochs and mini-batches."""

from __future__ import annotations

import math

import numpy as np

from engine import Dense, Experiment, Loss, Network, Trace, evaluate_loss
from lessons.exercises.base import (
    Data,
    Draft,
    Step,
    Template,
    experiment,
    explained,
    flat,
    given,
    par,
    pick,
    picks,
    record,
    samples,
    tex,
)

HALF = Loss("squared_error", factor=0.5, reduction="sum")
HALF_MEAN = Loss("squared_error", factor=0.5, reduction="mean")
LINE = (Dense(1),)
NAMES = {"z_{o}": r"\hat{y}", r"\delta_{o}": r"\partial L/\partial \hat{y}", " + b": ""}


def line(w: float, x: list[float], t: list[float], rate: float = 0.1, loss: Loss = HALF) -> Experiment:
    """A neuron with one weight and no bias, prediction w x: its loss is a parabola in w."""
    return experiment(1, LINE, loss, [[v] for v in x], [[v] for v in t], flat(([[w]], [0.0])), rate, ("b1",))


def one_step(rng: np.random.Generator, level: int) -> Draft:
    """One update of one weight: from the gradient, or from the sample."""
    w, rate = pick(rng, -2, 2), float(rng.choice([0.1, 0.2, 0.5, 0.05]))
    x, t = pick(rng, -3, 3, 1), pick(rng, -4, 4, 1)
    trace = record(line(w, [x], [t], rate))
    g, new = trace.value("dW1[0,0]"), trace.value("W1'[0,0]")
    mistakes = {
        "wrong_sign_step": w + rate * g,
        "no_lr": w - g,
        "step_only": -rate * g,
        "divided_lr": w - g / rate,
        "multiplied_weight": w * (1 - rate * g),
    }
    if level == 2:
        mistakes["no_input"] = w - rate * trace.value("dy[0,0]")
    data: Data = {"weight": given(w=w), "gradient": tex(g), "rate": tex(rate), "sample": given(x=x, t=t)}
    before = () if level == 1 else ("z1[0,0]", "dy[0,0]", "dW1[0,0]")
    return Draft(data, new, mistakes, lambda: explained(trace, *before, "W1'[0,0]", rename=NAMES))


def two_steps(rng: np.random.Generator, level: int) -> Draft:
    """Two updates on a parabola, with a fresh gradient for the second; one sample with input 1, or any input."""
    w, rate = pick(rng, -2, 2, 0.5), float(rng.choice([0.1, 0.2, 0.3, 0.5]))
    x, t = 1.0 if level == 1 else pick(rng, -2, 2, 0.5), pick(rng, -4, 4, 1)
    trace = record(line(w, [x], [t], rate), updates=2)
    g = [trace.value("dW1[0,0]", k) for k in range(2)]
    answer = trace.value("W1'[0,0]", 1)
    up = w + rate * g[0]
    mistakes = {
        "old_gradient": w - 2 * rate * g[0],
        "one_step_only": trace.value("W1'[0,0]", 0),
        "wrong_sign_step": up + rate * record(line(up, [x], [t], rate)).value("dW1[0,0]"),
        "no_lr": record(line(w - g[0], [x], [t], 1.0)).value("W1'[0,0]"),
        "step_only": -rate * (g[0] + g[1]),
    }
    data: Data = {"weight": given(w=w), "rate": tex(rate), "sample": given(x=x, t=t), "target": par(t)}

    def solve() -> tuple[Step, ...]:
        lines = ("z1[0,0]", "dy[0,0]", "dW1[0,0]", "W1'[0,0]")
        return tuple(step for k in range(2) for step in explained(trace, *lines, update=k, rename=NAMES))

    return Draft(data, answer, mistakes, solve)


def numeric_gradient(rng: np.random.Generator, level: int) -> Draft:
    """A slope from two losses: the centred difference with the losses given, or with the losses to compute."""
    w, h = pick(rng, -2, 2), float(rng.choice([0.1, 0.2, 0.5]))
    x, t = pick(rng, -3, 3, 1), pick(rng, -4, 4, 1)
    network = Network(1, LINE)

    def loss_at(value: float) -> float:
        params = ((np.array([[value]]), np.array([[0.0]])),)
        return round(float(evaluate_loss(network, HALF, params, np.array([[x]]), np.array([[t]]))[1]), 10)

    plus, minus = loss_at(w + h), loss_at(w - h)
    answer = (plus - minus) / (2 * h)
    mistakes = {
        "h_not_2h": (plus - minus) / h,
        "not_divided": plus - minus,
        "swapped_losses": -answer,
        "added_losses": (plus + minus) / (2 * h),
        "times_2h": (plus - minus) * 2 * h,
        "loss_over_h": plus / (2 * h),
    }

    def solve() -> tuple[Step, ...]:
        top = f"{tex(plus, 7)} - {tex(minus, 7)}"
        numbers = rf"\frac{{{top}}}{{2 \cdot {tex(h)}}}"
        quotient = Step("centred", r"\frac{\partial L}{\partial w}", r"\frac{L(w + h) - L(w - h)}{2 h}", numbers, answer)
        if level == 1:
            return (quotient,)
        sides = [(f"w {sign} h", v, loss) for sign, v, loss in (("+", w + h, plus), ("-", w - h, minus))]
        inner = []
        for at, v, loss in sides:
            numbers = rf"\frac{{1}}{{2}} ({tex(v)} \cdot {par(x)} - {par(t)})^2"
            inner.append(Step("loss_at", f"L({at})", r"\frac{1}{2} (w x - t)^2", numbers, loss))
        return (*inner, quotient)

    data: Data = {
        "weight": given(w=w), "h": tex(h), "plus": tex(plus, 7), "minus": tex(minus, 7),
        "above": tex(w + h), "below": tex(w - h), "sample": given(x=x, t=t),
    }  # fmt: skip
    return Draft(data, answer, mistakes, solve)


def stable_rate(rng: np.random.Generator, level: int) -> Draft:
    """The learning rate above which descent on a parabola diverges: from the curvature, or from the data."""
    x = [pick(rng, 0.5, 4)] if level == 1 else picks(rng, 2, -4, 4, 0.5)

    def gradient(w: float) -> float:
        return record(line(w, x, [1.0] * len(x))).value("dW1[0,0]")

    # On a parabola the slope grows by the curvature from any weight to the next whole one.
    curvature = gradient(1.0) - gradient(0.0)
    mistakes = {
        "one_over_c": 1 / curvature,
        "half_curvature": curvature / 2,
        "twice_curvature": 2 * curvature,
        "curvature_itself": curvature,
    }
    if level == 2:
        mistakes |= {"inputs_not_squared": 2 / abs(sum(x)) if sum(x) else curvature, "largest_only": 2 / max(v * v for v in x)}

    def solve() -> tuple[Step, ...]:
        limit = Step("stability", r"\eta_{\max}", r"\frac{2}{c}", rf"\frac{{2}}{{{tex(curvature)}}}", 2 / curvature)
        if level == 1:
            return (limit,)
        squares = " + ".join(f"({tex(v)})^2" for v in x)
        return Step("curvature", "c", r"(x^{(1)})^2 + (x^{(2)})^2", squares, curvature), limit

    data: Data = {"curvature": tex(curvature), "inputs": samples("x", x)}
    return Draft(data, 2 / curvature, mistakes, solve)


def steps_per_epoch(rng: np.random.Generator, level: int) -> Draft:
    """Updates in one epoch, or in several, with a last batch that is smaller."""
    samples, batch, epochs = int(rng.integers(60, 400)), int(rng.choice([8, 10, 16, 20, 25, 32, 50])), int(rng.integers(3, 11))
    rows = tuple((0.0,) for _ in range(samples))
    per_epoch = Experiment(Network(1, LINE), HALF, rows, rows, batch=batch).updates_per_epoch
    answer = float(per_epoch if level == 1 else per_epoch * epochs)
    full = samples // batch
    if level == 1:
        mistakes = {"partial_batch": full, "one_per_sample": samples, "one_per_epoch": 1, "batch_for_count": batch}
    else:
        mistakes = {
            "partial_batch": full * epochs,
            "one_epoch_only": per_epoch,
            "epochs_for_updates": epochs,
            "one_per_sample": samples * epochs,
            "partial_at_the_end": math.ceil(samples * epochs / batch),
        }

    def solve() -> tuple[Step, ...]:
        quotient = rf"\lceil {samples} / {batch} \rceil"
        first = Step("round_up", "n", r"\lceil \text{N} / \text{B} \rceil", quotient, float(per_epoch))
        if level == 1:
            return (first,)
        return first, Step("times_epochs", "u", r"n \cdot \text{E}", rf"{per_epoch} \cdot {epochs}", answer)

    data: Data = {"samples": str(samples), "batch": str(batch), "epochs": str(epochs), "left": str(samples - full * batch)}
    return Draft(data, answer, {key: float(value) for key, value in mistakes.items()}, solve, exact=True)


def mini_batch(rng: np.random.Generator, level: int) -> Draft:
    """The gradient of a mini-batch of three: from the gradients of its samples, or from the samples."""
    w, x, t = pick(rng, -2, 2, 0.5), picks(rng, 3, -3, 3, 1), picks(rng, 3, -4, 4, 1)
    trace: Trace = record(line(w, x, t, loss=HALF_MEAN))
    each = [record(line(w, [u], [v])).value("dW1[0,0]") for u, v in zip(x, t, strict=True)]
    answer = trace.value("dW1[0,0]")
    mistakes = {
        "sum_not_mean": sum(each),
        "first_sample_only": each[0],
        "signs_dropped": sum(map(abs, each)) / 3,
        "wrong_direction": -answer,
    }
    if level == 2:
        centre = record(line(w, [sum(x) / 3], [sum(t) / 3])).value("dW1[0,0]")
        mistakes |= {"grad_of_mean_x": centre, "no_input": sum(w * u - v for u, v in zip(x, t, strict=True)) / 3}
    else:
        mistakes |= {"divided_by_two": sum(each) / 2, "last_sample_only": each[2]}

    def solve() -> tuple[Step, ...]:
        top = " + ".join(par(v) for v in each)
        mean = Step("mean_gradient", "g", r"\frac{g^{(1)} + g^{(2)} + g^{(3)}}{3}", rf"\frac{{{top}}}{{3}}", answer)
        if level == 1:
            return (mean,)
        lines = []
        for n, (u, v, g) in enumerate(zip(x, t, each, strict=True), 1):
            formula = rf"(w x^{{({n})}} - t^{{({n})}}) \cdot x^{{({n})}}"
            numbers = rf"({tex(w)} \cdot {par(u)} - {par(v)}) \cdot {par(u)}"
            lines.append(Step("sample_gradient", f"g^{{({n})}}", formula, numbers, g))
        return (*lines, mean)

    data: Data = {"weight": given(w=w), "gradients": samples("g", each), "inputs": samples("x", x), "targets": samples("t", t)}
    return Draft(data, answer, mistakes, solve, count=3)


TEMPLATES = (
    Template("gradient_descent.one_step", one_step),
    Template("gradient_descent.two_steps", two_steps, stored=1),
    Template("gradient_descent.numeric_gradient", numeric_gradient),
    Template("gradient_descent.stable_rate", stable_rate),
    Template("gradient_descent.steps_per_epoch", steps_per_epoch, stored=1),
    Template("gradient_descent.mini_batch", mini_batch),
)
