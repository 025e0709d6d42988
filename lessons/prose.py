"""The words of a lesson, read from `text/<lesson>.<language>.md` and checked against the catalogue.

A text starts with `# Title`. `## key | Title` opens a section. Inside a section, besides Markdown:

    {{figure:slot}}            the place of a plot
    - [ ] option               a question to answer before looking; `[x]` marks the right option,
    - [x] option               and the quotation that follows says why
    > sentence                 elsewhere: an answer that stays closed until the learner has one to compare
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from lessons.catalogue import LANGUAGES, Lesson, lesson

FOLDER = Path(__file__).parent / "text"

_HEADING = re.compile(r"## (\w+) \| (.+)")
_FIGURE = re.compile(r"\{\{figure:([\w-]+)\}\}")
_OPTION = re.compile(r"- \[([ x])\] (.+)")


class ProseError(ValueError):
    """A lesson text that cannot be shown; the message says where and what to mend."""


@dataclass(frozen=True)
class Text:
    """Markdown with LaTeX between dollar signs."""

    markdown: str

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The same, split at empty lines."""
        return tuple(self.markdown.split("\n\n"))


@dataclass(frozen=True)
class Figure:
    """The place of a plot."""

    slot: str


@dataclass(frozen=True)
class Question:
    """A question with options; answer: index of the right one; because: why, shown afterwards."""

    options: tuple[str, ...]
    answer: int
    because: str


@dataclass(frozen=True)
class Answer:
    """Markdown that stays closed until the learner opens it."""

    markdown: str


Block = Text | Figure | Question | Answer


@dataclass(frozen=True)
class Section:
    """A part of a lesson: its key, its heading, and what stands in it."""

    key: str
    title: str
    blocks: tuple[Block, ...]

    @property
    def text(self) -> str:
        """All Markdown outside questions and closed answers, in one piece."""
        return "\n\n".join(block.markdown for block in self.blocks if isinstance(block, Text))

    @property
    def figures(self) -> tuple[str, ...]:
        """The slots of the section, in order."""
        return tuple(block.slot for block in self.blocks if isinstance(block, Figure))


@dataclass(frozen=True)
class Prose:
    """A whole lesson in one language."""

    id: str
    language: str
    title: str
    sections: tuple[Section, ...]

    def section(self, key: str) -> Section:
        """The section with this key; raises ProseError when the lesson has none."""
        for section in self.sections:
            if section.key == key:
                return section
        raise ProseError(f"The lesson {self.id!r} has no section {key!r}.")

    @property
    def figures(self) -> tuple[str, ...]:
        """The slots of all sections, in order."""
        return tuple(slot for section in self.sections for slot in section.figures)


@lru_cache
def load(lesson_id: str, language: str) -> Prose:
    """The text of a lesson, checked; raises ProseError for an unknown lesson or language or an incomplete text."""
    if language not in LANGUAGES:
        raise ProseError(f"There is no text in {language!r}; there is {' and '.join(LANGUAGES)}.")
    try:
        entry = lesson(lesson_id)
    except ValueError as unknown:
        raise ProseError(str(unknown)) from None
    path = FOLDER / f"{entry.id}.{language}.md"
    if not path.is_file():
        raise ProseError(f"The text {path.name} is missing.")
    return parse(path.read_text(encoding="utf-8"), entry, language)


def parse(source: str, entry: Lesson, language: str) -> Prose:
    """The prose in `source`; raises ProseError when it is not what the catalogue asks of `entry`."""
    where = f"{entry.id}.{language}.md"
    head, *parts = re.split(r"^(?=## )", source.strip(), flags=re.MULTILINE)
    title = head.strip()
    if not title.startswith("# ") or "\n" in title:
        raise ProseError(f"{where} must begin with one line '# Title' and go on with its first section.")
    sections = tuple(_section(part, where) for part in parts)
    keys = tuple(section.key for section in sections)
    for key in entry.sections:
        if key not in keys:
            raise ProseError(f"{where} has no section {key!r}; it needs {', '.join(entry.sections)}.")
    if keys != entry.sections:
        raise ProseError(f"{where} has the sections {', '.join(keys)}; it needs {', '.join(entry.sections)}, once each.")
    prose = Prose(entry.id, language, title[2:].strip(), sections)
    for slot in prose.figures:
        if slot not in entry.figures:
            raise ProseError(f"{where} asks for the figure {slot!r}; the catalogue knows {', '.join(entry.figures)}.")
    if prose.figures != entry.figures:
        raise ProseError(f"{where} places the figures {', '.join(prose.figures)}; it needs {', '.join(entry.figures)}.")
    return prose


def _section(part: str, where: str) -> Section:
    first, _, body = part.partition("\n")
    heading = _HEADING.fullmatch(first.strip())
    if heading is None:
        raise ProseError(f"{where}: a section begins with '## key | Title', not with {first.strip()!r}.")
    key, title = heading.groups()
    return Section(key, title.strip(), tuple(_blocks(body, f"{where}, section {key}")))


def _blocks(body: str, where: str) -> Iterator[Block]:
    running: list[str] = []
    for chunk in re.split(r"\n\s*\n", body.strip()):
        block = _special(chunk.strip(), where)
        if block is None:
            running.append(chunk.strip())
            continue
        if running:
            yield Text("\n\n".join(running))
            running = []
        yield block
    if any(running):
        yield Text("\n\n".join(running))


def _special(chunk: str, where: str) -> Block | None:
    figure = _FIGURE.fullmatch(chunk)
    if figure:
        return Figure(figure.group(1))
    if "{{" in chunk:
        raise ProseError(f"{where}: a figure stands alone, as {{{{figure:slot}}}}, not in {chunk[:60]!r}.")
    lines = chunk.splitlines()
    quotation = " ".join(line[1:].strip() for line in lines if line.startswith(">"))
    if _OPTION.fullmatch(lines[0] if lines else ""):
        return _question(lines, quotation, where)
    if lines and all(line.startswith(">") for line in lines):
        return Answer(quotation)
    return None


def _question(lines: list[str], because: str, where: str) -> Question:
    options = [match.groups() for match in map(_OPTION.fullmatch, lines) if match]
    right = [number for number, (mark, _) in enumerate(options) if mark == "x"]
    if len(options) < 2 or len(right) != 1 or not because:
        raise ProseError(f"{where}: a question has two options or more, one marked [x], and a quotation that says why.")
    return Question(tuple(text for _, text in options), right[0], because)
