"""The only module that imports Torch: the backend's vocabulary on its tensors, and autograd as a witness.

Torch is imported when something here is first used, never before.
"""

from __future__ import annotations

import importlib.util
import threading
from contextlib import suppress
from typing import Any

import numpy as np

from engine.refusal import Refused
from engine.spec import Experiment


def available() -> bool:
    """Whether Torch is installed and has not failed to load; does not import it."""
    try:
        return not _broken.is_set() and importlib.util.find_spec("torch") is not None
    except (ImportError, ValueError):  # something stands in its way
        return False


_ready = threading.Event()
_broken = threading.Event()
_lock = threading.Lock()
_loader: list[threading.Thread] = []


def loaded() -> bool:
    """Whether Torch has been imported to the end in this process."""
    return _ready.is_set()


def load_beside() -> None:
    """Start importing Torch in a thread of its own, once per process; `loaded` tells when it is there."""
    with _lock:
        if not _loader and available():
            _loader.append(threading.Thread(target=_try, name="load-torch", daemon=True))
            _loader[0].start()


def _try() -> None:
    with suppress(Refused):  # `available` says so from now on
        load()


def load() -> Any:
    """The torch package; raises Refused("torch_missing") where it is not installed or cannot be loaded."""
    try:
        import torch
    except (ImportError, OSError) as error:  # OSError: installed, but one of its libraries is missing
        _broken.set()
        raise Refused("torch_missing") from error
    _ready.set()
    return torch


class TorchBackend:
    """The backend's operations on Torch tensors of one device and dtype."""

    def __init__(self, device: str = "cpu", dtype: str = "float64") -> None:
        torch = load()
        if device == "cuda" and not torch.cuda.is_available():
            raise RuntimeError("no CUDA device is available")
        self.name = device
        self._torch = torch
        self._kind = {"device": torch.device(device), "dtype": getattr(torch, dtype)}
        self.exp, self.log, self.log1p = torch.exp, torch.log, torch.log1p
        self.tanh, self.sigmoid = torch.tanh, torch.sigmoid
        self.abs, self.sign, self.where = torch.abs, torch.sign, torch.where
        self.matmul, self.zeros_like = torch.matmul, torch.zeros_like

    def array(self, values: Any) -> Any:
        return self._torch.as_tensor(values, **self._kind)

    def numpy(self, a: Any) -> np.ndarray:
        result: np.ndarray = a.detach().cpu().numpy()
        return result

    def swap(self, a: Any) -> Any:
        return a.transpose(-1, -2)

    def maximum(self, a: Any, b: float) -> Any:
        return self._torch.clamp(a, min=b)

    def sum(self, a: Any, axis: int) -> Any:
        return self._torch.sum(a, dim=axis, keepdim=True)

    def max(self, a: Any, axis: int) -> Any:
        return self._torch.amax(a, dim=axis, keepdim=True)


def _activate(torch: Any, name: str, z: Any) -> Any:
    functional = torch.nn.functional
    return {
        "identity": lambda: z * 1,
        "relu": lambda: functional.relu(z),
        "leaky_relu": lambda: functional.leaky_relu(z, 0.01),
        "sigmoid": lambda: torch.sigmoid(z),
        "tanh": lambda: torch.tanh(z),
        "softplus": lambda: functional.softplus(z, threshold=1e9),
        "gelu": lambda: functional.gelu(z, approximate="tanh"),
        "softmax": lambda: torch.softmax(z, -1),
    }[name]()


def _terms(torch: Any, experiment: Experiment, z: Any, y: Any, t: Any) -> Any:
    functional, loss = torch.nn.functional, experiment.loss
    return {
        "squared_error": lambda: loss.factor * functional.mse_loss(y, t, reduction="none"),
        "absolute_error": lambda: functional.l1_loss(y, t, reduction="none"),
        "huber": lambda: functional.huber_loss(y, t, reduction="none", delta=loss.threshold),
        "binary_cross_entropy": lambda: functional.binary_cross_entropy_with_logits(z, t, reduction="none"),
        "softmax_cross_entropy": lambda: -t * functional.log_softmax(z, -1),
        "log_loss": lambda: -(torch.xlogy(t, y) + torch.xlogy(1 - t, 1 - y)),
        "nll": lambda: -torch.xlogy(t, y),
    }[loss.name]()


def autograd(experiment: Experiment, given: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Every number of one update as Torch computes it, with its own functions, autograd and torch.optim.SGD.

    given: the arrays x, t, W1, b1, … of the update. Returns arrays by trace name (all but the slopes' own lines
    where Torch has no name for them: slopes are autograd's too). Raises Refused without Torch.
    """
    torch = load()
    made = {name: torch.tensor(values, dtype=torch.float64) for name, values in given.items()}
    depth = len(experiment.network.layers)
    for name in [f"{kind}{k}" for k in range(1, depth + 1) for kind in "Wb"] or ["x"]:
        made[name].requires_grad_()
    a, z = made["x"], None
    out: dict[str, Any] = {}
    for k, layer in enumerate(experiment.network.layers, 1):
        z = torch.addmm(made[f"b{k}"], a, made[f"W{k}"])
        z.retain_grad()
        a = _activate(torch, layer.activation, z)
        a.retain_grad()
        out[f"z{k}"], out[f"a{k}"] = z, a
        if layer.activation != "softmax":
            alone = z.detach().requires_grad_()  # a graph of its own: the gradients of the loss stay untouched
            out[f"s{k}"] = torch.autograd.grad(_activate(torch, layer.activation, alone).sum(), alone)[0]
    t = made["t"]
    e = _terms(torch, experiment, z, a, t)
    mean = experiment.loss.reduction == "mean"
    per_sample = experiment.loss.name in ("softmax_cross_entropy", "nll")
    out["e"] = e
    out["ell"] = e.sum(-1, keepdim=True) if per_sample or not mean else e.mean(-1, keepdim=True)
    total = out["ell"].mean() if mean else out["ell"].sum()
    out["L"] = total.reshape(1, 1)
    if experiment.loss.name == "softmax_cross_entropy":
        out["lse"] = torch.logsumexp(z, -1, keepdim=True)
    total.backward()
    if a.grad is not None:
        out["dy"] = a.grad
    for k in range(1, depth + 1):
        out[f"dz{k}"], out[f"dW{k}"], out[f"db{k}"] = out[f"z{k}"].grad, made[f"W{k}"].grad, made[f"b{k}"].grad
        if k < depth:
            out[f"da{k}"] = out[f"a{k}"].grad
            out[f"p{k}"] = out[f"z{k + 1}"].grad.unsqueeze(-2) * made[f"W{k + 1}"].detach()
    moved = [p for k in range(1, depth + 1) for p in (f"W{k}", f"b{k}") if p not in experiment.frozen]
    copies = {name: made[name].detach().clone() for name in moved}
    for name, copy in copies.items():
        copy.grad = made[name].grad
    if copies:
        torch.optim.SGD(list(copies.values()), lr=experiment.learning_rate).step()
    out |= {f"{name}'": copy for name, copy in copies.items()}
    return {name: value.detach().numpy() for name, value in out.items() if value is not None}
