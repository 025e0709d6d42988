"""The named slips: one literal table, the most common first.

A slip is the same everywhere: its name is a key of the texts, its rules say at which lines of the calculation it can
happen, and its function computes the wrong value from the numbers that stand there. Slips marked general fit almost
any line; they are named only beside or after those that say more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from engine import Op
from lessons.check import backward as b
from lessons.check import forward as f
from lessons.check.case import Case

LOSS = ("loss_",)
ERROR = ("loss_squared_error",)
ENTROPY = ("loss_binary_cross_entropy", "loss_softmax_cross_entropy", "loss_log_loss", "loss_nll")
TOTALS = ("sample_loss", "total_loss")
STEPS = ("step_weight", "step_bias")
UNITS = ("affine", "act_", "out_grad", "slope", "delta", "collect", "grad_weight")
ANY = ("affine", "slope", "delta", "delta_softmax", "collect", "grad_weight", "grad_bias", *STEPS)


@dataclass(frozen=True)
class Slip:
    """A named slip.

    rules: kinds of line; a name that ends in "_" stands for all that begin with it. wrong: the values it gives. general:
    fits almost anywhere and says little.
    """

    name: str
    rules: tuple[str, ...]
    wrong: Callable[[Case], Iterator[float]]
    general: bool = False

    def applies(self, op: Op) -> bool:
        """Whether the slip can happen at a line."""
        return any(op.rule.startswith(rule) if rule.endswith("_") else op.rule == rule for rule in self.rules)

    def values(self, case: Case) -> tuple[float, ...]:
        """The finite wrong values at a line, each once, without the right one."""
        if not self.applies(case.op):
            return ()
        right = case.value
        values: dict[float, None] = {}
        # A learner's own numbers may leave no room for a slip: the logarithm of a negative number, a division by 0.
        with np.errstate(all="ignore"), suppress(ArithmeticError, ValueError):
            for value in self.wrong(case):
                values[float(value)] = None
        return tuple(v for v in values if np.isfinite(v) and abs(v - right) > 1e-9 * max(abs(v), abs(right)))


SLIPS = (
    # Backward: the chain rule.
    Slip("error_sign", ("out_grad", "delta_logits"), b.error_sign),
    Slip("no_slope", ("delta", "delta_softmax", "grad_weight", "grad_bias"), b.no_slope),
    Slip("only_one_path", ("collect",), b.only_one_path),
    Slip("slope_wrong_point", ("slope", "delta"), b.slope_wrong_point),
    Slip("updated_weights", ("collect",), b.updated_weights),
    Slip("slope_incomplete", ("slope", "delta"), b.slope_incomplete),
    Slip("slope_other_function", ("slope", "delta"), b.slope_other_function),
    Slip("gate_flipped", ("slope", "delta"), b.gate_flipped),
    Slip("mean_of_paths", ("collect",), b.mean_of_paths),
    Slip("product_of_paths", ("collect",), b.product_of_paths),
    Slip("extra_slope", ("delta_logits",), b.extra_slope),
    Slip("inverse_p", ("delta_logits",), b.inverse_p),
    Slip("logit_slope_too_early", ("out_grad",), b.logit_slope_too_early),
    Slip("softmax_alone", ("delta_softmax",), b.softmax_alone),
    Slip("bias_gradient_zero", ("grad_bias",), b.bias_gradient_zero),
    Slip("bias_as_weight", ("grad_bias",), b.bias_as_weight),
    Slip("weight_for_activation", ("grad_weight",), b.weight_for_activation),
    Slip("wrong_end", ("grad_weight",), b.wrong_end),
    Slip("mean_over_samples", ("grad_weight", "grad_bias"), b.mean_over_samples),
    # Update.
    Slip("step_uphill", STEPS, b.step_uphill),
    Slip("rate_forgotten", STEPS, b.rate_forgotten),
    Slip("step_only", STEPS, b.step_only),
    Slip("divided_by_rate", STEPS, b.divided_by_rate),
    Slip("not_moved", STEPS, b.not_moved),
    Slip("gradient_forgotten", STEPS, b.gradient_forgotten),
    Slip("late_gradient", STEPS, b.late_gradient),
    # Forward.
    Slip("bias_forgotten", ("affine",), f.bias_forgotten),
    Slip("activation_skipped", ("affine", "act_", "grad_weight"), f.activation_skipped),
    Slip("transposed", ("affine", "collect", "grad_weight"), f.transposed),
    Slip("wrong_input", ("affine", "grad_weight"), f.wrong_input),
    Slip("wrong_activation", ("act_",), f.wrong_activation),
    Slip("bias_multiplied", ("affine",), f.bias_multiplied),
    Slip("term_forgotten", ("affine",), f.term_forgotten),
    Slip("added_for_multiplied", ("affine",), f.added_for_multiplied),
    Slip("not_normalised", ("act_softmax",), f.not_normalised),
    # Loss.
    Slip("missing_half", (*ERROR, *TOTALS, "out_grad"), f.missing_half),
    Slip("extra_half", (*ERROR, *TOTALS, "out_grad"), f.extra_half),
    Slip("sum_for_mean", (*TOTALS, "out_grad", "delta_logits"), f.sum_for_mean),
    Slip("mean_for_sum", (*TOTALS, "out_grad", "delta_logits"), f.mean_for_sum),
    Slip("not_squared", ERROR, f.not_squared),
    Slip("log_base", (*ENTROPY, *TOTALS), f.log_base),
    Slip("missing_minus", (*ENTROPY, *TOTALS), f.missing_minus),
    Slip("other_class", ENTROPY, f.other_class),
    Slip("one_term_only", (*TOTALS, "grad_weight", "grad_bias"), f.one_term_only),
    Slip("other_unit", UNITS, f.other_unit),
    Slip("added_along_path", ("delta", "grad_weight"), b.added_along_path),
    # What fits anywhere.
    Slip("sign_lost", ANY, b.sign_lost, general=True),
    Slip("factor_two", tuple(rule for rule in ANY if rule not in STEPS), b.factor_two, general=True),
    Slip("decimal_point", (*ANY, "act_", *LOSS, *TOTALS, "out_grad", "delta_logits"), b.decimal_point, general=True),
)
ORDER = {slip.name: number for number, slip in enumerate(SLIPS)}
ROUNDED = "rounded_early"  # no line of its own: a whole sheet calculated with too few digits
NAMES = (*ORDER, ROUNDED)
