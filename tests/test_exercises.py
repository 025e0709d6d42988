"""Exercises keep their promise: right answers are right, each named mistake is named, in both languages, for any seed."""

from __future__ import annotations

import json
import math
import re
import sys
from functools import cache
from importlib import resources
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import Dense, Experiment, Loss, Network, advance, start
from lessons.exercises import MAX_SEED, TEMPLATES, Item, Unreadable, grade, of_lesson, parse_number, wording
from lessons.exercises.base import Draft, apart, usable
from lessons.exercises.grading import MAX_NUMBER

LESSONS = ("forward_pass", "loss", "backpropagation", "gradient_descent")
KINDS = [(name, level) for name, template in TEMPLATES.items() for level in template.levels]
SEEDS = range(200)
each_kind = pytest.mark.parametrize(("name", "level"), KINDS, ids=[f"{name}-{level}" for name, level in KINDS])


@cache
def drawn(name: str, seed: int, level: int) -> Item:
    """An item drawn once for all tests that only read it."""
    return TEMPLATES[name].item(seed, level)


def rounded(value: float, digits: int) -> str:
    return f"{value:.{digits}g}"


def test_every_lesson_has_five_templates_and_more():
    for lesson in LESSONS:
        assert len(of_lesson(lesson)) >= 5
    assert {name.split(".")[0] for name in TEMPLATES} == set(LESSONS)


@each_kind
def test_grading(name, level):
    tries = 0
    for seed in SEEDS:
        item = drawn(name, seed, level)
        tries += item.tries
        typed = [repr(item.answer)] + ([] if item.exact else [rounded(item.answer, 3), rounded(item.answer, 4)])
        for text in (*typed, typed[-1].replace(".", ",")):
            assert grade(item, text).right, (seed, text, item.answer)
        told = {key: grade(item, f"{value:.9f}") for key, value in item.mistakes.items()}
        for key, verdict in told.items():
            assert verdict.kind in ("mistake", "either"), (seed, key, verdict)
            assert key in verdict.keys or verdict.kind == "either", (seed, key, verdict)
        # Enough of them are told by name, without a second candidate.
        assert sum(verdict.keys == (key,) for key, verdict in told.items()) >= 3, (seed, told)
        clear = [value for value in item.mistakes.values() if apart(value, item.answer)]
        assert any(all(apart(a, b) for a, b in combinations(some, 2)) for some in combinations(clear, 3))
    sys.stdout.write(f"{name} level {level}: {tries / len(SEEDS):.2f} draws per item\n")  # pytest -rP shows it
    assert tries < 2 * len(SEEDS), "more than half of the draws are rejected: the template needs better numbers"


@each_kind
def test_text_is_complete_in_both_languages(name, level):
    for seed in range(25):
        item = drawn(name, seed, level)
        verdicts = [grade(item, repr(value)) for value in item.mistakes.values()] + [grade(item, repr(item.answer))]
        for language in wording.LANGUAGES:
            said = [wording.title(name, language), wording.task(item, language), *wording.hints(item, language)]
            said += [part for line in wording.worked(item, language) for part in line]
            said += [wording.mistake(item, key, language) for key in item.mistakes]
            said += [wording.feedback(item, verdict, language) for verdict in verdicts]
            for sentence in said:
                assert sentence
                assert "[[" not in sentence
                assert "$$" not in sentence
                assert sentence.count("$") % 2 == 0, sentence
                assert sentence.count("{") == sentence.count("}"), sentence
            assert len(wording.hints(item, language)) >= 3


@each_kind
def test_same_seed_same_digits(name, level):
    for seed in (0, 17, MAX_SEED):
        one, two = TEMPLATES[name].item(seed, level), TEMPLATES[name].item(seed, level)
        assert one == two
        assert one.answer.hex() == two.answer.hex()
        assert [step.value.hex() for step in one.steps] == [step.value.hex() for step in two.steps]


@each_kind
def test_the_worked_solution_ends_at_the_answer(name, level):
    for seed in range(50):
        item = drawn(name, seed, level)
        assert math.isclose(item.steps[-1].value, item.answer, rel_tol=1e-12, abs_tol=1e-12)
        numbers = [str(part) for value in item.data.values() for part in ([value] if isinstance(value, str) else value)]
        assert not any("nan" in number or "inf" in number for number in numbers)


@each_kind
def test_the_stored_seed_is_usable(name, level):
    template = TEMPLATES[name]
    assert usable(template.draw(template._generator(template.stored, level), level))


def test_different_seeds_give_different_numbers():
    for name, level in KINDS:
        answers = {drawn(name, seed, level).answer for seed in range(40)}
        assert len(answers) >= 12, (name, level, len(answers))


def test_a_rejected_draw_is_one_whose_mistakes_cannot_be_told_apart():
    def draft(answer: float, *mistakes: float) -> Draft:
        return Draft({}, answer, {str(k): value for k, value in enumerate(mistakes)}, tuple)

    assert usable(draft(1.0, 2.0, 3.0, 4.0))
    assert not usable(draft(1.0, 2.0, 3.0))  # two are not enough
    assert not usable(draft(1.0, 2.0, 3.0, 3.1))  # two that look alike
    assert not usable(draft(1.0, 2.0, 3.0, 1.04))  # one that looks like the answer
    assert not usable(draft(0.1, 0.2, 0.3, 0.115))  # 15 % away, but by less than 0.02
    assert not usable(draft(0.01, 2.0, 3.0, 4.0))  # an answer near 0 says nothing
    assert not usable(draft(math.nan, 2.0, 3.0, 4.0))


def test_a_template_that_never_succeeds_falls_back_to_its_stored_seed():
    template = TEMPLATES["forward_pass.neuron_z"]
    draws = []

    def stubborn(rng, level):
        draft = template.draw(rng, level)
        draws.append(draft)
        return draft if len(draws) == 51 else Draft(draft.data, draft.answer, {}, draft.solve)

    item = type(template)(template.name, stubborn).item(5)
    assert len(draws) == 51
    assert item.answer == template.draw(template._generator(template.stored, 1), 1).answer


@pytest.mark.parametrize(("seed", "level"), [(-1, 1), (MAX_SEED + 1, 1), (1, 3), (True, 1)])
def test_a_seed_or_level_that_does_not_exist_is_refused(seed, level):
    with pytest.raises(ValueError, match="has no item"):
        TEMPLATES["loss.softmax"].item(seed, level)


def test_generic_slips_are_named_after_the_special_ones():
    item = TEMPLATES["forward_pass.boundary_bias"].item(1)
    assert grade(item, repr(-item.answer)).keys == ("bias_sign",)
    item = TEMPLATES["loss.softmax"].item(3)
    assert grade(item, repr(-item.answer)).kind == "sign"
    assert grade(item, repr(2 * item.answer)).details == {"factor": "2"}
    assert grade(item, repr(item.answer / 3)).details == {"factor": r"\frac{1}{3}"}
    assert grade(item, "17.123").kind == "other"
    lone = type(item)(**{**vars(item), "mistakes": {}})
    assert grade(lone, repr(1.035 * item.answer)).kind == "rounding"
    assert grade(item, "abc").keys == ("not_a_number",)


def test_a_number_that_fits_answer_and_mistake_asks_for_digits_and_one_that_fits_two_mistakes_says_so():
    item = TEMPLATES["forward_pass.neuron_z"].item(1)
    mistakes = {"no_bias": 0.097, "bias_times": 0.5, "signs_dropped": 0.501}
    close = type(item)(**{**vars(item), "answer": 0.104, "mistakes": mistakes})
    assert grade(close, "0.1").kind == "digits"
    assert grade(close, "0.104").right
    assert grade(close, "0.097").keys == ("no_bias",)
    assert set(grade(close, "0.5005").keys) == {"bias_times", "signs_dropped"}
    assert grade(close, "0.5005").kind == "either"


def test_counts_are_graded_exactly():
    item = TEMPLATES["gradient_descent.steps_per_epoch"].item(2, 2)
    assert grade(item, f"{item.answer:.0f}").right
    assert not grade(item, f"{item.answer + 1:.0f}").right


def test_the_stable_rate_is_where_the_engine_begins_to_diverge():
    for seed in range(10):
        item = TEMPLATES["gradient_descent.stable_rate"].item(seed)
        x = math.sqrt(2 / item.answer)
        exp = Experiment(Network(1, (Dense(1),)), Loss(), ((x,),), ((0.0,),), (1.0, 0.0), frozen=("b1",))
        for share, shrinks in ((0.98, True), (1.02, False)):
            w = advance(start(exp.replace(learning_rate=share * item.answer)), 200).theta[0]
            assert bool(abs(w) < 1) is shrinks


def test_both_languages_have_the_same_sentences_and_blanks():
    english, chinese = (wording.texts(language) for language in wording.LANGUAGES)

    def leaves(tree, path=()):
        if isinstance(tree, dict):
            for key, value in tree.items():
                yield from leaves(value, (*path, key))
        else:
            yield path, set(re.findall(r"\[\[\w+\]\]", tree))

    assert dict(leaves(english)) == dict(leaves(chinese))
    assert set(english["templates"]) == set(TEMPLATES)
    assert re.search(r"[\u4e00-\u9fff]", json.dumps(chinese, ensure_ascii=False))
    for language in wording.LANGUAGES:
        assert resources.files("lessons.exercises").joinpath(f"text.{language}.json").is_file()


def test_every_sentence_about_a_mistake_is_used():
    used = {key for name, level in KINDS for seed in SEEDS for key in drawn(name, seed, level).mistakes}
    assert set(wording.texts("en")["mistakes"]) == used


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.5", 0.5), ("0,5", 0.5), (".5", 0.5), ("5.", 5.0), ("+3", 3.0), ("-3", -3.0), ("\u22123", -3.0),
        ("1/3", 1 / 3), ("-1/3", -1 / 3), ("1/-3", -1 / 3), ("0,5/2", 0.25), ("1.2e-3", 1.2e-3), ("1,2E-3", 1.2e-3),
        ("1.2*10^-3", 1.2e-3), ("1.2 \u00d7 10^(-3)", 1.2e-3), ("\uff10\uff0e\uff15", 0.5),
        ("\uff0d\uff11\uff0f\uff13", -1 / 3),
        ("0\u30025", 0.5), ("\uff10\uff0c\uff12\uff15", 0.25), ("  0.5\u3000", 0.5), ("1e-400", 0.0),
    ],
)  # fmt: skip
def test_numbers_are_read(text, value):
    assert parse_number(text).value == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"), ("  ", "empty"), ("nan", "not_finite"), ("-inf", "not_finite"), ("Infinity", "not_finite"),
        ("1e400", "large"), ("1e9999", "large"), ("9" * 39, "large"), ("1/0", "zero_division"), ("1/0.0", "zero_division"),
        ("1,234.5", "separators"), ("1.2.3", "separators"), ("1" * 41, "long"), ("abc", "not_a_number"),
        ("1/2/3", "not_a_number"), ("--1", "not_a_number"), ("1_000", "not_a_number"), ("0x10", "not_a_number"),
        ("2\u00b2", "not_a_number"), ("\u0663", "not_a_number"), ("1 2", "not_a_number"), ("__import__('os')", "not_a_number"),
        ("e5", "not_a_number"), (".", "not_a_number"), ("1/", "not_a_number"), ("1e5e5", "not_a_number"),
    ],
)  # fmt: skip
def test_what_is_no_number_is_refused_with_a_sentence(text, code):
    with pytest.raises(Unreadable) as caught:
        parse_number(text)
    assert caught.value.code == code
    for language in wording.LANGUAGES:
        assert wording.texts(language)["unreadable"][code]


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    try:
        typed = parse_number(text)
    except Unreadable:
        return
    assert math.isfinite(typed.value)
    assert abs(typed.value) <= MAX_NUMBER


@settings(max_examples=300, deadline=None)
@given(st.floats(-1e11, 1e11), st.sampled_from([repr, "{:.3g}".format, "{:.6e}".format]), st.booleans())
def test_written_floats_are_read_back(value, write, comma):
    text = write(value)
    typed = parse_number(text.replace(".", ",") if comma else text)
    assert typed.value == float(text)
    assert typed.rounds(value) or abs(value) < 1e-250  # there half a digit is less than the smallest float
