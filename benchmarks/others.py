"""A complete trace beside a scalar graph, 64 experiments at once, and what importing costs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from statistics import median

import numpy as np

from engine import Dense, Experiment, Loss, Network, get_backend, record_run, scalar
from engine.passes import backward, descend, forward
from engine.train import initial_parameters, unflatten

from .measure import Result, side_by_side

RUNS = 64


def traces() -> Result:
    """Every number of an update of a 3-4-4-2 network: recorded, against one object per number."""
    network = Network(3, (Dense(4, "tanh"), Dense(4, "tanh"), Dense(2, "tanh")))
    experiment = Experiment(network, Loss(), ((0.2, -0.4, 0.9),), ((1.0, -1.0),), learning_rate=0.05)
    first = record_run(experiment)
    given = {step: first.array(step) for step in first.program.steps if step[0] in "xtWb" and step[-1] != "'"}

    def record() -> int:
        return record_run(experiment, 200).updates

    def graph() -> int:
        scalar.update(experiment, given)
        return 1

    name = f"3-4-4-2 tanh: {first.program.size} numbers of an update"
    return side_by_side(name, "updates/s", record, "scalar graph in pure Python", graph)


def stacked() -> Result:
    """64 networks, one step each: as a leading axis of the arrays, and one after another."""
    network, loss, be = Network(2, (Dense(8, "tanh"), Dense(1))), Loss("squared_error", 1.0, "mean"), get_backend("numpy")
    rng = np.random.default_rng(3)
    x, t = rng.normal(size=(16, 2)), rng.normal(size=(16, 1))
    base = Experiment(network, loss, tuple(map(tuple, x.tolist())), tuple(map(tuple, t.tolist())))
    thetas = np.stack([initial_parameters(base.replace(seed=seed)) for seed in range(RUNS)])

    def step(theta: np.ndarray) -> Callable[[], None]:
        params = unflatten(network, theta)

        def run() -> None:
            nonlocal params
            done = forward(be, network, params, x)
            params = descend(params, backward(be, network, loss, params, done, t), 0.01)

        return run

    together, alone = step(thetas), [step(theta) for theta in thetas]

    def all_at_once() -> int:
        together()
        return RUNS

    def one_by_one() -> int:
        for run in alone:
            run()
        return RUNS

    return side_by_side(
        f"{RUNS} networks 2-8-1 on a runs axis", "network steps/s", all_at_once, "one after another", one_by_one
    )


def imports(rounds: int = 5) -> Result:
    """CPU time of a first import, each in a process of its own."""

    def seconds(module: str) -> float:
        code = f"import time; s = time.process_time(); import {module}; print(time.process_time() - s)"
        return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)

    pairs = [(seconds("engine"), seconds("torch")) for _ in range(rounds)]
    ours, theirs = (median(column) for column in zip(*pairs, strict=True))
    return Result("first import", "s of CPU", ours, "import torch", theirs, median(b / a for a, b in pairs))


def results() -> Iterator[Result]:
    """Everything measured here."""
    yield traces()
    yield stacked()
    yield imports()
