"""Training: a run is a value that `advance` moves forward, digit for digit the same every time.

Randomness comes from `numpy.random.Generator`s seeded by the experiment: one for the initial parameters, one per
epoch for the order of the samples. Going back is keeping an old state; a fork is a copy.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.backend import NUMPY, Array, Backend
from engine.fast import Machine
from engine.passes import Params, forward, loss_of
from engine.refusal import Refused
from engine.spec import Experiment, Loss, Network

LARGEST = 1e12  # beyond this a run counts as diverged


@dataclass(frozen=True, eq=False)
class TrainState:
    """Where a run is: updates done, and the flat parameters then (read-only)."""

    experiment: Experiment
    step: int
    theta: np.ndarray

    @property
    def epoch(self) -> int:
        """Whole epochs done."""
        return self.step // self.experiment.updates_per_epoch

    @property
    def params(self) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
        """(W, b) of each layer, views of `theta`."""
        return unflatten(self.experiment.network, self.theta)

    @property
    def diverged(self) -> bool:
        """Whether a parameter is not a number or larger than 1e12."""
        return not bool(np.all(np.abs(self.theta) <= LARGEST))


def unflatten(network: Network, theta: np.ndarray) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """(W, b) of each layer from flat parameters; leading axes stay: (..., P) gives W (..., n_in, n_out)."""
    params, start = [], 0
    for n_in, n_out in network.shapes:
        stop = start + (n_in + 1) * n_out
        block = theta[..., start:stop].reshape(*theta.shape[:-1], n_in + 1, n_out)
        params.append((block[..., :-1, :], block[..., -1:, :]))
        start = stop
    return tuple(params)


def initial_parameters(experiment: Experiment) -> np.ndarray:
    """Flat parameters before the first update: those given, or drawn by the initialiser; biases start at 0."""
    if experiment.parameters is not None:
        return np.array(experiment.parameters, dtype=experiment.dtype)
    rng = np.random.default_rng([experiment.seed, 0])
    blocks = []
    for n_in, n_out in experiment.network.shapes:
        scale = {
            "xavier": math.sqrt(2 / (n_in + n_out)),
            "he": math.sqrt(2 / n_in),
            "normal": 1.0,
            "zeros": 0.0,
        }[experiment.initialiser]
        blocks.append(np.vstack([rng.standard_normal((n_in, n_out)) * scale, np.zeros((1, n_out))]).ravel())
    return np.concatenate(blocks or [np.zeros(0)]).astype(experiment.dtype)


def epoch_order(experiment: Experiment, epoch: int) -> np.ndarray | None:
    """The order of the samples in an epoch, None when they keep theirs."""
    if not experiment.shuffle:
        return None
    return np.random.default_rng([experiment.seed, 1, epoch]).permutation(len(experiment.x))


def start(experiment: Experiment) -> TrainState:
    """The state before the first update."""
    return _state(experiment, 0, initial_parameters(experiment))


def _state(experiment: Experiment, step: int, theta: np.ndarray) -> TrainState:
    theta = theta.copy()
    theta.flags.writeable = False
    return TrainState(experiment, step, theta)


def advance(state: TrainState, steps: int, watch: Callable[[Machine, int, np.ndarray], None] | None = None) -> TrainState:
    """The state `steps` updates later; the old state stays as it was.

    watch(machine, batch, before): called after each update with the machine whose buffers hold the update, the
    batch's number, and the flat parameters before it. Without it nothing is copied.
    """
    experiment = state.experiment
    machine = Machine(experiment, state.theta)
    per_epoch = experiment.updates_per_epoch
    if experiment.shuffle and state.step % per_epoch:
        machine.load(epoch_order(experiment, state.epoch))
    # A diverging run overflows on its way; that is an outcome, reported by the state, not a fault.
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for step in range(state.step, state.step + steps):
            batch = step % per_epoch
            if batch == 0:
                machine.load(epoch_order(experiment, step // per_epoch))
            if watch is None:
                machine.run(batch)
            else:
                before = machine.theta.copy()
                machine.run(batch)
                watch(machine, batch, before)
    return _state(experiment, state.step + steps, machine.theta)


def predict(network: Network, params: Params, x: Array, be: Backend = NUMPY) -> Array:
    """The network's output for inputs x (..., batch, n_in): shape (..., batch, n_out)."""
    with np.errstate(over="ignore", invalid="ignore"):
        return forward(be, network, params, be.array(x)).output


def evaluate_loss(network: Network, loss: Loss, params: Params, x: Array, t: Array, be: Backend = NUMPY) -> tuple[Array, Array]:
    """(loss of each sample (..., batch), loss of the batch (...)), with the loss's own reduction."""
    kept: dict[str, Array] = {}
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        done = forward(be, network, params, be.array(x))
        total = loss_of(be, loss, done, be.array(t), kept.__setitem__)
    return kept["ell"][..., 0], total[..., 0, 0]


@dataclass(frozen=True, eq=False)
class History:
    """Columns of a run: step (n,), loss on all data (n,), flat parameters (n, P), and whether it diverged."""

    experiment: Experiment
    step: np.ndarray
    loss: np.ndarray
    parameters: np.ndarray
    diverged: bool


def history(experiment: Experiment, updates: int, every: int = 1) -> History:
    """Train and keep every so many updates: parameters, and the loss on all data at each (one batched call).

    A run that diverges is kept up to its first row out of bounds. Raises Refused when more than two million numbers
    would be kept.
    """
    count = updates // every + 1
    size = max(1, experiment.network.parameter_count)
    if count * max(size, len(experiment.x) * experiment.network.outputs) > 2_000_000:
        raise Refused("too_much_to_record", value=count * size)
    rows: list[np.ndarray] = []
    done = 0

    def watch(machine: Machine, batch: int, before: np.ndarray) -> None:
        nonlocal done
        if done % every == 0:
            rows.append(before)
        done += 1

    state = advance(start(experiment), (count - 1) * every, watch)
    rows.append(state.theta)
    fine = [bool(np.all(np.abs(row) <= LARGEST)) for row in rows]
    kept = len(rows) if all(fine) else fine.index(False) + 1
    rows, steps = rows[:kept], [every * k for k in range(kept)]
    thetas = np.array(rows)
    params = unflatten(experiment.network, thetas)
    _, losses = evaluate_loss(experiment.network, experiment.loss, params, np.array(experiment.x), np.array(experiment.t))
    return History(experiment, np.array(steps), np.broadcast_to(losses, len(steps)), thetas, not all(fine))
