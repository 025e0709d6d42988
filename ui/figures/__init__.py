"""Figures: pure functions from what the engine recorded to a Plot, ready for `ui.chart.chart`."""

from ui.figures.activation import activation_point, activations_gallery, collapse
from ui.figures.descent import descent_contour, descent_curve, one_weight
from ui.figures.gradient import gradient_bars, gradient_check, path_shares
from ui.figures.loss import loss_batch, loss_curves
from ui.figures.style import Plot
from ui.figures.training import loss_curve, update_sizes, weight_updates

__all__ = [
    "Plot",
    "activation_point",
    "activations_gallery",
    "collapse",
    "descent_contour",
    "descent_curve",
    "gradient_bars",
    "gradient_check",
    "loss_batch",
    "loss_curve",
    "loss_curves",
    "one_weight",
    "path_shares",
    "update_sizes",
    "weight_updates",
]
