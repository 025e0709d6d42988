"""The calculation of one update, written down once per architecture: addresses, symbols, formulas, operands.

A `Program` is static text. It is written by `engine.writer`; the numbers come from
the training step, through `engine.trace`.
Formula markup is a LaTeX subset; #0, #1, … stand for the operands in order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np

from engine.refusal import Refused

_INDEX = re.compile("0|[1-9][0-9]{0,5}")
Args = dict[str, int | str]  # the blanks of the sentences about a line: an address index, or markup text


@dataclass(frozen=True)
class Op:
    """One elementary line of the calculation.

    index: position of its value in the address space. reads: those of its operands. phase: forward, loss, backward
    or update. rule: the kind of line. formula: markup with #k for operand k. args: blanks of the sentences about it,
    an address index or markup text.
    """

    index: int
    phase: str
    layer: int
    unit: int
    sample: int
    rule: str
    formula: str
    reads: tuple[int, ...]
    args: Args = field(default_factory=dict, hash=False)


@dataclass(frozen=True, eq=False)
class Program:
    """All lines of one update and the address space they fill.

    steps: step id -> shape, givens first. offsets: step id -> first flat index. addresses, symbols, places: one entry
    per number. ops: the order of the finest grain.
    """

    steps: dict[str, tuple[int, ...]]
    offsets: dict[str, int]
    addresses: tuple[str, ...]
    symbols: tuple[str, ...]
    places: tuple[tuple[str | int, ...], ...]
    ops: tuple[Op, ...]
    carry: dict[int, int]

    @property
    def size(self) -> int:
        """How many numbers one update has."""
        return len(self.addresses)

    def at(self, step: str, *index: int) -> int:
        """The flat index of a number; raises Refused for one that is not there."""
        shape = self.steps.get(step)
        if shape is None or len(index) != len(shape) or any(not 0 <= i < n for i, n in zip(index, shape, strict=True)):
            raise Refused("unknown_address", address=f"{step}[{','.join(map(str, index))}]"[:60])
        return self.offsets[step] + int(np.ravel_multi_index(index, shape)) if shape else self.offsets[step]

    def find(self, address: str) -> int:
        """The flat index of an address such as "z1[0,1]"; raises Refused for one that is not there."""
        step, _, rest = address.strip().partition("[")
        parts = rest.removesuffix("]").split(",") if rest.endswith("]") else []
        # One spelling per number: 00 is no index, so that two names never stand for the same one.
        if not parts or not all(_INDEX.fullmatch(part) for part in parts):
            raise Refused("unknown_address", address=address[:60])
        return self.at(step, *map(int, parts))
