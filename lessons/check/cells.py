"""Which numbers a sheet asks for: the cells of one update of a dense network, in the order of the calculation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from engine import Experiment, Op, Refused, Trace, record_run
from lessons.check.case import network_of

VERSIONS = ("all", "last_two", "last")
NOT_ASKED = ("lse", "path")  # steps on the way that people do not write down
LARGEST = 160  # cells of a sheet that anybody would fill in
RECORDED = 2  # updates: "the gradient after the update" is a slip, so its value must be known


@dataclass(frozen=True)
class Cell:
    """One number of a sheet.

    address: where a run has it, such as "z1[0,0]". index: its flat index. op: its line in the program; step: that
    line's number in the stepper, from 0. symbol: markup. part: the part of the calculation that it belongs to, such as
    "forward:1", "loss", "backward:2" or "update".
    """

    address: str
    index: int
    op: Op
    step: int
    symbol: str
    part: str

    @property
    def phase(self) -> str:
        """forward, loss, backward or update."""
        return self.op.phase

    @property
    def kind(self) -> str:
        """The kind of number: z, a, e, ell, L, dy, da, s, dz, dW, db, W or b (a new one)."""
        return self.address.split("[")[0].rstrip("'").rstrip("0123456789")


def recorded(experiment: Experiment) -> Trace:
    """The run that a sheet is judged by. Raises Refused where the first update is too long or of unequal batches."""
    if experiment.dtype != "float64":
        experiment = experiment.replace(dtype="float64")
    return record_run(experiment, RECORDED)


@lru_cache(maxsize=32)
def cells(trace: Trace, update: int = 0) -> tuple[Cell, ...]:
    """All cells of an update. What is one number with two names is asked once.

    Behind a layer without activation z is the output too, and δ the slope at the output. The slope of a parameter that
    is never updated is not asked; neither is the loss of a class that is not the true one, which is 0 by definition.
    """
    experiment = network_of(trace)
    layers, found = experiment.network.layers, []
    frozen = set(experiment.frozen)
    row = trace.values[update]
    symbols, addresses = trace.program.symbols, trace.program.addresses
    for number, op in enumerate(trace.ops):
        address = addresses[op.index]
        step = address.split("[")[0]
        linear = op.phase != "loss" and op.layer > 0 and layers[op.layer - 1].activation == "identity"
        if op.rule in NOT_ASKED or (step[0] == "d" and step[1:] in frozen):
            continue
        if linear and op.rule in ("act_identity", "slope", "delta"):
            continue
        if op.rule in ("loss_softmax_cross_entropy", "loss_nll") and row[op.reads[1]] == 0:
            continue
        symbol = symbols[op.index]
        if linear and op.rule in ("affine", "out_grad", "collect"):
            twin = next(o for o in trace.ops if o.index != op.index and o.reads[:1] == (op.index,) and _twin(op, o))
            symbol = f"{symbol} = {symbols[twin.index]}"
        found.append(Cell(address, op.index, op, number, symbol, _part(op)))
    return tuple(found)


def _twin(op: Op, other: Op) -> bool:
    return other.rule == ("act_identity" if op.rule == "affine" else "delta") and other.unit == op.unit


def _part(op: Op) -> str:
    return f"{op.phase}:{op.layer}" if op.phase in ("forward", "backward") else op.phase


def parts(asked: tuple[Cell, ...]) -> tuple[str, ...]:
    """The parts of a sheet in order."""
    return tuple(dict.fromkeys(cell.part for cell in asked))


def blanks(asked: tuple[Cell, ...], version: str = "all") -> tuple[Cell, ...]:
    """The cells that are left blank: "all", or those of the last part ("last"), or of the last two ("last_two").

    Raises Refused for another version.
    """
    if version not in VERSIONS:
        raise Refused("unknown_choice", what="version", name=version[:40], known=", ".join(VERSIONS))
    open_parts = parts(asked)[{"all": 0, "last_two": -2, "last": -1}[version] :]
    return tuple(cell for cell in asked if cell.part in open_parts)
