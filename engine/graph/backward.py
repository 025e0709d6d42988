"""The plan of the way back: for every number that matters, which uses it has and which line collects them.

A number that one operation reads has one line. One that several read has a line per use (steps p.x.1, p.x.2, …) and
a line that adds them up (step d.x). Derivatives that are not plain numbers have lines of their own (steps s.y).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from engine.graph.lower import Block, Lowering, Node
from engine.graph.pointwise import Pointwise
from engine.graph.symbols import number, symbol
from engine.program import Args, Op
from engine.refusal import Refused

_HOLE = re.compile(r"#([abygs]|\d+)")
Piece = tuple[str, Sequence[int]]  # a term: formula with #0, #1, … and the references they stand for


@dataclass(eq=False)
class Use:
    """One operand of one operation that reads numbers of a block.

    entries: which elements of the operand; targets: which number of the block each is. path: first address and the
    numbers of its path step, where some of them have several uses. slope: first address of the derivative's own step.
    """

    node: Node
    slot: int
    entries: np.ndarray
    targets: np.ndarray
    path: tuple[int, np.ndarray] | None = None
    slope: int | None = None


@dataclass(eq=False)
class Sweep:
    """The way back through one block: its gradient starts at `first`. seed: it is the result, whose gradient is 1."""

    block: Block
    first: int
    uses: list[Use]
    seed: bool


@dataclass(eq=False)
class Backward:
    """All sweeps in order, the steps they fill (name -> shape, first address, block, symbols) and their lines."""

    sweeps: list[Sweep] = field(default_factory=list)
    steps: dict[str, tuple[tuple[int, int], int]] = field(default_factory=dict)
    symbols: dict[int, str] = field(default_factory=dict)
    places: dict[int, tuple[str | int, ...]] = field(default_factory=dict)
    ops: list[Op] = field(default_factory=list)


def join(terms: Sequence[Piece], constants: Sequence[float]) -> tuple[str, tuple[int, ...]]:
    """One formula from the terms of a sum, with written constants in place, and the addresses it reads."""
    reads: list[int] = []
    texts: list[str] = []
    for formula, refs in terms:

        def hole(match: re.Match[str], formula: str = formula, refs: Sequence[int] = refs) -> str:
            ref = refs[int(match.group(1))]
            if ref >= 0:
                reads.append(ref)
                return f"#{len(reads) - 1}"
            text = number(constants[-1 - ref])
            power = formula[match.end() : match.end() + 1] == "^"
            guarded = (text.startswith("-") and match.start() > 0) or (power and not text.isdigit())
            return f"({text})" if guarded else text

        texts.append(re.sub(r"#(\d+)", hole, formula))
    total = texts[0] if texts else "0"
    for text in texts[1:]:
        total += f" - {text[1:]}" if text.startswith("-") else f" + {text}"
    return total, tuple(reads)


def lettered(formula: str, meanings: dict[str, int]) -> Piece:
    """A pointwise formula with #a, #b, #y, #g, #s as one with numbered places."""
    refs: list[int] = []

    def hole(match: re.Match[str]) -> str:
        refs.append(meanings[match.group(1)])
        return f"#{len(refs) - 1}"

    return _HOLE.sub(hole, formula), refs


def meanings_of(node: Node, element: int) -> dict[str, int]:
    """What #a, #b and #y stand for in one line of a pointwise operation."""
    found = {"ab"[k]: int(slot[element]) for k, slot in enumerate(node.slots)}
    found["y"] = node.block.first + element
    return found


class Planner:
    """Makes the `Backward` of a lowered program."""

    def __init__(self, program: Lowering, result: Block, wanted: set[int]) -> None:
        self.program, self.result = program, result
        self.made = Backward()
        self.live = self._live(wanted)
        self.uses = self._uses()
        self.gradient: dict[int, int] = {}
        self.slopes: dict[tuple[int, int], int] = {}
        self.f = result.symbol

    def _live(self, wanted: set[int]) -> set[int]:
        """Positions of the blocks that a wanted one goes into and that go into the result."""
        program, ahead, behind = self.program, set(wanted), {self.result.position}
        reads: dict[int, set[int]] = {}
        for block in program.blocks:
            refs = np.unique(np.concatenate(block.node.slots)) if block.node else np.zeros(0, dtype=int)
            reads[block.position] = {program.owner[ref].position for ref in refs if ref >= 0}
            if reads[block.position] & ahead:
                ahead.add(block.position)
        for block in reversed(program.blocks):
            if block.position in behind:
                behind |= reads[block.position]
        return ahead & behind

    def plan(self) -> Backward:
        """Write every step and line of the way back."""
        for block in reversed(self.program.blocks):
            if block.position in self.live:
                self._sweep(block)
        return self.made

    def _step(self, name: str, block: Block, shape: tuple[int, int], symbols: list[str], cells: np.ndarray) -> int:
        first = self.program.allocate(block, shape[0] * shape[1])
        self.made.steps[name] = (shape, first)
        for k, text in enumerate(symbols):
            row, column = divmod(int(cells[k]), block.shape[1])
            self.made.symbols[first + k] = text
            self.made.places[first + k] = ("cell", block.id, row, column)
        return first

    def _uses(self) -> dict[int, list[Use]]:
        """Position of a block -> the operands that read numbers of it, in the order of the calculation."""
        position = np.array([block.position for block in self.program.owner])
        found: dict[int, list[Use]] = {}
        for block in self.program.blocks:
            if block.position not in self.live or block.node is None:
                continue
            for slot, refs in enumerate(block.node.slots):
                sources = np.where(refs >= 0, position[refs], -1)
                for source in np.unique(sources):
                    if int(source) in self.live:
                        entries = np.flatnonzero(sources == source)
                        targets = refs[entries] - self.program.blocks[int(source)].first
                        found.setdefault(int(source), []).append(Use(block.node, slot, entries, targets))
        return found

    def _sweep(self, block: Block) -> None:
        uses = self.uses.get(block.position, [])
        count = np.zeros(block.size, dtype=int)
        for use in uses:
            count[np.unique(use.targets)] += 1
        many = count > 1
        names = [symbol(block.id, block.shape, *divmod(k, block.shape[1])) for k in range(block.size)]
        pieces: list[list[tuple[Use, list[Piece]]]] = [[] for _ in range(block.size)]
        parts: list[list[int]] = [[] for _ in range(block.size)]
        for n, use in enumerate(uses, 1):
            self._slope(use)
            numbers = np.unique(use.targets)
            terms = {int(k): self._terms(use, int(k)) for k in numbers}
            several = numbers[many[numbers]]
            if several.size:
                shape = block.shape if several.size == block.size else (1, int(several.size))
                symbols = [rf"\partial {self.f}/\partial {names[k]}|_{{{use.node.block.symbol}}}" for k in several]
                first = self._step(f"p.{block.id}.{n}", block, shape, symbols, several)
                use.path = (first, several)
                for m, k in enumerate(several):
                    parts[k].append(first + m)
                    self._write(first + m, f"back_{use.node.rule.name}", block, terms[int(k)], names[k], use.node.block)
            for k in numbers:
                pieces[k].append((use, terms[int(k)]))
        symbols = [rf"\partial {self.f}/\partial {name}" for name in names]
        first = self._step(f"d.{block.id}", block, block.shape, symbols, np.arange(block.size))
        self.gradient[block.position] = first
        self.made.sweeps.append(Sweep(block, first, uses, block is self.result))
        for k in range(block.size):
            if parts[k]:
                terms_k: list[Piece] = [("#0", (part,)) for part in parts[k]]
                self._write(first + k, "back_collect", block, terms_k, names[k], block, len(parts[k]))
            elif pieces[k]:
                use, own = pieces[k][0]
                self._write(first + k, f"back_{use.node.rule.name}", block, own, names[k], use.node.block)
            elif block is self.result:
                self._write(first + k, "back_seed", block, [("1", ())], names[k], block)
            else:
                self._write(first + k, "back_none", block, [("0", ())], names[k], block)

    def _slope(self, use: Use) -> None:
        """The derivative's own step, once per operand."""
        node = use.node
        if not isinstance(node.rule, Pointwise):
            return
        part = node.rule.parts[use.slot]
        if not part.slope or (part.plain and np.all(node.slots[1 - use.slot] < 0)):
            return
        block = node.block
        key = (block.position, use.slot)
        if key not in self.slopes:
            single = len(node.slots) == 1
            symbols = [self._slope_symbol(node, use.slot, k) for k in range(block.size)]
            name = f"s.{block.id}" if single else f"s.{block.id}.{use.slot + 1}"
            first = self.slopes[key] = self._step(name, block, block.shape, symbols, np.arange(block.size))
            for k in range(block.size):
                operand = self._symbol_of(int(node.slots[use.slot][k]))
                piece = lettered(part.slope, meanings_of(node, k))
                self._write(first + k, "back_slope", block, [piece], operand, block, y=self._name(block, k))
        use.slope = self.slopes[key]

    def _slope_symbol(self, node: Node, slot: int, k: int) -> str:
        operand = self._symbol_of(int(node.slots[slot][k]))
        letter = {"sigmoid": r"\sigma", "tanh": r"\tanh", "relu": r"\text{relu}"}.get(node.rule.name)
        return f"{letter}'({operand})" if letter else f"{self._name(node.block, k)}'_{{{operand}}}"

    def _name(self, block: Block, k: int) -> str:
        return symbol(block.id, block.shape, *divmod(k, block.shape[1]))

    def _symbol_of(self, ref: int) -> str:
        if ref < 0:
            return number(self.program.constants[-1 - ref])
        block = self.program.owner[ref]
        return self._name(block, ref - block.first)

    def _terms(self, use: Use, k: int) -> list[Piece]:
        """Everything that one operand sends back to number k of its block."""
        node, rule, upstream = use.node, use.node.rule, self.gradient[use.node.block.position]
        terms: list[Piece] = []
        for element in use.entries[use.targets == k]:
            e = int(element)
            if isinstance(rule, Pointwise):
                part = rule.parts[use.slot]
                meanings = meanings_of(node, e) | {"g": upstream + e}
                if use.slope is not None:
                    meanings["s"] = use.slope + e
                formula = part.plain if part.plain and use.slope is None else part.back
                terms.append(lettered(formula, meanings))
                continue
            assert node.plan is not None
            for formula, refs in node.plan.back(use.slot, e):
                where = {"y": node.block.first, "g": upstream}
                made = [int(node.slots[slot][at]) if kind == "x" else where[kind] + at for kind, slot, at in refs]
                terms.append((formula, made))
        self.program.count(len(terms))
        return terms

    def _write(
        self, it: int, rule: str, block: Block, terms: list[Piece], x: str, to: Block, n: int | None = None, y: str = ""
    ) -> None:
        formula, reads = join(terms, self.program.constants)
        args: Args = {"it": it, "x": x, "y": y or to.symbol, "r": self.f, "n": str(n or max(1, len(terms)))}
        self.made.ops.append(Op(it, "backward", block.statement, block.position, 0, rule, formula, reads, args))


def forward_lines(program: Lowering, block: Block) -> Iterator[Op]:
    """The lines that compute a block, one per number."""
    node = block.node
    assert node is not None
    for k in range(block.size):
        if isinstance(node.rule, Pointwise):
            piece = lettered(node.rule.formula, meanings_of(node, k))
        else:
            assert node.plan is not None
            formula, refs = node.plan.line(k)
            piece = formula, [int(node.slots[slot][at]) for _, slot, at in refs]
        formula, reads = join([piece], program.constants)
        it = block.first + k
        args: Args = {"it": it, "n": str(len(piece[1]))}
        yield Op(it, block.phase, block.statement, block.position, 0, f"do_{node.rule.name}", formula, reads, args)
        if len(formula) > 40_000:
            raise Refused("too_much_to_record", value=len(formula))
