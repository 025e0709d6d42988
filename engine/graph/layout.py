"""Where the blocks of a program stand in its picture: columns by depth, given numbers left, the result right."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.graph.graph import Graph
from engine.graph.lower import Block
from engine.graph.symbols import number


def layout(graph: Graph) -> dict[str, Any]:
    """The blocks with their columns and rows, and the links between them, ready for JSON.

    blocks: id, label (markup), rows, cols, column, row, role (given, value, result, update), rule (the operation's name),
    and `note`, the written constants that the operation takes. links: [from, to] by id, gradients counting as the block
    that they belong to.
    """
    owner = np.zeros(graph.program.size, dtype=int)
    for block in graph.blocks:
        for step in (block.id, f"d.{block.id}"):
            if step in graph.program.offsets:
                first = graph.program.offsets[step]
                owner[first : first + block.size] = block.position
    columns = _columns(graph, owner)
    rows: dict[int, int] = {}
    blocks = []
    for block in graph.blocks:
        column = columns[block.position]
        row = rows[column] = rows.get(column, -1) + 1
        blocks.append(
            {
                "id": block.id,
                "label": block.symbol,
                "rows": block.shape[0],
                "cols": block.shape[1],
                "column": column,
                "row": row,
                "role": _role(graph, block),
                "rule": block.node.rule.name if block.node else "",
                "note": _note(graph, block),
            }
        )
    links = [
        [graph.blocks[position].id, block.id] for block in graph.blocks if block.node for position in _sources(block, owner)
    ]
    return {"blocks": blocks, "links": links}


def _sources(block: Block, owner: np.ndarray) -> list[int]:
    """Positions of the blocks that an operation reads, in the order of its operands."""
    assert block.node is not None
    found = [int(owner[ref]) for refs in block.node.slots for ref in refs if ref >= 0]
    return list(dict.fromkeys(found))


def _columns(graph: Graph, owner: np.ndarray) -> dict[int, int]:
    """Depth of each block; a given one that only later columns read stands just before the first of them."""
    columns = {block.position: block.depth for block in graph.blocks}
    readers: dict[int, list[int]] = {}
    for block in graph.blocks:
        for position in _sources(block, owner) if block.node else ():
            readers.setdefault(position, []).append(columns[block.position])
    for block in graph.given:
        if readers.get(block.position):
            columns[block.position] = max(0, min(readers[block.position]) - 1)
    used = {column: k for k, column in enumerate(sorted(set(columns.values())))}
    return {position: used[column] for position, column in columns.items()}


def _role(graph: Graph, block: Block) -> str:
    if block.node is None:
        return "given"
    if block is graph.result:
        return "result"
    return "update" if block.phase == "update" else "value"


def _note(graph: Graph, block: Block) -> str:
    if block.node is None:
        return ""
    refs = dict.fromkeys(int(ref) for slot in block.node.slots for ref in slot if ref < 0)
    written = [number(graph.constants[-1 - ref]) for ref in refs]
    if block.node.rule.name == "pow" and len(block.node.slots) == 1:
        written.append(number(block.node.exponent))
    return ", ".join(written[:3])
