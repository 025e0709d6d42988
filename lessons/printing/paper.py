"""Sheets and answer keys as one HTML file each: everything inside, nothing fetched, made to be printed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import cache
from html import escape
from importlib import resources

from engine import Experiment
from lessons.printing.markup import html, plain
from lessons.printing.picture import picture
from lessons.printing.sheet import PHASES, Line, Sheet, Student
from lessons.printing.words import texts

TAGS = {"en": "en", "zh": "zh-CN"}
# Not even a picture from outside could be loaded, whatever a file's text says.
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
COLUMNS = 7  # of answers in a table of the key, on a portrait page
LONG = 40  # characters of a formula that need the whole width
SOLUTIONS = 6  # students whose whole calculation the key prints; beyond that it would be a book


def sheet_page(sheet: Sheet, language: str) -> str:
    """The sheets of all students, each on a page of its own; no answer is anywhere in the text."""
    words = texts(language)
    body = "".join(_sheet(sheet, student, words, language) for student in sheet.students)
    return _document(f"{sheet.example.title(language)} · {words['sheet']}", body, language)


def key_page(sheet: Sheet, language: str) -> str:
    """The answer key: a table of students and answers, and the worked calculation of the first six students."""
    words = texts(language)
    parts = [
        f'<header><h1>{escape(sheet.example.title(language))}</h1><span class="number">{words["key"]}</span></header>',
        _source(sheet, words, language),
        f"<p>{words['key_note'].format(digits=sheet.choice.digits)}</p>",
    ]
    for phase in sheet.phases:
        answers = [k for k, line in enumerate(sheet.students[0].answers) if line.phase == phase]
        if answers:
            parts.append(f"<h2>{words[phase]}</h2>")
            # Tables of equal width: eight answers make two of four, not one of seven and one alone.
            wide = math.ceil(len(answers) / math.ceil(len(answers) / COLUMNS))
            parts += [_table(sheet, answers[k : k + wide], words) for k in range(0, len(answers), wide)]
    solved = sheet.students[:SOLUTIONS]
    if len(solved) < len(sheet.students):
        parts.append(f"<p>{words['some_solutions'].format(count=len(solved))}</p>")
    parts += [_solution(student, words) for student in solved]
    return _document(f"{sheet.example.title(language)} · {words['key']}", "".join(parts), language)


@cache
def _style() -> str:
    return resources.files("lessons.printing").joinpath("paper.css").read_text("utf-8")


def _document(title: str, body: str, language: str) -> str:
    words = texts(language)
    return (
        f'<!doctype html>\n<html lang="{TAGS.get(language, "en")}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_style()}</style></head>"
        f'<body><p class="note-screen">{words["how_to_print"]}</p>{body}</body></html>\n'
    )


def _sheet(sheet: Sheet, student: Student, words: Mapping[str, str], language: str) -> str:
    drawn = picture(student.trace, words["picture"])
    wide = ' class="top wide"' if drawn and len(student.trace.experiment.network.sizes) > 3 else ' class="top"'
    title = escape(sheet.example.title(language))
    number = words["number"].format(number=student.number) if len(sheet.students) > 1 else ""
    if student.seed is not None:
        number = (number and f"{number} · ") + words["variant"].format(seed=student.seed)
    parts = [
        f'<section class="sheet"><header><h1>{title}</h1><span class="number">{number}</span></header>',
        _source(sheet, words, language),
        f'<p class="who"><span>{words["name"]}: {escape(student.name)}</span><span>{words["date"]}:</span></p>',
        f"<p>{words['task'].format(digits=sheet.choice.digits)}</p>",
        f"<div{wide}><div><h2>{words['given']}</h2>{_givens(student.givens)}{_rules(student, words)}</div>{drawn}</div>",
    ]
    for phase in sheet.phases:
        lines = [line for line in student.lines if line.phase == phase]
        parts.append(f"<h2>{words[phase]}</h2><ol>")
        parts += [_blank(line, sheet.choice.formulas) if line.blank else _worked(line) for line in lines]
        parts.append("</ol>")
    return "".join([*parts, "</section>"])


def _givens(givens: Iterable[tuple[str, str]]) -> str:
    cells = "".join(f"<li>{html(symbol + ' = ' + value)}</li>" for symbol, value in givens)
    return f'<ul class="given">{cells}</ul>'


def _rules(student: Student, words: Mapping[str, str]) -> str:
    """The conventions in a sentence or two: activations, loss, and what stays fixed."""
    experiment = student.trace.experiment
    if not isinstance(experiment, Experiment):
        return ""
    loss, layers = experiment.loss, experiment.network.layers
    parts = []
    if layers:
        names = [words[f"act.{layer.activation}"] for layer in layers]
        parts.append(words["rule.acts"].format(acts=words["arrow"].join(names)))
    named = words[f"loss.{loss.name}"]
    if loss.name == "squared_error":
        named = words["rule.half" if loss.factor == 0.5 else "rule.whole"].format(loss=named)
    several = experiment.batch_size * experiment.network.outputs > 1
    parts.append(words[f"rule.{loss.reduction}" if several else "rule.loss"].format(loss=named))
    if experiment.frozen and layers:
        addresses = zip(student.trace.program.addresses, student.trace.program.symbols, strict=True)
        fixed = [symbol for address, symbol in addresses if address.partition("[")[0] in experiment.frozen]
        parts.append(words["rule.frozen"].format(names=words["comma"].join(map(html, fixed))))
    return f"<p>{words['space'].join(parts)}</p>"


def _blank(line: Line, formulas: bool) -> str:
    # Only symbols: nothing in a blank line may depend on a number that is asked for.
    front = html(line.symbol) + (f'<span class="o">=</span>{html(line.formula)}' if formulas else "")
    long = " long" if formulas and len(plain(line.formula)) > LONG else ""
    return f'<li class="asked{long}">{front}<span class="o">=</span><span class="line"></span></li>'


def _worked(line: Line) -> str:
    chain = f'<span class="o">=</span>{html(line.numbers)}' if line.numbers != line.shown else ""
    long = ' class="long"' if len(plain(line.numbers)) > LONG else ""
    return f'<li{long}>{html(line.symbol)}{chain}<span class="o">{line.sign}</span>{html(line.shown)}</li>'


def _solution(student: Student, words: Mapping[str, str]) -> str:
    heading = words["solution"].format(number=student.number) + (f" · {escape(student.name)}" if student.name else "")
    parts = [f'<section class="solution"><h2>{heading}</h2>{_givens(student.givens)}']
    for phase in PHASES:
        lines = [line for line in student.lines if line.phase == phase]
        if lines:
            parts.append(f"<h3>{words[phase]}</h3><ol>{''.join(map(_worked, lines))}</ol>")
    return "".join([*parts, "</section>"])


def _table(sheet: Sheet, columns: list[int], words: Mapping[str, str]) -> str:
    first = sheet.students[0].answers
    head = "".join(f'<th scope="col">{html(first[k].symbol)}</th>' for k in columns)
    rows = []
    for student in sheet.students:
        cells = "".join(f'<td data-at="{student.answers[k].address}">{html(student.answers[k].shown)}</td>' for k in columns)
        name = f" {escape(student.name)}" if student.name else ""
        rows.append(f'<tr><th scope="row">{student.number}{name}</th>{cells}</tr>')
    head = f'<th scope="col" class="s">{words["student"]}</th>{head}'
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _source(sheet: Sheet, words: Mapping[str, str], language: str) -> str:
    # At the top: at the foot it would now and then stand on a page of its own.
    source = words["changed" if sheet.choice.fresh else "source"].format(source=escape(sheet.example.credit(language)))
    return f'<p class="source">{source} · Nabla</p>'
