"""The vocabulary of the language: pointwise operations, and array operations with their shapes, options and sources."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from engine.graph.arrays import Bilinear, Choice, Grouped, Linear, Plan
from engine.graph.pointwise import POINTWISE, Part, Pointwise

Shape = tuple[int, int]
Options = dict[str, int]
Made = tuple[Shape, int, Callable[[], Plan]]  # result's shape, number of terms, and how to make the plan


class Mismatch(Exception):
    """Arrays that an operation cannot take; `why` is a reason of `engine.graph.reasons`."""

    def __init__(self, why: str, **details: object) -> None:
        super().__init__(why)
        self.why, self.details = why, details


@dataclass(frozen=True)
class ArrayRule:
    """An operation on whole arrays.

    build(shapes, options): the result's shape, how many terms it has, and its plan. options: those it takes.
    latex, latex_derivative: markup for the reader. kinked: whether its slope jumps somewhere.
    """

    name: str
    operands: int
    build: Callable[[tuple[Shape, ...], Options], Made]
    options: tuple[str, ...]
    latex: str
    latex_derivative: str
    convention: str
    source: str


def _groups(shape: Shape, axis: int) -> np.ndarray:
    """Flat indices in rows: axis 0 one row per column, 1 one per row, -1 everything in one."""
    places = np.arange(shape[0] * shape[1]).reshape(shape)
    return places.T if axis == 0 else places if axis == 1 else places.reshape(1, -1)


def _axis(options: Options, default: int) -> int:
    axis = options.get("axis", default)
    if axis not in (-1, 0, 1):
        raise Mismatch("whole_number")
    return axis


def _reduced(shape: Shape, axis: int) -> Shape:
    return (1, shape[1]) if axis == 0 else (shape[0], 1) if axis == 1 else (1, 1)


def _total(mean: bool) -> Callable[[tuple[Shape, ...], Options], Made]:
    def build(shapes: tuple[Shape, ...], options: Options) -> Made:
        shape, axis = shapes[0], _axis(options, -1)
        out = _reduced(shape, axis)

        def plan() -> Plan:
            groups = _groups(shape, axis)
            o = np.repeat(np.arange(len(groups)), groups.shape[1])
            return Linear(o, groups.ravel(), len(groups), groups.shape[1] if mean else 1)

        return out, shape[0] * shape[1], plan

    return build


def _extreme(sign: int) -> Callable[[tuple[Shape, ...], Options], Made]:
    def build(shapes: tuple[Shape, ...], options: Options) -> Made:
        axis = _axis(options, -1)
        # The way back compares each number with all before it.
        work = shapes[0][0] * shapes[0][1] * (shapes[0][axis] if axis >= 0 else shapes[0][0] * shapes[0][1])
        return _reduced(shapes[0], axis), work, lambda: Choice(_groups(shapes[0], axis), sign)

    return build


def _grouped(shares: bool) -> Callable[[tuple[Shape, ...], Options], Made]:
    def build(shapes: tuple[Shape, ...], options: Options) -> Made:
        shape = shapes[0]
        axis = _axis(options, -1 if 1 in shape else 1)
        size = shape[axis] if axis >= 0 else shape[0] * shape[1]
        out = shape if shares else _reduced(shape, axis)
        return out, shape[0] * shape[1] * (size if shares else 1), lambda: Grouped(_groups(shape, axis), shares)

    return build


def _matmul(shapes: tuple[Shape, ...], options: Options) -> Made:
    (n, k), (k2, m) = shapes
    if k != k2:
        raise Mismatch("shape_mismatch", name="@", first=f"{n} × {k}", second=f"{k2} × {m}")

    def plan() -> Plan:
        o, t = np.divmod(np.arange(n * m * k), k)
        return Bilinear(o, o // m * k + t, t * m + o % m, n * m)

    return (n, m), n * m * k, plan


def _dot(shapes: tuple[Shape, ...], options: Options) -> Made:
    a, b = shapes
    size = a[0] * a[1]
    if size != b[0] * b[1] or (a != b and (1 not in a or 1 not in b)):
        raise Mismatch("shape_mismatch", name="dot", first=f"{a[0]} × {a[1]}", second=f"{b[0]} × {b[1]}")
    return (1, 1), size, lambda: Bilinear(np.zeros(size, dtype=int), np.arange(size), np.arange(size), 1)


def _outer(shapes: tuple[Shape, ...], options: Options) -> Made:
    a, b = shapes
    if 1 not in a or 1 not in b:
        raise Mismatch("shape_mismatch", name="outer", first=f"{a[0]} × {a[1]}", second=f"{b[0]} × {b[1]}")
    n, m = a[0] * a[1], b[0] * b[1]
    return (n, m), n * m, lambda: Bilinear(np.arange(n * m), *np.divmod(np.arange(n * m), m), n * m)


def _stride(options: Options, default: int) -> tuple[int, int]:
    stride, padding = options.get("stride", default), options.get("padding", 0)
    if not 1 <= stride <= 64 or not 0 <= padding <= 16:
        raise Mismatch("whole_number")
    return stride, padding


def _slide(shape: Shape, kernel: Shape, options: Options, default: int) -> tuple[Shape, int, int]:
    stride, padding = _stride(options, default)
    out = tuple((shape[d] + 2 * padding - kernel[d]) // stride + 1 for d in (0, 1))
    if any(shape[d] + 2 * padding < kernel[d] for d in (0, 1)):
        raise Mismatch("shape_size", name="window", first=f"{shape[0]} × {shape[1]}")
    return (out[0], out[1]), stride, padding


def _windows(shape: Shape, kernel: Shape, out: Shape, stride: int, padding: int) -> np.ndarray:
    """Flat indices under the kernel at every place, (places, kernel size); -1 where it hangs over the edge."""
    r = np.arange(out[0])[:, None, None, None] * stride - padding + np.arange(kernel[0])[None, None, :, None]
    c = np.arange(out[1])[None, :, None, None] * stride - padding + np.arange(kernel[1])[None, None, None, :]
    inside = (r >= 0) & (r < shape[0]) & (c >= 0) & (c < shape[1])
    flat = np.where(inside, r * shape[1] + c, -1)
    return flat.reshape(out[0] * out[1], kernel[0] * kernel[1])


def _pairs(windows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    o, j = np.nonzero(windows >= 0)
    return o, windows[o, j], j


def _conv(shapes: tuple[Shape, ...], options: Options) -> Made:
    shape, kernel = shapes
    out, stride, padding = _slide(shape, kernel, options, 1)

    def plan() -> Plan:
        o, i, j = _pairs(_windows(shape, kernel, out, stride, padding))
        return Bilinear(o, i, j, out[0] * out[1])

    return out, out[0] * out[1] * kernel[0] * kernel[1], plan


def _conv_transpose(shapes: tuple[Shape, ...], options: Options) -> Made:
    shape, kernel = shapes
    stride, padding = _stride(options, 1)
    out = ((shape[0] - 1) * stride + kernel[0] - 2 * padding, (shape[1] - 1) * stride + kernel[1] - 2 * padding)
    if min(out) < 1:
        raise Mismatch("shape_size", name="conv_transpose2d", first=f"{shape[0]} × {shape[1]}")

    def plan() -> Plan:
        i, o, j = _pairs(_windows(out, kernel, shape, stride, padding))
        order = np.argsort(o, kind="stable")
        return Bilinear(o[order], i[order], j[order], out[0] * out[1])

    return out, shape[0] * shape[1] * kernel[0] * kernel[1], plan


def _pool(shapes: tuple[Shape, ...], options: Options, mean: bool) -> Made:
    size = options["size"]
    out, stride, padding = _slide(shapes[0], (size, size), options, size)
    if padding > size // 2:
        raise Mismatch("whole_number")

    def plan() -> Plan:
        windows = _windows(shapes[0], (size, size), out, stride, padding)
        if not mean:
            return Choice(windows, 1)
        o, i, _ = _pairs(windows)
        return Linear(o, i, out[0] * out[1], size * size)

    return out, out[0] * out[1] * size**2 * (1 if mean else size**2), plan


_ALGEBRA = "Linear algebra."
_AXIS = "axis=0 works down the columns, axis=1 along the rows, neither on everything."

ARRAYS: dict[str, ArrayRule] = {
    rule.name: rule
    for rule in (
        ArrayRule("sum", 1, _total(False), ("axis",), r"y = \sum_i a_i", r"\partial y/\partial a_i = 1", _AXIS, _ALGEBRA),
        ArrayRule(
            "mean", 1, _total(True), ("axis",),
            r"y = \frac{1}{n} \sum_i a_i", r"\partial y/\partial a_i = \frac{1}{n}", _AXIS, _ALGEBRA,
        ),
        ArrayRule(
            "max", 1, _extreme(1), ("axis",), r"y = \max(a_1, a_2, \ldots)", "1 for the largest, 0 for the others",
            "Of several equal numbers the first gets the whole slope.", _ALGEBRA,
        ),
        ArrayRule(
            "min", 1, _extreme(-1), ("axis",), r"y = \min(a_1, a_2, \ldots)", "1 for the smallest, 0 for the others",
            "Of several equal numbers the first gets the whole slope.", _ALGEBRA,
        ),
        ArrayRule(
            "softmax", 1, _grouped(True), ("axis",),
            r"y_k = \frac{e^{a_k}}{\sum_j e^{a_j}}", r"\partial y_k/\partial a_j = y_k\,([k = j] - y_j)",
            "Each row has shares of its own; a single row or column shares as a whole. Computed without overflow.",
            "Bridle, 1990.",
        ),
        ArrayRule(
            "logsumexp", 1, _grouped(False), ("axis",),
            r"y = \ln \sum_j e^{a_j}", r"\partial y/\partial a_j = e^{a_j - y}",
            "Each row has a sum of its own; a single row or column is summed as a whole. Computed without overflow.",
            "Bridle, 1990.",
        ),
        ArrayRule(
            "matmul", 2, _matmul, (), r"y_{ij} = \sum_k a_{ik} b_{kj}",
            r"\partial f/\partial a = \partial f/\partial y \, b^T, \partial f/\partial b = a^T \partial f/\partial y",
            "Rows times columns; a plain list is one row.", _ALGEBRA,
        ),
        ArrayRule(
            "dot", 2, _dot, (), r"y = \sum_i a_i b_i", r"\partial y/\partial a_i = b_i",
            "Number by number, then added.", _ALGEBRA,
        ),
        ArrayRule("outer", 2, _outer, (), r"y_{ij} = a_i b_j", r"\partial y_{ij}/\partial a_i = b_j", "Every pair.", _ALGEBRA),
        ArrayRule(
            "conv2d", 2, _conv, ("stride", "padding"),
            r"y_{ij} = \sum_{uv} a_{i+u,j+v} b_{uv}", r"\partial y_{ij}/\partial b_{uv} = a_{i+u,j+v}",
            "Cross-correlation: the kernel is not turned over, as in every deep learning library. Padding adds zeros around.",
            "Fukushima, 1980; LeCun and others, 1989.",
        ),
        ArrayRule(
            "conv_transpose2d", 2, _conv_transpose, ("stride", "padding"),
            r"y_{i+u,j+v} = \sum a_{ij} b_{uv}", r"\partial y_{i+u,j+v}/\partial b_{uv} = a_{ij}",
            "Every number lays down a copy of the kernel; padding cuts the rim off.", "Zeiler and others, 2010.",
        ),
        ArrayRule(
            "maxpool2d", 1, lambda shapes, options: _pool(shapes, options, False), ("stride", "padding"),
            r"y = \max \text{ of the window}", "1 for the largest of the window, 0 for the others",
            "Without a stride the windows lie side by side. Of several equal numbers the first gets the whole slope.",
            "Riesenhuber and Poggio, 1999.",
        ),
        ArrayRule(
            "avgpool2d", 1, lambda shapes, options: _pool(shapes, options, True), ("stride", "padding"),
            r"y = \text{mean of the window}", r"\frac{1}{n}",
            "Without a stride the windows lie side by side. Padded zeros count, as in PyTorch.", "LeCun and others, 1989.",
        ),
    )
}  # fmt: skip

PRIMITIVES: dict[str, Pointwise | ArrayRule] = {**POINTWISE, **ARRAYS}


@lru_cache(maxsize=64)
def power(exponent: float, written: str, less: str) -> Pointwise:
    """A power whose exponent is written as a plain number; its formulas hold the exponent as text.

    written: the exponent; less: the exponent minus 1.
    """
    p = exponent
    tail = "" if p == 2 else f"^{{{less}}}"
    slope = written if p == 1 else f"{written} \\cdot #a{tail}"
    part = Part(lambda a, b, y: p * np.power(a, p - 1), r"#s \cdot #g", slope)
    rule = POINTWISE["pow"]
    latex = rf"y' = {written}\,a^{{{less}}}"
    return Pointwise(
        "pow", lambda a, b: np.power(a, p), (part,), f"#a^{{{written}}}", rule.latex, latex, rule.convention, rule.source
    )
