"""Fresh variants of a worked example: the same network and loss, friendly numbers drawn from a seed.

A draw is good when a sheet made of it teaches: no cell is 0, nothing is saturated or large, and the common slips give
numbers that can be told from the right one and from each other at three digits.
"""

from __future__ import annotations

import zlib

import numpy as np

from engine import LOSSES, Experiment, Refused, Trace
from lessons.check.cells import LARGEST, Cell, cells, recorded
from lessons.check.finder import slips_here
from lessons.examples import WorkedExample, load

MAX_SEED = 2**31 - 1
TRIES = 60
SMALL, LARGE = 0.001, 50.0  # sizes of the numbers on a friendly sheet
APART = 0.02  # relative: how far a slip must be from the right number
TOLD = 0.6  # share of the slips that must be far enough, on average over the cells
RATES = (0.1, 0.2, 0.5)


def variant(example_id: str, seed: int) -> Experiment:
    """The worked example "id" with other numbers: the same id and seed give the same digits for ever.

    Inputs, targets, weights and biases have at most two decimals. Raises Refused for an unknown example or one that is
    no network, ValueError for a seed below 0 or above 2**31 - 1.
    """
    return variant_of(load(example_id), seed)


def variant_of(example: WorkedExample, seed: int) -> Experiment:
    """The same for an example that need not be in the library; its id goes into the draw."""
    if isinstance(seed, bool) or not 0 <= seed <= MAX_SEED:
        raise ValueError(f"{example.id} has no variant with seed {seed}")
    if example.kind != "network" or not isinstance(example.experiment, Experiment):
        raise Refused("unknown_choice", what="kind", name=example.kind, known="network")
    # crc32 rather than hash(): Python's hash of a string changes from run to run.
    rng = np.random.default_rng([zlib.crc32(example.id.encode()), seed])
    drawn = [_draw(example.experiment, rng)]
    if len(cells(recorded(drawn[0]))) > LARGEST:
        return drawn[0]  # nobody fills in a sheet of it
    scores = [score(recorded(drawn[0]))]
    while scores[-1] < 1 and len(drawn) < TRIES:
        drawn.append(_draw(example.experiment, rng))
        scores.append(score(recorded(drawn[-1])))
    return drawn[int(np.argmax(scores))]


def score(trace: Trace) -> float:
    """How well a run suits a sheet: 1 when every cell is friendly and its slips are told apart, less otherwise."""
    asked = cells(trace)
    friendly = sum(_friendly(trace, cell) for cell in asked) / len(asked)
    if friendly < 1:
        return friendly / 2
    told = float(np.mean([_told(trace, cell) for cell in asked]))
    return 1.0 if told >= TOLD else 0.5 + told / 2


def _friendly(trace: Trace, cell: Cell) -> bool:
    return bool(SMALL <= abs(trace.values[0, cell.index]) <= LARGE)


def _told(trace: Trace, cell: Cell) -> float:
    """The share of a cell's slips that three digits tell from the right number and from the slips before."""
    right = float(trace.values[0, cell.index])
    seen = [right]
    slips = [value for slip, value in slips_here(trace, cell.op, trace.values[0]) if not slip.general]
    for value in slips:
        if all(abs(value - other) > APART * max(abs(value), abs(other)) for other in seen):
            seen.append(value)
    return (len(seen) - 1) / len(slips) if slips else 1.0


def _draw(experiment: Experiment, rng: np.random.Generator) -> Experiment:
    network, loss = experiment.network, experiment.loss
    rule, samples = LOSSES[loss.name], len(experiment.x)
    shape = (samples, network.outputs)
    if network.layers:
        x = _apart(rng, (samples, network.inputs), 0.1, 1.2, 0.05)
    else:
        x = _apart(rng, (samples, network.inputs), 0.05, 0.95, 0.05)
    parameters = []
    for n_in, n_out in network.shapes:
        parameters += [*(_signed(rng, n_in * n_out, 0.9)), *(_signed(rng, n_out, 0.5))]
    old = experiment.parameters or ()
    start = 0
    for k, (n_in, n_out) in enumerate(network.shapes, 1):
        bias = slice(start + n_in * n_out, start + (n_in + 1) * n_out)
        # Biases that the example leaves out stay out; they would be numbers that its readers never meet.
        if f"b{k}" in experiment.frozen and not any(old[bias]):
            parameters[bias] = [0.0] * n_out
        start += (n_in + 1) * n_out
    if rule.needs == "softmax" or (loss.name == "nll" and network.outputs > 1):
        t = np.eye(network.outputs)[rng.integers(0, network.outputs, samples)]
    elif rule.unit_targets:
        t = np.round(rng.uniform(0, 1, shape))
        if loss.name == "nll":
            t = np.ones(shape)
    elif network.layers and network.layers[-1].activation in ("sigmoid", "softmax"):
        t = rng.choice([0.05, 0.1, 0.9, 0.95], shape)
    else:
        t = _apart(rng, shape, 0.2, 1.5, 0.1)
    return experiment.replace(
        x=_rows(x),
        t=_rows(t),
        parameters=tuple(float(v) for v in parameters) if network.layers else None,
        learning_rate=float(rng.choice(RATES)),
    )


def _rows(table: np.ndarray) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(round(float(value), 2) for value in row) for row in table)


def _apart(rng: np.random.Generator, shape: tuple[int, int], low: float, high: float, step: float) -> np.ndarray:
    """Multiples of a step, no two alike in a row as far as there are enough: equal inputs would hide a slip."""
    choices = np.round(np.arange(round(low / step), round(high / step) + 1) * step, 2)
    return np.array([rng.choice(choices, shape[1], replace=shape[1] > len(choices)) for _ in range(shape[0])])


def _signed(rng: np.random.Generator, count: int, high: float) -> list[float]:
    """Numbers of two decimals and either sign, none of them 0 and no two of the same size while there are enough."""
    sizes = np.arange(2, round(high / 0.05) + 1) * 0.05
    chosen = rng.choice(sizes, count, replace=count > len(sizes))
    return [round(float(v), 2) for v in chosen * rng.choice([-1, 1, 1], count)]
