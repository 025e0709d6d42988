"""The part of the file format that describes a program: given numbers, statements, result, and what is carried over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from engine import Experiment, Expression, Refused
from engine.graph import graph_of
from engine.graph.grammar import MAX_STATEMENT, MAX_STATEMENTS
from engine.graph.spec import MAX_GIVENS, MAX_NUMBERS, MAX_SIDE, Value
from engine.program import Program
from lessons.examples.strict import Node, bad, from_engine, shown

MAX_WORK = 20_000  # updates × (arrays + numbers / 50): about a second


def read_program(fields: Mapping[str, Node], updates: int) -> tuple[Experiment | Expression, Program]:
    """The expression of a file of kind "program", and its program; raises Refused with the place of the mistake."""
    statements = tuple(node.text(MAX_STATEMENT) for node in fields["statements"].items(1, MAX_STATEMENTS))
    given = tuple((name, _value(node)) for name, node in _pairs(fields["given"], MAX_GIVENS))
    result = fields["result"].text(24) if "result" in fields else ""
    wanted = tuple(node.text(24) for node in fields["wanted"].items(0, MAX_GIVENS)) if "wanted" in fields else ()
    carry = _pairs(fields["carry"], MAX_GIVENS) if "carry" in fields else []
    carried = tuple((name, node.text(24)) for name, node in carry)
    try:
        expression = Expression(statements, given, result, wanted, updates, carried)
    except Refused as refused:
        raise _placed(refused, fields) from None
    with from_engine(fields["statements"].place):
        graph = graph_of(expression)
    if updates * (len(graph.blocks) + graph.program.size / 50) > MAX_WORK:
        fields["updates"].fail(f"{updates} updates of {graph.program.size} numbers take too long.")
    return expression, graph.program


def _placed(refused: Refused, fields: Mapping[str, Node]) -> Refused:
    """The engine's refusal with the place in the file: the statement and the column in it, or the field."""
    details: dict[str, Any] = refused.details
    if refused.code == "bad_expression":
        line = min(int(details["line"]), len(fields["statements"].value))
        place = f"{fields['statements'].place}[{line - 1}]"
        return bad(place, f"column {details['column']}: {details['reason']}")
    if refused.code == "bad_program":
        name = str(details["place"]).split(" ")[0]
        place = fields[name].place if name in fields else fields["statements"].place
        return bad(place, str(details["reason"]))
    return bad(fields["statements"].place, str(refused))


def _pairs(node: Node, most: int) -> list[tuple[str, Node]]:
    """The names of an object with their values, at most so many."""
    if not isinstance(node.value, dict):
        node.fail("an object in braces is needed here.")
    if len(node.value) > most:
        node.fail(f"{len(node.value)} entries; at most {most} are allowed.")
    for name in node.value:
        if len(name) > 24 or not name.isascii() or not name.isprintable():
            node.fail(f"{shown(name[:40])} cannot be a name.")
    return [(name, Node(value, f"{node.place}.{name}")) for name, value in node.value.items()]


def _value(node: Node) -> Value:
    """A number, a row of numbers, rows of numbers, or {"linspace": [first, last], "shape": [rows, columns]}."""
    if isinstance(node.value, dict):
        return _evenly(node)
    if not isinstance(node.value, list):
        return node.number()
    rows = node.items(1, MAX_NUMBERS)
    if not isinstance(rows[0].value, list):
        return tuple(cell.number() for cell in node.items(1, MAX_SIDE))
    width = len(rows[0].value)
    return tuple(tuple(cell.number() for cell in row.items(max(1, width), width)) for row in node.items(1, MAX_SIDE))


def _evenly(node: Node) -> Value:
    """Evenly spaced numbers, row by row, as numpy.linspace makes them."""
    fields = node.fields(("linspace", "shape"))
    first, last = (end.number() for end in fields["linspace"].items(2, 2))
    rows, columns = (side.whole(1, MAX_SIDE) for side in fields["shape"].items(2, 2))
    if rows * columns > MAX_NUMBERS:
        fields["shape"].fail(f"at most {MAX_NUMBERS} numbers are allowed in one array.")
    numbers = np.linspace(first, last, rows * columns).reshape(rows, columns).tolist()
    return tuple(numbers[0]) if rows == 1 else tuple(tuple(row) for row in numbers)
