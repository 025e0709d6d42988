"""A run with single numbers replaced: what a learner's typing does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import overload

from engine.graph.record import edited as edited_expression
from engine.graph.spec import Expression
from engine.refusal import Refused
from engine.spec import Experiment
from engine.train import initial_parameters
from engine.writer import compile_program


def editable(experiment: Experiment, address: str) -> bool:
    """Whether a number is given (data, target, parameter, rate) rather than computed."""
    program = compile_program(experiment.network, experiment.loss, experiment.batch_size, experiment.frozen)
    index = program.find(address)
    return all(op.index != index for op in program.ops)


@overload
def edited(experiment: Experiment, edits: Mapping[str, float]) -> Experiment: ...
@overload
def edited(experiment: Expression, edits: Mapping[str, float]) -> Expression: ...
def edited(experiment: Experiment | Expression, edits: Mapping[str, float]) -> Experiment | Expression:
    """The run with the numbers at some addresses replaced, such as {"W1[0,0]": 0.2, "eta[0,0]": 0.1}.

    Weights and biases are those before the first update. Raises Refused for an address that is computed or unknown,
    and for a value that the experiment cannot take.
    """
    if not edits:
        return experiment
    if isinstance(experiment, Expression):
        return edited_expression(experiment, edits)
    program = compile_program(experiment.network, experiment.loss, experiment.batch_size, experiment.frozen)
    rows = {"x": [list(row) for row in experiment.x], "t": [list(row) for row in experiment.t]}
    parameters = initial_parameters(experiment).tolist()
    changes: dict[str, object] = {}
    for address, value in edits.items():
        program.find(address)
        if not editable(experiment, address):
            raise Refused("not_editable", address=address)
        step, _, rest = address.partition("[")
        i, j = (int(part) for part in rest.removesuffix("]").split(","))
        if step == "eta":
            changes["learning_rate"] = value
        elif step in rows:
            rows[step][i][j] = value
        else:
            layer = int(step[1:])
            before = sum((n + 1) * m for n, m in experiment.network.shapes[: layer - 1])
            n_in, n_out = experiment.network.shapes[layer - 1]
            parameters[before + (i if step[0] == "W" else n_in) * n_out + j] = value
    changes |= {name: tuple(map(tuple, table)) for name, table in rows.items()}
    if experiment.network.layers:
        changes["parameters"] = tuple(parameters)
    return experiment.replace(**changes)
