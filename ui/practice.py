"""The practice part of a lesson: exercises without end, and the questions of recall, predict and check.

Each card is a fragment: an answer runs that card again and nothing else of the page. What a card remembers stands in
the session under keys that begin with the card's name; a link names an exercise by ?exercise=, seed= and level=.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st

from lessons import exercises
from lessons import quiz as questions
from lessons.exercises import MAX_SEED, TEMPLATES, Item, grade, wording
from ui.chart import chart
from ui.frame import guarded
from ui.i18n import KEY, language, t
from ui.picture import draw

CSS = (Path(__file__).parent / "practice.css").read_text(encoding="utf-8")
IN_A_ROW = 2  # right answers after which the level rises
WRONG = ("mistake", "either", "sign", "factor", "other")  # verdicts that end a row; the rest asks for better digits


@dataclass(frozen=True)
class Card:
    """A card's own names in the session."""

    key: str

    def name(self, what: str) -> str:
        """The session key of one thing that the card remembers."""
        return f"{self.key}_{what}"

    def get(self, what: str, default: object = None) -> object:
        """What is remembered under a name."""
        return st.session_state.get(self.name(what), default)

    def set(self, **values: object) -> None:
        """Remember some things."""
        for what, value in values.items():
            st.session_state[self.name(what)] = value

    def ask(self, name: str, seed: int, level: int) -> None:
        """Put another item on the card and forget everything about the one before."""
        level = level if level in TEMPLATES[name].levels else TEMPLATES[name].levels[0]
        self.set(item=(name, seed, level), verdict=None, hints=0, steps=False, solved=False, answer="")
        self.set(template=name, level=level)

    @property
    def item(self) -> Item:
        """The item on the card."""
        name, seed, level = st.session_state[self.name("item")]
        return TEMPLATES[name].item(seed, level)


@st.fragment
@guarded("practice")
def practice(lesson: str) -> None:
    """The exercise card of a lesson: choose a template, answer, get feedback, take new numbers, without end."""
    st.html(f"<style>{CSS}</style>")
    card = Card(f"practice_{lesson}")
    names = [template.name for template in exercises.of_lesson(lesson)]
    if card.get("item") is None:
        linked = linked_item(st.query_params, names)
        card.ask(*(linked or (names[0], 1, 1)))
        card.set(bad_link=linked is None and "exercise" in st.query_params, row=0, climbs=True)
    with st.container(border=True, key=card.name("card")):
        if card.get("bad_link"):
            st.info(t("practice.bad_link"))
        _choice(card, names)
        _exercise(card)
        name, seed, level = st.session_state[card.name("item")]
        query = urlencode({"exercise": name, "seed": seed, "level": level, KEY: language()})
        st.markdown(f":small[[{t('practice.link', seed=seed)}](?{query}#practice)]")


def linked_item(query: Mapping[str, str], names: list[str]) -> tuple[str, int, int] | None:
    """(template, seed, level) that a link names; None when it names none of these templates."""
    name, seed, level = (query.get(part, default) for part, default in (("exercise", ""), ("seed", "1"), ("level", "1")))
    if name not in names or not all(part.isascii() and part.isdigit() and len(part) < 11 for part in (seed, level)):
        return None
    found = (name, int(seed), int(level))
    return found if found[1] <= MAX_SEED and found[2] in TEMPLATES[name].levels else None


def _choice(card: Card, names: list[str]) -> None:
    lang = language()

    def changed() -> None:
        seed, level = st.session_state[card.name("item")][1:]
        chosen = st.session_state[card.name("level")]
        card.ask(st.session_state[card.name("template")], seed, chosen or level)

    # A widget that was not on the last page has lost its key; the item on the card is what counts.
    name, _, level = st.session_state[card.name("item")]
    st.session_state.setdefault(card.name("template"), name)
    st.session_state.setdefault(card.name("level"), level)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            t("practice.exercise"), names, key=card.name("template"), on_change=changed, width=360,
            format_func=lambda name: wording.title(name, lang),
        )  # fmt: skip
        st.segmented_control(
            t("practice.level"), TEMPLATES[name].levels, key=card.name("level"), on_change=changed, required=True,
            format_func=lambda level: t(f"practice.level_{level}"),
        )  # fmt: skip


def _exercise(card: Card) -> None:
    """Task, answer field, feedback and help of the item on a card."""
    item, lang = card.item, language()
    st.markdown(wording.task(item, lang))
    with st.form(card.name("form"), border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            t("practice.answer"), key=card.name("answer"), width=220, autocomplete="off",
            help=t("practice.whole" if item.exact else "practice.digits"),
        )  # fmt: skip
        st.form_submit_button(t("practice.check"), type="primary", on_click=_check, args=(card,), key=card.name("check"))
    _feedback(card, item)
    told = wording.hints(item, lang)
    shown = int(str(card.get("hints", 0)))
    for number, hint in enumerate(told[:shown], 1):
        st.markdown(f"{number}. {hint}")
    with st.container(horizontal=True):
        label = t("practice.next_hint" if shown else "practice.hint")
        st.button(label, key=card.name("hint"), disabled=shown >= len(told), on_click=card.set, kwargs={"hints": shown + 1})
        st.button(t("practice.new"), key=card.name("new"), on_click=_new, args=(card,))
        open_steps = bool(card.get("steps"))
        label = t("practice.hide_steps" if open_steps else "practice.steps")
        st.button(label, key=card.name("show"), on_click=card.set, kwargs={"steps": not open_steps, "row": 0})
    if open_steps:
        for number, (what, line) in enumerate(wording.worked(item, lang), 1):
            st.markdown(f"{number}. {what}\n\n   ${line}$")


def _check(card: Card) -> None:
    item = card.item
    verdict = grade(item, str(card.get("answer", "")))
    row = int(str(card.get("row", 0)))
    if verdict.right and not card.get("solved") and not card.get("steps"):
        row += 1
    elif verdict.kind in WRONG:
        row = 0
    if card.get("first") is None and (verdict.right or verdict.kind in WRONG):
        card.set(first=verdict.right and not card.get("steps"))
    card.set(verdict=verdict, row=row, solved=bool(card.get("solved")) or verdict.right)


def _new(card: Card) -> None:
    name, seed, level = st.session_state[card.name("item")]
    row = int(str(card.get("row", 0)))
    rise = bool(card.get("climbs")) and row >= IN_A_ROW and level + 1 in TEMPLATES[name].levels
    if row >= IN_A_ROW:
        card.set(row=0)
    card.ask(name, seed % MAX_SEED + 1, level + 1 if rise else level)
    card.set(bad_link=False)


def _feedback(card: Card, item: Item) -> None:
    verdict = card.get("verdict")
    if not isinstance(verdict, exercises.Verdict):
        return
    told = wording.feedback(item, verdict, language())
    if not verdict.right:
        (st.warning if verdict.kind in WRONG else st.info)(told)
        return
    value = f"${wording.tex(item.answer, 12 if item.exact else 6)}$"
    st.success(f"{told} {t('practice.value', value=value)}")
    if card.get("climbs") and int(str(card.get("row", 0))) >= IN_A_ROW:
        more = item.level + 1 in TEMPLATES[item.name].levels
        st.markdown(t("practice.level_up" if more else "practice.two_in_a_row"))


@st.fragment
@guarded("quiz")
def quiz(lesson: str, role: str) -> None:
    """The questions of a lesson in a role: recall, predict or check.

    Recall and predict show one question after the other; a check shows all of its three and ends with the result.
    """
    st.html(f"<style>{CSS}</style>")
    asked = questions.questions(lesson, role)
    for number, question in enumerate(asked, 1):
        card = Card(f"quiz_{question.id.replace('.', '_')}")
        with st.container(border=True, key=card.name("card")):
            if question.exercise:
                if card.get("item") is None:
                    card.ask(question.exercise[0], 1, question.exercise[1])
                _exercise(card)
                continue
            if role != "check":
                st.markdown(f":small[{t('quiz.number', number=number, all=len(asked))}]")
            if not _question(card, question, role) and role != "check":
                break
    if role == "check":
        _result(asked)


def _question(card: Card, question: questions.Question, role: str) -> bool:
    """Draw one question; returns whether it has been answered or revealed."""
    words = questions.words(question, language())
    st.markdown(words.prompt)
    if question.picture:
        chart(draw(question.picture(), language()), key=card.name("picture"), alt=words.alt, height=260)

    def chosen() -> None:
        if card.get("first") is None:
            card.set(first=question.options[int(str(card.get("choice")))] == question.right)

    guess = st.radio(
        t("quiz.choose"), range(len(words.options)), index=None, key=card.name("choice"), on_change=chosen,
        format_func=lambda at: _label(words.options[at]),
    )  # fmt: skip
    right = question.options.index(question.right)
    if guess is not None:
        box, verdict = (st.success, "quiz.right") if guess == right else (st.warning, "quiz.wrong")
        box(f"{t(verdict)} {words.because[guess]}")
    elif card.get("revealed"):
        st.info(f"{t('quiz.revealed', option=words.options[right])} {words.because[right]}")
    elif role != "check":
        st.button(t("quiz.reveal"), key=card.name("reveal"), type="tertiary", on_click=card.set, kwargs={"revealed": True})
    return guess is not None or bool(card.get("revealed"))


def _label(option: str) -> str:
    """An option beside its radio button: a formula alone becomes plain text, for browsers give a formula no name."""
    formula = re.fullmatch(r"\$([^$]*)\$", option)
    return formula[1].replace(r"\,", "\u2009").replace("-", "\u2212") if formula else option


def _result(asked: tuple[questions.Question, ...]) -> None:
    cards = [Card(f"quiz_{question.id.replace('.', '_')}") for question in asked]
    firsts = [card.get("first") for card in cards]
    if any(first is None for first in firsts):
        return
    right = sum(map(bool, firsts))
    passed = right >= questions.PASS
    (st.success if passed else st.info)(t("quiz.passed" if passed else "quiz.failed", right=right, all=len(firsts)))

    def again() -> None:
        for card, question in zip(cards, asked, strict=True):
            card.set(first=None)
            if question.exercise:
                name, seed, level = st.session_state[card.name("item")]
                card.ask(name, seed % MAX_SEED + 1, level)
            else:
                card.set(choice=None)

    st.button(t("quiz.again"), key=f"{cards[0].key}_again", on_click=again)
