"""Lesson: who is to blame for the error."""

from ui import lesson, practice
from ui.frame import open_page
from ui.view import View

open_page("backpropagation")
view = View("backpropagation")
lesson.show(
    "backpropagation",
    stepper=view.stepper,
    figures=view.figures(),
    practice=lambda: practice.practice("backpropagation"),
    quiz=lambda part: practice.quiz("backpropagation", part),
)
