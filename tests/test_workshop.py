"""Promise: a reader's own example comes in by form, text or file and goes out unchanged; mistakes are told with their place."""

from __future__ import annotations

import ast
import json
import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page, expect
from streamlit.testing.v1 import AppTest

from engine import Experiment, Loss, Refused, advance, record_run, start
from engine.replay import replay
from engine.train import initial_parameters, unflatten
from lessons.examples import Figure, ids, judge, load, read_example
from lessons.workshop import Misread, make, read_link, read_plain, stepping, write_example, write_link, write_plain
from lessons.workshop.conventions import Setting, agree, explained, faulty_step, faulty_trace, setting_of, under
from lessons.workshop.names import find, written
from lessons.workshop.reasons import reason_in
from lessons.workshop.rounding import best_places, by_hand, compare
from lessons.workshop.scan import words
from tests.draws import draw_experiment
from tests.stepping import WAIT, Stepper, ours
from ui.i18n import text
from ui.workshop import EXPRESSION, START

ROOT = Path(__file__).parent.parent
MAZUR = "mazur-2-2-2"
FAULTY = "new_weights"
SHEET = """# exercise 3
2-2-1 sigmoid sigmoid
x = 0.5 0.9
t = 1
W1 = 0.1 0.4
     0.3 -0.2
b1 = 0.1 0
W2 = 0.5; -0.4
b2 = 0.2
rate = 0.5
published z1 = 0.42 0.02
published h1 = 0.6035 as out_h1
published w5' = 0.5315
published L@1 = 0.09 as E after one step
"""


def drawn_experiment(index: int) -> Experiment:
    rng = np.random.default_rng(index)
    drawn = draw_experiment(rng, index)
    frozen = tuple(f"b{k}" for k in range(1, len(drawn.network.layers) + 1) if index % 3 == 0)
    return drawn.replace(frozen=frozen, learning_rate=float(rng.choice([0.5, 1e-7, 0.1, 123456.789, 1 / 3])))


# Reading and writing


def test_a_sheet_says_what_it_says() -> None:
    example = read_plain(SHEET)
    experiment = example.experiment
    assert experiment.network.sizes == (2, 2, 1)
    assert experiment.parameters == (0.1, 0.4, 0.3, -0.2, 0.1, 0.0, 0.5, -0.4, 0.2)
    assert (experiment.x, experiment.t, experiment.learning_rate) == (((0.5, 0.9),), ((1.0,),), 0.5)
    assert experiment.loss == Loss("squared_error", 0.5, "sum")
    assert [(f.symbol, f.text, f.address, f.update) for f in example.figures] == [
        ("z1[1]", "0.42", "z1[0,0]", 0), ("z1[2]", "0.02", "z1[0,1]", 0), ("out_h1", "0.6035", "a1[0,0]", 0),
        ("w5'", "0.5315", "W2'[0,0]", 0), ("E after one step", "0.09", "L[0,0]", 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "same"),
    [
        ("W1 = 0.1 0.4; 0.3 -0.2", "W1 = [[0.1, 0.4], [0.3, -0.2]]"),
        ("W1 = 0.1 0.4; 0.3 -0.2", "W1：０.１，0.4；0.3 −0.2"),
        ("W1 = 0.1 0.4; 0.3 -0.2", "W1 =\n0.1\t0.4\n0.3\t-0.2"),
        ("W1 = 0.1 0.4; 0.3 -0.2", "weights = W·x\nW1 = 0.1 0.3; 0.4 -0.2\nW2 = 0.5 -0.4"),
        ("b1 = 0.1 0", "b1 = [0.1; 0]"),
        ("b1 = 0.1 0", "b1: 1/10, 0"),
        ("t = 1", "目标 = 1"),
        ("x = 0.5 0.9", "x = .5, 9e-1  # two inputs"),
        ("rate = 0.5", "学习率：1/2"),
        ("rate = 0.5", "η = 0.5\nloss = 平方误差 ½ 求和"),
    ],
)
def test_people_write_the_same_thing_in_many_ways(line: str, same: str) -> None:
    base = "2-2-1 sigmoid sigmoid\nx = 0.5 0.9\nt = 1\nW1 = 0.1 0.4; 0.3 -0.2\nb1 = 0.1 0\nW2 = 0.5; -0.4\nrate = 0.5\n"
    changed = base.replace(line, same)
    if same.count("W2"):
        changed = changed.replace("W2 = 0.5; -0.4\n", "")
    assert read_plain(changed) == read_plain(base)


@pytest.mark.parametrize("name", ids())
def test_every_example_goes_out_and_comes_back(name: str) -> None:
    example = load(name)
    exported = write_example(example)
    assert read_example(exported) == example
    assert write_example(read_example(exported)) == exported
    sheet = write_plain(example)
    again = read_plain(sheet)
    assert again.experiment == example.experiment
    facts = [(f.symbol, f.text, f.address, f.update, f.times) for f in example.figures]
    assert [(f.symbol, f.text, f.address, f.update, f.times) for f in again.figures] == facts
    assert write_plain(again) == sheet
    query = write_link(again)
    if query is not None:
        assert read_link(query) == again
        assert write_link(read_link(query)) == query


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10_000), st.data())
def test_any_network_goes_out_and_comes_back(index: int, data: st.DataObject) -> None:
    experiment = drawn_experiment(index)
    program = record_run(experiment, 1).program
    figures = []
    for _ in range(data.draw(st.integers(0, 5))):
        address = data.draw(st.sampled_from(program.addresses))
        number = data.draw(st.floats(-1e6, 1e6).map(lambda value: f"{value:.6f}"))
        symbol = data.draw(st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=30))
        assert find(program, written(program, address)) == [address]
        figures.append(Figure(symbol.strip() or "s", number, address, data.draw(st.integers(0, 9)), 1.0))
    example = make(experiment, tuple(figures), None, data.draw(st.sampled_from(["", "题目 #3", "A | b"])))
    exported = write_example(example)
    assert read_example(exported) == example
    assert write_example(read_example(exported)) == exported
    again = read_plain(write_plain(example))
    assert again.experiment == experiment
    assert [(f.text, f.address, f.update) for f in again.figures] == [(f.text, f.address, f.update) for f in figures]
    assert write_plain(read_plain(write_plain(again))) == write_plain(again)
    query = write_link(example)
    if query is not None:
        assert read_link(query) == example


def test_a_net_too_long_for_a_link_has_a_file() -> None:
    rng = np.random.default_rng(1)
    weights = tuple(rng.normal(size=64 * 16 + 16 + 17).tolist())
    plain = read_plain("1-1 identity\nx = 1\nt = 1\nW1 = 1").experiment
    experiment = plain.replace(
        network=read_plain("64-16-1 tanh identity\nx = " + "0 " * 64 + "\nt = 1\n" + _zeros(64, 16, 1)).experiment.network,
        x=(tuple(rng.normal(size=64).tolist()),), parameters=weights,
    )  # fmt: skip
    example = make(experiment)
    assert write_link(example) is None
    assert read_example(write_example(example)).experiment == experiment
    assert len(write_example(example)) < 65_536


def _zeros(*sizes: int) -> str:
    return "".join(f"W{k} = {'; '.join([' '.join(['0'] * b)] * a)}\n" for k, (a, b) in enumerate(pairwise(sizes), 1))


def test_six_layers_and_sixty_four_units() -> None:
    for sizes in ((2, 64, 1), (3, 4, 4, 4, 4, 4, 2), (64, 16, 1)):
        head = f"{'-'.join(map(str, sizes))} {'tanh ' * (len(sizes) - 1)}\n"
        example = read_plain(f"{head}x = {'1 ' * sizes[0]}\nt = {'0 ' * sizes[-1]}\n{_zeros(*sizes)}")
        assert example.experiment.network.sizes == sizes
        assert record_run(example.experiment, example.updates).updates == example.updates


def test_own_examples_never_share_a_name() -> None:
    one = read_plain(SHEET)
    assert stepping(one).id == stepping(read_plain(SHEET)).id
    assert stepping(one).id != stepping(read_plain(SHEET.replace("0.9", "0.8"))).id
    assert stepping(load(MAZUR)).id != MAZUR


def test_an_expression_is_a_sheet_too() -> None:
    example = read_plain(EXPRESSION)
    trace = record_run(example.experiment, 1)
    assert [judge(one.text, trace.value(one.address)) for one in example.figures] == ["match"] * 3
    assert read_plain(write_plain(example)) == example
    assert read_example(write_example(example)) == example
    query = write_link(example)
    assert query is not None
    assert read_link(query) == example
    loop = read_plain(
        "program\nw = 3\nL = w ** 2\nw2 = w - 0.1 * grad(w)\nresult = L\nw <- w2\nupdates = 5\npublished w2@4 = 0.983"
    )
    assert judge("0.983", record_run(loop.experiment, 5).value("w2[0,0]", 4)) == "match"
    matrix = read_plain("program\nA = 1 2; 3 4\nx = 1; 1\ny = A @ x\npublished y = 3 7\npublished y[2] = 7")
    assert [one.address for one in matrix.figures] == ["y[0,0]", "y[1,0]", "y[1,0]"]


EXPRESSION_MISTAKES = [
    ("program\n", "engine", 1),
    ("program\nx = 1\nq = x + yy\n", "engine", 3),
    ("program\nx = 1\nq = x +\n", "engine", 3),
    ("program\nx = 1\nq = open(x)\n", "engine", 3),
    ("program\nx = 1 2; 3\nq = x\n", "ragged", 2),
    ("program\nx = 1\nx = 2\n", "twice", 3),
    ("program\nx = 1\nq = x * 2\nresult = f\n", "engine", 4),
    ("program\nx = 1\nq = x * 2\npublished d.x = 2\n", "unknown_name", 4),
    ("program\nx = 1\nq = x * 2\nwhat\n", "unknown_line", 4),
]


@pytest.mark.parametrize(("sheet", "code", "line"), EXPRESSION_MISTAKES)
def test_a_mistake_in_an_expression_has_its_place(sheet: str, code: str, line: int) -> None:
    with pytest.raises(Misread) as caught:
        read_plain(sheet)
    assert (caught.value.code, caught.value.line) == (code, line)


# Mistakes

MISTAKES = [
    ("", "no_network", 1, 1),
    ("x = 1\n", "no_network", 1, 1),
    ("hello\n", "unknown_line", 1, 1),
    ("2-2-1 sigmoid\n", "activations", 1, 6),
    ("2-2-1 sigmoid sigmoud\n", "activation", 1, 15),
    ("2-99 sigmoid\n", "units", 1, 1),
    ("1-1-1-1-1-1-1-1 relu relu relu relu relu relu relu\n", "too_many_layers", 1, 1),
    ("1-1 relu\nx = 1\nt = 1\n", "missing_weights", 1, 1),
    ("1-1 relu\nW1 = 1\nt = 1\n", "missing_data", 1, 1),
    ("1-1 relu\nW1 = 1\nx = 1 2\nt = 1\n", "width", 3, 5),
    ("2-1 relu\nW1 = 1\nx = 1 2\nt = 1\n", "height", 2, 6),
    ("1-1 relu\nW1 = 1\nx = 1; 2\nt = 1\n", "unequal", 4, 5),
    ("1-1 relu\nW1 = 1\nx = one\nt = 1\n", "number", 3, 5),
    ("1-1 relu\nW1 = 1\nx = 1e13\nt = 1\n", "too_large", 3, 5),
    ("2-1 relu\nW1 = 1; 2\nx = 0,5 1\nt = 1\n", "comma", 3, 5),
    ("2-1 relu\nW1 = 1;; 2\n", "empty_row", 2, 8),
    ("2-1 relu\nW1 = [1, 2\n", "brackets", 2, 10),
    ("1-1 relu\nW1 = 1\nW1 = 2\n", "twice", 3, 1),
    ("1-1 relu\nW2 = 1\nW1 = 1\nx = 1\nt = 1\n", "no_layer", 2, 6),
    ("1-1 relu\nspeed = 1\n", "unknown_key", 2, 1),
    ("1-1 relu\nW1 =\nx = 1\nt = 1\n", "nothing", 2, 1),
    ("1-1 relu\nloss = cubic error\nW1 = 1\nx = 1\nt = 1\n", "loss", 2, 8),
    ("1-1 relu\nloss = binary cross entropy\nW1 = 1\nx = 1\nt = 1\n", "engine", 2, 8),
    ("1-1 relu\nW1 = 1\nx = 1\nt = 1\nrate = 0\n", "engine", 5, 8),
    ("1-1 relu\nW1 = 1\nx = 1\nt = 1\nfrozen = b2\n", "frozen", 5, 10),
    ("1-1 relu\nW1 = 1\nx = 1\nt = 1\nupdates = 0\n", "whole", 5, 11),
    ("1-1 relu\nW1 = 1\nx = 1\nt = 1\nweights = sideways\n", "weights", 5, 11),
    ("1-1 relu\nW1 = 1\nx = 1\nt = 1\npublished z1\n", "no_equals", 5, 11),
    ("1-1 relu\nW1 = 1\nx = 1\nt = 1\npublished q7 = 1\n", "unknown_name", 5, 11),
    ("1-1 relu\nW1 = 1\nx = 1\nt = 1\npublished z1 = 1 2\n", "figures", 5, 16),
    ("1-1 relu\nW1 = 1\nx = 1\nt = 1\npublished z1@99999 = 1\n", "update", 5, 11),
    ("1-1 relu\nW1 = 1\nx = 1\nt = 1\u202e\n", "invisible", 4, 6),
    ("1-1 relu\ntitle = " + "a" * 121 + "\nW1 = 1\nx = 1\nt = 1\n", "long_text", 2, 9),
    ("x" * 65_537, "too_long", 1, 1),
    ("\n" * 3_001, "too_many_lines", 3_001, 1),
]  # fmt: skip


@pytest.mark.parametrize(("sheet", "code", "line", "column"), MISTAKES)
def test_a_mistake_has_a_place_and_a_sentence_in_both_languages(sheet: str, code: str, line: int, column: int) -> None:
    with pytest.raises(Misread) as caught:
        read_plain(sheet)
    misread = caught.value
    assert (misread.code, misread.line, misread.column) == (code, line, column)
    for lang in ("en", "zh"):
        told = misread.sentence(lang)
        assert str(line) in told
        assert not re.search(r"\{|\}", told)
    assert code == "engine" or re.search("[\u4e00-\u9fff]", misread.reason("zh"))


def test_every_mistake_of_the_catalogue_can_be_made() -> None:
    made = {code for _, code, _, _ in MISTAKES} | {"no_sizes"} | {code for _, code, _ in EXPRESSION_MISTAKES}
    assert {key.removeprefix("mistake.") for key in words("en") if key.startswith("mistake.")} == made - {"engine"}
    with pytest.raises(Misread, match="no sizes"):
        read_plain("net = small\n")
    assert words("en").keys() == words("zh").keys()
    blanks = re.compile(r"\{\w+\}")
    assert not [key for key in words("en") if set(blanks.findall(words("en")[key])) != set(blanks.findall(words("zh")[key]))]


PIECES = st.sampled_from(
    [
        "program\n", "2-2-1", " sigmoid", "\n", "W1", " = ", "0.1", ";", "[", "]", ",", "published ", "z1[1]", "@", "*", " as ",
        "x", "t", "-", "q = x * t\n", "<-", "result", "/", "1e308", "\x00", "\u202e", "９", "net", "loss", "²", "٣", "title",
        "#", "'", "{", "%", "\t", "1/0", "updates",
    ]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=80).map("".join)))
def test_hostile_text_is_refused_and_nothing_else(sheet: str) -> None:
    began = time.perf_counter()
    try:
        read_plain(sheet)
    except Misread as misread:
        assert 1 <= misread.line <= sheet.count("\n") + sheet.count("\r") + 1
        assert misread.column >= 1
    assert time.perf_counter() - began < 1


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(SHEET) - 1), st.integers(0, 12), PIECES)
def test_a_damaged_sheet_is_read_or_refused(at: int, cut: int, piece: str) -> None:
    try:
        read_plain(SHEET[:at] + piece + SHEET[at + cut :])
    except Misread as misread:
        assert misread.sentence("zh")


LONG = [
    "[" * 60_000, "W1 = " + "1," * 30_000, "1-1 " + "a " * 30_000, "x = " + "1" * 60_000, "-" * 65_000, "a" * 65_000 + "=",
    "published " + "z" * 60_000 + " = 1", "1-1 relu\nx = " + "[1]" * 20_000,
]  # fmt: skip


@pytest.mark.parametrize("sheet", LONG)
def test_long_text_takes_no_time(sheet: str) -> None:
    began = time.perf_counter()
    with pytest.raises(Misread):
        read_plain(sheet)
    assert time.perf_counter() - began < 1


KEYS = st.sampled_from(["net", "loss", "x", "t", "p", "rate", "fig", "updates", "title", "by", "frozen"])


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(KEYS, st.text(max_size=40)), st.booleans())
def test_a_damaged_link_is_refused_and_nothing_else(query: dict[str, str], base: bool) -> None:
    whole = (write_link(read_plain(SHEET)) or {}) if base else {}
    with suppress(Refused):
        read_link({**whole, **query})


def test_reasons_of_files_are_told_in_chinese() -> None:
    """Every sentence with which the reader of files refuses has its Chinese one."""
    missing = []
    for name in ("strict", "format", "programs"):
        for node in ast.walk(ast.parse((ROOT / f"lessons/examples/{name}.py").read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and node.args and ast.unparse(node.func).endswith(("fail", "bad"))):
                continue
            last = node.args[-1]
            if isinstance(last, ast.JoinedStr):
                said = "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in last.values)
                said = said.replace('"format": "7"', '"format": "nabla-example/1"')
            elif isinstance(last, ast.Constant):
                said = str(last.value)
            else:
                continue
            if not re.search("[\u4e00-\u9fff]", reason_in("zh", said)):
                missing.append(said)
    assert not missing
    assert reason_in("en", "the text is empty.") == "the text is empty."


# Conventions


def test_the_known_erratum_comes_out_through_the_new_output_weights() -> None:
    mazur = load(MAZUR)
    wrong = [figure for figure in mazur.figures if figure.verdict == "wrong"]
    assert [figure.text for figure in wrong] == ["0.291027924", "0.015912196", "0.984065734"]
    best = agree(mazur, wrong)[0]
    assert best.setting == replace(setting_of(mazur.experiment), order=FAULTY)
    assert best.agreeing == (0, 1, 2)  # ten thousand updates later as well
    assert agree(mazur)[0].setting == setting_of(mazur.experiment)
    assert len(agree(mazur)[0].agreeing) == 27
    assert [(figure.text, setting) for figure, setting in explained(mazur)] == [(f.text, best.setting) for f in wrong]


def test_the_article_on_the_mean_square_comes_out_by_none() -> None:
    article = load("seed-004-mse")
    assert [one.agreeing for one in agree(article)] == [()] * len(agree(article))
    assert all(setting is None for _, setting in explained(article))


@pytest.mark.parametrize(
    "setting",
    [
        Setting(1.0, "sum"), Setting(0.5, "mean"), Setting(0.5, "sum", biases=False), Setting(0.5, "sum", turned=True),
        Setting(0.5, "sum", order=FAULTY), Setting(1.0, "mean", biases=False, order=FAULTY),
    ],
)  # fmt: skip
def test_a_sheet_in_other_conventions_is_recognised(setting: Setting) -> None:
    sheet = load(MAZUR)
    sheet = replace(
        sheet, experiment=sheet.experiment.replace(frozen=(), t=((0.01, 0.99), (0.7, 0.2)), x=((0.05, 0.1), (0.4, -0.3)))
    )
    names = ["L[0,0]", "z1[0,1]", "dW2[0,1]", "W1'[1,0]", "W2'[0,1]", "dz1[1,0]", "W1'[0,1]", "b1'[0,0]"]
    blank = replace(sheet, figures=(*(Figure(name, "0", name, 0) for name in names), Figure("later", "0", "L[0,0]", 2)))
    meant = under(blank, setting)
    theta = initial_parameters(meant.experiment)
    figures = []
    for printed, read in zip(blank.figures, meant.figures, strict=True):
        state = theta
        for _ in range(read.update):
            state = faulty_step(meant.experiment, state) if setting.order == FAULTY else _step(meant.experiment, state)
        here = meant.experiment.replace(parameters=tuple(state.tolist()))
        trace = faulty_trace(here, state)[0] if setting.order == FAULTY else record_run(here, 1)
        figures.append(replace(printed, text=f"{trace.value(read.address):.8f}"))
    found = agree(replace(blank, figures=tuple(figures)))
    assert found[0].setting == setting
    assert len(found[0].agreeing) == len(figures)
    assert len(found[1].agreeing) < len(figures)


def _step(experiment: Experiment, theta: np.ndarray) -> np.ndarray:
    return advance(start(experiment.replace(parameters=tuple(theta.tolist()))), 1).theta


@pytest.mark.parametrize("seed", range(6))
def test_the_faulty_order_is_the_replay_with_new_output_weights(seed: int) -> None:
    """The forward pass stays, the output layer is new: what the replay of the recorded lines makes of that."""
    rng = np.random.default_rng(seed)
    experiment = load(MAZUR).experiment.replace(
        parameters=tuple(rng.normal(size=12).tolist()), frozen=("b2",) if seed % 2 else ()
    )
    trace = record_run(experiment, 1)
    names = trace.program.addresses
    kept = {name: trace.value(name) for name in names if name[:2] in ("z1", "a1", "z2", "a2", "dz"[:2]) and name[:3] != "dz1"}
    kept = {name: value for name, value in kept.items() if not name.startswith("d") or name.startswith("dz2")}
    new = {f"W2[{i},{j}]": trace.value(f"W2'[{i},{j}]") for i in (0, 1) for j in (0, 1)}
    row = replay(trace, 0, {**kept, **new})
    faulty, after = faulty_trace(experiment, initial_parameters(experiment))
    for name in names:
        if name.startswith(("p1", "da1", "dz1", "dW1", "db1", "W1'", "b1'")):
            assert faulty.value(name) == pytest.approx(row[trace.program.find(name)], rel=1e-12)
    W2 = unflatten(experiment.network, after)[1][0]
    assert np.allclose(W2, trace.array("W2'"), rtol=1e-15, atol=0)


def test_every_setting_can_be_taken_and_taken_back() -> None:
    for name in ids():
        example = load(name)
        if not isinstance(example.experiment, Experiment):
            continue
        now = setting_of(example.experiment)
        for one in agree(replace(example, figures=tuple(f for f in example.figures if f.update < 20))):
            changed = read_example(write_example(under(example, one.setting)))
            back = under(
                changed,
                replace(setting_of(changed.experiment), factor=now.factor, reduction=now.reduction, turned=one.setting.turned),
            )
            assert back.experiment.loss == example.experiment.loss
            assert back.experiment.parameters == example.experiment.parameters


# Rounding


def test_the_hand_carries_its_rounded_numbers_on() -> None:
    example = read_plain(SHEET)
    trace = record_run(example.experiment, 4)
    rows = by_hand(trace, 3, 4)
    find_at = trace.program.find
    assert all(round(value, 3) == value for row in rows for value in row)
    assert rows[1][find_at("W2[0,0]")] == rows[0][find_at("W2'[0,0]")]
    assert by_hand(trace, 10, 4) == pytest.approx(trace.values, abs=1e-8)


@pytest.mark.parametrize("places", [2, 3, 4])
def test_the_rounding_of_a_sheet_is_found(places: int) -> None:
    example = load(MAZUR)
    trace = record_run(example.experiment, 4)
    names = ["z1[0,0]", "a1[0,0]", "z2[0,0]", "a2[0,0]", "L[0,0]", "dz2[0,0]", "dW2[0,0]", "W2'[0,0]", "a2[0,1]", "dz1[0,0]"]
    rows = by_hand(trace, places, 4)
    figures = [Figure(n, f"{rows[k][trace.program.find(n)]:.{places}f}", n, k) for n in names for k in (0, 1, 3)]
    found = compare(trace, figures, places)
    assert all(one.agrees_hand for one in found)
    assert not all(one.agrees_exact for one in found)
    best = best_places(trace, figures)
    assert best == (places, len(figures), len(figures))
    assert best_places(trace, [Figure("z", "0.3775", "z1[0,0]", 0)]) is None


# The page


def page() -> None:
    from ui import workshop

    workshop.st.page_link = lambda path, label, query_params: None  # type: ignore[assignment]  # a lone script has no map
    workshop.show()


@pytest.fixture(autouse=True)
def page_link(monkeypatch: pytest.MonkeyPatch) -> None:
    import streamlit

    monkeypatch.setattr(streamlit, "page_link", streamlit.page_link)  # the page replaces it; this puts it back


def opened(lang: str = "en", **query: str) -> AppTest:
    test = AppTest.from_function(page, default_timeout=60)
    test.session_state["lang"] = lang
    for name, value in query.items():
        test.query_params[name] = value
    return test.run()


def typed(test: AppTest, sheet: str, lang: str = "en") -> AppTest:
    test.segmented_control(key="workshop_way").set_value("text").run()
    (area,) = [one for one in test.text_area if one.label == text(lang)["workshop.sheet"]]
    area.set_value(sheet).run()
    return test.button(key="workshop_step").click().run()


def held(test: AppTest) -> Experiment:
    assert not test.exception
    assert not test.error
    return read_example(test.session_state["workshop_file"]).experiment


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_starts_filled_in_and_steps(lang: str) -> None:
    test = opened(lang)
    assert held(test) == read_plain(START).experiment
    figures = read_plain(START).figures
    trace = record_run(held(test), 2)
    assert all(judge(one.text, trace.value(one.address, one.update)) == "match" for one in figures)
    assert any(f"**{len(figures)}" in one.value or f"**{len(figures)} of" in one.value for one in test.markdown)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_bad_sheet_is_told_and_the_last_good_one_stays(lang: str) -> None:
    test = opened(lang)
    before = held(test)
    typed(test, SHEET.replace("0.5 0.9", "0.5 zwei"), lang)
    (told,) = [one.value for one in test.warning]
    assert re.search("3.*9" if lang == "en" else "第 3 行第 9 列", told)
    assert text(lang)["workshop.kept"][:6] in told
    assert held(test) == before
    typed(test, SHEET, lang)
    assert held(test) == read_plain(SHEET).experiment
    assert not test.warning
    assert test.query_params["net"] == "2-2sigmoid-1sigmoid"


def test_a_file_is_taken_as_text_and_keeps_every_byte() -> None:
    test = opened()
    exported = write_example(load("geeksforgeeks-2-2-1"))
    typed(test, exported)
    held(test)
    assert test.session_state["workshop_file"] == exported
    test = typed(opened("zh"), exported.replace('"sigmoid"', '"sigmoide"', 1), "zh")
    (told,) = [one.value for one in test.warning]
    assert "network" in told
    assert "不认识" in told


def test_the_form_is_the_other_way_to_the_same_example() -> None:
    test = opened()
    before = held(test)
    test.button(key="workshop_step").click().run()
    assert held(test) == before
    test = opened()
    test.text_input(key="workshop_form_0_rate").set_value("0.25").run()
    test.number_input(key="workshop_form_0_units_1").set_value(3).run()
    test.button(key="workshop_step").click().run()
    now = held(test)
    assert now.network.sizes == (2, 3, 1)
    assert now.learning_rate == 0.25
    assert now.parameters[:2] == before.parameters[:2]  # type: ignore[index]
    test = opened()
    test.text_area(key="workshop_form_0_printed").set_value("z1[1] = 0.42\nz9[1] = 3").run()
    test.button(key="workshop_step").click().run()
    assert "z9[1]" in test.warning[0].value.replace("\\", "")


def test_a_link_restores_the_example_and_a_damaged_one_says_so() -> None:
    query = write_link(read_plain(SHEET))
    assert query is not None
    test = opened(**query)
    assert held(test) == read_plain(SHEET).experiment
    assert read_example(test.session_state["workshop_file"]).figures == read_plain(SHEET).figures
    assert {name: test.query_params[name] for name in query} == query
    test = opened(**{**query, "x": "0.5"})
    assert held(test) == read_plain(START).experiment
    assert len(test.warning) == 1


def test_an_expression_on_the_page() -> None:
    test = opened()
    test.button(key="workshop_expression").click().run()
    assert held(test) == read_plain(EXPRESSION).experiment
    test = opened(sheet=write_plain(read_plain(EXPRESSION)))
    assert held(test) == read_plain(EXPRESSION).experiment
    typed(test.button(key="workshop_toggle").click().run(), "program\nx = 1\nq = x + nothing\n")
    assert "Line 3, column 9" in test.warning[0].value.replace("\\", "")
    assert held(test) == read_plain(EXPRESSION).experiment


def test_a_switch_changes_the_example() -> None:
    test = opened()
    test.segmented_control(key="workshop_switch_biases").set_value(False).run()
    assert held(test).frozen == ("b1", "b2")
    test.segmented_control(key="workshop_switch_factor").set_value(1.0).run()
    assert held(test).loss.factor == 1.0
    test.segmented_control(key="workshop_switch_order").set_value("new_weights").run()
    assert text("en")["workshop.faulty_shown"] in [one.value for one in test.warning]


def at_rest(window: Page) -> None:
    """Wait until what was asked for is on the page: a run begins a moment after the click and leaves old parts till its end."""
    window.wait_for_timeout(400)
    expect(window.locator('[data-testid="stApp"][data-test-script-state="notRunning"]')).to_be_attached(timeout=WAIT)
    window.wait_for_timeout(100)


def test_paste_step_edit_and_come_back_by_the_link(server, visit: Callable, tmp_path: Path) -> None:
    """The journey of an exam sheet: a 2-2-1 net with printed figures, one of them wrong."""
    began = time.monotonic()
    window = visit(f"{server.url}/your_example")
    Stepper(window)
    window.get_by_text("Type or paste", exact=True).click()
    area = window.get_by_role("textbox", name="The sheet")
    area.fill(SHEET.replace("w5' = 0.5315", "w5' = 0.5413"))
    area.press("Control+Enter")
    at_rest(window)
    window.get_by_role("button", name="Step through it").click()
    expect(window).to_have_url(re.compile("fig="), timeout=WAIT)
    expect(window.get_by_role("button", name="Step through it")).to_be_hidden(timeout=WAIT)
    stepper = Stepper(window)
    trace = record_run(read_plain(SHEET).experiment, 20)
    stepper.agrees(trace, 0)
    assert time.monotonic() - began < 60
    stepper.rest()
    stepper.press("End")
    stepper.agrees(trace, len(trace.ops) - 1)
    assert "0.5413" in stepper.root.locator(".nb-ledger").inner_text()
    stepper.button("Edit numbers").click()
    stepper.type("w1", "0.25")
    expect(window).to_have_url(re.compile("set="), timeout=WAIT)
    changed = record_run(trace.experiment.replace(parameters=(0.25, *(trace.experiment.parameters or ())[1:])), 20)
    last = trace.program.addresses[trace.ops[-1].index]
    stepper.shows(changed.value(last))
    again = Stepper(visit(window.url))
    again.rest()
    again.press("Home")
    again.agrees(changed, 0)
    # Out as a file and in again: the same bytes.
    window.get_by_test_id("stMain").evaluate("(main) => main.scrollTo(0, 0)")
    window.get_by_test_id("stMain").get_by_role("button", name="Keep or share").click()
    with window.expect_download() as caught:
        window.get_by_role("button", name="Download as a file").click()
    file = tmp_path / "mine.json"
    caught.value.save_as(file)
    exported = file.read_text("utf-8")
    assert write_example(read_example(exported)) == exported
    assert read_example(exported).experiment == changed.experiment
    other = visit(f"{server.url}/your_example")
    Stepper(other)
    other.get_by_text("Open a file", exact=True).click()
    other.locator("input[type=file]").set_input_files(file)
    expect(other).to_have_url(re.compile("net="), timeout=WAIT)
    expect(other.locator("input[type=file]")).to_have_count(0, timeout=WAIT)
    third = Stepper(other)
    third.agrees(changed, 0)
    with other.expect_download() as caught:
        other.get_by_test_id("stMain").get_by_role("button", name="Keep or share").click()
        other.get_by_role("button", name="Download as a file").click()
    caught.value.save_as(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == file.read_bytes()
    assert ours(window) == ours(other) == []


def test_every_way_in_shows_the_same_example(server, visit: Callable) -> None:
    window = visit(f"{server.url}/your_example")
    Stepper(window)
    for name, begins in (("Start from an expression", "program"), ("Back to the start", "net = 2-2-1")):
        window.get_by_role("button", name=name).click()
        at_rest(window)
        window.get_by_text("Type or paste", exact=True).click()
        at_rest(window)
        expect(window.get_by_role("textbox", name="The sheet")).to_have_value(re.compile(f"^{begins}"), timeout=WAIT)
        window.get_by_text("Fill in a form", exact=True).click()
        at_rest(window)
    grid = window.get_by_test_id("stDataFrame").nth(1)
    expect(grid).to_be_visible(timeout=WAIT)
    window.wait_for_timeout(1500)  # the tables find their places
    box = grid.bounding_box()
    assert box is not None
    window.mouse.dblclick(box["x"] + 100, box["y"] + 50)  # the first weight
    window.wait_for_timeout(300)
    window.keyboard.type("0.75", delay=40)  # what a double click opens is selected, so it is typed over
    window.wait_for_timeout(200)
    window.keyboard.press("Enter")
    window.wait_for_timeout(800)  # a table hands its changes over a moment later
    window.get_by_role("button", name="Step through it").click()
    expect(window).to_have_url(re.compile(r"p=0\.75"), timeout=WAIT)
    Stepper(window)
    assert ours(window) == []


def test_a_file_that_is_no_text_never_leaves_the_browser(server, visit: Callable, tmp_path: Path) -> None:
    window = visit(f"{server.url}/your_example?lang=zh")
    Stepper(window)
    window.get_by_text(text("zh")["workshop.way_file"], exact=True).click()
    for name, content, key in (("a.json", b"\xff\xfe\x00", "no_text"), ("b.json", b"1" * 70_000, "too_large")):
        (tmp_path / name).write_bytes(content)
        window.locator("input[type=file]").set_input_files(tmp_path / name)
        said = text("zh")[f"filepick.{key}"].format(limit=64)
        expect(window.get_by_text(said)).to_be_visible(timeout=WAIT)
    (tmp_path / "c.json").write_text(json.dumps({"format": "x"}), "utf-8")
    window.locator("input[type=file]").set_input_files(tmp_path / "c.json")
    expect(window.get_by_test_id("stAlert").filter(has_text="c.json")).to_be_visible(timeout=WAIT)
