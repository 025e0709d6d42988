"""Every printed figure of every worked example has the verdict that its file states, and bad files are refused kindly."""

from __future__ import annotations

import json
import math
import re
import time
from collections import Counter
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import Refused, record_run
from lessons.examples import FOLDER, WorkedExample, agreeing_digits, for_lesson, ids, judge, judged, load, read_example

EVERY = [example for name in ids() for example in (load(name), *load(name).readings)]
TEXTS = {name: (FOLDER / f"{name}.json").read_text(encoding="utf-8") for name in ids()}
SMALL = TEXTS["tiny-line"]
HEAD = ("format", "id", "lessons", "title", "about", "credit")


def named(example: WorkedExample) -> str:
    return example.id


def changed(**fields: object) -> str:
    return json.dumps(json.loads(SMALL) | fields)


def refused(text: str) -> Refused:
    with pytest.raises(Refused) as caught:
        read_example(text)
    assert caught.value.code == "bad_example"
    assert caught.value.details["place"] and str(caught.value.details["reason"]).endswith(".")
    return caught.value


# -- the library ---------------------------------------------------------------------------------------------------


def test_every_file_has_its_place_in_the_order() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(ids())
    assert all(load(name).id == name for name in ids())


@pytest.mark.parametrize("example", EVERY, ids=named)
def test_every_figure_has_the_verdict_that_its_file_states(example: WorkedExample) -> None:
    for found in judged(example):
        figure = found.figure
        assert found.verdict == figure.verdict, (figure.symbol, figure.text, found.computed)
        if figure.verdict in ("wrong", "rounded-chain"):
            assert judge(figure.text, found.computed) != "match"
            assert figure.note("en") and figure.note("zh")
        if figure.should_be:
            assert found.should_be == figure.should_be, "a stated right value must be the computed one"
        assert (found.should_be is None) == (found.verdict in ("match", "float32"))


@pytest.mark.parametrize("example", EVERY, ids=named)
def test_a_figure_moved_by_two_units_of_its_last_place_is_noticed(example: WorkedExample) -> None:
    for found in judged(example):
        printed = Decimal(found.figure.text)
        unit = Decimal(1).scaleb(int(printed.as_tuple().exponent))
        # Two units of the sixteenth digit are below the noise of a double.
        if found.verdict == "match" and len(printed.as_tuple().digits) < 15:
            for moved in (printed + 2 * unit, printed - 2 * unit):
                assert judge(f"{moved:f}", found.computed) in ("off", "float32"), found.figure.symbol
                if len(printed.as_tuple().digits) < 7:
                    assert judge(f"{moved:f}", found.computed) == "off"


# Verdicts as counted when the sources were audited: figures, match, last-digit, rounded-chain, wrong; all readings.
COUNTS = {
    "mazur-2-2-2": (30, 26, 1, 0, 3),
    "hmkcode-2-2-1-linear": (22, 20, 0, 0, 2),
    "geeksforgeeks-2-2-1": (23, 6, 0, 3, 14),
    "han-kamber-3-2-1": (20, 19, 0, 1, 0),
    "goodfellow-xor": (28, 28, 0, 0, 0),
    "nielsen-neuron-06-09": (2, 2, 0, 0, 0),
    "jurafsky-martin-sentiment": (12, 12, 0, 0, 0),
    "ng-logistic-propagate": (11, 10, 0, 1, 0),
    "cs231n-linear-scores": (3, 2, 0, 0, 1),
    "cs231n-svm-softmax": (29, 24, 1, 1, 3),
    "seed-000-relu-mse-step": (13, 2, 0, 0, 11),
    "seed-004-cross-entropy": (3, 0, 0, 0, 3),
    "seed-004-linear-regression-step": (8, 8, 0, 0, 0),
    "seed-004-mse": (3, 0, 0, 0, 3),
    "seed-004-two-layer-backprop": (12, 4, 0, 0, 8),
    "cs231n-add-multiply-circuit": (7, 7, 0, 0, 0),
    "cs231n-max-circuit": (11, 11, 0, 0, 0),
    "cs231n-sigmoid-neuron": (19, 19, 0, 0, 0),
    "micrograd-readme": (3, 3, 0, 0, 0),
    "micrograd-lecture": (38, 38, 0, 0, 0),
    "karpathy-hackers-guide": (34, 30, 2, 1, 1),
    "cs231n-rnn-step": (12, 12, 0, 0, 0),
    "cs231n-lstm-step": (30, 30, 0, 0, 0),
    "karim-self-attention": (72, 66, 1, 5, 0),
    "d2l-convolution-pooling": (70, 70, 0, 0, 0),
    "cs231n-momentum-adam": (100, 100, 0, 0, 0),
    "d2l-gradient-descent-traces": (13, 13, 0, 0, 0),
    "cs231n-layernorm": (20, 20, 0, 0, 0),
    "autodiff-docs": (17, 14, 1, 0, 0),
    "keras-losses": (29, 19, 4, 0, 2),
    "keras-optimizers-regularizers": (10, 10, 0, 0, 0),
    "d2l-dropout-autograd": (29, 29, 0, 0, 0),
    "iamtrask-11-lines": (14, 14, 0, 0, 0),
    "perceptron-delta-rule-and": (90, 90, 0, 0, 0),
    "nielsen-neuron-2-2": (9, 9, 0, 0, 0),
    "jm-softmax-graph": (16, 16, 0, 0, 0),
    "cs231n-two-layer-net": (30, 30, 0, 0, 0),
}


@pytest.mark.parametrize("name", COUNTS)
def test_the_counts_are_those_of_the_audit(name: str) -> None:
    example = load(name)
    found = Counter(one.verdict for part in (example, *example.readings) for one in judged(part))
    total = sum(found.values())
    assert (total, found["match"], found["last-digit"], found["rounded-chain"], found["wrong"]) == COUNTS[name]


def test_right_values_of_the_errata() -> None:
    right = {found.figure.symbol: found.should_be for name in COUNTS for found in judged(load(name))}
    assert right["E_total_1"] == "0.291027774"
    assert (right["out_o1_10000"], right["out_o2_10000"]) == ("0.015913620", "0.984064274")
    assert (right["MSE"], right["CE"], right["J"], right["ship"]) == ("1.125", "0.3285", "0.00016", "60.75")
    assert (right["w11"], right["d4"], right["Err6"]) == ("0.199045", "-0.0081", "0.1312")


def test_a_program_is_recorded_with_its_gradients_and_updates() -> None:
    body = {"statements": ["f = (w - 3)**2", "v_new = mu*v + grad(w)", "w_new = w - eta*v_new"], "result": "f", "updates": 10}
    body |= {"given": {"w": 5, "v": 0, "mu": 0.9, "eta": 0.1}, "wanted": ["w"], "carry": {"w": "w_new", "v": "v_new"}}
    figures = [{"symbol": "slope", "text": "4", "at": "d.w[0,0]@0", "verdict": "match"}]
    figures.append({"symbol": "second w", "text": "4.6", "at": "w[0,0]@1", "verdict": "match"})
    assert [found.verdict for found in judged(read_example(program(**body, figures=figures)))] == ["match", "match"]
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert json.dumps(body["statements"]) in page and json.dumps(body["given"]) in page


def test_evenly_spaced_numbers_are_numpys() -> None:
    given = {"x": {"linspace": [-0.4, 0.7], "shape": [3, 10]}}
    figures = [{"symbol": "x", "text": "0.7", "at": "x[2,9]@0", "verdict": "match"}]
    made = read_example(program(given=given, statements=["f = sum(x)"], figures=figures)).experiment.given
    assert made == (("x", tuple(tuple(row) for row in np.linspace(-0.4, 0.7, 30).reshape(3, 10).tolist())),)


def test_figures_that_only_the_errata_mention() -> None:
    mazur = load("mazur-2-2-2").experiment
    assert record_run(mazur.replace(frozen=()), 2).value("L[0,0]", 1) == pytest.approx(0.280471447, abs=5e-10)
    chains = [load("seed-004-two-layer-backprop").experiment, load("seed-004-two-layer-backprop:second-chain").experiment]
    for rate, before, after in ((0.1, 116.5, 1129.9), (0.01, 116.5, 29.9)):
        runs = [record_run(chain.replace(learning_rate=rate), 2) for chain in chains]
        assert sum(run.value("L[0,0]", 0) for run in runs) == before
        assert sum(run.value("L[0,0]", 1) for run in runs) == pytest.approx(after, abs=0.05)
    assert record_run(load("seed-000-relu-mse-step").experiment, 2).value("a1[0,0]", 1) == pytest.approx(0.6096)
    for name, loss in (("seed-004-linear-regression-step", 1.28), ("seed-004-linear-regression-step:full-square", 0.36)):
        assert record_run(load(name).experiment, 2).value("L[0,0]", 1) == pytest.approx(loss)


@pytest.mark.parametrize("example", EVERY, ids=named)
def test_both_languages_are_complete_and_own(example: WorkedExample) -> None:
    chinese = re.compile(r"[\u4e00-\u9fff]")
    pairs = [(example.title("en"), example.title("zh")), (example.about("en"), example.about("zh"))]
    pairs += zip(example.errata("en"), example.errata("zh"), strict=True)
    pairs += [(figure.note("en"), figure.note("zh")) for figure in example.figures if figure.why]
    for english, other in pairs:
        assert english and not chinese.search(english)
        assert chinese.search(other), other
    for lang in ("en", "zh"):
        assert example.credit(lang) and "\n" not in example.credit(lang)


def test_the_credit_says_when_only_copies_were_seen() -> None:
    mazur = "Matt Mazur, A Step by Step Backpropagation Example, mattmazur.com, 2015, as quoted in public copies"
    assert load("mazur-2-2-2").credit("en") == mazur
    assert "转载" in load("mazur-2-2-2").credit("zh")
    assert load("tiny-line").credit("en") == load("tiny-line").credit("zh") == "Nabla"
    assert "copies" not in load("hmkcode-2-2-1-linear").credit("en")


def test_lessons_offer_their_default_first_and_readings_after_their_example() -> None:
    for lesson in ("forward_pass", "loss", "backpropagation", "gradient_descent"):
        offered = for_lesson(lesson)
        assert offered[0] == "mazur-2-2-2"
        assert len(set(offered)) == len(offered)
        assert all(load(name).id == name for name in offered)
    offered = for_lesson("loss")
    assert offered[1:4] == ("seed-004-mse", "seed-004-mse:mean", "seed-004-mse:half-mean")
    assert for_lesson("no such lesson") == ()


@pytest.mark.parametrize(
    "name", ["", "nothing", "../catalogue", "mazur-2-2-2:", "mazur-2-2-2:no", "seed-004-mse:mean:x", "mazur-2-2-2\0"]
)
def test_unknown_examples_are_refused(name: str) -> None:
    with pytest.raises(Refused) as caught:
        load(name)
    assert caught.value.code == "unknown_example"


def test_readings_change_what_they_say_and_nothing_else() -> None:
    base, full = (load(f"seed-004-linear-regression-step{part}") for part in ("", ":full-square"))
    assert full.experiment == base.experiment.replace(loss=full.experiment.loss, t=((4.0,),))
    assert full.figures == base.figures and full.credit("en") == base.credit("en") and full.lessons == base.lessons
    losses = [record_run(load(f"seed-004-mse{part}").experiment).value("L[0,0]") for part in ("", ":mean", ":half-mean")]
    assert losses == [1.125, 0.75, 0.375]


# -- judging -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value", "verdict", "digits"),
    [
        ("0.3775", 0.3775, "match", 4),
        ("0.345", 0.3445, "match", 3),  # half a unit exactly, whichever way it was rounded
        ("0.344", 0.3445, "match", 3),
        ("0.345", 0.34449, "last-digit", 2),
        ("-0.019049119", -0.019049118258278114, "last-digit", 7),
        ("0.291027924", 0.29102777369359933, "off", 6),
        ("0.3", 0.1 + 0.2, "match", 1),
        (".36", 0.3609858, "match", 2),
        ("−0.5", -0.5, "match", 1),
        ("2e-3", 0.0021, "match", 1),
        ("0", 0.0, "match", 1),
        ("0", -0.4, "match", 1),
        ("0.10000000149011612", 0.1, "float32", 8),
        ("0.49993523062470574", 0.4999352306247057, "match", 17),
        ("4", 32.0, "off", 0),
        ("0.5", -0.5, "off", 0),
        ("1", math.nan, "off", 0),
        ("1", math.inf, "off", 0),
        ("1", 1e308, "off", 0),
        ("2e99", 5e-324, "off", 0),
    ],
)
def test_a_figure_is_judged_by_its_last_place(text: str, value: float, verdict: str, digits: int) -> None:
    assert judge(text, value) == verdict
    assert agreeing_digits(text, value) == digits


@pytest.mark.parametrize("text", ["", "abc", "1,5", "NaN", "inf", "1e400", "1_000", "0x1", "٣", "1" * 41])
def test_a_figure_that_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        judge(text, 1.0)


@given(st.floats(-1e9, 1e9), st.integers(0, 9))
def test_correct_rounding_always_matches(value: float, decimals: int) -> None:
    text = f"{Decimal(repr(value)):.{decimals}f}"
    assert judge(text, value) == "match"


def test_an_edited_run_is_judged_with_its_own_numbers() -> None:
    example = load("mazur-2-2-2")
    values = list(example.experiment.parameters or ())
    values[0] = 0.2
    found = judged(example, record_run(example.experiment.replace(parameters=tuple(values)), 3))
    assert found[0].verdict == "wrong" and found[0].should_be == "0.3800"
    assert found[-1].computed == pytest.approx(0.984, abs=0.001)


def test_a_run_that_diverges_is_judged_without_a_fault() -> None:
    example = read_example(changed(learning_rate=1e6, updates=30))
    last = example.figures[0]
    far = json.loads(SMALL)["figures"] + [{"symbol": "w", "text": "1", "at": "W1[0,0]@900", "verdict": "match"}]
    found = judged(read_example(changed(learning_rate=1e6, updates=30, figures=far)))
    assert last.symbol == "L" and found[-1].verdict == "wrong" and found[-1].should_be is None


# -- bad files -----------------------------------------------------------------------------------------------------

FIGURE = {"symbol": "w", "text": "1", "at": "W1[0,0]@0", "verdict": "match"}
BOTH = {"en": "a", "zh": "一"}


def program(**fields: object) -> str:
    """A file of kind program; without changes its one figure stands at an address that is not there."""
    head = {name: value for name, value in json.loads(SMALL).items() if name in HEAD}
    body = {"kind": "program", "given": {"x": 2}, "statements": ["f = x"], "updates": 1}
    return json.dumps(head | body | {"figures": [FIGURE]} | fields)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "line 1, column 1"),
        ("{]", "line 1, column 2"),
        ("[]", "format"),
        ("[" * 50_000, "file"),
        ('{"a":' * 5_000, "file"),
        ("9" * 60_000, "format"),
        ("1e999", "format"),
        ('{"x": NaN}', "file"),
        ('{"x": -Infinity}', "file"),
        ('{"a": 1, "a": 2}', "file"),
        ("x" * 65_537, "file"),
        ("[" + "0," * 1_000_000 + "0]", "file"),
        (changed(surprise=1), "file"),
        (changed(format="nabla-example/2"), "format"),
        (changed(kind="poem"), "kind"),
        (changed(id="../x"), "id"),
        (changed(title={"en": "one"}), "title"),
        (changed(title={"en": "one", "zh": " "}), "title.zh"),
        (changed(title={"en": "a\u202eb", "zh": "一"}), "title.en"),
        (changed(title={"en": "\ud800", "zh": "一"}), "title.en"),
        (changed(network={"inputs": 10**6, "layers": []}), "network.inputs"),
        (changed(network={"inputs": 1, "layers": [{"units": True, "activation": "relu"}]}), "network.layers[0].units"),
        (changed(network={"inputs": 1, "layers": [{"units": 1, "activation": "magic"}]}), "network.layers[0].activation"),
        (changed(loss={"name": "squared_error", "reduction": "sum"}), "loss"),
        (changed(loss={"name": "squared_error", "reduction": "sum", "factor": 0.3}), "loss.factor"),
        (changed(loss={"name": "nll", "reduction": "sum"}), "loss"),
        (changed(x=[["1"]]), "x[0][0]"),
        (changed(x=[[1e13]]), "x[0][0]"),
        (changed(x=[[1, 2]]), "x[0]"),
        (changed(t=[[1], [2]]), "t"),
        (changed(parameters={"W1": [[0]]}), "parameters"),
        (changed(parameters={"W1": [[0], [0]], "b1": [0]}), "parameters.W1"),
        (changed(learning_rate=0), "learning_rate"),
        (changed(frozen=["b2"]), "frozen[0]"),
        (changed(updates=10**9), "updates"),
        (changed(updates=2.5), "updates"),
        (changed(figures=[FIGURE] * 201), "figures"),
        (changed(figures=[FIGURE, FIGURE | {"at": "z9[0,0]@0"}]), "figures[1].at"),
        (changed(figures=[FIGURE | {"at": "z1[0,7]@0"}]), "figures[0].at"),
        (changed(figures=[FIGURE | {"at": "z1[0,0]"}]), "figures[0].at"),
        (changed(figures=[FIGURE | {"at": "z1[0,0]@999999"}]), "figures[0].at"),
        (changed(figures=[FIGURE | {"text": "one"}]), "figures[0].text"),
        (changed(figures=[FIGURE | {"verdict": "wrong"}]), "figures[0]"),
        (changed(figures=[FIGURE | {"times": 0}]), "figures[0].times"),
        (program(), "figures[0].at"),
        (program(given=[1]), "given"),
        (program(given={"x": "1"}), "given.x"),
        (program(given={"x": [1, [2]]}), "given.x[1]"),
        (program(given={"x": [[1, 2], [3]]}), "given.x[1]"),
        (program(given={"x": []}), "given.x"),
        (program(given={"x": [[]]}), "given.x[0]"),
        (program(given={"x": [0] * 2000}), "given.x"),
        (program(given={"x\u202ey": 1}), "given"),
        (program(given={"x": {"linspace": [0, 1], "shape": [100, 100]}}), "given.x.shape"),
        (program(given={"x": {"linspace": [0, 1], "shape": [1, 1e9]}}), "given.x.shape[1]"),
        (program(given={"x": {"linspace": [0], "shape": [1, 1]}}), "given.x.linspace"),
        (program(given={"sum": 1}), "given"),
        (program(statements=["f = x +"]), "statements[0]"),
        (program(statements=["q = x", "f = sin(q, q)"]), "statements[1]"),
        (program(statements=[]), "statements"),
        (program(statements=["f = " + "x + " * 90 + "x"]), "statements[0]"),
        (program(statements=["f = x"], result="g"), "result"),
        (program(statements=["f = x"], result="f", wanted=["y"]), "wanted"),
        (program(statements=["f = x"], carry={"f": "f"}), "carry"),
        (program(updates=2000), "updates"),
        (program(statements=["f = sum(A @ A)"], given={"A": [[0] * 30] * 30}, updates=900), "updates"),
        (program(network={}), "file"),
        (program(statements=["f = x"], figures=[FIGURE | {"at": "f[0,0]@1"}]), "figures[0].at"),
        (program(statements=["f = x"], figures=[FIGURE | {"at": "d.f[0,0]@0"}]), "figures[0].at"),
        (program(readings=[{"id": "a", "title": BOTH, "about": BOTH, "kind": "network"}]), "readings[0]"),
        (program(readings=[{"id": "a", "title": BOTH, "about": BOTH, "kind": "poem"}]), "readings[0].kind"),
        (
            changed(readings=[{"id": "a", "title": {"en": "a", "zh": "一"}, "about": {"en": "a", "zh": "一"}, "x": 1}]),
            "readings[0].x",
        ),
    ],
)
def test_a_bad_file_is_refused_with_its_place(text: str, place: str) -> None:
    assert refused(text).details["place"] == place


FUZZED = ["tiny-line", "relu-2-2-1", "goodfellow-xor", "seed-004-mse", "micrograd-lecture", "d2l-gradient-descent-traces"]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=300, deadline=1000, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_good_file_with_anything_put_anywhere_is_read_or_refused(data: st.DataObject) -> None:
    document = json.loads(TEXTS[data.draw(st.sampled_from(FUZZED))])
    spot: object = document
    while True:
        keys = sorted(spot) if isinstance(spot, dict) else range(len(spot))  # type: ignore[arg-type]
        key = data.draw(st.sampled_from(list(keys)))
        deeper = spot[key]  # type: ignore[index]
        if not isinstance(deeper, (dict, list)) or not deeper or data.draw(st.booleans()):
            spot[key] = data.draw(json_values)  # type: ignore[index]
            break
        spot = deeper
    try:
        example = read_example(json.dumps(document))
    except Refused as error:
        assert error.code == "bad_example"
    else:
        assert len(judged(example)) == len(example.figures)


@settings(max_examples=200, deadline=1000)
@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")))
def test_any_text_is_refused(text: str) -> None:
    refused(text)


@settings(max_examples=200, deadline=1000)
@given(st.integers(0, len(SMALL) - 1), st.sampled_from(list('{}[]",:0-e.\\ua\0')))
def test_one_changed_character_never_breaks_the_reader(where: int, character: str) -> None:
    try:
        read_example(SMALL[:where] + character + SMALL[where + 1 :])
    except Refused as error:
        assert error.code == "bad_example"


def test_the_largest_hostile_files_take_under_a_second() -> None:
    wide = changed(
        network={"inputs": 30, "layers": [{"units": 64, "activation": "softmax"}]},
        x=[[0] * 30] * 2,
        t=[[0] * 64] * 2,
        parameters={"W1": [[0] * 64] * 30, "b1": [0] * 64},
        frozen=[],
        readings=[],
    )
    for text in ('"' * 65_536, "\\" * 65_536, "[]" * 32_768, '{"a":[' * 10 + "1" * 65_000, "-" + "9" * 65_000, wide):
        started = time.perf_counter()
        refused(text)
        assert time.perf_counter() - started < 1


def test_the_page_for_authors_shows_a_file_that_works() -> None:
    page = (Path(FOLDER) / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    example = read_example(blocks[0])
    assert [found.verdict for found in judged(example)] == ["match", "match", "match", "wrong"]
    assert judged(example)[-1].should_be == "1.28"
