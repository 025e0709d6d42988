"""Small runs that a plot is about when the lesson's worked example cannot show the idea."""

from __future__ import annotations

from engine import Dense, Experiment, Loss, Network

# Five examples, four of them fine, the last one confidently wrong: it alone makes most of the batch's loss.
BATCH = Experiment(
    Network(1, (Dense(1, "sigmoid"),)),
    Loss("binary_cross_entropy", reduction="mean"),
    x=((-2.0,), (-1.0,), (0.5,), (1.0,), (2.0,)),
    t=((0.0,), (0.0,), (1.0,), (1.0,), (0.0,)),
    parameters=(2.0, 0.0),
    learning_rate=0.5,
)

# A line fitted to two samples whose inputs nearly agree: a long valley across the axes, in which the path zigzags.
VALLEY = Experiment(
    Network(2, (Dense(1),)),
    Loss("squared_error"),
    x=((2.2, 2.0), (0.5, -0.6)),
    t=((2.3,), (1.05,)),
    parameters=(-1.5, 1.5, 0.0),
    learning_rate=0.2,
    frozen=("b1",),
)
