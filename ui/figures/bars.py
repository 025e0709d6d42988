"""Bars per parameter that follow the updates: the common shape of gradient and update plots."""

from __future__ import annotations

import numpy as np

from ui.figures.style import SMALL, Plot, Words, base, hatch, note, number

MAX_TEXTS = 40


def bar_height(count: int) -> int:
    """Pixels for so many horizontal bars with their labels."""
    return int(min(900, 100 + 26 * count))


def bars_per_parameter(*, values: np.ndarray, names: list[str], colour: str, words: Words, key: str) -> Plot:
    """Horizontal bars, one per parameter, on one scale for all updates.

    values: (updates, parameters). names: their symbols. key: where in `words` title, axis, now and alt stand.
    Bars to the left are hatched, so that the sign does not hang on the direction alone.
    """
    figure = base(title=words[f"{key}.title"], x=words[f"{key}.axis"], y="")
    finite = values[np.isfinite(values)]
    low, high = (min(0.0, float(finite.min())), max(0.0, float(finite.max()))) if finite.size else (-1.0, 1.0)
    spread = (high - low) or 1.0
    figure.add_bar(
        y=names, orientation="h", name="", cliponaxis=False, constraintext="none", textfont={"size": SMALL},
        marker={"color": colour, "pattern": hatch()},
        hovertemplate="%{y}: %{x:.6g}<extra></extra>",
    )  # fmt: skip
    # Room for the number beside the longest bar, on the sides where there are bars.
    figure.update_xaxes(range=[low - (0.4 if low < 0 else 0.02) * spread, high + (0.3 if high > 0 else 0.02) * spread])
    figure.update_yaxes(autorange="reversed", type="category", fixedrange=True, showgrid=False)
    if len(names) <= MAX_TEXTS:
        figure.update_yaxes(dtick=1)
    figure.update_layout(margin={"t": 30, "l": 44})
    frames = []
    for update, row in enumerate(values):
        biggest = int(np.nanargmax(np.abs(row))) if np.any(np.isfinite(row)) else 0
        facts = {"nth": update + 1, "count": len(names), "name": names[biggest], "value": number(row[biggest])}
        change = {
            "x": row,
            "text": [number(v, 3) for v in row] if len(names) <= MAX_TEXTS else [""] * len(names),
            "textposition": "outside",
            "marker": {"pattern": {"shape": ["/" if v < 0 else "" for v in row]}},
        }
        now = note(words[f"{key}.now"].format(**facts), colour)
        alt = words[f"{key}.alt"].format(**facts)
        frames.append({"update": update, "data": [change], "layout": {"annotations": [now]}, "alt": alt})
    figure.data[0].update(frames[0]["data"][0])
    figure.update_layout(frames[0]["layout"])
    return Plot(figure, frames, None, frames[0]["alt"], bar_height(len(names)))
