"""Bring your own: sheets that a reader writes, the conventions they may mean, and rounding as by hand."""

from __future__ import annotations

from lessons.workshop.files import make, stepping, write_example
from lessons.workshop.links import LINKED, read_link, write_link
from lessons.workshop.plain import read_plain
from lessons.workshop.scan import Misread
from lessons.workshop.writing import write_plain

__all__ = [
    "LINKED",
    "Misread",
    "make",
    "read_link",
    "read_plain",
    "stepping",
    "write_example",
    "write_link",
    "write_plain",
]
