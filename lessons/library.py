"""The library of worked examples as a shelf to browse: what each is about, how long it is, and how its figures fare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from engine import Experiment, record_run
from engine.writer import compile_program
from lessons.examples import Judged, WorkedExample, ids, judged, load
from lessons.examples.model import VERDICTS

IDEAS = (
    "forward", "loss", "backpropagation", "descent", "classes", "circuit", "perceptron", "optimiser", "convolution",
    "recurrent", "attention", "normalisation",
)  # fmt: skip
SIZES = (20, 60)  # lines of one update: up to 20 is short, up to 60 middling
LESSONS = {"forward_pass": "forward", "loss": "loss", "backpropagation": "backpropagation", "gradient_descent": "descent"}

# What an example shows beyond the lessons that it is offered in; one that is not listed here goes by those alone.
SHOWS: dict[str, tuple[str, ...]] = {
    "autodiff-docs": ("circuit", "backpropagation"),
    "cs231n-add-multiply-circuit": ("circuit", "backpropagation"),
    "cs231n-layernorm": ("normalisation", "forward"),
    "cs231n-linear-scores": ("classes", "forward"),
    "cs231n-lstm-step": ("recurrent", "forward"),
    "cs231n-max-circuit": ("circuit", "backpropagation"),
    "cs231n-momentum-adam": ("optimiser", "descent"),
    "cs231n-rnn-step": ("recurrent", "forward"),
    "cs231n-sigmoid-neuron": ("circuit", "backpropagation"),
    "cs231n-svm-softmax": ("classes", "loss"),
    "cs231n-two-layer-net": ("classes", "loss", "backpropagation"),
    "d2l-convolution-pooling": ("convolution", "forward"),
    "d2l-dropout-autograd": ("normalisation", "circuit", "backpropagation"),
    "d2l-gradient-descent-traces": ("optimiser", "descent"),
    "geeksforgeeks-2-2-1": ("forward", "backpropagation", "descent"),
    "goodfellow-xor": ("forward", "loss"),
    "han-kamber-3-2-1": ("forward", "backpropagation", "descent"),
    "hmkcode-2-2-1-linear": ("forward", "backpropagation", "descent"),
    "iamtrask-11-lines": ("forward", "descent"),
    "jm-softmax-graph": ("classes", "circuit", "backpropagation"),
    "jurafsky-martin-sentiment": ("classes", "loss", "descent"),
    "karim-self-attention": ("attention", "forward"),
    "karpathy-hackers-guide": ("circuit", "backpropagation"),
    "keras-losses": ("loss",),
    "keras-optimizers-regularizers": ("optimiser", "descent"),
    "mazur-2-2-2": ("forward", "loss", "backpropagation", "descent"),
    "micrograd-lecture": ("circuit", "backpropagation"),
    "micrograd-readme": ("circuit", "backpropagation"),
    "ng-logistic-propagate": ("classes", "loss", "descent"),
    "nielsen-neuron-06-09": ("forward", "descent"),
    "nielsen-neuron-2-2": ("descent",),
    "perceptron-delta-rule-and": ("perceptron", "descent"),
    "seed-000-random-labels": ("classes", "loss"),
    "seed-000-relu-mse-step": ("backpropagation", "descent"),
    "seed-004-cross-entropy": ("classes", "loss"),
    "seed-004-linear-regression-step": ("descent",),
    "seed-004-mse": ("loss",),
    "seed-004-two-layer-backprop": ("backpropagation",),
    "softmax-3": ("classes", "loss"),
}


@dataclass(frozen=True)
class Entry:
    """An example on the shelf.

    ideas: of `IDEAS`, in that order. lines: of one update, readings not counted. units: such as "2-2-2", empty for an
    example that is no network. figures: how many the source prints, each counted once over all readings. readings:
    their ids. verdicts: how many figures have which verdict, in the reading that suits them best.
    """

    id: str
    ideas: tuple[str, ...]
    lines: int
    units: str
    figures: int
    readings: tuple[str, ...]
    verdicts: Counter[str]

    @property
    def errors(self) -> bool:
        """Whether some figure is wrong whichever way the source is read."""
        return self.verdicts["wrong"] > 0

    @property
    def size(self) -> str:
        """short, middling or long."""
        return "short" if self.lines <= SIZES[0] else "middling" if self.lines <= SIZES[1] else "long"


@lru_cache(maxsize=1)
def shelf() -> tuple[Entry, ...]:
    """Every example of the library, in the order in which they are best met."""
    return tuple(_entry(load(name)) for name in ids())


def totals() -> Counter[str]:
    """Verdicts of all figures of the library, each counted once, in the reading that suits it best."""
    return sum((entry.verdicts for entry in shelf()), Counter[str]())


@lru_cache(maxsize=256)
def judgements(example_id: str) -> tuple[Judged, ...]:
    """Every figure of a library example beside its computed value."""
    return judged(load(example_id))


def chosen(
    entries: Iterable[Entry],
    lang: str,
    search: str = "",
    idea: str | None = None,
    size: str | None = None,
    author: str | None = None,
    verdict: str | None = None,
) -> tuple[Entry, ...]:
    """The entries that a reader asks for; None or an empty search leaves all.

    search: words that must all occur in title, description, source, id or ideas, in any case. verdict: "errors" or
    "clean".
    """
    wanted = search.casefold().split()[:12]
    return tuple(
        entry
        for entry in entries
        if (not idea or idea in entry.ideas)
        and (not size or size == entry.size)
        and (not author or author == load(entry.id).source.author.in_language(lang))
        and (not verdict or (verdict == "errors") == entry.errors)
        and all(word in _text(entry.id, lang) for word in wanted)
    )


def authors(entries: Iterable[Entry], lang: str) -> tuple[str, ...]:
    """The authors of some entries, each once, in order of the alphabet."""
    return tuple(sorted({load(entry.id).source.author.in_language(lang) for entry in entries}, key=str.casefold))


@lru_cache(maxsize=256)
def _text(example_id: str, lang: str) -> str:
    """Everything that a search looks through; the other language's title as well, for those who know an example by it."""
    example = load(example_id)
    parts = (example.title("en"), example.title(lang), example.about(lang), example.credit(lang), example_id)
    return " ".join((*parts, *_ideas(example))).casefold()


def _entry(example: WorkedExample) -> Entry:
    readings = tuple(reading.id for reading in example.readings)
    best: dict[tuple[str, str], str] = {}
    for name in (example.id, *readings):
        for found in judgements(name):
            printed = found.figure.symbol, found.figure.text
            best[printed] = min(best.get(printed, found.verdict), found.verdict, key=VERDICTS.index)
    experiment, units = example.experiment, ""
    if isinstance(experiment, Experiment) and experiment.network.layers:
        units = "-".join(map(str, experiment.network.sizes))
    return Entry(example.id, _ideas(example), lines(example), units, len(best), readings, Counter(best.values()))


def _ideas(example: WorkedExample) -> tuple[str, ...]:
    found = {*SHOWS.get(example.id, ()), *(LESSONS[name] for name in example.lessons if name in LESSONS)}
    return tuple(idea for idea in IDEAS if idea in found) or (IDEAS[0],)


def lines(example: WorkedExample) -> int:
    """How many lines of calculation one update of an example has."""
    experiment = example.experiment
    if isinstance(experiment, Experiment):
        program = compile_program(experiment.network, experiment.loss, experiment.batch_size, experiment.frozen)
        return len(program.ops)
    return len(record_run(experiment).ops)
