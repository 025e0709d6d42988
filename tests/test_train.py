"""Training is a value: the same digits every time, however it is cut, going back is free, divergence is an outcome."""

from __future__ import annotations

import numpy as np
import pytest

from engine import Dense, Experiment, Loss, Network, Refused, advance, evaluate_loss, history, predict, record_run, start
from engine.train import epoch_order, unflatten
from tests.draws import activation_in_torch, draw_experiment, every_experiment, loss_in_torch, rows

CIRCLE = Network(2, (Dense(4, "tanh"), Dense(2, "tanh"), Dense(1, "tanh")))


def circle(**choices: object) -> Experiment:
    """Points inside and outside a circle, in batches of 10, shuffled, the last one partial."""
    rng = np.random.default_rng(1)
    radius, angle = rng.uniform(0, 5, 47), rng.uniform(0, 2 * np.pi, 47)
    x = np.column_stack([radius * np.sin(angle), radius * np.cos(angle)])
    t = np.where(radius < 2.5, 1.0, -1.0)[:, None]
    return Experiment(
        CIRCLE, Loss("squared_error", 1.0, "mean"), rows(x), rows(t), **{"batch": 10, "shuffle": True, "seed": 5, **choices}
    )


def test_the_same_experiment_gives_the_same_digits() -> None:
    first, second = (advance(start(circle()), 33).theta for _ in range(2))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, advance(start(circle(seed=6)), 33).theta)


@pytest.mark.parametrize("cut", [1, 5, 7, 10])
def test_a_run_may_be_cut_anywhere(cut: int) -> None:
    state = start(circle())
    for _ in range(0, 70, cut):
        state = advance(state, cut)
    assert state.step == 70 and state.epoch == 14
    assert np.array_equal(state.theta, advance(start(circle()), 70).theta)


def test_five_and_five_are_ten_for_every_activation_and_loss() -> None:
    for experiment in every_experiment(samples=5, batch=2, shuffle=True, learning_rate=0.02):
        whole = advance(start(experiment), 10)
        assert np.array_equal(advance(advance(start(experiment), 5), 5).theta, whole.theta)


def test_old_states_stay_as_they_were() -> None:
    first = start(circle())
    kept = first.theta.copy()
    second = advance(first, 12)
    assert np.array_equal(first.theta, kept) and first.step == 0
    assert not np.array_equal(second.theta, kept)
    with pytest.raises(ValueError, match="read-only"):
        second.theta[0] = 1.0
    for W, b in second.params:
        assert not W.flags.writeable and not b.flags.writeable
    again = advance(first, 12)  # going back and on is the same run
    assert np.array_equal(again.theta, second.theta)


def test_a_step_of_no_updates_changes_nothing() -> None:
    state = advance(start(circle()), 3)
    assert np.array_equal(advance(state, 0).theta, state.theta)


def test_divergence_is_reported_and_never_raised() -> None:
    experiment = Experiment(Network(1, (Dense(1),)), Loss(), ((3.0,),), ((1.0,),), (1.0, 0.0), learning_rate=10.0)
    state = advance(start(experiment), 5)
    assert not state.diverged
    state = advance(state, 500)
    assert state.diverged and not np.isfinite(state.theta).all()
    assert advance(state, 5).diverged
    for activation in ("relu", "softplus", "gelu", "tanh", "sigmoid", "softmax", "leaky_relu"):
        wild = Network(2, (Dense(3, activation), Dense(2)))
        state = advance(start(Experiment(wild, Loss(), ((3e5, 1e6),), ((1.0, 2.0),), learning_rate=1e6)), 50)
        assert isinstance(state.diverged, bool)
        predict(wild, state.params, np.array([[1.0, 1.0]]))
        evaluate_loss(wild, Loss(), state.params, np.array([[1.0, 1.0]]), np.array([[0.0, 0.0]]))
    trace = record_run(experiment, 400)
    assert trace.updates < 400
    assert np.isfinite(trace.values[:-1]).all() and not np.isfinite(trace.values[-1]).all()
    kept = history(experiment, 400)
    assert kept.diverged and 1 < len(kept.step) < 400


def test_history_is_the_run() -> None:
    kept = history(circle(), 60, every=3)
    assert kept.step.tolist() == list(range(0, 61, 3)) and not kept.diverged
    state = start(circle())
    x, t = np.array(circle().x), np.array(circle().t)
    for row, loss in zip(kept.parameters, kept.loss, strict=True):
        assert np.array_equal(row, state.theta)
        _, told = evaluate_loss(CIRCLE, circle().loss, state.params, x, t)
        assert loss == pytest.approx(float(told), rel=1e-14)
        state = advance(state, 3)


def test_history_works_for_every_loss_and_refuses_what_is_too_long() -> None:
    for experiment in every_experiment(samples=4, batch=2, learning_rate=0.02):
        kept = history(experiment, 6)
        assert np.array_equal(kept.parameters[-1], advance(start(experiment), 6).theta)
        assert kept.loss.shape == (7,)
    with pytest.raises(Refused) as refusal:
        history(circle(), 10**6)
    assert refusal.value.code == "too_much_to_record"


def test_each_epoch_takes_every_sample_once_in_an_order_of_its_own() -> None:
    experiment = circle(batch=0)
    assert epoch_order(experiment.replace(shuffle=False), 0) is None
    orders = [epoch_order(experiment, epoch) for epoch in range(5)]
    assert all(sorted(order) == list(range(47)) for order in orders if order is not None)
    assert len({tuple(order) for order in orders if order is not None}) == 5

    twelve = draw_experiment(np.random.default_rng(2), 0, 12, batch=3, shuffle=True, layers=2)
    trace = record_run(twelve, 12)
    for epoch in range(3):
        seen = trace.samples[4 * epoch : 4 * epoch + 4].ravel()
        assert sorted(seen) == list(range(12))
    assert trace.epochs == tuple(u // 4 for u in range(12))
    for update in range(12):
        assert np.array_equal(trace.array("x", update), np.array(twelve.x)[trace.samples[update]])
        assert np.array_equal(trace.array("t", update), np.array(twelve.t)[trace.samples[update]])


def by_torch(experiment: Experiment, updates: int) -> np.ndarray:
    """Flat parameters after so many updates by torch.optim.SGD."""
    import torch

    parameters = []
    for W, b in start(experiment).params:
        parameters.append((torch.tensor(W.copy(), requires_grad=True), torch.tensor(b.copy(), requires_grad=True)))
    named = {f"{kind}{k}": p for k, pair in enumerate(parameters, 1) for kind, p in zip("Wb", pair, strict=True)}
    moved = [p for name, p in named.items() if name not in experiment.frozen]
    optimiser = torch.optim.SGD(moved, lr=experiment.learning_rate)
    x, t = torch.tensor(experiment.x, dtype=torch.float64), torch.tensor(experiment.t, dtype=torch.float64)
    for step in range(updates):
        epoch, batch = divmod(step, experiment.updates_per_epoch)
        order = epoch_order(experiment, epoch)
        everyone = np.arange(len(x)) if order is None else order
        chosen = torch.as_tensor(everyone[batch * experiment.batch_size :][: experiment.batch_size])
        a, z = x[chosen], None
        for layer, (W, b) in zip(experiment.network.layers, parameters, strict=True):
            z = a @ W + b
            a = activation_in_torch(layer.activation, z)
        optimiser.zero_grad(set_to_none=True)
        loss_in_torch(experiment.loss, z, a, t[chosen]).backward()
        optimiser.step()
    return np.concatenate([torch.cat([W, b]).detach().numpy().ravel() for W, b in parameters])


@pytest.mark.parametrize("choices", [{}, {"batch": 2, "shuffle": True}, {"batch": 2, "frozen": ("W1", "b2")}])
def test_fifty_updates_are_those_of_torch(choices: dict[str, object]) -> None:
    pytest.importorskip("torch")
    for experiment in every_experiment(samples=5, learning_rate=0.02, **choices):
        told = by_torch(experiment, 50)
        np.testing.assert_allclose(advance(start(experiment), 50).theta, told, rtol=1e-12, atol=1e-12 * np.abs(told).max())


def test_initial_parameters_are_drawn_as_the_initialiser_says() -> None:
    network = Network(60, (Dense(60, "relu"), Dense(60, "relu")))
    base = Experiment(network, Loss(), (tuple([0.1] * 60),), (tuple([0.0] * 60),), seed=8)
    for name, scale in (("xavier", (2 / 120) ** 0.5), ("he", (2 / 60) ** 0.5), ("normal", 1.0), ("zeros", 0.0)):
        for W, b in start(base.replace(initialiser=name)).params:
            assert W.std() == pytest.approx(scale, rel=0.05)
            assert not b.any()


def test_parameters_have_one_order_everywhere() -> None:
    flat = tuple(float(v) for v in range(1, 13))
    experiment = Experiment(Network(2, (Dense(2), Dense(2))), Loss(), ((0.0, 0.0),), ((0.0, 0.0),), flat)
    (W1, b1), (W2, b2) = start(experiment).params
    assert W1.tolist() == [[1, 2], [3, 4]] and b1.tolist() == [[5, 6]]
    assert W2.tolist() == [[7, 8], [9, 10]] and b2.tolist() == [[11, 12]]
    stacked = unflatten(experiment.network, np.array([[flat, flat]]))
    assert stacked[1][0].shape == (1, 2, 2, 2) and np.array_equal(stacked[1][0][0, 1], W2)


def test_predict_and_evaluate_loss_take_any_leading_axes() -> None:
    state = start(circle())
    x, t = np.array(circle().x), np.array(circle().t)
    y = predict(CIRCLE, state.params, x)
    assert y.shape == (47, 1)
    each, total = evaluate_loss(CIRCLE, circle().loss, state.params, x, t)
    np.testing.assert_allclose(each, ((y - t) ** 2)[:, 0])
    assert float(total) == pytest.approx(each.mean())
    params = unflatten(CIRCLE, np.stack([state.theta, state.theta * 2]))
    each, total = evaluate_loss(CIRCLE, circle().loss, params, x, t)
    assert each.shape == (2, 47) and total.shape == (2,)
