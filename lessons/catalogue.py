"""The lessons in the order they are meant to be taken, and what each page must contain."""

from __future__ import annotations

from dataclasses import dataclass

LANGUAGES = ("en", "zh")
SECTIONS = ("hook", "predict", "observe", "explain", "worked", "faded", "play", "keep")
HOME_SECTIONS = ("hook", "train", "button", "running", "trained", "again", "learner", "hand", "teacher", "next")


@dataclass(frozen=True)
class Lesson:
    """One page of content.

    id: also the URL path and the name of its text files. prerequisites: ids of lessons to take before.
    examples: ids of worked examples offered in the stepper, the first is open at the start.
    figures: slots for plots, in the order in which the text uses them. sections: keys of the text, in order.
    """

    id: str
    prerequisites: tuple[str, ...]
    examples: tuple[str, ...]
    figures: tuple[str, ...]
    sections: tuple[str, ...] = SECTIONS


LESSONS = (
    Lesson(
        "forward_pass",
        prerequisites=(),
        examples=("mazur-2-2-2", "seed-000-relu-mse-step"),
        figures=("activation_point", "activations_gallery", "collapse"),
    ),
    Lesson(
        "loss",
        prerequisites=("forward_pass",),
        examples=("mazur-2-2-2", "seed-004-mse", "seed-004-cross-entropy"),
        figures=("loss_curves", "loss_batch"),
    ),
    Lesson(
        "backpropagation",
        prerequisites=("forward_pass", "loss"),
        examples=("mazur-2-2-2", "seed-004-two-layer-backprop"),
        figures=("gradient_bars", "gradient_check"),
    ),
    Lesson(
        "gradient_descent",
        prerequisites=("loss", "backpropagation"),
        examples=("mazur-2-2-2", "seed-004-linear-regression-step"),
        figures=("descent_curve", "descent_contour", "loss_curve", "weight_updates"),
    ),
)

HOME = Lesson("home", prerequisites=(), examples=(), figures=("tiny_network",), sections=HOME_SECTIONS)

_BY_ID = {entry.id: entry for entry in (*LESSONS, HOME)}


def lesson(lesson_id: str) -> Lesson:
    """The lesson with this id; raises ValueError with a sentence when there is none."""
    if lesson_id not in _BY_ID:
        raise ValueError(f"There is no lesson {lesson_id!r}; there are {', '.join(_BY_ID)}.")
    return _BY_ID[lesson_id]


def neighbours(lesson_id: str) -> tuple[str | None, str | None]:
    """(id of the lesson before, id of the lesson after); None where the row ends."""
    ids = [entry.id for entry in LESSONS]
    place = ids.index(lesson(lesson_id).id)
    before = ids[place - 1] if place else None
    after = ids[place + 1] if place + 1 < len(ids) else None
    return before, after
