"""What a run is: frozen, hashable descriptions without arrays.

An `Experiment` determines every digit of a run. It is the cache key, the shareable link and the test case.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.losses import LOSSES
from engine.ops import ACTIVATIONS
from engine.refusal import Refused

MAX_LAYERS = 6
MAX_UNITS = 64
MAX_PARAMETERS = 20_000
MAX_SAMPLES = 2_000
MAX_VALUE = 1e12
RATE_RANGE = (1e-9, 1e6)
MAX_SEED = 2**32 - 1
INITIALISERS = ("xavier", "he", "normal", "zeros")
DTYPES = ("float64", "float32")
OPTIMISERS = ("gradient_descent",)


@dataclass(frozen=True)
class Dense:
    """A fully connected layer: z = a W + b, then the activation.

    units: outputs of the layer, 1 to 64. activation: a name in `ACTIVATIONS`.
    """

    units: int
    activation: str = "identity"

    def __post_init__(self) -> None:
        if self.activation not in ACTIVATIONS:
            raise Refused("unknown_activation", name=str(self.activation)[:40], known=", ".join(ACTIVATIONS))
        _whole("units", self.units, 1, MAX_UNITS)


@dataclass(frozen=True)
class Network:
    """A stack of dense layers behind a number of inputs; without layers the inputs are the prediction."""

    inputs: int
    layers: tuple[Dense, ...] = ()

    def __post_init__(self) -> None:
        _whole("inputs", self.inputs, 1, MAX_UNITS)
        if len(self.layers) > MAX_LAYERS:
            raise Refused("too_many_layers", value=len(self.layers), limit=MAX_LAYERS)
        if self.parameter_count > MAX_PARAMETERS:
            raise Refused("too_many_parameters", value=self.parameter_count, limit=MAX_PARAMETERS)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Widths from the inputs to the outputs, one more than there are layers."""
        return (self.inputs, *(layer.units for layer in self.layers))

    @property
    def outputs(self) -> int:
        """Number of output units."""
        return self.sizes[-1]

    @property
    def shapes(self) -> tuple[tuple[int, int], ...]:
        """(n_in, n_out) of each layer's weight matrix."""
        return tuple(zip(self.sizes[:-1], self.sizes[1:], strict=True))

    @property
    def parameter_count(self) -> int:
        """Weights and biases together."""
        return sum((n_in + 1) * n_out for n_in, n_out in self.shapes)


@dataclass(frozen=True)
class Loss:
    """The measure of error, with its conventions stated.

    name: a key of `LOSSES`. factor: 1/2 or 1 in front of a squared error, always 1 for the others.
    reduction: "sum" or "mean" over all samples (and outputs, where each output has a loss of its own).
    threshold: where Huber's loss turns from square to straight.
    """

    name: str = "squared_error"
    factor: float = 0.5
    reduction: str = "sum"
    threshold: float = 1.0

    def __post_init__(self) -> None:
        if self.name not in LOSSES:
            raise Refused("unknown_loss", name=str(self.name)[:40], known=", ".join(LOSSES))
        if self.reduction not in ("sum", "mean"):
            raise Refused("unknown_reduction", name=str(self.reduction)[:40])
        if self.factor not in (0.5, 1.0):
            raise Refused("bad_factor", value=str(self.factor)[:40])
        _number("threshold", self.threshold, 1e-6, 1e6)
        # Conventions that a loss does not have are set to one value, so that equal losses compare equal.
        if self.name != "squared_error":
            object.__setattr__(self, "factor", 1.0)
        if self.name != "huber":
            object.__setattr__(self, "threshold", 1.0)


@dataclass(frozen=True)
class Experiment:
    """Everything that determines a training run.

    x, t: tuples of rows, samples × inputs and samples × outputs. parameters: flat floats, layer by layer, each
    layer its weights row by row (one row per input) and then its biases; None draws them by `initialiser` and
    `seed`. batch: samples per update, 0 for all. frozen: parameter names left alone, such as "b1".
    Raises Refused with a code and details for anything that cannot be run.
    """

    network: Network
    loss: Loss
    x: tuple[tuple[float, ...], ...]
    t: tuple[tuple[float, ...], ...]
    parameters: tuple[float, ...] | None = None
    initialiser: str = "xavier"
    learning_rate: float = 0.1
    batch: int = 0
    shuffle: bool = False
    frozen: tuple[str, ...] = ()
    seed: int = 0
    dtype: str = "float64"
    optimiser: str = "gradient_descent"

    def __post_init__(self) -> None:
        self._check_data()
        self._check_loss()
        for name, value, known in (
            ("initialiser", self.initialiser, INITIALISERS),
            ("dtype", self.dtype, DTYPES),
            ("optimiser", self.optimiser, OPTIMISERS),
        ):
            if value not in known:
                raise Refused("unknown_choice", what=name, name=str(value)[:40], known=", ".join(known))
        if self.parameters is not None:
            count = self.network.parameter_count
            if len(self.parameters) != count:
                raise Refused("wrong_parameter_count", value=len(self.parameters), expected=count)
            for number in self.parameters:
                _number("parameter", number, -MAX_VALUE, MAX_VALUE)
        _number("learning_rate", self.learning_rate, *RATE_RANGE)
        _whole("batch", self.batch, 0, len(self.x))
        _whole("seed", self.seed, 0, MAX_SEED)
        names = [f"{kind}{k}" for k in range(1, len(self.network.layers) + 1) for kind in "Wb"]
        for name in self.frozen:
            if name not in names:
                raise Refused("unknown_parameter", name=str(name)[:40])
        # Each once and in one order, so that equal experiments compare equal.
        object.__setattr__(self, "frozen", tuple(name for name in names if name in self.frozen))

    def _check_data(self) -> None:
        if not self.x:
            raise Refused("no_data")
        if len(self.x) > MAX_SAMPLES:
            raise Refused("too_many_samples", value=len(self.x), limit=MAX_SAMPLES)
        if len(self.x) != len(self.t):
            raise Refused("unequal_rows", inputs=len(self.x), targets=len(self.t))
        for what, rows, width in (("input", self.x, self.network.inputs), ("target", self.t, self.network.outputs)):
            for number, row in enumerate(rows, 1):
                if len(row) != width:
                    raise Refused("ragged_row", what=what, row=number, value=len(row), expected=width)
                for value in row:
                    _number(what, value, -MAX_VALUE, MAX_VALUE)

    def _check_loss(self) -> None:
        rule = LOSSES[self.loss.name]
        last = self.network.layers[-1].activation if self.network.layers else "identity"
        if rule.needs and last != rule.needs:
            raise Refused("loss_needs_output", loss=self.loss.name, needs=rule.needs, has=last)
        if rule.probabilities and self.network.layers and last not in ("sigmoid", "softmax"):
            raise Refused("loss_needs_output", loss=self.loss.name, needs="sigmoid", has=last)
        if rule.probabilities and last == "softmax" and self.network.outputs == 1:
            raise Refused("loss_needs_output", loss=self.loss.name, needs="sigmoid", has=last)
        if rule.probabilities and not self.network.layers:
            for row in self.x:
                if any(not 0 < value < 1 for value in row):
                    raise Refused("not_a_probability", value=next(v for v in row if not 0 < v < 1))
        if rule.unit_targets and any(not 0 <= value <= 1 for row in self.t for value in row):
            raise Refused("target_not_probability", loss=self.loss.name)
        if rule.needs == "softmax" and any(abs(math.fsum(row) - 1) > 1e-9 for row in self.t):
            raise Refused("target_not_distribution")

    @property
    def batch_size(self) -> int:
        """Samples in a full batch."""
        return self.batch or len(self.x)

    @property
    def updates_per_epoch(self) -> int:
        """Updates in one epoch; a last, smaller batch counts."""
        return math.ceil(len(self.x) / self.batch_size)

    def replace(self, **changes: Any) -> Experiment:
        """Return a copy with some fields changed, checked like a new one."""
        return replace(self, **changes)

    def to_query(self) -> dict[str, str]:
        """Return the whole experiment as link parameters, exact to the last digit."""
        from engine import link  # the link module builds on this one

        return link.to_query(self)

    @staticmethod
    def from_query(query: Mapping[str, str]) -> Experiment:
        """Return the experiment that a link describes; raises Refused when it describes none."""
        from engine import link  # the link module builds on this one

        return link.from_query(query)


def _whole(what: str, value: int, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise Refused("out_of_range", what=what, value=_shown(value), low=low, high=high)


def _number(what: str, value: float, low: float, high: float) -> None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole and not (isinstance(value, float) and math.isfinite(value)):
        raise Refused("not_a_number", what=what, value=_shown(value))
    if not low <= value <= high:
        raise Refused("out_of_range", what=what, value=_shown(value), low=f"{low:g}", high=f"{high:g}")


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, int) and abs(value) > 10**40:  # Python writes no integer of thousands of digits
        return "> 1e40" if value > 0 else "< -1e40"
    return str(value)[:40]
