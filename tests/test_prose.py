"""The lesson texts are complete in every language, alike in structure, readable, and print no wrong number."""

from __future__ import annotations

import ast
import math
import operator
import re
from itertools import pairwise

import pytest

from lessons.catalogue import HOME, LANGUAGES, LESSONS, Lesson, lesson, neighbours
from lessons.numbers import numbers
from lessons.prose import FOLDER, Answer, ProseError, Question, load, parse

PAGES = [*(entry.id for entry in LESSONS), HOME.id]
BOTH = [(page, language) for page in PAGES for language in LANGUAGES]

DISPLAY = re.compile(r"\$\$(.+?)\$\$", re.DOTALL)
INLINE = re.compile(r"\$([^$\n]+)\$")
DECIMAL = re.compile(r"\d+\.\d+")
FORBIDDEN = {
    "en": re.compile(r"\b(simply|obviously|just|clearly|trivial(ly)?|easy|easily|of course)\b", re.IGNORECASE),
    "zh": re.compile("显然|只需|简单地|众所周知|不难看出|不言而喻"),
}
LONGEST = {"en": 30, "zh": 75}  # words, characters
LENGTH = {"en": (600, 1000), "zh": (1100, 2200)}  # of a lesson, in the same units


def source(page: str, language: str) -> str:
    return (FOLDER / f"{page}.{language}.md").read_text(encoding="utf-8")


def formulas(text: str) -> tuple[list[str], list[str]]:
    """(displayed, inline) formulas of a text."""
    return DISPLAY.findall(text), INLINE.findall(DISPLAY.sub("", text))


def sentences(text: str, language: str) -> list[str]:
    """Sentences without formulas, marks and headings."""
    plain = INLINE.sub("x", DISPLAY.sub("\n\n", text))
    plain = re.sub(r"(?m)^(#.*\||> |- \[.\] |- |\d\. )|\{\{.*?\}\}|\*", "", plain)
    marks = r"(?<=[.!?:])\s+|\n\s*\n|\n" if language == "en" else r"[。！？；：]|\n"
    return [piece.strip() for piece in re.split(marks, plain) if piece.strip()]


def size(text: str, language: str) -> int:
    return len(text.split()) if language == "en" else len(re.findall(r"[一-鿿]|\w+", text))


@pytest.mark.parametrize(("page", "language"), BOTH)
def test_every_text_is_complete(page: str, language: str) -> None:
    prose = load(page, language)
    entry = lesson(page)
    assert tuple(section.key for section in prose.sections) == entry.sections
    assert prose.figures == entry.figures
    assert prose.title
    assert all(section.title for section in prose.sections)


@pytest.mark.parametrize("page", PAGES)
def test_languages_are_alike(page: str) -> None:
    first, *others = (load(page, language) for language in LANGUAGES)
    for other in others:
        for mine, theirs in zip(first.sections, other.sections, strict=True):
            assert [type(block) for block in mine.blocks] == [type(block) for block in theirs.blocks], mine.key
            for one, two in zip(mine.blocks, theirs.blocks, strict=True):
                if isinstance(one, Question) and isinstance(two, Question):
                    assert (len(one.options), one.answer) == (len(two.options), two.answer)
    texts = [source(page, language) for language in LANGUAGES]
    counts = [tuple(map(len, formulas(text))) for text in texts]
    assert len(set(counts)) == 1, counts
    assert len({tuple(sorted(DECIMAL.findall(text))) for text in texts}) == 1


@pytest.mark.parametrize("page", PAGES)
def test_formulas_fit_one_view(page: str) -> None:
    displayed, inline = formulas(source(page, "en"))
    assert len(displayed) + len(inline) <= 55


@pytest.mark.parametrize("entry", LESSONS, ids=lambda entry: entry.id)
def test_every_lesson_asks_and_fades(entry: Lesson) -> None:
    for language in LANGUAGES:
        prose = load(entry.id, language)
        assert any(isinstance(block, Question) for block in prose.section("predict").blocks)
        assert any(isinstance(block, Answer) for block in prose.section("faded").blocks)
        assert len(prose.section("hook").text.split("\n\n")) == 2, "one line for the hook, one for the goal"
        assert len(re.findall(r"(?m)^\d\. ", prose.section("keep").text)) == 3


def test_prerequisites_come_first() -> None:
    seen: set[str] = set()
    for entry in LESSONS:
        assert set(entry.prerequisites) <= seen, f"{entry.id} needs a lesson that comes later"
        seen.add(entry.id)
    assert [neighbours(entry.id)[1] for entry in LESSONS] == [*(entry.id for entry in LESSONS[1:]), None]
    assert neighbours(LESSONS[0].id)[0] is None


@pytest.mark.parametrize(("page", "language"), BOTH)
def test_texts_read_well(page: str, language: str) -> None:
    text = source(page, language)
    assert not FORBIDDEN[language].findall(text)
    long = [sentence for sentence in sentences(text, language) if size(sentence, language) > LONGEST[language]]
    assert not long
    if page != HOME.id:
        low, high = LENGTH[language]
        whole = sum(size(sentence, language) for sentence in sentences(text, language))
        assert low <= whole <= high, whole
    if language == "zh":
        assert not re.findall(r"[一-鿿][,;:?!]|[,;:?!][一-鿿]", text), "Chinese takes full-width marks"


@pytest.mark.parametrize("page", PAGES)
def test_every_number_is_right(page: str) -> None:
    listed: dict[str, list[float | None]] = {}
    for text, value in numbers(page):
        listed.setdefault(text, []).append(value)
    for text, values in listed.items():
        half = 0.5 * 10.0 ** -len(text.partition(".")[2])
        for value in values:
            assert value is None or abs(value - float(text)) <= half * (1 + 1e-6), (text, value)
    for language in LANGUAGES:
        printed = set(DECIMAL.findall(source(page, language)))
        assert printed - set(listed) == set(), "not in lessons/numbers.py"
        assert set(listed) - printed == set(), "listed, but nowhere printed"


OPERATIONS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
FUNCTIONS = {"sigma": lambda z: 1 / (1 + math.exp(-z)), "ln": math.log}


def value_of(formula: str) -> float | None:
    """The value of a formula that has numbers only, else None."""
    text = re.sub(r"\\q?quad.*|\\text\{.*", "", formula)
    text = re.sub(r"\\[dt]?frac\{(.+?)\}\{(.+?)\}", r"((\1)/(\2))*", text).rstrip()
    text = re.sub(r"\)\*(?=\s*($|[-+]))", ")", text).replace(r"\cdot", "*").replace("^", "**").replace(r"\sigma", "sigma")
    text = re.sub(r"\\ln ([\d.]+)", r"ln(\1)", text).strip()
    try:
        return _value(ast.parse(text, mode="eval").body)
    except (SyntaxError, KeyError, TypeError):
        return None


def _value(node: ast.AST) -> float:
    match node:
        case ast.Constant(value=int() | float()):
            return float(node.value)
        case ast.UnaryOp(op=ast.USub()):
            return -_value(node.operand)
        case ast.BinOp():
            return OPERATIONS[type(node.op)](_value(node.left), _value(node.right))
        case ast.Call(func=ast.Name()):
            return FUNCTIONS[node.func.id](_value(node.args[0]))
        case _:
            raise TypeError(ast.dump(node))


def equations(page: str, language: str) -> list[tuple[str, str]]:
    """Pairs of neighbouring sides in the displayed formulas that can both be worked out."""
    pairs = []
    for block in formulas(source(page, language))[0]:
        rows = re.split(r"\\\\|\\qquad", re.sub(r"\\(begin|end)\{aligned\}|&", "", block))
        # A row that begins with '=' goes on where the row before ended.
        last = ""
        for row in rows:
            sides = [side.strip() for side in row.split("=")]
            if sides[0] == "":
                sides[0] = last
            pairs += list(pairwise(sides))
            last = sides[-1]
    return [(a, b) for a, b in pairs if value_of(a) is not None and value_of(b) is not None]


@pytest.mark.parametrize(("page", "least"), [("forward_pass", 6), ("loss", 4), ("backpropagation", 8), ("gradient_descent", 7)])
def test_equations_hold_as_printed(page: str, least: int) -> None:
    for language in LANGUAGES:
        found = equations(page, language)
        assert len(found) >= least, found
        for left, right in found:
            decimals = len(DECIMAL.findall(right)[-1].partition(".")[2]) if DECIMAL.search(right) else 0
            assert abs(value_of(left) - value_of(right)) <= 1.5 * 10.0**-decimals, (left, right)  # type: ignore[operator]


def test_a_wrong_equation_is_found() -> None:
    assert value_of(r"0.138499 \cdot 0.40 + (-0.038098) \cdot 0.50") == pytest.approx(0.0363506)
    assert value_of(r"\tfrac{1}{2}(1 + 0.25 + 1)") == 1.125
    assert value_of(r"\dfrac{-1 - 4}{2}") == -2.5
    assert value_of(r"w_1 \cdot x_1") is None


GOOD = "# T\n\n## one | One\n\nText.\n\n{{figure:plot}}\n\n- [ ] a\n- [x] b\n> why\n\n> later\n"
ENTRY = Lesson("demo", (), (), ("plot",), ("one",))


def test_a_text_is_read_into_blocks() -> None:
    section = parse(GOOD, ENTRY, "en").section("one")
    assert [type(block).__name__ for block in section.blocks] == ["Text", "Figure", "Question", "Answer"]
    with pytest.raises(ProseError, match="no section 'two'"):
        parse(GOOD, ENTRY, "en").section("two")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("# T", "T"), "must begin with one line"),
        (("## one | One", "## one"), "begins with '## key"),
        (("## one |", "## two |"), "no section 'one'"),
        (("{{figure:plot}}", "{{figure:other}}"), "asks for the figure 'other'"),
        (("{{figure:plot}}", ""), "places the figures"),
        (("{{figure:plot}}", "See {{figure:plot}}."), "stands alone"),
        (("[x] b", "[ ] b"), "one marked"),
        (("> why\n", ""), "says why"),
        (("> later\n", "> later\n\n## more | More\n\nText.\n"), "once each"),
    ],
)
def test_a_faulty_text_is_refused_with_a_sentence(change: tuple[str, str], message: str) -> None:
    with pytest.raises(ProseError, match=message):
        parse(GOOD.replace(*change), ENTRY, "en")


def test_unknown_lessons_and_languages_are_refused() -> None:
    with pytest.raises(ProseError, match="no lesson 'cooking'"):
        load("cooking", "en")
    with pytest.raises(ProseError, match="no text in 'xx'"):
        load("loss", "xx")
