"""What a worked example is: a network or a program, the figures its source printed, and words about both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

VERDICTS = ("match", "last-digit", "float32", "rounded-chain", "wrong")
EXPLAINED = ("rounded-chain", "wrong")
SEEN = ("read", "relayed", "own")


@dataclass(frozen=True)
class Words:
    """A text in both languages; `in_language("zh")` is the Chinese one."""

    en: str
    zh: str

    def in_language(self, lang: str) -> str:
        """The text in `lang`, English for a language there is no text in."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True)
class Figure:
    """A printed figure and where the run has the same quantity.

    symbol: the source's name for it. text: as printed. address: such as "z1[0,0]". update: of which update, from 0.
    times: factor on the recorded value, for sources that print rate · gradient or the negative. verdict: as stated
    in the file. should_be: the right value as the file states it, None to round it like the printed one.
    """

    symbol: str
    text: str
    address: str
    update: int
    times: float = 1.0
    verdict: str = "match"
    should_be: str | None = None
    why: Words | None = None

    def note(self, lang: str) -> str:
        """What there is to say about the figure; empty for most that are right."""
        return self.why.in_language(lang) if self.why else ""


@dataclass(frozen=True)
class Source:
    """Who made an example and where it stands; seen: read in the source, relayed by public copies, or our own."""

    author: Words
    work: Words | None
    where: Words | None
    year: int | None
    seen: str

    def line(self, lang: str) -> str:
        """Author, work, place and year in one line."""
        work = self.work.in_language(lang) if self.work else ""
        year = str(self.year) if self.year else ""
        if lang == "zh":
            work, year = f"《{work}》" if work and self.seen != "own" else work, f"{year} 年" if year else ""
        place = self.where.in_language(lang) if self.where else ""
        parts = [part for part in (self.author.in_language(lang), work, place, year) if part]
        if self.seen == "relayed":
            parts.append("数字据公开转载" if lang == "zh" else "as quoted in public copies")
        return ("，" if lang == "zh" else ", ").join(parts)


@dataclass(frozen=True)
class WorkedExample:
    """A published example that can be stepped through.

    id: "mazur-2-2-2", or "seed-004-mse:mean" for a reading of one. kind: "network" or "program". lessons: where it is
    offered. updates: how many to record for the browser. figures: in the order of the source. readings: other sensible
    interpretations.
    """

    id: str
    kind: str
    lessons: tuple[str, ...]
    experiment: Any  # an Experiment for a network, an Expression for a program
    updates: int
    figures: tuple[Figure, ...]
    source: Source
    title_words: Words
    about_words: Words
    errata_words: tuple[Words, ...] = ()
    readings: tuple[WorkedExample, ...] = ()

    def title(self, lang: str) -> str:
        """A short heading."""
        return self.title_words.in_language(lang)

    def about(self, lang: str) -> str:
        """What this example is and what to look for, in a sentence or two."""
        return self.about_words.in_language(lang)

    def credit(self, lang: str) -> str:
        """Author, work, place and year in one line."""
        return self.source.line(lang)

    def errata(self, lang: str) -> tuple[str, ...]:
        """What is wrong in the source, one sentence or two each."""
        return tuple(words.in_language(lang) for words in self.errata_words)
