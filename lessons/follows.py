"""Why a printed figure is off: does it follow, correctly calculated, from a figure that was off before it?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from engine import Experiment, Trace, advance, record_run, start
from engine.replay import replay
from lessons.examples import Judged, WorkedExample, judge, judged
from lessons.examples.judge import printed_number

MAX_UPDATE = 2_000  # later figures come from a program, not from a pencil


@lru_cache(maxsize=128)
def follows(example: WorkedExample) -> tuple[tuple[str, ...], ...]:
    """For every figure of an example the symbols of the earlier figures that it follows from; empty for most.

    A wrong figure follows from others when it comes out once they are put in place of the right numbers: one of them if
    one is enough, else all of the same update, new weights of the update before included.
    """
    found = judged(example)
    if not isinstance(example.experiment, Experiment):
        return ((),) * len(found)
    return tuple(_causes(example, found, one) if one.verdict == "wrong" else () for one in found)


def _causes(example: WorkedExample, found: Sequence[Judged], one: Judged) -> tuple[str, ...]:
    update, experiment = one.figure.update, example.experiment
    if update > MAX_UPDATE or not isinstance(experiment, Experiment):
        return ()
    trace = _recorded(experiment, update)
    earlier = _earlier(found, one, trace)
    if trace is None or not earlier:
        return ()
    for address, (symbol, value) in earlier.items():
        if _reproduces(trace, one, {address: value}):
            return (symbol,)
    if _reproduces(trace, one, {address: value for address, (_, value) in earlier.items()}):
        return tuple(dict.fromkeys(symbol for symbol, _ in earlier.values()))
    return ()


def _earlier(found: Sequence[Judged], one: Judged, trace: Trace | None) -> dict[str, tuple[str, float]]:
    """address -> (symbol, printed value) of the figures that are off in the same update, or were carried into it."""
    if trace is None:
        return {}
    program, figure = trace.program, one.figure
    target = program.find(figure.address)
    carried = {program.addresses[new]: old for old, new in program.carry.items()}
    off: dict[str, tuple[str, float]] = {}
    for other in found:
        own = other.figure
        if other.verdict in ("match", "float32") or not own.times:
            continue
        value = float(printed_number(own.text)) / own.times
        if own.update == figure.update and program.find(own.address) != target:
            off[own.address] = (own.symbol, value)
        elif own.update + 1 == figure.update and own.address in carried:
            off[program.addresses[carried[own.address]]] = (own.symbol, value)
    return off


def _reproduces(trace: Trace, one: Judged, overrides: Mapping[str, float]) -> bool:
    value = one.figure.times * float(replay(trace, 0, overrides)[trace.program.find(one.figure.address)])
    if value == one.computed:
        return False
    # A coarse figure may be one unit away from the right value as well; then only an exact agreement says anything.
    close = ("match", "last-digit") if judge(one.figure.text, one.computed) == "off" else ("match",)
    return judge(one.figure.text, value) in close


@lru_cache(maxsize=64)
def _recorded(experiment: Experiment, update: int) -> Trace | None:
    """One recorded update, later ones after training up to them; None where the run has diverged before."""
    if update == 0:
        return record_run(experiment)
    state = advance(start(experiment), update)
    return None if state.diverged else record_run(experiment.replace(parameters=tuple(state.theta.tolist())))
