"""Three independent witnesses for every number of a trace: Torch autograd, central differences, a scalar graph.

None of them shares a formula with the passes: Torch uses its own functions, central differences only the loss,
the scalar graph Python's `math`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine import scalar, torch_backend
from engine.backend import NUMPY
from engine.graph import witnesses as graph_witnesses
from engine.graph.autograd import autograd as graph_autograd
from engine.graph.record import graph_of
from engine.graph.spec import Expression
from engine.losses import LOSSES
from engine.ops import ACTIVATIONS
from engine.passes import Forward, Params, forward, loss_of
from engine.refusal import Refused
from engine.spec import Experiment, Network
from engine.trace import Trace

WITNESSES = ("autograd", "central", "graph")
TOLERANCE = {"autograd": 1e-10, "central": 1e-6, "graph": 1e-10}
STEP = np.finfo(float).eps ** (1 / 3)  # balances the cut-off error of h² against the rounding error of 1/h
GRAPH_LIMIT = 2_000  # numbers of an update; beyond it the scalar graph is too slow to be asked
CENTRAL_LIMIT = 20_000_000  # numbers in the widest array of the perturbed runs


@dataclass(frozen=True, eq=False)
class Certificate:
    """What the witnesses say of a trace.

    differences: (updates, 3, numbers) absolute difference from the recorded value, NaN where a witness does not
    apply. missing: witness -> why it was not heard ("torch", "size", "later"). agree: whether all are within
    tolerance. largest: witness -> the largest difference, relative to the size of the number (at least 1).
    """

    differences: np.ndarray
    missing: dict[str, str]
    largest: dict[str, float]

    @property
    def agree(self) -> bool:
        """Whether every witness that was heard is within its tolerance."""
        return all(self.largest[name] <= TOLERANCE[name] for name in self.largest)


def certify(trace: Trace, updates: int | None = None, torch: bool | None = None) -> Certificate:
    """Ask the witnesses about the first `updates` recorded updates (all by default).

    torch: True and False ask or leave out autograd, None asks where Torch is installed.
    """
    count = trace.updates if updates is None else min(updates, trace.updates)
    program = trace.program
    missing: dict[str, str] = {}
    if torch is None and not torch_backend.available():
        missing["autograd"] = "torch"
    elif torch is False:
        missing["autograd"] = "later" if torch_backend.available() else "torch"
    if program.size > GRAPH_LIMIT:
        missing["graph"] = "size"
    if isinstance(trace.experiment, Expression) and graph_witnesses.too_large(graph_of(trace.experiment)):
        missing["central"] = "size"
    differences = np.full((count, len(WITNESSES), program.size), np.nan)
    for update in range(count):
        heard = _heard(trace, update)
        for which, name in enumerate(WITNESSES):
            if name not in missing:
                try:
                    told = heard[name]()
                except Refused:  # Torch is installed but cannot be loaded
                    missing[name] = "torch"
                else:
                    _compare(trace, update, told, differences[update, which])
    scale = np.maximum(1.0, np.abs(trace.values[:count, None, :]))
    with np.errstate(invalid="ignore"):
        relative = differences / scale
    largest = {
        name: float(np.nanmax(relative[:, which]))
        for which, name in enumerate(WITNESSES)
        if name not in missing and np.isfinite(relative[:, which]).any()
    }
    return Certificate(differences, missing, largest)


def _heard(trace: Trace, update: int) -> dict[str, Callable[[], dict[str, np.ndarray]]]:
    """Witness -> what it says of one update, asked when called."""
    experiment, steps = trace.experiment, trace.program.steps
    if isinstance(experiment, Expression):
        graph, row = graph_of(experiment), trace.values[update]
        return {
            "autograd": lambda: graph_autograd(torch_backend.load(), graph, row),
            "central": lambda: graph_witnesses.central(graph, row),
            "graph": lambda: graph_witnesses.scalars(graph, row),
        }
    given = {step: trace.array(step, update) for step in steps if step[0] in "xtWb" and step[-1] != "'"}
    return {
        "autograd": lambda: torch_backend.autograd(experiment, given),
        "central": lambda: central(experiment, given),
        "graph": lambda: scalar.update(experiment, given),
    }


def _compare(trace: Trace, update: int, told: dict[str, np.ndarray], out: np.ndarray) -> None:
    program = trace.program
    for step, first in program.offsets.items():
        if step in told:
            values, theirs = trace.array(step, update), np.asarray(told[step])
            with np.errstate(invalid="ignore"):  # infinity equals infinity, though their difference is no number
                apart = np.where(theirs == values, 0.0, np.abs(theirs - values))
            out[first : first + values.size] = apart.ravel()


def central(experiment: Experiment, given: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Gradients by central differences: (L(v + h) - L(v - h)) / 2h for every parameter, sum, activation and slope.

    All perturbed networks go through the passes at once, stacked on a leading axis. A derivative within reach of a
    kink is left out (NaN), since it has two sides there.
    """
    network = experiment.network
    depth = len(network.layers)
    params = [(given[f"W{k}"], given[f"b{k}"]) for k in range(1, depth + 1)]
    x, t = given["x"], given["t"]
    done = forward(NUMPY, network, params, x)
    out: dict[str, np.ndarray] = {}
    kink = _near_kink(experiment, done, t)
    for k in range(1, depth + 1):
        for which, name in enumerate((f"W{k}", f"b{k}")):

            def loss_with(stack: np.ndarray, k: int = k, which: int = which) -> np.ndarray:
                moved = list(params)
                W, b = moved[k - 1]
                moved[k - 1] = (W, stack) if which else (stack, b)
                return _loss(experiment, forward(NUMPY, network, moved, x), t)

            out[f"d{name}"] = _differences(loss_with, given[name], kink)
        z, a = done.sums[k - 1], done.activations[k - 1]
        out[f"dz{k}"] = _differences(lambda s, k=k: _loss(experiment, _from_sum(network, params, done, k, s), t), z, kink)
        if not (k == depth and LOSSES[experiment.loss.name].logits):
            name = "dy" if k == depth else f"da{k}"
            out[name] = _differences(lambda s, k=k: _loss(experiment, _behind(network, params, done, k, s), t), a, kink)
        op = ACTIVATIONS[network.layers[k - 1].activation]
        if op.derivative is not None:
            h = STEP * np.maximum(1.0, np.abs(z))
            out[f"s{k}"] = (op.value(NUMPY, z + h) - op.value(NUMPY, z - h)) / ((z + h) - (z - h))
            if op.kink is not None:
                out[f"s{k}"][np.abs(z - op.kink) <= 2 * h] = np.nan
    if not depth:
        out["dy"] = _differences(lambda s: _loss(experiment, Forward([], [], [], s), t), x, kink)
    return out


def _loss(experiment: Experiment, done: Forward, t: np.ndarray) -> np.ndarray:
    return np.asarray(loss_of(NUMPY, experiment.loss, done, t))[..., 0, 0]


def _from_sum(network: Network, params: Params, done: Forward, k: int, z: np.ndarray) -> Forward:
    """The forward pass from the weighted sums of layer k on."""
    a = ACTIVATIONS[network.layers[k - 1].activation].value(NUMPY, z)
    rest = _behind(network, params, done, k, a)
    return rest if k < len(network.layers) else Forward([], [z], [a], a)


def _behind(network: Network, params: Params, done: Forward, k: int, a: np.ndarray) -> Forward:
    """The forward pass from the activations of layer k on."""
    if k == len(network.layers):
        return Forward([], [done.sums[-1]], [a], a)
    return forward(NUMPY, Network(network.layers[k - 1].units, network.layers[k:]), params[k:], a)


def _differences(loss_with: object, values: np.ndarray, kink: bool) -> np.ndarray:
    if kink or values.size**2 > CENTRAL_LIMIT:
        return np.full(values.shape, np.nan)
    flat = values.ravel()
    h = STEP * np.maximum(1.0, np.abs(flat))
    moves = np.zeros((2, flat.size, flat.size))
    moves[0][np.diag_indices(flat.size)] = h
    moves[1][np.diag_indices(flat.size)] = -h
    stack = (flat + moves).reshape(2, flat.size, *values.shape)
    losses = loss_with(stack)  # type: ignore[operator]
    across = (flat + h) - (flat - h)  # the step really taken, after rounding
    return np.asarray((losses[0] - losses[1]) / across).reshape(values.shape)


def _near_kink(experiment: Experiment, done: Forward, t: np.ndarray) -> bool:
    """Whether a unit or the loss stands so near a kink that a difference would straddle it."""
    for layer, z in zip(experiment.network.layers, done.sums, strict=True):
        kink = ACTIVATIONS[layer.activation].kink
        if kink is not None and np.any(np.abs(z - kink) <= 1e-4 * np.maximum(1.0, np.abs(z))):
            return True
    rule = LOSSES[experiment.loss.name]
    if rule.kink is not None and np.any(np.abs(done.output - t) <= 1e-4):
        return True
    # Near 0 and 1 the logarithm bends too fast for a difference of this width.
    return rule.probabilities and bool(np.any(np.minimum(done.output, 1 - done.output) < 0.02))
