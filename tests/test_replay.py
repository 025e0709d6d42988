"""A replay is the run again: the same numbers, what follows from a replaced one, and rounding as people do it."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Refused, Trace, record_run
from engine.edit import edited
from engine.graph.record import record_expression
from engine.graph.spec import Expression
from engine.markup import read_formula
from engine.replay import evaluate, replay, replay_all, rounded
from lessons.examples import ids, load
from tests.draws import draw_experiment, every_experiment

MAZUR = record_run(load("mazur-2-2-2").experiment, 2)


def close(got: np.ndarray, wanted: np.ndarray, scale: np.ndarray | float = 1.0) -> bool:
    return bool(np.all(np.abs(got - wanted) <= 1e-12 * np.maximum(np.abs(wanted), scale)))


def size_of(trace: Trace, row: np.ndarray) -> np.ndarray:
    """Where terms cancel, the size of the terms is what rounding errors are relative to."""
    scale = np.maximum(np.abs(row), 1e-3)  # below that, terms that cancel leave rounding errors alone
    for op in trace.ops:
        operands = np.abs(row[list(op.reads)])
        scale[op.index] = max(scale[op.index], operands.max(initial=0.0), (operands.max(initial=0.0)) ** 2)
    return scale


def test_it_reproduces_every_rule_of_every_kind_of_network() -> None:
    rules = set()
    for experiment in every_experiment(samples=2):
        trace = record_run(experiment, 2)
        for update in range(trace.updates):
            row = trace.values[update]
            again = replay(trace, update)
            assert close(again, row, size_of(trace, row)), experiment
        for op in trace.ops:
            rules.add(op.rule)
            value = evaluate(trace, op, row[list(op.reads)])
            assert abs(value - row[op.index]) <= 1e-12 * size_of(trace, row)[op.index], op
    expected = {"affine", "lse", "sample_loss", "total_loss", "out_grad", "slope", "delta", "delta_logits", "delta_softmax"}
    assert expected | {"path", "collect", "grad_weight", "grad_bias", "step_weight", "step_bias"} <= rules
    assert sum(rule.startswith("act_") for rule in rules) == 8
    assert sum(rule.startswith("loss_") for rule in rules) == 7


@given(st.integers(0, 2**31), st.integers(0, 2**31))
def test_a_given_number_replaced_is_another_experiment(index: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    experiment = draw_experiment(rng, index % 56, layers=2)
    trace = record_run(experiment)
    address = f"W1[{rng.integers(experiment.network.inputs)},{rng.integers(experiment.network.sizes[1])}]"
    value = float(rng.normal())
    other = record_run(edited(experiment, {address: value}))
    assert close(replay(trace, 0, {address: value}), other.values[0], size_of(other, other.values[0]))


def test_what_follows_from_a_replaced_number_follows_and_nothing_else() -> None:
    row = replay(MAZUR, 0, {"a1[0,0]": 0.6})
    index = MAZUR.program.find
    assert row[index("a1[0,0]")] == 0.6
    assert row[index("z1[0,0]")] == MAZUR.value("z1[0,0]")
    assert row[index("a1[0,1]")] == MAZUR.value("a1[0,1]")
    z = 0.6 * 0.40 + MAZUR.value("a1[0,1]") * 0.45 + 0.60
    assert row[index("z2[0,0]")] == pytest.approx(z, rel=1e-14)
    assert row[index("s1[0,0]")] == pytest.approx(0.24, rel=1e-14)


def test_a_stack_is_its_replays() -> None:
    index = MAZUR.program.find
    cases = [{}, {"a1[0,0]": 0.6}, {"dz2[0,1]": 0.5, "L[0,0]": 9.0}, {"eta[0,0]": 0.1, "W2[0,0]": -1.0}]
    rows = replay_all(MAZUR, 1, [{index(address): value for address, value in case.items()} for case in cases])
    for row, case in zip(rows, cases, strict=True):
        assert np.array_equal(row, replay(MAZUR, 1, case))


def test_rounding_is_done_by_hand() -> None:
    row = replay(MAZUR, 0, places=3)
    value = dict(zip(MAZUR.program.addresses, row, strict=True))
    assert value["W1[0,0]"] == 0.15  # given numbers stay
    assert value["z1[0,0]"] == 0.378  # 0.3775, half away from zero
    assert value["a1[0,0]"] == 0.593
    assert value["z2[0,0]"] == 1.106  # 0.593 · 0.40 + 0.597 · 0.45 + 0.60 = 1.10585
    digits = dict(zip(MAZUR.program.addresses, replay(MAZUR, 0, digits=2), strict=True))
    assert digits["z1[0,0]"] == 0.38
    assert digits["dW1[0,0]"] == 0.00043  # 0.0086 · 0.05


@pytest.mark.parametrize(
    ("value", "places", "wanted"),
    [
        (0.285 * 0.5, 3, 0.143), (-0.5, 0, -1.0), (0.5, 0, 1.0), (1.005, 2, 1.01), (-1.005, 2, -1.01), (0.004, 2, 0.0),
        (123456.5, 0, 123457.0), (1e-300, 3, 0.0), (1e15 + 0.3, 2, 1e15), (float("inf"), 2, float("inf")), (0.1 + 0.2, 15, 0.3),
    ],
)  # fmt: skip
def test_rounding(value: float, places: int, wanted: float) -> None:
    assert rounded(value, places) == wanted


@given(st.floats(-1e6, 1e6), st.integers(0, 8))
def test_rounding_is_decimal(value: float, places: int) -> None:
    seen = Decimal(f"{value:.13e}")
    if abs(value) >= 0.5 * 10.0**-places:
        assert rounded(value, places) == pytest.approx(
            float(seen.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)), rel=1e-12
        )
    assert abs(rounded(value, places) - value) <= 0.5 * 10.0**-places * (1 + 1e-9) + 1e-12 * abs(value)


def test_hostile_numbers_end_in_no_exception() -> None:
    row = replay(MAZUR, 0, {"z1[0,0]": -1e12, "a2[0,0]": 1e300, "s2[0,1]": float("nan")})
    assert row.shape == MAZUR.values[0].shape
    sentiment = record_run(load("ng-logistic-propagate").experiment)
    assert replay(sentiment, 0, {"a1[0,0]": 1.0}).shape == sentiment.values[0].shape
    with pytest.raises(Refused):
        replay(MAZUR, 0, {"q9[0,0]": 1.0})
    with pytest.raises(IndexError):
        replay(MAZUR, 7)


def programs() -> list[Trace]:
    """The runs of the library that are programs of statements."""
    return [record_expression(spec, 1) for name in ids() if isinstance(spec := load(name).experiment, Expression)]


def test_programs_of_statements_are_calculated_as_they_are_written() -> None:
    runs = programs()
    assert len(runs) > 5
    for trace in runs:
        row = trace.values[0]
        assert np.allclose(replay(trace), row, rtol=1e-9, atol=1e-12, equal_nan=True)
        for op in trace.ops:
            value = evaluate(trace, op, row[list(op.reads)])
            assert abs(value - row[op.index]) <= 1e-12 * size_of(trace, row)[op.index], (op.formula, value, row[op.index])


def test_what_a_reader_reads_is_what_was_calculated() -> None:
    """Networks too: the formula of every line, taken at its word, gives the recorded number."""
    own_names = ("huber", "clip")  # functions that a formula names and a sentence explains
    for experiment in every_experiment(samples=2):
        trace = record_run(experiment)
        row = trace.values[0]
        scale = size_of(trace, row)
        for op in trace.ops:
            if not any(name in op.formula for name in own_names):
                value = float(read_formula(op.formula)(row[list(op.reads)]))
                assert abs(value - row[op.index]) <= 1e-9 * scale[op.index], (op.formula, value, row[op.index])


@pytest.mark.parametrize("markup", ["", "#0 +", "(#0", r"\frac{#0}", r"\unknown(#0)", "[#0]", "#0 #", "x", "{", "1 2)"])
def test_markup_that_stands_for_nothing(markup: str) -> None:
    with pytest.raises(Refused):
        read_formula(markup)
