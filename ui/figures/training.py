"""Plots of a run over its updates: the loss, the weights, and the size of the last update."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import Trace
from ui.figures.bars import bars_per_parameter
from ui.figures.runs import parameters, path_of
from ui.figures.style import DASHES, INK, LOSS, UPDATE, Plot, Words, base, dot, label, note, number

MAX_LABELS = 12


def loss_curve(*, trace: Trace, words: Words, log: bool | None = None) -> Plot:
    """The loss before each recorded update, with a cursor at the current one.

    log: whether the loss axis is logarithmic; None decides by the spread of the losses.
    """
    losses = np.array([trace.value("L[0,0]", k) for k in range(trace.updates)])
    steps = np.arange(trace.updates)
    finite = losses[np.isfinite(losses)]
    if log is None:
        log = bool(finite.size and finite.min() > 0 and finite.max() > 1e3 * finite.min())
    figure = base(title=words["figure.loss_curve.title"], x=words["figure.axis.update"], y=words["figure.axis.loss"])
    many = trace.updates > 40
    figure.add_scatter(
        x=steps, y=losses, mode="lines" if many else "lines+markers", name=words["figure.axis.loss"],
        line={"color": LOSS, "width": 2.5}, marker={"color": LOSS, "size": 5},
        hovertemplate="%{x}: L = %{y:.6g}<extra></extra>",
    )  # fmt: skip
    figure.add_scatter(
        mode="markers", marker=dot(LOSS, 13),
        name=words["figure.word.now"], hoverinfo="skip",
    )  # fmt: skip
    room = max(1.0, 0.04 * trace.updates)
    figure.update_xaxes(range=[-0.4 * room, trace.updates - 1 + 0.4 * room], tickformat="d")
    if log:
        figure.update_yaxes(type="log", exponentformat="power", dtick=1 if np.ptp(np.log10(finite)) < 8 else None)
    elif finite.size:
        figure.update_yaxes(range=[0, 1.15 * float(finite.max()) or 1.0])
    if trace.updates < 8:
        figure.update_xaxes(dtick=1)
    figure.update_layout(margin={"t": 30})
    frames = []
    for k in range(trace.updates):
        facts = {"update": k, "loss": number(losses[k], 6), "first": number(losses[0]), "last": number(losses[-1])}
        frames.append({
            "update": k,
            "data": [None, {"x": [k], "y": [losses[k]]}],
            "layout": {"shapes": [_cursor(k)], "annotations": [note(words["figure.loss_curve.now"].format(**facts), LOSS)]},
            "alt": words["figure.loss_curve.alt"].format(count=trace.updates, **facts),
        })  # fmt: skip
    return _with_frames(figure, frames)


def weight_updates(*, trace: Trace, words: Words) -> Plot:
    """Each weight (and each bias that learns) over the updates, with a cursor at the current one."""
    shown = [p for p in parameters(trace) if "W" in p.address or not p.frozen]
    paths = np.array([path_of(trace, p) for p in shown])
    steps = np.arange(trace.updates + 1)
    figure = base(title=words["figure.weight_updates.title"], x=words["figure.axis.update"], y=words["figure.axis.parameter"])
    for parameter, path in zip(shown, paths, strict=True):
        bias = parameter.address.startswith("b")
        dash = "dot" if bias else DASHES[0 if parameter.layer == 1 else 1]
        figure.add_scatter(
            x=steps, y=path, mode="lines", name=parameter.symbol,
            line={"color": UPDATE, "width": 1.5 if bias else 2, "dash": dash},
            hovertemplate=f"{parameter.symbol} = %{{y:.6g}}<extra></extra>",
        )  # fmt: skip
    figure.add_scatter(
        mode="markers", hoverinfo="skip", meta={"table": False},
        marker=dot(UPDATE, 9),
    )  # fmt: skip
    room = max(0.5, 0.02 * trace.updates)
    figure.update_xaxes(range=[-room, trace.updates + room], tickformat="d", dtick=1 if trace.updates < 8 else None)
    labels: list[dict[str, Any]] = []
    finite = paths[np.isfinite(paths)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (-1.0, 1.0)
    spread = (high - low) or 1.0
    bounds = [low - 0.08 * spread, high + 0.08 * spread]
    figure.update_yaxes(range=bounds)
    # With many lines only those that move most have a name; hovering names the others.
    travel = np.nan_to_num(np.abs(paths[:, -1] - paths[:, 0]))
    named = sorted(np.argsort(-travel)[: MAX_LABELS if len(shown) <= MAX_LABELS else 8].tolist())
    ends = [float(paths[i][np.isfinite(paths[i])][-1]) for i in named]
    for i, end, place in zip(named, ends, _apart(ends, 0.062 * (bounds[1] - bounds[0])), strict=True):
        labels.append(label(shown[i].symbol, 1.0, place, UPDATE, xref="paper", xshift=6, hovertext=number(end)))
    figure.update_layout(margin={"r": 40, "t": 30})
    frames = []
    for k in range(trace.updates):
        facts = {"update": k, "count": len(shown), "updates": trace.updates}
        now = note(words["figure.weight_updates.now"].format(**facts))
        frames.append({
            "update": k,
            "data": [*[None] * len(shown), {"x": [k] * len(shown), "y": paths[:, k]}],
            "layout": {"shapes": [_cursor(k)], "annotations": [now, *labels]},
            "alt": words["figure.weight_updates.alt"].format(**facts),
        })  # fmt: skip
    return _with_frames(figure, frames)


def update_sizes(*, trace: Trace, words: Words) -> Plot:
    """By how much each parameter moves in an update, as bars; one frame per update."""
    shown = parameters(trace, frozen=False)
    moves = np.array([np.diff(path_of(trace, p)) for p in shown]).T
    return bars_per_parameter(
        values=moves, names=[p.symbol for p in shown], colour=UPDATE, words=words, key="figure.update_sizes"
    )


def _cursor(update: int) -> dict[str, Any]:
    return {
        "type": "line", "x0": update, "x1": update, "y0": 0, "y1": 1, "yref": "paper", "layer": "below",
        "line": {"color": INK, "width": 1, "dash": "dot"},
    }  # fmt: skip


def _apart(values: list[float], gap: float) -> list[float]:
    """Places for labels at these values, moved as little as keeps neighbours `gap` apart."""
    order = np.argsort(values)
    places = np.array(values, dtype=float)
    groups: list[list[int]] = []
    for i in order:
        groups.append([int(i)])
        while len(groups) > 1:
            below, above = groups[-2], groups[-1]
            if _middle(values, above) - _middle(values, below) >= gap * (len(above) + len(below)) / 2:
                break
            groups[-2:] = [below + above]
    for group in groups:
        start = _middle(values, group) - gap * (len(group) - 1) / 2
        for rank, i in enumerate(group):
            places[i] = start + gap * rank
    return [float(p) for p in places]


def _middle(values: list[float], group: list[int]) -> float:
    return float(np.mean([values[i] for i in group]))


def _with_frames(figure: Any, frames: list[dict[str, Any]]) -> Plot:
    """The plot that shows its first frame and carries all of them."""
    for trace, change in zip(figure.data, frames[0]["data"], strict=True):
        if change:
            trace.update(change)
    figure.update_layout(frames[0]["layout"])
    return Plot(figure, frames, None, frames[0]["alt"])
