"""The network of a sheet as SVG in black: units, connections, and the numbers that are given."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from engine import Experiment, Trace
from lessons.printing.markup import runs
from lessons.printing.rounding import exact

COLUMN, ROW, MARGIN, RADIUS = 178, 124, 54, 23
MOST_UNITS = 5  # in a layer; labels of more would lie on each other
SMALL = 0.72


def picture(trace: Trace, alt: str) -> str:
    """The network with its inputs, weights and biases as an SVG element; empty for one that is too large to draw.

    alt: what a screen reader says.
    """
    if not isinstance(trace.experiment, Experiment):
        return ""
    sizes = trace.experiment.network.sizes
    if len(sizes) < 2 or max(sizes) > MOST_UNITS:
        return ""
    width, height = 2 * MARGIN + COLUMN * (len(sizes) - 1), ROW * max(sizes) + 14
    at = {
        (k, j): (MARGIN + COLUMN * k, 7 + height / 2 + ROW * (j - (n - 1) / 2)) for k, n in enumerate(sizes) for j in range(n)
    }
    shown = _Numbers(trace)
    lines, labels = [], []
    for k in range(1, len(sizes)):
        for i in range(sizes[k - 1]):
            for j in range(sizes[k]):
                (x1, y1), (x2, y2) = at[k - 1, i], at[k, j]
                lines.append(f'<path d="M{x1:.0f} {y1:.0f}L{x2:.0f} {y2:.0f}"/>')
                # A third of the way: the lines of a unit have parted by then, and those of its neighbour are not there yet.
                share = 0.4
                labels.append(_label(shown.pair(f"W{k}[{i},{j}]"), x1 + share * (x2 - x1), y1 + share * (y2 - y1) - 3))
        labels += [_label(shown.pair(f"b{k}[0,{j}]"), at[k, j][0], at[k, j][1] + RADIUS + 14) for j in range(sizes[k])]
    nodes = []
    for (k, j), (x, y) in at.items():
        nodes.append(f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{RADIUS}"/>')
        labels.append(_label(shown.unit(k, j), x, y + 5))
        if k == 0 and (value := shown.input(j)):
            labels.append(_label(value, x, y + RADIUS + 14))
    return (
        f'<svg viewBox="0 0 {width} {height + 14}" role="img" aria-label="{escape(alt)}">'
        f'<g class="w">{"".join(lines)}</g><g class="n">{"".join(nodes)}</g><g class="t">{"".join(labels)}</g></svg>'
    )


class _Numbers:
    """Symbols and given values of a recorded run, as markup."""

    def __init__(self, trace: Trace) -> None:
        self.trace, self.program = trace, trace.program
        self.names: Mapping[str, str] = dict(zip(self.program.addresses, self.program.symbols, strict=True))

    def pair(self, address: str) -> str:
        """symbol = value of a given number."""
        return f"{self.names[address]} = {exact(self.trace.value(address))}"

    def unit(self, k: int, j: int) -> str:
        """The name of a unit, without the sample."""
        symbol = self.names[f"a{k}[0,{j}]" if k else f"x[0,{j}]"]
        return symbol.replace("^{(1)}", "")

    def input(self, j: int) -> str:
        """The value of an input; empty for a batch, whose samples have one each."""
        return exact(self.trace.value(f"x[0,{j}]")) if self.trace.experiment.batch_size == 1 else ""


def _label(markup: str, x: float, y: float) -> str:
    """A line of markup as SVG text around x, with subscripts by moving the baseline."""
    spans, level = [], 0
    for text, high, italic in runs(markup):
        move = (level - high) * 4 if high < 0 or level < 0 else (level - high) * 6
        style = ' font-style="italic"' if italic else ""
        size = f' font-size="{SMALL:.2f}em"' if high else ""
        shown = f"\u2009{text}\u2009" if text == "=" else text
        spans.append(f'<tspan dy="{move}"{style}{size}>{escape(shown)}</tspan>')
        level = high
    return f'<text x="{x:.0f}" y="{y:.0f}">{"".join(spans)}</text>'
