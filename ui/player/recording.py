"""A whole training run as one compact message: what the player shows, computed by the engine before it plays."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from engine import evaluate_loss, get_backend, history, predict
from engine.passes import forward
from engine.train import unflatten
from lessons.tiny import EXTENT, GOOD, TINY, experiment, points

SNAPSHOTS = 60  # pictures besides the first: ten a second while playing, the player fades between them
SURFACE = 40  # cells a side of the picture of the output
TILE = 20  # cells a side of the picture of one neuron
RISE = 0.01  # a climb of the loss that a reader can see on the curve


@dataclass(frozen=True)
class Facts:
    """What can be said about a run in words.

    right, unseen: points on the right side at the end, of those learned from and of those kept back. first, last: loss on the
    points learned from. rise: (update, loss before, loss after) of the steepest climb, None when it only fell.
    """

    updates: int
    points: int
    right: int
    unseen: int
    first: float
    last: float
    rise: tuple[int, float, float] | None
    diverged: bool

    @property
    def learned(self) -> bool:
        """Whether enough points ended on the right side, on a loss that is a number."""
        return not self.diverged and self.right >= GOOD * self.points


@lru_cache(maxsize=64)
def recording(set_id: str, seed: int) -> tuple[dict[str, Any], Facts]:
    """(message part, facts) of the run of a set from a seed; about 330 kB, the part is not to be changed.

    Arrays are base64, little endian, rows = updates 0 to K: `theta` float32 (K+1, parameters), layer by layer, weights row by
    row and then biases; `train`, `test` float32 (K+1,); `right` uint8 (K+1,); `wrong` bits (K+1, ceil(points/8)), the highest
    first; `points` float32 (n, 2); `classes` uint8 (n,). Pictures are uint8, 0 = lowest value of the activation, 255 =
    highest, top row = largest x2: `surface` (S, 40, 40), `tiles` (S, hidden, 20, 20), `inputs` (2, 20, 20), taken at the
    updates in `at`.
    """
    run = experiment(set_id, seed)
    kept = history(run, TINY[set_id].updates)
    params = unflatten(run.network, kept.parameters)
    last = len(kept.step) - 1
    at = np.unique(np.linspace(0, last, SNAPSHOTS + 1).round().astype(int))
    x, t = points(set_id)
    unseen_x, unseen_t = points(set_id, seen=False)
    right = (predict(run.network, params, x) > 0.5) == t
    unseen = (predict(run.network, unflatten(run.network, kept.parameters[-1]), unseen_x) > 0.5) == unseen_t
    _, test = evaluate_loss(run.network, run.loss, params, unseen_x, unseen_t)
    shots = unflatten(run.network, kept.parameters[at])
    with np.errstate(over="ignore", invalid="ignore"):
        _, answer = forward(get_backend(), run.network, shots, _grid(SURFACE)).activations
        hidden, _ = forward(get_backend(), run.network, shots, _grid(TILE)).activations
    part = {
        "id": f"{set_id}-{seed}",
        "set": set_id,
        "seed": seed,
        "updates": last,
        "sizes": run.network.sizes,
        "extent": EXTENT,
        "theta": _floats(kept.parameters),
        "train": _floats(kept.loss),
        "test": _floats(test),
        "right": _bytes(right.sum((-2, -1))),
        "wrong": _bytes(np.packbits(~right[..., 0], axis=-1)),
        "points": _floats(x),
        "classes": _bytes(t),
        "at": at.tolist(),
        "cells": {"surface": SURFACE, "tile": TILE},
        "surface": _bytes(255 * answer),
        "tiles": _bytes(np.swapaxes(127.5 + 127.5 * hidden, -1, -2)),
        "inputs": _bytes(127.5 + 127.5 / EXTENT * np.swapaxes(_grid(TILE), -1, -2)),
    }
    return part, _facts(kept.loss, right, unseen, kept.diverged)


def _facts(loss: np.ndarray, right: np.ndarray, unseen: np.ndarray, diverged: bool) -> Facts:
    climbs = np.diff(loss)
    top = int(np.argmax(climbs))
    rise = (top + 1, float(loss[top]), float(loss[top + 1])) if climbs[top] > RISE else None
    return Facts(
        updates=len(loss) - 1,
        points=right.shape[-2],
        right=int(right[-1].sum()),
        unseen=int(unseen.sum()),
        first=float(loss[0]),
        last=float(loss[-1]),
        rise=rise,
        diverged=diverged,
    )


def _grid(cells: int) -> np.ndarray:
    """The middles of cells × cells squares over the picture, (cells², 2), row by row from the top left."""
    middles = EXTENT * ((2 * np.arange(cells) + 1) / cells - 1)
    across, down = np.meshgrid(middles, middles)
    return np.stack([across.ravel(), -down.ravel()], -1)


def _floats(values: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(values, dtype="<f4").tobytes()).decode("ascii")


def _bytes(values: np.ndarray) -> str:
    whole = np.nan_to_num(np.rint(values), nan=0).clip(0, 255).astype(np.uint8)
    return base64.b64encode(whole.tobytes()).decode("ascii")
