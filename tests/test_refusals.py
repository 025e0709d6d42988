"""What cannot be run is refused before anything is computed: with a code, details, and a sentence a learner understands."""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine import Dense, Experiment, Loss, Network, Refused, advance, start
from engine.refusal import SENTENCES
from engine.spec import MAX_SAMPLES

ROOT = Path(__file__).parent.parent
NET = Network(2, (Dense(2, "tanh"), Dense(1)))


def build(**choices: Any) -> Experiment:
    """A good experiment with something changed."""
    return Experiment(**{"network": NET, "loss": Loss(), "x": ((0.5, 1.0),), "t": ((1.0,),), **choices})


CASES: list[tuple[str, Callable[[], object]]] = [
    ("unknown_activation", lambda: Dense(2, "nope")),
    ("out_of_range", lambda: Dense(0)),
    ("out_of_range", lambda: Dense(65)),
    ("out_of_range", lambda: Dense(10**6)),
    ("out_of_range", lambda: Dense(True)),
    ("out_of_range", lambda: Dense(2.0)),  # type: ignore[arg-type]
    ("out_of_range", lambda: Dense(float("nan"))),  # type: ignore[arg-type]
    ("out_of_range", lambda: Network(0)),
    ("too_many_layers", lambda: Network(1, (Dense(1),) * 7)),
    ("too_many_parameters", lambda: Network(64, (Dense(64),) * 6)),
    ("unknown_loss", lambda: Loss("nope")),
    ("unknown_reduction", lambda: Loss(reduction="max")),
    ("bad_factor", lambda: Loss(factor=2.0)),
    ("bad_factor", lambda: Loss(factor=float("nan"))),
    ("out_of_range", lambda: Loss("huber", threshold=0.0)),
    ("not_a_number", lambda: Loss("huber", threshold=float("inf"))),
    ("no_data", lambda: build(x=(), t=())),
    ("too_many_samples", lambda: build(x=((0.0, 0.0),) * (MAX_SAMPLES + 1), t=((0.0,),) * (MAX_SAMPLES + 1))),
    ("unequal_rows", lambda: build(t=((1.0,), (2.0,)))),
    ("ragged_row", lambda: build(x=((0.5,),))),
    ("ragged_row", lambda: build(t=((1.0, 0.0),))),
    ("not_a_number", lambda: build(x=((float("nan"), 1.0),))),
    ("not_a_number", lambda: build(x=((float("inf"), 1.0),))),
    ("not_a_number", lambda: build(x=((None, 1.0),))),
    ("not_a_number", lambda: build(x=(("0.5", 1.0),))),
    ("out_of_range", lambda: build(x=((1e13, 1.0),))),
    ("out_of_range", lambda: build(x=((10**400, 1.0),))),
    ("out_of_range", lambda: build(x=((-(10**5000), 1.0),))),
    ("out_of_range", lambda: Dense(10**5000)),
    ("wrong_parameter_count", lambda: build(parameters=(1.0,))),
    ("not_a_number", lambda: build(parameters=(float("nan"),) * 9)),
    ("out_of_range", lambda: build(parameters=(-2e12,) * 9)),
    ("out_of_range", lambda: build(learning_rate=0.0)),
    ("out_of_range", lambda: build(learning_rate=1e7)),
    ("not_a_number", lambda: build(learning_rate=float("inf"))),
    ("not_a_number", lambda: build(learning_rate=True)),
    ("out_of_range", lambda: build(batch=2)),
    ("out_of_range", lambda: build(batch=-1)),
    ("out_of_range", lambda: build(seed=2**32)),
    ("unknown_parameter", lambda: build(frozen=("W3",))),
    ("unknown_choice", lambda: build(initialiser="nope")),
    ("unknown_choice", lambda: build(dtype="float16")),
    ("unknown_choice", lambda: build(optimiser="nope")),
    ("loss_needs_output", lambda: build(loss=Loss("binary_cross_entropy"))),
    ("loss_needs_output", lambda: build(loss=Loss("softmax_cross_entropy"))),
    ("loss_needs_output", lambda: build(loss=Loss("log_loss"))),
    ("loss_needs_output", lambda: build(network=Network(2), t=((0.0, 1.0),), loss=Loss("binary_cross_entropy"))),
    ("not_a_probability", lambda: build(network=Network(2), t=((0.0, 1.0),), loss=Loss("nll"))),
    ("target_not_probability", lambda: build(network=Network(2, (Dense(1, "sigmoid"),)), t=((2.0,),), loss=Loss("log_loss"))),
    (
        "target_not_distribution",
        lambda: build(network=Network(2, (Dense(2, "softmax"),)), t=((1.0, 1.0),), loss=Loss("softmax_cross_entropy")),
    ),
]


@pytest.mark.parametrize(("code", "make"), CASES, ids=[f"{code}-{n}" for n, (code, _) in enumerate(CASES)])
def test_it_is_refused_with_its_code_and_a_sentence(code: str, make: Callable[[], object]) -> None:
    with pytest.raises(Refused) as refusal:
        make()
    assert refusal.value.code == code
    assert re.fullmatch(r"[^{}]+[.]", str(refusal.value)), str(refusal.value)
    assert len(str(refusal.value)) < 300
    assert isinstance(refusal.value, ValueError)


def test_every_code_the_engine_raises_has_a_sentence() -> None:
    raised: set[str] = set()
    for file in (ROOT / "engine").glob("*.py"):
        raised |= set(re.findall(r'Refused\(\s*"(\w+)"', file.read_text("utf-8")))
    assert raised <= set(SENTENCES)


def test_details_fill_every_blank() -> None:
    for code, _ in CASES:
        blanks = {name for _, name, _, _ in string.Formatter().parse(SENTENCES[code]) if name}
        for same, make in CASES:
            if same == code:
                with pytest.raises(Refused) as refusal:
                    make()
                assert blanks <= set(refusal.value.details)


def test_a_changed_copy_is_checked_and_the_original_stays() -> None:
    experiment = build()
    before = advance(start(experiment), 2).theta.copy()
    with pytest.raises(Refused):
        experiment.replace(learning_rate=float("nan"))
    with pytest.raises(Refused):
        experiment.replace(network=Network(3, (Dense(1),)))
    assert (advance(start(experiment), 2).theta == before).all()
    assert experiment.replace(learning_rate=0.2).learning_rate == 0.2 and experiment.learning_rate == 0.1


def test_experiments_are_values() -> None:
    assert build() == build() and hash(build()) == hash(build()) and len({build(), build(), build(seed=1)}) == 2
    assert Loss("binary_cross_entropy", 0.5, threshold=3.0) == Loss("binary_cross_entropy")  # conventions it does not have
    with pytest.raises(AttributeError):
        build().seed = 1  # type: ignore[misc]
