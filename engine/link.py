"""Experiments as link parameters and back, exact to the last digit.

Numbers are written with every digit (Python's shortest form that reads back the same) and read by one strict rule.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from engine.refusal import Refused
from engine.spec import Dense, Experiment, Loss, Network

MAX_LINK = 60_000
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_LAYER = re.compile(r"(\d{1,7})([a-z_]{1,20})", re.ASCII)


def parse_number(text: str, what: str = "number") -> float:
    """The number that a person typed: decimal point or comma, a typographic minus, full-width digits.

    Raises Refused for anything that is not one finite number.
    """
    if len(text) > 60:  # no number that a person types
        raise Refused("not_a_number", what=what, value=text[:40])
    plain = "".join(chr(ord(c) - 0xFEE0) if "！" <= c <= "～" else c for c in text)
    plain = plain.strip().replace("\u2212", "-").replace("\u3002", ".")
    if plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")
    if not plain:
        raise Refused("empty_number")
    if not _NUMBER.fullmatch(plain) or not math.isfinite(float(plain)):
        raise Refused("not_a_number", what=what, value=text[:40])
    return float(plain)


def number_text(value: float) -> str:
    """A number with every digit and nothing more: 0.5, -3, 1e-07."""
    return repr(float(value)).removesuffix(".0")


def _rows_text(rows: tuple[tuple[float, ...], ...]) -> str:
    return ";".join(",".join(map(number_text, row)) for row in rows)


def _rows(text: str, what: str) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(_plain(part, what) for part in row.split(",")) for row in text.split(";"))


def _plain(text: str, what: str) -> float:
    if not _NUMBER.fullmatch(text) or not math.isfinite(float(text)):
        raise Refused("not_a_number", what=what, value=text[:40])
    return float(text)


def _whole(text: str, what: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        raise Refused("not_a_number", what=what, value=text[:40])
    return int(text)


def to_query(experiment: Experiment) -> dict[str, str]:
    """The whole experiment as short text parameters."""
    network, loss = experiment.network, experiment.loss
    query = {
        "net": "-".join([str(network.inputs), *(f"{layer.units}{layer.activation}" for layer in network.layers)]),
        "loss": ",".join([loss.name, number_text(loss.factor), loss.reduction, number_text(loss.threshold)]),
        "x": _rows_text(experiment.x),
        "t": _rows_text(experiment.t),
        "rate": number_text(experiment.learning_rate),
        "batch": str(experiment.batch),
        "shuffle": str(int(experiment.shuffle)),
        "init": experiment.initialiser,
        "seed": str(experiment.seed),
        "dtype": experiment.dtype,
        "opt": experiment.optimiser,
    }
    if experiment.parameters is not None:
        query["p"] = ",".join(map(number_text, experiment.parameters))
    if experiment.frozen:
        query["frozen"] = ",".join(experiment.frozen)
    return query


def from_query(query: Mapping[str, str]) -> Experiment:
    """The experiment that link parameters describe; raises Refused with the place of the first mistake."""
    if sum(len(value) for value in query.values()) > MAX_LINK:
        raise Refused("bad_link", part="…")
    for key in ("net", "loss", "x", "t"):
        if not query.get(key):
            raise Refused("bad_link", part=key)
    parts = query["net"].split("-")
    layers = []
    for part in parts[1:]:
        match = _LAYER.fullmatch(part)
        if not match:
            raise Refused("bad_link", part=f"net={part[:30]}")
        layers.append(Dense(int(match.group(1)), match.group(2)))
    network = Network(_whole(parts[0], "net"), tuple(layers))
    name, *conventions = query["loss"].split(",")
    if len(conventions) > 3:
        raise Refused("bad_link", part="loss")
    factor, reduction, threshold = (*conventions, *("0.5", "sum", "1")[len(conventions) :])
    parameters = tuple(_plain(v, "parameter") for v in query["p"].split(",")) if query.get("p") else None
    return Experiment(
        network,
        Loss(name, _plain(factor, "factor"), reduction, _plain(threshold, "threshold")),
        _rows(query["x"], "input"),
        _rows(query["t"], "target"),
        parameters,
        query.get("init", "xavier"),
        _plain(query.get("rate", "0.1"), "learning_rate"),
        _whole(query.get("batch", "0"), "batch"),
        query.get("shuffle", "0") == "1",
        tuple(part for part in query.get("frozen", "").split(",") if part),
        _whole(query.get("seed", "0"), "seed"),
        query.get("dtype", "float64"),
        query.get("opt", "gradient_descent"),
    )
