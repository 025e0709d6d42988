"""The answer key as CSV: one row per student, one column per answer, every digit."""

from __future__ import annotations

import csv
import io
import re

from engine.trace import format_number
from lessons.printing.markup import plain
from lessons.printing.sheet import Sheet
from lessons.printing.words import texts

# A spreadsheet runs a cell that begins like this as a formula; white space in front does not stop it.
_FORMULA = re.compile(r"^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]")
MARK = "\ufeff"  # tells spreadsheets that the file is UTF-8


def key_csv(sheet: Sheet, language: str) -> str:
    """The key as text for a file: student number, name, then the answers with all digits of a float64."""
    words, out = texts(language), io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    answers = sheet.students[0].answers
    writer.writerow([words["student"], words["name"], *(safe(plain(line.symbol)) for line in answers)])
    for student in sheet.students:
        values = [format_number(line.value) for line in student.answers]
        writer.writerow([student.number, safe(student.name), *values])
    return MARK + out.getvalue()


def safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula: an apostrophe stands in front of one that looks like it."""
    flat = " ".join(text.split())
    return f"'{flat}" if _FORMULA.match(text) else flat
