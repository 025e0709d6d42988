"""Reading what people type: numbers in rows, with the line and the column of the first mistake.

Every character keeps its place: full-width forms, typographic minus signs and tabs are replaced one for one.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from engine import Refused

MAX_CHARACTERS = 65_536
MAX_LINES = 3_000
MAX_NUMBER = 1e12
_SAME = {
    "\u2212": "-",
    "–": "-",
    "：": ":",
    "；": ";",
    "，": ",",
    "、": ",",
    "＝": "=",
    "。": ".",
    "\t": " ",
    "\u00a0": " ",
    "\u3000": " ",
}
_UNSAFE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_FRACTION = re.compile(r"([+-]?\d{1,9})/(\d{1,9})", re.ASCII)
_PIECE = re.compile(r"[;\[\]]|[^\s;\[\]]+")
_COMMA = re.compile(r"[^,]+")


@cache
def words(lang: str) -> Mapping[str, str]:
    """The sentences of the workshop in a language, English for one that has none."""
    path = Path(__file__).parent / f"text.{'zh' if lang == 'zh' else 'en'}.json"
    loaded: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


class Misread(ValueError):
    """A text that cannot be used: the place of the first mistake (counted from 1) and what is wrong there.

    code: key of the sentence. details: its blanks. refused: what the engine said, where it was the one to refuse.
    """

    def __init__(self, code: str, line: int, column: int, refused: Refused | None = None, **details: object) -> None:
        self.code, self.line, self.column, self.refused, self.details = code, line, column, refused, details
        super().__init__(self.sentence("en"))

    def reason(self, lang: str) -> str:
        """What is wrong, without the place."""
        return str(self.refused) if self.refused else words(lang)[f"mistake.{self.code}"].format(**self.details)

    def sentence(self, lang: str, reason: str = "") -> str:
        """Where the mistake is and what is wrong; `reason` replaces the engine's English."""
        return words(lang)["place"].format(line=self.line, column=self.column, reason=reason or self.reason(lang))


@dataclass(frozen=True)
class Piece:
    """A part of a line and where it begins: line and column, counted from 1. raw: the same as it was typed."""

    text: str
    line: int
    column: int
    raw: str = ""

    def fail(self, code: str, offset: int = 0, **details: object) -> Misread:
        """The refusal of this part."""
        return Misread(code, self.line, self.column + offset, None, **details)

    def part(self, start: int, stop: int | None = None) -> Piece:
        """The characters from `start` to `stop`, without the blanks around them."""
        cut = self.text[start:stop]
        left = len(cut) - len(cut.lstrip())
        raw = self.raw[start:stop][left : left + len(cut.strip())]
        return Piece(cut.strip(), self.line, self.column + start + left, raw)


def lines(text: str) -> Iterator[Piece]:
    """The lines that say something, without comments; raises Misread for what no sheet contains."""
    if not isinstance(text, str) or len(text) > MAX_CHARACTERS:
        raise Misread("too_long", 1, 1, limit=MAX_CHARACTERS)
    all_lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if len(all_lines) > MAX_LINES:
        raise Misread("too_many_lines", MAX_LINES + 1, 1, limit=MAX_LINES)
    for number, raw in enumerate(all_lines, 1):
        for column, character in enumerate(raw, 1):
            if character != "\t" and unicodedata.category(character) in _UNSAFE:
                raise Misread("invisible", number, column)
        plain = "".join(_ascii(character) for character in raw)
        comment = re.search(r"^\s*#|\s#(?=\s|$)", plain)
        whole = Piece(plain, number, 1, raw).part(0, comment.start() if comment else None)
        if whole.text:
            yield whole


def _ascii(character: str) -> str:
    if character in _SAME:
        return _SAME[character]
    return chr(ord(character) - 0xFEE0) if "！" <= character <= "～" else character


def number(piece: Piece) -> float:
    """One finite number: 0.5, -3, 1e-4, or a fraction such as 1/3."""
    fraction = _FRACTION.fullmatch(piece.text)
    if fraction and int(fraction.group(2)):
        return int(fraction.group(1)) / int(fraction.group(2))
    if not _NUMBER.fullmatch(piece.text) or len(piece.text) > 400:
        raise piece.fail("number", text=shown(piece.text))
    value = float(piece.text)
    if not math.isfinite(value) or abs(value) > MAX_NUMBER:
        raise piece.fail("too_large", text=shown(piece.text))
    return value


def only_numbers(text: str) -> bool:
    """Whether a text is nothing but numbers in rows."""
    parts = re.findall(r"[^\s,;\[\]]+", text)
    return bool(parts) and all(_NUMBER.fullmatch(part) or _FRACTION.fullmatch(part) for part in parts)


def whole(piece: Piece, low: int, high: int) -> int:
    """A whole number in a range."""
    if not (piece.text.isascii() and piece.text.isdigit() and low <= int(piece.text[:9]) <= high):
        raise piece.fail("whole", text=shown(piece.text), low=low, high=high)
    return int(piece.text)


def shown(text: str) -> str:
    """A short form of what was typed, for a sentence."""
    return text if len(text) <= 32 else text[:30] + "…"


def table(piece: Piece) -> list[list[Piece]]:
    """Rows of numbers: blanks or commas between numbers, a semicolon or brackets between rows."""
    rows: list[list[Piece]] = [[]]
    depth = 0
    for match in _PIECE.finditer(piece.text):
        token, at = match.group(), match.start()
        if token == ";":
            if not rows[-1]:
                raise piece.fail("empty_row", at)
            rows.append([])
        elif token == "[":
            depth += 1
            if depth > 2:
                raise piece.fail("brackets", at)
            if depth == 2 and rows[-1]:
                rows.append([])
        elif token == "]":
            depth -= 1
            if depth < 0:
                raise piece.fail("brackets", at)
        else:
            # “1,2” may be 1.2 or two numbers: nobody can know, so it is refused. In brackets it is a list.
            bare = token.strip(",")
            if "," in bare and "." not in bare and not depth:
                raise piece.fail("comma", at, text=shown(bare))
            rows[-1] += [Piece(part.group(), piece.line, piece.column + at + part.start()) for part in _COMMA.finditer(token)]
    if depth:
        raise piece.fail("brackets", len(piece.text) - 1)
    return [row for row in rows if row]
