"""The third witness for programs of statements: Torch's own functions and its autograd.

The module does not import Torch: it is handed in by `engine.torch_backend`, where it is loaded on first use.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine.graph.graph import Graph
from engine.graph.lower import Node

Function = Callable[..., Any]


def _functions(torch: Any) -> dict[str, Function]:
    """Name -> the operation on tensors in their two-dimensional shapes, with options as keywords."""
    F = torch.nn.functional

    def image(a: Any) -> Any:
        return a[None, None]

    def reduced(whole: Function, along: Function) -> Function:
        return lambda a, axis=-1: whole(a).reshape(1, 1) if axis < 0 else along(a, axis)

    def grouped(rule: Function) -> Function:
        def along(a: Any, axis: int | None = None) -> Any:
            if axis is None and 1 in a.shape:
                return rule(a.reshape(-1), 0).reshape(a.shape if rule is torch.softmax else (1, 1))
            dim = 1 if axis is None else axis
            return rule(a, dim) if rule is torch.softmax else rule(a, dim, keepdim=True)

        return along

    return {
        "add": torch.add,
        "sub": torch.sub,
        "mul": torch.mul,
        "div": torch.div,
        "neg": torch.neg,
        "copy": torch.clone,
        "pow": torch.pow,
        "exp": torch.exp,
        "ln": torch.log,
        "log10": torch.log10,
        "sqrt": torch.sqrt,
        "abs": torch.abs,
        "sin": torch.sin,
        "cos": torch.cos,
        "step": lambda a: torch.heaviside(a.detach(), torch.zeros((), dtype=a.dtype)) + 0 * a,
        "sign": torch.sign,
        # torch.maximum shares the slope between equal numbers; the first one takes it all here.
        "maximum": lambda a, b: torch.where(a >= b, a, b),
        "minimum": lambda a, b: torch.where(a <= b, a, b),
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "relu": F.relu,
        "leaky_relu": lambda a: F.leaky_relu(a, 0.01),
        "softplus": lambda a: F.softplus(a, threshold=1e9),
        "sum": reduced(torch.sum, lambda a, axis: a.sum(axis, keepdim=True)),
        "mean": reduced(torch.mean, lambda a, axis: a.mean(axis, keepdim=True)),
        # max along one dimension takes the first of equal numbers; without a dimension it would share.
        "max": reduced(lambda a: a.reshape(-1).max(0).values, lambda a, axis: a.max(axis, keepdim=True).values),
        "min": reduced(lambda a: a.reshape(-1).min(0).values, lambda a, axis: a.min(axis, keepdim=True).values),
        "softmax": grouped(torch.softmax),
        "logsumexp": grouped(torch.logsumexp),
        "matmul": torch.matmul,
        "dot": lambda a, b: torch.dot(a.reshape(-1), b.reshape(-1)).reshape(1, 1),
        "outer": lambda a, b: torch.outer(a.reshape(-1), b.reshape(-1)),
        "conv2d": lambda a, b, **options: F.conv2d(image(a), image(b), **options)[0, 0],
        "conv_transpose2d": lambda a, b, **options: F.conv_transpose2d(image(a), image(b), **options)[0, 0],
        "maxpool2d": lambda a, size, stride=None, padding=0: F.max_pool2d(image(a), size, stride, padding)[0, 0],
        "avgpool2d": lambda a, size, stride=None, padding=0: F.avg_pool2d(image(a), size, stride, padding)[0, 0],
    }


class _Run:
    """One update on tensors. values: flat address -> where it is, as (tensor, place)."""

    def __init__(self, torch: Any, graph: Graph, row: np.ndarray) -> None:
        self.torch, self.graph = torch, graph
        self.functions = _functions(torch)
        self.tensors: dict[int, Any] = {}  # first address -> tensor of the block or the gradient step
        self.owner = np.full(graph.program.size, -1)
        self.uses: dict[tuple[int, int], Any] = {}
        for block in graph.given:
            values = row[block.first : block.first + block.size].reshape(block.shape)
            self.keep(block.first, torch.tensor(values, dtype=torch.float64, requires_grad=bool(graph.backward.sweeps)))

    def keep(self, first: int, tensor: Any) -> None:
        self.tensors[first] = tensor
        self.owner[first : first + tensor.numel()] = first

    def operand(self, node: Node, slot: int) -> Any:
        """The operand as a tensor of its own, so that its gradient is that of this one use."""
        torch, refs, shape = self.torch, node.slots[slot], node.shapes[slot]
        firsts = sorted({int(self.owner[ref]) for ref in refs if ref >= 0})
        pool = [self.tensors[first].reshape(-1) for first in firsts]
        constants = torch.tensor(self.graph.constants or (0.0,), dtype=torch.float64)
        starts, total = {}, 0
        for first, part in zip(firsts, pool, strict=True):
            starts[first] = total
            total += part.numel()
        places = [starts[int(self.owner[r])] + int(r) - int(self.owner[r]) if r >= 0 else total - 1 - int(r) for r in refs]
        flat = torch.cat([*pool, constants])[torch.tensor(places)]
        # Operands of pointwise rules are repeated already; those of array rules have their own shape.
        found = flat.reshape(node.block.shape if node.plan is None else shape)
        if found.requires_grad:
            found.retain_grad()
        self.uses[node.block.position, slot] = found
        return found

    def apply(self, node: Node, operands: list[Any]) -> Any:
        options = dict(node.options)
        if node.rule.name == "pow" and len(operands) == 1:
            return self.torch.pow(operands[0], node.exponent)
        return self.functions[node.rule.name](*operands, **options)

    def compute(self, node: Node) -> None:
        made = self.apply(node, [self.operand(node, slot) for slot in range(len(node.slots))])
        if made.requires_grad and node.block.phase == "forward":
            made.retain_grad()
        self.keep(node.block.first, made)


def autograd(torch: Any, graph: Graph, row: np.ndarray) -> dict[str, np.ndarray]:
    """Every step of one update as Torch computes it from the given numbers; row: one recorded update."""
    run = _Run(torch, graph, row)
    steps = {first: (step, graph.program.steps[step]) for step, first in graph.program.offsets.items()}
    for block in graph.blocks:
        if block.node is not None and block.phase == "forward":
            run.compute(block.node)
    found: dict[int, np.ndarray] = {first: tensor.detach().numpy() for first, tensor in run.tensors.items()}
    if graph.backward.sweeps and graph.result is not None:
        result = run.tensors[graph.result.first]
        if result.requires_grad:
            result.sum().backward()
        for sweep in graph.backward.sweeps:
            gradient = run.tensors[sweep.block.first].grad
            gradient = torch.zeros(sweep.block.shape, dtype=torch.float64) if gradient is None else gradient
            run.keep(sweep.first, gradient.detach())
            found[sweep.first] = gradient.detach().numpy()
            for use in sweep.uses:
                _use(torch, run, use, sweep.block, found)
    with torch.no_grad():
        for block in graph.blocks:
            if block.node is not None and block.phase == "update":
                run.compute(block.node)
                found[block.first] = run.tensors[block.first].numpy()
    return {steps[first][0]: np.asarray(values).reshape(steps[first][1]) for first, values in found.items()}


def _use(torch: Any, run: _Run, use: Any, block: Any, found: dict[int, np.ndarray]) -> None:
    """The path step and the derivative step of one use."""
    node = use.node
    operand = run.uses[node.block.position, use.slot]
    if use.path is not None and operand.grad is not None:
        share = np.bincount(use.targets, operand.grad.numpy().ravel()[use.entries], block.size)
        first, numbers = use.path
        found[first] = share[numbers]
    if use.slope is not None:
        alone = [run.uses[node.block.position, slot].detach().clone() for slot in range(len(node.slots))]
        alone[use.slot].requires_grad_()
        made = run.apply(node, alone)
        found[use.slope] = torch.autograd.grad(made.sum(), alone[use.slot])[0].numpy()
