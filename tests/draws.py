"""Random networks for the engine's tests, and what PyTorch calls the same functions. No test in here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine import ACTIVATIONS, LOSSES, Dense, Experiment, Loss, Network

NAMES = list(ACTIVATIONS)


def activation_in_torch(name: str, z: Any) -> Any:
    """The activation by PyTorch's own function."""
    import torch
    from torch.nn import functional

    functions: dict[str, Callable[[Any], Any]] = {
        "identity": lambda z: z * 1.0,
        "relu": functional.relu,
        "leaky_relu": lambda z: functional.leaky_relu(z, negative_slope=0.01),
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "softplus": lambda z: functional.softplus(z, threshold=1e9),
        "gelu": lambda z: functional.gelu(z, approximate="tanh"),
        "softmax": lambda z: functional.softmax(z, dim=-1),
    }
    return functions[name](z)


def loss_in_torch(loss: Loss, z: Any, y: Any, t: Any) -> Any:
    """The loss of each batch, (...,), by PyTorch's own functions; z logits, y predictions, (..., batch, outputs)."""
    import torch
    from torch.nn import functional

    terms = {
        "squared_error": lambda: loss.factor * functional.mse_loss(y, t, reduction="none"),
        "absolute_error": lambda: functional.l1_loss(y, t, reduction="none"),
        "huber": lambda: functional.huber_loss(y, t, reduction="none", delta=loss.threshold),
        "binary_cross_entropy": lambda: functional.binary_cross_entropy_with_logits(z, t, reduction="none"),
        "softmax_cross_entropy": lambda: -t * functional.log_softmax(z, dim=-1),
        "log_loss": lambda: functional.binary_cross_entropy(y, t, reduction="none"),
        "nll": lambda: -torch.xlogy(t, y),
    }[loss.name]()
    if loss.reduction == "sum":
        return terms.sum((-1, -2))
    if loss.name in ("softmax_cross_entropy", "nll"):
        return terms.sum(-1).mean(-1)
    return terms.mean((-1, -2))


def draw_network(rng: np.random.Generator, index: int, layers: int | None = None) -> tuple[Network, Loss]:
    """The architecture and loss number `index`: all losses in turn, and with each all activations in every place."""
    name = list(LOSSES)[index % len(LOSSES)]
    rule = LOSSES[name]
    depth = int(rng.integers(0, 4)) if layers is None else layers
    if rule.needs or name == "nll":
        depth = max(depth, 1)
    dense = [Dense(int(rng.integers(1, 5)), NAMES[(index // len(LOSSES) + k) % len(NAMES)]) for k in range(depth)]
    if rule.needs and depth:
        dense[-1] = Dense(dense[-1].units, rule.needs)
    elif rule.probabilities and depth:
        shared = dense[-1].units > 1 and index // len(LOSSES) % 2  # a softmax of one unit is always 1
        dense[-1] = Dense(dense[-1].units, "softmax" if shared else "sigmoid")
    loss = Loss(name, float(rng.choice([0.5, 1.0])), str(rng.choice(["sum", "mean"])), float(rng.uniform(0.2, 2)))
    return Network(int(rng.integers(1, 4)), tuple(dense)), loss


def draw_data(rng: np.random.Generator, network: Network, loss: Loss, *shape: int) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and targets that suit the loss, with leading axes `shape`, the last of them the batch."""
    rule = LOSSES[loss.name]
    x = rng.normal(size=(*shape, network.inputs)) if network.layers else rng.uniform(0.1, 0.9, (*shape, network.inputs))
    if rule.needs == "softmax":
        return x, rng.dirichlet(np.ones(network.outputs), shape)
    t = rng.uniform(0, 1, (*shape, network.outputs))
    return x, np.round(t) if rule.unit_targets and rng.random() < 0.4 else t


def rows(values: Any) -> tuple[tuple[float, ...], ...]:
    """A matrix as an experiment takes it."""
    return tuple(tuple(row) for row in np.asarray(values).tolist())


def draw_experiment(rng: np.random.Generator, index: int, samples: int | None = None, **choices: Any) -> Experiment:
    """A random experiment of up to three samples, or of so many."""
    network, loss = draw_network(rng, index, choices.pop("layers", None))
    x, t = draw_data(rng, network, loss, samples or int(rng.integers(1, 4)))
    parameters = tuple(rng.normal(size=network.parameter_count).tolist())
    return Experiment(network, loss, rows(x), rows(t), parameters, **{"learning_rate": 0.3, **choices})


def every_experiment(**choices: Any) -> list[Experiment]:
    """One experiment for each activation with each loss; the activation stands in the hidden layers."""
    rng = np.random.default_rng(11)
    return [draw_experiment(rng, index, layers=2, **choices) for index in range(len(NAMES) * len(LOSSES))]
