"""The table of an example's printed figures: published, computed, verdict in words, the right value, likely cause."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_DOWN, Decimal
from html import escape

from engine.trace import format_number
from lessons.examples import Judged, WorkedExample
from lessons.examples.judge import printed_number
from lessons.follows import follows
from ui.i18n import text

MARKS = {"match": "✓", "last-digit": "≈", "float32": "≈", "rounded-chain": "≈", "wrong": "✗"}
COLUMNS = ("symbol", "published", "computed", "digits", "verdict", "should_be")


def figure_table(example: WorkedExample, found: Sequence[Judged], lang: str) -> str:
    """The figures of an example as an HTML table in a region that scrolls sideways on a narrow screen."""
    words = text(lang)
    head = "".join(f'<th scope="col" class="ng-c-{name}">{words[f"gallery.column.{name}"]}</th>' for name in COLUMNS)
    rows = "".join(_row(one, causes, lang) for one, causes in zip(found, follows(example), strict=True))
    return (
        f'<div class="ng-scroll" role="region" tabindex="0" aria-label="{escape(words["gallery.published"])}">'
        f'<table class="ng-figures"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def verdict_words(one: Judged, causes: Sequence[str], lang: str) -> str:
    """The verdict on a figure in words."""
    words = text(lang)
    if one.verdict == "wrong" and causes:
        return words["gallery.verdict.follows"].format(names=words["gallery.comma"].join(causes[:3]))
    if one.verdict == "last-digit" and _is_cut(one):
        return words["gallery.verdict.cut"]
    digits = places(one.figure.text)
    if one.verdict == "match" and one.digits == 1:
        return words["gallery.verdict.match_one"]
    return words[f"gallery.verdict.{one.verdict}"].format(digits=one.digits, of=digits)


def places(printed: str) -> int:
    """How many significant digits a printed figure has; at least 1."""
    number = printed_number(printed)
    return max(1, number.adjusted() - int(number.as_tuple().exponent) + 1)


def _is_cut(one: Judged) -> bool:
    """Whether the printed figure is the computed number with its last digits left out."""
    printed = printed_number(one.figure.text)
    return Decimal(repr(one.computed)).quantize(printed, ROUND_DOWN) == printed


def _row(one: Judged, causes: Sequence[str], lang: str) -> str:
    figure, words = one.figure, text(lang)
    told = f"{MARKS[one.verdict]}\u2002{escape(verdict_words(one, causes, lang))}"
    cells = {
        "symbol": escape(figure.symbol),
        "published": _number(figure.text),
        "computed": _number(format_number(one.computed)),
        "digits": words["gallery.digits"].format(digits=one.digits, of=places(figure.text)),
        "verdict": f'<span class="ng-{one.verdict}">{told}</span>',
        "should_be": _number(one.should_be) if one.should_be else "",
    }
    row = "".join(f'<td class="ng-c-{name}">{cells[name]}</td>' for name in COLUMNS[1:])
    front, why = f'<tr><th scope="row" class="ng-c-symbol">{cells["symbol"]}</th>{row}</tr>', figure.note(lang)
    if not why:
        return front
    # A row of its own for the sentence: as a column it would push the numbers off a screen of ordinary width.
    told = f"<b>{words['gallery.why']}</b> {escape(why)}"
    return f'{front}<tr class="ng-note"><td colspan="{len(COLUMNS)}"><div>{told}</div></td></tr>'


def _number(text_: str) -> str:
    return escape(text_.replace("-", "\u2212"))
