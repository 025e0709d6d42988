"""Grading: read what was typed, accept fair rounding, and name the mistake behind a wrong number."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

from lessons.exercises.base import Item

MAX_LENGTH = 40
MAX_NUMBER = 1e12
SHARE, LEAST = 0.02, 0.005
SAFE = 0.45  # of the way to the nearest mistake: less than half, so that no number fits both

# Keyboards for Chinese type full-width signs, and texts carry typographic minus signs. A table rather than Unicode
# normalisation, which would also turn a superscript ("10²") into a plain digit and change the number.
_ALIKE: dict[int, int | str] = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_ALIKE |= {0x2212: "-", 0x2013: "-", 0x3002: ".", 0xFF61: ".", 0x3000: " ", 0xA0: " ", 0x2009: " ", 0x2044: "/", 0x2215: "/"}
_NUMBER = re.compile(
    r"([+-]?)([0-9]+(?:[.,][0-9]*)?|[.,][0-9]+)(?:\s*(?:[eE]|[*x×·]\s*10\s*\^)\s*([+-]?[0-9]{1,4}|\([+-]?[0-9]{1,4}\)))?"
)
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity|∞)", re.IGNORECASE)


class Unreadable(ValueError):
    """Typed text that is no number; `code` names the sentence that says why."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True)
class Typed:
    """A number somebody typed: value, significant digits, and half a unit of the last digit (0 for a fraction)."""

    value: float
    digits: int
    half: float

    def rounds(self, value: float) -> bool:
        """Whether `value`, rounded to as many digits as were typed, is this number."""
        return self.half > 0 and abs(value - self.value) <= self.half * (1 + 1e-9)


@dataclass(frozen=True)
class Verdict:
    """What an answer turned out to be.

    kind: right, mistake, either (two mistakes fit), digits (too few to tell), sign, factor, rounding, other or
    unreadable. keys: the mistakes that fit, or the code of what could not be read. details: blanks of the sentence.
    """

    kind: str
    keys: tuple[str, ...] = ()
    details: dict[str, str] = field(default_factory=dict)

    @property
    def right(self) -> bool:
        """Whether the answer counts as right."""
        return self.kind == "right"


def parse_number(text: str) -> Typed:
    """The number in a piece of text: 0.5, 0,5, 1/3, 1.2e-3, −2, full-width digits.

    Raises Unreadable with a code: empty, long, not_finite, separators, zero_division, large or not_a_number.
    """
    clean = text.translate(_ALIKE).strip()
    if not clean:
        raise Unreadable("empty")
    if len(clean) > MAX_LENGTH:
        raise Unreadable("long")
    if _NOT_FINITE.fullmatch(clean):
        raise Unreadable("not_finite")
    parts = [part.strip() for part in clean.split("/")]
    if any(len(re.findall("[.,]", part)) > 1 for part in parts) and re.fullmatch(r"[-+0-9.,/ ]+", clean):
        raise Unreadable("separators")
    matches = [_NUMBER.fullmatch(part) for part in parts]
    if len(parts) > 2 or None in matches:
        raise Unreadable("not_a_number")
    numbers = [_typed(match) for match in matches if match]
    if len(numbers) == 1:
        typed = numbers[0]
    elif numbers[1].value == 0:
        raise Unreadable("zero_division")
    else:
        typed = Typed(numbers[0].value / numbers[1].value, 0, 0.0)
    if not math.isfinite(typed.value) or abs(typed.value) > MAX_NUMBER:
        raise Unreadable("large")
    return typed


def _typed(match: re.Match[str]) -> Typed:
    sign, mantissa, power = match.groups()
    mantissa = mantissa.replace(",", ".")
    exponent = int(power.strip("()")) if power else 0
    decimals = len(mantissa.partition(".")[2])
    try:
        half = 0.5 * 10.0 ** (exponent - decimals)
    except OverflowError:
        raise Unreadable("large") from None
    value = float(f"{sign}{mantissa}e{exponent}")
    return Typed(value, len(mantissa.replace(".", "").lstrip("0")), half)


def tolerance(value: float, others: list[float], exact: bool) -> float:
    """How far from `value` a number still counts as it: 2 % or 0.005, but never half-way to one of the others."""
    if exact:
        return 1e-9
    gaps = [abs(value - other) for other in others if other != value]
    return min([max(SHARE * abs(value), LEAST), *(SAFE * gap for gap in gaps)])


def grade(item: Item, text: str) -> Verdict:
    """The verdict on a typed answer; named mistakes are tried before the ones that any exercise can have."""
    try:
        typed = parse_number(text)
    except Unreadable as problem:
        return Verdict("unreadable", (problem.code,))
    value, answer, wrong = typed.value, item.answer, item.mistakes
    if abs(value - answer) <= tolerance(answer, list(wrong.values()), item.exact):
        return Verdict("right")
    rounds = typed.rounds(answer) and not item.exact
    if rounds and (typed.digits >= 3 or typed.half <= 0.00500001):
        doubtful = any(typed.rounds(other) for other in wrong.values())
        return Verdict("digits" if doubtful else "right")
    near = {key: abs(value - other) for key, other in wrong.items() if _fits(typed, item, other)}
    if near:
        keys = tuple(sorted(near, key=lambda key: near[key]))
        return Verdict("mistake" if len(keys) == 1 else "either", keys[:2])
    return Verdict("digits") if rounds else _generic(item, value)


def _fits(typed: Typed, item: Item, mistake: float) -> bool:
    # A slip of the pen inside a mistake is not worth guessing at: half the tolerance of a right answer.
    reach = 0.5 * tolerance(mistake, [item.answer], item.exact)
    close = abs(typed.value - mistake) <= reach
    return close or (not item.exact and typed.digits >= 3 and typed.rounds(mistake))


def _generic(item: Item, value: float) -> Verdict:
    answer = item.answer

    def equals(other: float) -> bool:
        return abs(value - other) <= (1e-9 if item.exact else 0.01 * abs(other) + 1e-9)

    if answer and equals(-answer):
        return Verdict("sign")
    if answer:
        n = item.count
        factors = {r"2": 2.0, r"\frac{1}{2}": 0.5, str(n): float(n), rf"\frac{{1}}{{{n}}}": 1.0 / n}
        for name, factor in factors.items():
            if equals(factor * answer):
                return Verdict("factor", (), {"factor": name})
        if not item.exact and abs(value - answer) <= 0.05 * abs(answer):
            return Verdict("rounding")
    return Verdict("other")
