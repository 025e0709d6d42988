"""The writer of programs: every line of an update of a dense network, in the order in which it is shown."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from engine.losses import LOSSES
from engine.names import Names
from engine.ops import ACTIVATIONS
from engine.program import Args, Op, Program
from engine.refusal import Refused
from engine.spec import Loss, Network

MAX_ADDRESSES = 6_000
_THRESHOLD = re.compile(r"(?<![A-Za-z\\])c(?![A-Za-z])")


@lru_cache(maxsize=64)
def compile_program(network: Network, loss: Loss, batch: int, frozen: tuple[str, ...] = ()) -> Program:
    """The program of one update of `network` with `batch` samples; raises Refused when it would be too long."""
    return _Writer(network, loss, batch, frozen).program()


class _Writer:
    def __init__(self, network: Network, loss: Loss, batch: int, frozen: tuple[str, ...]) -> None:
        self.network, self.loss, self.batch, self.frozen = network, loss, batch, frozen
        self.rule = LOSSES[loss.name]
        self.names = Names(network, batch)
        self.depth, self.outputs = len(network.layers), network.outputs
        self.steps = self._steps()
        self.offsets: dict[str, int] = {}
        total = 0
        for step, shape in self.steps.items():
            self.offsets[step] = total
            total += math.prod(shape)
        if total > MAX_ADDRESSES:
            raise Refused("too_much_to_record", value=total)

    def _steps(self) -> dict[str, tuple[int, ...]]:
        """Step id -> shape in the order of the calculation."""
        B, K, sizes = self.batch, self.outputs, self.network.sizes
        steps: dict[str, tuple[int, ...]] = {"x": (B, sizes[0]), "t": (B, K)}
        layers = range(1, self.depth + 1)
        for k in layers:
            steps[f"W{k}"], steps[f"b{k}"] = (sizes[k - 1], sizes[k]), (1, sizes[k])
        steps["eta"] = (1, 1)
        for k in layers:
            steps[f"z{k}"] = steps[f"a{k}"] = (B, sizes[k])
        if self.rule.needs == "softmax":
            steps["lse"] = (B, 1)
        if B > 1 or K > 1:
            steps["e"] = (B, K)
        if B > 1 and K > 1:
            steps["ell"] = (B, 1)
        steps["L"] = (1, 1)
        if not self.rule.logits:
            steps["dy"] = (B, K)
        for k in reversed(layers):
            if k < self.depth:
                steps[f"p{k}"] = (B, sizes[k], sizes[k + 1])
                steps[f"da{k}"] = (B, sizes[k])
            if self._has_slope(k):
                steps[f"s{k}"] = (B, sizes[k])
            steps[f"dz{k}"] = (B, sizes[k])
            steps[f"dW{k}"], steps[f"db{k}"] = (sizes[k - 1], sizes[k]), (1, sizes[k])
        for k in layers:
            for name in (f"W{k}", f"b{k}"):
                if name not in self.frozen:
                    steps[f"{name}'"] = steps[name]
        return steps

    def _has_slope(self, k: int) -> bool:
        from_logits = self.rule.logits and k == self.depth
        return not from_logits and ACTIVATIONS[self.network.layers[k - 1].activation].derivative is not None

    def at(self, step: str, *index: int) -> int:
        shape = self.steps[step]
        return self.offsets[step] + int(np.ravel_multi_index(index, shape))

    def output(self, n: int, j: int) -> int:
        """Flat index of the prediction: the last activation, or the input of a network without layers."""
        return self.at(f"a{self.depth}", n, j) if self.depth else self.at("x", n, j)

    def below(self, k: int, n: int, i: int) -> int:
        """Flat index of what layer k reads: the activation before it, or the input."""
        return self.at(f"a{k - 1}", n, i) if k > 1 else self.at("x", n, i)

    def ops(self) -> Iterator[Op]:
        for n in range(self.batch):
            for k in range(1, self.depth + 1):
                yield from self._layer(k, n)
        yield from self._loss()
        yield from self._backward()
        yield from self._update()

    def _layer(self, k: int, n: int) -> Iterator[Op]:
        n_in, n_out = self.network.shapes[k - 1]
        name = self.network.layers[k - 1].activation
        zs = tuple(self.at(f"z{k}", n, j) for j in range(n_out))
        softmax = name == "softmax"
        for j in range(n_out):
            reads = [r for i in range(n_in) for r in (self.at(f"W{k}", i, j), self.below(k, n, i))]
            args: Args = {"it": zs[j], "unit": self.names.unit(k, j), "n": str(n_in)}
            reads.append(self.at(f"b{k}", 0, j))
            formula = f"{_products(n_in)} + #{2 * n_in}"
            yield Op(zs[j], "forward", k, j, n, "affine", formula, tuple(reads), args)
            if not softmax:
                a = self.at(f"a{k}", n, j)
                args = {"it": a, "from": zs[j], "unit": self.names.unit(k, j)}
                yield Op(a, "forward", k, j, n, f"act_{name}", ACTIVATIONS[name].formula, (zs[j],), args)
        for j in range(n_out if softmax else 0):
            a = self.at(f"a{k}", n, j)
            formula = rf"\frac{{e^{{#{j}}}}}{{{' + '.join(f'e^{{#{i}}}' for i in range(n_out))}}}"
            args = {"it": a, "from": zs[j], "unit": self.names.unit(k, j), "n": str(n_out)}
            yield Op(a, "forward", k, j, n, "act_softmax", formula, zs, args)

    def _loss(self) -> Iterator[Op]:
        B, K, top = self.batch, self.outputs, self.depth
        rule, mean = self.rule, self.loss.reduction == "mean"
        half = r"\frac{1}{2} " if self.loss.factor == 0.5 else ""
        for n in range(B):
            zs = tuple(self.at(f"z{top}", n, j) for j in range(K)) if rule.logits else ()
            if rule.needs == "softmax":
                formula = rf"\ln({' + '.join(f'e^{{#{i}}}' for i in range(K))})"
                lse = self.at("lse", n, 0)
                yield Op(lse, "loss", top, -1, n, "lse", formula, zs, {"it": lse, "n": str(K)})
            for j in range(K):
                it = self.at("e", n, j) if "e" in self.steps else self.at("L", 0, 0)
                reads = [zs[j] if rule.logits else self.output(n, j), self.at("t", n, j)]
                if rule.needs == "softmax":
                    reads.append(self.at("lse", n, 0))
                args: Args = {"it": it, "from": self.output(n, j), "to": self.at("t", n, j), "unit": self.names.unit(top, j)}
                yield Op(it, "loss", top, j, n, f"loss_{rule.name}", half + self._spelled(rule.formula), tuple(reads), args)
            if "ell" in self.steps:
                it = self.at("ell", n, 0)
                reads_e = tuple(self.at("e", n, j) for j in range(K))
                formula = _mean(K, K if mean and not rule.per_sample else 1)
                yield Op(it, "loss", top, -1, n, "sample_loss", formula, reads_e, {"it": it, "n": str(K)})
        if "e" in self.steps:
            it = self.at("L", 0, 0)
            each = "ell" if "ell" in self.steps else "e"
            parts = tuple(self.at(each, n, j) for n in range(B) for j in range(self.steps[each][1]))
            divisor = 1 if not mean or (rule.per_sample and B == 1) else len(parts)
            yield Op(it, "loss", top, -1, -1, "total_loss", _mean(len(parts), divisor), parts, {"it": it, "n": str(len(parts))})

    def _spelled(self, formula: str) -> str:
        """A formula of the loss with the number of its threshold in place of c."""
        return _THRESHOLD.sub(repr(self.loss.threshold).removesuffix(".0"), formula)

    def _scaled(self, inner: str) -> str:
        """A derivative of the loss with the factors that its conventions put in front of it."""
        rule = self.rule
        front = []
        if self.loss.reduction == "mean":
            count = self.batch if rule.per_sample else self.batch * self.outputs
            if count > 1:
                front.append(rf"\frac{{1}}{{{count}}}")
        if rule.name == "squared_error" and self.loss.factor == 1:
            front.append("2")
        if not front:
            return inner[1:-1] if inner == "(#0 - #1)" else inner
        return r" \cdot ".join([*front, f"({inner})" if inner.startswith("-") else inner])

    def _backward(self) -> Iterator[Op]:
        top, B = self.depth, self.batch
        if not self.rule.logits:
            for n in range(B):
                for j in range(self.outputs):
                    it = self.at("dy", n, j)
                    reads = (self.output(n, j), self.at("t", n, j))
                    args: Args = {"it": it, "unit": self.names.unit(top, j), "from": reads[0], "to": reads[1]}
                    formula = self._scaled(self._spelled(self.rule.gradient_formula))
                    yield Op(it, "backward", top, j, n, "out_grad", formula, reads, args)
                    if top and self._has_slope(top):
                        yield from self._slope_and_delta(top, n, j)
        for k in range(top, 0, -1):
            for n in range(B):
                yield from self._signals(k, n)
            yield from self._gradients(k)

    def _signals(self, k: int, n: int) -> Iterator[Op]:
        """dL/da of a hidden layer with its paths, and the deltas of the layer."""
        top, units = self.depth, self.network.sizes[k]
        if k < top:
            ahead = self.network.sizes[k + 1]
            for j in range(units):
                parts = []
                for m in range(ahead):
                    it, w = self.at(f"p{k}", n, j, m), self.at(f"W{k + 1}", j, m)
                    parts.append(it)
                    unit = self.names.unit(k, j)
                    args: Args = {"it": it, "from": unit, "unit": unit, "to": self.names.unit(k + 1, m), "w": w}
                    yield Op(it, "backward", k, j, n, "path", r"#0 \cdot #1", (self.at(f"dz{k + 1}", n, m), w), args)
                it = self.at(f"da{k}", n, j)
                args = {"it": it, "unit": self.names.unit(k, j), "n": str(ahead)}
                yield Op(it, "backward", k, j, n, "collect", _mean(ahead, 1), tuple(parts), args)
                if self._has_slope(k):
                    yield from self._slope_and_delta(k, n, j)
        if self._has_slope(k):
            return
        for j in range(units):
            it, a = self.at(f"dz{k}", n, j), self.at(f"a{k}", n, j)
            args = {"it": it, "unit": self.names.unit(k, j), "from": a}
            if self.rule.logits and k == top:
                args["to"] = self.at("t", n, j)
                formula, reads = self._scaled(self._spelled(self.rule.gradient_formula)), (a, self.at("t", n, j))
                yield Op(it, "backward", k, j, n, "delta_logits", formula, reads, args)
            else:
                signal = "dy" if k == top else f"da{k}"
                pairs = [r for m in range(units) for r in (self.at(signal, n, m), self.at(f"a{k}", n, m))]
                formula = rf"#{2 * j + 1} \cdot (#{2 * j} - ({_products(units)}))"
                yield Op(it, "backward", k, j, n, "delta_softmax", formula, tuple(pairs), args)

    def _slope_and_delta(self, k: int, n: int, j: int) -> Iterator[Op]:
        name = self.network.layers[k - 1].activation
        s, dz = self.at(f"s{k}", n, j), self.at(f"dz{k}", n, j)
        z, a = self.at(f"z{k}", n, j), self.at(f"a{k}", n, j)
        args: Args = {"it": s, "unit": self.names.unit(k, j), "from": z}
        yield Op(s, "backward", k, j, n, "slope", ACTIVATIONS[name].slope_formula, (z, a), args)
        above = self.at("dy" if k == self.depth else f"da{k}", n, j)
        args = {"it": dz, "unit": self.names.unit(k, j), "from": above}
        yield Op(dz, "backward", k, j, n, "delta", r"#0 \cdot #1", (above, s), args)

    def _gradients(self, k: int) -> Iterator[Op]:
        n_in, n_out = self.network.shapes[k - 1]
        samples = range(self.batch)
        for j in range(n_out):
            deltas = tuple(self.at(f"dz{k}", n, j) for n in samples)
            for i in range(n_in):
                it = self.at(f"dW{k}", i, j)
                reads = tuple(r for n in samples for r in (deltas[n], self.below(k, n, i)))
                unit = self.names.unit(k, j)
                args: Args = {"it": it, "w": self.at(f"W{k}", i, j), "from": self.names.unit(k - 1, i)}
                args |= {"unit": unit, "to": unit, "n": str(self.batch)}
                yield Op(it, "backward", k, j, -1, "grad_weight", _products(self.batch), reads, args)
            it = self.at(f"db{k}", 0, j)
            args = {"it": it, "w": self.at(f"b{k}", 0, j), "unit": self.names.unit(k, j)}
            args |= {"to": args["unit"], "n": str(self.batch)}
            yield Op(it, "backward", k, j, -1, "grad_bias", _mean(self.batch, 1), deltas, args)

    def _update(self) -> Iterator[Op]:
        rate = self.at("eta", 0, 0)
        for k, (n_in, n_out) in enumerate(self.network.shapes, 1):
            for j in range(n_out):
                cells = [("W", i) for i in range(n_in)] + [("b", 0)]
                for kind, i in cells:
                    if f"{kind}{k}'" not in self.steps:
                        continue
                    it, old = self.at(f"{kind}{k}'", i, j), self.at(f"{kind}{k}", i, j)
                    reads = (old, rate, self.at(f"d{kind}{k}", i, j))
                    rule = "step_weight" if kind == "W" else "step_bias"
                    args: Args = {"it": it, "w": old, "unit": self.names.unit(k, j)}
                    yield Op(it, "update", k, j, -1, rule, r"#0 - #1 \cdot #2", reads, args)

    def program(self) -> Program:
        addresses, symbols, places = [], [], []
        for step, shape in self.steps.items():
            for index in np.ndindex(*shape):
                symbol, place = self.names.symbol(step, index)
                addresses.append(f"{step}[{','.join(map(str, index))}]")
                symbols.append(symbol)
                places.append(place)
        carry = {
            self.offsets[step] + i: self.offsets[f"{step}'"] + i
            for step, shape in self.steps.items()
            if f"{step}'" in self.steps
            for i in range(math.prod(shape))
        }
        ops = tuple(self.ops())
        return Program(self.steps, self.offsets, tuple(addresses), tuple(symbols), tuple(places), ops, carry)


def _products(count: int) -> str:
    return " + ".join(rf"#{2 * i} \cdot #{2 * i + 1}" for i in range(count))


def _mean(count: int, divisor: int) -> str:
    total = " + ".join(f"#{i}" for i in range(count))
    return total if divisor == 1 else rf"\frac{{1}}{{{divisor}}} ({total})"
