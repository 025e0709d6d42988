"""Exercises on the loss: squared error, cross-entropy, softmax, its gradient, and the loss before training."""

from __future__ import annotations

import math

import numpy as np

from engine import Dense, Loss, Network, Trace, evaluate_loss, start
from lessons.exercises.base import (
    LINEAR,
    LONE,
    Data,
    Draft,
    Step,
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
    tex,
)

CROSS_ENTROPY = Loss("softmax_cross_entropy")


def squared_error(rng: np.random.Generator, level: int) -> Draft:
    """The squared error of three outputs, or of three samples of a one-weight neuron."""
    half, mean = bool(rng.integers(2)), bool(rng.integers(2))
    loss = Loss("squared_error", factor=0.5 if half else 1.0, reduction="mean" if mean else "sum")
    t = picks(rng, 3, -2, 3, 0.5)
    data: Data = {"factor": "@half" if half else "@one", "reduction": "@mean" if mean else "@sum"}
    if level == 1:
        y = picks(rng, 3, -2, 3, 0.5)
        trace = record(experiment(3, (), loss, [y], [t]))
        data |= {"outputs": named(r"\hat{y}", y), "targets": named("t", t)}
    else:
        x, w, b = picks(rng, 3, -3, 3, 1), pick(rng, -1.5, 1.5, 0.5), pick(rng, -1, 1, 0.5)
        trace = record(experiment(1, (Dense(1),), loss, [[v] for v in x], [[v] for v in t], flat(([[w]], [b]))))
        y = [trace.value(f"a1[{n},0]") for n in range(3)]
        data |= {"inputs": samples("x", x), "weight": given(w=w, b=b), "targets": samples("t", t)}
    answer = trace.value("L[0,0]")
    errors = [u - v for u, v in zip(y, t, strict=True)]
    scale = loss.factor / (3 if mean else 1)
    mistakes = {
        "sum_not_mean" if mean else "mean_not_sum": answer * 3 if mean else answer / 3,
        "half_forgotten" if half else "half_added": answer * 2 if half else answer / 2,
        "abs_not_square": scale * sum(map(abs, errors)),
        "signs_cancel": scale * sum(errors),
        "square_of_sum": scale * sum(errors) ** 2,
        "root_taken": math.sqrt(answer),
    }
    cells = [f"e[0,{k}]" if level == 1 else f"e[{k},0]" for k in range(3)]
    first = [] if level == 1 else [f"z1[{n},0]" for n in range(3)]
    return Draft(data, answer, mistakes, lambda: explained(trace, *first, *cells, "L[0,0]", rename=LINEAR), count=3)


def _slips(p: float, answer: float) -> dict[str, float]:
    # p: the probability that was given to the label that is true.
    return {
        "other_class": -math.log(1 - p),
        "missing_minus": -answer,
        "log10": -math.log10(p),
        "squared_for_log": (1 - p) ** 2,
        "one_minus_p": 1 - p,
    }


def binary_cross_entropy(rng: np.random.Generator, level: int) -> Draft:
    """The cross-entropy of one yes-or-no prediction: from its probability, or from its logit."""
    t = float(rng.integers(2))
    if level == 1:
        p = pick(rng, 0.05, 0.95, 0.05)
        trace = record(experiment(1, (), Loss("log_loss"), [[p]], [[t]]))
        data = given(p=p)
        lines: tuple[str, ...] = ("L[0,0]",)
    else:
        z = pick(rng, -2.5, 2.5)
        layers, loss = (Dense(1, "sigmoid"),), Loss("binary_cross_entropy")
        trace = record(experiment(1, layers, loss, [[z]], [[t]], flat(([[1.0]], [0.0]))))
        p = trace.value("a1[0,0]")
        data = given(z=z)
        lines = ("a1[0,0]", "L[0,0]")
    answer = trace.value("L[0,0]")
    right = p if t else 1 - p
    mistakes = _slips(right, answer)

    def solve() -> tuple[Step, ...]:
        *before, _ = explained(trace, *lines, rename=LONE | {r"\hat{y}": "p"})
        formula = r"-\ln p" if t else r"-\ln(1 - p)"
        return (*before, Step("log_of_right", "L", formula, rf"-\ln {tex(right)}", answer))

    words: Data = {"given": data, "target": tex(t), "right": r"$p$" if t else r"$1 - p$"}
    return Draft(words, answer, mistakes, solve)


def _softmax(z: list[float], k: int) -> Trace:
    unit = [[float(i == j) for j in range(3)] for i in range(3)]
    target = [float(j == k) for j in range(3)]
    layers = (Dense(3, "softmax"),)
    return record(experiment(3, layers, CROSS_ENTROPY, [z], [target], flat((unit, [0.0] * 3))))


def _softmax_steps(z: list[float], p: list[float], k: int) -> tuple[Step, ...]:
    total = sum(math.exp(v) for v in z)
    terms = " + ".join(f"e^{{{tex(v)}}}" for v in z)
    whole = Step("sum_of_exponentials", "S", "e^{z_1} + e^{z_2} + e^{z_3}", terms, total)
    formula, numbers = rf"\frac{{e^{{z_{k + 1}}}}}{{S}}", rf"\frac{{e^{{{tex(z[k])}}}}}{{{tex(total)}}}"
    return whole, Step("softmax_share", f"p_{k + 1}", formula, numbers, p[k])


def softmax(rng: np.random.Generator, level: int) -> Draft:
    """One entry of a softmax over three classes; at the second level all logits have been shifted far up."""
    z, k = picks(rng, 3, -1, 3, 0.5), int(rng.integers(3))
    if level == 2:
        z = [value + 10 for value in z]
    p = [_softmax(z, k).value(f"a1[0,{j}]") for j in range(3)]
    total = sum(z)
    mistakes = {
        "not_normalised": math.exp(z[k]),
        "linear_share": z[k] / total if total else z[k],
        "sigmoid_for_softmax": 1 / (1 + math.exp(-z[k])),
        "upside_down": math.exp(-z[k]) / sum(math.exp(-v) for v in z),
        "others_only": math.exp(z[k]) / sum(math.exp(v) for j, v in enumerate(z) if j != k),
        "next_class": p[(k + 1) % 3],
    }
    data: Data = {"logits": named("z", z), "class": str(k + 1)}
    return Draft(data, p[k], mistakes, lambda: _softmax_steps(z, p, k), count=3)


def softmax_gradient(rng: np.random.Generator, level: int) -> Draft:
    """One entry of dL/dz for softmax with cross-entropy: from the probabilities, or from the logits."""
    z, true, k = picks(rng, 3, -1, 2, 0.5), int(rng.integers(3)), int(rng.integers(3))
    trace = _softmax(z, true)
    p = [trace.value(f"a1[0,{j}]") for j in range(3)]
    answer = trace.value(f"dz1[0,{k}]")
    t = float(k == true)
    mistakes = {
        "y_minus_p": -answer,
        "p_only": p[k],
        "extra_sigmoid": answer * p[k] * (1 - p[k]),
        "inverse_p": -1 / p[k],
        "z_minus_t": z[k] - t,
        "one_for_all": p[k] - 1,
    }

    def solve() -> tuple[Step, ...]:
        before = () if level == 1 else _softmax_steps(z, p, k)
        n = k + 1
        symbol = rf"\frac{{\partial L}}{{\partial z_{n}}}"
        return (*before, Step("p_minus_t", symbol, f"p_{n} - t_{n}", f"{tex(p[k])} - {tex(t)}", answer))

    data: Data = {"logits": named("z", z), "probabilities": named("p", p), "true": str(true + 1), "class": str(k + 1)}
    return Draft(data, answer, mistakes, solve, count=3)


def initial_loss(rng: np.random.Generator, level: int) -> Draft:
    """The cross-entropy of a classifier that has learned nothing: its value, or the number of classes behind it."""
    classes = int(rng.integers(3, 60))
    network = Network(1, (Dense(classes, "softmax"),))
    targets = tuple(float(k == 0) for k in range(classes))
    blank = experiment(1, network.layers, CROSS_ENTROPY, [[1.0]], [list(targets)], (0.0,) * network.parameter_count)
    loss = float(evaluate_loss(network, CROSS_ENTROPY, start(blank).params, [[1.0]], [targets])[1])
    if level == 1:
        mistakes = {
            "uniform_p": 1 / classes,
            "zero_loss": 0.0,
            "log2": math.log2(classes),
            "log10": math.log10(classes),
            "missing_minus": -loss,
        }
        symbol = Step("initial_loss", "L", r"-\ln \frac{1}{C} = \ln C", rf"\ln {classes}", loss)
        return Draft({"classes": str(classes)}, loss, mistakes, lambda: (symbol,), count=classes)
    shown = round(loss, 4)
    mistakes = {"loss_itself": loss, "power_of_two": 2.0**shown, "power_of_ten": 10.0**shown, "square": shown**2}
    back = Step("classes_from_loss", "C", "e^{L}", f"e^{{{shown}}}", float(classes))
    whole = {key: round(value, 2) for key, value in mistakes.items()}
    return Draft({"loss": tex(shown)}, float(classes), whole, lambda: (back,))


def batch_cross_entropy(rng: np.random.Generator, level: int) -> Draft:
    """The mean cross-entropy of three samples: all labels 1, or mixed labels."""
    p = picks(rng, 3, 0.1, 0.95, 0.05)
    t = [1.0, 1.0, 1.0] if level == 1 else [float(v) for v in rng.permutation([1, 0, int(rng.integers(2))])]
    loss = Loss("log_loss", reduction="mean")
    trace = record(experiment(1, (), loss, [[v] for v in p], [[v] for v in t]))
    answer = trace.value("L[0,0]")
    right = [u if v else 1 - u for u, v in zip(p, t, strict=True)]
    mistakes = {
        "sum_not_mean": 3 * answer,
        "log_of_mean": -math.log(sum(right) / 3),
        "missing_minus": -answer,
        "log10": answer / math.log(10),
        "mean_distance": 1 - sum(right) / 3,
    }
    if level == 2:
        mistakes["labels_ignored"] = -sum(map(math.log, p)) / 3
    data: Data = {"probabilities": samples("p", p), "targets": samples("t", t)}

    def solve() -> tuple[Step, ...]:
        lines = []
        for n, (u, v, q) in enumerate(zip(p, t, right, strict=True), 1):
            formula = rf"-\ln p^{{({n})}}" if v else rf"-\ln(1 - p^{{({n})}})"
            inner = tex(u) if v else f"(1 - {tex(u)})"
            lines.append(Step("log_of_right", rf"\ell^{{({n})}}", formula, rf"-\ln {inner}", -math.log(q)))
        top = " + ".join(tex(line.value) for line in lines)
        symbols = r"\frac{\ell^{(1)} + \ell^{(2)} + \ell^{(3)}}{3}"
        return (*lines, Step("mean_of_samples", "L", symbols, rf"\frac{{{top}}}{{3}}", answer))

    return Draft(data, answer, mistakes, solve, count=3)


TEMPLATES = (
    Template("loss.squared_error", squared_error),
    Template("loss.binary_cross_entropy", binary_cross_entropy),
    Template("loss.softmax", softmax),
    Template("loss.softmax_gradient", softmax_gradient),
    Template("loss.initial_loss", initial_loss),
    Template("loss.batch_cross_entropy", batch_cross_entropy),
)
