"""Lesson: how wrong the prediction is."""

from ui import lesson, practice
from ui.frame import open_page
from ui.view import View

open_page("loss")
view = View("loss")
lesson.show(
    "loss",
    stepper=view.stepper,
    figures=view.figures(),
    practice=lambda: practice.practice("loss"),
    quiz=lambda part: practice.quiz("loss", part),
)
