"""The network of the well-known playground: 2-4-2-1 tanh, 200 points of a circle, batches of 10, SGD 0.03, mean square."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from engine import Dense, Experiment, Loss, Network, advance, get_backend, record_run, start
from engine.fast import Machine
from engine.passes import backward, descend, forward
from engine.train import initial_parameters, unflatten

from .measure import Result, side_by_side

EPOCH = 20  # updates


def circle() -> Experiment:
    """The experiment; without shuffling, so that everyone takes the same batches."""
    rng = np.random.default_rng(7)
    radius = np.concatenate([rng.uniform(0, 2.5, 100), rng.uniform(3.5, 5, 100)])
    angle, order = rng.uniform(0, 2 * np.pi, 200), rng.permutation(200)
    x = np.column_stack([radius * np.sin(angle), radius * np.cos(angle)])[order]
    t = np.repeat([1.0, -1.0], 100)[order]
    network = Network(2, (Dense(4, "tanh"), Dense(2, "tanh"), Dense(1, "tanh")))
    rows = tuple(map(tuple, x.tolist()))
    return Experiment(
        network, Loss("squared_error", 1.0, "mean"), rows, tuple((v,) for v in t.tolist()), learning_rate=0.03, batch=10, seed=1
    )


class Eager:
    """The same training as PyTorch users write it."""

    def __init__(self, experiment: Experiment) -> None:
        import torch

        torch.set_num_threads(1)
        nn = torch.nn
        self.model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 2), nn.Tanh(), nn.Linear(2, 1), nn.Tanh()).double()
        with torch.no_grad():
            for layer, (W, b) in zip(self.model[::2], start(experiment).params, strict=True):
                layer.weight.copy_(torch.tensor(W.T.copy()))
                layer.bias.copy_(torch.tensor(b[0].copy()))
        self.loss = nn.MSELoss()
        self.optimiser = torch.optim.SGD(self.model.parameters(), lr=experiment.learning_rate)
        self.x = torch.tensor(experiment.x, dtype=torch.float64)
        self.t = torch.tensor(experiment.t, dtype=torch.float64)
        self.loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(self.x, self.t), batch_size=10)

    def slices(self) -> Iterator[tuple[Any, Any]]:
        """The batches of an epoch, cut out of the data."""
        for first in range(0, 200, 10):
            yield self.x[first : first + 10], self.t[first : first + 10]

    def epoch(self, batches: Any = None, watched: bool = False) -> int:
        """Train one epoch; watched: read the loss of every batch."""
        for x, t in batches or self.slices():
            self.optimiser.zero_grad(set_to_none=True)
            loss = self.loss(self.model(x), t)
            loss.backward()
            self.optimiser.step()
            if watched:
                loss.item()
        return EPOCH

    def parameters(self) -> np.ndarray:
        """Flat, in the engine's order."""
        layers = [(layer.weight.detach().numpy().T, layer.bias.detach().numpy()) for layer in self.model[::2]]
        return np.concatenate([np.concatenate([W.ravel(), b]) for W, b in layers])


def plain(experiment: Experiment) -> Callable[[], int]:
    """One epoch with the readable passes."""
    be, network, loss = get_backend("numpy"), experiment.network, experiment.loss
    params = unflatten(network, initial_parameters(experiment))
    x, t = np.array(experiment.x), np.array(experiment.t)

    def epoch() -> int:
        nonlocal params
        for first in range(0, 200, 10):
            done = forward(be, network, params, x[first : first + 10])
            gradients = backward(be, network, loss, params, done, t[first : first + 10])
            params = descend(params, gradients, experiment.learning_rate)
        return EPOCH

    return epoch


def training(experiment: Experiment, epochs: int = 50) -> Callable[[], int]:
    """So many epochs of `advance`, as the pages call it."""
    state = start(experiment)

    def run() -> int:
        nonlocal state
        state = advance(state, epochs * EPOCH)
        return epochs * EPOCH

    return run


def bare(experiment: Experiment, epochs: int = 50) -> Callable[[], int]:
    """The same without anything around it: no hook, no state."""
    machine = Machine(experiment, initial_parameters(experiment))

    def run() -> int:
        for _ in range(epochs):
            for batch in range(EPOCH):
                machine.run(batch)
        return epochs * EPOCH

    return run


def recorded(experiment: Experiment, updates: int = 200) -> Callable[[], int]:
    """Updates with every number on record."""

    def run() -> int:
        return record_run(experiment, updates).updates

    return run


def results() -> Iterator[Result]:
    """Everything measured on this network."""
    experiment = circle()
    eager = Eager(experiment)
    eager.epoch()
    apart = np.abs(advance(start(experiment), EPOCH).theta - eager.parameters()).max()
    if not apart <= 1e-10:
        raise AssertionError(f"after one epoch the parameters differ by {apart:.1e}: not the same training")
    unit, name = "steps/s", "2-4-2-1 tanh, batch 10"
    yield side_by_side(f"{name}: training step", unit, training(experiment), "PyTorch eager", eager.epoch)
    yield side_by_side(
        f"{name}: training step",
        unit,
        training(experiment),
        "PyTorch eager, DataLoader, loss.item()",
        lambda: eager.epoch(eager.loader, watched=True),
    )
    yield side_by_side(f"{name}: readable passes", unit, plain(experiment), "PyTorch eager", eager.epoch)
    yield side_by_side(
        f"{name}: with the hook, recording off", unit, training(experiment), "bare loop without hook", bare(experiment)
    )
    yield side_by_side(f"{name}: every number on record", unit, recorded(experiment), "recording off", training(experiment))
