"""The tiny networks of the home page: small sets of points in two classes, and a network that learns each in a few seconds.

Points are drawn by a generator with a seed of its own, so every visitor sees the same ones; the seed of a run only draws its
starting weights. The settings are measured, not guessed: tests/test_home.py trains each set from fifty starts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from engine import Dense, Experiment, Loss, Network, Refused

POINTS = 100  # to learn from, and as many again that the network never sees
HIDDEN = 4
EXTENT = 1.4  # the pictures show -1.4 to 1.4 on both axes
GOOD = 0.95  # share of points on the right side from which a run counts as learned
MAX_SEED = 9_999
DRAW_SEED = 7

Draw = Callable[[np.random.Generator, int], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Tiny:
    """One set of points and the run that learns it.

    id: names the set in links and texts. draw(rng, n): points (n, 2) and classes (n,) of 0 and 1.
    learning_rate, updates: full-batch gradient descent with exactly these. first: the seed that a visitor sees first.
    """

    id: str
    draw: Draw
    learning_rate: float
    updates: int
    first: int = 0


def _ring(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    inside = np.arange(n) < n // 2
    radius = np.where(inside, 0.55 * np.sqrt(rng.random(n)), rng.uniform(0.85, 1.2, n)) + rng.normal(0, 0.07, n)
    angle = rng.uniform(0, 2 * np.pi, n)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], -1), inside.astype(float)


def _corners(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    signs = np.array([[1, 1], [-1, -1], [1, -1], [-1, 1]])[np.arange(n) % 4]
    points = rng.uniform(0.1, 1.1, (n, 2)) * signs + rng.normal(0, 0.04, (n, 2))
    return points, (np.arange(n) % 4 < 2).astype(float)


def _moons(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    upper = np.arange(n) < n // 2
    angle = rng.uniform(0, np.pi, n)
    across = np.where(upper, np.cos(angle), 1 - np.cos(angle)) - 0.5
    up = np.where(upper, np.sin(angle), 0.5 - np.sin(angle)) - 0.25
    return 0.8 * np.stack([across, up], -1) + rng.normal(0, 0.06, (n, 2)), upper.astype(float)


TINY = {
    tiny.id: tiny
    for tiny in (
        Tiny("ring", _ring, learning_rate=1.0, updates=400, first=2),  # all four neurons find work
        Tiny("corners", _corners, learning_rate=1.0, updates=400),
        Tiny("moons", _moons, learning_rate=3.0, updates=600),
    )
}


@cache
def points(set_id: str, seen: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """The points (100, 2) and classes (100, 1) of a set, read-only: those to learn from, or those kept back as a test."""
    x, classes = _tiny(set_id).draw(np.random.default_rng([DRAW_SEED, 0 if seen else 1]), POINTS)
    t = classes[:, None]
    x.flags.writeable = t.flags.writeable = False
    return x, t


def experiment(set_id: str, seed: int = 0) -> Experiment:
    """The run that learns a set from the starting weights of a seed (0 to 9999); raises Refused for others."""
    tiny = _tiny(set_id)
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= MAX_SEED:
        raise Refused("out_of_range", what="seed", value=str(seed)[:40], low=0, high=MAX_SEED)
    x, t = points(set_id)
    return Experiment(
        Network(2, (Dense(HIDDEN, "tanh"), Dense(1, "sigmoid"))),
        Loss("binary_cross_entropy", reduction="mean"),
        x=tuple(map(tuple, x.tolist())),
        t=tuple(map(tuple, t.tolist())),
        learning_rate=tiny.learning_rate,
        seed=seed,
    )


def _tiny(set_id: str) -> Tiny:
    if set_id not in TINY:
        raise Refused("unknown_choice", what="data", name=str(set_id)[:40], known=", ".join(TINY))
    return TINY[set_id]
