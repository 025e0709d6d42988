"""The slip finder names the slip behind a wrong number, says so when two fit, and keeps silent when none does.

The figures at the end are printed by `pytest -s tests/test_slips.py`: ten thousand machine-made wrong answers at three or
four digits, as many right ones with rounded intermediate results, and numbers that mean nothing.
"""

from __future__ import annotations

import re
import sys
from collections import Counter

import numpy as np
import pytest

from lessons.check import Verdict, cells, judge, recorded
from lessons.check.finder import slips_here
from lessons.check.slips import NAMES, SLIPS
from lessons.check.wording import slip_name, slip_sentence, tell, texts
from lessons.examples import load
from tests.slipping import answers, draw_net, rounded_right, traces

MAZUR = recorded(load("mazur-2-2-2").experiment)
WRONG_ANSWERS, RIGHT_ANSWERS, NETS = 10_000, 4_000, 42


def verdict(address: str, text: str, **before: str) -> Verdict:
    return judge(MAZUR, {**before, address: text})[address]


def slip_of(address: str, text: str) -> tuple[str, ...]:
    found = verdict(address, text)
    assert found.kind in ("slip", "either"), found
    return found.keys


@pytest.mark.parametrize(
    ("address", "text", "name"),
    [
        ("z1[0,0]", "0.0275", "bias_forgotten"),
        ("z1[0,0]", "0.00963", "bias_multiplied"),
        ("z1[0,0]", "0.375", "wrong_input"),
        ("z1[0,0]", "0.3825", "transposed"),
        ("a1[0,0]", "0.3775", "activation_skipped"),
        ("a1[0,0]", "0.3605", "wrong_activation"),
        ("z2[0,0]", "0.9276", "activation_skipped"),
        ("a2[0,0]", "0.7729", "other_unit"),
        ("e[0,0]", "0.5496", "missing_half"),
        ("e[0,0]", "0.3707", "not_squared"),
        ("L[0,0]", "0.2748", "one_term_only"),
        ("L[0,0]", "0.1492", "mean_for_sum"),
        ("s2[0,0]", "-0.1171", "slope_wrong_point"),
        ("s2[0,0]", "0.2486", "slope_incomplete"),
        ("s2[0,0]", "0.4355", "slope_other_function"),
        ("dz2[0,0]", "0.7414", "no_slope"),
        ("dW2[0,0]", "0.0554", "weight_for_activation"),
        ("dW2[0,0]", "0.1041", "wrong_end"),
        ("da1[0,0]", "0.0554", "only_one_path"),
        ("da1[0,0]", "0.01818", "mean_of_paths"),
        ("da1[0,0]", "-0.001055", "product_of_paths"),
        ("da1[0,0]", "0.03023", "updated_weights"),
        ("W2'[0,0]", "0.4411", "step_uphill"),
        ("W2'[0,0]", "0.3178", "rate_forgotten"),
        ("W2'[0,0]", "-0.04108", "step_only"),
        ("W2'[0,0]", "0.2357", "divided_by_rate"),
        ("W2'[0,0]", "0.400", "not_moved"),
        ("W2'[0,0]", "3.589", "decimal_point"),
    ],
)
def test_a_slip_is_named_by_its_number(address: str, text: str, name: str) -> None:
    assert slip_of(address, text)[0] == name
    assert slip_of(address, text.replace(".", ","))[0] == name


def test_two_slips_that_fit_are_both_named() -> None:
    found = verdict("dW2[0,0]", "-0.0822")
    assert found.kind == "either"
    assert found.keys == ("error_sign", "sign_lost")
    assert found.places == ("dy[0,0]", "")


def test_a_slip_before_is_found_where_it_was_made() -> None:
    found = verdict("dW1[0,0]", "0.000668")
    assert (found.kind, found.keys, found.places) == ("slip", ("only_one_path",), ("da1[0,0]",))
    told = tell(MAZUR, next(cell for cell in cells(MAZUR) if cell.address == "dW1[0,0]"), found, "en")
    assert told.title == "Only one path"
    assert told.lines[0].startswith(r"Look further back, at $\partial L/\partial h_1$: You followed one path")


def test_nothing_is_said_when_nothing_fits() -> None:
    assert verdict("dW2[0,0]", "0.1823") == Verdict("wrong", value=MAZUR.value("dW2[0,0]"), digits=4)


def test_the_table_is_large_and_every_slip_has_its_words() -> None:
    assert len(NAMES) >= 24
    assert len(set(NAMES)) == len(NAMES)
    for lang in ("en", "zh"):
        assert set(texts(lang)["slips"]) == set(NAMES)
        for name in NAMES:
            told = texts(lang)["slips"][name]
            assert set(told) == {"name", "did", "why", "move"}
            assert all(told[part].strip() == told[part] and told[part] for part in told)
            assert "[[it]]" in told["did"], name
            assert slip_name(name, lang)
            assert "[[" not in slip_sentence(name, "z", lang)
            if lang == "zh":
                assert all(re.search(r"[\u4e00-\u9fff]", told[part]) for part in told), name
    assert texts("en")["verdicts"].keys() == texts("zh")["verdicts"].keys()
    assert texts("en")["kinds"].keys() == texts("zh")["kinds"].keys()


def test_every_slip_can_happen_somewhere() -> None:
    seen: set[str] = set()
    for trace in (*traces(np.random.default_rng(3), 60), recorded(load("seed-004-cross-entropy").experiment)):
        for op in trace.ops:
            seen |= {slip.name for slip, _ in slips_here(trace, op, trace.values[0])}
    assert {slip.name for slip in SLIPS} - seen <= {"softmax_alone", "logit_slope_too_early", "mean_over_samples"}


def test_the_figures() -> None:
    rng = np.random.default_rng(20)
    pool = traces(rng, NETS)
    each = -(-WRONG_ANSWERS // len(pool))
    count = first = alone = three = 0
    kinds: Counter[str] = Counter()
    for trace in pool:
        for answer in answers(rng, [trace], each):
            told = judge(trace, {**answer.before, answer.cell.address: answer.text})[answer.cell.address]
            count += 1
            kinds[told.kind] += 1
            # Where two slips give the same number, both are right; the one that was drawn must be among those named.
            alone += told.keys[:1] == (answer.slip,)
            first += told.keys[:1] == (answer.slip,) or (answer.slip in told.keys and told.keys[0] in answer.same)
            three += answer.slip in told.keys
    alarms: Counter[str] = Counter()
    for trace in pool:
        for _ in range(RIGHT_ANSWERS // len(pool)):
            answer = rounded_right(rng, trace)
            alarms[judge(trace, {answer.cell.address: answer.text})[answer.cell.address].kind] += 1
    nonsense: Counter[str] = Counter()
    for trace in pool:
        asked = cells(trace)
        for _ in range(20):
            cell = asked[rng.integers(len(asked))]
            text = f"{trace.values[0, cell.index] * rng.uniform(-2, 2):#.4g}"
            nonsense[judge(trace, {cell.address: text})[cell.address].kind] += 1
    false = sum(alarms[kind] for kind in ("slip", "either"))
    sys.stdout.write(
        f"\n{count} wrong answers: right slip first {first / count:.2%} (before all others even where two are one number: "
        f"{alone / count:.2%}), in the first three {three / count:.2%}; verdicts {dict(kinds)}"
        f"\n{alarms.total()} right but rounded: {false} taken for a slip ({false / alarms.total():.2%}); {dict(alarms)}"
        f"\n{nonsense.total()} numbers without meaning: {dict(nonsense)}\n"
    )
    assert count >= WRONG_ANSWERS
    assert first >= 0.90 * count
    assert three >= 0.98 * count
    assert sum(alarms[kind] for kind in ("slip", "either", "wrong")) < 0.01 * alarms.total()
    assert nonsense["slip"] + nonsense["either"] < 0.05 * nonsense.total()


def test_a_random_net_as_people_calculate_it_has_two_decimals() -> None:
    experiment = draw_net(np.random.default_rng(1))
    assert all(round(value, 2) == value for value in experiment.parameters or ())
