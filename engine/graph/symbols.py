"""Symbols: how the names of a program are written: w_new as w with an index, eta as the Greek letter, loss upright."""

from __future__ import annotations

import re

GREEK = (
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "kappa", "lambda", "mu", "nu", "xi", "pi",
    "rho", "sigma", "tau", "phi", "chi", "psi", "omega",
)  # fmt: skip
_PARTS = re.compile(r"([A-Za-z]+)(\d*)(.*)", re.ASCII | re.DOTALL)


def _word(text: str) -> str:
    return f"\\{text}" if text in GREEK else text if len(text) == 1 or text.isdigit() else rf"\text{{{text}}}"


def _split(name: str) -> tuple[str, list[str]]:
    match = _PARTS.fullmatch(name)
    assert match is not None
    base, digits, rest = match.groups()
    subs = [digits] if digits else []
    return _word(base), subs + [_word(part) for part in rest.split("_") if part]


def symbol(name: str, shape: tuple[int, int] = (1, 1), row: int = 0, column: int = 0) -> str:
    """The markup of a name, or of one number of an array of this shape; the markup counts from 1."""
    base, subs = _split(name)
    if shape != (1, 1):
        subs += [str(row + 1)] if shape[1] == 1 else [str(column + 1)] if shape[0] == 1 else [str(row + 1), str(column + 1)]
    if not subs:
        return base
    joined = ",".join(subs)
    return f"{base}_{joined}" if len(joined) == 1 else f"{base}_{{{joined}}}"


def letter_for(names: set[str]) -> str:
    """A letter for the results that have no name, one that no name starts with."""
    bases = {_split(name)[0] for name in names}
    return next((letter for letter in "uvrqkhgcnm" if letter not in bases), "u")


def number(value: float) -> str:
    """A written number as markup: 0.5, 3, 2 \\cdot 10^{-5}."""
    text = repr(float(value)).removesuffix(".0")
    mantissa, _, exponent = text.partition("e")
    if not exponent:
        return text
    ten = f"10^{{{int(exponent)}}}"
    return ten if mantissa == "1" else rf"{mantissa.removesuffix('.0')} \cdot {ten}"
