"""Questions with options: recall before a lesson, predict before looking, check at the end.

Which option is right and what each slip is called stands here; the words stand in quiz.<language>.json; numbers in
them come from the engine. A check also has one exercise from a template and one picture.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from engine import (
    ACTIVATIONS,
    LOSSES,
    Dense,
    Experiment,
    Loss,
    Network,
    advance,
    evaluate_loss,
    get_backend,
    history,
    record_run,
    start,
)
from lessons.exercises.base import tex
from lessons.exercises.wording import fill

LANGUAGES = ("en", "zh")
ROLES = ("recall", "predict", "check")
PASS = 2  # right answers out of the three of a check


@dataclass(frozen=True)
class Picture:
    """What a picture question shows, before it is drawn.

    kind: "curves" or "bars". series: (label, x values, y values); of a bar series x holds one position and y one height.
    x, y: keys of the axis titles in the quiz texts. phase: forward, loss, backward or update, for the colour.
    """

    kind: str
    series: tuple[tuple[str, tuple[float, ...], tuple[float, ...]], ...]
    x: str
    y: str
    phase: str


@dataclass(frozen=True)
class Question:
    """One question of a lesson.

    id: also the key of its words. options: keys in the order shown; right: the key of the right one. facts: numbers
    for the blanks of its words. picture: what is drawn beside it. exercise: (template, level) instead of options.
    belief: the catalogue number of the wrong idea that it probes.
    """

    id: str
    options: tuple[str, ...] = ()
    right: str = ""
    facts: Callable[[], Mapping[str, float]] | None = None
    picture: Callable[[], Picture] | None = None
    exercise: tuple[str, int] | None = None
    belief: str = ""

    @property
    def lesson(self) -> str:
        """The lesson it belongs to."""
        return self.id.split(".")[0]

    @property
    def role(self) -> str:
        """recall, predict or check."""
        return self.id.split(".")[1]


@dataclass(frozen=True)
class Words:
    """A question in one language: prompt, options in order, what is said about each, and the picture's description."""

    prompt: str
    options: tuple[str, ...]
    because: tuple[str, ...]
    alt: str


# Numbers that the words quote, computed by the engine ---------------------------------------------------------------


def _act(name: str, z: float) -> float:
    return float(ACTIVATIONS[name].value(get_backend("numpy"), np.array([[z]]))[0, 0])


def _of_probability(loss: str, p: float) -> float:
    # A network without layers: its input is the prediction.
    setting = Loss(loss, factor=1.0)
    return float(evaluate_loss(Network(1), setting, (), np.array([[p]]), np.array([[1.0]]))[1])


def _parabola(curvature: float, rate: float) -> Experiment:
    """A descent from w = 0 on a parabola with this curvature and its minimum at 3."""
    x = math.sqrt(curvature)
    network, loss = Network(1, (Dense(1),)), Loss("squared_error", 0.5)
    return Experiment(network, loss, ((x,),), ((3 * x,),), (0.0, 0.0), learning_rate=rate, frozen=("b1",))


def _batches() -> Mapping[str, float]:
    x, t = tuple((float(n),) for n in range(1, 5)), tuple((2.0 * n,) for n in range(1, 5))
    loss = Loss("squared_error", 0.5, "mean")
    whole = Experiment(Network(1, (Dense(1),)), loss, x, t, (1.0, 0.0), learning_rate=0.05, frozen=("b1",))
    pairs = whole.replace(batch=2)
    return {"whole": float(advance(start(whole), 1).theta[0]), "pairs": float(advance(start(pairs), 2).theta[0])}


def _mazur(parts: tuple[str, ...]) -> list[float]:
    weights = (0.15, 0.25, 0.20, 0.30, 0.35, 0.35, 0.40, 0.50, 0.45, 0.55, 0.60, 0.60)
    layers = (Dense(2, "sigmoid"), Dense(2, "sigmoid"))
    exp = Experiment(Network(2, layers), Loss("squared_error", 0.5), ((0.05, 0.10),), ((0.01, 0.99),), weights)
    trace = record_run(exp)
    return [trace.value(part) for part in parts]


def _paths() -> Mapping[str, float]:
    first, second, whole = _mazur(("p1[0,0,0]", "p1[0,0,1]", "da1[0,0]"))
    return {"first": first, "second": second, "whole": whole, "apart": first - second, "half": whole / 2}


# Pictures ---------------------------------------------------------------------------------------------------------


def _shifted() -> Picture:
    be, x = get_backend("numpy"), np.linspace(-6, 6, 61)
    series = tuple(
        (label, tuple(x), tuple(ACTIVATIONS["sigmoid"].value(be, x + b))) for label, b in (("A", -2.0), ("B", 0.0), ("C", 2.0))
    )
    return Picture("curves", series, "axis.input", "axis.output", "forward")


def _loss_curves() -> Picture:
    be, p = get_backend("numpy"), np.linspace(0.01, 1.0, 100)
    one = np.ones_like(p)
    names = (("A", "squared_error"), ("B", "nll"), ("C", "absolute_error"))
    series = tuple((label, tuple(p), tuple(LOSSES[name].terms(be, p, one, 1.0))) for label, name in names)
    return Picture("curves", series, "axis.probability", "axis.loss", "loss")


def _two_bars() -> Picture:
    found = _paths()
    bars = (("o₁", (1.0,), (found["first"],)), ("o₂", (2.0,), (found["second"],)))
    return Picture("bars", bars, "axis.path", "axis.share", "backward")


def _three_runs() -> Picture:
    series = []
    for label, rate in (("A", 0.19), ("B", 0.005), ("C", 0.08)):
        run = history(_parabola(10.0, rate), 25)
        series.append((label, tuple(map(float, run.step)), tuple(map(float, run.loss))))
    return Picture("curves", tuple(series), "axis.update", "axis.loss", "loss")


QUESTIONS: tuple[Question, ...] = (
    Question("forward_pass.recall.order", ("five", "thirteen", "minus_one", "two"), "five"),
    Question("forward_pass.recall.remembered", ("examples", "weights", "activation", "targets"), "weights", belief="M29"),
    Question("forward_pass.predict.bias", ("turns", "shifts", "both", "nothing"), "shifts", belief="M20"),
    Question(
        "forward_pass.predict.saturated", ("doubles", "barely", "falls"), "barely",
        lambda: {"five": _act("sigmoid", 5.0), "ten": _act("sigmoid", 10.0)},
    ),
    Question("forward_pass.predict.doubled", ("other_side", "surer", "same_output"), "surer",
             lambda: {"before": _act("sigmoid", 0.8), "after": _act("sigmoid", 1.6)}),
    Question("forward_pass.predict.off", ("smaller", "zero", "flipped"), "zero", belief="M17"),
    Question("forward_pass.check.number", exercise=("forward_pass.output", 2)),
    Question("forward_pass.check.picture", ("a", "b", "c"), "c", picture=_shifted),
    Question("forward_pass.check.decision", ("relu", "sigmoid", "identity", "tanh"), "sigmoid"),
    Question("loss.recall.activated", ("sum", "activated", "weight", "input"), "activated"),
    Question("loss.recall.range", ("any", "zero_one", "minus_one_one", "positive"), "zero_one"),
    Question("loss.predict.twice_the_error", ("same", "double", "four"), "four"),
    Question("loss.predict.shifted_logits", ("all_rise", "largest", "nothing"), "nothing", belief="M19"),
    Question(
        "loss.predict.sure_and_wrong", ("squared", "cross", "both"), "cross",
        lambda: {
            "squared_before": _of_probability("squared_error", 0.1), "squared_after": _of_probability("squared_error", 0.01),
            "cross_before": _of_probability("log_loss", 0.1), "cross_after": _of_probability("log_loss", 0.01),
        },
        belief="M10",
    ),
    Question("loss.predict.twice_the_data", ("same", "double", "half"), "double", belief="M14"),
    Question("loss.check.number", exercise=("loss.softmax_gradient", 1), belief="M18"),
    Question("loss.check.picture", ("a", "b", "c"), "b", picture=_loss_curves),
    Question("loss.check.decision", ("squared", "binary", "softmax", "accuracy"), "softmax", belief="M19"),
    Question("backpropagation.recall.slope", ("reversed", "p_minus_t", "factor", "inverse"), "p_minus_t", belief="M18"),
    Question("backpropagation.recall.mean", ("sum", "mean", "root", "largest"), "mean", belief="M14"),
    Question("backpropagation.predict.two_roads", ("thirteen", "thirty", "ten", "six"), "thirteen", belief="M02"),
    Question("backpropagation.predict.off", ("one", "zero", "negative"), "zero", belief="M17"),
    Question("backpropagation.predict.order", ("input", "output", "largest"), "output", belief="M05"),
    Question(
        "backpropagation.predict.deep", ("same", "tenth", "millionth"), "millionth",
        lambda: {"factor": 0.25**10}, belief="M22",
    ),
    Question("backpropagation.check.number", exercise=("backpropagation.hidden_delta", 1), belief="M02"),
    Question("backpropagation.check.picture", ("apart", "sum", "first", "half"), "sum", _paths, _two_bars, belief="M02"),
    Question("backpropagation.check.decision", ("fine", "bug", "rate", "kink"), "bug"),
    Question("gradient_descent.recall.who", ("moves", "slopes", "loss", "rate"), "slopes", belief="M01"),
    Question("gradient_descent.recall.bias", ("times_x", "zero", "delta", "value"), "delta", belief="M20"),
    Question("gradient_descent.predict.sign", ("left", "right", "stays"), "right", belief="M06"),
    Question("gradient_descent.predict.valley", ("minimum", "across", "along"), "across", belief="M07"),
    Question("gradient_descent.predict.batches", ("whole", "pairs", "same"), "pairs", _batches, belief="M13"),
    Question(
        "gradient_descent.predict.edge", ("faster", "slower", "away"), "away",
        lambda: {"inside": 1 - 10 * 0.19, "outside": 1 - 10 * 0.21}, belief="M09",
    ),
    Question("gradient_descent.check.number", exercise=("gradient_descent.two_steps", 1), belief="M06"),
    Question("gradient_descent.check.picture", ("a", "b", "c"), "b", picture=_three_runs),
    Question("gradient_descent.check.decision", ("raise", "lower", "longer", "network"), "lower", belief="M09"),
)  # fmt: skip


def questions(lesson: str, role: str) -> tuple[Question, ...]:
    """The questions of a lesson in a role, in order."""
    return tuple(question for question in QUESTIONS if question.lesson == lesson and question.role == role)


@cache
def texts(language: str) -> dict[str, Any]:
    """All words of a language; any but the known ones reads English."""
    name = f"quiz.{language if language in LANGUAGES else 'en'}.json"
    found: dict[str, Any] = json.loads(resources.files("lessons").joinpath(name).read_text("utf-8"))
    return found


def words(question: Question, language: str) -> Words:
    """A question's words with its numbers filled in; raises KeyError when one is missing."""
    entry = texts(language)[question.id]
    numbers = question.facts() if question.facts else {}
    facts = {name: f"${tex(value)}$" for name, value in numbers.items()}
    spoken = {name: tex(value) for name, value in numbers.items()}
    options = [entry["options"][key] for key in question.options]
    return Words(
        fill(entry["prompt"], facts),
        tuple(fill(text, facts) for text, _ in options),
        tuple(fill(why, facts) for _, why in options),
        fill(entry.get("alt", ""), spoken),
    )


def axis(key: str, language: str) -> str:
    """The title of a picture's axis."""
    return str(texts(language)[key])
