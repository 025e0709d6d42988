"""Printed sheets: a worked example with blanks, one set of numbers per student, the answer key, and the same as CSV."""

from lessons.printing.paper import key_page, sheet_page
from lessons.printing.sheet import (
    BLANKS,
    MAX_LINES,
    MAX_STUDENTS,
    Choice,
    Line,
    Sheet,
    Student,
    has_variants,
    make_sheet,
    printable,
)
from lessons.printing.table import key_csv

__all__ = [
    "BLANKS",
    "MAX_LINES",
    "MAX_STUDENTS",
    "Choice",
    "Line",
    "Sheet",
    "Student",
    "has_variants",
    "key_csv",
    "key_page",
    "make_sheet",
    "printable",
    "sheet_page",
]
