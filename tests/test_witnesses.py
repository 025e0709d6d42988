"""Three witnesses see every number, agree on right ones, catch planted errors, and say which of them is missing."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import engine.fast
from engine import ACTIVATIONS, LOSSES, Dense, Experiment, Loss, Network, Trace, certify, record_run
from engine.witness import GRAPH_LIMIT, TOLERANCE, WITNESSES
from tests.draws import NAMES, every_experiment

ROOT = Path(__file__).parent.parent
SMOOTH = [name for name in NAMES if ACTIVATIONS[name].derivative]


def network_of(activation: str, loss: str = "squared_error", **choices: object) -> Experiment:
    """Two samples, three inputs, two hidden units of an activation, two outputs as the loss needs them."""
    rule = LOSSES[loss]
    output = rule.needs or ("sigmoid" if rule.probabilities else "identity")
    t = ((1.0, 0.0), (0.0, 1.0))
    network = Network(3, (Dense(2, activation), Dense(2, output)))
    conventions = Loss(loss, 0.5, "mean", 0.5)
    return Experiment(network, conventions, ((0.4, -0.7, 1.1), (0.9, 0.3, -0.5)), t, seed=3, **choices)


def test_all_agree_on_every_activation_with_every_loss() -> None:
    torch = pytest.importorskip("torch")
    assert torch
    for experiment in every_experiment(samples=2):
        said = certify(record_run(experiment, 3))
        assert said.agree and not said.missing, (experiment, said.largest)


def test_every_computed_number_is_heard_by_all_who_can_know_it() -> None:
    pytest.importorskip("torch")
    heard = dict.fromkeys(WITNESSES, 0)
    for name in SMOOTH:
        for loss in LOSSES:
            trace = record_run(network_of(name, loss))
            said = certify(trace).differences[0]
            for op in trace.ops:
                step = trace.program.addresses[op.index].partition("[")[0]
                backward = step[0] in "ds" and not step.endswith("'")
                asked = WITNESSES if backward else ("autograd", "graph")
                for witness in asked:
                    assert not np.isnan(said[WITNESSES.index(witness), op.index]), (witness, step, name, loss)
                    heard[witness] += 1
    assert min(heard.values()) > 1_000


def off(trace: Trace, change: Callable[[dict[str, np.ndarray]], None]) -> Trace:
    """A copy of a trace with some numbers of its first update changed; change(steps) gets writable views."""
    values = trace.values.copy()
    copy = replace(trace, values=values)
    change({step: copy.array(step, 0) for step in trace.program.steps})
    return copy


def transpose_gradient(steps: dict[str, np.ndarray]) -> None:
    steps["dW2"][...] = steps["dW2"].T.copy()


def forget_factor(steps: dict[str, np.ndarray]) -> None:
    steps["dy"] *= 2


def forget_mean(steps: dict[str, np.ndarray]) -> None:
    steps["L"] *= 2


def swap_shares(steps: dict[str, np.ndarray]) -> None:
    steps["p1"][...] = steps["p1"][:, :, ::-1].copy()


def climb(steps: dict[str, np.ndarray]) -> None:
    steps["W1'"][...] = 2 * steps["W1"] - steps["W1'"]


@pytest.mark.parametrize("fault", [transpose_gradient, forget_factor, forget_mean, swap_shares, climb])
@pytest.mark.parametrize("torch", [None, False])
def test_a_fault_in_one_quantity_is_caught(fault: Callable[[dict[str, np.ndarray]], None], torch: bool | None) -> None:
    trace = record_run(network_of("tanh"))
    assert certify(trace, torch=torch).agree
    assert not certify(off(trace, fault), torch=torch).agree


def test_one_digit_in_any_computed_number_is_caught() -> None:
    trace = record_run(network_of("sigmoid"))
    for op in trace.ops:
        values = trace.values.copy()
        values[0, op.index] += 1e-5 * max(1.0, abs(values[0, op.index]))
        assert not certify(replace(trace, values=values), torch=False).agree, trace.program.addresses[op.index]


@pytest.mark.parametrize("name", SMOOTH)
def test_a_wrong_slope_in_the_step_that_trains_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    op = ACTIVATIONS[name]
    right = engine.fast._slope

    def wrong(be: object, which: str, z: np.ndarray, a: np.ndarray, s: np.ndarray) -> list[Callable[[], object]]:
        calls = right(be, which, z, a, s)
        return [*calls, lambda: np.multiply(s, 1.0005, s)] if which == name else calls

    if name == "identity":  # it has no slope of its own in the fast step: nothing to get wrong but its value
        monkeypatch.setitem(ACTIVATIONS, name, replace(op, value=lambda be, z: z * 1.0005))
        assert not certify(record_run(network_of(name)), torch=False).differences[0, 1:].max() <= 1e-6
        return
    monkeypatch.setattr(engine.fast, "_slope", wrong)
    for torch in (None, False):
        said = certify(record_run(network_of(name)), torch=torch)
        assert not said.agree
        assert all(said.largest[witness] > TOLERANCE[witness] for witness in said.largest)


def test_a_step_without_its_mean_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine.fast, "share", lambda loss, batch, outputs: 1.0)
    for loss in LOSSES:
        assert not certify(record_run(network_of("tanh", loss)), torch=False).agree, loss


@pytest.mark.parametrize("loss", [name for name in LOSSES if LOSSES[name].gradient_formula != "(#0 - #1)"])
def test_a_wrong_loss_gradient_in_the_step_that_trains_is_caught(loss: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = LOSSES[loss]
    monkeypatch.setitem(LOSSES, loss, replace(rule, gradient=lambda *args: 1.0005 * rule.gradient(*args)))
    assert not certify(record_run(network_of("tanh", loss)), torch=False).agree


def test_a_derivative_at_a_kink_has_no_central_difference() -> None:
    network = Network(1, (Dense(1, "relu"), Dense(1)))
    trace = record_run(Experiment(network, Loss(), ((1.0,),), ((1.0,),), (1.0, -1.0, 1.0, 0.0)))
    assert trace.value("z1[0,0]") == 0 and trace.value("s1[0,0]") == 0
    said = certify(trace)
    central = said.differences[0, WITNESSES.index("central")]
    assert np.isnan(central[trace.program.find("dW1[0,0]")]) and np.isnan(central[trace.program.find("s1[0,0]")])
    assert said.agree


def test_who_is_not_asked_is_named() -> None:
    pytest.importorskip("torch")
    trace = record_run(network_of("tanh"), 2)
    assert certify(trace, torch=False).missing == {"autograd": "later"}
    assert set(certify(trace, torch=False).largest) == {"central", "graph"}
    assert certify(trace, updates=1).differences.shape == (1, 3, trace.program.size)
    wide = Network(20, (Dense(30, "tanh"), Dense(10)))
    large = record_run(Experiment(wide, Loss(), ((0.1,) * 20,), ((0.2,) * 10,)))
    assert large.program.size > GRAPH_LIMIT
    said = certify(large)
    assert said.missing == {"graph": "size"} and said.agree


def test_the_witnesses_share_no_formula_with_the_passes() -> None:
    for module, allowed in (("scalar", {"engine.spec"}), ("torch_backend", {"engine.refusal", "engine.spec"})):
        tree = ast.parse((ROOT / "engine" / f"{module}.py").read_text("utf-8"))
        ours = {
            node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and str(node.module).startswith("engine")
        }
        assert ours <= allowed, (module, ours)
    source = (ROOT / "engine" / "witness.py").read_text("utf-8")
    assert "backward" not in source.split('"""', 2)[2]
    assert ".derivative(" not in source and ".gradient(" not in source


WITHOUT_TORCH = """
import json, sys
class Block:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "torch":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Block())
from engine import Dense, Experiment, Loss, Network, Refused, certify, get_backend, record_run
network = Network(2, (Dense(2, "sigmoid"), Dense(2, "sigmoid")))
trace = record_run(Experiment(network, Loss(), ((0.05, 0.1),), ((0.01, 0.99),)), 3)
said = certify(trace)
try:
    get_backend("cpu")
except Refused as refusal:
    code = refusal.code
print(json.dumps({"missing": said.missing, "agree": said.agree, "heard": sorted(said.largest), "code": code}))
"""


def test_without_torch_two_witnesses_remain() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_TORCH], cwd=ROOT, capture_output=True, text=True, check=True)
    said = json.loads(done.stdout)
    assert said == {"missing": {"autograd": "torch"}, "agree": True, "heard": ["central", "graph"], "code": "torch_missing"}


def test_a_torch_that_cannot_be_loaded_counts_as_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    monkeypatch.setitem(sys.modules, "torch", None)  # importing it raises ImportError
    monkeypatch.setattr("engine.torch_backend.available", lambda: True)
    said = certify(record_run(network_of("tanh")))
    assert said.missing == {"autograd": "torch"} and said.agree


def test_importing_the_engine_leaves_torch_alone(capsys: pytest.CaptureFixture[str]) -> None:
    code = (
        "import json, sys, time; start = time.process_time(); import engine; took = time.process_time() - start; "
        "print(json.dumps([took, 'torch' in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    took, loaded = json.loads(done.stdout)
    with capsys.disabled():
        sys.stdout.write(f"\nimport engine: {took:.2f} s of CPU\n")
    assert not loaded
