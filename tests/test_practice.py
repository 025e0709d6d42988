"""The practice cards in a page: answers are told apart, nothing is lost on bad input, links open their item."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from lessons.exercises import TEMPLATES, grade, of_lesson, wording
from lessons.quiz import QUESTIONS, questions
from ui.i18n import text
from ui.practice import linked_item

LESSON = "gradient_descent"
NAME = "gradient_descent.one_step"


def page() -> None:
    import streamlit as st

    from ui.practice import practice, quiz

    lesson = st.session_state.setdefault("lesson", "gradient_descent")
    quiz(lesson, "predict")
    practice(lesson)
    quiz(lesson, "check")


def opened(lang: str = "en", **query: str) -> AppTest:
    test = AppTest.from_function(page, default_timeout=30)
    test.session_state["lang"] = lang
    for name, value in query.items():
        test.query_params[name] = value
    return test.run()


def answered(test: AppTest, typed: str) -> AppTest:
    test.text_input(key=f"practice_{LESSON}_answer").set_value(typed)
    return test.button(key=f"practice_{LESSON}_check").click().run()


def said(test: AppTest) -> list[str]:
    assert not test.exception
    assert not test.error
    return [box.value for kind in (test.success, test.warning, test.info) for box in kind]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_answers_are_told_apart(lang):
    item = TEMPLATES[NAME].item(1)
    test = opened(lang)
    assert wording.task(item, lang) in [block.value for block in test.markdown]
    for key, value in item.mistakes.items():
        typed = f"{value:.9f}"
        assert said(answered(test, typed)) == [wording.feedback(item, grade(item, typed), lang)], key
    told = said(answered(test, repr(item.answer)))
    assert told[0].startswith(wording.texts(lang)["verdicts"]["right"])


@pytest.mark.parametrize("typed", ["", "abc", "1e400", "NaN", "1/0", "1,234.5"])
def test_nothing_is_lost_on_bad_input(typed):
    test = opened()
    before = test.session_state[f"practice_{LESSON}_item"]
    (sentence,) = said(answered(test, typed))
    assert sentence in wording.texts("en")["unreadable"].values()
    assert test.text_input(key=f"practice_{LESSON}_answer").value == typed
    assert test.session_state[f"practice_{LESSON}_item"] == before


def test_hints_say_more_and_more_and_the_steps_end_at_the_answer():
    test = opened()
    item = TEMPLATES[NAME].item(1)
    hints = wording.hints(item, "en")
    for count in range(1, len(hints) + 1):
        test.button(key=f"practice_{LESSON}_hint").click().run()
        shown = [block.value for block in test.markdown]
        assert f"{count}. {hints[count - 1]}" in shown
    assert test.button(key=f"practice_{LESSON}_hint").disabled
    test.button(key=f"practice_{LESSON}_show").click().run()
    assert any(wording.tex(item.answer) in block.value and "aligned" in block.value for block in test.markdown)
    said(test)


def test_two_right_in_a_row_raise_the_level():
    test = opened()
    for _ in range(2):
        name, seed, level = test.session_state[f"practice_{LESSON}_item"]
        answered(test, repr(TEMPLATES[name].item(seed, level).answer))
        test.button(key=f"practice_{LESSON}_new").click().run()
        assert test.text_input(key=f"practice_{LESSON}_answer").value == ""
    assert test.session_state[f"practice_{LESSON}_item"] == (NAME, 3, 2)
    assert test.segmented_control(key=f"practice_{LESSON}_level").value == 2
    said(test)


def test_another_exercise_can_be_chosen():
    test = opened()
    other = of_lesson(LESSON)[3].name
    test.selectbox(key=f"practice_{LESSON}_template").set_value(other).run()
    assert test.session_state[f"practice_{LESSON}_item"][0] == other
    said(test)


def test_a_link_opens_its_item_and_a_bad_one_says_so():
    test = opened(exercise="gradient_descent.mini_batch", seed="77", level="2")
    assert test.session_state[f"practice_{LESSON}_item"] == ("gradient_descent.mini_batch", 77, 2)
    assert said(test) == []
    test = opened(exercise="gradient_descent.mini_batch", seed="-1")
    assert said(test) == [text("en")["practice.bad_link"]]
    assert test.session_state[f"practice_{LESSON}_item"] == (NAME, 1, 1)


@pytest.mark.parametrize(
    "query",
    [
        {}, {"exercise": "loss.softmax"}, {"exercise": NAME, "seed": "x"}, {"exercise": NAME, "seed": "9" * 10},
        {"exercise": NAME, "level": "9"}, {"exercise": NAME, "seed": "\u0663"}, {"exercise": NAME, "seed": "1e5"},
    ],
)  # fmt: skip
def test_a_link_that_names_no_item(query):
    assert linked_item(query, [NAME]) is None


def test_questions_come_one_after_the_other_and_the_check_ends_with_its_result():
    test = opened()
    predict, check = questions(LESSON, "predict"), questions(LESSON, "check")
    key = f"quiz_{predict[0].id.replace('.', '_')}_choice"
    assert len(test.radio) == 1 + 2  # the first prediction, and the two of the check
    test.radio(key=key).set_value(predict[0].options.index(predict[0].right)).run()
    assert len(test.radio) == 2 + 2
    for question in check[1:]:
        key = f"quiz_{question.id.replace('.', '_')}_choice"
        test.radio(key=key).set_value(question.options.index(question.right)).run()
    number = f"quiz_{check[0].id.replace('.', '_')}"
    test.text_input(key=f"{number}_answer").set_value("123.456")
    test.button(key=f"{number}_check").click().run()
    assert text("en")["quiz.passed"].format(right=2, all=3) in said(test)
    assert text("en")["quiz.failed"].format(right=2, all=3) not in said(test)
    test.button(key=f"{number}_again").click().run()
    assert all(test.radio(key=f"quiz_{q.id.replace('.', '_')}_choice").value is None for q in check[1:])
    assert test.session_state[f"{number}_item"][1] == 2


def test_every_question_of_every_lesson_draws():
    for lesson in sorted({question.lesson for question in QUESTIONS}):
        test = AppTest.from_function(page, default_timeout=30)
        test.session_state["lesson"] = lesson
        assert not test.run().exception
        assert not test.error
