"""Running an expression: forward, back, and what follows, with every number written at its address."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from engine.graph.backward import Sweep
from engine.graph.graph import Graph, compile_expression
from engine.graph.lower import Block, Node
from engine.graph.pointwise import Pointwise
from engine.graph.spec import Expression, Value, numbers_of
from engine.refusal import Refused
from engine.trace import MAX_RECORDED, Trace


def graph_of(expression: Expression) -> Graph:
    """The compiled graph of an expression."""
    return compile_expression(expression.structure)


def record_expression(expression: Expression, updates: int | None = None) -> Trace:
    """Run an expression and keep every number of each update.

    updates: how many, those of the expression by default. Stops after the first update that is not finite any more.
    Raises Refused when the record would be too long.
    """
    graph = graph_of(expression)
    count = expression.updates if updates is None else updates
    size = graph.program.size
    if size * count > MAX_RECORDED:
        raise Refused("too_much_to_record", value=size * count)
    rows: list[np.ndarray] = []
    given = start_of(expression, graph)
    with np.errstate(all="ignore"):  # a number that is not finite is an outcome that the reader sees
        for _ in range(count):
            row = run_once(graph, given)
            rows.append(row[:size])
            if not np.all(np.isfinite(row)):
                break
            for old, new in graph.program.carry.items():
                given[old] = row[new]
    return Trace(expression, graph.program, np.array(rows), np.zeros((len(rows), 1), dtype=int), (0,) * len(rows))


def start_of(expression: Expression, graph: Graph) -> np.ndarray:
    """The given numbers of the first update in address order."""
    return np.array([number for _, value in expression.given for number in numbers_of(value)], dtype=float)


def run_once(graph: Graph, given: np.ndarray) -> np.ndarray:
    """One update: all numbers in address order, behind them the written constants from the last to the first."""
    row = buffer(graph, given)
    for block in graph.blocks:
        if block.node is not None and block.phase == "forward":
            compute(block.node, row)
    vjps: dict[int, list[np.ndarray]] = {}
    for sweep in graph.backward.sweeps:
        _back(sweep, row, vjps)
    for block in graph.blocks:
        if block.node is not None and block.phase == "update":
            compute(block.node, row)
    return row


def buffer(graph: Graph, given: np.ndarray) -> np.ndarray:
    """A row with the given numbers and the constants in their places; the rest is not a number yet."""
    row = np.full(graph.program.size + len(graph.constants), np.nan)
    row[: len(given)] = given
    for k, constant in enumerate(graph.constants):
        row[-1 - k] = constant
    return row


def compute(node: Node, rows: np.ndarray) -> None:
    """Write the result of an operation; rows (..., numbers) may be many runs at once."""
    block = node.block
    rows[..., block.first : block.first + block.size] = value_of(node, [rows[..., refs] for refs in node.slots])


def value_of(node: Node, inputs: list[np.ndarray]) -> np.ndarray:
    """The result of an operation from its operands (..., n)."""
    if isinstance(node.rule, Pointwise):
        return node.rule.value(inputs[0], inputs[-1])
    assert node.plan is not None
    return node.plan.value(inputs)


def _back(sweep: Sweep, row: np.ndarray, vjps: dict[int, list[np.ndarray]]) -> None:
    """The gradient of one block: what each use sends back, and their sum."""
    block = sweep.block
    total = np.zeros(block.size)
    if sweep.seed:
        total += 1.0
    for use in sweep.uses:
        signals = vjps[use.node.block.position]
        if use.slope is not None:
            row[use.slope : use.slope + use.node.block.size] = _derivative(use.node, use.slot, row)
        share = np.bincount(use.targets, signals[use.slot][use.entries], block.size)
        if use.path is not None:
            first, numbers = use.path
            row[first : first + numbers.size] = share[numbers]
        total = total + share
    row[sweep.first : sweep.first + block.size] = total
    _gradients_at(row, block, sweep.first, vjps)


def _gradients_at(row: np.ndarray, block: Block, first: int, vjps: dict[int, list[np.ndarray]]) -> None:
    """Once a block's gradient is known, so is what its operation sends back to its operands."""
    node = block.node
    if node is None:
        return
    g = row[first : first + block.size]
    if isinstance(node.rule, Pointwise):
        vjps[block.position] = [_derivative(node, slot, row) * g for slot in range(len(node.slots))]
    else:
        assert node.plan is not None
        out = row[block.first : block.first + block.size]
        vjps[block.position] = node.plan.vjp([row[refs] for refs in node.slots], out, g)


def _derivative(node: Node, slot: int, row: np.ndarray) -> np.ndarray:
    assert isinstance(node.rule, Pointwise)
    inputs = [row[refs] for refs in node.slots]
    out = row[node.block.first : node.block.first + node.block.size]
    return node.rule.parts[slot].derivative(inputs[0], inputs[-1], out)


def edited(expression: Expression, edits: Mapping[str, float]) -> Expression:
    """The expression with the numbers at some addresses replaced, such as {"x[0,1]": 0.2}.

    Raises Refused for an address that is computed or unknown, and for a value that is not a finite number.
    """
    graph = graph_of(expression)
    values = start_of(expression, graph).tolist()
    for address, value in edits.items():
        index = graph.program.find(address)
        if index >= len(values):
            raise Refused("not_editable", address=address[:60])
        values[index] = value
    given: list[tuple[str, Value]] = []
    at = 0
    for name, old in expression.given:
        count = len(numbers_of(old))
        given.append((name, _like(old, values[at : at + count])))
        at += count
    return expression.replace(given=tuple(given))


def _like(old: Value, numbers: list[float]) -> Value:
    if not isinstance(old, tuple):
        return numbers[0]
    if not isinstance(old[0], tuple):
        return tuple(numbers)
    width = len(old[0])
    return tuple(tuple(numbers[k : k + width]) for k in range(0, len(numbers), width))
