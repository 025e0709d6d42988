"""Numbers on paper: exact where they are short, else rounded to significant digits the way people round."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal

from engine.trace import format_number

SURE = 14  # significant digits of a double; what stands behind them is noise of the binary calculation
PLAIN = range(-4, 7)  # powers of ten of the first digit that are written without one


def exact(value: float) -> str:
    """A given number as markup, with all its digits."""
    return _written(Decimal(format_number(value))) if math.isfinite(value) else _broken(value)


def rounded(value: float, digits: int) -> str:
    """A computed number as markup with so many significant digits, half away from zero; shorter when that is all of it."""
    if not math.isfinite(value):
        return _broken(value)
    number = _clean(value)
    if len(number.as_tuple().digits) <= digits:
        return _written(number)
    unit = Decimal(1).scaleb(number.adjusted() - digits + 1)
    near = number.quantize(unit, ROUND_HALF_UP)
    # 9.9996 to four digits is 10.00: one digit more than asked for.
    if near.adjusted() > number.adjusted():
        near = near.quantize(unit.scaleb(1), ROUND_HALF_UP)
    return _written(near)


def is_rounded(value: float, digits: int) -> bool:
    """Whether `rounded` had to leave digits out, so that the line needs ≈ instead of =."""
    return math.isfinite(value) and len(_clean(value).as_tuple().digits) > digits


def _clean(value: float) -> Decimal:
    """The number that a calculation by hand would find: 0.1 for 0.10000000000000009."""
    return Decimal(format_number(float(f"{value:.{SURE}g}"))).normalize()


def _written(number: Decimal) -> str:
    if number == 0:
        return "0"
    power = number.adjusted()
    if power in PLAIN:
        return f"{number:f}"
    return rf"{number.scaleb(-power):f} \cdot 10^{{{power}}}"


def _broken(value: float) -> str:
    return r"\text{?}" if math.isnan(value) else r"\infty" if value > 0 else r"-\infty"
