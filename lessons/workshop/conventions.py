"""Convention switches: ways to understand the same printed sheet, and the one under which its figures come out.

A setting changes the experiment (½ or 1, sum or mean, which way a square matrix is read, biases moved or not), or the
order of the update. In the faulty order every layer is moved before the error travels through it; that is not
gradient descent, but so many sheets do it that their figures can only be explained by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product

import numpy as np

from engine import Experiment, Trace, advance, record_run, start
from engine.backend import NUMPY
from engine.passes import backward, descend, forward
from engine.train import initial_parameters, unflatten
from lessons.examples import Figure, WorkedExample, judge

TOGETHER, THROUGH_NEW = "together", "new_weights"
NEAR = 25  # figures of earlier updates are tried under every setting
WORK = 12_000_000  # how far later ones are followed: updates × (parameters × samples + 50), about a second in all
SLOWER = 9  # one update in the faulty order costs so many ordinary ones


@dataclass(frozen=True)
class Setting:
    """One way to read a sheet. factor: ½ or 1 before a squared error. reduction: sum or mean. turned: square weight
    matrices hold a row per unit instead of a row per input. biases: whether they are updated. order: "together", or
    "new_weights" for the faulty order.
    """

    factor: float
    reduction: str
    turned: bool = False
    biases: bool = True
    order: str = TOGETHER

    def changes(self, other: Setting) -> tuple[str, ...]:
        """The names of the switches that stand differently in another setting."""
        return tuple(name for name in SWITCHES if getattr(self, name) != getattr(other, name))


# Momentum terms and the place of ε are switches of programs, not of networks: an expression's own statements say them.
SWITCHES = ("factor", "reduction", "turned", "biases", "order")


@dataclass(frozen=True)
class Agreement:
    """How a setting fares: which figures (by their place in the list) it reproduces, of those that could be tried."""

    setting: Setting
    agreeing: tuple[int, ...]
    tried: tuple[int, ...]


def setting_of(experiment: Experiment) -> Setting:
    """The setting that an experiment has as it stands."""
    depth = len(experiment.network.layers)
    moved = not depth or any(f"b{k}" not in experiment.frozen for k in range(1, depth + 1))
    return Setting(experiment.loss.factor, experiment.loss.reduction, biases=moved)


def options(experiment: Experiment) -> dict[str, tuple[object, ...]]:
    """The values of each switch that make a difference to this experiment, the present one first."""
    now, network = setting_of(experiment), experiment.network
    found: dict[str, tuple[object, ...]] = {}
    if experiment.loss.name == "squared_error":
        found["factor"] = (now.factor, 1.5 - now.factor)
    if experiment.batch_size * network.outputs > 1:
        found["reduction"] = (now.reduction, "mean" if now.reduction == "sum" else "sum")
    if any(_turnable(W) for W, _ in unflatten(network, initial_parameters(experiment))):
        found["turned"] = (False, True)
    if network.layers:
        found["biases"] = (now.biases, not now.biases)
    if len(network.layers) > 1:
        found["order"] = (TOGETHER, THROUGH_NEW)
    return found


def settings(experiment: Experiment) -> tuple[Setting, ...]:
    """Every combination of switches that makes a difference, those with the fewest changes first."""
    now, choices = setting_of(experiment), options(experiment)
    made = [Setting(**vars(now) | dict(zip(choices, chosen, strict=True))) for chosen in product(*choices.values())]
    return tuple(sorted(made, key=lambda one: len(one.changes(now))))


def under(example: WorkedExample, setting: Setting) -> WorkedExample:
    """The example as a setting reads it: loss, matrices, moving biases. The order of the update is not part of it."""
    experiment = example.experiment
    depth, network = len(experiment.network.layers), experiment.network
    frozen = [name for name in experiment.frozen if name[0] == "W"]
    if setting.biases == setting_of(experiment).biases:
        frozen = list(experiment.frozen)
    elif not setting.biases:
        frozen += [f"b{k}" for k in range(1, depth + 1)]
    figures, theta = example.figures, initial_parameters(experiment)
    if setting.turned:
        blocks: list[np.ndarray] = []
        turned: set[str] = set()
        for k, (W, b) in enumerate(unflatten(network, theta), 1):
            if _turnable(W):
                W, turned = W.T, turned | {str(k)}
            blocks += [W.ravel(), b.ravel()]
        theta = np.concatenate(blocks)
        figures = tuple(replace(figure, address=_turned(figure.address, turned)) for figure in figures)
    figures = tuple(_kept(figure, frozen) for figure in figures)
    loss = replace(experiment.loss, factor=setting.factor, reduction=setting.reduction)
    changed = experiment.replace(loss=loss, parameters=tuple(theta.tolist()), frozen=tuple(sorted(frozen)))
    return replace(example, experiment=changed, figures=figures)


def _kept(figure: Figure, frozen: Sequence[str]) -> Figure:
    """A figure of a parameter after an update that no longer moves it: the same number is what the next update starts from."""
    step, bracket, rest = figure.address.partition("[")
    if not step.endswith("'") or step[:-1] not in frozen:
        return figure
    return replace(figure, address=f"{step[:-1]}{bracket}{rest}", update=figure.update + 1)


def _turnable(W: np.ndarray) -> bool:
    return W.shape[0] == W.shape[1] > 1 and not np.array_equal(W, W.T)


def _turned(address: str, layers: set[str]) -> str:
    step, _, rest = address.partition("[")
    if "W" not in step or step.strip("dW'") not in layers:
        return address
    i, j = rest.removesuffix("]").split(",")
    return f"{step}[{j},{i}]"


def faulty_step(experiment: Experiment, theta: np.ndarray, kept: dict[str, np.ndarray] | None = None) -> np.ndarray:
    """Flat parameters after one update in the faulty order, the engine's own passes taken in another order.

    The forward pass and the loss are as always. From the last layer down, a layer's gradient is computed and the layer
    is moved at once, so the error travels back through weights that are new already. kept: filled with the numbers of
    the backward pass by step name.
    """
    network, loss = experiment.network, experiment.loss
    params = list(unflatten(network, theta))
    done = forward(NUMPY, network, params, np.array(experiment.x))
    target = np.array(experiment.t)
    depth = len(network.layers)
    for k in range(depth, 0, -1):
        # What lies above layer k is new in `params`; its own gradient is right for that, and only it is taken.
        gradients = backward(NUMPY, network, loss, params, done, target)
        others = [f"{kind}{m}" for m in range(1, depth + 1) if m != k for kind in "Wb"]
        params = descend(params, gradients, experiment.learning_rate, (*experiment.frozen, *others))
    if kept is not None:
        # No layer's gradient depends on its own weights, so that once more through the new ones says what happened.
        backward(NUMPY, network, loss, params, done, target, kept.__setitem__)
        for k, (W, b) in enumerate(params, 1):
            kept[f"W{k}'"], kept[f"b{k}'"] = W, b
    return np.concatenate([part.ravel() for pair in params for part in pair])


def faulty_trace(experiment: Experiment, theta: np.ndarray) -> tuple[Trace, np.ndarray]:
    """One update in the faulty order as a trace to read figures from, and the parameters after it.

    It is no record of gradient descent: never shown in the stepper, whose witnesses would rightly object.
    """
    trace = record_run(experiment.replace(parameters=tuple(theta.tolist())), 1)
    kept: dict[str, np.ndarray] = {}
    after = faulty_step(experiment, theta, kept)
    row = trace.values[0].copy()
    for step, array in kept.items():
        if step in trace.program.offsets:
            first = trace.program.offsets[step]
            row[first : first + array.size] = array.ravel()
    return replace(trace, values=row[None, :]), after


def values(experiment: Experiment, order: str, figures: Sequence[Figure]) -> list[float]:
    """The number behind each figure, nan where the run has diverged before it."""
    wanted = sorted({figure.update for figure in figures})
    rows: dict[int, Trace] = {}
    state, theta, at = start(experiment), initial_parameters(experiment), 0
    with np.errstate(all="ignore"):
        for update in wanted:
            if order == TOGETHER:
                state = advance(state, update - state.step)
                theta = state.theta
            else:
                for _ in range(update - at):
                    theta = faulty_step(experiment, theta)
                at = update
            if not np.all(np.abs(theta) <= 1e12):
                break
            if order == TOGETHER:
                rows[update] = record_run(experiment.replace(parameters=tuple(theta.tolist())), 1)
            else:
                rows[update] = faulty_trace(experiment, theta)[0]
    return [
        rows[figure.update].value(figure.address) * figure.times if figure.update in rows else float("nan")
        for figure in figures
    ]


def agree(example: WorkedExample, figures: Sequence[Figure] | None = None) -> tuple[Agreement, ...]:
    """The settings under which a sheet's figures come out, best first; equals are ranked by fewest changes.

    figures: those to look at, None for all of the example's. Figures far into training are tried for the leading
    settings only, as long as the work stays within a second or so; `tried` says which were.
    """
    chosen = tuple(example.figures if figures is None else figures)
    return _agree(replace(example, figures=chosen))


@lru_cache(maxsize=32)
def _agree(example: WorkedExample) -> tuple[Agreement, ...]:
    now = setting_of(example.experiment)
    near = [i for i, figure in enumerate(example.figures) if figure.update <= NEAR]
    far = [i for i, figure in enumerate(example.figures) if figure.update > NEAR]
    found = [Agreement(setting, _agreeing(example, setting, near), tuple(near)) for setting in settings(example.experiment)]
    if far:
        found = list(_farther(example, sorted(found, key=lambda one: _rank(one, now)), near, far))
    return tuple(sorted(found, key=lambda one: _rank(one, now)))


def shown_both_ways(example: WorkedExample) -> tuple[tuple[Figure, float, float], ...]:
    """(figure, its number, its number in the faulty order) for the figures near by; without figures, for what changes
    first: the weights of the first layer and the loss after one update.
    """
    figures = [figure for figure in example.figures if figure.update <= NEAR]
    if not figures:
        n_in, n_out = example.experiment.network.shapes[0]
        cells = [(i, j) for j in range(n_out) for i in range(n_in)][:6]
        figures = [Figure(f"W1'[{i + 1},{j + 1}]", "", f"W1'[{i},{j}]", 0) for i, j in cells]
        figures.append(Figure("L@1", "", "L[0,0]", 1))
    both = (values(example.experiment, order, figures) for order in (TOGETHER, THROUGH_NEW))
    return tuple(zip(figures, *both, strict=True))


def _farther(example: WorkedExample, found: list[Agreement], near: list[int], far: list[int]) -> Iterator[Agreement]:
    last = max(example.figures[i].update for i in far)
    size = example.experiment.network.parameter_count * len(example.experiment.x) + 50
    left = WORK
    # The reader's own setting and the best ones first, then whatever differs from it least.
    for one in found:
        cost = last * size * (SLOWER if one.setting.order != TOGETHER else 1)
        if cost > left:
            yield one
            continue
        left -= cost
        agreeing = (*one.agreeing, *_agreeing(example, one.setting, far))
        yield Agreement(one.setting, tuple(sorted(agreeing)), tuple(sorted((*near, *far))))


def _agreeing(example: WorkedExample, setting: Setting, which: Sequence[int]) -> tuple[int, ...]:
    changed = under(example, setting)
    figures = [changed.figures[i] for i in which]
    found = values(changed.experiment, setting.order, figures)
    told = zip(which, figures, found, strict=True)
    return tuple(i for i, figure, value in told if judge(figure.text, value) != "off")


def explained(example: WorkedExample) -> tuple[tuple[Figure, Setting | None], ...]:
    """Each figure that does not come out as the example stands, and the setting nearest by under which it does."""
    now = setting_of(example.experiment)
    here = next(one for one in agree(example) if one.setting == now)
    left = [figure for i, figure in enumerate(example.figures) if i not in here.agreeing]
    found = sorted(agree(example, left), key=lambda one: len(one.setting.changes(now))) if left else []
    return tuple((figure, next((one.setting for one in found if i in one.agreeing), None)) for i, figure in enumerate(left))


def _rank(one: Agreement, now: Setting) -> tuple[int, int, int]:
    changes = one.setting.changes(now)
    # Of two equally good explanations, the one that is still gradient descent is the likelier reading.
    return (-len(one.agreeing), len(changes), int("order" in changes))
