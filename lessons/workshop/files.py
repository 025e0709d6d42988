"""Own examples: made from parts, and written as a file that reads back as it was."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

import numpy as np

from engine import Experiment, Expression, Refused
from engine.graph import graph_of
from engine.spec import Network
from engine.train import unflatten
from engine.writer import compile_program
from lessons.examples import Figure, Source, Words, WorkedExample, read_example
from lessons.examples.format import FORMAT, MAX_KEPT
from lessons.workshop.names import written

UPDATES = 20
ID = "my-example"
OWN_EXPRESSION = Words("Your expression", "你的表达式")


def shape_name(network: Network) -> str:
    """A network's widths as people say them: 2-2-1."""
    return "-".join(map(str, network.sizes))


def default_title(network: Network) -> Words:
    """The title of an own example that was given none."""
    return Words(f"Your {shape_name(network)} network", f"你的 {shape_name(network)} 网络")


def make(
    experiment: Experiment, figures: tuple[Figure, ...] = (), updates: int | None = None, title: str = "", source: str = ""
) -> WorkedExample:
    """An own example from its parts; `updates` None records as many as are light to carry, at most 20.

    Raises Refused when the result could not be written as a file and read again.
    """
    if experiment.parameters is None or experiment != replace(experiment, batch=0, shuffle=False, dtype="float64"):
        raise Refused("bad_link", part="p, batch, shuffle, dtype")
    program = compile_program(experiment.network, experiment.loss, experiment.batch_size, experiment.frozen)
    if updates is None:
        updates = max(1, min(UPDATES, MAX_KEPT // program.size))
    return _made(experiment, figures, updates, title or default_title(experiment.network), source)


def make_program(expression: Expression, figures: tuple[Figure, ...] = (), title: str = "", source: str = "") -> WorkedExample:
    """An own example that is an expression; raises Refused like `make`."""
    return _made(expression, figures, expression.updates, title or OWN_EXPRESSION, source)


def _made(
    experiment: Experiment | Expression, figures: tuple[Figure, ...], updates: int, title: str | Words, source: str
) -> WorkedExample:
    example = WorkedExample(
        id=ID,
        kind="network" if isinstance(experiment, Experiment) else "program",
        lessons=(),
        experiment=experiment,
        updates=updates,
        figures=figures,
        source=Source(
            Words(source, source) if source else Words("Your sheet", "你的题单"), None, None, None, "read" if source else "own"
        ),
        title_words=Words(title, title) if isinstance(title, str) else title,
        about_words=Words(
            "Made by a reader. Each printed figure is compared with the number that the engine computes.",
            "读者自己输入的例题。每个印出来的数都与引擎算出的结果对照。",
        ),
    )
    return read_example(write_example(example))


def stepping(example: WorkedExample) -> WorkedExample:
    """The example under a name that belongs to its contents alone, so that edits and caches never meet another's."""
    digest = hashlib.sha256(write_example(example).encode()).hexdigest()[:16]
    return replace(example, id=f"own-{digest}")


def write_example(example: WorkedExample) -> str:
    """The text of the file "nabla-example/1" of an example: the same example, the same bytes."""
    source = example.source
    credit: dict[str, Any] = {"author": _words(source.author)}
    credit |= {name: _words(words) for name, words in (("work", source.work), ("where", source.where)) if words}
    credit |= {"year": source.year} if source.year else {}
    document = {
        "format": FORMAT,
        "id": example.id,
        "lessons": list(example.lessons),
        "title": _both(example.title_words),
        "about": _both(example.about_words),
        "credit": credit | {"seen": source.seen},
        "kind": example.kind,
        **_body(example),
    }
    if example.readings:
        document["readings"] = [
            {"id": one.id.partition(":")[2], "title": _both(one.title_words), "about": _both(one.about_words)}
            | ({"kind": one.kind} if one.kind != example.kind else {})
            | _body(one)
            for one in example.readings
        ]
    return "{\n" + ",\n".join(f'  "{name}": {_laid_out(value)}' for name, value in document.items()) + "\n}\n"


def _body(example: WorkedExample) -> dict[str, Any]:
    experiment = example.experiment
    what = _network(experiment) if isinstance(experiment, Experiment) else _program(experiment)
    return {
        **what,
        "updates": example.updates,
        "figures": [_figure(figure) for figure in example.figures],
        # Always written, so that a reading without errata does not take over those of its base.
        "errata": [_both(words) for words in example.errata_words],
    }


def _program(expression: Expression) -> dict[str, Any]:
    found: dict[str, Any] = {
        "given": {name: _value(value) for name, value in expression.given},
        "statements": list(expression.statements),
    }
    found |= {"result": expression.result} if expression.result else {}
    return found | {"wanted": list(expression.wanted), "carry": dict(expression.carry)}


def _value(value: Any) -> Any:
    return [_value(part) for part in value] if isinstance(value, tuple) else _number(value)


def _network(experiment: Experiment) -> dict[str, Any]:
    network, loss = experiment.network, experiment.loss
    parameters: dict[str, Any] = {}
    flat = list(experiment.parameters or ())
    for k, (n_in, n_out) in enumerate(network.shapes, 1):
        rows = [flat[i * n_out : (i + 1) * n_out] for i in range(n_in + 1)]
        parameters |= {f"W{k}": [_numbers(row) for row in rows[:-1]], f"b{k}": _numbers(rows[-1])}
        flat = flat[(n_in + 1) * n_out :]
    conventions: dict[str, Any] = {"factor": _number(loss.factor)} if loss.name == "squared_error" else {}
    conventions |= {"threshold": _number(loss.threshold)} if loss.name == "huber" else {}
    return {
        "network": {
            "inputs": network.inputs,
            "layers": [{"units": layer.units, "activation": layer.activation} for layer in network.layers],
        },
        "loss": {"name": loss.name, **conventions, "reduction": loss.reduction},
        "x": [_numbers(row) for row in experiment.x],
        "t": [_numbers(row) for row in experiment.t],
        "parameters": parameters,
        "learning_rate": _number(experiment.learning_rate),
        "frozen": list(experiment.frozen),
    }


def _figure(figure: Figure) -> dict[str, Any]:
    found: dict[str, Any] = {"symbol": figure.symbol, "text": figure.text, "at": f"{figure.address}@{figure.update}"}
    if figure.times != 1:
        found["times"] = _number(figure.times)
    found["verdict"] = figure.verdict
    if figure.should_be is not None:
        found["should_be"] = figure.should_be
    return found | ({"why": _both(figure.why)} if figure.why else {})


def _both(words: Words) -> dict[str, str]:
    return {"en": words.en, "zh": words.zh}


def _words(words: Words) -> str | dict[str, str]:
    return words.en if words.en == words.zh else _both(words)


def _number(value: float) -> float | int:
    return int(value) if float(value).is_integer() and abs(value) < 2**53 and str(value) != "-0.0" else value


def _numbers(row: Any) -> list[float | int]:
    return [_number(value) for value in row]


def _laid_out(value: Any) -> str:
    """One line for small things, one line per entry for lists of objects."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(f"    {json.dumps(entry, ensure_ascii=False)}" for entry in value) + "\n  ]"
    return json.dumps(value, ensure_ascii=False)


def layers(experiment: Experiment) -> list[tuple[list[list[float]], list[float]]]:
    """(W, b) of each layer as lists, W with one row per input."""
    flat = np.array(experiment.parameters or (), dtype=float)
    return [(W.tolist(), b[0].tolist()) for W, b in unflatten(experiment.network, flat)]


def default_symbol(example: WorkedExample, figure: Figure) -> str:
    """The bracket name of a figure, used where the sheet has no name of its own."""
    experiment = example.experiment
    if isinstance(experiment, Experiment):
        program = compile_program(experiment.network, experiment.loss, experiment.batch_size, experiment.frozen)
    else:
        program = graph_of(experiment).program
    return written(program, figure.address) + (f"@{figure.update}" if figure.update else "")
