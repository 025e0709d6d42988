"""The network of a sheet as a picture: units, edges, and the given numbers beside them."""

from __future__ import annotations

from html import escape
from itertools import pairwise

from engine import Trace
from lessons.check.wording import plain

ROOMY = 12  # edges up to which each carries its number
TALL = 6  # units in a layer that can be drawn
GAP_X, GAP_Y, RADIUS = 200, 106, 26
LEFT, TOP = 66, 46
AT = 0.3  # where along an edge its label stands: away from the crossing in the middle


def network_svg(trace: Trace, title: str) -> str | None:
    """The network as SVG, in the colours of the page; None when it is too large to be read. title: for those who listen."""
    sizes = trace.experiment.network.sizes
    if max(sizes) > TALL or len(sizes) > 5 or len(sizes) < 2:
        return None
    width, height = LEFT + (len(sizes) - 1) * GAP_X + 124, TOP + (max(sizes) - 1) * GAP_Y + 58
    parts = [*_edges(trace, sizes), *_units(trace, sizes)]
    return (
        f'<svg class="nb-net" viewBox="0 0 {width} {height}" style="max-width:{width}px" role="img" '
        f'aria-label="{escape(title, quote=True)}">{"".join(parts)}</svg>'
    )


def number(value: float) -> str:
    """A given number as it is written beside a symbol."""
    return f"{value:.6g}".replace("-", "−")


def _place(sizes: tuple[int, ...], layer: int, unit: int) -> tuple[float, float]:
    middle = TOP + (max(sizes) - 1) * GAP_Y / 2
    return LEFT + layer * GAP_X, middle + (unit - (sizes[layer] - 1) / 2) * GAP_Y


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "middle") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" class="{kind}">{escape(text)}</text>'


def _symbol(trace: Trace, step: str, *index: int) -> tuple[str, float]:
    at = trace.program.at(step, *index)
    return plain(trace.program.symbols[at]), float(trace.values[0, at])


def _edges(trace: Trace, sizes: tuple[int, ...]) -> list[str]:
    lines, labels = [], []
    many = sum(n * m for n, m in pairwise(sizes)) > ROOMY
    for k, (n_in, n_out) in enumerate(pairwise(sizes), 1):
        for i in range(n_in):
            for j in range(n_out):
                (x1, y1), (x2, y2) = _place(sizes, k - 1, i), _place(sizes, k, j)
                name, value = _symbol(trace, f"W{k}", i, j)
                kind = "negative" if value < 0 else "positive"
                dash = ' stroke-dasharray="5 4"' if value < 0 else ""
                lines.append(f'<line x1="{x1}" y1="{y1:.0f}" x2="{x2}" y2="{y2:.0f}" class="{kind}"{dash}/>')
                if not many:
                    x, y = x1 + AT * (x2 - x1), y1 + AT * (y2 - y1)
                    labels.append(_text(x, y - 6, f"{name} {number(value)}", f"weight {kind}"))
    return lines + labels


def _units(trace: Trace, sizes: tuple[int, ...]) -> list[str]:
    parts = []
    last, one = len(sizes) - 1, len(trace.samples[0]) == 1
    for k, units in enumerate(sizes):
        for j in range(units):
            x, y = _place(sizes, k, j)
            name, value = _symbol(trace, "x" if k == 0 else f"a{k}", 0, j)
            name = name.replace("(1)", "")
            parts.append(f'<circle cx="{x}" cy="{y:.0f}" r="{RADIUS}"/>')
            if k == 0 and one:
                parts += [_text(x, y - 2, name), _text(x, y + 14, number(value), "small")]
            else:
                parts.append(_text(x, y + 5, name))
            if k:
                bias, size = _symbol(trace, f"b{k}", 0, j)
                if size:
                    parts.append(_text(x, y + RADIUS + 17, f"{bias} {number(size)}", "small"))
            if k == last and one:
                target, size = _symbol(trace, "t", 0, j)
                parts.append(_text(x + RADIUS + 12, y + 5, f"{target} {number(size)}", "target", "start"))
    return parts
