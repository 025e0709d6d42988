"""The closed vocabulary of array operations that the engine is written in, and its NumPy meaning.

Everything in the engine is written with `+ - * /`, indexing and the operations below, so the same lines run on
NumPy and on Torch, on one network or on a stack of them (leading axes are independent runs).
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

Array = Any  # an array of the backend in use: numpy.ndarray or torch.Tensor


class Backend(Protocol):
    """Array operations with one meaning; axes are negative, shapes broadcast as in NumPy."""

    name: str

    def array(self, values: Any) -> Array: ...
    def numpy(self, a: Array) -> np.ndarray: ...
    def zeros_like(self, a: Array) -> Array: ...
    def matmul(self, a: Array, b: Array) -> Array: ...
    def swap(self, a: Array) -> Array: ...
    def exp(self, a: Array) -> Array: ...
    def log(self, a: Array) -> Array: ...
    def log1p(self, a: Array) -> Array: ...
    def tanh(self, a: Array) -> Array: ...
    def sigmoid(self, a: Array) -> Array: ...
    def abs(self, a: Array) -> Array: ...
    def sign(self, a: Array) -> Array: ...
    def maximum(self, a: Array, b: float) -> Array: ...
    def where(self, condition: Array, a: Array, b: Array) -> Array: ...
    def sum(self, a: Array, axis: int) -> Array: ...
    def max(self, a: Array, axis: int) -> Array: ...


class NumpyBackend:
    """The reference: NumPy arrays, float64 unless told otherwise. Sums and maxima keep their axis."""

    name = "numpy"

    def __init__(self, dtype: str = "float64") -> None:
        self.dtype = np.dtype(dtype)

    exp = staticmethod(np.exp)
    log = staticmethod(np.log)
    log1p = staticmethod(np.log1p)
    tanh = staticmethod(np.tanh)
    abs = staticmethod(np.abs)
    sign = staticmethod(np.sign)
    maximum = staticmethod(np.maximum)
    where = staticmethod(np.where)
    matmul = staticmethod(np.matmul)
    zeros_like = staticmethod(np.zeros_like)

    def array(self, values: Any) -> np.ndarray:
        return np.asarray(values, dtype=self.dtype)

    def numpy(self, a: np.ndarray) -> np.ndarray:
        return np.asarray(a)

    def swap(self, a: np.ndarray) -> np.ndarray:
        return np.swapaxes(a, -1, -2)

    def sigmoid(self, a: np.ndarray) -> np.ndarray:
        # exp may overflow to infinity for a below -709; 1 / (1 + inf) is the 0 that belongs there.
        with np.errstate(over="ignore"):
            return np.asarray(1 / (1 + np.exp(-a)))

    def sum(self, a: np.ndarray, axis: int) -> np.ndarray:
        return np.asarray(np.sum(a, axis=axis, keepdims=True))

    def max(self, a: np.ndarray, axis: int) -> np.ndarray:
        return np.asarray(np.max(a, axis=axis, keepdims=True))


NUMPY = NumpyBackend()


def get_backend(name: str = "numpy", dtype: str = "float64") -> Backend:
    """Return the backend called "numpy", "cpu" or "cuda"; the last two need Torch and import it on first use.

    Raises Refused("torch_missing") without Torch, and RuntimeError when a device is not there.
    """
    if name == "numpy":
        return NUMPY if dtype == "float64" else NumpyBackend(dtype)
    from engine.torch_backend import TorchBackend

    return TorchBackend(name, dtype)
