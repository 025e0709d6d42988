"""Names of numbers as people write them, counted from 1, and the engine's addresses, counted from 0.

z1[2] is the second unit of layer 1, W1[1,2] leads from input 1 to unit 2, p1[2,1] what unit 1 ahead sends back to unit 2; with
several samples the sample comes first: z1[3,2]. A single number needs no brackets. The symbols of the stepper
are understood as well: h1, w5', dL/dw5, delta_h1, yhat.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import product

from engine.program import Program

_NAME = re.compile(r"([A-Za-z]{1,4}\d{0,2}'?)(?:\[([\d,\s]{1,20})\])?", re.ASCII)
_DROPPED = str.maketrans("", "", r"\_{} ")
_LETTERS = {
    "∂": "d",
    "δ": "delta",
    "η": "eta",
    "σ": "sigma",
    "ŷ": "y",
    "yhat": "y",
    "hat": "",
    "’": "'",
    "′": "'",
    "partial": "d",
}
_WEIGHTS = re.compile(r"d?W\d+'?", re.ASCII)


def find(program: Program, name: str, outputs_first: bool = False) -> list[str]:
    """The addresses that a name stands for: one number, or all numbers of a step in their order; empty if unknown.

    outputs_first: weight matrices are written with a row per unit, so their indices come the other way round.
    """
    plain = name.strip().replace("’", "'").replace("′", "'")
    plain = {"E": "L", "E_total": "L", "loss": "L", "rate": "eta"}.get(plain, plain)
    match = _NAME.fullmatch(plain)
    step = match.group(1) if match else ""
    if match and step in program.steps:
        shape = program.steps[step]
        turned = outputs_first and _WEIGHTS.fullmatch(step) is not None
        if match.group(2) is None:
            axes = [range(n) for n in (shape[::-1] if turned else shape)]
            return [_address(step, index[::-1] if turned else index) for index in product(*axes)]
        parts = [part.strip() for part in match.group(2).split(",")]
        if not all(part.isdigit() and len(part) < 6 for part in parts):
            return []
        index = _full(tuple(int(part) - 1 for part in parts), shape[::-1] if turned else shape)
        return [_address(step, index[::-1] if turned else index)] if index else []
    return by_symbol(program, plain)


def by_symbol(program: Program, name: str) -> list[str]:
    """The address whose symbol in the stepper is written like this; empty if there is none or more than one."""
    found = _symbols(program).get(re.sub(r"^dE/", "dL/", _plain(name)), ())
    return list(found) if len(found) == 1 else []


def _full(index: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """The index with the axes of length 1 that were left out; empty when it does not fit."""
    if len(index) < len(shape):
        if len(shape) - len(index) == 1 and shape[0] == 1:
            index = (0, *index)
        elif len(shape) - len(index) == 1 and shape[-1] == 1:
            index = (*index, 0)
    fits = len(index) == len(shape) and all(0 <= i < n for i, n in zip(index, shape, strict=True))
    return index if fits else ()


def _address(step: str, index: tuple[int, ...]) -> str:
    return f"{step}[{','.join(map(str, index))}]"


@lru_cache(maxsize=16)
def _symbols(program: Program) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for address, symbol in zip(program.addresses, program.symbols, strict=True):
        name = _plain(symbol)
        found[name] = (*found.get(name, ()), address)
    return found


def _plain(symbol: str) -> str:
    plain = symbol
    for written, meant in _LETTERS.items():
        plain = plain.replace(written, meant)
    return plain.translate(_DROPPED)


def written(program: Program, address: str) -> str:
    """The shortest bracket name of an address, counted from 1: z1[2], W1[1,2], L."""
    step, _, rest = address.partition("[")
    shape = program.steps[step]
    index = [int(part) + 1 for part in rest.removesuffix("]").split(",")]
    if all(n == 1 for n in shape):
        return step
    if shape[0] == 1:
        index = index[1:]
    elif len(shape) == 2 and shape[-1] == 1:
        index = index[:1]
    return f"{step}[{','.join(map(str, index))}]"
