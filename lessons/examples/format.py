"""The file format "nabla-example/1": from text to a `WorkedExample`, or a refusal that names the place."""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine import ACTIVATIONS, LOSSES, Dense, Experiment, Expression, Loss, Network
from engine.program import Program
from engine.spec import MAX_LAYERS, MAX_UNITS, RATE_RANGE
from engine.writer import compile_program
from lessons.examples.judge import judge, printed_number
from lessons.examples.model import EXPLAINED, SEEN, VERDICTS, Figure, Source, Words, WorkedExample
from lessons.examples.programs import read_program
from lessons.examples.strict import Node, bad, parse
from lessons.examples.strict import from_engine as _engine

FORMAT = "nabla-example/1"
KINDS = ("network", "program")
MAX_SAMPLES = 200
MAX_FIGURES = 200
MAX_READINGS = 12
MAX_UPDATES = 1_000
MAX_UPDATE = 20_000
MAX_KEPT = 400_000  # numbers sent to the browser, 8 bytes each
MAX_WORK = 2e8  # parameters × samples × updates up to the last figure: about a second

_HEAD = ("format", "id", "lessons", "title", "about", "credit", "kind")
_BODY = {
    "network": ("network", "loss", "x", "t", "parameters", "learning_rate", "updates", "figures"),
    "program": ("given", "statements", "updates", "figures"),
}
_OPTIONAL = {"network": ("frozen", "errata"), "program": ("result", "wanted", "carry", "errata")}
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)
_AT = {
    "network": re.compile(r"([A-Za-z]{1,4}\d{0,2}'?\[\d{1,4}(?:,\d{1,4}){1,2}\])@(\d{1,6})", re.ASCII),
    "program": re.compile(r"((?:[dps]\.)?[A-Za-z]\w{0,23}(?:\.\d{1,3})?\[\d{1,4},\d{1,4}\])@(\d{1,6})", re.ASCII),
}


def read_example(text: str) -> WorkedExample:
    """The worked example that a file's text describes, with all its readings.

    Raises Refused("bad_example", place=…, reason=…) for everything that is not one.
    """
    root = parse(text)
    if not isinstance(root.value, dict) or root.value.get("format") != FORMAT:
        raise bad("format", f'the file must say "format": "{FORMAT}".')
    if "kind" not in root.value:
        root.fail("the field “kind” is missing.")
    kind = Node(root.value["kind"], "kind").choice(KINDS)
    fields = root.fields((*_HEAD, *_BODY[kind]), (*_OPTIONAL[kind], "readings"))
    name = _name(fields["id"])
    lessons = tuple(_name(node) for node in fields["lessons"].items(0, 12))
    source = _source(fields["credit"])
    readings: list[WorkedExample] = []
    for node in fields["readings"].items(1, MAX_READINGS) if "readings" in fields else []:
        own_kind, own = _reading(node, kind)
        reading = f"{name}:{_name(own['id'])}"
        if reading in (other.id for other in readings):
            own["id"].fail("there is another reading of this name.")
        readings.append(_example(reading, own_kind, lessons, source, {**fields, **own} if own_kind == kind else own))
    return _example(name, kind, lessons, source, fields, tuple(readings))


def _reading(node: Node, kind: str) -> tuple[str, dict[str, Node]]:
    """The kind and the fields of a reading; one of another kind than its example has to state everything."""
    head = ("id", "title", "about")
    if isinstance(node.value, dict) and "kind" in node.value:
        own_kind = Node(node.value["kind"], f"{node.place}.kind").choice(KINDS)
        if own_kind != kind:
            return own_kind, node.fields((*head, "kind", *_BODY[own_kind]), _OPTIONAL[own_kind])
    return kind, node.fields(head, ("kind", *_BODY[kind], *_OPTIONAL[kind]))


def _example(
    name: str,
    kind: str,
    lessons: tuple[str, ...],
    source: Source,
    fields: Mapping[str, Node],
    readings: tuple[WorkedExample, ...] = (),
) -> WorkedExample:
    updates = fields["updates"].whole(1, MAX_UPDATES)
    experiment, program = read_program(fields, updates) if kind == "program" else _network_program(fields)
    if program.size * updates > MAX_KEPT:
        fields["updates"].fail(f"{updates} updates of {program.size} numbers are too much to record.")
    figures = tuple(_figure(node, kind, program, experiment) for node in fields["figures"].items(0, MAX_FIGURES))
    errata = fields["errata"].items(0, 20) if "errata" in fields else []
    return WorkedExample(
        id=name,
        kind=kind,
        lessons=lessons,
        experiment=experiment,
        updates=updates,
        figures=figures,
        source=source,
        title_words=_words(fields["title"], 120),
        about_words=_words(fields["about"], 600),
        errata_words=tuple(_words(node, 600) for node in errata),
        readings=readings,
    )


def _name(node: Node) -> str:
    text = node.text(60)
    if not _ID.fullmatch(text.replace("_", "-")):
        node.fail("use small letters, digits and hyphens, such as my-example.")
    return text


def _words(node: Node, most: int) -> Words:
    both = node.fields(("en", "zh"))
    return Words(both["en"].text(most), both["zh"].text(most))


def _plain_or_words(node: Node, most: int) -> Words:
    """Names are the same in both languages, so a plain text stands for both."""
    if isinstance(node.value, str):
        return Words(node.text(most), node.text(most))
    return _words(node, most)


def _source(node: Node) -> Source:
    fields = node.fields(("author", "seen"), ("work", "where", "year"))
    return Source(
        author=_plain_or_words(fields["author"], 120),
        work=_plain_or_words(fields["work"], 160) if "work" in fields else None,
        where=_plain_or_words(fields["where"], 160) if "where" in fields else None,
        year=fields["year"].whole(1000, 2999) if "year" in fields else None,
        seen=fields["seen"].choice(SEEN),
    )


def _network(node: Node) -> Network:
    fields = node.fields(("inputs", "layers"))
    layers = []
    for layer in fields["layers"].items(0, MAX_LAYERS):
        own = layer.fields(("units", "activation"))
        layers.append(Dense(own["units"].whole(1, MAX_UNITS), own["activation"].choice(ACTIVATIONS)))
    inputs = fields["inputs"].whole(1, MAX_UNITS)
    with _engine(node.place):
        return Network(inputs, tuple(layers))


def _loss(node: Node) -> Loss:
    fields = node.fields(("name", "reduction"), ("factor", "threshold"))
    name = fields["name"].choice(LOSSES)
    reduction = fields["reduction"].choice(("sum", "mean"))
    squared = name == "squared_error"
    if squared and "factor" not in fields:
        node.fail("a squared error must say its “factor”: 0.5 or 1.")
    factor = fields["factor"].number() if "factor" in fields else 1.0
    if factor not in ((0.5, 1.0) if squared else (1.0,)):
        fields["factor"].fail("the factor is 0.5 or 1 for a squared error, and 1 for every other loss.")
    if "threshold" in fields and name != "huber":
        fields["threshold"].fail("only the loss huber has a threshold.")
    threshold = fields["threshold"].number() if "threshold" in fields else 1.0
    with _engine(node.place):
        return Loss(name, factor, reduction, threshold)


def _rows(node: Node, width: int, most: int = MAX_SAMPLES, least: int = 1) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(cell.number() for cell in row.items(width, width)) for row in node.items(least, most))


def _parameters(node: Node, network: Network) -> tuple[float, ...]:
    """Flat parameters from W1 (one row per input of the layer), b1, W2, …"""
    names = [f"{kind}{k}" for k in range(1, len(network.layers) + 1) for kind in "Wb"]
    fields = node.fields(names)
    flat: list[float] = []
    for k, (n_in, n_out) in enumerate(network.shapes, 1):
        for row in _rows(fields[f"W{k}"], n_out, n_in, n_in):
            flat.extend(row)
        flat.extend(cell.number() for cell in fields[f"b{k}"].items(n_out, n_out))
    return tuple(flat)


def _experiment(fields: Mapping[str, Node]) -> Experiment:
    network, loss = _network(fields["network"]), _loss(fields["loss"])
    x, t = _rows(fields["x"], network.inputs), _rows(fields["t"], network.outputs)
    if len(x) != len(t):
        fields["t"].fail(f"{len(t)} rows of targets for {len(x)} rows of inputs.")
    parameters = _parameters(fields["parameters"], network)
    rate = fields["learning_rate"].number()
    if not RATE_RANGE[0] <= rate <= RATE_RANGE[1]:
        fields["learning_rate"].fail("the learning rate must be between 1e-9 and 1e6.")
    names = [f"{kind}{k}" for k in range(1, len(network.layers) + 1) for kind in "Wb"]
    frozen = tuple(node.choice(names) for node in fields["frozen"].items(0, len(names))) if "frozen" in fields else ()
    # What is still wrong now is a loss that does not go with its targets or with the output of the network.
    with _engine(fields["loss"].place):
        return Experiment(network, loss, x, t, parameters, learning_rate=rate, frozen=frozen)


def _network_program(fields: Mapping[str, Node]) -> tuple[Experiment | Expression, Program]:
    experiment = _experiment(fields)
    with _engine(fields["network"].place):
        return experiment, compile_program(experiment.network, experiment.loss, experiment.batch_size, experiment.frozen)


def _figure(node: Node, kind: str, program: Program, experiment: Experiment | Expression) -> Figure:
    fields = node.fields(("symbol", "text", "at", "verdict"), ("times", "should_be", "why"))
    printed = fields["text"].text(40)
    with _engine(fields["text"].place):
        printed_number(printed)
    match = _AT[kind].fullmatch(fields["at"].text(60))
    if match is None:
        sample = "z1[0,0]@0" if kind == "network" else "q[0,0]@0"
        fields["at"].fail(f"write an address and an update, such as {sample}.")
    address, update = match.group(1), int(match.group(2))
    with _engine(fields["at"].place):
        program.find(address)
    if isinstance(experiment, Expression):
        if update >= experiment.updates:
            fields["at"].fail(f"only {experiment.updates} updates are run; the first is 0.")
        samples = parameters = 0
    else:
        samples, parameters = len(experiment.x), experiment.network.parameter_count
    if update > MAX_UPDATE or update * samples * (parameters + 1) > MAX_WORK:
        fields["at"].fail(f"update {update} is too far to compute in a second.")
    verdict = fields["verdict"].choice(VERDICTS)
    if verdict in EXPLAINED and "why" not in fields:
        node.fail(f"the verdict {verdict} needs a field “why” in both languages.")
    times = fields["times"].number() if "times" in fields else 1.0
    if times == 0:
        fields["times"].fail("a factor of 0 would make every figure 0.")
    should_be = fields["should_be"].text(40) if "should_be" in fields else None
    if should_be is not None:
        with _engine(fields["should_be"].place):
            printed_number(should_be)
        if judge(should_be, float(printed_number(printed))) == "match":
            fields["should_be"].fail("the right value must differ from the printed one.")
    return Figure(
        symbol=fields["symbol"].text(40),
        text=printed,
        address=address,
        update=update,
        times=times,
        verdict=verdict,
        should_be=should_be,
        why=_words(fields["why"], 400) if "why" in fields else None,
    )
