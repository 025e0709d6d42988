"""Operations number by number: each one record with value, derivative per operand, formulas, convention and source.

Formula markup: #a and #b the operands, #y the result, #g the derivative of the program's result with respect to #y.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.backend import NUMPY
from engine.ops import ACTIVATIONS

Values = np.ndarray
Derivative = Callable[[Values, Values, Values], Values]


@dataclass(frozen=True)
class Part:
    """The derivative with respect to one operand.

    derivative(a, b, y): its value; b is a where there is one operand. back: the line of the way back; where it names
    #s, the derivative has a line of its own before, written as `slope`. plain: the line where the other operand is a
    written constant, which needs no line of its own.
    """

    derivative: Derivative
    back: str
    slope: str = ""
    plain: str = ""


@dataclass(frozen=True)
class Pointwise:
    """An operation on single numbers; arrays of unequal size are repeated as in NumPy.

    value(a, b): the result. parts: one per operand. kink(a, b): on which side of its kinks each number is, None for
    an operation without any. formula, latex, latex_derivative: markup for the line and for the reader.
    """

    name: str
    value: Callable[[Values, Values], Values]
    parts: tuple[Part, ...]
    formula: str
    latex: str
    latex_derivative: str
    convention: str
    source: str
    kink: Callable[[Values, Values], Values] | None = None


def _one(a: Values, b: Values, y: Values) -> Values:
    return np.ones_like(y)


def _exp(a: Values, b: Values) -> Values:
    # NumPy's exp differs in the last bit from one processor to another; by way of long double all of them agree.
    return np.exp(np.asarray(a, dtype=np.longdouble)).astype(np.float64)


def _own(derivative: Derivative, slope: str) -> Part:
    return Part(derivative, r"#s \cdot #g", slope)


def _activation(name: str) -> Pointwise:
    """One of the engine's activations as a function of the language."""
    rule = ACTIVATIONS[name]
    derivative = rule.derivative
    assert derivative is not None
    return Pointwise(
        name,
        lambda a, b: rule.value(NUMPY, a),
        (_own(lambda a, b, y: derivative(NUMPY, a, y), _letters(rule.slope_formula)),),
        _letters(rule.formula),
        rule.latex,
        rule.latex_derivative,
        rule.convention,
        rule.source,
        (lambda a, b: a > rule.kink) if rule.kink is not None else None,
    )


def _letters(formula: str) -> str:
    return formula.replace("#0", "#a").replace("#1", "#y")


_ARITHMETIC = "Elementary arithmetic."
_CALCULUS = "Elementary calculus."
_MANY = "Arrays of unequal size are repeated along rows or columns; the way back adds up over the repetitions."

POINTWISE: dict[str, Pointwise] = {
    rule.name: rule
    for rule in (
        Pointwise(
            "add", lambda a, b: a + b, (Part(_one, "#g"), Part(_one, "#g")), "#a + #b",
            "y = a + b", r"\partial y/\partial a = \partial y/\partial b = 1", _MANY, _ARITHMETIC,
        ),
        Pointwise(
            "sub", lambda a, b: a - b, (Part(_one, "#g"), Part(lambda a, b, y: -np.ones_like(y), "-#g")), "#a - #b",
            "y = a - b", r"\partial y/\partial a = 1, \partial y/\partial b = -1", _MANY, _ARITHMETIC,
        ),
        Pointwise(
            "mul", lambda a, b: a * b,
            (Part(lambda a, b, y: b + 0 * y, r"#b \cdot #g"), Part(lambda a, b, y: a + 0 * y, r"#a \cdot #g")), r"#a \cdot #b",
            r"y = a \cdot b", r"\partial y/\partial a = b, \partial y/\partial b = a",
            "The star multiplies number by number; @ is the matrix product.", _ARITHMETIC,
        ),
        Pointwise(
            "div", lambda a, b: a / b,
            (
                Part(lambda a, b, y: 1 / b + 0 * y, r"#s \cdot #g", r"\frac{1}{#b}", r"\frac{#g}{#b}"),
                _own(lambda a, b, y: -a / (b * b), r"-\frac{#a}{#b \cdot #b}"),
            ),
            r"\frac{#a}{#b}",
            r"y = \frac{a}{b}", r"\partial y/\partial a = \frac{1}{b}, \partial y/\partial b = -\frac{a}{b^2}",
            _MANY, _ARITHMETIC,
        ),
        Pointwise(
            "neg", lambda a, b: -a, (Part(lambda a, b, y: -np.ones_like(y), "-#g"),), "-#a",
            "y = -a", "y' = -1", "The sign is turned.", _ARITHMETIC,
        ),
        Pointwise(
            "pow", lambda a, b: np.power(a, b),
            (
                _own(lambda a, b, y: b * np.power(a, b - 1), r"#b \cdot #a^{#b - 1}"),
                _own(lambda a, b, y: np.log(a) * y, r"\ln(#a) \cdot #y"),
            ),
            "#a^{#b}",
            "y = a^b", r"\partial y/\partial a = b\,a^{b-1}, \partial y/\partial b = y \ln a",
            "A negative number has powers with whole exponents only.", _CALCULUS,
        ),
        Pointwise(
            "exp", _exp, (Part(lambda a, b, y: y, r"#y \cdot #g"),), "e^{#a}",
            "y = e^a", "y' = y", "The slope is the result itself.", _CALCULUS,
        ),
        Pointwise(
            "ln", lambda a, b: np.log(a), (_own(lambda a, b, y: 1 / a, r"\frac{1}{#a}"),), r"\ln(#a)",
            r"y = \ln a", r"y' = \frac{1}{a}", "The natural logarithm.", _CALCULUS,
        ),
        Pointwise(
            "log10", lambda a, b: np.log10(a), (_own(lambda a, b, y: 1 / (a * np.log(10)), r"\frac{1}{#a \cdot \ln(10)}"),),
            r"\log_{10}(#a)", r"y = \log_{10} a", r"y' = \frac{1}{a \ln 10}", "The logarithm to base 10.", _CALCULUS,
        ),
        Pointwise(
            "sqrt", lambda a, b: np.sqrt(a), (_own(lambda a, b, y: 1 / (2 * y), r"\frac{1}{2 \cdot #y}"),), r"\sqrt{#a}",
            r"y = \sqrt{a}", r"y' = \frac{1}{2 y}", "The slope is computed from the result; at 0 it is infinite.", _CALCULUS,
        ),
        Pointwise(
            "abs", lambda a, b: np.abs(a), (_own(lambda a, b, y: np.sign(a), r"\text{sign}(#a)"),), "|#a|",
            "y = |a|", r"y' = \pm 1", "The slope at exactly 0 is taken as 0.", _CALCULUS, lambda a, b: a > 0,
        ),
        Pointwise(
            "sin", lambda a, b: np.sin(a), (_own(lambda a, b, y: np.cos(a), r"\cos(#a)"),), r"\sin(#a)",
            r"y = \sin a", r"y' = \cos a", "The angle is in radians.", _CALCULUS,
        ),
        Pointwise(
            "cos", lambda a, b: np.cos(a), (_own(lambda a, b, y: -np.sin(a), r"-\sin(#a)"),), r"\cos(#a)",
            r"y = \cos a", r"y' = -\sin a", "The angle is in radians.", _CALCULUS,
        ),
        Pointwise(
            "step", lambda a, b: (a > 0) * 1.0, (Part(lambda a, b, y: 0 * y, r"0 \cdot #g"),), "[#a > 0]",
            r"y = 1 \text{ if } a > 0, \text{ else } 0", "y' = 0", "Exactly 0 gives 0. The slope is 0 everywhere.",
            "Rosenblatt, 1958.", lambda a, b: a > 0,
        ),
        Pointwise(
            "sign", lambda a, b: np.sign(a), (Part(lambda a, b, y: 0 * y, r"0 \cdot #g"),), r"\text{sign}(#a)",
            r"y = \text{sign}(a)", "y' = 0", "Exactly 0 gives 0. The slope is 0 everywhere.",
            _ARITHMETIC, lambda a, b: np.sign(a),
        ),
        Pointwise(
            "maximum", np.maximum,
            (
                Part(lambda a, b, y: (a >= b) * 1.0, r"[#a \ge #b] \cdot #g"),
                Part(lambda a, b, y: (a < b) * 1.0, r"[#a < #b] \cdot #g"),
            ),
            r"\max(#a, #b)", r"y = \max(a, b)", "1 for the larger, 0 for the other",
            "Of two equal numbers the first gets the whole slope.", _CALCULUS, lambda a, b: a >= b,
        ),
        Pointwise(
            "minimum", np.minimum,
            (
                Part(lambda a, b, y: (a <= b) * 1.0, r"[#a \le #b] \cdot #g"),
                Part(lambda a, b, y: (a > b) * 1.0, r"[#a > #b] \cdot #g"),
            ),
            r"\min(#a, #b)", r"y = \min(a, b)", "1 for the smaller, 0 for the other",
            "Of two equal numbers the first gets the whole slope.", _CALCULUS, lambda a, b: a <= b,
        ),
        Pointwise(
            "copy", lambda a, b: a + 0, (Part(_one, "#g"),), "#a",
            "y = a", "y' = 1", "The same number under a name of its own.", _ARITHMETIC,
        ),
        *(_activation(name) for name in ("sigmoid", "tanh", "relu", "leaky_relu", "softplus")),
    )
}  # fmt: skip
