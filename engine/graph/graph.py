"""From an expression's structure to its program: blocks forward, the way back, and what follows the gradients."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from engine.graph.backward import Backward, Planner, forward_lines
from engine.graph.grammar import Statement, gradients_asked, parse
from engine.graph.lower import FUNCTIONS, Block, Lowering
from engine.graph.reasons import wrong_given
from engine.graph.spec import Structure
from engine.graph.symbols import symbol
from engine.program import Op, Program


@dataclass(frozen=True, eq=False)
class Graph:
    """A compiled expression.

    program: every line, as for a network. blocks: its arrays in the order of the calculation, given ones first.
    backward: the plan of the way back, empty without a result. constants: numbers written in statements; the k-th has
    the reference -(k + 1).
    """

    program: Program
    blocks: tuple[Block, ...]
    backward: Backward
    constants: tuple[float, ...]
    result: Block | None

    @property
    def given(self) -> tuple[Block, ...]:
        """The given arrays."""
        return tuple(block for block in self.blocks if block.node is None)

    def block(self, name: str) -> Block:
        """A block by its name; raises KeyError for one that is not there."""
        return next(block for block in self.blocks if block.id == name)


@lru_cache(maxsize=64)
def compile_expression(structure: Structure) -> Graph:
    """The graph of an expression; raises Refused with the place of the first mistake."""
    statements = parse(structure.statements)
    names = {name for name, _ in structure.shapes} | {statement.name for statement in statements}
    program = Lowering(names)
    for name, shape in structure.shapes:
        place = f"given “{name}”"
        if name in FUNCTIONS:
            raise wrong_given("reserved_name", place, name=name)
        if name in program.values:
            raise wrong_given("name_taken", place, name=name)
        program.add(name, shape, 0, 0)
    last = _result_line(structure, statements)
    for statement in statements[:last]:
        program.statement(statement)
    result = program.blocks[-1] if structure.result else None
    backward = Backward()
    if result is not None:
        backward = _backward(structure, statements, program, result)
        program.base_depth = result.depth
        if backward.sweeps:
            program.phase = "update"
    elif structure.wanted:
        raise wrong_given("wanted_without_result", "wanted")
    before = len(program.blocks)
    for statement in statements[last:]:
        program.statement(statement)
    return Graph(
        _program(structure, program, backward, before), tuple(program.blocks), backward, tuple(program.constants), result
    )


def _result_line(structure: Structure, statements: tuple[Statement, ...]) -> int:
    """How many statements there are up to the one that computes the result."""
    if not structure.result:
        return len(statements)
    for statement in statements:
        if statement.name == structure.result:
            return statement.line
    raise wrong_given("unknown_result", "result", name=str(structure.result)[:24])


def _backward(structure: Structure, statements: tuple[Statement, ...], program: Lowering, result: Block) -> Backward:
    if result.size != 1:
        raise wrong_given("result_not_single", "result", name=result.id, rows=result.shape[0], columns=result.shape[1])
    asked = gradients_asked(statements[result.statement :])
    by_name = {block.id: block for block in program.blocks}
    wanted = set()
    for name in (*structure.wanted, *asked):
        if name not in by_name:
            if name in asked:
                continue  # the statement that asks is refused with its own place
            raise wrong_given("unknown_name", "wanted", name=str(name)[:24])
        wanted.add(by_name[name].position)
    if not wanted:
        return Backward()
    planner = Planner(program, result, wanted)
    for name in (*structure.wanted, *asked):
        if name in by_name and by_name[name].position not in planner.live:
            raise wrong_given("wanted_elsewhere", "wanted", name=name)
    made = planner.plan()
    for position, first in planner.gradient.items():
        block = program.blocks[position]
        program.gradients[block.id] = np.arange(first, first + block.size).reshape(block.shape)
    return made


def _program(structure: Structure, program: Lowering, backward: Backward, before: int) -> Program:
    steps: dict[str, tuple[int, ...]] = {}
    offsets: dict[str, int] = {}
    symbols: list[str] = [""] * len(program.owner)
    places: list[tuple[str | int, ...]] = [()] * len(program.owner)
    ops: list[Op] = []

    def add(block: Block) -> None:
        steps[block.id], offsets[block.id] = block.shape, block.first
        for k in range(block.size):
            row, column = divmod(k, block.shape[1])
            symbols[block.first + k] = symbol(block.id, block.shape, row, column)
            places[block.first + k] = ("cell", block.id, row, column)
        if block.node is not None:
            ops.extend(forward_lines(program, block))

    for block in program.blocks[:before]:
        add(block)
    for name, (shape, first) in backward.steps.items():
        steps[name], offsets[name] = shape, first
    for index, text in backward.symbols.items():
        symbols[index], places[index] = text, backward.places[index]
    ops.extend(backward.ops)
    for block in program.blocks[before:]:
        add(block)
    addresses = [f"{step}[{i},{j}]" for step, shape in steps.items() for i, j in np.ndindex(*shape)]
    carry = _carry(structure, program)
    return Program(steps, offsets, tuple(addresses), tuple(symbols), tuple(places), tuple(ops), carry)


def _carry(structure: Structure, program: Lowering) -> dict[int, int]:
    blocks = {block.id: block for block in program.blocks}
    carry: dict[int, int] = {}
    for name, new in structure.carry:
        if name not in blocks or blocks[name].node is not None:
            raise wrong_given("carry_unknown", "carry", name=str(name)[:24])
        if new not in blocks:
            raise wrong_given("unknown_name", "carry", name=str(new)[:24])
        old, made = blocks[name], blocks[new]
        if old.shape != made.shape:
            raise wrong_given("carry_shape", "carry", name=name, other=new)
        if old.first in carry:
            raise wrong_given("carry_twice", "carry", name=name)
        carry |= {old.first + k: made.first + k for k in range(old.size)}
    return carry
