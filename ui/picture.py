"""Pictures of quiz questions: a `Picture` from the lessons as a figure in the common style."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from lessons.quiz import Picture, axis
from ui.figures.style import CARD, DASHES, INK, SHAPES, base, label
from ui.theme import LIGHT

MARKERS = 6  # per curve, enough to tell the curves apart


def draw(picture: Picture, language: str) -> go.Figure:
    """The figure of a question's picture, one colour for all series: labels and line styles tell them apart."""
    figure = base(title="", x=axis(picture.x, language), y=axis(picture.y, language))
    colour = LIGHT[picture.phase]
    if picture.kind == "bars":
        names = [name for name, _, _ in picture.series]
        heights = [y[0] for _, _, y in picture.series]
        figure.add_bar(x=names, y=heights, width=0.3, marker={"color": colour}, hoverinfo="skip")
        figure.update_xaxes(showgrid=False)
        return figure
    heights = np.array([y for _, _, y in picture.series])
    for number, (name, x, y) in enumerate(picture.series):
        figure.add_scatter(
            x=x, y=y, name=name, mode="lines+markers", line={"color": colour, "width": 2, "dash": DASHES[number]},
            marker={"size": 7, "symbol": SHAPES[number], "maxdisplayed": MARKERS}, hovertemplate=name + "<extra></extra>",
        )  # fmt: skip
        at = _free_place(heights, number)
        figure.add_annotation(label(f"<b>{name}</b>", x[at], y[at], INK, xanchor="center", bgcolor=CARD, borderpad=2))
    return figure


def _free_place(heights: np.ndarray, number: int) -> int:
    """Where along a curve its label is furthest from the other curves."""
    gaps = heights[number] - np.delete(heights, number, axis=-2)
    nearest = np.abs(gaps).min(axis=-2)
    margin = max(1, len(nearest) // 10)  # not at the ends, where a label would leave the plot
    return margin + int(np.argmax(nearest[margin:-margin]))
