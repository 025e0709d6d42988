"""Quiz questions keep their promise: complete in both languages, every option explained, numbers from the engine."""

from __future__ import annotations

import math
import re

import pytest

from engine import Dense, Loss, Network, evaluate_loss
from lessons import quiz
from lessons.exercises import TEMPLATES

LESSONS = ("forward_pass", "loss", "backpropagation", "gradient_descent")
CHOICES = [question for question in quiz.QUESTIONS if not question.exercise]
each = pytest.mark.parametrize("question", CHOICES, ids=[question.id for question in CHOICES])


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_lesson_has_its_questions(lesson):
    assert len(quiz.questions(lesson, "recall")) == 2
    assert len(quiz.questions(lesson, "predict")) >= 3
    number, picture, decision = quiz.questions(lesson, "check")
    assert number.exercise
    assert number.exercise[0].startswith(f"{lesson}.")
    assert number.exercise[1] in TEMPLATES[number.exercise[0]].levels
    assert picture.picture
    assert decision.options


def test_ids_are_unique_and_every_role_is_known():
    ids = [question.id for question in quiz.QUESTIONS]
    assert len(set(ids)) == len(ids)
    assert {question.lesson for question in quiz.QUESTIONS} == set(LESSONS)
    assert {question.role for question in quiz.QUESTIONS} == set(quiz.ROLES)
    assert all(re.fullmatch(r"M\d\d|", question.belief) for question in quiz.QUESTIONS)


@each
def test_words_are_complete(question):
    assert 3 <= len(question.options) <= 4
    assert question.options.count(question.right) == 1
    for language in quiz.LANGUAGES:
        words = quiz.words(question, language)
        texts = (words.prompt, *words.options, *words.because)
        assert all(texts)
        assert not any("[[" in text for text in (*texts, words.alt))
        assert all(text.count("$") % 2 == 0 for text in texts)
        assert len(set(words.options)) == len(words.options)
        assert len(set(words.because)) == len(words.because), "every wrong option has its own explanation"
        assert bool(words.alt) is bool(question.picture)
        # The card says whether the choice was right; the explanation is also read after "The answer: …".
        assert not any(re.match("Right[.,:]|对[。：，]", why) for why in words.because)


def test_no_words_without_a_question_and_both_languages_alike():
    english, chinese = (quiz.texts(language) for language in quiz.LANGUAGES)
    assert english.keys() == chinese.keys()
    assert {key for key in english if not key.startswith("axis.")} == {question.id for question in CHOICES}
    for question in CHOICES:
        for texts in (english, chinese):
            assert list(texts[question.id]["options"]) == list(question.options)
        blanks = [re.findall(r"\[\[(\w+)\]\]", str(texts[question.id])) for texts in (english, chinese)]
        assert sorted(set(blanks[0])) == sorted(set(blanks[1]))


@each
def test_pictures_have_finite_numbers_and_axis_titles(question):
    if not question.picture:
        return
    picture = question.picture()
    assert picture.kind in ("curves", "bars")
    for label, x, y in picture.series:
        assert label
        assert len(x) == len(y) > 0
        assert all(map(math.isfinite, (*x, *y)))
    for language in quiz.LANGUAGES:
        assert quiz.axis(picture.x, language)
        assert quiz.axis(picture.y, language)


def test_the_pictures_show_what_the_answers_say():
    shown = {question.id: question.picture() for question in CHOICES if question.picture}
    curves = {label: dict(zip(x, y, strict=True)) for label, x, y in shown["forward_pass.check.picture"].series}
    assert curves["C"][-2.0] == 0.5  # the curve with bias 2 passes one half at x = -2
    ends = {label: y[0] for label, _, y in shown["loss.check.picture"].series}
    assert ends["B"] > 4 > 1 > max(ends["A"], ends["C"])
    losses = {label: y for label, _, y in shown["gradient_descent.check.picture"].series}
    assert losses["C"][5] < losses["A"][5]
    assert losses["B"][-1] > 2 > losses["A"][-1]


def test_the_numbers_in_the_words_are_the_known_ones():
    facts = {question.id: question.facts() for question in CHOICES if question.facts}
    paths = facts["backpropagation.check.picture"]
    assert paths["first"] == pytest.approx(0.055399, abs=5e-7)
    assert paths["second"] == pytest.approx(-0.019049, abs=5e-7)
    assert paths["whole"] == pytest.approx(0.036350, abs=5e-7)
    assert facts["gradient_descent.predict.batches"] == {"whole": 1.375, "pairs": pytest.approx(1.671875)}
    sure = facts["loss.predict.sure_and_wrong"]
    assert sure["cross_after"] - sure["cross_before"] == pytest.approx(math.log(10))
    assert sure["squared_after"] == pytest.approx(0.9801)
    assert facts["forward_pass.predict.saturated"]["ten"] == pytest.approx(1 / (1 + math.exp(-10)))


def test_doubling_the_data_doubles_a_sum_and_keeps_a_mean():
    network, params = Network(1, (Dense(1),)), (([[2.0]], [[0.5]]),)
    x, t = [[1.0], [2.0]], [[0.0], [1.0]]
    for reduction, factor in (("sum", 2.0), ("mean", 1.0)):
        loss = Loss(reduction=reduction)
        one, two = (float(evaluate_loss(network, loss, params, x * k, t * k)[1]) for k in (1, 2))
        assert two == pytest.approx(factor * one)


@pytest.mark.parametrize("language", quiz.LANGUAGES)
def test_pictures_are_drawn_with_labels_on_their_curves(language):
    from ui.picture import draw

    for question in CHOICES:
        if not question.picture:
            continue
        picture = question.picture()
        figure = draw(picture, language)
        assert figure.layout.xaxis.title.text == quiz.axis(picture.x, language)
        assert figure.layout.yaxis.title.text == quiz.axis(picture.y, language)
        if picture.kind == "bars":
            assert tuple(figure.data[0].y) == tuple(y[0] for _, _, y in picture.series)
            continue
        for trace, note, (name, x, y) in zip(figure.data, figure.layout.annotations, picture.series, strict=True):
            assert tuple(trace.x) == x
            assert tuple(trace.y) == y
            assert name in note.text
            assert (note.x, note.y) in zip(x, y, strict=True)
        assert len({trace.line.dash for trace in figure.data}) == len(figure.data)
