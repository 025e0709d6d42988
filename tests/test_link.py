"""A link is the whole experiment to the last digit, and a hostile one is refused with a sentence, never with a crash."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine import ACTIVATIONS, LOSSES, Dense, Experiment, Loss, Network, Refused, advance, start
from engine.link import number_text, parse_number
from engine.spec import DTYPES, INITIALISERS

NUMBERS = st.floats(-1e12, 1e12) | st.sampled_from([0.1, 1 / 3, -0.0, 5e-324, 1e-7, 1e12])


@st.composite
def experiments(draw: st.DrawFn) -> Experiment:
    """Any small experiment that can be built."""
    loss = Loss(
        draw(st.sampled_from(list(LOSSES))),
        draw(st.sampled_from([0.5, 1.0])),
        draw(st.sampled_from(["sum", "mean"])),
        draw(st.floats(1e-6, 1e6)),
    )
    rule = LOSSES[loss.name]
    layers = draw(st.lists(st.builds(Dense, st.integers(1, 4), st.sampled_from(list(ACTIVATIONS))), max_size=3))
    if rule.needs or rule.probabilities:
        layers = [*layers, Dense(draw(st.integers(1, 3)), rule.needs or "sigmoid")]
    network = Network(draw(st.integers(1, 3)), tuple(layers))
    samples = draw(st.integers(1, 4))
    x = [draw(st.tuples(*[NUMBERS] * network.inputs)) for _ in range(samples)]
    unit = st.floats(0, 1) if rule.unit_targets else NUMBERS
    t = [draw(st.tuples(*[unit] * network.outputs)) for _ in range(samples)]
    if rule.needs == "softmax":
        t = [tuple(float(j == 0) for j in range(network.outputs)) for _ in range(samples)]
    count = network.parameter_count
    parameters = draw(st.none() | st.lists(NUMBERS, min_size=count, max_size=count).map(tuple)) if count else None
    names = [f"{kind}{k}" for k in range(1, len(layers) + 1) for kind in "Wb"]
    return Experiment(
        network, loss, tuple(x), tuple(t), parameters,
        draw(st.sampled_from(INITIALISERS)), draw(st.floats(1e-9, 1e6)), draw(st.integers(0, samples)), draw(st.booleans()),
        tuple(draw(st.lists(st.sampled_from(names), unique=True))) if names else (),
        draw(st.integers(0, 2**32 - 1)), draw(st.sampled_from(DTYPES)),
    )  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(experiments())
def test_there_and_back(experiment: Experiment) -> None:
    query = experiment.to_query()
    assert all(isinstance(key, str) and isinstance(value, str) for key, value in query.items())
    back = Experiment.from_query(query)
    assert back == experiment and hash(back) == hash(experiment)
    assert back.to_query() == query


@settings(max_examples=300, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_survives_as_text(value: float) -> None:
    assert float(number_text(value)) == value
    if abs(value) < 1e300 and len(number_text(value)) <= 60:
        assert parse_number(number_text(value)) == value


def good() -> dict[str, str]:
    """A link that works."""
    network = Network(2, (Dense(2, "tanh"), Dense(1)))
    return Experiment(network, Loss(), ((0.5, 1.0), (0.1, 0.2)), ((1.0,), (0.0,)), (0.5,) * 9).to_query()


HOSTILE: dict[str, list[str]] = {
    "net": [
        "", "2-1000000tanh", "1000000-1tanh", "2-9999999tanh-1identity", "2-10000000tanh", "0-1tanh", "2-0tanh", "-1",
        "2-2tanh-", "2--2tanh", "2-2nope", "2-2", "tanh", "2-2TANH", "2-٢tanh", "٢-2tanh-1identity", "²-2tanh",
        "2-2tanh\0-1identity",
        "2-" + "-".join(["2tanh"] * 7), "2-" + "-".join(["64tanh"] * 6) + "-1identity", "nan", "1e400", "2.5-1identity",
        "0x2-1identity",
        "2-1tanh; drop table", "2-2" + "a" * 50, "9" * 5000,
    ],
    "loss": [
        "", "nope", "squared_error,2", "squared_error,nan", "squared_error,0.5,max", "squared_error,0.5,sum,0",
        "squared_error,0.5,sum,1,1", "huber,1,sum,1e400", "huber,1,sum,-1", ",", "binary_cross_entropy",
        "softmax_cross_entropy", "nll",
    ],
    "x": [
        "", "nan,0;0,0", "inf,0;0,0", "1e400,0;0,0", "-1e400,0;0,0", "1e13,0;0,0", "0.5", "0.5,1;", ";", ",", "0.5,1;0.1",
        "٣,1;0,0", "１,1;0,0",
        "1_0,0;0,0", " 1,0;0,0", "1,0;0,0\0", "0x1,0;0,0", "1e99999,0;0,0", "--1,0;0,0", "\ud800,0;0,0",
        "0,0;" * 3000 + "0,0",
    ],
    "t": ["", "nan;0", "1", "1,0;0,1", "x;y", "1;0;1", "True;False"],
    "p": ["1", "1," * 8 + "nan", "1," * 8, "1," * 8 + "1e13", "a", "1 " * 9, "1," * 100000],
    "rate": ["nan", "inf", "0", "-1", "1e7", "1e-10", "1e400", "fast", "0,5"],
    "batch": ["-1", "3", "1.5", "nan", "1e3", "٢", "²", "999999999999", "9" * 5000],
    "seed": ["-1", "4294967296", "1.5", "nan", "٢", "9" * 5000],
    "init": ["nope", "None", "\0"],
    "dtype": ["float16", "object", "int64", "\0"],
    "opt": ["adam!", "__class__", "\0"],
    "frozen": ["W9", "x", "W1;b1", "W1\0", "W1,nope"],
}  # fmt: skip


@pytest.mark.parametrize(("key", "text"), [(key, text) for key, texts in HOSTILE.items() for text in texts])
def test_a_damaged_link_is_refused(key: str, text: str) -> None:
    with pytest.raises(Refused) as refusal:
        Experiment.from_query({**good(), key: text})
    sentence = str(refusal.value)
    assert sentence and len(sentence) < 400, sentence


@pytest.mark.parametrize("key", ["net", "loss", "x", "t"])
def test_a_link_without_a_part_it_needs_is_refused(key: str) -> None:
    query = good()
    del query[key]
    with pytest.raises(Refused) as refusal:
        Experiment.from_query(query)
    assert refusal.value.code == "bad_link" and refusal.value.details["part"] == key


def test_a_parameter_frozen_twice_is_one_experiment() -> None:
    twice = Experiment.from_query({**good(), "frozen": "W1,b1,W1"})
    once = Experiment.from_query({**good(), "frozen": "W1,b1"})
    assert np.array_equal(advance(start(twice), 3).theta, advance(start(once), 3).theta)
    assert twice == once and hash(twice) == hash(once)


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(["net", "loss", "x", "t", "p", "rate", "batch", "shuffle", "init", "seed", "dtype", "opt", "frozen"]),
    st.text(max_size=40),
)
def test_any_text_is_an_experiment_or_refused(key: str, text: str) -> None:
    try:
        Experiment.from_query({**good(), key: text})
    except Refused as refusal:
        assert str(refusal)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_link_with_a_character_changed_is_an_experiment_or_refused(data: Any) -> None:
    query = good()
    key = data.draw(st.sampled_from(sorted(query)))
    assume(query[key])
    at = data.draw(st.integers(0, len(query[key]) - 1))
    query[key] = query[key][:at] + data.draw(st.characters()) + query[key][at + 1 :]
    try:
        experiment = Experiment.from_query(query)
    except Refused:
        return
    assert Experiment.from_query(experiment.to_query()) == experiment


TYPED = {
    "0.25": 0.25, " 3 ": 3.0, "-1e-3": -0.001, "+2": 2.0, ".5": 0.5, "5.": 5.0, "0,5": 0.5, "−0.5": -0.5, "－１．５": -1.5,
    "１２": 12.0, "1E3": 1000.0, "０，５": 0.5, "0。5": 0.5,
}  # fmt: skip
NONSENSE = [
    "", " ", "\t", "nan", "NaN", "inf", "-inf", "Infinity", "1e400", "-1e400", "1e99999", "1e9999999999", "abc", "1 2",
    "1.2.3", "1,2,3", "1,000.5",
    "--1", "+-1", "1e", "e1", ".", ",", "-", "0x10", "1_000", "٣", "²", "½", "五", "1\0", "\0", "1\n2", "9" * 400, "1" * 61,
    "{}", "{value}", "%s",
    "__import__('os')", "\ud800", "😀", "1j", "True", "1/2",
]  # fmt: skip


@pytest.mark.parametrize("text", TYPED)
def test_numbers_as_people_type_them(text: str) -> None:
    assert parse_number(text) == TYPED[text]


@pytest.mark.parametrize("text", NONSENSE)
def test_typed_nonsense_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refusal:
        parse_number(text)
    assert str(refusal.value) and len(str(refusal.value)) < 200


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=80))
def test_any_text_is_a_finite_number_or_refused(text: str) -> None:
    try:
        assert math.isfinite(parse_number(text))
    except Refused as refusal:
        assert str(refusal)
