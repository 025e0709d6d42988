"""Reading JSON that a stranger wrote: every mistake becomes one sentence with its place, never anything else."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

from engine import Refused

MAX_CHARACTERS = 65_536
MAX_DEPTH = 12
MAX_NUMBER = 1e12
_UNSAFE = {"Cc", "Cf", "Cs", "Co", "Cn"}
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"?', re.DOTALL)


def bad(place: str, reason: str) -> Refused:
    """The refusal of an example file: where it is wrong, and what is wrong there."""
    return Refused("bad_example", place=place, reason=reason)


@contextmanager
def from_engine(place: str) -> Iterator[None]:
    """What the engine refuses inside becomes a refusal of the file at this place."""
    try:
        yield
    except Refused as refused:
        if refused.code == "bad_example":
            raise
        raise bad(place, str(refused)) from None


def shown(value: object) -> str:
    """A short form of anything, safe to put into a sentence."""
    text = ascii(value) if not isinstance(value, str) or not value.isprintable() else f"“{value}”"
    return text if len(text) <= 42 else text[:40] + "…"


@dataclass(frozen=True)
class Node:
    """A value of the file and its place, such as "figures[3].at"; every reader raises Refused with that place."""

    value: Any
    place: str

    def fail(self, reason: str) -> NoReturn:
        """Refuse the file because of this value."""
        raise bad(self.place, reason)

    def fields(self, required: Collection[str], optional: Collection[str] = ()) -> dict[str, Node]:
        """The fields of an object, all of the required ones and no unknown ones."""
        if not isinstance(self.value, dict):
            self.fail("an object in braces is needed here.")
        for name in self.value:
            if name not in required and name not in optional:
                self.fail(f"there is no field {shown(name)}. Use: {', '.join([*required, *optional])}.")
        for name in required:
            if name not in self.value:
                self.fail(f"the field “{name}” is missing.")
        front = "" if self.place == "file" else f"{self.place}."
        return {name: Node(value, front + name) for name, value in self.value.items()}

    def items(self, least: int, most: int) -> list[Node]:
        """The entries of a list, at least and at most so many."""
        if not isinstance(self.value, list):
            self.fail("a list in square brackets is needed here.")
        if not least <= len(self.value) <= most:
            self.fail(f"{len(self.value)} entries; there must be {least} to {most}.")
        return [Node(value, f"{self.place}[{i}]") for i, value in enumerate(self.value)]

    def text(self, most: int) -> str:
        """A text that is not empty and has no invisible or control characters."""
        if not isinstance(self.value, str):
            self.fail(f"a text in quotation marks is needed, not {shown(self.value)}.")
        if not self.value.strip():
            self.fail("the text is empty.")
        if len(self.value) > most:
            self.fail(f"the text has {len(self.value)} characters; at most {most} are allowed.")
        if any(unicodedata.category(character) in _UNSAFE for character in self.value):
            self.fail("the text contains an invisible or a control character.")
        return self.value

    def choice(self, known: Collection[str]) -> str:
        """One of a few words."""
        if not isinstance(self.value, str) or self.value not in known:
            self.fail(f"{shown(self.value)} is unknown. Use one of: {', '.join(known)}.")
        return self.value

    def number(self) -> float:
        """A finite number, at most 1e12 in size."""
        if isinstance(self.value, bool) or not isinstance(self.value, (int, float)):
            self.fail(f"a number without quotation marks is needed, not {shown(self.value)}.")
        if not math.isfinite(self.value) or abs(self.value) > MAX_NUMBER:
            self.fail("the number is too large; at most 1e12 is allowed.")
        return float(self.value)

    def whole(self, low: int, high: int) -> int:
        """A whole number in a range."""
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            self.fail(f"a whole number is needed, not {shown(self.value)}.")
        if not low <= self.value <= high:
            self.fail(f"{shown(self.value)} is out of range; use {low} to {high}.")
        return self.value


def parse(text: str) -> Node:
    """The root of a JSON text; raises Refused for anything too long, too deep, not JSON, or with a doubled field."""
    if not isinstance(text, str):
        raise bad("file", "the file is not text.")
    if len(text) > MAX_CHARACTERS:
        raise bad("file", f"{len(text)} characters are too many; at most {MAX_CHARACTERS} are allowed.")
    _check_depth(text)
    try:
        value = json.loads(
            text.removeprefix("\ufeff"),
            object_pairs_hook=_unique,
            parse_constant=_constant,
            # Python's int() takes long over thousands of digits and may refuse; a float of any length is quick.
            parse_int=lambda digits: int(digits) if len(digits) < 19 else float(digits),
        )
    except json.JSONDecodeError as error:
        raise bad(f"line {error.lineno}, column {error.colno}", f"this is not JSON: {error.msg}.") from None
    return Node(value, "file")


def _check_depth(text: str) -> None:
    depth = 0
    for character in _STRING.sub("", text):
        if character in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise bad("file", f"brackets are nested more than {MAX_DEPTH} deep.")
        elif character in "]}":
            depth -= 1


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise bad("file", f"the field {shown(name)} stands twice in the same object.")
        found[name] = value
    return found


def _constant(name: str) -> NoReturn:
    raise bad("file", f"{name} is not a finite number.")
