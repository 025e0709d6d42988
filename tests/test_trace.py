"""A trace is the run that trains: every number recorded once, its formula true, its operands earlier in the order."""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import Any

import numpy as np
import pytest

from engine import LOSSES, Dense, Experiment, Loss, Network, Refused, Trace, advance, record_run, start
from engine.passes import backward, descend, forward, loss_of
from engine.trace import fill, format_number
from engine.train import unflatten
from tests.draws import NAMES, draw_experiment, every_experiment

# --- an evaluator of the formula markup, written for these tests ------------------------------------------------------

TOKEN = re.compile(r"\s*(\d+\.?\d*(?:e[+-]?\d+)?|\\text\{[a-z]+\}'?|\\[a-z]+|[-+()\[\]{}|^,<>]|e)")
FUNCTIONS = {r"\ln": math.log, r"\tanh": math.tanh, r"\sqrt": math.sqrt}


class Reader:
    """Reads one formula without letters and computes it. words: what a \\text{...} in front of parentheses means."""

    def __init__(self, markup: str, words: dict[str, Any]) -> None:
        self.words, self.tokens, at = words, [], 0
        while at < len(markup.rstrip()):
            match = TOKEN.match(markup, at)
            assert match, f"no markup at {markup[at:]!r} of {markup!r}"
            self.tokens.append(match.group(1))
            at = match.end()
        self.tokens.append("")
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at]

    def take(self, expected: str | None = None) -> str:
        token = self.tokens[self.at]
        assert expected in (None, token), f"{expected!r} expected before {self.tokens[self.at :]}"
        self.at += 1
        return token

    def all(self) -> float:
        value = self.total()
        self.take("")
        return value

    def total(self) -> float:
        value = self.product()
        while self.peek() in ("+", "-"):
            value = value + self.product() if self.take() == "+" else value - self.product()
        return value

    def product(self) -> float:
        if self.peek() == "-":
            self.take()
            return -self.product()
        value = self.power()
        while self.peek() == r"\cdot" or self.starts_a_factor():
            if self.peek() == r"\cdot":
                self.take()
            assert self.peek() != "-", "a minus after a dot needs parentheses"
            value *= self.power()
        return value

    def starts_a_factor(self) -> bool:
        token = self.peek()
        return token in ("(", "[", "e") or token[:1].isdigit() or (token[:1] == "\\" and token not in (r"\cdot", r"\le"))

    def power(self) -> float:
        value = self.atom()
        if self.peek() == "^":
            self.take()
            value = value ** (self.braces() if self.peek() == "{" else float(self.take()))
        return value

    def braces(self) -> float:
        self.take("{")
        value = self.total()
        self.take("}")
        return value

    def parentheses(self) -> list[float]:
        self.take("(")
        values = [self.total()]
        while self.peek() == ",":
            self.take()
            values.append(self.total())
        self.take(")")
        return values

    def atom(self) -> float:
        token = self.peek()
        if token == "(":
            (value,) = self.parentheses()
            return value
        self.take()
        if token[:1].isdigit():
            return float(token)
        if token == "e":
            return math.e
        if token == "|":
            value = abs(self.total())
            self.take("|")
            return value
        if token == "[":
            left, sign, right = self.total(), self.take(), self.total()
            self.take("]")
            return float(left > right if sign == ">" else left <= right)
        if token == r"\frac":
            above = self.braces()
            return above / self.braces()
        if token == r"\max":
            return max(self.parentheses())
        if token == r"\min":
            return min(self.parentheses())
        if token in FUNCTIONS:
            return float(FUNCTIONS[token](self.power()))
        word = token.removeprefix(r"\text{").replace("}", "")
        return float(self.words[word](*self.parentheses()))


def words() -> dict[str, Any]:
    """The functions that formulas call by name."""

    def gelu(z: float) -> float:
        return z / 2 * (1 + math.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3)))

    def gelu_slope(z: float) -> float:  # five points: exact to 1e-12
        h = 1e-3
        return (gelu(z - 2 * h) - 8 * gelu(z - h) + 8 * gelu(z + h) - gelu(z + 2 * h)) / (12 * h)

    return {
        "sign": lambda v: math.copysign(1, v) if v else 0,
        "gelu'": gelu_slope,
    }


def test_the_evaluator_itself() -> None:
    known = {
        r"1 + 2 \cdot 3": 7,
        r"-2 \cdot (-3) - 1": 5,
        r"\frac{1}{2} (0.5 - (-1.5))^2": 2,
        r"|1 - 3|": 2,
        r"\max(0, -2)": 0,
        r"[0.5 > 0] + 0.01 \cdot [0.5 \le 0]": 1,
        r"\frac{1}{1 + e^{-0}}": 0.5,
        r"\ln(1 + e^{0}) - 1e-07 \cdot 2": math.log(2) - 2e-7,
        r"-1 \cdot \ln 0.5": math.log(2),
        r"2 \cdot 2^3": 16,
    }
    for markup, value in known.items():
        assert Reader(markup, {}).all() == pytest.approx(value, rel=1e-15), markup
    for wrong in (r"1 +", r"(1", r"1 2 )", r"\frac{1}", r"2 \cdot -3", "x_1"):
        with pytest.raises((AssertionError, IndexError, ValueError, KeyError)):
            Reader(wrong, {}).all()


def experiments(count: int, seed: int, **choices: Any) -> list[Experiment]:
    """Random experiments whose numbers a formula can be evaluated with."""
    rng = np.random.default_rng(seed)
    return [draw_experiment(rng, index, **choices) for index in range(count)]


def test_every_formula_with_numbers_gives_the_number_shown() -> None:
    checked: Counter[str] = Counter()
    for experiment in [*experiments(60, seed=41), *every_experiment(samples=2)]:
        trace, named = record_run(experiment, 2), words()
        for op in trace.ops:
            told = trace.explain(trace.program.addresses[op.index], 1)
            value = Reader(told.numbers, named).all()
            assert value == pytest.approx(told.value, rel=1e-9, abs=1e-9), (told, experiment)
            checked[op.rule] += 1
    assert checked.total() > 5_000
    assert {f"act_{name}" for name in NAMES} | {f"loss_{name}" for name in LOSSES} <= set(checked)


def test_the_written_numbers_are_those_of_the_record_to_the_last_digit() -> None:
    assert all(float(format_number(v)) == v for v in np.random.default_rng(1).normal(size=200))
    assert format_number(0.5) == "0.5" and format_number(3.0) == "3" and format_number(1 / 3, 4) == "0.3333"
    assert fill(r"#0 \cdot #1 + #10", ["-1", *["-2"] * 10], numeric=True) == r"-1 \cdot (-2) + (-2)"
    assert fill("#0 + #1", ["x_1", "x_2"]) == "x_1 + x_2"


# --- the record ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("choices", [{}, {"batch": 2, "shuffle": True}, {"frozen": ("b1",)}, {"dtype": "float32"}])
def test_recording_is_the_run_that_trains(choices: dict[str, Any]) -> None:
    for experiment in every_experiment(samples=4, learning_rate=0.05, **choices):
        trace, state = record_run(experiment, 5), start(experiment)
        assert trace.updates == 5
        for update in range(5):
            for k, (W, b) in enumerate(state.params, 1):
                assert np.array_equal(trace.array(f"W{k}", update), W)
                assert np.array_equal(trace.array(f"b{k}", update), b)
            state = advance(state, 1)
            for k, pair in enumerate(state.params, 1):
                for kind, after in zip("Wb", pair, strict=True):
                    if f"{kind}{k}" not in experiment.frozen:
                        assert np.array_equal(trace.array(f"{kind}{k}'", update), after)
        assert np.array_equal(state.theta, advance(start(experiment), 5).theta)


def test_every_number_is_that_of_the_reference_passes() -> None:
    from engine import get_backend

    be = get_backend("numpy")
    for experiment in every_experiment(samples=3):
        trace = record_run(experiment, 2)
        network, loss = experiment.network, experiment.loss
        params = unflatten(network, np.array(experiment.parameters))
        x, t = np.array(experiment.x), np.array(experiment.t)
        for update in range(2):
            kept: dict[str, np.ndarray] = {}
            done = forward(be, network, params, x, kept.__setitem__)
            loss_of(be, loss, done, t, kept.__setitem__)
            gradients = backward(be, network, loss, params, done, t, kept.__setitem__)
            params = descend(params, gradients, experiment.learning_rate)
            for step in trace.program.steps:
                if step in kept:
                    np.testing.assert_allclose(trace.array(step, update), kept[step], rtol=1e-12, atol=1e-12, err_msg=step)


def test_every_number_but_the_givens_is_written_once_and_from_earlier_ones() -> None:
    for experiment in [*experiments(120, seed=42), *experiments(20, seed=43, frozen=("b1", "W2"), layers=2)]:
        trace = record_run(experiment)
        program = trace.program
        given = {i for i, address in enumerate(program.addresses) if re.match(r"(x|t|eta|W\d|b\d)\[", address)}
        written = Counter(op.index for op in trace.ops)
        assert set(written) == set(range(program.size)) - given
        assert set(written.values()) == {1}
        known = set(given)
        for op in trace.ops:
            assert set(op.reads) <= known, program.addresses[op.index]
            known.add(op.index)
            holes = [int(hole) for hole in re.findall(r"#(\d+)", op.formula)]
            assert all(hole < len(op.reads) for hole in holes)
            assert op.phase in ("forward", "loss", "backward", "update")
        phases = [("forward", "loss", "backward", "update").index(op.phase) for op in trace.ops]
        assert phases == sorted(phases)


def test_symbols_and_addresses_are_unique() -> None:
    for experiment in [*experiments(200, seed=44), *every_experiment(samples=2)]:
        program = record_run(experiment).program
        for entries in (program.addresses, program.symbols):
            twice = [entry for entry, count in Counter(entries).items() if count > 1]
            assert not twice, (twice, experiment.network, experiment.loss)
        assert all(program.addresses[program.find(address)] == address for address in program.addresses)
        assert len(program.places) == program.size


def test_reads_and_influences_are_each_others_inverse() -> None:
    for experiment in experiments(25, seed=45):
        trace = record_run(experiment, 2)
        reads, influences = set(), set()
        for update in range(2):
            for address in trace.program.addresses:
                told = trace.explain(address, update)
                here = f"{address}@{update}"
                assert told.value == trace.value(address, update)
                reads |= {(operand, here) for operand in told.reads}
                influences |= {(here, later) for later in told.influences}
        assert reads == influences


def test_parameters_of_an_update_come_from_the_one_before() -> None:
    experiment = experiments(1, seed=46, layers=2)[0].replace(frozen=("b1",))
    trace = record_run(experiment, 3)
    told = trace.explain("W1[0,0]", 2)
    assert told.rule == "given" and told.reads == ("W1'[0,0]@1",) and told.numbers == ""
    assert trace.value("W1[0,0]", 2) == trace.value("W1'[0,0]", 1)
    assert trace.explain("W1'[0,0]", 1).influences == ("W1[0,0]@2",)
    assert trace.explain("W1[0,0]", 0).reads == ()
    assert trace.explain("W1'[0,0]", 2).influences == ()
    assert trace.explain("b1[0,0]", 2).reads == ()  # frozen: given, always


def small() -> Trace:
    """A recorded 2-2-1 network."""
    network = Network(2, (Dense(2, "sigmoid"), Dense(1, "identity")))
    return record_run(Experiment(network, Loss(), ((0.5, -1.0),), ((1.0,),), (0.1, 0.2, 0.3, 0.4, 0, 0, 0.5, -0.5, 0)), 2)


UNKNOWN = (
    "z9[0,0]",
    "z1",
    "z1[]",
    "z1[0]",
    "z1[0,2]",
    "z1[0,0,0]",
    "z1[-1,0]",
    "z1[0,0",
    "z1[٠,0]",
    "z1[1e9,0]",
    "",
    "[0,0]",
    "z1[0,99999999999]",
)


@pytest.mark.parametrize("address", UNKNOWN)
def test_an_unknown_address_is_refused(address: str) -> None:
    trace = small()
    for ask in (trace.value, trace.explain):
        with pytest.raises(Refused) as refusal:
            ask(address)
        assert refusal.value.code == "unknown_address"
    with pytest.raises(Refused):
        trace.array("no such step")


def test_a_weight_is_addressed_from_input_to_unit() -> None:
    trace = small()
    assert trace.value("W1[0,1]") == 0.2 and trace.value("W1[1,0]") == 0.3
    assert trace.explain("W1[1,0]").symbol == "w_2" and trace.explain("W1[0,1]").symbol == "w_3"
    told = trace.explain("z1[0,1]")
    assert told.formula == r"w_3 \cdot x_1 + w_4 \cdot x_2 + b_2"
    assert told.numbers == r"0.2 \cdot 0.5 + 0.4 \cdot (-1) + 0"
    assert told.reads == ("W1[0,1]@0", "x[0,0]@0", "W1[1,1]@0", "x[0,1]@0", "b1[0,1]@0")
    assert told.value == pytest.approx(-0.3)


def test_what_cannot_be_recorded_is_refused() -> None:
    three = small().experiment.replace(x=((0.5, -1.0),) * 3, t=((1.0,),) * 3)
    with pytest.raises(Refused) as refusal:
        record_run(three.replace(batch=2))
    assert refusal.value.code == "ragged_batch"
    with pytest.raises(Refused) as refusal:
        record_run(three, 10**6)
    assert refusal.value.code == "too_much_to_record"
    wide = Network(64, (Dense(64, "relu"), Dense(1)))
    with pytest.raises(Refused) as refusal:
        record_run(Experiment(wide, Loss(), ((0.0,) * 64,), ((0.0,),)))
    assert refusal.value.code == "too_much_to_record"
