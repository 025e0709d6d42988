"""The common look of all figures, and what a figure function returns.

Figures are drawn in the light palette; the chart component exchanges every palette colour for its dark twin.
One colour per quantity, the same everywhere: forward blue, loss violet, backward orange, update green; where two
lines share a quantity a dash or a marker shape tells them apart, never colour alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from unicodedata import normalize

import numpy as np
import plotly.graph_objects as go

from ui.theme import LIGHT

Words = Mapping[str, str]
Frame = dict[str, Any]

FORWARD, LOSS, BACKWARD, UPDATE = (LIGHT[name] for name in ("forward", "loss", "backward", "update"))
INK, MUTED, LINE, CARD, NEGATIVE = (LIGHT[name] for name in ("ink", "muted", "line", "card", "negative"))
BASE_FONT = 13
SMALL = 12
HEIGHT = 340
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
SHAPES = ("circle", "square", "diamond", "triangle-up", "x")


class Plot(NamedTuple):
    """A figure ready for `ui.chart.chart`.

    frames: changes by update, follow: changes by address (see the chart component); alt: the picture in words;
    height: pixels at normal type size.
    """

    figure: go.Figure
    frames: list[Frame] | None
    follow: dict[str, Any] | None
    alt: str
    height: int = HEIGHT


def base(*, title: str, x: str = "", y: str = "", columns: int = 1) -> go.Figure:
    """An empty figure in the common style with one pair of axes."""
    figure = go.Figure()
    figure.update_layout(
        title={"text": title},
        font={"size": BASE_FONT, "color": INK},
        margin={"l": 58, "r": 16, "t": 14, "b": 46},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        showlegend=False,
        hovermode="closest",
        hoverlabel={"bgcolor": CARD, "bordercolor": LINE, "font": {"size": SMALL, "color": INK}},
        bargap=0.35,
        dragmode="zoom",
        xaxis=axis(x),
        yaxis=axis(y),
    )
    figure.layout.template = None  # our own settings are complete; the template would only travel along
    return figure


def axis(title: str = "", **more: Any) -> dict[str, Any]:
    """Settings of one axis: thin grid, no frame, a line at zero."""
    return {
        "title": {"text": title, "font": {"size": SMALL, "color": MUTED}, "standoff": 8},
        "tickfont": {"size": SMALL, "color": MUTED},
        "gridcolor": LINE,
        "zerolinecolor": MUTED,
        "zerolinewidth": 1,
        "automargin": True,
        "nticks": 6,
        **more,
    }


def dot(colour: str, size: int = 13, symbol: str = "circle") -> dict[str, Any]:
    """A marker with a rim in the colour of the page, so that it stands out from the line under it."""
    return {"color": colour, "size": size, "symbol": symbol, "line": {"color": CARD, "width": 2 if size > 10 else 1.5}}


def hatch(**more: Any) -> dict[str, Any]:
    """A bar's pattern in the colour of the page on top of the bar's own colour."""
    return {"fillmode": "overlay", "fgcolor": CARD, "fgopacity": 0.75, "size": 6, "solidity": 0.28, **more}


def label(text: str, x: Any, y: Any, colour: str = INK, **more: Any) -> dict[str, Any]:
    """A direct label in place of a legend entry: an annotation without an arrow."""
    return {
        "text": text,
        "x": x,
        "y": y,
        "showarrow": False,
        "font": {"size": SMALL, "color": colour},
        "xanchor": "left",
        "yanchor": "middle",
        **more,
    }


def note(text: str, colour: str = MUTED, lift: int = 4) -> dict[str, Any]:
    """What the figure says about the current step, on the right above the plot; `lift`: pixels above its edge."""
    return label(text, 1, 1, colour, xref="paper", yref="paper", xanchor="right", yanchor="bottom", yshift=lift)


def panels(count: int, columns: int, *, gap: float, rise: float) -> list[tuple[list[float], list[float]]]:
    """Domains (x, y) of `count` panels in a grid, the first top left; gaps as shares of the whole."""
    rows = -(-count // columns)
    width, height = (1 - gap * (columns - 1)) / columns, (1 - rise * (rows - 1)) / rows
    out = []
    for i in range(count):
        row, column = divmod(i, columns)
        left, top = column * (width + gap), 1 - row * (height + rise)
        out.append(([round(left, 4), round(left + width, 4)], [round(max(0.0, top - height), 4), round(top, 4)]))
    return out


def set_panels(figure: go.Figure, wide: Sequence, narrow: Sequence, narrow_height: int) -> None:
    """Give each pair of axes its place on a wide page, and in meta.narrow its place on a narrow one."""
    places: dict[str, Any] = {}
    for i, ((x, y), (nx, ny)) in enumerate(zip(wide, narrow, strict=True), 1):
        tail = "" if i == 1 else str(i)
        figure.update_layout({f"xaxis{tail}": {"domain": x, "anchor": f"y{tail}"}})
        figure.update_layout({f"yaxis{tail}": {"domain": y, "anchor": f"x{tail}"}})
        places |= {f"xaxis{tail}": {"domain": nx}, f"yaxis{tail}": {"domain": ny}}
    figure.update_layout(meta={"narrow": {"layout": places, "height": narrow_height}})


def number(value: float, digits: int = 4) -> str:
    """A number as the page writes it: so many significant digits, a true minus sign, powers as ·10ⁿ."""
    if not np.isfinite(value):
        return "—" if np.isnan(value) else ("∞" if value > 0 else "−∞")
    text = f"{value:.{digits}g}"
    if "e" in text:
        mantissa, power = text.split("e")
        text = f"{mantissa}·10{superscript(str(int(power)))}"
    return text.replace("-", "−")


_SUB = str.maketrans("0123456789+-", "₀₁₂₃₄₅₆₇₈₉₊₋")
_SUPER = str.maketrans("0123456789+-()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿ")
_NAMES = {"partial": "∂", "delta": "δ", "eta": "η", "sigma": "σ", "ell": "ℓ", "cdot": "·", "Delta": "Δ"}


def superscript(text: str) -> str:
    """Digits and signs as raised characters."""
    return text.translate(_SUPER)


def plain(symbol: str) -> str:
    """A symbol in formula markup as plain characters: `\\partial L/\\partial w_{12}` becomes ∂L/∂w₁₂."""
    text = normalize("NFC", re.sub(r"\\hat\{(\w)\}", "\\1\u0302", symbol))
    text = re.sub(r"\\([A-Za-z]+) ?", lambda found: _NAMES.get(found[1], found[1]), text)
    text = re.sub(r"_\{([^{}]*)\}|_(\w)", lambda found: (found[1] or found[2]).translate(_SUB), text)
    return re.sub(r"\^\{([^{}]*)\}|\^(\w)", lambda found: superscript(found[1] or found[2]), text)
