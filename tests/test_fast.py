"""The fast step is the reference step: 50 updates of each give the same parameters to 1e-12."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine import ACTIVATIONS, Dense, Experiment, Loss, Network, advance, start
from engine.backend import NumpyBackend
from engine.fast import Machine
from engine.passes import backward, descend, forward, shares
from engine.train import epoch_order, initial_parameters, unflatten
from tests.draws import draw_data, draw_experiment, every_experiment, rows

UPDATES = 50


def by_reference(experiment: Experiment, updates: int) -> np.ndarray:
    """The flat parameters after so many updates with the readable passes."""
    be = NumpyBackend(experiment.dtype)
    params = list(unflatten(experiment.network, initial_parameters(experiment)))
    x, t = be.array(experiment.x), be.array(experiment.t)
    size, per_epoch = experiment.batch_size, experiment.updates_per_epoch
    for step in range(updates):
        epoch, batch = divmod(step, per_epoch)
        order = epoch_order(experiment, epoch)
        chosen = (np.arange(len(x)) if order is None else order)[batch * size : (batch + 1) * size]
        done = forward(be, experiment.network, params, x[chosen])
        gradients = backward(be, experiment.network, experiment.loss, params, done, t[chosen])
        params = descend(params, gradients, be.dtype.type(experiment.learning_rate), experiment.frozen)
    return np.concatenate([np.concatenate([W, b]).ravel() for W, b in params] or [np.zeros(0)])


def assert_same(experiment: Experiment, tolerance: float) -> None:
    told = by_reference(experiment, UPDATES)
    ours = advance(start(experiment), UPDATES).theta
    assert ours.dtype == np.dtype(experiment.dtype)
    np.testing.assert_allclose(ours, told, rtol=tolerance, atol=tolerance * max(1.0, np.abs(told).max(initial=0)))


@pytest.mark.parametrize(
    "choices",
    [{}, {"batch": 2}, {"batch": 3, "shuffle": True}, {"batch": 1, "frozen": ("b1", "W2")}],
    ids=["all at once", "partial last batch", "shuffled", "one by one, frozen"],
)
def test_every_activation_with_every_loss(choices: dict[str, object]) -> None:
    for experiment in every_experiment(samples=5, **{"learning_rate": 0.02, **choices}):
        assert_same(experiment, 1e-12)


def test_float32() -> None:
    for experiment in every_experiment(samples=5, learning_rate=0.02, batch=2, dtype="float32"):
        assert_same(experiment, 2e-4)


def test_random_networks_of_every_depth() -> None:
    rng = np.random.default_rng(31)
    for index in range(150):
        samples = int(rng.integers(1, 8))
        experiment = draw_experiment(rng, index, samples, learning_rate=0.02, layers=int(rng.integers(1, 5)))
        assert_same(experiment.replace(batch=int(rng.integers(0, samples + 1)), shuffle=bool(rng.integers(2))), 1e-12)


def test_wide_networks() -> None:
    rng = np.random.default_rng(32)
    network = Network(7, (Dense(64, "relu"), Dense(33, "relu"), Dense(20, "tanh"), Dense(5, "softmax")))
    x, t = draw_data(rng, network, loss := Loss("softmax_cross_entropy", reduction="mean"), 70)
    assert_same(Experiment(network, loss, rows(x), rows(t), batch=32, learning_rate=0.05, seed=4, initialiser="he"), 1e-12)


def test_the_buffers_hold_what_the_reference_computes() -> None:
    for experiment in every_experiment(samples=5, batch=2):
        machine = Machine(experiment, initial_parameters(experiment))
        for batch in (0, 1, 2, 0):
            before = unflatten(experiment.network, machine.theta.copy())
            machine.run(batch)
            kept: dict[str, np.ndarray] = {}
            x, t = (np.array(v)[2 * batch : 2 * batch + 2] for v in (experiment.x, experiment.t))
            done = forward(machine.be, experiment.network, before, x, kept.__setitem__)
            backward(machine.be, experiment.network, experiment.loss, before, done, t, kept.__setitem__)
            found = machine.buffers(batch)
            for name, value in kept.items():
                if name[0] != "p":  # the shares are not part of a step; the trace computes them
                    np.testing.assert_allclose(found[name], value, rtol=1e-12, atol=1e-13, err_msg=name)


@pytest.mark.parametrize("name", [name for name, op in ACTIVATIONS.items() if op.derivative])
def test_a_slope_off_by_one_part_in_two_thousand_is_rejected(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    op = ACTIVATIONS[name]
    network = Network(2, (Dense(3, name), Dense(1)))
    experiment = Experiment(network, Loss(), ((0.5, -0.2), (0.1, 0.9)), ((1.0,), (-1.0,)), seed=3)
    with monkeypatch.context() as patch:
        patch.setitem(ACTIVATIONS, name, replace(op, derivative=lambda be, z, a: 1.0005 * op.derivative(be, z, a)))
        told = by_reference(experiment, UPDATES)
    right = advance(start(experiment), UPDATES).theta
    assert np.abs(right - told).max() > 1e-9


def test_shares_add_up_to_the_signal() -> None:
    rng = np.random.default_rng(33)
    dz, W = rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 5, 4))
    np.testing.assert_allclose(shares(dz, W).sum(-1), dz @ W.swapaxes(-1, -2), rtol=1e-14, atol=1e-14)


def test_an_identity_network_without_layers_has_a_loss_and_nothing_to_learn() -> None:
    for name in ("squared_error", "absolute_error", "huber"):
        experiment = Experiment(Network(2), Loss(name), ((0.3, 0.6), (0.1, 0.2)), ((0.5, 0.5), (1.0, 0.0)), batch=1)
        state = advance(start(experiment), 3)
        assert state.theta.size == 0 and not state.diverged
        machine = Machine(experiment, state.theta)
        machine.run(1)
        done, kept = forward(machine.be, experiment.network, (), np.array(experiment.x[1:])), {}
        backward(machine.be, experiment.network, experiment.loss, (), done, np.array(experiment.t[1:]), kept.__setitem__)
        np.testing.assert_allclose(machine.buffers(1)["dy"], kept["dy"])
