"""Own examples as link parameters and back: the experiment, digit for digit, its printed figures, and its title."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote

from engine import Experiment, Refused
from engine.link import from_query, number_text, to_query
from lessons.examples import Figure, WorkedExample
from lessons.workshop.files import default_title, make
from lessons.workshop.plain import read_plain
from lessons.workshop.scan import Misread
from lessons.workshop.writing import write_plain

MAX_ADDRESS = 7_000  # characters of a link: what servers and messengers carry without cutting it
_DEFAULTS = {"batch": "0", "shuffle": "0", "init": "xavier", "seed": "0", "dtype": "float64", "opt": "gradient_descent"}
_NETWORK = ("net", "loss", "x", "t", "p", "rate", "frozen")
LINKED = (*_NETWORK, "updates", "title", "by", "fig", "sheet")  # the parameters that a link of an own example has


def write_link(example: WorkedExample) -> dict[str, str] | None:
    """The parameters of a link that restores experiment, figures and title; None when it would be too long to travel."""
    if not isinstance(example.experiment, Experiment):
        query = {"sheet": write_plain(example)}
        return query if len(query["sheet"]) <= MAX_ADDRESS else None
    query = {name: value for name, value in to_query(example.experiment).items() if _DEFAULTS.get(name) != value}
    query["updates"] = str(example.updates)
    if example.title_words != default_title(example.experiment.network):
        query["title"] = example.title("en")
    if example.source.seen != "own":
        query["by"] = example.source.author.en
    if example.figures:
        query["fig"] = ";".join(map(_linked, example.figures))
    return query if sum(len(name) + len(value) + 2 for name, value in query.items()) <= MAX_ADDRESS else None


def _linked(figure: Figure) -> str:
    symbol = "".join(f"%{ord(c):02X}" if c in "%;:*" else c for c in figure.symbol)
    times = f"*{number_text(figure.times)}" if figure.times != 1 else ""
    return f"{figure.address}@{figure.update}{times}:{figure.text}:{symbol}"


def read_link(query: Mapping[str, str]) -> WorkedExample:
    """The own example that a link's parameters describe; raises Refused for one that is damaged."""
    if "sheet" in query:
        try:
            return read_plain(query["sheet"])
        except Misread as misread:
            raise Refused("bad_link", part=f"sheet, {misread.line}:{misread.column}") from None
    mine = {name: str(query[name]) for name in _NETWORK if name in query}
    experiment = from_query(mine)
    if experiment.parameters is None:
        if experiment.network.layers:
            raise Refused("bad_link", part="p")
        experiment = experiment.replace(parameters=())
    figures = tuple(_figure_of(part) for part in query.get("fig", "").split(";") if part)
    updates = query.get("updates", "")
    count = int(updates) if updates.isascii() and updates.isdigit() and len(updates) < 5 else None
    return make(experiment, figures, count, query.get("title", ""), query.get("by", ""))


def _figure_of(part: str) -> Figure:
    front, _, rest = part.partition(":")
    text, _, symbol = rest.partition(":")
    place, _, times = front.partition("*")
    address, _, update = place.partition("@")
    if not (update.isascii() and update.isdigit() and len(update) < 7):
        raise Refused("bad_link", part=part[:30])
    try:
        factor = float(times) if times else 1.0
    except ValueError:
        raise Refused("bad_link", part=part[:30]) from None
    return Figure(unquote(symbol), text, address, int(update), factor)
