"""The passes are right: 10,000 random networks against autograd and central differences, with and without a runs axis.

The same passes on PyTorch's tensors give the same numbers; nothing is written in place; asking twice answers twice.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine import ACTIVATIONS, LOSSES, Loss, Network, certify, get_backend, record_run
from engine.passes import backward, descend, forward, loss_of
from engine.train import unflatten
from tests.draws import NAMES, activation_in_torch, draw_data, draw_experiment, draw_network, loss_in_torch

NUMPY = get_backend("numpy")
ARCHITECTURES, RUNS, SINGLES = 600, 15, 1_000  # 600 x 15 + 1,000 = 10,000 networks
STEP = np.finfo(float).eps ** (1 / 3)


def flat(gradients: list[tuple[Any, Any]]) -> np.ndarray:
    """Gradients layer by layer as one vector per run, in the order of the parameters."""
    blocks = [np.concatenate([W, b], axis=-2) for W, b in gradients]
    return np.concatenate([block.reshape(*block.shape[:-2], -1) for block in blocks], axis=-1)


def near_a_kink(network: Network, loss: Loss, theta: np.ndarray, x: np.ndarray, t: np.ndarray) -> np.ndarray:
    """For each run, whether a central difference would straddle a kink, or stand where the logarithm bends."""
    done = forward(NUMPY, network, unflatten(network, theta), x)
    near = np.zeros(x.shape[:-2], bool)
    for layer, z in zip(network.layers, done.sums, strict=True):
        if ACTIVATIONS[layer.activation].kink is not None:
            near |= np.any(np.abs(z) < 1e-3, axis=(-1, -2))
    if loss.name in ("absolute_error", "huber"):
        corner = loss.threshold if loss.name == "huber" else 0.0
        near |= np.any(np.abs(np.abs(done.output - t) - corner) < 1e-3, axis=(-1, -2))
    if LOSSES[loss.name].probabilities:
        near |= np.any(np.minimum(done.output, 1 - done.output) < 0.02, axis=(-1, -2))
    return near


def draw_runs(rng: np.random.Generator, index: int) -> tuple[Network, Loss, np.ndarray, np.ndarray, np.ndarray]:
    """RUNS networks of one architecture, each with its own data: (network, loss, parameters, x, t), runs first."""
    network, loss = draw_network(rng, index)
    batch, kept = int(rng.integers(1, 4)), []
    for _ in range(20):
        theta = rng.normal(size=(2 * RUNS, network.parameter_count))
        x, t = draw_data(rng, network, loss, 2 * RUNS, batch)
        fine = ~near_a_kink(network, loss, theta, x, t)
        kept.append((theta[fine], x[fine], t[fine]))
        if sum(len(theta) for theta, _, _ in kept) >= RUNS:
            break
    theta, x, t = (np.concatenate(parts)[:RUNS] for parts in zip(*kept, strict=True))
    assert len(theta) == RUNS, (network, loss)
    return network, loss, theta, x, t


def ours(network: Network, loss: Loss, theta: np.ndarray, x: np.ndarray, t: np.ndarray) -> np.ndarray:
    """The gradient of each run by the passes; without layers, that of the prediction."""
    params, kept = unflatten(network, theta), {}
    done = forward(NUMPY, network, params, x)
    gradients = backward(NUMPY, network, loss, params, done, t, kept.__setitem__)
    return flat(gradients) if gradients else kept["dy"].reshape(len(x), -1)


def by_autograd(network: Network, loss: Loss, theta: np.ndarray, x: np.ndarray, t: np.ndarray) -> np.ndarray:
    """The same by PyTorch: its layers' functions, its losses, its autograd."""
    import torch

    parameters, a = torch.tensor(theta, requires_grad=True), torch.tensor(x, requires_grad=True)
    inputs, z, start = a, a, 0
    for layer, (n_in, n_out) in zip(network.layers, network.shapes, strict=True):
        W = parameters[:, start : start + n_in * n_out].reshape(-1, n_in, n_out)
        start += n_in * n_out
        z = torch.baddbmm(parameters[:, start : start + n_out].unsqueeze(1), a, W)
        start += n_out
        a = activation_in_torch(layer.activation, z)
    loss_in_torch(loss, z, a, torch.tensor(t)).sum().backward()
    gradient = parameters.grad if network.layers else inputs.grad
    return np.asarray(gradient.reshape(len(x), -1))


def by_differences(network: Network, loss: Loss, theta: np.ndarray, x: np.ndarray, t: np.ndarray) -> np.ndarray:
    """The same by central differences: every parameter of every run moved both ways, all stacked on two more axes."""
    values = theta if network.layers else x.reshape(len(x), -1)
    h = STEP * np.maximum(1.0, np.abs(values))
    moves = np.eye(values.shape[1])[:, None, :] * h  # (parameter, run, parameter)
    above, below = values + moves, values - moves

    def total(moved: np.ndarray) -> np.ndarray:
        inputs = x if network.layers else moved.reshape(-1, *x.shape)
        done = forward(NUMPY, network, unflatten(network, moved), inputs)
        return np.asarray(loss_of(NUMPY, loss, done, t))[..., 0, 0]

    taken = (values + h) - (values - h)  # after rounding
    return ((total(above) - total(below)).T / taken).reshape(values.shape)


def relative(claimed: np.ndarray, told: np.ndarray) -> float:
    """The largest difference, as a share of the largest derivative of the same network (of 1e-3 if that is smaller)."""
    size = np.maximum(1e-3, np.abs(told).max(axis=-1, keepdims=True))
    return float((np.abs(claimed - told) / size).max())


def worst_of(count: int, seed: int) -> dict[str, float]:
    """The largest relative differences over so many architectures of RUNS networks each."""
    rng, worst = np.random.default_rng(seed), {"autograd": 0.0, "central": 0.0, "one by one": 0.0}
    for index in range(count):
        drawn = draw_runs(rng, index)
        mine = ours(*drawn)
        network, loss, theta, x, t = drawn
        alone = np.concatenate([ours(network, loss, theta[r : r + 1], x[r : r + 1], t[r : r + 1]) for r in (0, RUNS - 1)])
        for name, told in (
            ("autograd", by_autograd(*drawn)),
            ("central", by_differences(*drawn)),
        ):
            worst[name] = max(worst[name], relative(mine, told))
        worst["one by one"] = max(worst["one by one"], relative(mine[[0, -1]], alone))
    return worst


def test_ten_thousand_networks(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch")
    stacked = worst_of(ARCHITECTURES, seed=20)
    rng, alone, done = np.random.default_rng(21), dict.fromkeys(("autograd", "central", "graph"), 0.0), 0
    while done < SINGLES:  # every number of a recorded update, by all three witnesses
        experiment = draw_experiment(rng, done)
        trace = record_run(experiment)
        depth = len(experiment.network.layers)
        if LOSSES[experiment.loss.name].probabilities and depth:
            y = trace.array(f"a{depth}")
            if np.minimum(y, 1 - y).min() < 1e-4:  # 1 - y has lost too many digits to compare ten
                continue
        said = certify(trace)
        assert said.agree, (experiment, said.largest)
        for name, value in said.largest.items():
            alone[name] = max(alone[name], value)
        done += 1
    with capsys.disabled():
        sys.stdout.write(
            f"\n{ARCHITECTURES * RUNS:,} networks along a runs axis, gradients: {_figures(stacked)}"
            f"\n{SINGLES:,} networks alone, every number of an update: {_figures(alone)}\n"
        )
    assert stacked["autograd"] <= 1e-10
    assert stacked["central"] <= 1e-6
    assert stacked["one by one"] <= 1e-14


def _figures(worst: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.1e}" for name, value in worst.items())


def test_the_draw_meets_every_activation_with_every_loss() -> None:
    rng, met = np.random.default_rng(20), set()
    for index in range(ARCHITECTURES):
        network, loss = draw_network(rng, index)
        met |= {(layer.activation, loss.name) for layer in network.layers}
    assert met == {(name, loss) for name in NAMES for loss in LOSSES}


@pytest.mark.parametrize("name", [name for name in NAMES if ACTIVATIONS[name].derivative])
def test_a_slope_off_by_one_part_in_two_thousand_fails_the_ten_thousand(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    op = ACTIVATIONS[name]
    wrong = replace(op, derivative=lambda be, z, a: op.derivative(be, z, a) * 1.0005)
    monkeypatch.setitem(ACTIVATIONS, name, wrong)
    worst = worst_of(60, seed=22)
    assert worst["autograd"] > 1e-10
    assert worst["central"] > 1e-6


@pytest.mark.parametrize("name", LOSSES)
def test_a_wrong_loss_gradient_fails_the_ten_thousand(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    rule = LOSSES[name]
    monkeypatch.setitem(LOSSES, name, replace(rule, gradient=lambda *args: rule.gradient(*args) * 1.0005))
    worst = worst_of(14, seed=23)
    assert worst["autograd"] > 1e-10
    assert worst["central"] > 1e-6


def one_update(be: Any, network: Network, loss: Loss, theta: np.ndarray, x: np.ndarray, t: np.ndarray) -> dict[str, np.ndarray]:
    """Everything that one update computes, by name, as NumPy arrays."""
    kept: dict[str, Any] = {}
    params = [(be.array(W), be.array(b)) for W, b in unflatten(network, theta)]
    done = forward(be, network, params, be.array(x), kept.__setitem__)
    loss_of(be, loss, done, be.array(t), kept.__setitem__)
    gradients = backward(be, network, loss, params, done, be.array(t), kept.__setitem__)
    for k, (W, b) in enumerate(descend(params, gradients, 0.1, frozen=("b1",)), 1):
        kept[f"W{k}'"], kept[f"b{k}'"] = W, b
    return {name: np.asarray(be.numpy(value), dtype=float) for name, value in kept.items()}


def test_a_runs_axis_changes_no_number() -> None:
    rng = np.random.default_rng(24)
    for index in range(2 * len(NAMES) * len(LOSSES)):
        network, loss, theta, x, t = draw_runs(rng, index)
        together = one_update(NUMPY, network, loss, theta, x, t)
        two_axes = one_update(NUMPY, network, loss, *(v[:12].reshape(3, 4, *v.shape[1:]) for v in (theta, x, t)))
        for run in (0, 7, 11):
            for name, value in one_update(NUMPY, network, loss, theta[run], x[run], t[run]).items():
                np.testing.assert_allclose(together[name][run], value, rtol=1e-14, atol=1e-14)
                np.testing.assert_allclose(two_axes[name][run // 4, run % 4], value, rtol=1e-14, atol=1e-14)


def same_on(device: str, dtype: str, tolerance: float) -> None:
    """Compare every quantity of an update on NumPy in float64 and on a device of PyTorch, with a runs axis."""
    rng, be = np.random.default_rng(25), get_backend(device, dtype)
    for index in range(len(NAMES) * len(LOSSES)):
        network, loss, theta, x, t = draw_runs(rng, index)
        told = one_update(be, network, loss, theta, x, t)
        for name, value in one_update(NUMPY, network, loss, theta, x, t).items():
            np.testing.assert_allclose(told[name], value, rtol=tolerance, atol=tolerance * max(1, np.abs(value).max()))


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 1e-4)])
def test_torch_on_the_cpu_gives_the_same(dtype: str, tolerance: float) -> None:
    pytest.importorskip("torch")
    same_on("cpu", dtype, tolerance)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 1e-4)])
def test_torch_on_a_graphics_card_gives_the_same(dtype: str, tolerance: float) -> None:
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device on this machine")
    same_on("cuda", dtype, tolerance)


def test_numpy_in_float32_is_close_and_stays_float32() -> None:
    rng, be = np.random.default_rng(26), get_backend("numpy", "float32")
    for index in range(len(NAMES) * len(LOSSES)):
        network, loss, theta, x, t = draw_runs(rng, index)
        kept: dict[str, np.ndarray] = {}
        params = unflatten(network, be.array(theta))
        done = forward(be, network, params, be.array(x), kept.__setitem__)
        loss_of(be, loss, done, be.array(t), kept.__setitem__)
        backward(be, network, loss, params, done, be.array(t), kept.__setitem__)
        exact = one_update(NUMPY, network, loss, theta, x, t)
        for name, value in kept.items():
            assert value.dtype == np.float32, (name, network, loss)
            np.testing.assert_allclose(value, exact[name], rtol=1e-4, atol=1e-4 * max(1, np.abs(exact[name]).max()))


def test_asking_twice_gives_the_same_answer_and_writes_nothing() -> None:
    rng = np.random.default_rng(27)
    for index in range(len(NAMES) * len(LOSSES)):
        network, loss, theta, x, t = draw_runs(rng, index)
        for array in (theta, x, t):
            array.flags.writeable = False  # writing in place would raise
        params = unflatten(network, theta)
        done = forward(NUMPY, network, params, x)
        for array in (*done.sums, *done.activations):
            array.flags.writeable = False
        first = backward(NUMPY, network, loss, params, done, t)
        second = backward(NUMPY, network, loss, params, done, t)
        for (W, b), (V, c) in zip(first, second, strict=True):
            assert np.array_equal(W, V) and np.array_equal(b, c)
        descend(params, first, 0.1)


def test_a_device_that_is_not_there_is_refused_with_a_reason() -> None:
    torch = pytest.importorskip("torch")
    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    with pytest.raises(RuntimeError, match="CUDA"):
        get_backend("cuda")
