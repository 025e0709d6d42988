"""The words of an exercise: task, hints, worked lines and feedback, in the reader's language.

Blanks are written [[name]], because braces belong to LaTeX.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources
from typing import Any

from lessons.exercises.base import Item, Step, tex
from lessons.exercises.grading import Verdict

LANGUAGES = ("en", "zh")
_BLANK = re.compile(r"\[\[(\w+)\]\]")


@cache
def texts(language: str) -> dict[str, Any]:
    """All sentences of a language; any but the known ones reads English."""
    name = f"text.{language if language in LANGUAGES else 'en'}.json"
    found: dict[str, Any] = json.loads(resources.files("lessons.exercises").joinpath(name).read_text("utf-8"))
    return found


def fill(sentence: str, blanks: dict[str, str]) -> str:
    """The sentence with its blanks filled; raises KeyError for one that has no value."""
    return _BLANK.sub(lambda match: blanks[match.group(1)], sentence)


def _blanks(item: Item, language: str) -> dict[str, str]:
    words, join = texts(language)["words"], texts(language)["join"]

    def written(value: str | tuple[str, ...]) -> str:
        if isinstance(value, tuple):
            return str(join.join(value))
        return str(words[value[1:]]) if value.startswith("@") else value

    return {name: written(value) for name, value in item.data.items()}


def title(name: str, language: str) -> str:
    """The title of a template."""
    return str(texts(language)["templates"][name]["title"])


def task(item: Item, language: str) -> str:
    """The question, in Markdown with LaTeX."""
    return fill(texts(language)["templates"][item.name]["task"][str(item.level)], _blanks(item, language))


def hints(item: Item, language: str) -> tuple[str, ...]:
    """Hints that say more and more: the rule, the last formula, the first number, the last line with numbers."""
    book, steps = texts(language), item.steps
    blanks = _blanks(item, language)
    blanks["rule"] = fill(book["templates"][item.name]["rule"], blanks)
    first, last = steps[0], steps[-1]
    blanks |= {"symbol": last.symbol, "formula": last.formula, "numbers": last.numbers}
    told = [fill(book["hints"][key], blanks) for key in ("rule", "formula")]
    if len(steps) > 1:
        about = {"label": book["steps"][first.label], "symbol": first.symbol, "value": tex(first.value)}
        told.append(fill(book["hints"]["first"], about))
    return (*told, fill(book["hints"]["last"], blanks))


def worked(item: Item, language: str) -> tuple[tuple[str, str], ...]:
    """The worked solution: (what the line does, its LaTeX) for every line."""
    labels = texts(language)["steps"]
    return tuple((labels[step.label], _line(step)) for step in item.steps)


def _line(step: Step) -> str:
    parts = [step.formula, step.numbers, tex(step.value)]
    shown = [part for k, part in enumerate(parts) if part and part not in parts[:k]]
    return rf"\begin{{aligned}} {step.symbol} &= " + r" \\ &= ".join(shown) + r" \end{aligned}"


def mistake(item: Item, key: str, language: str) -> str:
    """The sentence about one mistake: what happened, why it fails here, and the next move."""
    book = texts(language)
    sentence = book["override"].get(item.name, {}).get(key) or book["mistakes"][key]
    return fill(sentence, _blanks(item, language))


def feedback(item: Item, verdict: Verdict, language: str) -> str:
    """What the learner reads after an answer, in Markdown with LaTeX."""
    book = texts(language)
    if verdict.kind == "unreadable":
        return str(book["unreadable"][verdict.keys[0]])
    sentences = [mistake(item, key, language) for key in verdict.keys]
    blanks = {"sentence": sentences[0] if sentences else "", **verdict.details}
    told = fill(book["verdicts"][verdict.kind], blanks)
    if verdict.kind == "either":
        told += "\n" + "".join(f"\n- {sentence}" for sentence in sentences)
    return told
