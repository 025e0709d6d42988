"""Formula markup (the LaTeX subset that the engine writes) as HTML, as plain text, and as runs for SVG.

The stepper's JavaScript draws the same markup on the screen; this is its counterpart for paper. Every text is escaped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from html import escape

SIGNS = {
    "cdot": "·", "times": "×", "sum": "∑", "partial": "∂", "sigma": "σ", "delta": "δ", "eta": "η", "le": "≤", "ge": "≥",
    "ell": "ℓ", "Phi": "Φ", "pi": "π", "pm": "±", "ne": "≠", "infty": "∞", "quad": "\u2003", ",": "\u2009", " ": " ",
    "beta": "β", "gamma": "γ", "epsilon": "ε", "mu": "μ", "lambda": "λ", "theta": "θ", "alpha": "α", "odot": "⊙",
    "varepsilon": "ε", "top": "⊤", "to": "→", "{": "{", "}": "}", "%": "%", "#": "#", "_": "_", "&": "&",
}  # fmt: skip
OPERATORS = set("+-=·×≤≥<>±≠−")
MAX_DEPTH = 40
_TOKEN = re.compile(r"\\[a-zA-Z]+|\\.|\d+(?:\.\d+)?|\s+|.", re.DOTALL)


@dataclass(frozen=True)
class Node:
    """A piece of a formula. kind: row, id, number, sign, word, fraction, root or script; parts: its rows, by kind."""

    kind: str
    text: str = ""
    parts: tuple[Node | None, ...] = ()


EMPTY = Node("row")


@lru_cache(maxsize=4096)
def html(markup: str) -> str:
    """A formula as HTML spans; paper.css lays out the fractions."""
    return f'<span class="m">{_html(_read(markup))}</span>'


@lru_cache(maxsize=4096)
def plain(markup: str) -> str:
    """A formula as one line of text: ∂L/∂w_5, z_h1, (a + b)/2."""
    return _plain(_read(markup))


@lru_cache(maxsize=1024)
def runs(markup: str) -> tuple[tuple[str, int, bool], ...]:
    """A symbol as (text, level, italic) for SVG, which has no boxes: level -1 is a subscript, 1 a superscript."""
    return tuple(_runs(_read(markup), 0))


class _Reader:
    def __init__(self, markup: str) -> None:
        self.tokens, self.at, self.depth = _TOKEN.findall(markup), 0, 0

    def row(self) -> Node:
        """Everything up to a closing brace or the end."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ValueError("the formula is nested too deep to print")
        found: list[Node] = []
        while self.at < len(self.tokens) and self.tokens[self.at] != "}":
            token = self.tokens[self.at]
            if token not in ("_", "^"):
                if node := self.atom():
                    found.append(node)
                continue
            self.at += 1
            part, which = self.argument(), token == "^"
            base, scripts = (found.pop() if found else EMPTY), [None, None]  # type: tuple[Node, list[Node | None]]
            if base.kind == "script" and base.parts[1 + which] is None:
                base, *scripts = base.parts  # type: ignore[assignment]
            scripts[which] = part
            found.append(Node("script", parts=(base, *scripts)))
        self.depth -= 1
        return Node("row", parts=tuple(found))

    def argument(self) -> Node:
        """What a command or a script applies to: a braced row, or one sign."""
        while self.at < len(self.tokens) and self.tokens[self.at].isspace():
            self.at += 1
        if self.at < len(self.tokens) and self.tokens[self.at] == "{":
            self.at += 1
            found = self.row()
            self.at += 1
            return found
        return Node("row", parts=tuple(filter(None, [self.atom()])))

    def atom(self) -> Node | None:
        """The next sign, number, letter or command; None for white space and at the end."""
        if self.at >= len(self.tokens):
            return None
        token = self.tokens[self.at]
        if token == "{":
            return self.argument()
        self.at += 1
        if token.isspace():
            return None
        if token[0] == "\\" and len(token) > 1:
            return self.command(token[1:])
        if token == "'":
            return Node("word", "′")
        if token in OPERATORS:
            return Node("sign", "−" if token == "-" else token)
        if token[0].isdigit():
            return Node("number", token)
        return Node("id" if token.isalpha() else "word", token)

    def command(self, name: str) -> Node | None:
        """A backslash command; one that is not known prints its name."""
        match name:
            case "frac" | "tfrac":
                return Node("fraction", parts=(self.argument(), self.argument()))
            case "sqrt":
                return Node("root", parts=(self.argument(),))
            case "text":
                return Node("word", _plain(self.words()))
            case "hat":
                return Node("id", f"{_plain(self.argument())}\u0302")
            case "left" | "right":
                return None
        sign = SIGNS.get(name)
        if sign in OPERATORS:
            return Node("sign", sign or "")
        return Node("id" if sign and sign in "σδηℓβγεμλθα" else "word", sign or name)

    def words(self) -> Node:
        """The argument of \\text, with its spaces."""
        start = self.at + 1
        while self.at < len(self.tokens) and self.tokens[self.at] != "}":
            self.at += 1
        self.at += 1
        return Node("word", "".join(self.tokens[start : self.at - 1]))


@lru_cache(maxsize=4096)
def _read(markup: str) -> Node:
    return _Reader(markup).row()


def _is_prefix(row: tuple[Node | None, ...], at: int) -> bool:
    """Whether a minus is a sign in front of a number rather than an operation between two."""
    before = row[at - 1] if at else None
    node = row[at]
    starts = before is None or before.kind == "sign" or (before.kind == "word" and before.text in ("(", "[", "{", "|", ","))
    return node is not None and node.text == "−" and starts


def _html(node: Node | None) -> str:
    if node is None:
        return ""
    text, parts = escape(node.text), node.parts
    match node.kind:
        case "row":
            return "".join(
                f'<span class="o">{escape(part.text)}</span>'
                if part and part.kind == "sign" and not _is_prefix(parts, at)
                else _html(part)
                for at, part in enumerate(parts)
            )
        case "id":
            return f"<i>{text}</i>"
        case "word":
            return ",\u2009" if text == "," else text
        case "fraction":
            return f'<span class="f"><span>{_html(parts[0])}</span><span>{_html(parts[1])}</span></span>'
        case "root":
            return f'√<span class="r">{_html(parts[0])}</span>'
        case "script":
            scripts = "".join(f"<{tag}>{_html(part)}</{tag}>" for tag, part in (("sup", parts[2]), ("sub", parts[1])) if part)
            return _html(parts[0]) + (f'<span class="b">{scripts}</span>' if parts[1] and parts[2] else scripts)
    return text


def _plain(node: Node | None) -> str:
    if node is None:
        return ""
    parts = node.parts
    match node.kind:
        case "row":
            return "".join(
                f" {part.text} " if part and part.kind == "sign" and not _is_prefix(parts, at) else _plain(part)
                for at, part in enumerate(parts)
            )
        case "fraction":
            return f"{_grouped(parts[0])}/{_grouped(parts[1])}"
        case "root":
            return f"√({_plain(parts[0])})"
        case "script":
            low, high = _plain(parts[1]).replace("_", ""), _plain(parts[2])
            high = high if not high or high.startswith("(") else f"^{high if len(high) == 1 else f'({high})'}"
            return f"{_plain(parts[0])}{'_' if low else ''}{low}{high}"
    return node.text


def _grouped(node: Node | None) -> str:
    text = _plain(node)
    return f"({text})" if re.search(r"[ +]", text) else text


def _runs(node: Node | None, level: int) -> list[tuple[str, int, bool]]:
    if node is None:
        return []
    if node.kind == "script":
        base, low, high = node.parts
        return [*_runs(base, level), *_runs(low, level - 1), *_runs(high, level + 1)]
    if node.kind == "fraction":
        return [*_runs(node.parts[0], level), ("/", level, False), *_runs(node.parts[1], level)]
    if node.parts:
        return [run for part in node.parts for run in _runs(part, level)]
    return [(node.text, level, node.kind == "id")] if node.text else []
