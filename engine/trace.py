"""The record of a run: every scalar of every update at its address, written by the step that trains.

`record_run` trains with `advance` and copies the machine's buffers after each update. Loss terms, which a training
step has no need of, come from the same loss records on the same buffers.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.backend import NUMPY
from engine.fast import Machine
from engine.passes import Forward, loss_of, shares
from engine.program import Op, Program
from engine.refusal import Refused
from engine.spec import Experiment
from engine.train import advance, epoch_order, start
from engine.writer import compile_program

if TYPE_CHECKING:
    from engine.graph.spec import Expression

MAX_RECORDED = 2_000_000
_PLACEHOLDER = re.compile(r"#(\d+)")

__all__ = ["Explanation", "Op", "Trace", "fill", "format_number", "record_run"]


@dataclass(frozen=True)
class Explanation:
    """Where a number comes from and what it goes into.

    formula: markup with symbols; numbers: the same with the operands' values; reads and influences: addresses
    (with their update); a number that is given has neither formula nor reads.
    """

    address: str
    symbol: str
    value: float
    rule: str
    formula: str
    numbers: str
    reads: tuple[str, ...]
    influences: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Trace:
    """A recorded run of a network (its experiment) or of a program of statements (its expression).

    values: (updates, numbers) float64, one row per update, one column per address of `program`.
    samples: (updates, batch) which sample stood in which row. epochs: epoch of each update.
    """

    experiment: Any  # an Experiment or an Expression; who handles one kind of run need not ask which
    program: Program
    values: np.ndarray
    samples: np.ndarray
    epochs: tuple[int, ...]

    @property
    def updates(self) -> int:
        """How many updates are recorded."""
        return len(self.values)

    @property
    def ops(self) -> tuple[Op, ...]:
        """The lines of one update in the order of the finest grain."""
        return self.program.ops

    def value(self, address: str, update: int = 0) -> float:
        """One number by its address, such as "dW2[0,0]"."""
        return float(self.values[update, self.program.find(address)])

    def array(self, step: str, update: int = 0) -> np.ndarray:
        """All numbers of a step, in its shape."""
        if step not in self.program.steps:
            raise Refused("unknown_address", address=step[:60])
        first, shape = self.program.offsets[step], self.program.steps[step]
        return self.values[update, first : first + math.prod(shape)].reshape(shape)

    @cached_property
    def _writers(self) -> dict[int, Op]:
        return {op.index: op for op in self.ops}

    @cached_property
    def _readers(self) -> dict[int, list[int]]:
        readers: dict[int, list[int]] = {}
        for op in self.ops:
            for index in dict.fromkeys(op.reads):
                readers.setdefault(index, []).append(op.index)
        return readers

    def explain(self, address: str, update: int = 0, digits: int | None = None) -> Explanation:
        """Where a number comes from: formula, the same with numbers, operands, and what it influences.

        digits: significant digits in `numbers`; None writes every digit. Raises Refused for an unknown address.
        """
        index = self.program.find(address)
        names, row = self.program.addresses, self.values[update]
        op = self._writers.get(index)
        influences = [f"{names[i]}@{update}" for i in self._readers.get(index, [])]
        back = {new: old for old, new in self.program.carry.items()}
        if index in back and update + 1 < self.updates:
            influences.append(f"{names[back[index]]}@{update + 1}")
        symbol, value = self.program.symbols[index], float(row[index])
        if op is None:
            reads: tuple[str, ...] = ()
            if update > 0 and index in self.program.carry:
                reads = (f"{names[self.program.carry[index]]}@{update - 1}",)
            return Explanation(names[index], symbol, value, "given", symbol, "", reads, tuple(influences))
        formula = fill(op.formula, [self.program.symbols[i] for i in op.reads])
        numbers = fill(op.formula, [format_number(float(row[i]), digits) for i in op.reads], numeric=True)
        reads = tuple(f"{names[i]}@{update}" for i in op.reads)
        return Explanation(names[index], symbol, value, op.rule, formula, numbers, reads, tuple(influences))


def fill(formula: str, operands: list[str], numeric: bool = False) -> str:
    """The markup with its placeholders filled; negative numbers that do not come first get parentheses."""

    def operand(match: re.Match[str]) -> str:
        text = operands[int(match.group(1))]
        guarded = match.start() > 0 or formula[match.end() : match.end() + 1] == "^"
        return f"({text})" if numeric and text.startswith("-") and guarded else text

    return _PLACEHOLDER.sub(operand, formula)


def format_number(value: float, digits: int | None = None) -> str:
    """A number as text: the shortest that reads back the same, or rounded to significant digits."""
    if digits is None:
        text = repr(float(value))
        return text.removesuffix(".0")
    return f"{value:.{digits}g}"


def record_run(experiment: Experiment | Expression, updates: int = 1) -> Trace:
    """Train `updates` updates and keep every number of each; an expression is run as often.

    Stops after the first update that is not finite any more. Raises Refused when the batches are of unequal size or
    the record would be too long.
    """
    if not isinstance(experiment, Experiment):
        from engine.graph.record import record_expression  # it makes traces, so it builds on this module

        return record_expression(experiment, updates)
    samples, size = len(experiment.x), experiment.batch_size
    if samples % size:
        raise Refused("ragged_batch", samples=samples, batch=size)
    program = compile_program(experiment.network, experiment.loss, size, experiment.frozen)
    if program.size * updates > MAX_RECORDED:
        raise Refused("too_much_to_record", value=program.size * updates)
    state = start(experiment)
    per_epoch = experiment.updates_per_epoch
    rows: list[np.ndarray] = []

    def watch(machine: Machine, batch: int, before: np.ndarray) -> None:
        if not rows or np.all(np.isfinite(rows[-1])):
            rows.append(_row(program, experiment, machine, batch, before))

    advance(state, updates, watch)
    # Finite rows, and the first that is not: there the run is explained.
    order = [_batch_samples(experiment, update) for update in range(len(rows))]
    return Trace(experiment, program, np.array(rows), np.array(order), tuple(u // per_epoch for u in range(len(rows))))


def _batch_samples(experiment: Experiment, update: int) -> np.ndarray:
    epoch, batch = divmod(update, experiment.updates_per_epoch)
    order = epoch_order(experiment, epoch)
    everyone = np.arange(len(experiment.x)) if order is None else order
    size = experiment.batch_size
    return everyone[batch * size : (batch + 1) * size]


def _row(program: Program, experiment: Experiment, machine: Machine, batch: int, before: np.ndarray) -> np.ndarray:
    """Every number of the update that the machine has just made, in the program's order."""
    found = dict(machine.buffers(batch))
    found["eta"] = np.array(experiment.learning_rate)
    depth = len(experiment.network.layers)
    old = _blocks(machine, before)
    for k in range(1, depth + 1):
        found[f"W{k}'"], found[f"b{k}'"] = found[f"W{k}"], found[f"b{k}"]
        found[f"W{k}"], found[f"b{k}"] = old[k - 1][:-1], old[k - 1][-1:]
        if k > 1:
            found[f"p{k - 1}"] = shares(found[f"dz{k}"], found[f"W{k}"])
    output = found[f"a{depth}"] if depth else found["x"]
    sums = [found[f"z{depth}"]] if depth else []
    loss_of(NUMPY, experiment.loss, Forward([], sums, [], output), found["t"], found.__setitem__)
    row = np.empty(program.size)
    for step, first in program.offsets.items():
        row[first : first + math.prod(program.steps[step])] = found[step].ravel()
    return row


def _blocks(machine: Machine, theta: np.ndarray) -> list[np.ndarray]:
    blocks, first = [], 0
    for block in machine.blocks:
        blocks.append(theta[first : first + block.size].reshape(block.shape))
        first += block.size
    return blocks
