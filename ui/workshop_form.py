"""The form of the workshop: sizes, activations, loss and rate as fields, numbers as tables; it writes a plain sheet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from engine import ACTIVATIONS, LOSSES
from engine.link import number_text
from engine.spec import MAX_LAYERS, MAX_UNITS
from lessons.examples import WorkedExample
from lessons.workshop.files import default_symbol, layers
from ui.i18n import t

ROW_HEIGHT = 32
TALLEST = 300
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
PUBLISHED = "published "

Rows = list[list[float | None]]


def form(example: WorkedExample, key: str) -> tuple[str | None, int]:
    """Draw the form, filled with an example; returns the plain sheet that it says, and how far its figures are shifted.

    None in place of the sheet where a cell is empty. key: another one for each example, so that it starts from it.
    """
    experiment = example.experiment
    network = experiment.network
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        inputs = int(st.number_input(t("workshop.inputs"), 1, MAX_UNITS, network.inputs, key=f"{key}_inputs", width=130))
        depth = int(st.number_input(t("workshop.layers"), 0, MAX_LAYERS, len(network.layers), key=f"{key}_depth", width=130))
        rate = st.text_input(t("workshop.rate"), number_text(experiment.learning_rate), key=f"{key}_rate", width=130)
        loss = _loss(example, key)
    sizes, activations = [inputs], []
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        for k in range(1, depth + 1):
            layer = network.layers[k - 1] if k <= len(network.layers) else None
            label = t("workshop.output_layer") if k == depth else t("workshop.hidden_layer", number=k)
            with st.container(horizontal=True, vertical_alignment="bottom", gap="xxsmall", width=280):
                units = st.number_input(label, 1, MAX_UNITS, layer.units if layer else 2, key=f"{key}_units_{k}", width=110)
                names = list(ACTIVATIONS)
                labels = {name: t(f"act.{name}") for name in names}
                activations.append(
                    st.selectbox(
                        t("workshop.activation"), names, names.index(layer.activation if layer else "sigmoid"),
                        format_func=labels.__getitem__, key=f"{key}_activation_{k}", width=150,
                    )
                )  # fmt: skip
            sizes.append(int(units))
    given = layers(experiment)
    filled, tables = True, []
    with st.container(horizontal=True, gap="medium", vertical_alignment="top"):
        rows: Rows = [[*x, *y] for x, y in zip(experiment.x, experiment.t, strict=True)]
        names_x = _names("x", inputs)
        names_t = _names("t", sizes[-1])
        old = (network.inputs, network.outputs)
        data = [_fit(row[: old[0]], inputs, 0) + _fit(row[old[0] :], sizes[-1], 5) for row in rows]
        samples = _table(t("workshop.samples"), data, None, names_x + names_t, f"{key}_data_{inputs}_{sizes[-1]}")
        filled &= bool(samples)
        for k in range(1, depth + 1):
            old_W, old_b = given[k - 1] if k <= len(given) else ([], [])
            below = names_x if k == 1 else _names("h", sizes[k - 1], k - 1, depth)
            above = _names("o" if k == depth else "h", sizes[k], k, depth)
            numbers: Rows = [_fit(old_W[i] if i < len(old_W) else [], sizes[k], 3 * k + 2 * i) for i in range(sizes[k - 1])]
            numbers.append([*old_b[: sizes[k]], *[0.0] * (sizes[k] - len(old_b))])
            label = t("workshop.weights_of", number=k)
            tables.append(_table(label, numbers, [*below, t("workshop.bias")], above, f"{key}_W{k}_{sizes[k - 1]}_{sizes[k]}"))
    with st.container(horizontal=True, vertical_alignment="top", gap="medium"):
        printed = st.text_area(
            t("workshop.printed"), _printed(example), key=f"{key}_printed", height=130, help=t("workshop.printed_help"),
            placeholder="z1[1] = 0.42",
        )  # fmt: skip
    cells = [cell for table in [samples, *tables] for row in table for cell in row]
    if not filled or any(cell is None for cell in cells):
        st.caption(t("workshop.empty_cell"))
        return None, len(PUBLISHED)
    return _sheet(example, sizes, activations, samples, tables, loss, rate, printed), len(PUBLISHED)


def _loss(example: WorkedExample, key: str) -> str:
    """The loss in the words of a sheet."""
    now = example.experiment.loss
    names = list(LOSSES)
    name = st.selectbox(
        t("workshop.loss"), names, names.index(now.name), key=f"{key}_loss", width=210,
        format_func={name: t(f"workshop.loss_{name}") for name in names}.__getitem__,
    )  # fmt: skip
    reduction = st.selectbox(
        t("workshop.total"), ("sum", "mean"), int(now.reduction == "mean"), key=f"{key}_reduction", width=110,
        format_func={name: t(f"workshop.{name}") for name in ("sum", "mean")}.__getitem__,
    )  # fmt: skip
    words = [name.replace("_", " "), reduction]
    if name == "squared_error":
        words.append(
            st.selectbox(t("workshop.factor"), ("1/2", "1"), int(now.factor == 1), key=f"{key}_factor", width=90,
                         format_func={"1/2": "½", "1": "1"}.__getitem__)
        )  # fmt: skip
    return " ".join([*words, f"threshold {number_text(now.threshold)}"] if name == "huber" else words)


def _sheet(
    example: WorkedExample, sizes: Sequence[int], activations: Sequence[str], samples: Rows, tables: Sequence[Rows],
    loss: str, rate: str, printed: str,
) -> str:  # fmt: skip
    # The figures come first, so that their lines are the lines of their field.
    lines = [f"{'' if line.lstrip().startswith(PUBLISHED.strip()) else PUBLISHED}{line}" if line.strip() else line
             for line in printed.splitlines()]  # fmt: skip
    lines.append(f"net = {'-'.join(map(str, sizes))} {' '.join(activations)}")
    lines.append(f"x = {_rows([row[: sizes[0]] for row in samples])}")
    lines.append(f"t = {_rows([row[sizes[0] :] for row in samples])}")
    for k, table in enumerate(tables, 1):
        lines += [f"W{k} = {_rows(table[:-1])}", f"b{k} = {_rows(table[-1:])}"]
    lines += [f"loss = {loss}", f"rate = {rate}"]
    names = {f"{kind}{k}" for k in range(1, len(tables) + 1) for kind in "Wb"}
    frozen = [name for name in example.experiment.frozen if name in names]
    lines += [f"frozen = {' '.join(frozen)}"] if frozen else []
    return "\n".join(lines) + "\n"


def _rows(rows: Rows) -> str:
    return "; ".join(" ".join(number_text(cell or 0.0) for cell in row) for row in rows)


def _printed(example: WorkedExample) -> str:
    lines = []
    for figure in example.figures:
        plain = default_symbol(example, figure)
        times = f" * {number_text(figure.times)}" if figure.times != 1 else ""
        lines.append(f"{plain}{times} = {figure.text}" + (f" as {figure.symbol}" if figure.symbol != plain + times else ""))
    return "\n".join(lines)


def _names(letter: str, count: int, layer: int = 0, depth: int = 2) -> list[str]:
    """Column names as the stepper has them: x₁, h₂, h₂,₁ with several hidden layers, o₁."""
    if count == 1 and letter in "xto":
        return ["ŷ" if letter == "o" else letter]
    front = f"{letter}{layer},".translate(SUBSCRIPTS) if letter == "h" and depth > 2 else letter
    return [f"{front}{str(j).translate(SUBSCRIPTS)}" for j in range(1, count + 1)]


def _fit(row: Sequence[float | None], width: int, salt: int) -> list[float | None]:
    """A row of another width: what was there stays, and small friendly numbers of both signs fill it up."""
    more = [((salt + 3 * j) % 9 + 1) / 10 * (-1 if (salt + j) % 3 == 2 else 1) for j in range(len(row), width)]
    return [*row[:width], *more]


def _table(label: str, rows: Rows, index: list[str] | None, columns: list[str], key: str) -> Rows:
    """An editable table; without row names rows may be added and deleted."""
    base = f"{key}_base"
    # The editor counts its changes from the table that it was first given, so that one must stay the same.
    start: Any = st.session_state.setdefault(base, pd.DataFrame(rows, index=index, columns=columns, dtype=float))
    width = 90 * (len(columns) + (index is not None)) + (40 if index is None else 0)
    with st.container(width=max(170, min(width, 640)), gap="xxsmall"):
        st.markdown(f":small[{label}]")
        made = st.data_editor(
            start, key=key, num_rows="fixed" if index else "dynamic", hide_index=index is None, row_height=ROW_HEIGHT,
            height=min(TALLEST, ROW_HEIGHT * (len(rows) + 1 + (index is None)) + 4), alt=label,
            column_config={name: st.column_config.NumberColumn(format="plain", default=0.0) for name in columns},
        )  # fmt: skip
    return [[None if pd.isna(cell) else float(cell) for cell in row] for row in made.to_numpy().tolist()]
