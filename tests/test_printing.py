"""Promise: a printed sheet is one file that needs nothing, hides every answer, and its key has the engine's numbers."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest

from engine import record_run
from engine.graph import Expression
from lessons.check.cells import cells
from lessons.check.variants import variant
from lessons.examples import WorkedExample, ids, load
from lessons.printing import BLANKS, MAX_STUDENTS, Choice, has_variants, key_csv, key_page, make_sheet, printable, sheet_page
from lessons.printing.markup import html, plain, runs
from lessons.printing.paper import TAGS
from lessons.printing.rounding import exact, is_rounded, rounded
from lessons.printing.table import MARK, safe
from lessons.printing.words import LANGUAGES, texts

MAZUR = load("mazur-2-2-2")
EVERY = [name for name in ids() if printable(load(name))]
NETWORKS = [name for name in EVERY if has_variants(load(name))]
BY_CLASS = ("softmax_cross_entropy", "nll")  # which line is asked depends on the class
VOID = {"meta", "br"}


class Reader(HTMLParser):
    """Checks that every tag is closed in order, and collects texts, links and lines."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.lines: list[str] = []
        self.feed(text)
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID and tag not in ("circle", "path"):
            self.open.append(tag)
        if tag == "li":
            self.lines.append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "li" in self.open:
            self.lines[-1] += data


def values(page: str) -> dict[str, list[str]]:
    """address -> the answers in the tables of a key, student by student."""
    found: dict[str, list[str]] = {}
    for address, cell in re.findall(r'<td data-at="([^"]+)">(.*?)</td>', page):
        found.setdefault(address, []).append(re.sub(r"<[^>]+>", "", cell))
    return found


# -- one file that needs nothing -----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", EVERY)
def test_every_example_prints_in_both_languages(name: str, language: str) -> None:
    sheet = make_sheet(load(name), Choice(blank="all"))
    words = texts(language)
    for page, word in ((sheet_page(sheet, language), "name"), (key_page(sheet, language), "key")):
        read = Reader(page)
        assert ("html", "lang", TAGS[language]) in read.attributes
        assert words[word] in page
        outside = [found for found in read.attributes if found[1] in ("src", "href", "action", "srcset", "data", "background")]
        assert not outside
        assert not re.search(r"url\(|@import|https?://|<script|<link|<img|<iframe", page)
        assert "default-src &#x27;none&#x27;" in page or "default-src 'none'" in page
        assert "@page" in page


def test_the_words_are_complete_in_both_languages() -> None:
    assert texts("en").keys() == texts("zh").keys()
    for key, sentence in texts("en").items():
        assert set(re.findall(r"\{(\w+)\}", sentence)) == set(re.findall(r"\{(\w+)\}", texts("zh")[key])), key


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_it_prints_in_black_on_both_papers_without_a_request(paper: str, tmp_path, visit: Callable) -> None:
    sheet = make_sheet(MAZUR, Choice(blank="all", count=2, fresh=True))
    file = tmp_path / "sheet.html"
    file.write_text(sheet_page(sheet, "zh"), "utf-8")
    page = visit(file.as_uri())
    page.emulate_media(media="print")
    wide = {"A4": 794, "Letter": 816}[paper] - 106  # CSS pixels between the margins
    page.set_viewport_size({"width": wide, "height": 1000})
    assert page.evaluate("document.documentElement.scrollWidth") <= wide
    assert page.evaluate("getComputedStyle(document.querySelector('.note-screen')).display") == "none"
    inks = page.evaluate(
        "[...new Set([...document.querySelectorAll('body, body *')].map((one) => getComputedStyle(one).color))]"
    )
    assert inks == ["rgb(0, 0, 0)"]
    cut = page.evaluate(
        "[...document.querySelectorAll('.m')].filter((one) => one.getBoundingClientRect().right > innerWidth + 1).length"
    )
    assert cut == 0
    pages = len(re.findall(rb"/Type\s*/Page\b", page.pdf(format=paper)))
    assert 2 <= pages <= 6
    assert page.asked == [file.as_uri()]
    assert not page.complaints


# -- no answer on the sheet, the engine's on the key ---------------------------------------------------------------


@pytest.mark.parametrize("blank", BLANKS)
@pytest.mark.parametrize("name", EVERY)
def test_blank_lines_say_nothing_and_the_key_says_everything(name: str, blank: str) -> None:
    sheet = make_sheet(load(name), Choice(blank=blank, digits=6))
    student = sheet.students[0]
    page, key = sheet_page(sheet, "en"), values(key_page(sheet, "en"))
    assert list(key) == [line.address for line in student.answers]
    assert student.answers
    for line in student.answers:
        assert key[line.address] == [re.sub(r"<[^>]+>", "", html(line.shown))]
        assert abs(number(line.shown) - line.value) <= 0.5000001e-5 * abs(line.value)
    lines = re.findall(r"<li[^>]*>.*?</li>", page)
    asked = [line for line in lines if "asked" in line.partition(">")[0]]
    assert len(asked) == len(student.answers)
    assert all(line.count('<span class="line"></span></li>') == 1 for line in asked)
    if student.answers and has_variants(load(name)):
        # A blank line is made of symbols: it is the same whatever the numbers are.
        other = sheet_page(make_sheet(load(name), Choice(blank=blank, digits=6, fresh=True)), "en")
        again = [line for line in re.findall(r"<li[^>]*>.*?</li>", other) if "asked" in line.partition(">")[0]]
        assert again == asked or load(name).experiment.loss.name in BY_CLASS
    bare = re.sub(r"<[^>]+>", "", page)
    given = {value for _, value in student.givens}
    shown = {line.shown for line in student.lines if not line.blank} | given
    for line in student.answers:
        if len(line.shown.strip("-0.")) > 4 and not any(line.shown.strip("-") in other for other in shown):
            assert line.shown.replace("-", "\u2212") not in bare, line.address


def number(markup: str) -> float:
    return float(re.sub(r" \\cdot 10\^\{(-?\d+)\}", r"e\1", markup))


@pytest.mark.parametrize("name", NETWORKS)
def test_the_key_is_the_engine_s_for_fresh_numbers_too(name: str) -> None:
    choice = Choice(blank="all", count=3, fresh=True, seed=5)
    sheet = make_sheet(load(name), choice)
    rows = list(csv.reader(io.StringIO(key_csv(sheet, "en").removeprefix(MARK))))
    assert rows[0][:2] == ["Student", "Name"]
    for student, row in zip(sheet.students, rows[1:], strict=True):
        trace = record_run(student.trace.experiment)
        wanted = [trace.value(cell.address) for cell in cells(trace)]
        assert [float(cell) for cell in row[2:]] == wanted
        givens = dict(student.givens)
        for address, symbol in zip(trace.program.addresses, trace.program.symbols, strict=True):
            if symbol in givens:
                assert number(givens[symbol]) == trace.value(address)


def test_a_filled_part_is_worked_out_with_its_numbers() -> None:
    page = sheet_page(make_sheet(MAZUR, Choice(blank="last", digits=4)), "en")
    lines = Reader(page).lines
    assert "zh1=0.15·0.05+0.2·0.1+0.35=0.3775" in lines
    assert any(line.startswith("∂L/∂h1=0.1385·0.4+") for line in lines), "shares that nobody asks for are written out"
    assert not [line for line in lines if line.startswith("w1′") and "0.1498" in line]


# -- fresh numbers -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NETWORKS)
def test_fresh_numbers_are_those_of_the_variant_that_the_sheet_names(name: str) -> None:
    sheet = make_sheet(load(name), Choice(count=3, fresh=True, seed=7))
    for student in sheet.students:
        assert student.seed == 7000 + student.number
        assert student.trace.experiment == variant(name, student.seed)
    assert len({student.givens for student in sheet.students}) == 3
    assert all(f"draw {student.seed}" in sheet_page(sheet, "en") for student in sheet.students)


def test_published_numbers_have_no_variant() -> None:
    (student,) = make_sheet(MAZUR, Choice()).students
    assert student.seed is None
    assert student.trace.experiment == MAZUR.experiment


# -- names, CSV ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =HYPERLINK(1)", "\uff1d1"])
def test_no_cell_becomes_a_formula(name: str) -> None:
    sheet = make_sheet(MAZUR, Choice(count=1, fresh=True, names=(name, 'Ada, "Countess"')))
    rows = list(csv.reader(io.StringIO(key_csv(sheet, "zh").removeprefix(MARK))))
    for row in rows:
        for place, cell in enumerate(row):
            if place < 2 or row is rows[0]:
                assert not cell or cell[0] not in "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20", cell
            else:
                float(cell)
    assert rows[2][1] == 'Ada, "Countess"'
    assert safe(name).startswith("'")


def test_names_are_text_and_nothing_else() -> None:
    sheet = make_sheet(MAZUR, Choice(fresh=True, names=("<script>alert(1)</script>", "小明 & Co")))
    for page in (sheet_page(sheet, "en"), key_page(sheet, "en")):
        assert "<script" not in page
        assert "&lt;script&gt;" in page
        assert "小明 &amp; Co" in page
        Reader(page)


def test_a_class_gets_different_sheets_and_the_first_six_calculations() -> None:
    sheet = make_sheet(MAZUR, Choice(blank="all", count=30, fresh=True))
    assert len({student.givens for student in sheet.students}) == 30
    assert sheet_page(sheet, "en").count('<section class="sheet">') == 30
    key = key_page(sheet, "en")
    assert key.count('<section class="solution">') == 6
    assert all(len(cells_) == 30 for cells_ in values(key).values())
    assert sheet_page(sheet, "en") == sheet_page(make_sheet(MAZUR, Choice(blank="all", count=30, fresh=True)), "en")
    other = make_sheet(MAZUR, Choice(blank="all", count=30, fresh=True, seed=2))
    assert not {student.givens for student in sheet.students} & {student.givens for student in other.students}


@pytest.mark.parametrize("wrong", [{"blank": "some"}, {"digits": 2}, {"digits": 17}, {"count": 0}, {"count": MAX_STUDENTS + 1}])
def test_a_choice_that_is_none_is_refused(wrong: dict) -> None:
    with pytest.raises(ValueError, match="no such sheet"):
        Choice(**wrong)


def test_a_program_prints_with_the_same_lines_as_its_record() -> None:
    program = Expression(("q = x + y", "f = q * z"), (("x", -2.0), ("y", 5.0), ("z", -4.0)), "f", ("x", "y", "z"))
    example = WorkedExample("circuit", "program", (), program, 1, (), MAZUR.source, MAZUR.title_words, MAZUR.about_words)
    assert printable(example)
    assert not has_variants(example)
    sheet = make_sheet(example, Choice(blank="all"))
    key = values(key_page(sheet, "en"))
    assert key["f[0,0]"] == ["−12"]
    Reader(sheet_page(sheet, "zh"))
    with pytest.raises(ValueError, match="circuit"):
        make_sheet(example, Choice(fresh=True))


# -- formulas and numbers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("markup", "line", "tags"),
    [
        (r"\partial L/\partial w_5", "∂L/∂w_5", "<i>w</i><sub>5</sub>"),
        (r"z_{h_1}^{(2)}", "z_h1(2)", '<span class="b"><sup>(2)</sup><sub><i>h</i><sub>1</sub></sub></span>'),
        (r"\frac{1}{1+e^{-z}}", "1/(1 + e^(−z))", '<span class="f"><span>1</span>'),
        (r"\sqrt{a} \cdot (-2)", "√(a) · (−2)", '√<span class="r"><i>a</i></span>'),
        (r"w_5'", "w_5′", "′"),
        (r"\text{lse}", "lse", "lse"),
        (r"a < b & c", "a < b&c", "&lt;"),
    ],
)
def test_formulas(markup: str, line: str, tags: str) -> None:
    assert plain(markup) == line
    assert tags in html(markup)
    Reader(html(markup))
    assert runs(markup)


@pytest.mark.parametrize("broken", ["a_{", "}}^_{", "\\", "_", "^", "\\frac{", "{" * 30, "#"])
def test_a_broken_formula_still_prints(broken: str) -> None:
    Reader(html(broken))
    plain(broken)


def test_every_formula_of_every_sheet_is_known() -> None:
    for name in EVERY:
        for line in make_sheet(load(name), Choice()).students[0].lines:
            for markup in (line.symbol, line.formula, line.numbers, line.shown):
                assert "\\" not in plain(markup), markup
                assert "#" not in plain(markup), markup
                assert "frac" not in plain(markup), markup


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0004385677, "0.0004386"), (9.99996, "10.00"), (0.5, "0.5"), (-3e-7, r"-3 \cdot 10^{-7}"), (2.5, "2.5"),
        (0.10000000000000009, "0.1"), (1 / 3, "0.3333"), (-0.0, "0"), (123456.7, "123500"), (0.12345, "0.1235"),
        (float("inf"), r"\infty"), (float("-inf"), r"-\infty"), (float("nan"), r"\text{?}"), (1.5e12, r"1.5 \cdot 10^{12}"),
    ],
)  # fmt: skip
def test_rounding_as_people_round(value: float, shown: str) -> None:
    assert rounded(value, 4) == shown
    assert exact(0.15) == "0.15"
    assert is_rounded(1 / 3, 4)
    assert not is_rounded(0.1 + 0.2, 4)
