"""From trees to elementary blocks: every operation becomes an array of numbers with addresses, every view none.

An operand is an array of references: the flat address of a number, or -(k + 1) for the k-th written constant. So a
transpose, a slice or a list costs nothing, and the way back knows each single number's uses.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from engine.graph.arrays import Plan
from engine.graph.grammar import Call, Index, Items, Name, Num, Statement, Tree
from engine.graph.pointwise import POINTWISE, Pointwise
from engine.graph.primitives import ARRAYS, ArrayRule, Mismatch, power
from engine.graph.reasons import wrong
from engine.graph.spec import check_shape
from engine.graph.symbols import letter_for, number, symbol
from engine.refusal import Refused

MAX_ADDRESSES = 6_000
MAX_TERMS = 30_000
VIEWS = {"T": 1, "concat": 2, "reshape": 3, "zeros": 2, "ones": 2, "grad": 1}
ALIASES = {"log": "ln"}
HIDDEN = ("copy",)  # operations that are not called by name
FUNCTIONS = {*POINTWISE, *ARRAYS, *VIEWS} - set(HIDDEN)


@dataclass(eq=False)
class Block:
    """An array of the program: a given one, or what one operation makes.

    id: its step. first: its first flat address. statement: number of its statement, 0 for a given one. position: its
    place in the order of the calculation. depth: its column from left to right.
    """

    id: str
    shape: tuple[int, int]
    first: int
    statement: int
    position: int
    depth: int
    phase: str
    node: Node | None = None

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return self.shape[0] * self.shape[1]

    @property
    def symbol(self) -> str:
        """The markup of its name."""
        return symbol(self.id)


@dataclass(eq=False)
class Node:
    """An operation: its rule, references of each operand (flat; repeated to the result's size for pointwise rules)."""

    rule: Pointwise | ArrayRule
    slots: tuple[np.ndarray, ...]
    shapes: tuple[tuple[int, int], ...]
    options: dict[str, int]
    plan: Plan | None
    block: Block
    exponent: float = 1.0  # of a power whose exponent is written as a plain number


@dataclass(eq=False)
class Lowering:
    """The growing program. owner: the block of every address so far; gradients stand for their block."""

    taken: set[str]
    letter: str = ""
    blocks: list[Block] = field(default_factory=list)
    values: dict[str, np.ndarray] = field(default_factory=dict)
    gradients: dict[str, np.ndarray] = field(default_factory=dict)
    owner: list[Block] = field(default_factory=list)
    constants: list[float] = field(default_factory=list)
    terms: int = 0
    unnamed: int = 0
    phase: str = "forward"
    base_depth: int = 0

    def __post_init__(self) -> None:
        self.letter = letter_for(self.taken)

    def allocate(self, block: Block, count: int) -> int:
        """Reserve addresses for `count` numbers that belong to a block; raises Refused when there are too many."""
        first = len(self.owner)
        if first + count > MAX_ADDRESSES:
            raise Refused("too_much_to_record", value=first + count)
        self.owner.extend([block] * count)
        return first

    def count(self, terms: int) -> None:
        """Count terms of lines that are about to be written."""
        self.terms += terms
        if self.terms > MAX_TERMS:
            raise Refused("too_much_to_record", value=self.terms)

    def add(self, name: str, shape: tuple[int, int], statement: int, depth: int) -> Block:
        """A new block with its addresses."""
        block = Block(name, shape, 0, statement, len(self.blocks), depth, self.phase)
        block.first = self.allocate(block, block.size)
        self.blocks.append(block)
        self.values[name] = np.arange(block.first, block.first + block.size).reshape(shape)
        return block

    def constant(self, value: float) -> int:
        """The reference of a written number."""
        if value not in self.constants:
            self.constants.append(value)
        return -1 - self.constants.index(value)

    def statement(self, statement: Statement) -> None:
        """Write the blocks of one statement; the last of them gets its name."""
        if statement.name in FUNCTIONS:
            raise wrong("reserved_name", statement.line, statement.at, name=statement.name)
        if statement.name in self.values:
            raise wrong("name_taken", statement.line, statement.at, name=statement.name)
        before = len(self.blocks)
        refs = self.tree(statement.value, statement, statement.name)
        if len(self.blocks) == before or self.blocks[-1].id != statement.name:
            self.make(POINTWISE["copy"], (refs,), {}, statement, statement.at, statement.name)

    def tree(self, tree: Tree, statement: Statement, name: str = "") -> np.ndarray:
        """The references of a tree's value. name: what the topmost operation is to be called."""
        line = statement.line
        if isinstance(tree, Num):
            return np.array([[self.constant(tree.value)]])
        if isinstance(tree, Name):
            if tree.name not in self.values:
                raise wrong("unknown_name", line, tree.at, name=tree.name[:24])
            return self.values[tree.name]
        if isinstance(tree, Items):
            return self._items([self.tree(item, statement) for item in tree.items], tree.items, statement, tree.at)
        if isinstance(tree, Index):
            return self._part(self.tree(tree.base, statement), tree, line)
        return self._call(tree, statement, name)

    def _items(self, parts: list[np.ndarray], items: tuple[Tree, ...], statement: Statement, at: int) -> np.ndarray:
        rows = [part.reshape(1, -1) for part in parts]
        nested = any(isinstance(item, Items) or part.size > 1 for item, part in zip(items, parts, strict=True))
        if any(part.shape[0] != 1 for part in parts) or len({row.shape[1] for row in rows}) != 1:
            raise wrong("ragged", statement.line, at)
        check_shape(len(rows), rows[0].shape[1] if nested else len(rows), statement.line, at)
        return np.concatenate(rows, axis=0 if nested else 1)

    def _part(self, refs: np.ndarray, tree: Index, line: int) -> np.ndarray:
        rows, columns = refs.shape
        parts = tree.parts
        if len(parts) > 2:
            raise wrong("wrong_arguments", line, tree.at, name="[ ]", expected="1–2", value=len(parts))
        if len(parts) == 1:
            # One index of a single row counts along it, of anything else down the rows.
            parts = ((None, None), parts[0]) if rows == 1 else (parts[0], (None, None))
        made = []
        for part, size in zip(parts, (rows, columns), strict=True):
            start, stop = part if isinstance(part, tuple) else (part, part + 1)
            start, stop = start or 0, size if stop is None else stop
            if not 0 <= start < stop <= size:
                raise wrong("out_of_bounds", line, tree.at, value=start if start >= size else stop, rows=rows, columns=columns)
            made.append(slice(start, stop))
        return refs[made[0], made[1]]

    def _call(self, tree: Call, statement: Statement, name: str) -> np.ndarray:
        line, called, count = statement.line, ALIASES.get(tree.name, tree.name), len(tree.args)
        if called in ("max", "min") and count == 2:
            called = {"max": "maximum", "min": "minimum"}[called]
        if called not in FUNCTIONS:
            raise wrong("unknown_function", line, tree.at, name=tree.name[:24])
        if called in VIEWS:
            return self._view(called, tree, statement)
        options = self._options(called, tree, statement)
        rule = POINTWISE.get(called) or ARRAYS[called]
        expected = (len(rule.parts) if isinstance(rule, Pointwise) else rule.operands) + ("size" in options)
        if count != expected:
            raise wrong("wrong_arguments", line, tree.at, name=tree.name, expected=expected, value=count)
        args = tree.args
        if called == "pow" and isinstance(args[1], Num):
            exponent = args[1].value
            rule, args = power(exponent, number(exponent), number(exponent - 1)), args[:1]
        operands = tuple(self.tree(arg, statement) for arg in (args[:1] if "size" in options else args))
        made = self.make(rule, operands, options, statement, tree.at, name)
        node = self.blocks[-1].node
        if called == "pow" and node is not None and isinstance(tree.args[1], Num):
            node.exponent = tree.args[1].value
        return made

    def _options(self, called: str, tree: Call, statement: Statement) -> dict[str, int]:
        known = ARRAYS[called].options if called in ARRAYS else ()
        options: dict[str, int] = {}
        for option, value in tree.options:
            if option not in known or option in options:
                raise wrong("bad_keyword", statement.line, tree.at, name=called)
            options[option] = value
        if called in ("maxpool2d", "avgpool2d"):
            options["size"] = self._whole(tree, 1, statement) if len(tree.args) == 2 else 0
        return options

    def _whole(self, tree: Call, which: int, statement: Statement) -> int:
        arg = tree.args[which]
        if not isinstance(arg, Num) or arg.value != int(arg.value) or not 1 <= arg.value <= 10_000:
            raise wrong("whole_number", statement.line, arg.at)
        return int(arg.value)

    def _view(self, called: str, tree: Call, statement: Statement) -> np.ndarray:
        line, args = statement.line, tree.args
        axis = dict(tree.options).get("axis", 0) if called == "concat" else 0
        if (tree.options and (called != "concat" or set(dict(tree.options)) != {"axis"})) or axis not in (0, 1):
            raise wrong("bad_keyword", line, tree.at, name=called)
        if len(args) != VIEWS[called] and not (called == "concat" and args):
            raise wrong("wrong_arguments", line, tree.at, name=called, expected=VIEWS[called], value=len(args))
        if called == "grad":
            if not isinstance(args[0], Name):
                raise wrong("grad_needs_name", line, tree.at)
            if args[0].name not in self.gradients:
                raise wrong("grad_needs_result", line, tree.at)
            return self.gradients[args[0].name]
        if called in ("zeros", "ones"):
            rows, columns = self._whole(tree, 0, statement), self._whole(tree, 1, statement)
            check_shape(rows, columns, line, tree.at)
            return np.full((rows, columns), self.constant(float(called == "ones")))
        if called == "T":
            return self.tree(args[0], statement).T
        if called == "reshape":
            refs, rows, columns = (
                self.tree(args[0], statement),
                self._whole(tree, 1, statement),
                self._whole(tree, 2, statement),
            )
            check_shape(rows, columns, line, tree.at)
            if rows * columns != refs.size:
                raise wrong("shape_size", line, tree.at, name="reshape", first=f"{refs.shape[0]} × {refs.shape[1]}")
            return refs.reshape(rows, columns)
        parts = [self.tree(arg, statement) for arg in args]
        first = parts[0].shape
        for part in parts[1:]:
            if part.shape[1 - axis] != first[1 - axis]:
                texts = [f"{shape[0]} × {shape[1]}" for shape in (first, part.shape)]
                raise wrong("shape_mismatch", line, tree.at, name="concat", first=texts[0], second=texts[1])
        total = sum(part.shape[axis] for part in parts)
        check_shape(total if axis == 0 else first[0], total if axis == 1 else first[1], line, tree.at)
        return np.concatenate(parts, axis=axis)

    def make(
        self,
        rule: Pointwise | ArrayRule,
        operands: tuple[np.ndarray, ...],
        options: dict[str, int],
        statement: Statement,
        at: int,
        name: str = "",
    ) -> np.ndarray:
        """A new block for the result of an operation; returns its references."""
        shapes = tuple((int(refs.shape[0]), int(refs.shape[1])) for refs in operands)
        plan: Plan | None = None
        if isinstance(rule, Pointwise):
            shape = self._joined(rule.name, shapes, statement, at)
            check_shape(*shape, statement.line, at)
            self.count(2 * shape[0] * shape[1])
            slots = tuple(np.broadcast_to(refs, shape).ravel() for refs in operands)
        else:
            try:
                shape, work, plan_of = rule.build(shapes, options)
            except Mismatch as mismatch:
                raise wrong(mismatch.why, statement.line, at, **mismatch.details) from None
            check_shape(*shape, statement.line, at)
            self.count(work)
            plan = plan_of()
            slots = tuple(refs.ravel() for refs in operands)
        depth = 1 + max((self.depth_of(int(ref)) for refs in slots for ref in np.unique(refs)), default=0)
        if not name:
            self.unnamed += 1
            name = f"{self.letter}_{self.unnamed}"
            while name in self.taken:
                self.unnamed += 1
                name = f"{self.letter}_{self.unnamed}"
        block = self.add(name, shape, statement.line, depth)
        block.node = Node(rule, slots, shapes, options, plan, block)
        return self.values[name]

    def depth_of(self, ref: int) -> int:
        """The column a reference stands in; what reads a gradient stands behind the result."""
        if ref < 0:
            return 0
        block = self.owner[ref]
        return block.depth if block.first <= ref < block.first + block.size else self.base_depth

    def _joined(self, name: str, shapes: tuple[tuple[int, int], ...], statement: Statement, at: int) -> tuple[int, int]:
        try:
            rows, columns = np.broadcast_shapes(*shapes)
        except ValueError:
            texts = [f"{shape[0]} × {shape[1]}" for shape in shapes]
            raise wrong("shape_mismatch", statement.line, at, name=name, first=texts[0], second=texts[1]) from None
        return rows, columns
