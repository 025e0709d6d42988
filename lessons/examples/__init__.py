"""Worked examples from books and articles: a network or a program, the printed figures, and a verdict on each."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from engine import Refused
from lessons.examples.format import read_example
from lessons.examples.judge import Judged, agreeing_digits, judge, judged
from lessons.examples.model import Figure, Source, Words, WorkedExample

FOLDER = Path(__file__).parent

# From the network that runs through all lessons to small ones that show one thing; a lesson offers them in this order.
ORDER = (
    "mazur-2-2-2",
    "relu-2-2-1",
    "seed-004-mse",
    "seed-004-cross-entropy",
    "softmax-3",
    "seed-004-two-layer-backprop",
    "hmkcode-2-2-1-linear",
    "geeksforgeeks-2-2-1",
    "han-kamber-3-2-1",
    "goodfellow-xor",
    "seed-004-linear-regression-step",
    "tiny-line",
    "seed-000-relu-mse-step",
    "nielsen-neuron-06-09",
    "ng-logistic-propagate",
    "jurafsky-martin-sentiment",
    "cs231n-linear-scores",
    "cs231n-svm-softmax",
    "cs231n-add-multiply-circuit",
    "cs231n-max-circuit",
    "cs231n-sigmoid-neuron",
    "micrograd-lecture",
    "micrograd-readme",
    "karpathy-hackers-guide",
    "jm-softmax-graph",
    "autodiff-docs",
    "nielsen-neuron-2-2",
    "iamtrask-11-lines",
    "perceptron-delta-rule-and",
    "d2l-gradient-descent-traces",
    "keras-optimizers-regularizers",
    "cs231n-momentum-adam",
    "keras-losses",
    "d2l-dropout-autograd",
    "cs231n-two-layer-net",
    "cs231n-layernorm",
    "d2l-convolution-pooling",
    "cs231n-rnn-step",
    "cs231n-lstm-step",
    "karim-self-attention",
    "seed-000-random-labels",
)

__all__ = [
    "Figure",
    "Judged",
    "Source",
    "Words",
    "WorkedExample",
    "agreeing_digits",
    "for_lesson",
    "ids",
    "judge",
    "judged",
    "load",
    "read_example",
]


def ids() -> tuple[str, ...]:
    """The ids of all worked examples, in the order in which they are best met; readings are not counted."""
    return ORDER


@lru_cache(maxsize=128)
def load(example_id: str) -> WorkedExample:
    """The worked example "id", or its reading "id:reading"; raises Refused when there is none."""
    name, colon, _ = example_id.partition(":")
    # Only known names become paths.
    if name in ORDER:
        if not colon:
            return read_example((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
        for reading in load(name).readings:
            if reading.id == example_id:
                return reading
    raise Refused("unknown_example", name=example_id[:60])


def for_lesson(lesson_id: str) -> tuple[str, ...]:
    """The ids that a lesson offers, each followed by its readings; the first is the one to open with."""
    offered = []
    for name in ORDER:
        example = load(name)
        if lesson_id in example.lessons:
            offered += [name, *(reading.id for reading in example.readings)]
    return tuple(offered)
