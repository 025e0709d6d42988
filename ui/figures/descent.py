"""Gradient descent as a walk: on the curve of one weight, and on the contour map of two.

Heights come from the engine: each curve or map is one call of `evaluate_loss` with a leading axis of runs.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import Dense, Experiment, Loss, Network, Trace, evaluate_loss, history
from ui.figures.runs import Parameter, parameters, params_at, path_of
from ui.figures.style import BACKWARD, INK, LINE, LOSS, SMALL, UPDATE, Plot, Words, base, dot, note, number

GRID = 37
LEVELS = 12


def one_weight(rate: float, start: float = 0.0) -> Experiment:
    """L = (w − 3)² as a network: one identity unit, input 1, target 3, bias frozen at 0."""
    return Experiment(
        Network(1, (Dense(1, "identity"),)),
        Loss("squared_error", factor=1.0),
        x=((1.0,),), t=((3.0,),), parameters=(start, 0.0), learning_rate=rate, frozen=("b1",),
    )  # fmt: skip


def descent_curve(*, words: Words, rate: float = 0.1, updates: int = 12, start: float = 0.0, span: float = 8.0) -> Plot:
    """Descent on L = (w − 3)², trained by the engine: the whole walk, and frames by update.

    rate: 0.1 creeps, 0.5 lands, 1.0 oscillates, 1.1 diverges. span: half the width shown around the bottom; points
    beyond are counted in the note, not drawn into the margin.
    """
    experiment = one_weight(rate, start)
    run = history(experiment, updates)
    walk, losses = run.parameters[:, 0], run.loss
    w = np.linspace(3 - span, 3 + span, 161)
    W, b = w[:, None, None], np.zeros((1, 1))
    heights = evaluate_loss(experiment.network, experiment.loss, [(W, b)], np.ones((1, 1)), np.full((1, 1), 3.0))[1]
    top = float(heights.max())

    figure = base(
        title=words["figure.descent_curve.title"].format(rate=number(rate)),
        x=words["figure.axis.weight"],
        y=words["figure.axis.loss"],
    )
    figure.add_scatter(
        x=w,
        y=heights,
        mode="lines",
        line={"color": LOSS, "width": 2.5, "simplify": False},
        name="L = (w − 3)²",
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=walk, y=losses, mode="lines+markers", name=words["figure.descent.walk"],
        line={"color": UPDATE, "width": 1.5}, marker={"color": UPDATE, "size": 8},
        hovertemplate="w = %{x:.6g}<br>L = %{y:.6g}<extra></extra>",
    )  # fmt: skip
    figure.add_scatter(
        mode="markers", hoverinfo="skip", meta={"table": False},
        marker=dot(UPDATE, 14),
    )  # fmt: skip
    figure.update_xaxes(range=[3 - span, 3 + span])
    figure.update_yaxes(range=[-0.05 * top, 1.12 * top])
    figure.update_layout(margin={"t": 30})

    frames = []
    for k in range(len(walk)):
        beyond = abs(walk[k] - 3) > span
        facts = {"update": k, "w": number(walk[k]), "loss": number(losses[k]), "rate": number(rate)}
        text = words["figure.descent_curve.beyond" if beyond else "figure.descent_curve.now"].format(**facts)
        frames.append({
            "update": k,
            "data": [None, {"x": walk[: k + 1], "y": losses[: k + 1]}, {"x": [walk[k]], "y": [losses[k]]}],
            "layout": {"annotations": [note(text)]},
            "alt": words["figure.descent_curve.alt"].format(**facts),
        })  # fmt: skip
    last = frames[-1]
    for trace, change in zip(figure.data, last["data"], strict=True):
        if change:
            trace.update(change)
    figure.update_layout(last["layout"])
    return Plot(figure, frames, None, last["alt"])


def descent_contour(*, trace: Trace, words: Words, first: str = "W1[0,0]", second: str = "W1[1,0]") -> Plot:
    """The contour map of the loss over two parameters of the trace's network, with the walk and the next step.

    first, second: addresses of the two parameters. The map is that of the trace's first batch. Where other parameters
    move as well, the map is redrawn at each update with the values they have then. Both axes have one scale, so the
    arrow against the gradient stands square on the contour.
    """
    known = {p.address: p for p in parameters(trace)}
    one, two = known[first], known[second]
    walk = np.stack([path_of(trace, one), path_of(trace, two)], -1)
    moving = any(np.ptp(path_of(trace, p)) > 0 for p in known.values() if p.address not in (first, second) and not p.frozen)
    low, high, centre = _window(trace, one, two, walk)
    xs, ys = np.linspace(low[0], high[0], GRID), np.linspace(low[1], high[1], GRID)
    maps = [_heights(trace, one, two, xs, ys, k) for k in range(trace.updates if moving else 1)]

    figure = base(title=words["figure.descent_contour.title"], x=one.symbol, y=two.symbol)
    levels = _levels(np.array(maps))
    figure.add_contour(
        x=xs, y=ys, z=np.log10(maps[0] + levels["shift"]), showscale=False, hoverinfo="skip", meta={"table": False},
        colorscale=[[0, LOSS], [1, LOSS]], opacity=0.75, line={"width": 1.2},
        contours={"coloring": "lines", "start": levels["start"], "end": levels["end"], "size": levels["size"]},
    )  # fmt: skip
    figure.add_scatter(
        x=walk[:, 0], y=walk[:, 1], mode="lines+markers", name=words["figure.descent.walk"],
        line={"color": UPDATE, "width": 2}, marker={"color": UPDATE, "size": 6},
        hovertemplate=f"{one.symbol} = %{{x:.6g}}<br>{two.symbol} = %{{y:.6g}}<extra></extra>",
    )  # fmt: skip
    figure.add_scatter(
        mode="markers", hoverinfo="skip", meta={"table": False},
        marker=dot(UPDATE, 14),
    )  # fmt: skip
    figure.add_scatter(
        x=[centre[0]], y=[centre[1]], mode="markers+text", text=[words["figure.descent_contour.lowest"]],
        textposition="bottom center", textfont={"size": SMALL, "color": INK},
        name=words["figure.descent_contour.lowest"], hoverinfo="name",
        marker={"symbol": "x-thin", "size": 12, "line": {"color": INK, "width": 2}}, visible=not moving,
    )  # fmt: skip
    figure.update_xaxes(
        range=[low[0], high[0]], showgrid=False, zeroline=False, constrain="domain", showline=True, linecolor=LINE, mirror=True
    )
    figure.update_yaxes(
        range=[low[1], high[1]],
        showgrid=False,
        zeroline=False,
        constrain="domain",
        showline=True,
        linecolor=LINE,
        mirror=True,
        scaleanchor="x",
        scaleratio=1,
        constraintoward="top",
    )
    figure.update_layout(margin={"t": 48})

    frames = []
    for k in range(trace.updates):
        gradient = np.array([trace.value(f"d{first}", k), trace.value(f"d{second}", k)])
        facts = {
            "update": k, "first": one.symbol, "second": two.symbol, "at": f"({number(walk[k, 0])}, {number(walk[k, 1])})",
            "gradient": f"({number(gradient[0], 3)}, {number(gradient[1], 3)})", "loss": number(trace.value("L[0,0]", k)),
        }  # fmt: skip
        contour = {"z": np.log10(maps[k] + levels["shift"])} if moving else None
        seen = walk[: k + 1]
        frames.append({
            "update": k,
            "data": [contour, {"x": seen[:, 0], "y": seen[:, 1]}, {"x": [walk[k, 0]], "y": [walk[k, 1]]}, None],
            "layout": {"annotations": [
                note(words["figure.descent_contour.now"].format(**facts), lift=22),
                note(words["figure.descent_contour.arrow"].format(**facts), BACKWARD),
                *_arrow(walk[k], gradient, high - low),
            ]},
            "alt": words["figure.descent_contour.alt"].format(**facts),
        })  # fmt: skip
    figure.data[2].update(x=walk[:1, 0], y=walk[:1, 1])
    figure.update_layout(frames[0]["layout"])
    return Plot(figure, frames, None, frames[0]["alt"], 400)


def _heights(trace: Trace, one: Parameter, two: Parameter, xs: np.ndarray, ys: np.ndarray, update: int) -> np.ndarray:
    """The loss at every point of the grid, shape (ys, xs): one engine call with a run for each point."""
    across, up = np.meshgrid(xs, ys)
    params = [[np.repeat(array[None], across.size, 0) for array in pair] for pair in params_at(trace, update)]
    for parameter, values in ((one, across), (two, up)):
        kind, place = parameter.address[0], parameter.address.partition("[")[2].rstrip("]")
        i, j = (int(part) for part in place.split(","))
        params[parameter.layer - 1]["Wb".index(kind)][:, i, j] = values.ravel()
    experiment = trace.experiment
    losses = evaluate_loss(experiment.network, experiment.loss, params, trace.array("x", 0), trace.array("t", 0))[1]
    return np.asarray(losses).reshape(across.shape)


def _window(trace: Trace, one: Parameter, two: Parameter, walk: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(lower corner, upper corner, lowest point) of a map that holds the walk and, where it is near, the bottom."""
    # A walk that runs away would shrink everything else to a dot: places where the loss is huge stay outside.
    losses = np.array([trace.value("L[0,0]", k) for k in range(trace.updates)])
    finite = walk[:-1][losses <= max(1e3 * losses[0], 1e-300)]
    finite = np.vstack([finite, walk[-1:]]) if len(finite) == trace.updates and np.isfinite(walk[-1]).all() else finite
    reach = max(1e-3, float(np.ptp(finite, axis=0).max()) or 1.0)
    middle, half = (finite.max(0) + finite.min(0)) / 2, 1.5 * reach
    best = middle
    for _ in range(14):  # look closer and closer around the lowest point found so far
        xs, ys = np.linspace(best[0] - half, best[0] + half, 21), np.linspace(best[1] - half, best[1] + half, 21)
        heights = _heights(trace, one, two, xs, ys, 0)
        row, column = np.unravel_index(int(np.nanargmin(heights)), heights.shape)
        best, half = np.array([xs[column], ys[row]]), half / 2.5
    near = np.all(np.abs(best - middle) < 1.6 * reach)
    corners = np.vstack([finite, best[None]]) if near else finite
    low, high = corners.min(0), corners.max(0)
    size = float((high - low).max()) or 1.0
    middle = (low + high) / 2
    half_sides = np.maximum((high - low) / 2, 0.28 * size) + 0.18 * size
    return middle - half_sides, middle + half_sides, best


def _levels(heights: np.ndarray) -> dict[str, float]:
    """Evenly spaced levels of the logarithm of the loss above its lowest, so that rings close in on the bottom."""
    finite = heights[np.isfinite(heights)]
    low, high = float(finite.min()), float(finite.max())
    shift = 0.02 * (high - low) - low
    start, end = np.log10(low + shift), np.log10(high + shift)
    size = (end - start) / LEVELS or 1.0
    return {"shift": shift, "start": start + size / 2, "end": end, "size": size}


def _arrow(point: np.ndarray, gradient: np.ndarray, sides: np.ndarray) -> list[dict[str, Any]]:
    """An arrow of fixed length from the point against the gradient, none where the gradient is 0."""
    norm = float(np.hypot(*gradient))
    if not np.isfinite(norm) or norm == 0:
        return []
    tip = point - 0.16 * float(sides.max()) * gradient / norm
    common = {"xref": "x", "yref": "y", "axref": "x", "ayref": "y", "showarrow": True, "text": ""}
    return [{
        **common, "x": tip[0], "y": tip[1], "ax": point[0], "ay": point[1],
        "arrowhead": 2, "arrowsize": 1.1, "arrowwidth": 3, "arrowcolor": BACKWARD,
    }]  # fmt: skip
