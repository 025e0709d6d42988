"""The live chart: a Plotly figure that keeps its node and its zoom, and follows the stepper in the browser."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from ui.assets import plotly_url
from ui.figures.style import HEIGHT, Plot
from ui.i18n import t
from ui.theme import DARK, LIGHT

_HERE = Path(__file__).parent
_mount = st.components.v2.component(
    "nabla_chart",
    html='<div class="nb-chart-wait"></div>',
    css=(_HERE / "chart.css").read_text(encoding="utf-8"),
    js="".join((_HERE / name).read_text(encoding="utf-8") for name in ("loader.js", "table.js", "chart.js")),
    isolate_styles=False,
)
_WORDS = ("table", "series", "download", "reset", "missing")


def chart(
    figure: go.Figure | Plot | Mapping[str, Any],
    *,
    key: str,
    alt: str = "",
    frames: Sequence[Mapping[str, Any]] | None = None,
    follow: Mapping[str, Any] | None = None,
    height: int = HEIGHT,
    source: str | None = None,
) -> None:
    """A figure on the page, drawn in the browser and changed there as the stepper moves.

    figure: a Plot or a packed one, which bring their own alt, frames, follow and height; or a bare Plotly figure.
    key: unique on the page. alt: the picture in words. frames: list of {"update": k, "data": [changes per trace or
    None], "layout": changes, "alt": text}, applied when the stepper reaches update k. follow: the same changes by
    address, "a1[0,1]" or "a1[0,1]@k"; a string stands for another address. height: pixels at normal type size.
    source: id of the only stepper to follow, None for any. Raises ValueError without an alternative text.
    """
    if isinstance(figure, go.Figure):
        figure = Plot(figure, list(frames or []), dict(follow or {}), alt, height)
    ready = pack(figure) if isinstance(figure, Plot) else figure
    own = {
        "key": key,
        "source": source,
        "words": {name: t(f"chart.{name}") for name in _WORDS},
        "dark": {LIGHT[name]: DARK[name] for name in LIGHT},
        "plotly": plotly_url(),
    }
    _mount(key=key, data={**ready, **own})


def pack(plot: Plot) -> dict[str, Any]:
    """A plot as the browser gets it: worth caching, since it is the same for every reader and every rerun."""
    if not plot.alt:
        raise ValueError("a chart needs an alternative text")
    return {
        "figure": compact(plot.figure.to_plotly_json()),
        "frames": compact(plot.frames or []),
        "follow": compact(plot.follow) if plot.follow else None,
        "alt": plot.alt,
        "height": plot.height,
    }


def compact(value: Any) -> Any:
    """Plain lists and numbers with seven digits, about what float32 holds; what is not finite becomes None."""
    if isinstance(value, Mapping):
        return {name: compact(inner) for name, inner in value.items() if name != "template"}
    if isinstance(value, np.ndarray | np.generic):
        return compact(value.tolist())
    if isinstance(value, list | tuple):
        return [compact(inner) for inner in value]
    if isinstance(value, float):
        return float(f"{value:.7g}") if math.isfinite(value) else None
    return value
