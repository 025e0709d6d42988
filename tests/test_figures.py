"""Promise: every figure shows what the engine computed, names its axes, and says in words what it shows, in every language."""

from __future__ import annotations

import re

import numpy as np
import pytest

from engine import (
    ACTIVATIONS,
    Dense,
    Experiment,
    Loss,
    Network,
    Trace,
    advance,
    certify,
    evaluate_loss,
    get_backend,
    record_run,
    start,
)
from ui.figures import (
    Plot,
    activation_point,
    activations_gallery,
    collapse,
    descent_contour,
    descent_curve,
    gradient_bars,
    gradient_check,
    loss_batch,
    loss_curve,
    loss_curves,
    one_weight,
    path_shares,
    update_sizes,
    weight_updates,
)
from ui.figures.runs import parameters
from ui.figures.style import number, plain
from ui.i18n import LANGUAGES, text
from ui.theme import LIGHT

UPDATES = 6
WORDS = text("en")


def mazur() -> Experiment:
    return Experiment(
        Network(2, (Dense(2, "sigmoid"), Dense(2, "sigmoid"))), Loss("squared_error"), x=((0.05, 0.10),), t=((0.01, 0.99),),
        parameters=(0.15, 0.25, 0.20, 0.30, 0.35, 0.35, 0.40, 0.50, 0.45, 0.55, 0.60, 0.60),
        learning_rate=0.5, frozen=("b1", "b2"),
    )  # fmt: skip


def batch() -> Experiment:
    return Experiment(
        Network(2, (Dense(3, "relu"), Dense(1, "sigmoid"))), Loss("binary_cross_entropy", reduction="mean"),
        x=((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)), t=((0.0,), (1.0,), (1.0,), (0.0,)), learning_rate=1.0, seed=3,
    )  # fmt: skip


def linear() -> Experiment:
    return Experiment(
        Network(2, (Dense(1, "identity"),)), Loss("squared_error", reduction="mean"),
        x=((1.0, 0.2), (0.2, 0.6), (0.8, 0.7)), t=((2.0,), (1.0,), (2.0,)), parameters=(-1.0, 3.0, 0.0),
        learning_rate=1.2, frozen=("b1",),
    )  # fmt: skip


TRACE = record_run(mazur(), updates=UPDATES)
BATCH = record_run(batch(), updates=UPDATES)
LINEAR = record_run(linear(), updates=UPDATES)
ALL = {
    "activation_point": lambda w: activation_point(trace=TRACE, words=w),
    "activation_point, relu": lambda w: activation_point(trace=BATCH, words=w),
    "activations_gallery": lambda w: activations_gallery(words=w),
    "collapse": lambda w: collapse(words=w),
    "loss_curves": lambda w: loss_curves(words=w),
    "loss_batch, trace": lambda w: loss_batch(words=w, trace=BATCH),
    "loss_batch, experiment": lambda w: loss_batch(words=w, experiment=mazur()),
    "gradient_bars": lambda w: gradient_bars(trace=TRACE, words=w),
    "path_shares": lambda w: path_shares(trace=TRACE, words=w),
    "gradient_check": lambda w: gradient_check(certificate=certify(TRACE, 2, torch=False), trace=TRACE, words=w),
    "loss_curve": lambda w: loss_curve(trace=TRACE, words=w),
    "weight_updates": lambda w: weight_updates(trace=TRACE, words=w),
    "update_sizes": lambda w: update_sizes(trace=TRACE, words=w),
    "descent_curve": lambda w: descent_curve(words=w, rate=1.1),
    "descent_contour": lambda w: descent_contour(trace=LINEAR, words=w),
    "descent_contour, moving": lambda w: descent_contour(trace=TRACE, words=w, first="W2[0,0]", second="W2[1,0]"),
}


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_figure_has_title_axes_and_words(name: str, lang: str) -> None:
    plot = ALL[name](text(lang))
    layout = plot.figure.to_plotly_json()["layout"]
    assert layout["title"]["text"]
    assert "template" not in layout or not layout["template"]
    crosses = [a for a in layout if re.fullmatch(r"xaxis\d*", a)]
    assert layout["xaxis"]["title"]["text"] or len(crosses) > 1  # small multiples name the last row
    horizontal = any(getattr(t, "orientation", None) == "h" for t in plot.figure.data) or name == "gradient_check"
    assert layout["yaxis"]["title"]["text"] or horizontal or len(crosses) > 1  # bars have their names as ticks
    spoken = [plot.alt, *(f["alt"] for f in plot.frames or []), *(f["alt"] for f in (plot.follow or {}).values() if "alt" in f)]
    for words in spoken:
        assert len(words) > 10
        assert "{" not in words
        assert ("。" in words) == (lang == "zh")
    drawn = [t for t in plot.figure.data if not (t.meta and t.meta.get("table") is False)]
    assert all(t.name is not None for t in drawn)  # the table names every row


@pytest.mark.parametrize("name", ALL)
def test_frames_fit_their_figure(name: str) -> None:
    plot = ALL[name](WORDS)
    changes = [*(plot.frames or []), *(f for f in (plot.follow or {}).values() if isinstance(f, dict))]
    for frame in changes:
        assert len(frame["data"]) == len(plot.figure.data)
    if plot.frames:
        assert [frame["update"] for frame in plot.frames] == list(range(len(plot.frames)))
    for address, alias in (plot.follow or {}).items():
        if isinstance(alias, str):
            assert f"{alias}@0" in plot.follow, address


@pytest.mark.parametrize("name", ALL)
def test_every_colour_has_a_dark_twin(name: str) -> None:
    colours = set(re.findall(r"#[0-9a-fA-F]{6}", ALL[name](WORDS).figure.to_json()))
    assert colours <= set(LIGHT.values())


def test_activation_point_stands_on_the_recorded_numbers() -> None:
    plot = activation_point(trace=TRACE, words=WORDS)
    for update in (0, 4):
        frame = plot.follow[f"a2[0,1]@{update}"]
        _, guide, tangent, point = frame["data"]
        z, a = TRACE.value("z2[0,1]", update), TRACE.value("a2[0,1]", update)
        assert (point["x"], point["y"]) == ([z], [a])
        assert guide["x"][:2] == [z, z] and guide["y"][1:] == [a, a]
        slope = np.diff(tangent["y"])[0] / np.diff(tangent["x"])[0]
        assert slope == pytest.approx(TRACE.value("s2[0,1]", update))
    assert plot.follow["dz2[0,1]"] == "a2[0,1]"
    curve = plot.figure.data[0]
    np.testing.assert_array_equal(curve.y, ACTIVATIONS["sigmoid"].value(get_backend("numpy"), np.array(curve.x)))


def test_activation_point_shows_the_curve_of_the_unit_s_own_layer() -> None:
    plot = activation_point(trace=BATCH, words=WORDS)
    shown = {key: [change["visible"] for change in plot.follow[key]["data"][:2]] for key in ("a1[2,1]@0", "a2[2,0]@0")}
    assert shown == {"a1[2,1]@0": [True, False], "a2[2,0]@0": [False, True]}


def test_activation_point_refuses_a_network_without_curves() -> None:
    softmax = Experiment(Network(2, (Dense(2, "softmax"),)), Loss("softmax_cross_entropy"), x=((1.0, 2.0),), t=((1.0, 0.0),))
    with pytest.raises(ValueError, match="no layer"):
        activation_point(trace=record_run(softmax), words=WORDS)


def test_gallery_holds_every_activation_and_its_slope() -> None:
    be = get_backend("numpy")
    lines = {t.name: t for t in activations_gallery(words=WORDS).figure.data}
    for name, rule in ACTIVATIONS.items():
        title = WORDS[f"figure.activation.{name}"]
        if rule.derivative is None:
            outputs = np.array([lines[f"{title} y{unit}"].y for unit in "₁₂₃"])
            np.testing.assert_allclose(outputs.sum(0), 1)
            continue
        z = np.array(lines[title].x)
        np.testing.assert_array_equal(lines[title].y, rule.value(be, z))
        slope = np.array(lines[f"{title}, {WORDS['figure.word.slope']}"].y)
        seen = np.isfinite(slope)
        np.testing.assert_array_equal(slope[seen], rule.derivative(be, z, rule.value(be, z))[seen])
        assert (~seen).sum() == (rule.kink is not None)


def test_without_activation_the_stack_is_one_layer() -> None:
    stack, single, bent = collapse(words=WORDS).figure.data
    np.testing.assert_allclose(np.interp(single.x, stack.x, stack.y), single.y, atol=1e-12)
    assert np.abs(np.diff(stack.y, 2)).max() < 1e-12
    assert np.abs(np.diff(bent.y, 2)).max() > 1e-3


def test_loss_curves_are_the_engine_s_losses() -> None:
    figure = loss_curves(words=WORDS, prediction=0.2, target=1.0).figure
    square, point, cross, other = figure.data
    np.testing.assert_allclose(square.y, (np.array(square.x) - 1) ** 2)
    np.testing.assert_allclose(cross.y, -np.log(cross.x))
    assert (point.y[0], other.y[0]) == pytest.approx((0.64, -np.log(0.2)))
    assert figure.layout.yaxis.range == figure.layout.yaxis2.range  # one scale, so that they can be compared


def test_loss_batch_shows_each_example_and_the_mean() -> None:
    experiment = batch()
    plot = loss_batch(words=WORDS, trace=BATCH)
    state = start(experiment)
    for frame in plot.frames:
        each, total = evaluate_loss(
            experiment.network, experiment.loss, state.params, np.array(experiment.x), np.array(experiment.t)
        )
        np.testing.assert_array_equal(frame["data"][0]["y"], each)
        np.testing.assert_allclose(frame["data"][1]["y"], total)
        state = advance(state, 1)
    with pytest.raises(ValueError, match="trace or an experiment"):
        loss_batch(words=WORDS)


@pytest.mark.parametrize("trace", [TRACE, BATCH], ids=["one example", "batch"])
def test_bars_are_gradients_and_moves(trace: Trace) -> None:
    gradients = gradient_bars(trace=trace, words=WORDS)
    moves = update_sizes(trace=trace, words=WORDS)
    learning = [p for p in parameters(trace) if not p.frozen]
    assert list(gradients.figure.data[0].y) == [f"∂L/∂{p.symbol}" for p in learning]
    for k in range(UPDATES):
        expected = [trace.value(f"d{p.address}", k) for p in learning]
        np.testing.assert_array_equal(gradients.frames[k]["data"][0]["x"], expected)
        np.testing.assert_allclose(
            moves.frames[k]["data"][0]["x"], -trace.experiment.learning_rate * np.array(expected), atol=1e-15
        )


def test_path_shares_add_up_to_the_blame_of_the_unit() -> None:
    plot = path_shares(trace=TRACE, words=WORDS)
    first, second, total = plot.frames[0]["data"]
    assert (first["x"][0], second["x"][0], total["x"][0]) == pytest.approx(
        (0.055399, -0.019049, 0.036350), abs=5e-7
    )  # published
    for k in range(UPDATES):
        shares = np.array([change["x"] for change in plot.frames[k]["data"][:2]])
        np.testing.assert_allclose(shares.sum(0), plot.frames[k]["data"][2]["x"])
        np.testing.assert_array_equal(plot.frames[k]["data"][2]["x"], TRACE.array("da1", k)[0])
    with pytest.raises(ValueError, match="hidden layer"):
        path_shares(trace=LINEAR, words=WORDS)


def test_gradient_check_shows_the_certificate() -> None:
    certificate = certify(TRACE, 2, torch=False)
    plot = gradient_check(certificate=certificate, trace=TRACE, words=WORDS)
    assert len(plot.figure.data) == 2  # autograd was not heard
    column = TRACE.program.find("dW1[0,0]")
    assert plot.frames[1]["data"][0]["customdata"][0] == certificate.differences[1, 1, column]
    assert min(np.min(change["x"]) for frame in plot.frames for change in frame["data"]) >= 1e-18


def test_curves_over_updates_are_the_recorded_ones() -> None:
    losses = loss_curve(trace=TRACE, words=WORDS)
    np.testing.assert_array_equal(losses.figure.data[0].y, [TRACE.value("L[0,0]", k) for k in range(UPDATES)])
    assert losses.frames[3]["data"][1] == {"x": [3], "y": [TRACE.value("L[0,0]", 3)]}
    weights = weight_updates(trace=TRACE, words=WORDS)
    line = next(t for t in weights.figure.data if t.name == "w₅")
    assert list(line.y[:UPDATES]) == [TRACE.value("W2[0,0]", k) for k in range(UPDATES)]
    assert line.y[UPDATES] == TRACE.value("W2'[0,0]", UPDATES - 1)


@pytest.mark.parametrize(
    ("rate", "walk"),
    [
        (0.1, [0, 0.6, 1.08, 1.464, 1.7712]),
        (0.5, [0, 3, 3, 3, 3]),
        (1.0, [0, 6, 0, 6, 0]),
        (1.1, [0, 6.6, -1.32, 8.184, -3.2208]),
    ],
)
def test_descent_creeps_lands_oscillates_diverges(rate: float, walk: list[float]) -> None:
    plot = descent_curve(words=WORDS, rate=rate, updates=4)
    curve, path, here = plot.figure.data
    np.testing.assert_allclose(path.x, walk, atol=1e-12)
    np.testing.assert_allclose(curve.y, (np.array(curve.x) - 3) ** 2, atol=1e-12)
    np.testing.assert_allclose(path.y, (np.array(walk) - 3) ** 2, atol=1e-9)
    assert (here.x[0], here.y[0]) == (path.x[-1], path.y[-1])
    assert len(plot.frames) == 5 and list(plot.frames[2]["data"][1]["x"]) == list(path.x[:3])
    assert one_weight(rate).frozen == ("b1",)


def test_contour_is_the_engine_s_loss_and_the_arrow_stands_square_on_it() -> None:
    plot = descent_contour(trace=LINEAR, words=WORDS)
    experiment = LINEAR.experiment
    contour, path, _, lowest = plot.figure.data
    heights = np.array(contour.z)
    rows = np.array(experiment.x), np.array(experiment.t)
    params = [[(np.array([[a], [b]]), np.zeros((1, 1)))] for b in contour.y[::9] for a in contour.x[::9]]
    shown = [evaluate_loss(experiment.network, experiment.loss, one, *rows)[1] for one in params]
    raised = 10 ** heights[::9, ::9].ravel() - shown  # the map holds the logarithm of the loss above a constant
    np.testing.assert_allclose(raised, raised[0], atol=1e-9)
    np.testing.assert_array_equal(
        np.stack([path.x, path.y], -1)[:UPDATES], [LINEAR.array("W1", k)[:, 0] for k in range(UPDATES)]
    )
    solution = np.linalg.lstsq(np.array(experiment.x), np.array(experiment.t), rcond=None)[0][:, 0]
    np.testing.assert_allclose([lowest.x[0], lowest.y[0]], solution, atol=1e-4)
    arrow = next(a for a in plot.frames[0]["layout"]["annotations"] if a.get("showarrow"))
    direction = np.array([arrow["x"] - arrow["ax"], arrow["y"] - arrow["ay"]])
    gradient = LINEAR.array("dW1", 0)[:, 0]
    assert direction @ gradient / np.hypot(*direction) / np.hypot(*gradient) == pytest.approx(-1)
    assert (plot.figure.layout.yaxis.scaleanchor, plot.figure.layout.yaxis.scaleratio) == ("x", 1)


def test_a_diverged_run_can_be_drawn() -> None:
    wild = record_run(linear().replace(learning_rate=1e6), updates=60)
    assert not np.isfinite(wild.values[-1]).all()
    plots = (loss_curve, weight_updates, update_sizes, gradient_bars, descent_contour)
    for make in plots:
        assert isinstance(make(trace=wild, words=WORDS), Plot)


@pytest.mark.parametrize(
    ("markup", "shown"),
    [
        (r"\partial L/\partial w_{12}", "∂L/∂w₁₂"),
        (r"\hat{y}^{(2)}", "ŷ⁽²⁾"),
        ("h_{2,1}", "h₂,₁"),
        (r"\eta", "η"),
        ("w_5'", "w₅'"),
    ],
)
def test_symbols_in_plain_characters(markup: str, shown: str) -> None:
    assert plain(markup) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(0.123456, "0.1235"), (-2.0, "−2"), (1.5e-9, "1.5·10⁻⁹"), (float("nan"), "—"), (float("-inf"), "−∞")]
)
def test_numbers_as_the_page_writes_them(value: float, shown: str) -> None:
    assert number(value) == shown
