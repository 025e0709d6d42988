"""Symbols: what each number is called, and where it stands in the diagram.

Inputs x_1, hidden units h_1 (h_{2,1} with several hidden layers), outputs o_1 or ŷ for a single one; weights w_1, w_2, …
numbered unit by unit through the network, biases b_1, b_2, … likewise; (n) above marks the sample of a batch.
"""

from __future__ import annotations

from engine.spec import Network


class Names:
    """The symbols of a network's numbers for batches of a size."""

    def __init__(self, network: Network, batch: int) -> None:
        self.network, self.batch = network, batch
        self.depth, self.outputs = len(network.layers), network.outputs

    def unit(self, k: int, j: int) -> str:
        """The name of a unit: x_1, h_2, h_{2,1} with several hidden layers, o_1, or ŷ for a single output."""
        if k == self.depth:
            return r"\hat{y}" if self.outputs == 1 else f"o_{_sub(j + 1)}" if self.depth else rf"\hat{{y}}_{_sub(j + 1)}"
        if k == 0:
            return f"x_{_sub(j + 1)}" if self.network.inputs > 1 else "x"
        return f"h_{_sub(j + 1)}" if self.depth == 2 else f"h_{{{k},{j + 1}}}"

    def _tag(self, k: int, j: int) -> str:
        return "o" if k == self.depth and self.outputs == 1 else self.unit(k, j)

    def _weight(self, k: int, i: int, j: int) -> str:
        before = sum(n * m for n, m in self.network.shapes[: k - 1])
        count = before + j * self.network.shapes[k - 1][0] + i + 1
        return "w" if sum(n * m for n, m in self.network.shapes) == 1 else f"w_{_sub(count)}"

    def _bias(self, k: int, j: int) -> str:
        count = sum(m for _, m in self.network.shapes[: k - 1]) + j + 1
        return "b" if sum(m for _, m in self.network.shapes) == 1 else f"b_{_sub(count)}"

    def symbol(self, step: str, index: tuple[int, ...]) -> tuple[str, tuple[str | int, ...]]:
        """(symbol, place in the diagram) of one number."""
        kind = step.rstrip("0123456789'")
        k = int(step.removeprefix(kind).rstrip("'") or 0)
        prime = "'" if step.endswith("'") else ""
        n, j = index[0], index[-1]
        sup = f"^{{({n + 1})}}" if self.batch > 1 else ""
        d = r"\partial L/\partial "
        match kind:
            case "x":
                return self.unit(0, j) + sup, ("node", 0, j)
            case "t":
                return (f"t_{_sub(j + 1)}" if self.outputs > 1 else "t") + sup, ("target", j)
            case "W":
                return self._weight(k, n, j) + prime, ("edge", k, n, j)
            case "b":
                return self._bias(k, j) + prime, ("bias", k, j)
            case "dW":
                return d + self._weight(k, n, j), ("edge", k, n, j)
            case "db":
                return d + self._bias(k, j), ("bias", k, j)
            case "z":
                return f"z_{{{self._tag(k, j)}}}{sup}", ("node", k, j)
            case "a":
                return self.unit(k, j) + sup, ("node", k, j)
            case "s":
                letter = {"sigmoid": r"\sigma", "tanh": r"\tanh"}.get(self.network.layers[k - 1].activation, "f")
                return f"{letter}'(z_{{{self._tag(k, j)}}}{sup})", ("node", k, j)
            case "dz":
                return rf"\delta_{{{self._tag(k, j)}}}{sup}", ("node", k, j)
            case "dy":
                return d + self.unit(self.depth, j) + sup, ("node", self.depth, j)
            case "da":
                return d + self.unit(k, j) + sup, ("node", k, j)
            case "p":
                unit = index[1]
                return f"{d}{self.unit(k, unit)}{sup}|_{{{self._tag(k + 1, j)}}}", ("edge", k + 1, unit, j)
            case "e":
                return rf"\ell_{_sub(j + 1)}{sup}" if self.outputs > 1 else rf"\ell{sup}", ("target", j)
            case "ell":
                return rf"\ell{sup}", ("loss",)
            case "lse":
                return rf"\text{{lse}}{sup}", ("loss",)
            case "eta":
                return r"\eta", ("rate",)
        return "L", ("loss",)


def _sub(number: int) -> str:
    return str(number) if number < 10 else f"{{{number}}}"
