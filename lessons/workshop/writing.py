"""The plain sheet, written: what `lessons.workshop.plain` reads back as the same experiment and figures."""

from __future__ import annotations

import re
from collections.abc import Iterable

from engine import Experiment
from engine.link import number_text
from lessons.examples import WorkedExample
from lessons.workshop.expressions import write_expression
from lessons.workshop.files import OWN_EXPRESSION, default_symbol, default_title, layers, shape_name


def write_plain(example: WorkedExample, lang: str = "en") -> str:
    """The plain sheet of an example; reading it gives the same experiment and figures."""
    if isinstance(example.experiment, Experiment):
        said = _network(example.experiment, example.updates)
        default = default_title(example.experiment.network)
    else:
        said, default = write_expression(example.experiment), OWN_EXPRESSION
    lines = said[:1]
    if example.title_words != default:
        lines.append(f"title = {_safe(example.title(lang))}")
    if example.source.seen != "own":
        lines.append(f"source = {_safe(example.source.author.in_language(lang))}")
    lines += said[1:]
    lines += [""] if example.figures else []
    for figure in example.figures:
        plain = default_symbol(example, figure)
        times = f" * {number_text(figure.times)}" if figure.times != 1 else ""
        label = "" if figure.symbol == plain + times else f" as {_safe(figure.symbol)}"
        lines.append(f"published {plain}{times} = {figure.text}{label}")
    return "\n".join(lines) + "\n"


def _network(experiment: Experiment, updates: int) -> list[str]:
    network, loss = experiment.network, experiment.loss
    lines = [f"net = {shape_name(network)} {' '.join(layer.activation for layer in network.layers)}".rstrip()]
    lines += ["", f"x = {_rows(experiment.x)}", f"t = {_rows(experiment.t)}", ""]
    for k, (W, b) in enumerate(layers(experiment), 1):
        lines += [f"W{k} = {_rows(W)}", f"b{k} = {_rows([b])}"]
    words = [loss.name.replace("_", " ")]
    words += ["1/2" if loss.factor == 0.5 else "1"] if loss.name == "squared_error" else []
    words += [loss.reduction] + ([f"threshold {number_text(loss.threshold)}"] if loss.name == "huber" else [])
    lines += ["", f"loss = {' '.join(words)}", f"rate = {number_text(experiment.learning_rate)}"]
    lines += [f"frozen = {' '.join(experiment.frozen)}"] if experiment.frozen else []
    return [*lines, f"updates = {updates}"]


def _rows(rows: Iterable[Iterable[float]]) -> str:
    return "; ".join(" ".join(map(number_text, row)) for row in rows)


def _safe(text: str) -> str:
    """A text that does not read as a comment."""
    return re.sub(r"(^|(?<=\s))#(?=\s|$)", "♯", text)
