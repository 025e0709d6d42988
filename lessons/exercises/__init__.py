"""Exercises: drawn from a seed, answered by the engine, with the typical mistakes recognised and explained."""

from lessons.exercises import backpropagation, forward_pass, gradient_descent, loss
from lessons.exercises.base import MAX_SEED, Item, Step, Template
from lessons.exercises.grading import Unreadable, Verdict, grade, parse_number

TEMPLATES: dict[str, Template] = {
    template.name: template for part in (forward_pass, loss, backpropagation, gradient_descent) for template in part.TEMPLATES
}

__all__ = ["MAX_SEED", "TEMPLATES", "Item", "Step", "Template", "Unreadable", "Verdict", "grade", "of_lesson", "parse_number"]


def of_lesson(lesson: str) -> tuple[Template, ...]:
    """The templates of a lesson, in the order in which they are met."""
    return tuple(template for name, template in TEMPLATES.items() if name.startswith(f"{lesson}."))
