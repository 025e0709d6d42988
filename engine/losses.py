"""Losses: each one record with value, derivative, formulas, the convention chosen, and the source.

Notation: `y` prediction, `z` weighted sum before the output activation (the logit), `t` target, all (..., batch,
outputs). A loss works on the prediction or, where that is exact and never overflows, on the logit.
Formula markup: #0 prediction (or logit), #1 target, #2 log-sum-exp of the sample where there is one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.backend import Array, Backend
from engine.ops import softplus


@dataclass(frozen=True)
class LossRule:
    """How an error is measured, output by output.

    terms(be, v, t, threshold): loss of each output, v being y or z. gradient(be, v, y, t, threshold): derivative of
    those terms with respect to y, or to z where `logits` is true. needs: output activation a loss on logits belongs
    to. per_sample: one loss per sample (mean divides by samples only) rather than one per output.
    """

    name: str
    terms: Callable[[Backend, Array, Array, float], Array]
    gradient: Callable[[Backend, Array, Array, Array, float], Array]
    latex: str
    latex_derivative: str
    formula: str
    gradient_formula: str
    convention: str
    source: str
    needs: str = ""
    per_sample: bool = False
    probabilities: bool = False
    unit_targets: bool = False
    kink: float | None = None

    @property
    def logits(self) -> bool:
        """Whether the loss is computed from the logit rather than from the prediction."""
        return bool(self.needs)


def log_sum_exp(be: Backend, z: Array) -> Array:
    """ln of the sum of e^z along the last axis, kept as an axis of one; never overflows."""
    top = be.max(z, -1)
    return top + be.log(be.sum(be.exp(z - top), -1))


def _huber(be: Backend, y: Array, t: Array, threshold: float) -> Array:
    d = be.abs(y - t)
    return be.where(d <= threshold, 0.5 * d * d, threshold * (d - 0.5 * threshold))


def _huber_gradient(be: Backend, v: Array, y: Array, t: Array, threshold: float) -> Array:
    d = y - t
    return be.where(be.abs(d) <= threshold, d, threshold * be.sign(d))


def _given(be: Backend, t: Array, log_of: Array) -> Array:
    # 0 · ln 0 counts as 0, the limit: a class that is not asked for costs nothing.
    return t * be.log(be.where(t == 0, be.zeros_like(log_of) + 1.0, log_of))


LOSSES: dict[str, LossRule] = {
    rule.name: rule
    for rule in (
        LossRule(
            "squared_error",
            lambda be, y, t, c: (y - t) * (y - t),
            lambda be, v, y, t, c: 2.0 * (y - t),
            r"\ell = f\,(y - t)^2",
            r"\frac{\partial \ell}{\partial y} = 2 f\,(y - t)",
            r"(#0 - #1)^2",
            r"(#0 - #1)",
            "The factor f is ½ or 1 and is always stated: with ½ the slope is y − t.",
            "Legendre, 1805; Gauss, 1809.",
        ),
        LossRule(
            "absolute_error",
            lambda be, y, t, c: be.abs(y - t),
            lambda be, v, y, t, c: be.sign(y - t),
            r"\ell = |y - t|",
            r"\frac{\partial \ell}{\partial y} = \pm 1, \text{ the sign of } y - t",
            r"|#0 - #1|",
            r"\text{sign}(#0 - #1)",
            "The slope at exactly y = t is taken as 0.",
            "Boscovich, 1757; Laplace.",
            kink=0.0,
        ),
        LossRule(
            "huber",
            _huber,
            _huber_gradient,
            r"\ell = \tfrac{1}{2} d^2 \text{ if } |d| \le c, \text{ else } c\,(|d| - \tfrac{c}{2}), \quad d = y - t",
            r"\frac{\partial \ell}{\partial y} = d \text{ if } |d| \le c, \text{ else } c \cdot \text{sign}(d)",
            r"\frac{1}{2} \min(|#0 - #1|, c)^2 + c \cdot (|#0 - #1| - \min(|#0 - #1|, c))",
            r"\max(-c, \min(c, #0 - #1))",
            "Square near the target, straight beyond the threshold c.",
            "Huber, 1964.",
        ),
        LossRule(
            "binary_cross_entropy",
            lambda be, z, t, c: softplus(be, z) - t * z,
            lambda be, v, y, t, c: y - t,
            r"\ell = -t \ln y - (1 - t)\ln(1 - y) = \ln(1 + e^{z}) - t z",
            r"\frac{\partial \ell}{\partial z} = y - t",
            r"\ln(1 + e^{#0}) - #1 \cdot #0",
            r"(#0 - #1)",
            "Computed from the logit z, so it never overflows; the sigmoid's slope cancels.",
            "Good, 1952; Cox, 1958.",
            needs="sigmoid",
            unit_targets=True,
        ),
        LossRule(
            "softmax_cross_entropy",
            lambda be, z, t, c: t * (log_sum_exp(be, z) - z),
            lambda be, v, y, t, c: y * be.sum(t, -1) - t,
            r"\ell = -\sum_k t_k \ln y_k, \qquad -\ln y_k = \ln \sum_j e^{z_j} - z_k",
            r"\frac{\partial \ell}{\partial z_k} = y_k \sum_j t_j - t_k",
            r"#1 \cdot (#2 - #0)",
            r"(#0 - #1)",
            "Computed from the logits z through log-sum-exp; targets that sum to 1 give the slope y − t.",
            "Bridle, 1990.",
            needs="softmax",
            per_sample=True,
            unit_targets=True,
        ),
        LossRule(
            "log_loss",
            lambda be, y, t, c: -(_given(be, t, y) + _given(be, 1 - t, 1 - y)),
            lambda be, v, y, t, c: (y - t) / (y * (1 - y)),
            r"\ell = -t \ln y - (1 - t)\ln(1 - y)",
            r"\frac{\partial \ell}{\partial y} = \frac{y - t}{y\,(1 - y)}",
            r"-(#1 \cdot \ln #0 + (1 - #1) \cdot \ln(1 - #0))",
            r"\frac{#0 - #1}{#0 \cdot (1 - #0)}",
            "Binary cross-entropy of probabilities that are given, not computed from a logit; natural logarithm.",
            "Good, 1952.",
            probabilities=True,
            unit_targets=True,
        ),
        LossRule(
            "nll",
            lambda be, y, t, c: -_given(be, t, y),
            lambda be, v, y, t, c: -t / y,
            r"\ell = -t \ln y",
            r"\frac{\partial \ell}{\partial y} = -\frac{t}{y}",
            r"-#1 \cdot \ln #0",
            r"-\frac{#1}{#0}",
            "Only the class that is true counts; natural logarithm.",
            "Negative log-likelihood; Fisher, 1922.",
            per_sample=True,
            probabilities=True,
            unit_targets=True,
        ),
    )
}
