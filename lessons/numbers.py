"""Every decimal number that the lesson texts print, beside what the engine computes for it.

The texts are written by hand; the tests hold each of their numbers against the value here, to half a unit in the
last printed place, and refuse a number that is not listed. A figure that a source prints wrongly is computed the
wrong way round it came about, so that the explanation of the slip is checked as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from engine import ACTIVATIONS, Dense, Experiment, Loss, Network, Trace, advance, evaluate_loss, get_backend, record_run, start
from lessons.catalogue import lesson

# text as printed -> the value it stands for; None: quoted from a source that gives no way to reach it.
Row = tuple[str, float | None]
SIGMOID = Network(2, (Dense(2, "sigmoid"), Dense(2, "sigmoid")))
HALF_SUM = Loss("squared_error", factor=0.5, reduction="sum")


@lru_cache
def numbers(lesson_id: str) -> tuple[Row, ...]:
    """(printed text, value) of every decimal number in a lesson; raises ValueError for an unknown lesson."""
    return tuple(_NUMBERS[lesson(lesson_id).id]())


def mazur(updates: int = 1, **changes: Any) -> Trace:
    """The 2-2-2 network of all four lessons; changes: fields of the experiment that differ."""
    return record_run(_mazur(**changes), updates)


def _mazur(**changes: Any) -> Experiment:
    weights = (0.15, 0.25, 0.20, 0.30, 0.35, 0.35, 0.40, 0.50, 0.45, 0.55, 0.60, 0.60)
    fixed: dict[str, Any] = {"parameters": weights, "learning_rate": 0.5, "frozen": ("b1", "b2")}
    return Experiment(SIGMOID, HALF_SUM, ((0.05, 0.10),), ((0.01, 0.99),), **{**fixed, **changes})


def _line(x: list[float], t: list[float], w: float, b: float | None, loss: Loss, **changes: Any) -> Experiment:
    # One linear neuron; b None: without a bias, that is with one of 0 that never moves.
    network = Network(1, (Dense(1),))
    fixed: dict[str, Any] = {"parameters": (w, b or 0.0), "frozen": ("b1",) if b is None else ()}
    return Experiment(network, loss, tuple((v,) for v in x), tuple((v,) for v in t), **{**fixed, **changes})


def _of_predictions(loss: Loss, y: Sequence[float], t: Sequence[float]) -> float:
    # A network without layers hands its inputs on as predictions.
    x = np.array(y)[:, None]
    return float(evaluate_loss(Network(1, ()), loss, (), x, np.array(t)[:, None])[1])


def _log(p: float) -> float:
    return _of_predictions(Loss("nll", reduction="sum"), [p], [1.0])


def _sigmoid(z: float) -> float:
    return float(ACTIVATIONS["sigmoid"].value(get_backend("numpy"), np.array(z)))


def _givens(trace: Trace, texts: str) -> list[Row]:
    # Those of the network's own numbers that a lesson prints.
    v = trace.value
    rows = [
        ("0.05", v("x[0,0]")), ("0.10", v("x[0,1]")), ("0.01", v("t[0,0]")), ("0.99", v("t[0,1]")),
        ("0.15", v("W1[0,0]")), ("0.20", v("W1[1,0]")), ("0.25", v("W1[0,1]")), ("0.30", v("W1[1,1]")), ("0.35", v("b1[0,0]")),
        ("0.40", v("W2[0,0]")), ("0.45", v("W2[1,0]")), ("0.50", v("W2[0,1]")), ("0.55", v("W2[1,1]")), ("0.60", v("b2[0,0]")),
    ]  # fmt: skip
    return [row for row in rows if row[0] in texts.split()]


def _forward_pass() -> list[Row]:
    trace = mazur()
    v = trace.value
    moved = mazur(parameters=(0.15, 0.25, 0.20, 0.30, 1.35, 0.35, 0.40, 0.50, 0.45, 0.55, 0.60, 0.60)).value
    flat = record_run(trace.experiment.replace(network=Network(2, (Dense(2), Dense(2))))).value
    tanh = float(ACTIVATIONS["tanh"].value(get_backend("numpy"), np.array(v("z1[0,0]"))))
    from_x1, from_x2, bias = _composite(trace)
    return [
        *_givens(trace, "0.05 0.10 0.15 0.20 0.25 0.30 0.35 0.40 0.45 0.50 0.55 0.60"),
        ("0.3775", v("z1[0,0]")), ("0.3925", v("z1[0,1]")), ("0.593270", v("a1[0,0]")), ("0.596884", v("a1[0,1]")),
        ("1.105906", v("z2[0,0]")), ("1.224921", v("z2[0,1]")), ("0.751365", v("a2[0,0]")), ("0.772928", v("a2[0,1]")),
        ("1.35", moved("b1[0,0]")), ("1.3775", moved("z1[0,0]")), ("0.798589", moved("a1[0,0]")),
        ("0.360534", tanh), ("0.5", _sigmoid(0.0)),
        ("0.1725", from_x1), ("0.215", from_x2), ("0.8975", bias), ("0.927625", flat("a2[0,0]")),
        ("0.624921", v("z2[0,1]") - v("b2[0,1]")),
    ]  # fmt: skip


def _composite(trace: Trace) -> tuple[float, float, float]:
    # What the first output of the network without activations makes of x1, of x2, and of nothing.
    outputs = []
    for row in ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0)):
        network = Network(2, (Dense(2), Dense(2)))
        outputs.append(record_run(trace.experiment.replace(network=network, x=(row,))).value("a2[0,0]"))
    nothing, first, second = outputs
    return first - nothing, second - nothing, nothing


def _loss() -> list[Row]:
    v = mazur().value
    surer, less = [0.9, 0.8, 0.4], [0.9, 0.8, 0.001]
    mean = Loss("nll", reduction="mean")
    softmax = Experiment(
        Network(3, (Dense(3, "softmax"),)), Loss("softmax_cross_entropy"), ((2.0, 1.0, 0.1),), ((1.0, 0.0, 0.0),),
        parameters=(1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0),
    )  # fmt: skip
    p, slopes = record_run(softmax).array("a1").ravel(), record_run(softmax).array("dz1").ravel()
    y, t = [1, 2.5, 4], [2, 3, 5]
    labels, chances = [0, 1, 1], [0.2, 0.8, 0.9]
    return [
        ("0.01", v("t[0,0]")), ("0.99", v("t[0,1]")), ("0.751365", v("a2[0,0]")), ("0.772928", v("a2[0,1]")),
        ("0.741365", v("dy[0,0]")), ("0.217072", -v("dy[0,1]")),
        ("0.274811", v("e[0,0]")), ("0.023560", v("e[0,1]")), ("0.298371", v("L[0,0]")),
        ("0.9", surer[0]), ("0.8", surer[1]), ("0.4", surer[2]), ("0.001", less[2]), ("0.2", chances[0]),
        ("0.415", _of_predictions(mean, surer, [1, 1, 1])), ("2.412", _of_predictions(mean, less, [1, 1, 1])),
        ("0.9801", _of_predictions(Loss("squared_error", factor=1.0), [0.01], [1])), ("4.605", _log(0.01)),
        ("0.1", softmax.x[0][2]), ("0.659", p[0]), ("0.242", p[1]), ("0.099", p[2]),
        ("0.417", record_run(softmax).value("L[0,0]")),
        ("0.341", -slopes[0]), ("0.242", slopes[1]), ("0.099", slopes[2]),
        ("2.5", y[1]), ("0.25", (y[1] - t[1]) ** 2), ("1.125", _of_predictions(HALF_SUM, y, t)),
        ("0.75", _of_predictions(Loss("squared_error", 1.0, "mean"), y, t)), ("0.5", HALF_SUM.factor * (y[0] - t[0]) ** 2),
        ("1.5", _of_predictions(Loss("squared_error", 1.0, "sum"), [1.5, *y[1:]], t)),
        ("0.3285", _of_predictions(Loss("nll", reduction="sum"), chances[1:], labels[1:])), ("0.3567", _log(0.7)), ("0.7", 0.7),
        ("0.5516", _of_predictions(Loss("log_loss", reduction="sum"), chances, labels)),
        ("0.1839", _of_predictions(Loss("log_loss", reduction="mean"), chances, labels)),
        ("0.16", _of_predictions(Loss("squared_error", 1.0), [0.6], [1])),
        ("0.00016", _of_predictions(Loss("squared_error", 1.0, "mean"), [0.6, *(999 * [1.0])], 1000 * [1.0])),
    ]  # fmt: skip


def _backpropagation() -> list[Row]:
    trace = mazur(2)
    v = trace.value
    one_path = v("p1[0,0,0]") * v("s1[0,0]") * v("x[0,0]")
    z = v("z2[0,0]")
    chain = record_run(
        Experiment(Network(1, (Dense(1), Dense(1))), HALF_SUM, ((2.0,),), ((3.0,),), parameters=(2.0, 1.0, 3.0, 1.0))
    ).value
    return [
        *_givens(trace, "0.05 0.40 0.45 0.50 0.55 0.99"),
        ("0.298371", v("L[0,0]")), ("0.751365", v("a2[0,0]")), ("0.772928", v("a2[0,1]")), ("0.593270", v("a1[0,0]")),
        ("0.741365", v("dy[0,0]")), ("0.248635", 1 - v("a2[0,0]")), ("0.186816", v("s2[0,0]")), ("0.175510", v("s2[0,1]")),
        ("1.105906", z), ("0.117122", -z * (1 - z)), ("0.138499", v("dz2[0,0]")), ("0.038098", -v("dz2[0,1]")),
        ("0.082167", v("dW2[0,0]")), ("0.055399", v("p1[0,0,0]")), ("0.019049", -v("p1[0,0,1]")), ("0.036350", v("da1[0,0]")),
        ("0.000668", one_path), ("0.000439", v("dW1[0,0]")), ("0.241301", v("s1[0,0]")), ("0.008771", v("dz1[0,0]")),
        ("0.291027774", v("L[0,0]", 1)), ("0.291027924", _loss_of_faulty_order(trace)),
        ("0.240613", v("s1[0,1]")), ("0.062324", v("p1[0,1,0]")), ("0.020954", -v("p1[0,1,1]")), ("0.041370", v("da1[0,1]")),
        ("0.009954", v("dz1[0,1]")), ("0.000995", v("dW1[1,1]")), ("0.004137", v("da1[0,1]") * v("x[0,1]")),
        ("84.5", chain("L[0,0]")), ("7.5", None), ("22.5", 7.5 * chain("W2[0,0]")),
    ]  # fmt: skip


def _loss_of_faulty_order(trace: Trace) -> float:
    # The output weights are updated first, and the error signals then go back through the new ones.
    late = (trace.array("dz2")[..., None, :] * trace.array("W2'")).sum(-1) * trace.array("s1")
    hidden = trace.array("W1") - trace.value("eta[0,0]") * trace.array("x")[..., 0, :, None] * late
    params = ((hidden, trace.array("b1")), (trace.array("W2'"), trace.array("b2")))
    experiment = trace.experiment
    return float(evaluate_loss(experiment.network, experiment.loss, params, experiment.x, experiment.t)[1])


def _gradient_descent() -> list[Row]:
    trace = mazur(2)
    v = trace.value
    state = advance(start(trace.experiment), 10_000)
    experiment = trace.experiment
    late = float(evaluate_loss(SIGMOID, HALF_SUM, state.params, experiment.x, experiment.t)[1])
    uphill = tuple((2 * trace.array(f"W{k}") - trace.array(f"W{k}'"), trace.array(f"b{k}")) for k in (1, 2))
    rows: list[Row] = [
        ("0.40", v("W2[0,0]")), ("0.50", v("W2[0,1]")), ("0.5", v("eta[0,0]")), ("0.25", v("eta[0,0]") / 2),
        ("0.298371", v("L[0,0]")), ("0.0000351", late), ("0.291028", v("L[0,0]", 1)),
        ("0.280471", mazur(2, frozen=()).value("L[0,0]", 1)),
        ("0.305641", float(evaluate_loss(SIGMOID, HALF_SUM, uphill, experiment.x, experiment.t)[1])),
        ("0.082167", v("dW2[0,0]")), ("0.358916", v("W2'[0,0]")), ("0.022603", -v("dW2[0,1]")), ("0.511301", v("W2'[0,1]")),
        ("0.0001", mazur(20, learning_rate=1000.0).value("L[0,0]", 19)),
        ("0.01", 0.01), ("0.6", 0.6), ("0.12", 0.12), ("0.0012", 0.01 * 0.12), ("0.6012", 0.6 + 0.01 * 0.12), ("0.58", None),
    ]  # fmt: skip
    return rows + _bowl() + _batches() + _article_line()


def _bowl() -> list[Row]:
    # L = (w - 3)^2 as a network: one weight, input 1, target 3.
    def walk(rate: float) -> list[float]:
        trace = record_run(_line([1.0], [3.0], 0.0, None, Loss("squared_error", factor=1.0), learning_rate=rate), 3)
        return [trace.value("W1'[0,0]", k) for k in range(3)]

    creep, off = walk(0.1), walk(1.1)
    return [
        ("0.1", 0.1), ("1.0", 1.0), ("1.1", 1.1),
        ("0.6", creep[0]), ("1.08", creep[1]), ("1.464", creep[2]), ("6.6", off[0]), ("1.32", -off[1]), ("8.184", off[2]),
        ("0.8", (creep[1] - 3) / (creep[0] - 3)), ("1.2", -(off[1] - 3) / (off[0] - 3)),
    ]  # fmt: skip


def _batches() -> list[Row]:
    mean = Loss("squared_error", factor=0.5, reduction="mean")
    x, t = [1.0, 2.0, 3.0, 4.0], [2.0, 4.0, 6.0, 8.0]
    whole = record_run(_line(x, t, 1.0, None, mean, learning_rate=0.05))
    pairs = record_run(_line(x, t, 1.0, None, mean, learning_rate=0.05, batch=2), 2)
    second = record_run(_line(x[2:], t[2:], 1.0, None, mean))
    return [
        ("7.5", -whole.value("dW1[0,0]")), ("2.5", -pairs.value("dW1[0,0]")), ("12.5", -second.value("dW1[0,0]")),
        ("0.05", 0.05),
        ("1.375", whole.value("W1'[0,0]")), ("1.125", pairs.value("W1'[0,0]")), ("1.672", pairs.value("W1'[0,0]", 1)),
    ]  # fmt: skip


def _article_line() -> list[Row]:
    trace = record_run(_line([1.0], [3.0], 2.0, 3.0, HALF_SUM, learning_rate=0.1), 3)
    v = trace.value
    old = [v("W1'[0,0]") - 0.1 * v("dW1[0,0]"), v("b1'[0,0]") - 0.1 * v("db1[0,0]")]
    return [
        ("1.8", v("W1'[0,0]")), ("2.8", v("b1'[0,0]")), ("4.6", v("a1[0,0]", 1)), ("1.28", v("L[0,0]", 1)),
        ("1.6", v("dy[0,0]", 1)),
        ("1.64", v("W1'[0,0]", 1)), ("2.64", v("b1'[0,0]", 1)), ("1.6", old[0]), ("2.6", old[1]), ("0.8192", v("L[0,0]", 2)),
    ]  # fmt: skip


def _home() -> list[Row]:
    return []


_NUMBERS: dict[str, Callable[[], list[Row]]] = {
    "forward_pass": _forward_pass,
    "loss": _loss,
    "backpropagation": _backpropagation,
    "gradient_descent": _gradient_descent,
    "home": _home,
}
