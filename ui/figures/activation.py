"""Plots of activations: the operating point of each unit, the gallery, and what a network is without them."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import ACTIVATIONS, Dense, Network, Trace, get_backend, predict
from ui.figures.runs import symbol
from ui.figures.style import (
    BACKWARD,
    DASHES,
    FORWARD,
    INK,
    MUTED,
    SHAPES,
    SMALL,
    Plot,
    Words,
    axis,
    base,
    dot,
    label,
    number,
    panels,
    set_panels,
)

MAX_FRAMES = 1500


def activation_point(*, trace: Trace, words: Words) -> Plot:
    """The activation curve with the operating point of a unit and its tangent, whose steepness is the slope.

    The picture follows the stepper by address: z, a, slope or error signal of a unit, at every recorded update.
    Layers without a curve of their own (softmax) are left out. Raises ValueError when no layer has one.
    """
    be = get_backend("numpy")
    layers = [(k, layer) for k, layer in enumerate(trace.experiment.network.layers, 1) if _has_curve(layer)]
    if not layers:
        raise ValueError("no layer has an activation curve")
    names = list(dict.fromkeys(layer.activation for _, layer in layers))
    sums = {k: np.array([trace.array(f"z{k}", u) for u in range(trace.updates)]) for k, _ in layers}
    reach = max(4.0, *(1.15 * float(np.nanmax(np.abs(z))) for z in sums.values()))
    z = np.linspace(-reach, reach, 161)
    curves = {name: ACTIVATIONS[name].value(be, z) for name in names}
    low, high = min(c.min() for c in curves.values()), max(c.max() for c in curves.values())
    pad = 0.12 * (high - low)
    bounds = (-reach, reach, low - pad, high + 1.6 * pad)

    figure = base(
        title=words["figure.activation_point.title"],
        x=words["figure.axis.sum"],
        y=words["figure.axis.activation"],
    )
    for name in names:
        figure.add_scatter(
            x=z, y=curves[name], mode="lines", line={"color": FORWARD, "width": 2.5, "simplify": False},
            name=words[f"figure.activation.{name}"], visible=name == names[0], hoverinfo="skip",
        )  # fmt: skip
    figure.add_scatter(mode="lines", line={"color": MUTED, "width": 1, "dash": "dot"}, hoverinfo="skip", meta={"table": False})
    figure.add_scatter(
        mode="lines", line={"color": BACKWARD, "width": 3, "dash": "dash"}, hoverinfo="skip",
        name=words["figure.activation_point.tangent"],
    )  # fmt: skip
    figure.add_scatter(
        mode="markers", marker=dot(FORWARD, 13),
        name=words["figure.activation_point.point"],
        hovertemplate="z = %{x:.6g}<br>a = %{y:.6g}<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(range=[bounds[0], bounds[1]])
    figure.update_yaxes(range=[bounds[2], bounds[3]])

    follow: dict[str, Any] = {}
    frames: list[dict[str, Any]] = []
    samples = len(next(iter(sums.values()))[0])
    units = sum(layer.units for _, layer in layers)
    samples = max(1, min(samples, MAX_FRAMES // (units * trace.updates)))
    for update in range(trace.updates):
        for k, layer in layers:
            z_all = sums[k][update]
            a_all = trace.array(f"a{k}", update)
            slopes = ACTIVATIONS[layer.activation].derivative(be, z_all, a_all)
            for sample in range(min(samples, z_all.shape[-2])):
                for unit in range(layer.units):
                    where = f"[{sample},{unit}]"
                    name = symbol(trace, f"a{k}{where}")
                    point = tuple(float(v[sample, unit]) for v in (z_all, a_all, slopes))
                    shown = [name_ == layer.activation for name_ in names]
                    frame = _point_frame(name, point, shown, bounds, words) | {"update": update}
                    follow[f"a{k}{where}@{update}"] = frame
                    for other in ("z", "s", "dz", "da"):
                        follow[f"{other}{k}{where}"] = f"a{k}{where}"
                    if len(frames) == update:
                        frames.append(frame)
    _apply(figure, frames[0])
    return Plot(figure, frames, follow, frames[0]["alt"])


def _has_curve(layer: Dense) -> bool:
    return ACTIVATIONS[layer.activation].derivative is not None


def _point_frame(
    name: str, point: tuple[float, float, float], shown: list[bool], bounds: tuple, words: Words
) -> dict[str, Any]:
    z, a, slope = point
    left, right, bottom, top = bounds
    # The tangent keeps about one length on the screen, whatever its steepness.
    run = 0.3 * (right - left) / np.hypot(1.0, slope * (right - left) / (top - bottom))
    facts = {"unit": name, "z": number(z), "a": number(a), "slope": number(slope)}
    return {
        "data": [
            *({"visible": on} for on in shown),
            {"x": [z, z, left], "y": [bottom, a, a]},
            {"x": [z - run, z + run], "y": [a - slope * run, a + slope * run]},
            {"x": [z], "y": [a]},
        ],
        "layout": {
            "annotations": [
                label(words["figure.activation_point.now"].format(**facts), 0.015, 0.985, FORWARD,
                      xref="paper", yref="paper", yanchor="top", align="left"),
                label(words["figure.activation_point.slope"].format(**facts), 0.015, 0.90, BACKWARD,
                      xref="paper", yref="paper", yanchor="top", align="left"),
            ]
        },
        "alt": words["figure.activation_point.alt"].format(**facts),
    }  # fmt: skip


def _apply(figure: Any, frame: dict[str, Any]) -> None:
    for trace, change in zip(figure.data, frame["data"], strict=True):
        trace.update(change)
    figure.update_layout(frame["layout"])


def activations_gallery(*, words: Words) -> Plot:
    """All activations with their derivatives, one small panel each; softmax as the outputs of three units."""
    be = get_backend("numpy")
    z = np.linspace(-4, 4, 121)
    names = list(ACTIVATIONS)
    figure = base(title=words["figure.gallery.title"])
    notes = []
    for i, name in enumerate(names, 1):
        tail = "" if i == 1 else str(i)
        where = {"xaxis": f"x{tail}", "yaxis": f"y{tail}"}
        rule = ACTIVATIONS[name]
        title = words[f"figure.activation.{name}"]
        if rule.derivative is None:
            logits = np.stack([z, np.ones_like(z), np.zeros_like(z)], -1)
            for unit, dash in zip(range(3), DASHES, strict=False):
                figure.add_scatter(
                    x=z, y=rule.value(be, logits)[:, unit], mode="lines", name=f"{title} y{'₁₂₃'[unit]}",
                    line={"color": FORWARD, "width": 2, "dash": dash, "simplify": False}, **where,
                )  # fmt: skip
            title = words["figure.gallery.softmax"]
        else:
            value = rule.value(be, z)
            figure.add_scatter(
                x=z, y=value, mode="lines", name=title, line={"color": FORWARD, "width": 2.5, "simplify": False}, **where
            )
            slope = _broken_at(z, rule.derivative(be, z, value), rule.kink)
            figure.add_scatter(
                x=z, y=slope, mode="lines", name=f"{title}, {words['figure.word.slope']}",
                line={"color": BACKWARD, "width": 2, "dash": "dash", "simplify": False}, **where,
            )  # fmt: skip
        figure.update_layout({
            f"xaxis{tail}": axis("z" if i > len(names) - 4 else "", range=[-4, 4], dtick=2, fixedrange=True),
            f"yaxis{tail}": axis("", range=[-1.6, 2.6], dtick=1, fixedrange=True),
        })  # fmt: skip
        notes.append(label(f"<b>{title}</b>", 0.0, 1.0, INK, xref=f"x{tail} domain", yref=f"y{tail} domain", yanchor="bottom"))
    notes.append(label(words["figure.gallery.value"], 0.05, 2.2, FORWARD, xref="x", yref="y", xanchor="right"))
    notes.append(label(words["figure.gallery.slope"], -3.8, 1.42, BACKWARD, xref="x", yref="y"))
    figure.update_layout(annotations=notes, margin={"t": 26, "l": 34})
    wide = panels(len(names), 4, gap=0.05, rise=0.2)
    set_panels(figure, wide, panels(len(names), 2, gap=0.12, rise=0.075), 820)
    for i in (len(names) - 3, len(names) - 2):  # two columns have a shorter last row
        figure.layout.meta["narrow"]["layout"][f"xaxis{i}"]["title"] = {"text": ""}
    return Plot(figure, None, None, words["figure.gallery.alt"], 430)


def _broken_at(z: np.ndarray, slope: np.ndarray, kink: float | None) -> np.ndarray:
    """The slope with a gap where it jumps, so that no line is drawn through the jump."""
    if kink is None:
        return slope
    return np.where(np.isclose(z, kink), np.nan, slope)


def collapse(*, words: Words, activation: str = "tanh") -> Plot:
    """Three layers without activation are one straight line; with an activation the same weights bend it."""
    sizes = (4, 4, 1)
    rng = np.random.default_rng(37)  # weights for which the bend is easy to see
    params, n_in = [], 1
    for n_out in sizes:
        params.append((rng.normal(0, 1.6 / np.sqrt(n_in), (n_in, n_out)), rng.normal(0, 0.8, (1, n_out))))
        n_in = n_out

    def net(name: str) -> Network:
        return Network(1, (*(Dense(n, name) for n in sizes[:-1]), Dense(sizes[-1], "identity")))

    x = np.linspace(-3, 3, 121)[:, None]
    bent = predict(net(activation), params, x)[:, 0]
    straight = predict(net("identity"), params, x)[:, 0]
    # One layer that takes the same value at 0 and at 1 is the whole stack.
    at0, at1 = predict(net("identity"), params, np.array([[0.0], [1.0]]))[:, 0]
    one = [(np.array([[at1 - at0]]), np.array([[at0]]))]
    few = np.linspace(-3, 3, 13)[:, None]
    single = predict(Network(1, (Dense(1, "identity"),)), one, few)[:, 0]

    figure = base(title=words["figure.collapse.title"], x=words["figure.axis.input"], y=words["figure.axis.prediction"])
    figure.add_scatter(
        x=x[:, 0], y=straight, mode="lines", line={"color": MUTED, "width": 2.5}, name=words["figure.collapse.without"]
    )
    facts = {"weight": number(at1 - at0, 3), "bias": number(at0, 3)}
    figure.add_scatter(
        x=few[:, 0], y=single, mode="markers", name=words["figure.collapse.one"].format(**facts),
        marker={"color": "rgba(0,0,0,0)", "size": 10, "symbol": SHAPES[0], "line": {"color": MUTED, "width": 2}},
    )  # fmt: skip
    figure.add_scatter(
        x=x[:, 0], y=bent, mode="lines", line={"color": FORWARD, "width": 3, "simplify": False},
        name=words["figure.collapse.with"].format(activation=words[f"figure.activation.{activation}"]),
    )  # fmt: skip
    figure.update_layout(
        legend={"orientation": "h", "y": -0.2, "x": 0, "yanchor": "top", "font": {"size": SMALL}}, showlegend=True
    )
    figure.update_layout(margin={"b": 100})
    return Plot(figure, None, None, words["figure.collapse.alt"].format(**facts), 380)
