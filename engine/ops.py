"""Activations: each one record with value, derivative, formulas, the convention chosen, and the source.

Notation: `be` backend, `z` weighted sum before the activation, `a` activation after it, same shapes (..., units).
Formula markup is a LaTeX subset in which #0 stands for z and #1 for a.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from engine.backend import Array, Backend

LEAK = 0.01
GELU_SCALE = math.sqrt(2 / math.pi)
GELU_CUBIC = 0.044715


@dataclass(frozen=True)
class Activation:
    """A function applied to a layer's weighted sums.

    value(be, z): activation. derivative(be, z, a): slope da/dz, None for softmax, whose outputs share their inputs.
    latex, latex_derivative: for the reader. formula, slope_formula: the same with #0 (z) and #1 (a) to fill in.
    kink: where the slope jumps, None if nowhere.
    """

    name: str
    value: Callable[[Backend, Array], Array]
    derivative: Callable[[Backend, Array, Array], Array] | None
    latex: str
    latex_derivative: str
    formula: str
    slope_formula: str
    convention: str
    source: str
    kink: float | None = None


def _gelu_tanh(be: Backend, z: Array) -> Array:
    return be.tanh(GELU_SCALE * (z + GELU_CUBIC * z * z * z))


def _gelu_slope(be: Backend, z: Array, a: Array) -> Array:
    th = _gelu_tanh(be, z)
    return 0.5 * (1 + th) + 0.5 * z * (1 - th * th) * GELU_SCALE * (1 + 3 * GELU_CUBIC * z * z)


def softplus(be: Backend, z: Array) -> Array:
    """log(1 + e^z) that never overflows."""
    return be.maximum(z, 0.0) + be.log1p(be.exp(-be.abs(z)))


def softmax(be: Backend, z: Array) -> Array:
    """e^z over its sum along the last axis, shifted by the maximum so that it never overflows."""
    e = be.exp(z - be.max(z, -1))
    return e / be.sum(e, -1)


ACTIVATIONS: dict[str, Activation] = {
    op.name: op
    for op in (
        Activation(
            "identity",
            lambda be, z: z + 0.0,
            lambda be, z, a: be.zeros_like(z) + 1.0,
            r"a = z",
            r"a' = 1",
            "#0",
            "1",
            "The output is the weighted sum itself.",
            "No activation; used for regression outputs.",
        ),
        Activation(
            "relu",
            lambda be, z: be.maximum(z, 0.0),
            lambda be, z, a: be.where(z > 0, be.zeros_like(z) + 1.0, be.zeros_like(z)),
            r"a = \max(0, z)",
            r"a' = 1 \text{ if } z > 0, \text{ else } 0",
            r"\max(0, #0)",
            r"[#0 > 0]",
            "The slope at exactly 0 is taken as 0, as in PyTorch.",
            "Nair and Hinton, 2010.",
            0.0,
        ),
        Activation(
            "leaky_relu",
            lambda be, z: be.where(z > 0, z, LEAK * z),
            lambda be, z, a: be.where(z > 0, be.zeros_like(z) + 1.0, be.zeros_like(z) + LEAK),
            r"a = z \text{ if } z > 0, \text{ else } 0.01\,z",
            r"a' = 1 \text{ if } z > 0, \text{ else } 0.01",
            r"\max(#0, 0.01 \cdot #0)",
            r"[#0 > 0] + 0.01 \cdot [#0 \le 0]",
            "The leak is 0.01; the slope at exactly 0 is 0.01, as in PyTorch.",
            "Maas, Hannun and Ng, 2013.",
            0.0,
        ),
        Activation(
            "sigmoid",
            lambda be, z: be.sigmoid(z),
            lambda be, z, a: a * (1 - a),
            r"a = \frac{1}{1 + e^{-z}}",
            r"a' = a\,(1 - a)",
            r"\frac{1}{1 + e^{-#0}}",
            r"#1 \cdot (1 - #1)",
            "The slope is computed from the output a.",
            "The logistic function; Rumelhart, Hinton and Williams, 1986.",
        ),
        Activation(
            "tanh",
            lambda be, z: be.tanh(z),
            lambda be, z, a: 1 - a * a,
            r"a = \tanh z",
            r"a' = 1 - a^2",
            r"\tanh(#0)",
            r"1 - #1 \cdot #1",
            "The slope is computed from the output a.",
            "Hyperbolic tangent; LeCun and others, Efficient BackProp, 1998.",
        ),
        Activation(
            "softplus",
            softplus,
            lambda be, z, a: be.sigmoid(z),
            r"a = \ln(1 + e^{z})",
            r"a' = \frac{1}{1 + e^{-z}}",
            r"\ln(1 + e^{#0})",
            r"\frac{1}{1 + e^{-#0}}",
            "Computed as max(z, 0) + ln(1 + e^-|z|), which never overflows.",
            "Dugas and others, 2001.",
        ),
        Activation(
            "gelu",
            lambda be, z: 0.5 * z * (1 + _gelu_tanh(be, z)),
            _gelu_slope,
            r"a = \tfrac{1}{2} z \left(1 + \tanh\left(\sqrt{2/\pi}\,(z + 0.044715\,z^3)\right)\right)",
            r"a' = \tfrac{1}{2}(1 + T) + \tfrac{1}{2} z (1 - T^2)\sqrt{2/\pi}\,(1 + 0.134145\,z^2)",
            r"0.5 \cdot #0 \cdot (1 + \tanh(0.7978845608 \cdot (#0 + 0.044715 \cdot #0^3)))",
            r"\text{gelu}'(#0)",
            "The tanh form of the article that introduced it (PyTorch: approximate='tanh').",
            "Hendrycks and Gimpel, 2016.",
        ),
        Activation(
            "softmax",
            softmax,
            None,
            r"a_k = \frac{e^{z_k}}{\sum_j e^{z_j}}",
            r"\frac{\partial a_k}{\partial z_j} = a_k\,([k = j] - a_j)",
            "",
            "",
            "Shifted by the largest z, which changes nothing and never overflows.",
            "Bridle, 1990.",
        ),
    )
}


def through_activation(be: Backend, name: str, z: Array, a: Array, da: Array) -> tuple[Array, Array | None]:
    """The error signal before an activation, from the one behind it.

    da: dL/da (..., units). Returns (dL/dz, slope); the slope is None for softmax, whose units share one sum.
    """
    op = ACTIVATIONS[name]
    if op.derivative is None:
        return a * (da - be.sum(da * a, -1)), None
    slope = op.derivative(be, z, a)
    return da * slope, slope
