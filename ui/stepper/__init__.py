"""The stepper on a page: which example, which edits, which step; everything else happens in the browser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from engine import Certificate, Experiment, Refused, Trace, certify, record_run, torch_backend
from engine.edit import edited
from engine.link import number_text, parse_number
from lessons.examples import Judged, WorkedExample, judged, load
from lessons.questions import questions
from ui.i18n import language, text
from ui.refusals import sentence
from ui.stepper.bundle import css, javascript
from ui.stepper.payload import Show, payload

WITNESSED = 3  # updates that the witnesses are asked about: enough to see them agree, quick enough for every page
GRAINS = ("operation", "unit", "layer", "pass", "update", "epoch")

_mount = st.components.v2.component("nabla_stepper", js=javascript(), css=css(), html='<div class="nb-root"></div>')


def stepper(lesson: str, choices: tuple[str, ...], tools: DeltaGenerator) -> Trace:
    """The stepper with its example picker; returns the recorded run that it shows, edits included.

    lesson: names the page, so that each keeps its own place. choices: ids of worked examples, the first is the default.
    tools: the container that the picker is drawn into.
    """
    return step_through(_choose(lesson, choices, tools), f"stepper_{lesson}")


def step_through(example: WorkedExample, key: str) -> Trace:
    """The stepper with one example; returns the recorded run that it shows, edits included.

    key: the component's name in the session, one per page. The learner's edits belong to the example's id.
    """
    history = _edits(example)
    experiment = _edited(example, history[-1])
    trace = _record(experiment, example.updates)
    certificate = _certificate(experiment, example.updates, _wants_torch(key))
    lang = language()
    words = {**text(lang, "graph"), **text(lang, "stepper")}
    shown = Show(
        id=example.id,
        lang=lang,
        words=words,
        title=example.title(lang),
        source=example.credit(lang),
        published=() if history[-1] else _published(example, lang),
        questions=[asdict(question) for question in questions(trace, lang)],
        edited=tuple(history[-1]),
        can_undo=len(history) > 1,
        position=_position(),
        notice=st.session_state.get(f"notice:{example.id}"),
    )
    _mount(
        key=key,
        data=payload(trace, certificate, shown),
        on_edit_change=lambda: _edit(key, example),
        on_want_change=lambda: None,
    )
    return trace


def _choose(lesson: str, choices: tuple[str, ...], tools: DeltaGenerator) -> WorkedExample:
    key = f"{lesson}_example"
    asked = st.query_params.get("ex", "")
    if key not in st.session_state:
        st.session_state[key] = asked if asked in choices else choices[0]
    lang = language()
    words = text(lang)
    with tools:
        st.selectbox(
            words["example.pick"],
            choices,
            format_func=lambda choice: _label(choice, lang),
            key=key,
            label_visibility="collapsed",
            on_change=_forget_place,
            width=340,
        )
        example = load(st.session_state[key])
        with st.popover(words["example.about"]):
            st.markdown(example.about(lang))
            st.markdown(f"**{words['example.source']}** {example.credit(lang)}")
            for erratum in example.errata(lang):
                st.markdown(f"- {erratum}")
    if asked and asked not in choices:
        st.warning(words["example.unknown"].format(name=asked[:40]))
    _set_query("ex", example.id if example.id != choices[0] else "")
    return example


def _label(choice: str, lang: str) -> str:
    """An example's name in the picker; a reading stands behind the example that it reads."""
    base, _, reading = choice.partition(":")
    title = load(base).title(lang)
    return f"{title} · {load(choice).title(lang)}" if reading else title


def _forget_place() -> None:
    # Another example: its own first step, without the edits of the one before in the address.
    for name in ("u", "s", "g", "set"):
        st.query_params.pop(name, None)


def _set_query(name: str, value: str) -> None:
    if value and st.query_params.get(name) != value:
        st.query_params[name] = value
    elif not value and name in st.query_params:
        del st.query_params[name]


def _edits(example: WorkedExample) -> list[dict[str, float]]:
    """Every state of the learner's edits, newest last; read from the link on the first visit."""
    key = f"edits:{example.id}"
    if key not in st.session_state:
        st.session_state[key] = [{}]
        asked = st.query_params.get("set", "")
        if asked:
            _read_link(example, asked, st.session_state[key])
    history: list[dict[str, float]] = st.session_state[key]
    _set_query("set", ";".join(f"{address}:{number_text(value)}" for address, value in history[-1].items()))
    return history


def _read_link(example: WorkedExample, asked: str, history: list[dict[str, float]]) -> None:
    try:
        edits: dict[str, float] = {}
        for part in asked[:5000].split(";"):
            address, _, number = part.rpartition(":")
            edits[address] = parse_number(number)
        edited(example.experiment, edits)
    except Refused as refused:
        _notice(example, refused)
    else:
        history.append(edits)


def _edit(key: str, example: WorkedExample) -> None:
    """What the learner typed, undid or reset; a refusal keeps the last good state and says why."""
    message: Mapping[str, Any] = st.session_state[key].get("edit") or {}
    history: list[dict[str, float]] = st.session_state[f"edits:{example.id}"]
    st.session_state.pop(f"notice:{example.id}", None)
    if message.get("undo"):
        if len(history) > 1:
            history.pop()
        return
    if message.get("reset"):
        if history[-1]:
            history.append({})
        return
    try:
        address = str(message.get("address", ""))[:60].partition("@")[0]
        edits = {**history[-1], address: parse_number(str(message.get("text", "")))}
        same = edited(example.experiment, edits) == edited(example.experiment, history[-1])
    except Refused as refused:
        _notice(example, refused)
    else:
        if not same:  # the old number typed again is no change
            history.append(edits)


def _notice(example: WorkedExample, refused: Refused) -> None:
    st.session_state[f"notice:{example.id}"] = {"level": "refused", "text": sentence(refused)}


def _edited(example: WorkedExample, edits: dict[str, float]) -> Experiment:
    return edited(example.experiment, edits)


@st.cache_resource(max_entries=256, show_spinner=False)
def _record(experiment: Experiment, updates: int) -> Trace:
    return record_run(experiment, updates)


@st.cache_resource(max_entries=256, show_spinner=False)
def _certificate(experiment: Experiment, updates: int, torch: bool | None) -> Certificate:
    return certify(_record(experiment, updates), min(updates, WITNESSED), torch)


def certificate_of(trace: Trace) -> Certificate:
    """What the witnesses say of a recorded run; autograd is heard once Torch is loaded."""
    return _certificate(trace.experiment, trace.updates, None if torch_backend.loaded() else False)


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs={WorkedExample: lambda example: example.id})
def _judged(example: WorkedExample) -> tuple[Judged, ...]:
    return tuple(judged(example))


def _wants_torch(key: str) -> bool | None:
    """Whether Torch is heard: None once it is loaded or where there is none, else False.

    The component asks for it when its first picture is painted. Then Torch is loaded beside the page, never before it:
    the import takes seconds, and stepping must not wait for it. The component asks again until it is there.
    """
    if torch_backend.loaded() or not torch_backend.available():
        return None
    state = st.session_state.get(key)
    if state and state.get("want"):
        torch_backend.load_beside()
    return False


def _published(example: WorkedExample, lang: str) -> list[dict[str, Any]]:
    found = []
    for verdict in _judged(example):
        figure = verdict.figure
        found.append(
            {
                "at": f"{figure.address}@{figure.update}" if figure.update < example.updates else None,
                "text": figure.text,
                "symbol": figure.symbol,
                "digits": verdict.digits,
                "verdict": verdict.verdict,
                "should_be": verdict.should_be,
                "note": figure.note(lang),
                "computed": verdict.computed,
                "times": figure.times,
            }
        )
    return found


def _position() -> dict[str, Any]:
    position: dict[str, Any] = {}
    for name, field in (("u", "update"), ("s", "op")):
        asked = st.query_params.get(name, "")
        if asked.isascii() and asked.isdigit() and len(asked) < 7:
            position[field] = int(asked)
    if st.query_params.get("g") in GRAINS:
        position["grain"] = st.query_params["g"]
    return position
