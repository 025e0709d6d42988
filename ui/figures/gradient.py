"""Plots of the backward pass: the gradient of each parameter, the paths of a shared unit, the witnesses."""

from __future__ import annotations

import numpy as np

from engine import Certificate, Trace
from engine.witness import TOLERANCE, WITNESSES
from ui.figures.bars import MAX_TEXTS, bar_height, bars_per_parameter
from ui.figures.runs import parameters, symbol
from ui.figures.style import (
    BACKWARD,
    FORWARD,
    INK,
    SMALL,
    UPDATE,
    Plot,
    Words,
    base,
    hatch,
    label,
    number,
    superscript,
)

SMALLEST = 1e-18
_MARKS = {
    "autograd": ("circle-open", 13, FORWARD),
    "central": ("square-open", 9, BACKWARD),
    "graph": ("diamond", 6, UPDATE),
}
_PATTERNS = ("", "/", "x", ".", "-", "+")


def gradient_bars(*, trace: Trace, words: Words) -> Plot:
    """The gradient of each parameter that learns as a bar, on one scale for all updates; frames by update."""
    shown = [p for p in parameters(trace) if p.address.startswith("W") or not p.frozen]
    columns = [trace.program.find(f"d{p.address}") for p in shown]
    return bars_per_parameter(
        values=trace.values[:, columns],
        names=[f"∂L/∂{p.symbol}" for p in shown],
        colour=BACKWARD,
        words=words,
        key="figure.gradient_bars",
    )


def path_shares(*, trace: Trace, words: Words, layer: int | None = None, sample: int = 0) -> Plot:
    """For each unit of a hidden layer, what reaches ∂L/∂h along each path, stacked, and under it their sum.

    layer: 1 for the first hidden layer; None takes the last. sample: row of the batch. Shares above zero stack to the
    right, those below zero to the left. Raises ValueError for a network without hidden layers.
    """
    depth = len(trace.experiment.network.layers)
    layer = depth - 1 if layer is None else layer
    if not 1 <= layer < depth:
        raise ValueError(f"layer {layer} is not a hidden layer")
    units, targets = trace.experiment.network.sizes[layer], trace.experiment.network.sizes[layer + 1]
    names = [symbol(trace, f"a{layer}[{sample},{u}]") for u in range(units)]
    ends = [symbol(trace, f"a{layer + 1}[{sample},{j}]") for j in range(targets)]
    shares = np.array([trace.array(f"p{layer}", k)[sample] for k in range(trace.updates)])
    sums = np.array([trace.array(f"da{layer}", k)[sample] for k in range(trace.updates)])
    low = min(0.0, float(np.nanmin(np.where(shares < 0, shares, 0).sum(-1))))
    high = max(0.0, float(np.nanmax(np.where(shares > 0, shares, 0).sum(-1))))
    spread = (high - low) or 1.0

    rows, totals = [f"{name} " for name in names], [f"∂L/∂{name}" for name in names]
    order = [row for pair in zip(rows, totals, strict=True) for row in pair]
    figure = base(title=words["figure.path_shares.title"], x=words["figure.path_shares.axis"], y="")
    for j, end in enumerate(ends):
        figure.add_bar(
            y=rows, orientation="h", name=words["figure.path_shares.via"].format(unit=end),
            textposition="inside", insidetextanchor="middle", textangle=0, constraintext="none",
            textfont={"size": SMALL, "color": INK},
            marker={
                "color": BACKWARD, "opacity": 0.45, "line": {"color": BACKWARD, "width": 1.5},
                "pattern": hatch(shape=_PATTERNS[j % 6]),
            },
            hovertemplate="%{y}: %{x:.6g}<extra></extra>",
        )  # fmt: skip
    figure.add_bar(
        y=totals, orientation="h", name=words["figure.path_shares.sum"], textposition="outside", cliponaxis=False,
        constraintext="none", textfont={"size": SMALL, "color": INK}, marker={"color": BACKWARD},
        hovertemplate="%{y} = %{x:.6g}<extra></extra>",
    )  # fmt: skip
    figure.update_layout(
        barmode="relative", bargap=0.2, margin={"t": 36, "l": 44}, showlegend=True,
        legend={"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "traceorder": "normal", "font": {"size": SMALL}},
    )  # fmt: skip
    figure.update_xaxes(range=[low - 0.12 * spread, high + 0.12 * spread])
    figure.update_yaxes(
        autorange="reversed", type="category", fixedrange=True, showgrid=False, dtick=1,
        categoryorder="array", categoryarray=order,
    )  # fmt: skip
    frames = []
    for k in range(trace.updates):
        facts = {
            "nth": k + 1, "unit": names[0], "sum": number(sums[k, 0]),
            "shares": " + ".join(number(s) if s >= 0 else f"({number(s)})" for s in shares[k, 0]),
        }  # fmt: skip
        data = [{"x": shares[k, :, j], "text": [number(v, 3) for v in shares[k, :, j]]} for j in range(targets)]
        data.append({"x": sums[k], "text": [number(v, 3) for v in sums[k]]})
        frames.append({"update": k, "data": data, "layout": {}, "alt": words["figure.path_shares.alt"].format(**facts)})
    for drawn, change in zip(figure.data, frames[0]["data"], strict=True):
        drawn.update(change)
    return Plot(figure, frames, None, frames[0]["alt"], bar_height(2 * units) + 30 + 10 * units)


def gradient_check(*, certificate: Certificate, trace: Trace, words: Words) -> Plot:
    """How far each witness is from the recorded gradient, parameter by parameter, on a logarithmic axis.

    Differences below 1e-18, exact agreement among them, stand at the left edge. Dotted lines mark what is allowed.
    """
    shown = parameters(trace)
    columns = [trace.program.find(f"d{p.address}") for p in shown]
    names = [f"∂L/∂{p.symbol}" for p in shown]
    heard = [(i, name) for i, name in enumerate(WITNESSES) if name not in certificate.missing]
    figure = base(title=words["figure.gradient_check.title"], x=words["figure.gradient_check.axis"], y="")
    for _, name in heard:
        figure.add_scatter(
            y=names, mode="markers", name=words[f"figure.witness.{name}"],
            hovertemplate="%{y}: %{customdata:.3g}<extra></extra>",
            marker={"symbol": _MARKS[name][0], "size": _MARKS[name][1], "color": _MARKS[name][2], "line": {"width": 2}},
        )  # fmt: skip
    ticks = [-18, -15, -12, -9, -6, -3]
    figure.update_xaxes(
        type="log", range=[-18.6, -3], tickvals=[10.0**p for p in ticks],
        ticktext=["≤10⁻¹⁸", *(f"10{superscript(str(p))}" for p in ticks[1:])],
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed", type="category", fixedrange=True, dtick=1 if len(names) <= MAX_TEXTS else None)
    limits = {TOLERANCE[name]: _MARKS[name][2] for _, name in reversed(heard)}
    figure.update_layout(
        margin={"t": 44, "l": 60}, showlegend=True,
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "font": {"size": SMALL}},
        shapes=[
            {
                "type": "line", "x0": at, "x1": at, "y0": 0, "y1": 1, "yref": "paper",
                "line": {"color": colour, "width": 1.5, "dash": "dot"},
            }
            for at, colour in limits.items()
        ],
        annotations=[
            label(words["figure.gradient_check.limit"], np.log10(at), 1.0, colour, yref="paper", yanchor="top", xshift=3)
            for at, colour in limits.items()
        ],
    )  # fmt: skip
    frames = []
    for update, differences in enumerate(certificate.differences):
        data = []
        for i, _ in heard:
            found = differences[i, columns]
            data.append({"x": np.maximum(found, SMALLEST), "customdata": found})
        worst = [float(np.nanmax(d["customdata"])) for d in data if np.isfinite(d["customdata"]).any()]
        facts = {
            "nth": update + 1, "count": len(names), "largest": number(max(worst, default=float("nan")), 2),
            "witnesses": words["figure.word.comma"].join(words[f"figure.witness.{name}"] for _, name in heard),
        }  # fmt: skip
        frames.append({"update": update, "data": data, "layout": {}, "alt": words["figure.gradient_check.alt"].format(**facts)})
    for drawn, change in zip(figure.data, frames[0]["data"], strict=True):
        drawn.update(change)
    return Plot(figure, frames, None, frames[0]["alt"], bar_height(len(names)) + 20)
