"""What the figures read from a recorded run: symbols, and the parameters before and after each update."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine import Trace
from ui.figures.style import plain


class Parameter(NamedTuple):
    """A single weight or bias: its address, its symbol in plain characters, its layer, and whether it stays."""

    address: str
    symbol: str
    layer: int
    frozen: bool


def symbol(trace: Trace, address: str) -> str:
    """The symbol of a number in plain characters, such as w₅ or h₁."""
    return plain(trace.program.symbols[trace.program.find(address)])


def parameters(trace: Trace, *, biases: bool = True, frozen: bool = True) -> list[Parameter]:
    """Weights and biases in the order of their symbols: layer by layer, unit by unit, weights before biases."""
    found = []
    still = trace.experiment.frozen
    for k, (n_in, n_out) in enumerate(trace.experiment.network.shapes, 1):
        places = [(f"W{k}", i, j) for j in range(n_out) for i in range(n_in)]
        places += [(f"b{k}", 0, j) for j in range(n_out)] if biases else []
        for name, i, j in places:
            address = f"{name}[{i},{j}]"
            if frozen or name not in still:
                found.append(Parameter(address, symbol(trace, address), k, name in still))
    return found


def path_of(trace: Trace, parameter: Parameter) -> np.ndarray:
    """A parameter before each update and after the last: shape (updates + 1,)."""
    column = trace.program.find(parameter.address)
    before = trace.values[:, column]
    after = trace.program.carry.get(column)
    last = trace.values[-1, after] if after is not None else before[-1]
    return np.append(before, last)


def params_at(trace: Trace, update: int) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """(W, b) of each layer before an update; `update` = number of updates gives those after the last."""
    out = []
    for k in range(1, len(trace.experiment.network.layers) + 1):
        pair = []
        for name in (f"W{k}", f"b{k}"):
            done = update == trace.updates
            step = f"{name}'" if done and f"{name}'" in trace.program.steps else name
            pair.append(trace.array(step, min(update, trace.updates - 1)))
        out.append((pair[0], pair[1]))
    return tuple(out)
