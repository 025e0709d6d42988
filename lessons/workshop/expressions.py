"""The plain sheet of an expression: given numbers, statements, and the printed figures, read and written.

    program
    x = -2
    y = 5
    q = x + y
    f = q * -4
    result = f
    wanted = x y
    published q = 3
    published d.q = -4

A line whose right side is numbers gives them; any other is a statement. "w <- w2" carries w2 over as w of the next run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from engine import Expression, Refused
from engine.graph import graph_of
from engine.link import number_text
from engine.program import Program
from lessons.examples import Figure, WorkedExample
from lessons.workshop.files import make_program
from lessons.workshop.names import written
from lessons.workshop.scan import Misread, Piece, number, only_numbers, shown, table, whole

HEAD = ("program", "expression", "程序", "表达式")
_LINE = re.compile(r"([A-Za-z]\w{0,23})\s*=\s*", re.ASCII)
_CARRY = re.compile(r"([A-Za-z]\w{0,23})\s*(?:<-|←)\s*([A-Za-z]\w{0,23})", re.ASCII)
_FIGURE = re.compile(r"([A-Za-z][\w.']*)\s*(?:\[([\d,\s]{1,20})\])?", re.ASCII)
_WORDS = ("result", "wanted", "updates", "title", "source")

Published = Sequence[tuple[Piece, Piece]]
Figures = Callable[[Published, Callable[[str, int], list[str]], Callable[[str], str]], tuple[list[Figure], list[Piece]]]


@dataclass
class _Lines:
    at: dict[str, Piece] = field(default_factory=dict)
    given: dict[str, object] = field(default_factory=dict)
    statements: list[Piece] = field(default_factory=list)
    carry: list[tuple[str, str]] = field(default_factory=list)
    published: list[tuple[Piece, Piece]] = field(default_factory=list)


def read_expression(head: Piece, lines: Sequence[Piece], figures_of: Figures) -> WorkedExample:
    """The own example that the lines after `program` describe; raises Misread. figures_of: reads the printed figures."""
    found = _Lines()
    for line in lines:
        _line(line, found)
    at = found.at
    updates = whole(at["updates"], 1, 1000) if "updates" in at else 1
    result = at["result"].text if "result" in at else ""
    wanted = tuple(re.findall(r"[^\s,]+", at["wanted"].text)) if "wanted" in at else ()
    try:
        given = tuple(found.given.items())
        statements = tuple(piece.text for piece in found.statements)
        expression = Expression(statements, given, result, wanted, updates, tuple(found.carry))  # type: ignore[arg-type]
        program = graph_of(expression).program
    except Refused as refused:
        raise _placed(refused, head, found) from None
    figures, places = figures_of(found.published, lambda name, _: find(program, name), lambda at: written(program, at))
    said = {name: at[name].raw for name in ("title", "source") if name in at}
    try:
        return make_program(expression, tuple(figures), **said)
    except Refused as refused:
        place = re.match(r"figures\[(\d+)\]", str(refused.details.get("place", "")))
        spot = places[int(place.group(1))] if place else head
        raise Misread("engine", spot.line, spot.column, refused) from None


def _line(line: Piece, found: _Lines) -> None:
    published = re.match(r"(?:published|printed|印刷|书上)\s+(?![\s=])", line.text, re.IGNORECASE)
    carried = _CARRY.fullmatch(line.text)
    named = _LINE.match(line.text)
    if published:
        rest = line.part(published.end())
        equals = rest.text.find("=")
        if equals < 0:
            raise rest.fail("no_equals")
        found.published.append((rest.part(0, equals), rest.part(equals + 1)))
    elif carried:
        found.carry.append((carried.group(1), carried.group(2)))
        found.at.setdefault("carry", line)
    elif named:
        name, value = named.group(1), line.part(named.end())
        if not value.text:
            raise line.fail("nothing", name=name)
        if name in found.at or name in found.given:
            first = found.at[name].line
            raise line.fail("twice", name=name, first=first)
        if name in _WORDS:
            found.at[name] = value
            if name in ("title", "source") and len(value.text) > 120:
                raise value.fail("long_text", limit=120)
        elif only_numbers(value.text):
            found.at[name] = value
            rows = [tuple(number(cell) for cell in row) for row in table(value)]
            if not rows or len({len(row) for row in rows}) > 1:
                raise value.fail("ragged", name=name)
            found.given[name] = tuple(rows) if len(rows) > 1 else rows[0] if len(rows[0]) > 1 else rows[0][0]
        else:
            found.statements.append(line)
    else:
        raise line.fail("unknown_line", text=shown(line.text))


def _placed(refused: Refused, head: Piece, found: _Lines) -> Misread:
    details = refused.details
    spot, column = head, 0
    if refused.code == "bad_expression" and found.statements:
        line, at = int(str(details["line"])), int(str(details["column"]))
        spot, column = found.statements[min(line, len(found.statements)) - 1], at - 1
    elif refused.code == "bad_program":
        name = str(details["place"]).replace("given “", "").rstrip("”").split(" ")[0]
        spot = found.at.get(name, head)
    return Misread("engine", spot.line, spot.column + column, refused)


def find(program: Program, name: str) -> list[str]:
    """The addresses of a name: f, d.q or dq for a gradient, and A[1,2] for one number of an array, counted from 1."""
    match = _FIGURE.fullmatch(name.strip().replace("∂", "d"))
    if not match:
        return []
    step = match.group(1)
    gradient = re.fullmatch(r"d\.?([A-Za-z]\w*)", step.split("/d")[-1] if "/" in step else step)
    if step not in program.steps and gradient and f"d.{gradient.group(1)}" in program.steps:
        step = f"d.{gradient.group(1)}"
    shape = program.steps.get(step)
    if shape is None:
        return []
    if match.group(2) is None:
        return [f"{step}[{i},{j}]" for i in range(shape[0]) for j in range(shape[-1])] if len(shape) == 2 else []
    index = [int(part[:6]) - 1 for part in re.findall(r"\d+", match.group(2))]
    index = [0, *index] if len(index) == 1 and shape[0] == 1 else [*index, 0] if len(index) == 1 and shape[-1] == 1 else index
    fits = len(index) == len(shape) and all(0 <= i < n for i, n in zip(index, shape, strict=True))
    return [f"{step}[{','.join(map(str, index))}]"] if fits else []


def write_expression(expression: Expression) -> list[str]:
    """The lines of an expression, without title and figures."""
    lines = ["program", ""]
    for name, value in expression.given:
        rows = value if isinstance(value, tuple) and isinstance(value[0], tuple) else [value]
        cells = [row if isinstance(row, tuple) else (row,) for row in rows]
        lines.append(f"{name} = {'; '.join(' '.join(map(number_text, row)) for row in cells)}")
    lines += ["", *expression.statements, ""]
    lines += [f"result = {expression.result}"] if expression.result else []
    lines += [f"wanted = {' '.join(expression.wanted)}"] if expression.wanted else []
    lines += [f"{name} <- {made}" for name, made in expression.carry]
    return [*lines, f"updates = {expression.updates}"]
