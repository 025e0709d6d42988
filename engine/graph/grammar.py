"""The language of statements such as "q = relu(w @ x + b)": text to trees, by recursive descent, never by eval.

statement = name "=" sum
sum       = term { ("+" | "-") term }
term      = sign { ("*" | "/" | "@") sign }
sign      = "-" sign | "+" sign | power
power     = part [ ("**" | "^") sign ]
part      = atom { "[" index { "," index } "]" }
atom      = number | name | name "(" [ argument { "," argument } ] ")" | "(" sum ")" | "[" sum { "," sum } "]"
index     = [whole] [ ":" [whole] ]
argument  = sum | name "=" whole
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from engine.graph.reasons import wrong

MAX_STATEMENT = 300
MAX_STATEMENTS = 80
MAX_DEPTH = 24
MAX_PARTS = 1_500
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,19}", re.ASCII)
_TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|([A-Za-z_]\w*)|(\*\*|.))", re.ASCII)
_SAME = str.maketrans({"−": "-", "×": "*", "·": "*", "（": "(", "）": ")", "，": ",", "＝": "=", "＋": "+", "：": ":"})
_SIGNS = set("+-*/@^()[],=:") | {"**"}
_BINARY = {"+": "add", "-": "sub", "*": "mul", "/": "div", "@": "matmul"}


@dataclass(frozen=True)
class Num:
    """A number written in a statement."""

    value: float
    at: int


@dataclass(frozen=True)
class Name:
    """A number or an array by its name."""

    name: str
    at: int


@dataclass(frozen=True)
class Call:
    """A function, or an operation under its function's name, with options such as axis=1."""

    name: str
    args: tuple[Tree, ...]
    options: tuple[tuple[str, int], ...]
    at: int


@dataclass(frozen=True)
class Index:
    """Part of an array; each entry is a position, or (start, stop) of a slice with None for an open end."""

    base: Tree
    parts: tuple[int | tuple[int | None, int | None], ...]
    at: int


@dataclass(frozen=True)
class Items:
    """A list in square brackets."""

    items: tuple[Tree, ...]
    at: int


Tree = Num | Name | Call | Index | Items


@dataclass(frozen=True)
class Statement:
    """A parsed statement: the name it gives, and what the name stands for. line counts from 1."""

    name: str
    value: Tree
    line: int
    at: int


class _Parser:
    def __init__(self, text: str, line: int, budget: list[int]) -> None:
        self.line, self.budget = line, budget
        if not isinstance(text, str) or not text.strip():
            raise wrong("empty", line, 1)
        if len(text) > MAX_STATEMENT:
            raise wrong("too_long", line, MAX_STATEMENT + 1, value=len(text), limit=MAX_STATEMENT)
        self.tokens = self._tokens(text.translate(_SAME))
        self.position = 0
        self.depth = 0

    def _tokens(self, text: str) -> list[tuple[str, str, int]]:
        """(kind, text, column) of every token, kinds: number, name, sign, end."""
        found, at = [], 0
        while at < len(text.rstrip()):
            match = _TOKEN.match(text, at)
            if match is None or match.lastindex is None:
                break
            kind = ("number", "name", "sign")[match.lastindex - 1]
            word, column = match.group(match.lastindex), match.start(match.lastindex) + 1
            if kind == "sign" and word not in _SIGNS:
                raise wrong("strange_character", self.line, column, name=word if word.isprintable() else "?")
            found.append((kind, word, column))
            at = match.end()
        found.append(("end", "", len(text.rstrip()) + 1))
        return found

    @property
    def next(self) -> tuple[str, str, int]:
        return self.tokens[self.position]

    def take(self, *words: str) -> str:
        """The next token if it is one of these signs, else an empty text."""
        kind, word, _ = self.next
        if kind == "sign" and word in words:
            self.position += 1
            return word
        return ""

    def need(self, word: str) -> None:
        if not self.take(word):
            raise wrong("unclosed", self.line, self.next[2], name=word)

    def unexpected(self) -> Exception:
        kind, word, column = self.next
        return (
            wrong("unfinished", self.line, column) if kind == "end" else wrong("unexpected", self.line, column, name=word[:20])
        )

    def count(self, column: int) -> None:
        self.budget[0] -= 1
        if self.budget[0] < 0:
            raise wrong("too_many_parts", self.line, column, limit=MAX_PARTS)

    def statement(self) -> Statement:
        kind, name, at = self.next
        self.position += 1
        if kind != "name" or not self.take("="):
            raise wrong("no_equals", self.line, at)
        if not NAME.fullmatch(name):
            raise wrong("bad_name", self.line, at, name=name[:24])
        value = self.sum()
        if self.next[0] != "end":
            raise self.unexpected()
        return Statement(name, value, self.line, at)

    def sum(self) -> Tree:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise wrong("too_deep", self.line, self.next[2], limit=MAX_DEPTH)
        left = self.term()
        while True:
            at = self.next[2]
            word = self.take("+", "-")
            if not word:
                break
            left = self.call(_BINARY[word], (left, self.term()), at)
        self.depth -= 1
        return left

    def term(self) -> Tree:
        left = self.sign()
        while True:
            at = self.next[2]
            word = self.take("*", "/", "@")
            if not word:
                return left
            left = self.call(_BINARY[word], (left, self.sign()), at)

    def sign(self) -> Tree:
        signs = []
        while True:
            at = self.next[2]
            word = self.take("-", "+")
            if not word:
                break
            signs.append((word, at))
        value = self.power()
        for word, at in reversed(signs):
            if word == "-":
                value = Num(-value.value, at) if isinstance(value, Num) else self.call("neg", (value,), at)
        return value

    def power(self) -> Tree:
        base = self.part()
        at = self.next[2]
        if not self.take("**", "^"):
            return base
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise wrong("too_deep", self.line, at, limit=MAX_DEPTH)
        exponent = self.sign()
        self.depth -= 1
        return self.call("pow", (base, exponent), at)

    def part(self) -> Tree:
        value = self.atom()
        while True:
            at = self.next[2]
            if not self.take("["):
                return value
            parts = [self.index()]
            while self.take(","):
                parts.append(self.index())
            self.need("]")
            self.count(at)
            value = Index(value, tuple(parts), at)

    def index(self) -> int | tuple[int | None, int | None]:
        first = self.whole_or_none()
        if not self.take(":"):
            if first is None:
                raise wrong("whole_number", self.line, self.next[2])
            return first
        return first, self.whole_or_none()

    def whole_or_none(self) -> int | None:
        kind, word, column = self.next
        if kind != "number":
            return None
        if not word.isdigit() or len(word) > 6:
            raise wrong("whole_number", self.line, column)
        self.position += 1
        return int(word)

    def atom(self) -> Tree:
        kind, word, at = self.next
        self.count(at)
        if kind == "number":
            self.position += 1
            value = float(word) if len(word) <= 40 else math.inf
            if not math.isfinite(value):
                raise wrong("bad_number", self.line, at, name=word[:24])
            return Num(value, at)
        if kind == "name":
            self.position += 1
            return self.function(word, at) if self.take("(") else Name(word, at)
        if self.take("("):
            inside = self.sum()
            self.need(")")
            return inside
        if self.take("["):
            items = [self.sum()]
            while self.take(","):
                items.append(self.sum())
            self.need("]")
            return Items(tuple(items), at)
        raise self.unexpected()

    def function(self, name: str, at: int) -> Call:
        args: list[Tree] = []
        options: list[tuple[str, int]] = []
        while not self.take(")"):
            if (args or options) and not self.take(","):
                raise wrong("unclosed", self.line, self.next[2], name=")")
            if self.next[0] == "name" and self.tokens[self.position + 1][1] == "=":
                option = self.next[1]
                self.position += 2
                whole = self.whole_or_none()
                if whole is None:
                    raise wrong("whole_number", self.line, self.next[2])
                options.append((option, whole))
            elif options:
                raise self.unexpected()
            else:
                args.append(self.sum())
        return Call(name, tuple(args), tuple(options), at)

    def call(self, name: str, args: tuple[Tree, ...], at: int) -> Call:
        self.count(at)
        return Call(name, args, (), at)


def parse(statements: tuple[str, ...]) -> tuple[Statement, ...]:
    """The statements as trees; raises Refused("bad_expression", line=…, column=…, reason=…) at the first mistake."""
    if len(statements) > MAX_STATEMENTS:
        raise wrong("too_many_statements", MAX_STATEMENTS + 1, 1, value=len(statements), limit=MAX_STATEMENTS)
    budget = [MAX_PARTS]
    return tuple(_Parser(text, line, budget).statement() for line, text in enumerate(statements, 1))


def gradients_asked(statements: tuple[Statement, ...]) -> tuple[str, ...]:
    """The names that stand inside grad(…), in order and once each."""
    found: dict[str, None] = {}

    def walk(tree: Tree) -> None:
        if isinstance(tree, Call) and tree.name == "grad" and len(tree.args) == 1 and isinstance(tree.args[0], Name):
            found[tree.args[0].name] = None
        inside = tree.args if isinstance(tree, Call) else tree.items if isinstance(tree, Items) else ()
        for part in (tree.base,) if isinstance(tree, Index) else inside:
            walk(part)

    for statement in statements:
        walk(statement.value)
    return tuple(found)
