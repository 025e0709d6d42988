"""Plots of losses: two losses of one prediction side by side, and one example against the batch."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import Experiment, Loss, Network, Trace, evaluate_loss, start
from ui.figures.runs import params_at
from ui.figures.style import INK, LOSS, SMALL, Plot, Words, axis, base, dot, label, note, number, panels, set_panels

_KINDS = (Loss("squared_error", factor=1.0), Loss("log_loss"))


def loss_curves(*, words: Words, prediction: float = 0.2, target: float = 1.0, top: float = 5.0) -> Plot:
    """Squared error and cross-entropy of one example against its prediction, on the same scale, side by side.

    prediction: where the example's point sits, in (0, 1). target: 0 to 1. top: upper end of both loss axes.
    """
    y = np.linspace(0.004, 0.996, 249)
    here = float(np.clip(prediction, 0.001, 0.999))
    figure = base(title=words["figure.loss_curves.title"])
    notes, facts = [], {"prediction": number(here), "target": number(target)}
    for i, loss in enumerate(_KINDS, 1):
        tail = "" if i == 1 else "2"
        name = words[f"figure.loss.{loss.name}"]
        where = {"xaxis": f"x{tail}", "yaxis": f"y{tail}"}
        value = float(_of_prediction(loss, np.array([here]), target)[0])
        figure.add_scatter(
            x=y, y=_of_prediction(loss, y, target), mode="lines", name=name,
            line={"color": LOSS, "width": 2.5, "dash": "solid" if i == 1 else "dash", "simplify": False}, **where,
        )  # fmt: skip
        figure.add_scatter(
            x=[here], y=[value], mode="markers", name=f"{name}: {words['figure.loss_curves.example']}",
            marker=dot(LOSS, 12, "circle" if i == 1 else "diamond"),
            **where,
        )  # fmt: skip
        figure.update_layout({
            f"xaxis{tail}": axis(words["figure.axis.prediction"], range=[0, 1], dtick=0.25),
            f"yaxis{tail}": axis(words["figure.axis.loss"] if i == 1 else "", range=[0, top]),
        })  # fmt: skip
        right = here > 0.5
        notes += [
            label(f"<b>{name}</b>", 0.0, 1.02, LOSS, xref=f"x{tail} domain", yref=f"y{tail} domain", yanchor="bottom"),
            label(
                f"ℓ = {number(value, 3)}", here, min(value, 0.94 * top), LOSS, xref=f"x{tail}", yref=f"y{tail}",
                xanchor="right" if right else "left", xshift=-10 if right else 10, yshift=12,
            ),
        ]  # fmt: skip
        facts[loss.name] = number(value)
    figure.update_layout(annotations=notes, margin={"t": 28})
    set_panels(figure, panels(2, 2, gap=0.1, rise=0), panels(2, 1, gap=0, rise=0.26), 520)
    return Plot(figure, None, None, words["figure.loss_curves.alt"].format(**facts))


def _of_prediction(loss: Loss, y: np.ndarray, target: float) -> np.ndarray:
    """The loss of each prediction: a network without layers hands its input on as the prediction."""
    return evaluate_loss(Network(1, ()), loss, (), y[:, None], np.full((len(y), 1), target))[0]


def loss_batch(*, words: Words, trace: Trace | None = None, experiment: Experiment | None = None) -> Plot:
    """The loss of each example as a bar, and their mean as a line; with a trace it follows the updates.

    Give a trace, or an experiment that has not begun. All of the experiment's examples are shown.
    """
    if trace is not None:
        experiment, updates = trace.experiment, trace.updates
    elif experiment is not None:
        updates = 1
    else:
        raise ValueError("give a trace or an experiment")
    x, t = np.array(experiment.x), np.array(experiment.t)
    count = len(x)
    frames = []
    for update in range(updates):
        params = params_at(trace, update) if trace is not None else start(experiment).params
        each, total = evaluate_loss(experiment.network, experiment.loss, params, x, t)
        frames.append(_batch_frame(np.asarray(each), float(total), experiment.loss.reduction, update, words))
    highest = max(float(np.nanmax(frame["data"][0]["y"])) for frame in frames)

    figure = base(title=words["figure.loss_batch.title"], x=words["figure.axis.example"], y=words["figure.axis.loss"])
    figure.add_bar(
        x=[str(n + 1) for n in range(count)], marker={"color": LOSS, "opacity": 0.45}, name=words["figure.loss_batch.one"],
        hovertemplate="ℓ = %{y:.6g}<extra></extra>", cliponaxis=False, constraintext="none", textangle=0,
        textposition="inside", insidetextanchor="start", textfont={"size": SMALL, "color": INK},
    )  # fmt: skip
    figure.add_scatter(
        x=[str(n + 1) for n in range(count)], mode="lines", name=words["figure.loss_batch.mean"],
        line={"color": LOSS, "width": 3, "dash": "dash"}, hovertemplate="%{y:.6g}<extra></extra>",
    )  # fmt: skip
    if count == 1:  # a line needs two points; one example is its own mean
        figure.data[1].update(mode="markers", marker={"symbol": "line-ew", "size": 60, "line": {"color": LOSS, "width": 3}})
    half = max(count, 4) / 2  # a few bars keep the width they would have among four
    figure.update_layout(margin={"t": 30})
    figure.update_yaxes(range=[0, 1.12 * highest or 1])
    figure.update_xaxes(
        type="category", fixedrange=True, showgrid=False, range=[(count - 1) / 2 - half, (count - 1) / 2 + half]
    )
    figure.data[0].update(frames[0]["data"][0])
    figure.data[1].update(frames[0]["data"][1])
    figure.update_layout(frames[0]["layout"])
    return Plot(figure, frames if trace is not None else None, None, frames[0]["alt"])


def _batch_frame(each: np.ndarray, total: float, reduction: str, update: int, words: Words) -> dict[str, Any]:
    mean = float(each.mean())
    facts = {"count": len(each), "mean": number(mean), "total": number(total), "update": update}
    text = [number(v, 3) if len(each) <= 6 else "" for v in each]
    return {
        "update": update,
        "data": [{"y": each, "text": text}, {"y": np.full(len(each), mean)}],
        "layout": {
            "annotations": [note(words[f"figure.loss_batch.reduction.{reduction}"].format(**facts), LOSS)],
        },
        "alt": words["figure.loss_batch.alt"].format(**facts),
    }
