"""Two witnesses for programs of statements: central differences, and a graph of single numbers.

Neither uses the derivatives of `pointwise` and `arrays`: differences run the program forward only, the graph has
local derivatives of its own. The third, autograd, is in `autograd`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from engine.graph.arrays import Bilinear, Choice, Grouped, Linear
from engine.graph.graph import Graph
from engine.graph.lower import Node
from engine.graph.pointwise import Pointwise
from engine.graph.record import compute
from engine.scalar import Scalar, _sigmoid, _softplus, _sweep, _total

STEP = 1e-3  # with five points the cut-off error h^4 and the rounding error 1/h balance here
WORK = 4_000_000  # numbers and terms in the perturbed runs that are made at once
LIMIT = 16_000_000  # the same in all of them: one to two seconds


def _cost(graph: Graph) -> int:
    """Numbers and terms of one run forward."""
    plans = [b.node.plan for b in graph.blocks if b.node is not None]
    return graph.program.size + sum(len(plan.o) for plan in plans if isinstance(plan, Linear | Bilinear))


def too_large(graph: Graph) -> bool:
    """Whether central differences would take too long."""
    return 4 * sum(sweep.block.size for sweep in graph.backward.sweeps) * _cost(graph) > LIMIT


def central(graph: Graph, row: np.ndarray) -> dict[str, np.ndarray]:
    """Gradients (steps d.x) and derivatives (s.y) by five-point differences; NaN where that cannot be told.

    row: one recorded update. That is near a kink, or where the differences are too coarse by their own estimate.
    """
    base = np.concatenate([row, graph.constants[::-1]])
    out: dict[str, np.ndarray] = {}
    with np.errstate(all="ignore"):
        gradients = _gradients_of(graph, base)
        for sweep in graph.backward.sweeps:
            block = sweep.block
            out[f"d.{block.id}"] = gradients[block.first : block.first + block.size].reshape(block.shape)
            for use in sweep.uses:
                if use.slope is not None:
                    single = len(use.node.slots) == 1
                    name = f"s.{use.node.block.id}" if single else f"s.{use.node.block.id}.{use.slot + 1}"
                    out[name] = _derivative(use.node, use.slot, base)
    return out


def _gradients_of(graph: Graph, base: np.ndarray) -> np.ndarray:
    """The derivative of the result by every number that the way back reaches, at its address."""
    found = np.full(base.size, np.nan)
    blocks = [sweep.block for sweep in graph.backward.sweeps]
    if blocks and graph.result is not None:
        numbers = np.sort(np.concatenate([np.arange(b.first, b.first + b.size) for b in blocks]))
        chunk = max(1, WORK // (4 * _cost(graph)))
        for start in range(0, numbers.size, chunk):
            of = numbers[start : start + chunk]
            found[of] = _moved(graph, base, of)
    return found


def _moved(graph: Graph, base: np.ndarray, of: np.ndarray) -> np.ndarray:
    """Runs forward in which one number each is moved two steps down, one down, one up, two up."""
    result = graph.result
    assert result is not None
    h = STEP * np.maximum(1.0, np.abs(base[of]))
    targets = base[of] + np.array([-2, -1, 1, 2])[:, None] * h
    rows = np.broadcast_to(base, (4, of.size, base.size)).copy()
    sides = np.zeros(of.size, dtype=bool)
    for block in graph.blocks[: result.position + 1]:
        if block.node is not None:
            kinds = _sides(block.node, rows)
            if kinds is not None:
                sides |= np.any(kinds != _sides(block.node, base), axis=(0, 2))
            compute(block.node, rows)
        # The number that a run is about is put in its moved place once it would have been computed.
        here = np.flatnonzero((of >= block.first) & (of < block.first + block.size))
        rows[:, here, of[here]] = targets[:, here]
    return _five(rows[..., result.first], h, sides)


def _derivative(node: Node, slot: int, base: np.ndarray) -> np.ndarray:
    assert isinstance(node.rule, Pointwise)
    inputs = [base[refs] for refs in node.slots]
    h = STEP * np.maximum(1.0, np.abs(inputs[slot]))
    moved = []
    sides = np.zeros(h.size, dtype=bool)
    for moves in (-2, -1, 1, 2):
        operands = list(inputs)
        operands[slot] = inputs[slot] + moves * h
        moved.append(node.rule.value(operands[0], operands[-1]))
        if node.rule.kink is not None:
            sides |= node.rule.kink(operands[0], operands[-1]) != node.rule.kink(inputs[0], inputs[-1])
    return _five(np.array(moved), h, sides).reshape(node.block.shape)


def _five(f: np.ndarray, h: np.ndarray, sides: np.ndarray) -> np.ndarray:
    """The derivative from values at -2h, -h, h, 2h (4, n), NaN where its own estimate of the error is too large."""
    fine, coarse = (f[2] - f[1]) / (2 * h), (f[3] - f[0]) / (4 * h)
    best = (4 * fine - coarse) / 3
    scale = np.maximum(1.0, np.abs(best))
    rounding = 1e-15 * np.max(np.abs(f), axis=0) / h
    # The remainder is about (fine - coarse) times h² when the function is as smooth as its third derivative says.
    rough = np.abs(fine - coarse) > 2e-3 * scale
    return np.where(sides | rough | (rounding > 1e-7 * scale) | ~np.isfinite(best), np.nan, best)


def _sides(node: Node, rows: np.ndarray) -> np.ndarray | None:
    """On which side of its kinks an operation is, (..., results)."""
    inputs = [rows[..., refs] for refs in node.slots]
    if isinstance(node.rule, Pointwise):
        return None if node.rule.kink is None else node.rule.kink(inputs[0], inputs[-1])
    assert node.plan is not None
    return node.plan.kink(inputs)


# -- the graph of single numbers -------------------------------------------------------------------------------------


def _unary(value: Callable[[float], float], slope: Callable[[float], float]) -> Callable[..., Scalar]:
    return lambda a, *_: Scalar(value(a.value), ((a, slope(a.value)),))


def _chosen(a: Scalar, b: Scalar, first: bool) -> Scalar:
    return Scalar((a if first else b).value, ((a, float(first)), (b, float(not first))))


def _pow(a: Scalar, b: Scalar) -> Scalar:
    value = a.value**b.value
    slopes = ((a, b.value * a.value ** (b.value - 1)), (b, math.log(a.value) * value if a.value > 0 else math.nan))
    return Scalar(value, slopes)


SCALARS: dict[str, Callable[..., Scalar]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "neg": lambda a, *_: a * -1.0,
    "copy": lambda a, *_: a + 0.0,
    "pow": _pow,
    "exp": lambda a, *_: a.exp(),
    "ln": lambda a, *_: a.log(),
    "log10": lambda a, *_: a.log() * (1 / math.log(10)),
    "sqrt": _unary(math.sqrt, lambda x: 0.5 / math.sqrt(x) if x else math.inf),
    "abs": _unary(abs, lambda x: float((x > 0) - (x < 0))),
    "sin": _unary(math.sin, math.cos),
    "cos": _unary(math.cos, lambda x: -math.sin(x)),
    "step": _unary(lambda x: float(x > 0), lambda x: 0.0),
    "sign": _unary(lambda x: float((x > 0) - (x < 0)), lambda x: 0.0),
    "maximum": lambda a, b: _chosen(a, b, a.value >= b.value),
    "minimum": lambda a, b: _chosen(a, b, a.value <= b.value),
    "sigmoid": lambda a, *_: _sigmoid(a),
    "tanh": lambda a, *_: a.tanh(),
    "relu": _unary(lambda x: max(x, 0.0), lambda x: float(x > 0)),
    "leaky_relu": _unary(lambda x: x if x > 0 else 0.01 * x, lambda x: 1.0 if x > 0 else 0.01),
    "softplus": lambda a, *_: _softplus(a),
}


def scalars(graph: Graph, row: np.ndarray) -> dict[str, np.ndarray]:
    """Every step of one update from its given numbers, with Python floats; row: one recorded update."""
    nodes: dict[int, Scalar] = {-1 - k: Scalar(value) for k, value in enumerate(graph.constants)}
    for block in graph.given:
        for k in range(block.first, block.first + block.size):
            nodes[k] = Scalar(float(row[k]))
    uses: dict[tuple[int, int, int], Scalar] = {}  # (block, slot, number): each use is a node of its own
    try:
        for block in graph.blocks:
            if block.node is not None and block.phase == "forward":
                _forward(block.node, nodes, uses)
        if graph.backward.sweeps and graph.result is not None:
            _sweep(nodes[graph.result.first])
            _gradients(graph, nodes, uses)
        for block in graph.blocks:
            if block.node is not None and block.phase == "update":
                _forward(block.node, nodes, {})
    except (ValueError, ZeroDivisionError, OverflowError, TypeError):
        pass  # no number there, as the logarithm of a negative one: the steps from here on are not witnessed
    found = {}
    for step, first in graph.program.offsets.items():
        shape = graph.program.steps[step]
        size = int(np.prod(shape))
        if all(k in nodes for k in range(first, first + size)):
            found[step] = np.array([nodes[k].value for k in range(first, first + size)]).reshape(shape)
    return found


def _forward(node: Node, nodes: dict[int, Scalar], uses: dict[tuple[int, int, int], Scalar]) -> None:
    at = node.block.position
    inputs: list[list[Scalar]] = []
    for slot, refs in enumerate(node.slots):
        operands = []
        for ref in (int(ref) for ref in refs):
            if ref >= 0 and (at, slot, ref) not in uses:
                uses[at, slot, ref] = Scalar(nodes[ref].value, ((nodes[ref], 1.0),))
            operands.append(uses[at, slot, ref] if ref >= 0 else nodes[ref])
        inputs.append(operands)
    made = _results(node, inputs)
    nodes.update({node.block.first + k: value for k, value in enumerate(made)})


def _results(node: Node, inputs: list[list[Scalar]]) -> list[Scalar]:
    plan, size = node.plan, node.block.size
    if isinstance(node.rule, Pointwise):
        rule = SCALARS[node.rule.name]
        if len(inputs) == 1 and node.rule.name == "pow":
            exponent = node.exponent
            return [_unary(lambda x: x**exponent, lambda x: exponent * x ** (exponent - 1))(a) for a in inputs[0]]
        return [rule(*operands) for operands in zip(*inputs, strict=True)]
    x = inputs[0]
    if isinstance(plan, Linear):
        return [_total([x[i] for i in plan.i[plan.o == k]]) * (1 / plan.divisor) for k in range(size)]
    if isinstance(plan, Bilinear):
        products: list[list[Scalar]] = [[Scalar(0.0)] for _ in range(size)]
        for o, i, j in zip(plan.o.tolist(), plan.i.tolist(), plan.j.tolist(), strict=True):
            products[o].append(x[i] * inputs[1][j])
        return [_total(parts) for parts in products]
    if isinstance(plan, Choice):
        windows = [[x[i] for i in window if i >= 0] for window in plan.windows.tolist()]
        return [max(window, key=lambda node: plan.sign * node.value) + 0.0 for window in windows]
    assert isinstance(plan, Grouped)
    made: dict[int, Scalar] = {}
    for row, group in enumerate(plan.groups.tolist()):
        top = max(x[i].value for i in group)
        powers = [(x[i] - top).exp() for i in group]
        total = _total(powers)
        if plan.shares:
            made |= {i: power / total for i, power in zip(group, powers, strict=True)}
        else:
            made[row] = total.log() + top
    return [made[k] for k in range(size)]


def _gradients(graph: Graph, nodes: dict[int, Scalar], uses: dict[tuple[int, int, int], Scalar]) -> None:
    """Gradients and paths as numbers at their addresses, to be read by the statements after the result."""
    for sweep in graph.backward.sweeps:
        block = sweep.block
        for k in range(block.size):
            nodes[sweep.first + k] = Scalar(nodes[block.first + k].grad)
        for use in sweep.uses:
            if use.path is not None:
                first, numbers = use.path
                for m, k in enumerate(numbers.tolist()):
                    nodes[first + m] = Scalar(uses[use.node.block.position, use.slot, block.first + k].grad)
