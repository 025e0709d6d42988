"""The training step at full speed: the mathematics of `passes`, prepared once and run as a list of calls.

For nets of teaching size the cost is the number of array calls, not the arithmetic, and an array with gaps costs
several times one without. So everything is laid out beforehand:

- one flat parameter vector; per layer one block (n_in + 1, n_out), weights above, bias in the last row;
- inside, rows are units and columns samples (elsewhere it is the other way round); a row of ones below the
  activations of a layer spares the bias and its gradient calls of their own;
- the layers stand below each other in one array per quantity, so that neighbours with the same activation get their
  slopes together, and every result goes into a buffer that exists already;
- a constant in front of the whole gradient (2 / n of a mean square) waits for the update, as part of the rate.

A step is then a list of bound NumPy calls without arguments to fill in.
`tests/test_fast.py` holds it to the reference, and the trace is read from these same buffers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import accumulate, groupby
from typing import Any

import numpy as np

from engine.backend import NumpyBackend
from engine.losses import LOSSES
from engine.ops import ACTIVATIONS, LEAK, through_activation
from engine.passes import share
from engine.spec import Experiment

Call = Callable[[], object]
Buffer = np.ndarray


def _copy(out: Buffer, compute: Callable[..., Any], *args: Any) -> None:
    out[...] = compute(*args)


def _activation(be: NumpyBackend, name: str, z: Buffer, a: Buffer, spare: Buffer) -> list[Call]:
    """The calls that fill `a` from `z`."""
    one = np.ones((), z.dtype)
    match name:
        case "identity":
            return []  # z and a are one array
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
    return [partial(_copy, a.T, ACTIVATIONS[name].value, be, z.T)]  # the records take rows of samples


def _slope(be: NumpyBackend, name: str, z: Buffer, a: Buffer, s: Buffer) -> list[Call]:
    """The calls that fill the slopes `s` of an activation that has them."""
    one = np.ones((), z.dtype)
    match name:
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
    return np.asarray(through_activation(be, "softmax", z, a, da)[0])


class _Layers:
    """The arrays of one batch size, and the calls on them between the data and the loss.

    names: views by trace name, (units, batch). forward, backward: everything but the first layer's product with the
    data, the error signal, and the first layer's gradient.
    """

    def __init__(self, machine: Machine, batch: int) -> None:
        layers, be = machine.experiment.network.layers, machine.be
        ends = [0, *accumulate(layer.units + 1 for layer in layers)]
        z, a, s, dz, da, spare = np.ones((6, ends[-1], batch), be.dtype)
        from_logits = len(layers) - 1 if LOSSES[machine.experiment.loss.name].logits else -1
        self.names: dict[str, Buffer] = {}
        self.forward: list[Call] = []
        self.backward: list[Call] = []
        for k, (layer, block) in enumerate(zip(layers, machine.blocks, strict=True)):
            name, rows, before = layer.activation, slice(ends[k], ends[k + 1] - 1), slice(ends[k - 1], ends[k])
            mine = {"z": z[rows], "a": a[rows], "s": s[rows], "dz": dz[rows], "da": da[rows]}
            if name == "identity":
                mine["z"] = mine["a"]
            if name == "identity" or k == from_logits:
                mine["dz"] = mine["da"]
            back: list[Call] = []
            if mine["dz"] is mine["da"]:
                pass
            elif ACTIVATIONS[name].derivative:
                back = [partial(np.multiply, mine["da"], mine["s"], mine["dz"])]
            else:
                back = [partial(_copy, mine["dz"].T, _softmax_back, be, mine["z"].T, mine["a"].T, mine["da"].T)]
            if k:
                self.forward.append(partial(block.T.dot, a[before], mine["z"]))
                back.append(partial(a[before].dot, mine["dz"].T, machine.gradient_blocks[k]))
                back.append(partial(block[:-1].dot, mine["dz"], da[before][:-1]))
            self.forward += _activation(be, name, mine["z"], mine["a"], spare[rows])
            self.backward = back + self.backward
            self.names |= {f"{what}{k + 1}": view for what, view in mine.items()}
        for name, group in groupby(range(len(layers)), lambda k: layers[k].activation):
            same = [k for k in group if k != from_logits]
            if same and name != "identity" and ACTIVATIONS[name].derivative:
                rows = slice(ends[same[0]], ends[same[-1] + 1] - 1)
                self.forward += _slope(be, name, z[rows], a[rows], s[rows])


class Machine:
    """A training step for one experiment, its buffers, and the parameters it moves.

    theta: flat parameters, moved in place by `run`. `load` lays the data out in the order of an epoch.
    buffers(batch): the arrays of that batch by trace name, valid until the next step.
    """

    def __init__(self, experiment: Experiment, theta: np.ndarray) -> None:
        self.experiment = experiment
        self.be = NumpyBackend(experiment.dtype)
        dtype = self.be.dtype
        self.theta = np.array(theta, dtype=dtype)
        self.gradient = np.zeros_like(self.theta)
        self._move = np.zeros_like(self.theta)
        self.rate = np.full(self.theta.shape, experiment.learning_rate, dtype=dtype)
        self.blocks, self.gradient_blocks = [], []
        start = 0
        for k, (n_in, n_out) in enumerate(experiment.network.shapes, 1):
            stop = start + (n_in + 1) * n_out
            block, gradient, rate = (
                flat[start:stop].reshape(n_in + 1, n_out) for flat in (self.theta, self.gradient, self.rate)
            )
            self.blocks.append(block)
            self.gradient_blocks.append(gradient)
            if f"W{k}" in experiment.frozen:
                rate[:-1] = 0
            if f"b{k}" in experiment.frozen:
                rate[-1] = 0
            start = stop
        inputs = np.ones((len(experiment.x), experiment.network.inputs + 1), dtype=dtype)
        inputs[:, :-1] = experiment.x
        self._data = (inputs, np.array(experiment.t, dtype=dtype))
        # Batch after batch, each (columns, samples) without gaps.
        self._packed = (np.empty(inputs.size, dtype), np.empty(self._data[1].size, dtype))
        self._pack(slice(None))
        self._layers: dict[int, _Layers] = {}
        self._programs: list[list[Call]] = [[] for _ in range(experiment.updates_per_epoch)]

    def load(self, order: np.ndarray | None) -> None:
        """Lay the data out in the order of an epoch; None is the order given."""
        if order is not None:
            self._pack(order)

    def _pack(self, order: np.ndarray | slice) -> None:
        size = self.experiment.batch_size
        for data, packed in zip(self._data, self._packed, strict=True):
            rows, width = data[order], data.shape[1]
            full = len(rows) // size * size
            packed[: full * width].reshape(-1, width, size)[...] = rows[:full].reshape(-1, size, width).swapaxes(1, 2)
            packed[full * width :].reshape(width, len(rows) - full)[...] = rows[full:].T

    def run(self, batch: int) -> None:
        """One update with batch number `batch` of the epoch."""
        for call in self._programs[batch] or self._write(batch):
            call()

    def buffers(self, batch: int) -> dict[str, Buffer]:
        """Every array of the step of this batch by its trace name, a row per sample, until the next step."""
        x, t = self._batch(batch)
        samples = t.shape[1]
        scale = self._scale(samples)
        found = {"x": x[:-1].T, "t": t.T} | {name: view.T for name, view in self._layers[samples].names.items()}
        for k, (block, gradient) in enumerate(zip(self.blocks, self.gradient_blocks, strict=True), 1):
            found |= {f"W{k}": block[:-1], f"b{k}": block[-1:], f"dW{k}": gradient[:-1], f"db{k}": gradient[-1:]}
        found["dy"] = found.pop(f"da{len(self.blocks)}")
        return {name: view * scale if name[0] == "d" else view for name, view in found.items()}

    def _batch(self, batch: int) -> tuple[Buffer, Buffer]:
        """The batch's data: inputs with their row of ones, targets."""
        size, samples = self.experiment.batch_size, len(self._data[0])
        first, last = batch * size, min((batch + 1) * size, samples)
        widths = (data.shape[1] for data in self._data)
        x, t = (
            packed[first * width : last * width].reshape(width, last - first)
            for packed, width in zip(self._packed, widths, strict=True)
        )
        return x, t

    def _scale(self, samples: int) -> float:
        """What stands in front of the whole gradient of a batch and is left out of the backward pass."""
        loss = self.experiment.loss
        square = 2.0 if loss.name == "squared_error" else 1.0
        return square * loss.factor * share(loss, samples, self.experiment.network.outputs)

    def _write(self, batch: int) -> list[Call]:
        """Write down the calls of one batch, and keep them."""
        x, t = self._batch(batch)
        samples, depth, be = t.shape[1], len(self.blocks), self.be
        if samples not in self._layers:
            self._layers[samples] = _Layers(self, samples)
        layers, loss = self._layers[samples], self.experiment.loss
        names, rule = layers.names, LOSSES[loss.name]
        # Without layers there is nothing to learn, only a loss to differentiate.
        y = names[f"a{depth}"] if depth else x[:-1]
        signal = names.setdefault(f"da{depth}", np.zeros_like(t))
        v = names[f"z{depth}"] if rule.logits else y
        error: Call = partial(_copy, signal.T, rule.gradient, be, v.T, y.T, t.T, loss.threshold)
        if rule.gradient_formula == "(#0 - #1)":
            error = partial(np.subtract, y, t, signal)
        program = [*layers.forward, error, *layers.backward]
        if depth:
            program.insert(0, partial(self.blocks[0].T.dot, x, names["z1"]))
            program += [
                partial(x.dot, names["dz1"].T, self.gradient_blocks[0]),
                partial(np.multiply, self.gradient, self.rate * self.be.dtype.type(self._scale(samples)), self._move),
                partial(np.subtract, self.theta, self._move, self.theta),
            ]
        self._programs[batch] = program
        return program
