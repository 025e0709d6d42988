"""Verifying worked examples on the command line: every printed figure beside the number that Nabla computes.

Reads example files and the library, never the network, and needs no browser and no Streamlit.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TextIO

from engine import Refused
from engine.trace import format_number
from lessons.examples import Judged, WorkedExample, ids, judge, judged, load, read_example
from lessons.examples.model import VERDICTS
from lessons.examples.strict import MAX_CHARACTERS

MAX_BYTES = 4 * MAX_CHARACTERS  # a file that the format allows has no more, even if it is all Chinese
HEAD = ("symbol", "published", "computed", "digits", "verdict", "should be")
RIGHT = (False, True, True, True, False, True)  # columns of numbers stand at the right
FINE, UNSTATED, UNREADABLE = 0, 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command of `python -m lessons`; returns the exit status, raises SystemExit(2) for a wrong call."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")  # figures hold signs that an old console cannot write
    parser = _parser()
    chosen = parser.parse_args(argv)
    if not chosen.files and not chosen.all:
        parser.error("name an example file or an id of the library, or say --all")
    try:
        return verify([*(ids() if chosen.all else ()), *chosen.files], sys.stdout, sys.stderr, chosen.json)
    except BrokenPipeError:  # the reader, such as head, has seen enough
        sys.stderr.close()
        return UNSTATED


def verify(names: Iterable[str], out: TextIO, complaints: TextIO, as_json: bool = False) -> int:
    """Judge every figure of some files or library examples, with all their readings, and write what was found.

    names: paths of example files, or ids of the library such as "mazur-2-2-2"; the id wins where both exist.
    Returns 0 when every figure matches or has the verdict that its file states, 1 when one does not, 2 when a file
    cannot be read; the sentence about it goes to `complaints`, and the other files are still judged.
    """
    status, found, counts = FINE, [], Counter[str]()
    for name in dict.fromkeys(names):
        try:
            example = _read(name)
            results = [(one, judged(one)) for one in (example, *example.readings)]
        except Refused as refused:
            complaints.write(f"{name}: {refused}\n")
            status = UNREADABLE
            continue
        for one, figures in results:
            counts.update(figure.verdict for figure in figures)
            if not all(map(stated, figures)):
                status = max(status, UNSTATED)
            if as_json:
                found.append({"id": one.id, "figures": [record(figure) for figure in figures]})
            else:
                out.write("\n".join(_report(one, figures)) + "\n\n")
    if as_json:
        json.dump({"examples": found}, out, ensure_ascii=False, indent=1)
        out.write("\n")
    elif counts:
        out.write(f"{tally(counts)}.\n")
    return status


def stated(found: Judged) -> bool:
    """Whether a figure is right, or wrong in the very way that its file says, with the right value where it gives one."""
    if found.verdict == "match":
        return True
    should_be = found.figure.should_be
    return found.verdict == found.figure.verdict and (should_be is None or judge(should_be, found.computed) == "match")


def record(found: Judged) -> dict[str, Any]:
    """A figure as plain data for JSON; a number that is not finite is null."""
    return {
        "symbol": found.figure.symbol,
        "published": found.figure.text,
        "computed": found.computed if math.isfinite(found.computed) else None,
        "digits": found.digits,
        "verdict": found.verdict,
        "should_be": found.should_be,
    }


def tally(counts: Counter[str]) -> str:
    """Counts in words, such as "30 figures: 26 match, 1 last-digit, 3 wrong"."""
    total = counts.total()
    parts = ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS if counts[verdict])
    return f"{total} figure{'' if total == 1 else 's'}{': ' if parts else ''}{parts}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lessons", description="Worked examples on the command line.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    check = commands.add_parser(
        "verify",
        help="compute every printed figure of worked examples again",
        description="Compute every printed figure again. Exit status: 0 when every figure matches or carries a stated "
        "erratum, 1 when one does not, 2 when a file cannot be read.",
    )
    check.add_argument("files", nargs="*", metavar="FILE", help="an example file, or the id of a library example")
    check.add_argument("--all", action="store_true", help="the whole library")
    check.add_argument("--json", action="store_true", help="JSON instead of tables")
    return parser


def _read(name: str) -> WorkedExample:
    """The example of a library id or of a file; every way in which a file cannot be read is a `Refused`."""
    if name.partition(":")[0] in ids():
        return load(name)
    try:
        with Path(name).open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise _unreadable(f"it cannot be opened ({reason}).") from None
    if len(content) > MAX_BYTES:
        raise _unreadable(f"it is longer than {MAX_BYTES} bytes.")
    try:
        return read_example(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise _unreadable(f"it is not UTF-8 text (byte {error.start}).") from None


def _unreadable(reason: str) -> Refused:
    return Refused("bad_example", place="file", reason=reason)


def _report(example: WorkedExample, figures: Sequence[Judged]) -> list[str]:
    """An example as lines: a heading, an aligned table, and what its file says about errors of the source."""
    counts = Counter(figure.verdict for figure in figures)
    lines = [f"{example.id}  {example.title('en')}", f"{example.credit('en')}; {tally(counts)}"]
    if figures:
        lines += ["", *_table([HEAD, *map(_cells, figures)])]
    notes = example.errata("en")
    return [*lines, *([""] if notes else []), *(f"Note: {note}" for note in notes)]


def _cells(found: Judged) -> tuple[str, ...]:
    figure = found.figure
    verdict = found.verdict if stated(found) else f"{found.verdict} (NOT STATED: the file says {figure.verdict})"
    computed = format_number(found.computed)
    return (figure.symbol, figure.text, computed, str(found.digits), verdict, found.should_be or "")


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(_width(row[k]) for row in rows) for k in range(len(HEAD))]
    lines = []
    for row in rows:
        cells = []
        for text, width, right in zip(row, widths, RIGHT, strict=True):
            gap = " " * (width - _width(text))
            cells.append(gap + text if right else text + gap)
        lines.append("  ".join(cells).rstrip())
    return [lines[0], "  ".join("-" * width for width in widths), *lines[1:]]


def _width(text: str) -> int:
    """Columns of a text on a terminal: wide signs take two, combining marks none."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
