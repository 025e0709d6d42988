"""Every activation and every loss has the derivative it claims, and the value at a kink that its record states."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from engine import ACTIVATIONS, LOSSES, Loss, get_backend
from tests.draws import activation_in_torch, loss_in_torch

NUMPY = get_backend("numpy")
STEP = np.finfo(float).eps ** (1 / 3)
SMOOTH = [name for name, op in ACTIVATIONS.items() if op.derivative]


def central(function: Callable[[np.ndarray], np.ndarray], at: np.ndarray) -> np.ndarray:
    """The derivative of a function of single numbers by central differences."""
    h = STEP * np.maximum(1.0, np.abs(at))
    return (function(at + h) - function(at - h)) / ((at + h) - (at - h))


def check(claimed: np.ndarray, told: np.ndarray, tolerance: float) -> None:
    """Fail when a claimed derivative is off by more than a share of its size, counted from 1e-3 up."""
    apart = np.abs(claimed - told) / np.maximum(1e-3, np.abs(told))
    assert apart.max() <= tolerance, f"off by {apart.max():.1e} of its size"


def points(kink: float | None) -> np.ndarray:
    """Places to look at, from -6 to 6, none near a kink."""
    z = np.concatenate([np.linspace(-6, 6, 241), np.random.default_rng(3).normal(size=200)])
    return z if kink is None else z[np.abs(z - kink) > 1e-3]


def slopes(name: str, z: np.ndarray) -> np.ndarray:
    """The derivative an activation claims at z."""
    op = ACTIVATIONS[name]
    assert op.derivative is not None
    return np.asarray(op.derivative(NUMPY, z, op.value(NUMPY, z)))


@pytest.mark.parametrize("name", SMOOTH)
def test_the_slope_of_an_activation_is_its_derivative(name: str) -> None:
    z = points(ACTIVATIONS[name].kink)
    check(slopes(name, z), central(lambda v: ACTIVATIONS[name].value(NUMPY, v), z), 1e-6)


@pytest.mark.parametrize("name", SMOOTH)
def test_a_slope_off_by_one_part_in_two_thousand_is_rejected(name: str) -> None:
    z = points(ACTIVATIONS[name].kink)
    with pytest.raises(AssertionError, match="off by"):
        check(slopes(name, z) * (1 + 1 / 2000), central(lambda v: ACTIVATIONS[name].value(NUMPY, v), z), 1e-6)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_and_its_slope_are_those_of_torch(name: str) -> None:
    torch = pytest.importorskip("torch")
    z = points(ACTIVATIONS[name].kink).reshape(-1, 1) * (np.ones(4) if name != "softmax" else np.array([1, -0.5, 0.2, 0]))
    at = torch.tensor(z, requires_grad=True)
    upstream = np.random.default_rng(4).normal(size=z.shape)
    out = activation_in_torch(name, at)
    out.backward(torch.tensor(upstream))
    a = ACTIVATIONS[name].value(NUMPY, z)
    np.testing.assert_allclose(a, out.detach().numpy(), rtol=1e-13, atol=1e-14)
    if ACTIVATIONS[name].derivative:
        back = upstream * slopes(name, z)
    else:
        back = a * (upstream - (upstream * a).sum(-1, keepdims=True))
    np.testing.assert_allclose(back, at.grad.numpy(), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize(("name", "slope"), [("relu", 0.0), ("leaky_relu", 0.01)])
def test_the_slope_at_a_kink_is_the_one_the_record_states(name: str, slope: float) -> None:
    assert slopes(name, np.zeros((1, 1))).item() == slope
    assert str(slope).removesuffix(".0") in ACTIVATIONS[name].convention
    torch = pytest.importorskip("torch")
    at = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    activation_in_torch(name, at).sum().backward()
    assert at.grad.item() == slope


def test_every_kink_is_stated() -> None:
    z = np.linspace(-2, 2, 2001)  # 0 among them
    for name in SMOOTH:
        jumps = np.abs(np.diff(slopes(name, z)))
        assert (jumps.max() > 0.5) == (ACTIVATIONS[name].kink is not None), name


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_never_overflows(name: str) -> None:
    z = np.array([[-1e3, -745.0, 0.0, 745.0, 1e3]])
    with np.errstate(over="raise", invalid="raise", divide="raise") if name != "sigmoid" else np.errstate():
        assert np.isfinite(ACTIVATIONS[name].value(NUMPY, z)).all()


def loss_points(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Predictions (or logits) and targets (n, 3) that suit a loss, away from its kinks."""
    rng = np.random.default_rng(5)
    rule = LOSSES[name]
    v = rng.uniform(0.05, 0.95, (200, 3)) if rule.probabilities else rng.normal(size=(200, 3)) * 2
    t = rng.dirichlet(np.ones(3), 200) if rule.needs == "softmax" else rng.uniform(0, 1, (200, 3))
    t[::2] = np.eye(3)[rng.integers(0, 3, 100)]
    fine = np.all(np.abs(np.abs(v - t) - (1.0 if name == "huber" else 0.0)) > 1e-3, axis=1)
    return v[fine], t[fine]


def claimed_gradient(name: str, v: np.ndarray, t: np.ndarray) -> np.ndarray:
    """The derivative that the loss claims."""
    rule = LOSSES[name]
    y = ACTIVATIONS[rule.needs].value(NUMPY, v) if rule.needs else v
    return np.asarray(rule.gradient(NUMPY, v, y, t, 1.0))


def loss_slope(name: str, v: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Its derivative by central differences of each sample's loss, one output moved at a time."""
    columns = []
    for j in range(v.shape[1]):
        unit = np.eye(v.shape[1])[j]
        h = STEP * np.maximum(1.0, np.abs(v[:, [j]]))
        above, below = (LOSSES[name].terms(NUMPY, v + s * h * unit, t, 1.0).sum(-1) for s in (1, -1))
        columns.append((above - below) / (2 * h[:, 0]))
    return np.stack(columns, -1)


@pytest.mark.parametrize("name", LOSSES)
def test_the_gradient_of_a_loss_is_its_derivative(name: str) -> None:
    v, t = loss_points(name)
    check(claimed_gradient(name, v, t), loss_slope(name, v, t), 2e-6)


@pytest.mark.parametrize("name", LOSSES)
def test_a_gradient_off_by_one_part_in_two_thousand_is_rejected(name: str) -> None:
    v, t = loss_points(name)
    with pytest.raises(AssertionError, match="off by"):
        check(claimed_gradient(name, v, t) * (1 + 1 / 2000), loss_slope(name, v, t), 2e-6)


@pytest.mark.parametrize("reduction", ["sum", "mean"])
@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_and_its_gradient_are_those_of_torch(name: str, reduction: str) -> None:
    torch = pytest.importorskip("torch")
    from engine.passes import Forward, loss_of, share

    v, t = loss_points(name)
    rule, loss = LOSSES[name], Loss(name, 1.0, reduction)
    at = torch.tensor(v, requires_grad=True)
    total = loss_in_torch(loss, at, at, torch.tensor(t))
    total.backward()
    ours = loss_of(NUMPY, loss, Forward([], [v], [], v), t).item()
    assert ours == pytest.approx(total.item(), rel=1e-12)
    gradient = claimed_gradient(name, v, t) * share(loss, *v.shape)
    np.testing.assert_allclose(gradient, at.grad.numpy(), rtol=1e-11, atol=1e-14)
    assert rule.logits == bool(rule.needs)


@pytest.mark.parametrize("name", ["binary_cross_entropy", "softmax_cross_entropy"])
def test_cross_entropy_from_logits_never_overflows(name: str) -> None:
    z = np.array([[1e4, -1e4, 0.0], [-1e8, 1e8, 1.0]])
    t = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    with np.errstate(all="raise", under="ignore"):
        terms = LOSSES[name].terms(NUMPY, z, t, 1.0)
    assert np.isfinite(terms).all()
    assert terms.max() >= 2e4


def test_absolute_error_has_slope_0_where_it_has_two() -> None:
    zero = np.zeros((1, 1))
    assert LOSSES["absolute_error"].gradient(NUMPY, zero, zero, zero, 1.0).item() == 0
    assert "0" in LOSSES["absolute_error"].convention


def test_every_record_is_complete() -> None:
    for record in [*ACTIVATIONS.values(), *LOSSES.values()]:
        assert record.latex and record.latex_derivative and record.convention and record.source, record.name
