"""The plain sheet, read: a network, its numbers and the printed figures as a few lines of text.

    2-2-1 sigmoid sigmoid
    x = 0.5 0.9
    t = 1
    W1 = 0.1 0.2; 0.3 0.4
    W2 = 0.5; 0.6
    rate = 0.5
    published z1[1] = 0.32

The first mistake is refused with its line and column. The page Your example explains every line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from engine import ACTIVATIONS, LOSSES, Dense, Experiment, Loss, Network, Refused
from engine.spec import MAX_LAYERS, MAX_UNITS
from engine.writer import compile_program
from lessons.examples import Figure, WorkedExample
from lessons.examples.format import MAX_UPDATE
from lessons.examples.judge import printed_number
from lessons.workshop.expressions import HEAD, read_expression
from lessons.workshop.files import make
from lessons.workshop.names import by_symbol, find, written
from lessons.workshop.scan import Misread, Piece, lines, number, shown, table, whole

KEYS = {
    "net": ("network", "网络"), "x": ("input", "inputs", "输入"), "t": ("target", "targets", "目标"),
    "rate": ("eta", "η", "lr", "learning_rate", "learning rate", "学习率"), "loss": ("损失",),
    "frozen": ("fixed", "固定"), "updates": ("更新次数",), "title": ("标题",), "source": ("出处", "来源"),
    "weights": ("权重写法",),
}  # fmt: skip
LOSS_WORDS = {
    "squared error": "squared_error", "mse": "squared_error", "平方误差": "squared_error", "absolute error": "absolute_error",
    "绝对误差": "absolute_error", "cross entropy": "softmax_cross_entropy", "交叉熵": "softmax_cross_entropy",
    "binary cross entropy": "binary_cross_entropy", "二元交叉熵": "binary_cross_entropy",
}  # fmt: skip
ACTIVATION_WORDS = {"linear": "identity", "none": "identity", "恒等": "identity", "σ": "sigmoid", "leaky": "leaky_relu"}
_ALIAS = {alias: key for key, aliases in KEYS.items() for alias in (key, *aliases)}
_HEAD = re.compile(r"\d+(?:-\d+)+(?![\d.])", re.ASCII)  # without blanks: "1 -2" is a row of numbers
_KEY = re.compile(r"([^=:]{1,40}?)\s*[=:]")
_PUBLISHED = re.compile(r"(?:published|printed|印刷|书上)\s+(?![\s=])", re.IGNORECASE)
_PARAMETER = re.compile(r"[Wb][1-9]\d?", re.ASCII)
_NUMBERS = re.compile(r"[\d\s.,;+\-/eE\[\]]+", re.ASCII)
_ROW_PER_UNIT, _ROW_PER_INPUT = ("wx", "wa", "outin"), ("xw", "aw", "inout")


@dataclass
class _Sheet:
    """What the lines said, before it is put together: values by key, and where each key stood."""

    at: dict[str, Piece] = field(default_factory=dict)
    rows: dict[str, list[list[Piece]]] = field(default_factory=dict)
    published: list[tuple[Piece, Piece]] = field(default_factory=list)


def read_plain(text: str) -> WorkedExample:
    """The own example that a plain sheet describes; raises Misread with the place of the first mistake."""
    said_lines = list(lines(text))
    if said_lines and said_lines[0].text.lower() in HEAD:
        return read_expression(said_lines[0], said_lines[1:], _figures)
    sheet = _lines(said_lines)
    if "net" not in sheet.at:
        raise Misread("no_network", 1, 1)
    network = _network(sheet.at["net"])
    turned = _turned(sheet)
    experiment = _experiment(sheet, network, turned)
    try:
        program = compile_program(network, experiment.loss, experiment.batch_size, experiment.frozen)
    except Refused as refused:
        raise _refused(sheet.at["net"], refused) from None

    def addresses(name: str, count: int) -> list[str]:
        found = find(program, name, turned)
        # b1' names a row, and in a net of several units also the first bias: one number means the latter.
        return (by_symbol(program, name.strip()) or found) if len(found) > 1 and count == 1 else found

    figures, places = _figures(sheet.published, addresses, lambda address: written(program, address))
    count = whole(sheet.at["updates"], 1, 1000) if "updates" in sheet.at else None
    said = {name: sheet.at[name] for name in ("title", "source") if name in sheet.at}
    for piece in said.values():
        if len(piece.text) > 120:
            raise piece.fail("long_text", limit=120)
    try:
        return make(experiment, tuple(figures), count, **{name: piece.raw for name, piece in said.items()})
    except Refused as refused:
        place = re.match(r"figures\[(\d+)\]", str(refused.details.get("place", "")))
        at = places[int(place.group(1))] if place else sheet.at.get(str(refused.details.get("place")), sheet.at["net"])
        raise _refused(at, refused) from None


def _refused(piece: Piece, refused: Refused) -> Misread:
    return Misread("engine", piece.line, piece.column, refused)


def _lines(said: Sequence[Piece]) -> _Sheet:
    sheet, open_table = _Sheet(), ""
    for line in said:
        published = _PUBLISHED.match(line.text)
        head = _HEAD.match(line.text)
        key = _KEY.match(line.text)
        if published:
            rest = line.part(published.end())
            equals = re.search(r"[=:]", rest.text)
            if not equals:
                raise rest.fail("no_equals")
            sheet.published.append((rest.part(0, equals.start()), rest.part(equals.end())))
            open_table = ""
        elif head and not key:
            _once(sheet, "net", line, line)
            open_table = ""
        elif key:
            typed = key.group(1).strip()
            name = typed if _PARAMETER.fullmatch(typed) else _ALIAS.get(typed) or _ALIAS.get(typed.lower())
            if name is None:
                raise line.fail("unknown_key", text=shown(typed))
            value = line.part(key.end())
            _once(sheet, name, line, value)
            open_table = name if name in ("x", "t") or _PARAMETER.fullmatch(name) else ""
            if open_table:
                sheet.rows[name] = table(value)
            elif not value.text:
                raise line.fail("nothing", name=name)
        elif open_table and _NUMBERS.fullmatch(line.text):
            sheet.rows[open_table] += table(line)
        else:
            raise line.fail("unknown_line", text=shown(line.text))
    return sheet


def _once(sheet: _Sheet, name: str, line: Piece, value: Piece) -> None:
    if name in sheet.at:
        raise line.fail("twice", name=name, first=sheet.at[name].line)
    sheet.at[name] = value if value.text else line


def _network(piece: Piece) -> Network:
    head = re.match(r"\d+(?:\s*-\s*\d+)*", piece.text)
    if not head:
        raise piece.fail("no_sizes", text=shown(piece.text))
    sizes = [int(part[:9]) for part in re.findall(r"\d+", head.group())]
    names = [(match.group(), head.end() + match.start()) for match in re.finditer(r"[^\s,]+", piece.text[head.end() :])]
    if len(sizes) - 1 > MAX_LAYERS:
        raise piece.fail("too_many_layers", value=len(sizes) - 1, limit=MAX_LAYERS)
    for size in sizes:
        if not 1 <= size <= MAX_UNITS:
            raise piece.fail("units", value=size, limit=MAX_UNITS)
    if len(names) != len(sizes) - 1:
        raise piece.fail("activations", head.end(), value=len(names), expected=len(sizes) - 1)
    made = []
    for size, (name, at) in zip(sizes[1:], names, strict=True):
        plain = ACTIVATION_WORDS.get(name.lower(), name.lower())
        if plain not in ACTIVATIONS:
            raise piece.fail("activation", at, text=shown(name), known=", ".join(ACTIVATIONS))
        made.append(Dense(size, plain))
    try:
        return Network(sizes[0], tuple(made))
    except Refused as refused:
        raise _refused(piece, refused) from None


def _turned(sheet: _Sheet) -> bool:
    piece = sheet.at.get("weights")
    if piece is None:
        return False
    plain = re.sub(r"[^a-z]", "", piece.text.lower())
    if plain not in (*_ROW_PER_UNIT, *_ROW_PER_INPUT):
        raise piece.fail("weights", text=shown(piece.text))
    return plain in _ROW_PER_UNIT


def _loss(piece: Piece | None) -> Loss:
    if piece is None:
        return Loss()
    factor, reduction, threshold = 0.5, "sum", 1.0
    rest = piece.text.lower().replace("½", "1/2")
    found = re.search(r"\bthreshold\s+(\S+)", rest)
    if found:
        threshold = number(Piece(found.group(1), piece.line, piece.column))
        rest = rest[: found.start()] + rest[found.end() :]
    words = []
    for word in re.findall(r"[^\s,]+", rest):
        if word in ("1/2", "0.5", "half", "1"):
            factor = 1.0 if word == "1" else 0.5
        elif word in ("sum", "求和", "和"):
            reduction = "sum"
        elif word in ("mean", "average", "平均", "均值"):
            reduction = "mean"
        else:
            words.append(word.replace("-", " ").replace("_", " "))
    if words == ["mse"] and "sum" not in rest and "1/2" not in rest:
        factor, reduction = 1.0, "mean"
    name = LOSS_WORDS.get(" ".join(words), "_".join(" ".join(words).split()))
    if name not in LOSSES:
        raise piece.fail("loss", text=shown(piece.text), known=", ".join(n.replace("_", " ") for n in LOSSES))
    try:
        return Loss(name, factor, reduction, threshold)
    except Refused as refused:
        raise _refused(piece, refused) from None


def _shaped(sheet: _Sheet, name: str, height: int | None, width: int) -> list[list[float]]:
    """The rows of a table, `height` of them (any number for None), each of `width` numbers."""
    rows, at = sheet.rows[name], sheet.at[name]
    if not rows:
        raise at.fail("nothing", name=name)
    for row in rows:
        if len(row) != width:
            raise row[0].fail("width", name=name, value=len(row), expected=width)
    if height is not None and len(rows) != height:
        raise at.fail("height", name=name, value=len(rows), expected=height, width=width)
    return [[number(cell) for cell in row] for row in rows]


def _experiment(sheet: _Sheet, network: Network, turned: bool) -> Experiment:
    names = [f"{kind}{k}" for k in range(1, len(network.layers) + 1) for kind in "Wb"]
    for name, at in sheet.at.items():
        if _PARAMETER.fullmatch(name) and name not in names:
            raise at.fail("no_layer", name=name, layers=len(network.layers))
    flat: list[float] = []
    for k, (n_in, n_out) in enumerate(network.shapes, 1):
        if f"W{k}" not in sheet.at:
            height, width = (n_out, n_in) if turned else (n_in, n_out)
            raise sheet.at["net"].fail("missing_weights", name=f"W{k}", height=height, width=width)
        W = _shaped(sheet, f"W{k}", n_out if turned else n_in, n_in if turned else n_out)
        for row in zip(*W, strict=True) if turned else W:
            flat.extend(row)
        if f"b{k}" not in sheet.at:
            flat.extend([0.0] * n_out)
        else:
            if n_out > 1 and len(sheet.rows[f"b{k}"]) == n_out:  # a column, as many books print it
                sheet.rows[f"b{k}"] = [[cell for row in sheet.rows[f"b{k}"] for cell in row]]
            flat.extend(_shaped(sheet, f"b{k}", 1, n_out)[0])
    for name in ("x", "t"):
        if name not in sheet.at:
            raise sheet.at["net"].fail("missing_data", name=name)
    x, t = _shaped(sheet, "x", None, network.inputs), _shaped(sheet, "t", None, network.outputs)
    if len(x) != len(t):
        raise sheet.at["t"].fail("unequal", inputs=len(x), targets=len(t))
    rate = number(sheet.at["rate"]) if "rate" in sheet.at else 0.5
    frozen = (
        [part for part in re.findall(r"[^\s,]+", sheet.at["frozen"].text) if part != "none"] if "frozen" in sheet.at else []
    )
    for part in frozen:
        if part not in names:
            raise sheet.at["frozen"].fail("frozen", text=shown(part), known=", ".join(names))
    loss = _loss(sheet.at.get("loss"))
    try:
        return Experiment(
            network, loss, tuple(map(tuple, x)), tuple(map(tuple, t)), tuple(flat), learning_rate=rate,
            frozen=tuple(name for name in names if name in frozen),
        )  # fmt: skip
    except Refused as refused:
        key = "rate" if refused.details.get("what") == "learning_rate" else "loss" if "loss" in sheet.at else "t"
        raise _refused(sheet.at.get(key, sheet.at["net"]), refused) from None


def _figures(
    published: Sequence[tuple[Piece, Piece]], find_all: Callable[[str, int], list[str]], name_of: Callable[[str], str]
) -> tuple[list[Figure], list[Piece]]:
    """The printed figures and where each stands. find_all(name, how many numbers): the addresses that a name means."""
    figures: list[Figure] = []
    places: list[Piece] = []
    for name, value in published:
        label = re.search(r"\s+as\s+", value.text)
        symbol = value.part(label.end()).raw if label else ""
        head = re.fullmatch(r"(.*?)(?:\s*@\s*(\d+))?(?:\s*\*\s*(\S+))?", name.text)
        assert head is not None
        update = int((head.group(2) or "0")[:7])
        if update > MAX_UPDATE:
            raise name.fail("update", value=update, limit=MAX_UPDATE)
        times = number(name.part(*head.span(3))) if head.group(3) else 1.0
        cells = [cell for row in table(value.part(0, label.start() if label else None)) for cell in row]
        addresses = find_all(head.group(1), len(cells))
        if not addresses:
            raise name.fail("unknown_name", text=shown(head.group(1)))
        if len(cells) != len(addresses):
            raise value.fail("figures", name=shown(head.group(1)), value=len(cells), expected=len(addresses))
        for cell, address in zip(cells, addresses, strict=True):
            _printed(cell)
            several = name_of(address) + (f"@{update}" if update else "")
            front = several if len(addresses) > 1 else symbol or name.text
            if len(front) > 40:
                raise value.fail("long_text", limit=40)
            figures.append(Figure(front, cell.text, address, update, times))
            places.append(cell)
    return figures, places


def _printed(cell: Piece) -> None:
    number(cell)
    try:
        printed_number(cell.text)
    except Refused:
        raise cell.fail("number", text=shown(cell.text)) from None
