"""A line of the calculation as somebody meets it who is about to make a slip: its operands, and the numbers around it."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from engine import ACTIVATIONS, LOSSES, Experiment, Op, Refused, Trace, get_backend
from engine.losses import LossRule
from engine.passes import share
from engine.replay import evaluate

_NUMPY = get_backend("numpy")


def network_of(trace: Trace) -> Experiment:
    """The experiment of a run of a dense network; raises Refused for a run of another kind."""
    if not isinstance(trace.experiment, Experiment):
        raise Refused("unknown_choice", what="kind", name="program", known="network")
    return trace.experiment


class Case:
    """One line of an update, with the numbers that its reader has before him.

    row: every number of the update, (numbers,), learner's own ones included. k, j, n: layer, unit and sample of the line.
    """

    def __init__(self, trace: Trace, op: Op, row: np.ndarray, update: int = 0) -> None:
        self.trace, self.op, self.row, self.update = trace, op, row, update
        self.k, self.j, self.n = op.layer, op.unit, op.sample
        self.experiment = network_of(trace)
        self.loss = self.experiment.loss
        self.batch = self.experiment.batch_size
        self.sizes = self.experiment.network.sizes
        self.outputs = self.sizes[-1]

    def has(self, step: str) -> bool:
        """Whether the run has a step such as "s2"."""
        return step in self.trace.program.steps

    def array(self, step: str) -> np.ndarray:
        """All numbers of a step, in its shape."""
        first, shape = self.trace.program.offsets[step], self.trace.program.steps[step]
        return self.row[first : first + int(np.prod(shape))].reshape(shape)

    def after(self, step: str) -> np.ndarray | None:
        """The same step in the update that follows, None when it was not recorded."""
        return self.trace.array(step, self.update + 1) if self.update + 1 < self.trace.updates else None

    @cached_property
    def operands(self) -> np.ndarray:
        """The numbers that the line reads."""
        return self.row[list(self.op.reads)]

    @cached_property
    def value(self) -> float:
        """What the line gives when it is done right."""
        return evaluate(self.trace, self.op, self.operands.tolist())

    @cached_property
    def step(self) -> str:
        """The step that the line's number belongs to, such as "dW2"."""
        return self.trace.program.addresses[self.op.index].split("[")[0]

    @cached_property
    def at(self) -> tuple[int, ...]:
        """The indices of the line's number within its step."""
        inside = self.trace.program.addresses[self.op.index].partition("[")[2].removesuffix("]")
        return tuple(int(part) for part in inside.split(","))

    @property
    def activation(self) -> str:
        """The activation of the line's layer."""
        return self.experiment.network.layers[self.k - 1].activation if self.k else "identity"

    @property
    def rule(self) -> LossRule:
        """The record of the loss."""
        return LOSSES[self.loss.name]

    @property
    def mean(self) -> bool:
        """Whether the loss is a mean."""
        return self.loss.reduction == "mean"

    @property
    def weight(self) -> float:
        """What the conventions of the loss put in front of its derivative: the factor, and 1/n for a mean."""
        return self.loss.factor * share(self.loss, self.batch, self.outputs)

    @property
    def inputs(self) -> np.ndarray:
        """What the line's layer reads, (batch, units before)."""
        return self.array("x" if self.k == 1 else f"a{self.k - 1}")

    @property
    def deltas(self) -> np.ndarray:
        """The error signals of the line's layer, (batch, units)."""
        return self.array(f"dz{self.k}")

    @property
    def above(self) -> np.ndarray:
        """dL/da of the line's layer, (batch, units); the error signals where the loss works from the logits."""
        name = "dy" if self.k == len(self.sizes) - 1 else f"da{self.k}"
        return self.array(name) if self.has(name) else self.deltas

    @property
    def ahead(self) -> np.ndarray:
        """The error signals of the next layer for the line's sample."""
        return np.asarray(self.array(f"dz{self.k + 1}")[self.n])


def activate(name: str, z: float) -> float:
    """An activation's value at z."""
    with np.errstate(all="ignore"):
        return float(ACTIVATIONS[name].value(_NUMPY, np.array([z]))[0])


def slope(name: str, z: float, a: float) -> float:
    """An activation's slope from z and a, whichever of them it is computed from."""
    rule = ACTIVATIONS[name]
    assert rule.derivative is not None, "softmax has no slope of its own"
    with np.errstate(all="ignore"):
        return float(rule.derivative(_NUMPY, np.array([z]), np.array([a]))[0])
