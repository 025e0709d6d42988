"""The training step at full speed: the mathematics of `passes`, prepared once and run as a list of calls.

For nets of teaching size the cost is the number of array calls, not the arithmetic. So everything is laid out
beforehand: one flat parameter vector; per layer one block (n_in + 1, n_out), weights above, bias in the last row;
activations with a last column of ones, so that the bias and its gradient cost no call of their own; every result
goes into a buffer that exists already. A step is then a list of bound NumPy calls without arguments to fill in.
`tests/test_fast.py` holds it to the reference, and the trace is read from these same buffers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from engine.backend import NumpyBackend
from engine.losses import LOSSES
from engine.ops import ACTIVATIONS, LEAK, through_activation
from engine.passes import share
from engine.spec import Experiment

Call = Callable[[], object]
Buffer = np.ndarray


def _copy(out: Buffer, compute: Callable[..., Buffer], *args: Buffer) -> None:
    out[...] = compute(*args)


def _activation(be: NumpyBackend, name: str, z: Buffer, a: Buffer, one: Buffer, spare: Buffer) -> list[Call]:
    """The calls that fill `a` from `z`."""
    match name:
        case "identity":
            return [partial(np.copyto, a, z)]
        case "tanh":
            return [partial(np.tanh, z, a)]
        case "relu":
            return [partial(np.maximum, z, np.zeros((), z.dtype), out=a)]
        case "leaky_relu":
            return [partial(np.multiply, z, np.array(LEAK, z.dtype), spare), partial(np.maximum, z, spare, out=a)]
        case "sigmoid":
            return [
                partial(np.negative, z, spare),
                partial(np.exp, spare, spare),
                partial(np.add, spare, one, spare),
                partial(np.divide, one, spare, a),
            ]
    return [partial(_copy, a, ACTIVATIONS[name].value, be, z)]


def _slope(be: NumpyBackend, name: str, z: Buffer, a: Buffer, s: Buffer, one: Buffer) -> list[Call]:
    """The calls that fill the slope `s` of an activation that has one."""
    match name:
        case "identity":
            return []  # ones from the start
        case "tanh":
            return [partial(np.multiply, a, a, s), partial(np.subtract, one, s, s)]
        case "relu":
            return [partial(np.sign, a, s)]  # 1 where the output is positive, 0 where it is 0
        case "sigmoid":
            return [partial(np.subtract, one, a, s), partial(np.multiply, s, a, s)]
    derivative = ACTIVATIONS[name].derivative
    assert derivative is not None
    return [partial(_copy, s, derivative, be, z, a)]


def _softmax_back(be: NumpyBackend, z: Buffer, a: Buffer, da: Buffer) -> Buffer:
    return through_activation(be, "softmax", z, a, da)[0]


class Machine:
    """A training step for one experiment, its buffers, and the parameters it moves.

    theta: flat parameters, moved in place by `run`. x, t: packed data of one epoch in its order, filled by `load`.
    buffers(batch): the arrays of that batch size by trace name, valid until the next step.
    """

    def __init__(self, experiment: Experiment, theta: np.ndarray) -> None:
        self.experiment = experiment
        self.be = NumpyBackend(experiment.dtype)
        dtype = self.be.dtype
        network = experiment.network
        self.theta = np.array(theta, dtype=dtype)
        self.gradient = np.zeros_like(self.theta)
        self._move = np.zeros_like(self.theta)
        self.rate = np.full(self.theta.shape, experiment.learning_rate, dtype=dtype)
        self.blocks, self.gradient_blocks = [], []
        start = 0
        for k, (n_in, n_out) in enumerate(network.shapes, 1):
            stop = start + (n_in + 1) * n_out
            self.blocks.append(self.theta[start:stop].reshape(n_in + 1, n_out))
            self.gradient_blocks.append(self.gradient[start:stop].reshape(n_in + 1, n_out))
            rates = self.rate[start:stop].reshape(n_in + 1, n_out)
            if f"W{k}" in experiment.frozen:
                rates[:-1] = 0
            if f"b{k}" in experiment.frozen:
                rates[-1] = 0
            start = stop
        samples = len(experiment.x)
        self._data = np.ones((samples, network.inputs + 1), dtype=dtype)
        self._data[:, :-1] = experiment.x
        self._targets = np.array(experiment.t, dtype=dtype)
        self.x, self.t = self._data.copy(), self._targets.copy()
        self._names: dict[int, dict[str, Buffer]] = {}
        self._programs: list[list[Call]] = []
        size = experiment.batch_size
        for first in range(0, samples, size):
            self._programs.append(self._program(slice(first, min(first + size, samples))))

    def load(self, order: np.ndarray | None) -> None:
        """Lay the data out in the order of an epoch; None is the order given."""
        if order is not None:
            np.take(self._data, order, axis=0, out=self.x)
            np.take(self._targets, order, axis=0, out=self.t)

    def run(self, batch: int) -> None:
        """One update with batch number `batch` of the epoch."""
        for call in self._programs[batch]:
            call()

    def buffers(self, batch: int) -> dict[str, Buffer]:
        """Every array of the step of this batch by its trace name; views, overwritten by the next step."""
        size = self.experiment.batch_size
        rows = min(size, len(self.x) - batch * size)
        first = batch * size
        return {"x": self.x[first : first + rows, :-1], "t": self.t[first : first + rows], **self._names[rows]}

    def _program(self, rows: slice) -> list[Call]:
        batch = rows.stop - rows.start
        forward, backward = self._layer_calls(batch)
        network, loss, be = self.experiment.network, self.experiment.loss, self.be
        rule, names = LOSSES[loss.name], self._names[batch]
        last = len(network.layers)
        if not last:  # without layers there is nothing to learn, only a loss to differentiate
            x, t = self.x[rows, :-1], self.t[rows]
            signal = names.setdefault("dy", np.zeros_like(t))
            weight = loss.factor * share(loss, batch, network.outputs)
            return [partial(_copy, signal, lambda: weight * rule.gradient(be, x, x, t, loss.threshold))]
        x, t, y = self.x[rows], self.t[rows], names[f"a{last}"]
        forward.insert(0, partial(x.dot, self.blocks[0], names["z1"]))
        signal = names[f"dz{last}"] if rule.logits else names["dy"]
        weight = loss.factor * share(loss, batch, network.outputs)
        error: list[Call]
        if rule.gradient_formula == "(#0 - #1)":
            scale = weight * (1 if rule.logits else 2)
            error = [partial(np.subtract, y, t, signal)]
            if scale != 1:
                error.append(partial(np.multiply, signal, np.array(scale, be.dtype), signal))
        else:
            v = names[f"z{last}"] if rule.logits else y
            error = [partial(_copy, signal, lambda: weight * rule.gradient(be, v, y, t, loss.threshold))]
        descent = [
            partial(x.T.dot, names["dz1"], self.gradient_blocks[0]),
            partial(np.multiply, self.gradient, self.rate, self._move),
            partial(np.subtract, self.theta, self._move, self.theta),
        ]
        return forward + error + backward + descent

    def _layer_calls(self, batch: int) -> tuple[list[Call], list[Call]]:
        """Calls of the layers, without the first product and its gradient, which depend on the batch's rows."""
        network, be = self.experiment.network, self.be
        logits = LOSSES[self.experiment.loss.name].logits
        dtype = be.dtype
        names = self._names.setdefault(batch, {})
        one = np.ones((), dtype)
        forward: list[Call] = []
        backward: list[Call] = []
        wide: Buffer | None = None  # the previous layer's activations with their column of ones
        for k, (layer, block, gradient) in enumerate(zip(network.layers, self.blocks, self.gradient_blocks, strict=True), 1):
            units = layer.units
            new = f"z{k}" not in names
            if new:
                names[f"A{k}"] = np.ones((batch, units + 1), dtype)
                names[f"a{k}"] = names[f"A{k}"][:, :-1]
                for name in ("z", "s", "dz", "da", "spare"):
                    names[f"{name}{k}"] = np.ones((batch, units), dtype)
                if k == len(network.layers):
                    names["dy"] = names.pop(f"da{k}")
                names[f"W{k}"], names[f"b{k}"] = block[:-1], block[-1:]
                names[f"dW{k}"], names[f"db{k}"] = gradient[:-1], gradient[-1:]
            z, a, s, dz = (names[f"{name}{k}"] for name in ("z", "a", "s", "dz"))
            if wide is not None:
                forward.append(partial(wide.dot, block, z))
            forward += _activation(be, layer.activation, z, a, one, names[f"spare{k}"])
            steps: list[Call] = []
            last = k == len(network.layers)
            if not (last and logits):
                da = names["dy"] if last else names[f"da{k}"]
                if ACTIVATIONS[layer.activation].derivative is None:
                    steps.append(partial(_copy, dz, _softmax_back, be, z, a, da))
                elif layer.activation == "identity":
                    steps.append(partial(np.copyto, dz, da))
                else:
                    steps += [*_slope(be, layer.activation, z, a, s, one), partial(np.multiply, da, s, dz)]
            if wide is not None:
                steps.append(partial(wide.T.dot, dz, gradient))
                steps.append(partial(dz.dot, block[:-1].T, names[f"da{k - 1}"]))
            backward = steps + backward
            wide = names[f"A{k}"]
        return forward, backward
