"""What stands on a printed sheet: the given numbers, the lines of one update, and which of them are blank."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from engine import Experiment, Op, Refused, Trace, record_run
from engine.trace import fill
from lessons.check.cells import NOT_ASKED, Cell, blanks, cells
from lessons.check.variants import variant_of
from lessons.examples import WorkedExample
from lessons.printing.rounding import exact, is_rounded, rounded

BLANKS = ("last", "last_two", "all")
PHASES = ("forward", "loss", "backward", "update")
MAX_LINES = 160  # about four pages; a longer sheet is nobody's homework
MAX_GIVENS = 90
MAX_STUDENTS = 60
MAX_NAME = 60
DIGITS = (3, 6)


@dataclass(frozen=True)
class Choice:
    """What a teacher chooses.

    blank: the last part of the calculation, the last two, or all of it. digits: significant digits. fresh: numbers of
    their own for every student instead of the published ones. seed: another seed, another class. names: one per
    student, or none. formulas: print the formula in front of a blank.
    """

    blank: str = "last"
    digits: int = 4
    count: int = 1
    fresh: bool = False
    seed: int = 1
    names: tuple[str, ...] = ()
    formulas: bool = True

    def __post_init__(self) -> None:
        low, high = DIGITS
        if self.blank not in BLANKS or not low <= self.digits <= high or not 1 <= self.students <= MAX_STUDENTS:
            raise ValueError(f"no such sheet: {self}")

    @property
    def students(self) -> int:
        """How many sheets: one per name, else `count`."""
        return len(self.names) or self.count


@dataclass(frozen=True)
class Line:
    """One line of the calculation; symbol, formula and numbers are markup, numbers rounded like the sheet."""

    address: str
    phase: str
    symbol: str
    formula: str
    numbers: str
    value: float
    shown: str
    sign: str
    blank: bool


@dataclass(frozen=True)
class Student:
    """One sheet: its number from 1, a name or an empty text, what is given, and every line.

    seed: of the variant, so that the learner can call up the same numbers on the screen; None for the published ones.
    """

    number: int
    name: str
    seed: int | None
    givens: tuple[tuple[str, str], ...]
    lines: tuple[Line, ...]
    trace: Trace = field(repr=False)

    @property
    def answers(self) -> tuple[Line, ...]:
        """The lines that are blank on the sheet."""
        return tuple(line for line in self.lines if line.blank)


@dataclass(frozen=True)
class Sheet:
    """An example, what was chosen, and one `Student` for each copy."""

    example: WorkedExample
    choice: Choice
    students: tuple[Student, ...]

    @property
    def phases(self) -> tuple[str, ...]:
        """The steps of the calculation that occur, in order."""
        found = {line.phase for line in self.students[0].lines}
        return tuple(phase for phase in PHASES if phase in found)


def printable(example: WorkedExample) -> bool:
    """Whether an example fits on paper: not more than 160 lines to write down, from not more than 90 given numbers."""
    try:
        trace = record_run(example.experiment)
    except Refused:
        return False
    return 0 < len(asked_of(trace)) <= MAX_LINES and trace.program.size - len(trace.ops) <= MAX_GIVENS


def has_variants(example: WorkedExample) -> bool:
    """Whether fresh numbers can be drawn for an example; the numbers of a program mean too many different things."""
    return isinstance(example.experiment, Experiment)


def asked_of(trace: Trace) -> tuple[Cell, ...]:
    """The lines of a sheet: those that the sheet on the screen asks for, or every line of a program."""
    if isinstance(trace.experiment, Experiment):
        return cells(trace)
    names, symbols = trace.program.addresses, trace.program.symbols
    # A calculation that only goes forward fades statement by statement, others pass by pass.
    several = len({op.phase for op in trace.ops}) > 1
    return tuple(
        Cell(name, op.index, op, k, symbols[op.index], op.phase if several else name.partition("[")[0])
        for k, (op, name) in enumerate((op, names[op.index]) for op in trace.ops)
    )


def make_sheet(example: WorkedExample, choice: Choice) -> Sheet:
    """The sheet of an example; the same example and choice give the same sheet for ever.

    Raises ValueError for an example that is not printable, or has no variants where they are asked for.
    """
    if not printable(example) or (choice.fresh and not has_variants(example)):
        raise ValueError(f"{example.id} does not fit on paper")
    students = []
    for number in range(1, choice.students + 1):
        seed = choice.seed * 1000 + number if choice.fresh else None
        experiment = example.experiment if seed is None else variant_of(example, seed)
        name = choice.names[number - 1] if choice.names else ""
        students.append(_student(number, name[:MAX_NAME], seed, record_run(experiment), choice))
    return Sheet(example, choice, tuple(students))


def _student(number: int, name: str, seed: int | None, trace: Trace, choice: Choice) -> Student:
    program, row = trace.program, trace.values[0]
    writers = {op.index: op for op in program.ops}

    asked = asked_of(trace)
    places = {cell.index for cell in asked}

    def operand(index: int, numeric: bool) -> str:
        """An operand as symbol or number; a step that nobody writes down stands there with its own formula."""
        op = writers.get(index)
        if op and op.rule in NOT_ASKED:
            return fill(op.formula, [operand(i, numeric) for i in op.reads], numeric)
        if op and index not in places and op.rule.startswith("loss_"):
            return "0"  # the loss of a class that is not the true one is not asked
        value = float(row[index])
        return _number(rounded(value, choice.digits) if op else exact(value)) if numeric else program.symbols[index]

    blank = {cell.index for cell in blanks(asked, choice.blank)}
    lines = []
    for cell in asked:
        op, value = cell.op, float(row[cell.index])
        near = any(is_rounded(float(row[i]), choice.digits) for i in (op.index, *(i for i in op.reads if i in writers)))
        lines.append(
            Line(
                address=cell.address,
                phase=cell.phase,
                symbol=cell.symbol,
                formula=fill(op.formula, [operand(i, False) for i in op.reads]),
                numbers=fill(op.formula, [operand(i, True) for i in op.reads], numeric=True),
                value=value,
                shown=rounded(value, choice.digits),
                sign="≈" if near and value else "=",
                blank=cell.index in blank,
            )
        )
    return Student(number, name, seed, tuple(_givens(trace, writers)), tuple(lines), trace)


def _givens(trace: Trace, writers: Mapping[int, Op]) -> Iterator[tuple[str, str]]:
    """(symbol, value) of every given number; weights unit by unit, as their symbols count."""
    program, row = trace.program, trace.values[0]
    for step, shape in program.steps.items():
        order = sorted(np.ndindex(*shape), key=lambda index: index[::-1] if step.startswith("W") else index)
        for index in (program.at(step, *place) for place in order):
            if index not in writers:
                yield program.symbols[index], exact(float(row[index]))


def _number(text: str) -> str:
    """A power of ten in parentheses, so that an exponent or a product in front of it reads well."""
    return f"({text})" if "cdot" in text and not text.startswith("-") else text
