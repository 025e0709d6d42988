"""The words of a verdict: what was done, why it fails here and the next move, in the reader's language."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from engine import Trace
from lessons.check.cells import Cell
from lessons.check.judge import Verdict
from lessons.exercises.base import tex
from lessons.exercises.wording import LANGUAGES, fill
from lessons.exercises.wording import texts as exercise_texts

SHOWN = 6  # significant digits of a value in a sentence
_DIGITS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_PLAIN = {r"\partial ": "∂", r"\hat{y}": "ŷ", r"\delta": "δ", r"\sigma": "σ", r"\tanh": "tanh", r"\ell": "ℓ", r"\eta": "η"}

_OF = re.compile(r"(z|δ)_\{((?:[^{}]|\{[^{}]*\})*)\}")  # z_{h_1} is read as z(h₁)


@dataclass(frozen=True)
class Told:
    """A verdict in words. title: the verdict itself or the name of the slip. lines: sentences in Markdown."""

    title: str
    lines: tuple[str, ...] = ()


@cache
def texts(language: str) -> dict[str, Any]:
    """All sentences of a language; any but the known ones reads English."""
    name = f"text.{language if language in LANGUAGES else 'en'}.json"
    found: dict[str, Any] = json.loads(resources.files("lessons.check").joinpath(name).read_text("utf-8"))
    return found


def slip_name(name: str, language: str) -> str:
    """What a slip is called."""
    return str(texts(language)["slips"][name]["name"])


def slip_sentence(name: str, symbol: str, language: str) -> str:
    """What was done, why it fails here, and the next move. symbol: markup of the place where it was done."""
    told = texts(language)["slips"][name]
    joint = "" if language == "zh" else " "
    return joint.join(fill(told[part], {"it": f"${symbol}$"}) for part in ("did", "why", "move"))


def tell(trace: Trace, cell: Cell, verdict: Verdict, language: str, update: int = 0) -> Told:
    """A verdict in words; nothing for a blank cell."""
    words = texts(language)["verdicts"]
    match verdict.kind:
        case "blank":
            return Told(words["blank"])
        case "unreadable":
            return Told(words["unreadable"], (str(exercise_texts(language)["unreadable"][verdict.keys[0]]),))
        case "follows":
            exact = f"${tex(float(trace.values[update, cell.index]), SHOWN)}$"
            return Told(words["follows"], (fill(words["follows_line"], {"exact": exact}),))
        case "rounded":
            key = verdict.keys[0]
            if key in words:
                return Told(words["rounded"], (words[key],))
            return Told(_capital(slip_name(key, language)), (slip_sentence(key, cell.symbol, language),))
        case "slip" | "either":
            lines = [_about(trace, cell, key, at, language, verdict.kind == "either") for key, at in _pairs(verdict)]
            title = _capital(slip_name(verdict.keys[0], language)) if verdict.kind == "slip" else words["either"]
            return Told(title, tuple(lines))
        case "wrong":
            return Told(words["wrong"], (words["wrong_line"],))
    return Told(words["right"])


def _pairs(verdict: Verdict) -> list[tuple[str, str]]:
    return list(zip(verdict.keys, verdict.places, strict=True))


def _about(trace: Trace, cell: Cell, key: str, at: str, language: str, several: bool) -> str:
    """One slip: named where several stand side by side, and with its place where it was made earlier."""
    symbol = trace.program.symbols[trace.program.find(at)] if at else cell.symbol
    told = slip_sentence(key, symbol, language)
    if at:
        told = f"{fill(texts(language)['verdicts']['earlier'], {'place': f'${symbol}$'})} {told}"
    if several:
        joint = "：" if language == "zh" else ": "
        return f"**{_capital(slip_name(key, language))}**{joint}{told}"
    return told


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def label(cell: Cell, language: str) -> str:
    """A cell's name without formulas, for people who listen: "weighted sum, z h₁"."""
    kind = texts(language)["kinds"][cell.kind if not cell.address.split("[")[0].endswith("'") else cell.kind[0]]
    return f"{kind}, {plain(cell.symbol)}"


def plain(markup: str) -> str:
    """Symbols without markup: h_{2,1} is h₂,₁ and ∂L/∂w_5 is ∂L/∂w₅."""
    for old, new in _PLAIN.items():
        markup = markup.replace(old, new)
    markup = _OF.sub(r"\1(\2)", markup)
    out, low = "", False
    for char in markup:
        low = char in "_" or (low and char in "{0123456789,")
        out += char.translate(_DIGITS) if low else char
    return out.replace("_", "").replace("{", "").replace("}", "").replace("^", "").replace("\\text", "").replace("|", " ")
