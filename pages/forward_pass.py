"""Lesson: the forward pass, number by number."""

from ui import lesson, practice
from ui.frame import open_page
from ui.view import View

open_page("forward_pass")
view = View("forward_pass")
lesson.show(
    "forward_pass",
    stepper=view.stepper,
    figures=view.figures(),
    practice=lambda: practice.practice("forward_pass"),
    quiz=lambda part: practice.quiz("forward_pass", part),
)
