"""A recorded run as the one message that the stepper component lives on."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine import Certificate, Experiment, Expression, Trace
from engine.graph import graph_of, layout
from engine.witness import WITNESSES


@dataclass(frozen=True)
class Show:
    """What the stepper shows beside the numbers: words, title, published figures, questions, and where it stands."""

    id: str
    lang: str
    words: Mapping[str, str]
    title: str
    source: str
    published: Sequence[Mapping[str, Any]] = ()
    questions: Sequence[Mapping[str, Any]] = ()
    edited: Sequence[str] = ()
    can_undo: bool = False
    position: Mapping[str, Any] = field(default_factory=dict)
    decimals: int = 6
    notice: Mapping[str, str] | None = None


def payload(trace: Trace, certificate: Certificate, show: Show) -> dict[str, Any]:
    """The message for the browser: static program, every recorded number (float64, base64), and what to show.

    Its fields are listed in ui/stepper/README.md. The component adds nothing to these numbers: it shows them.
    """
    program = trace.program
    names = program.addresses
    written = {op.index for op in program.ops}
    return {
        "v": 1,
        "id": show.id,
        "lang": show.lang,
        "title": show.title,
        "source": show.source,
        "words": dict(show.words),
        "net": _net(trace.experiment),
        "addr": list(names),
        "sym": list(program.symbols),
        "kind": ["op" if i in written else "given" for i in range(program.size)],
        "place": [list(place) for place in program.places],
        "ops": [
            {
                "a": op.index,
                "phase": op.phase,
                "layer": op.layer,
                "unit": op.unit,
                "sample": op.sample,
                "rule": op.rule,
                "tpl": op.formula,
                "num": None,
                "reads": list(op.reads),
                "ask": f"ask.{op.rule}",
                "say": f"say.{op.rule}",
                "args": op.args,
            }
            for op in program.ops
        ],
        "updates": trace.updates,
        "epoch": list(trace.epochs),
        "values": _base64(trace.values, "<f8"),
        "witness": {
            "names": list(WITNESSES),
            "missing": certificate.missing,
            "diff": _base64(certificate.differences, "<f4"),
            "updates": len(certificate.differences),
        },
        "published": [dict(figure) for figure in show.published],
        "carry": {names[given]: names[made] for given, made in program.carry.items()},
        "editable": [i for i in range(program.size) if i not in written],
        "edited": [program.find(address) for address in show.edited],
        "canUndo": show.can_undo,
        "questions": [dict(question) for question in show.questions],
        "position": {"update": 0, "op": 0, "grain": "operation", **show.position},
        "decimals": show.decimals,
        "notice": dict(show.notice) if show.notice else None,
    }


def _net(experiment: Experiment | Expression) -> dict[str, Any]:
    """What the diagram draws: the layers of a network, or the blocks of a computational graph and their links."""
    if isinstance(experiment, Expression):
        return {"kind": "graph", **layout(graph_of(experiment)), "sizes": [], "acts": [], "batch": 1, "loss": ""}
    return {
        "sizes": list(experiment.network.sizes),
        "acts": [layer.activation for layer in experiment.network.layers],
        "loss": experiment.loss.name,
        "batch": experiment.batch_size,
    }


def _base64(values: np.ndarray, kind: str) -> str:
    return base64.b64encode(np.ascontiguousarray(values, dtype=kind).tobytes()).decode("ascii")
