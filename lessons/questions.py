"""Predict, then reveal: questions before decisive steps, answered by the recorded run itself.

Each question belongs to one line of the calculation and one update. Its options and their reasons are texts of
`questions.<lang>.json`; which option is right is read from the trace, never written down.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from engine import Op, Trace

LANGUAGES = ("en", "zh")
NEAR = 1e-12


@dataclass(frozen=True)
class Question:
    """A question about the number of op `op` of update `update`; `answer` is the index of the right option."""

    op: int
    update: int
    kind: str
    prompt: str
    options: tuple[str, ...]
    answer: int
    because: str


@cache
def words(lang: str) -> dict[str, str]:
    """The texts of the questions in a language."""
    path = Path(__file__).parent / f"questions.{lang}.json"
    loaded: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def questions(trace: Trace, lang: str) -> tuple[Question, ...]:
    """All questions of a recorded run, in its order: a few per pass, so that stepping stays light."""
    return tuple(_unique(_all(trace, words(lang))))


def _unique(found: Iterator[Question]) -> Iterator[Question]:
    seen: set[tuple[int, int]] = set()
    for question in found:
        if (question.op, question.update) not in seen:
            seen.add((question.op, question.update))
            yield question


def _all(trace: Trace, text: dict[str, str]) -> Iterator[Question]:
    for update in range(min(2, trace.updates)):
        for s, op in enumerate(trace.ops):
            made = _ask(trace, text, op, s, update)
            if made:
                yield made


def _first(trace: Trace, rule: str) -> int | None:
    """The position of the first op whose rule starts with this."""
    return next((s for s, op in enumerate(trace.ops) if op.rule.startswith(rule)), None)


def _ask(trace: Trace, text: dict[str, str], op: Op, s: int, update: int) -> Question | None:
    """The question before this op, if it is a decisive one."""
    value = float(trace.values[update, op.index])
    symbol = _math(trace.program.symbols[op.index])
    first = s == _first(trace, op.rule)
    if update == 1:
        before = float(trace.values[0, op.index])
        return _compare(text, "loss_again", s, update, symbol, value, before) if _is_total(trace, op) else None
    if op.rule == "affine" and first:
        return _sign(text, "sum", s, update, symbol, value)
    if op.rule.startswith("act_") and first:
        z = float(trace.values[update, op.reads[0]])
        return _compare(text, "activation", s, update, symbol, value, z) if len(op.reads) == 1 else None
    if op.rule == "out_grad" or op.rule == "delta_logits":
        return _sign(text, "out_grad", s, update, symbol, value)
    if op.rule == "path" and op.layer and first:
        return _sign(text, "path", s, update, symbol, value)
    if op.rule == "collect" and first and len(op.reads) > 1:
        largest = max(abs(float(trace.values[update, i])) for i in op.reads)
        return _compare(text, "collect", s, update, symbol, abs(value), largest)
    if op.rule == "grad_weight":
        return _next_weight(trace, text, op, s, update, symbol)
    if op.rule.startswith("step_") and first:
        old = float(trace.values[update, op.reads[0]])
        return _compare(text, "step", s, update, symbol, value, old)
    return None


def _is_total(trace: Trace, op: Op) -> bool:
    return trace.program.addresses[op.index] == "L[0,0]"


def _next_weight(trace: Trace, text: dict[str, str], op: Op, s: int, update: int, symbol: str) -> Question | None:
    """For the second weight into the first unit of a layer: larger or smaller than the one before it?"""
    previous = trace.ops[s - 1]
    if op.unit != 0 or previous.rule != "grad_weight" or trace.ops[s - 2].rule == "grad_weight":
        return None
    value, other = (abs(float(trace.values[update, o.index])) for o in (op, previous))
    than = _math(trace.program.symbols[previous.index])
    return _compare(text, "grad_weight", s, update, symbol, value, other, than=than)


def _sign(text: dict[str, str], key: str, s: int, update: int, symbol: str, value: float) -> Question:
    answer = 0 if value > NEAR else 1 if value < -NEAR else 2
    options = (text["option.positive"], text["option.negative"], text["option.zero"])
    because = text[f"because.{key}.{('positive', 'negative', 'zero')[answer]}"]
    return Question(s, update, "sign", text[f"prompt.{key}"].replace("{it}", symbol), options, answer, because)


def _compare(
    text: dict[str, str], key: str, s: int, update: int, symbol: str, value: float, other: float, than: str = ""
) -> Question:
    close = abs(value - other) <= NEAR * max(1.0, abs(other))
    answer = 2 if close else 0 if value > other else 1
    options = (text["option.larger"], text["option.smaller"], text["option.same"])
    prompt = text[f"prompt.{key}"].replace("{it}", symbol).replace("{than}", than)
    because = text[f"because.{key}.{('larger', 'smaller', 'same')[answer]}"]
    return Question(s, update, "compare", prompt, options, answer, because)


def _math(symbol: str) -> str:
    return f"${symbol}$"
