"""Lesson: how the weights move."""

from ui import lesson, practice
from ui.frame import open_page
from ui.view import View

open_page("gradient_descent")
view = View("gradient_descent")
lesson.show(
    "gradient_descent",
    stepper=view.stepper,
    figures=view.figures(),
    practice=lambda: practice.practice("gradient_descent"),
    quiz=lambda part: practice.quiz("gradient_descent", part),
)
