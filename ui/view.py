"""What a lesson page puts together: the stepper, and the plots of the run that the stepper shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from engine import Trace, record_run
from lessons.catalogue import lesson
from lessons.demos import BATCH, VALLEY
from lessons.examples import for_lesson
from ui.chart import chart
from ui.figures.activation import activation_point, activations_gallery, collapse
from ui.figures.descent import descent_contour, descent_curve
from ui.figures.gradient import gradient_bars, gradient_check, path_shares
from ui.figures.loss import loss_batch, loss_curves
from ui.figures.style import Plot, Words
from ui.figures.training import loss_curve, update_sizes, weight_updates
from ui.frame import guarded
from ui.i18n import language, text
from ui.stepper import certificate_of, stepper

Build = Callable[[Trace, Words], Plot]
RATES = {0.1: "creeps", 0.5: "lands", 1.0: "oscillates", 1.1: "diverges"}

# Every slot of the lessons' texts and the plots that fill it, in order.
PLOTS: Mapping[str, tuple[Build, ...]] = {
    "activation_point": (lambda trace, words: activation_point(trace=trace, words=words),),
    "activations_gallery": (lambda trace, words: activations_gallery(words=words),),
    "collapse": (lambda trace, words: collapse(words=words),),
    "loss_curves": (lambda trace, words: loss_curves(words=words),),
    "loss_batch": (lambda trace, words: loss_batch(words=words, trace=_with_batch(trace)),),
    "gradient_bars": (
        lambda trace, words: gradient_bars(trace=trace, words=words),
        lambda trace, words: path_shares(trace=trace, words=words),
    ),
    "gradient_check": (lambda trace, words: gradient_check(certificate=certificate_of(trace), trace=trace, words=words),),
    "loss_curve": (lambda trace, words: loss_curve(trace=trace, words=words),),
    "descent_contour": (lambda trace, words: descent_contour(words=words, trace=record_run(VALLEY, 24)),),
    "weight_updates": (
        lambda trace, words: weight_updates(trace=trace, words=words),
        lambda trace, words: update_sizes(trace=trace, words=words),
    ),
}


DEMOS = {"descent_contour"}  # runs of their own: they do not follow the stepper


def _with_batch(trace: Trace) -> Trace:
    """The stepper's run where it has several samples, else one update of the demonstration."""
    return trace if trace.experiment.batch_size > 1 else record_run(BATCH)


class View:
    """One lesson page's stepper and plots; the plots show the run that the stepper has recorded."""

    def __init__(self, lesson_id: str) -> None:
        self.lesson = lesson(lesson_id)
        self.trace: Trace | None = None

    def stepper(self, tools: DeltaGenerator) -> None:
        """Draw the stepper with the lesson's worked examples, their picker into `tools`."""
        self.trace = stepper(self.lesson.id, for_lesson(self.lesson.id), tools)

    def figures(self) -> dict[str, Callable[[], None]]:
        """The lesson's slots, each with what draws it."""
        own = {"descent_curve": _choose_rate}
        return {slot: own.get(slot, lambda slot=slot: self._draw(slot)) for slot in self.lesson.figures}

    def _draw(self, slot: str) -> None:
        assert self.trace is not None, "the stepper comes before the plots"
        words = text(language())
        for number in range(len(PLOTS[slot])):
            plot = _plot(slot, number, self.trace, language())
            if plot is None:
                st.caption(words["figure.not_here"])
            else:
                chart(plot, key=f"{self.lesson.id}_{slot}_{number}", source="demo" if slot in DEMOS else None)


@st.cache_resource(max_entries=256, show_spinner=False, hash_funcs={Trace: lambda trace: (trace.experiment, trace.updates)})
def _plot(slot: str, number: int, trace: Trace, lang: str) -> Plot | None:
    """The plot of a slot, or None when this run has nothing for it: no layers, no second weight, one path only."""
    try:
        return PLOTS[slot][number](trace, text(lang))
    except (ValueError, LookupError):
        return None


@st.fragment
def _choose_rate() -> None:
    """Descent on one weight at a rate of the learner's choice; only this part of the page runs again."""
    with guarded("descent_curve"):
        words = text(language())
        rate = st.segmented_control(
            words["figure.rate"],
            list(RATES),
            default=0.1,
            required=True,
            format_func=lambda value: f"{value:g} · {words['figure.rate.' + RATES[value]]}",
            key="descent_rate",
        )
        chart(descent_curve(words=words, rate=rate), key="descent_curve", source="demo")
