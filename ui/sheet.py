"""The page of a learner's own calculation: which example, its given numbers, and the sheet with its blanks.

The address says what is on the sheet: ?ex= an example, ?set= its edits as the stepper writes them, ?v= fresh numbers
from a seed; or a whole network, as the page of own examples links it. What was typed stays in the session.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

import streamlit as st

from engine import ACTIVATIONS, LOSSES, Experiment, Refused, Trace
from engine.edit import edited
from engine.link import number_text, parse_number
from lessons.check import LARGEST, VERSIONS, cells, recorded, variant
from lessons.check.variants import MAX_SEED
from lessons.check.wording import plain
from lessons.examples import WorkedExample, for_lesson, ids, load
from lessons.exercises.base import tex
from lessons.workshop import LINKED, read_link
from ui.i18n import language, t
from ui.refusals import sentence
from ui.sheet_blanks import Sheet, fill_in
from ui.sheet_picture import network_svg, number

CSS = (Path(__file__).parent / "sheet.css").read_text(encoding="utf-8")
# Streamlit cleans drawings out of HTML; in a component of our own they stay.
_net = st.components.v2.component(
    "nabla_sheet_net",
    js="export default ({ parentElement, data }) => { parentElement.querySelector('.nb-here').innerHTML = data.svg; }",
    html='<div class="nb-here"></div>',
    css=(Path(__file__).parent / "sheet_net.css").read_text(encoding="utf-8"),
)
LESSON = "backpropagation"
OWN = "own"


@dataclass(frozen=True)
class Chosen:
    """What is on the sheet: an example's id or "own", its experiment, and where its steps are shown."""

    id: str
    experiment: Experiment
    link: str


def show() -> None:
    """The whole page."""
    st.html(f"<style>{CSS}</style>")
    with st.container(horizontal=True, vertical_alignment="center", key="sheet_head"):
        st.title(t("sheet.title"), anchor=False, width="content")
        tools = st.container(
            horizontal=True, horizontal_alignment="right", vertical_alignment="bottom", gap="small", key="sheet_tools"
        )
    st.markdown(t("sheet.lead"))
    try:
        chosen = _chosen(tools)
        trace = _recorded(chosen.experiment)
        count = len(cells(trace))
        if count > LARGEST:
            st.warning(t("sheet.too_long", count=count, limit=LARGEST))
            return
    except Refused as refused:
        st.warning(sentence(refused))
        return
    with tools:
        version = st.segmented_control(
            t("sheet.version"), VERSIONS, key="sheet_version", default=VERSIONS[0], required=True,
            format_func=lambda name: t(f"sheet.version.{name}"),
        )  # fmt: skip
    _given(trace)
    spelled = repr((chosen.id, chosen.experiment, version))
    fill_in(Sheet(f"{zlib.crc32(spelled.encode()):08x}", trace, version or VERSIONS[0], chosen.link))


# Which example --------------------------------------------------------------------------------------------------


def _chosen(tools: st.delta_generator.DeltaGenerator) -> Chosen:
    """Draw the choice of example; raises Refused for an example that cannot be calculated."""
    offered = _offered()
    asked = st.query_params.get("ex", "")
    own = _own()
    choices = (OWN, *offered) if own else offered
    if "sheet_example" not in st.session_state or st.session_state["sheet_example"] not in choices:
        st.session_state["sheet_example"] = OWN if own else asked if asked in offered else offered[0]
    lang = language()
    with tools:
        picked = st.selectbox(
            t("sheet.example"), choices, key="sheet_example", on_change=_forget, width=300,
            format_func=lambda name: t("sheet.own") if name == OWN else _title(name, lang),
        )  # fmt: skip
    if (asked and asked not in offered) or ("net" in st.query_params and not own):
        st.warning(t("sheet.bad_link"))
    if picked == OWN and own:
        query = {name: st.query_params[name] for name in LINKED if name in st.query_params}
        return Chosen(OWN, own, "your_example?" + urlencode(query))
    example = load(picked)
    experiment, edits = _numbers(example, tools)
    place = LESSON if picked in for_lesson(LESSON) else "worked_examples"
    query = {"ex": picked, **({"set": edits} if edits else {})}
    return Chosen(picked, experiment, f"{place}?" + urlencode(query, quote_via=quote))


@st.cache_data(show_spinner=False)
def _offered() -> tuple[str, ...]:
    """The ids of all examples, and their readings, that a sheet can be made of; the lesson's own example first."""
    fitting = []
    for name in ids():
        example = load(name)
        for one in (example, *example.readings):
            if isinstance(one.experiment, Experiment) and one.experiment.network.layers and _short(one.experiment):
                fitting.append(one.id)
    return tuple(fitting)


def _short(experiment: Experiment) -> bool:
    try:
        return len(cells(recorded(experiment))) <= LARGEST
    except Refused:
        return False


def _title(name: str, lang: str) -> str:
    base, _, reading = name.partition(":")
    title = load(base).title(lang)
    return f"{title} · {load(name).title(lang)}" if reading else title


def _forget() -> None:
    # Another example: its own numbers, and a link that names it.
    for name in ("set", "v", "ex", *LINKED):
        st.query_params.pop(name, None)
    if st.session_state["sheet_example"] != OWN:
        st.query_params["ex"] = st.session_state["sheet_example"]


def _own() -> Experiment | None:
    """The network that the link holds; kept for the session, so that the sheet stays when the address changes."""
    if "net" in st.query_params:
        try:
            experiment = read_link(st.query_params).experiment
        except Refused:
            return None
        if isinstance(experiment, Experiment):
            st.session_state["sheet_own"] = experiment
    return st.session_state.get("sheet_own")


def _numbers(example: WorkedExample, tools: st.delta_generator.DeltaGenerator) -> tuple[Experiment, str]:
    """The example's numbers, edited by the link or drawn afresh, and the edits as the stepper's link writes them."""
    asked = st.query_params.get("v", "")
    seed = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 11 and int(asked) <= MAX_SEED else 0
    with tools:
        st.button(t("sheet.fresh"), key="sheet_fresh", on_click=_draw, args=(seed + 1,))
        if seed:
            st.button(t("sheet.original"), key="sheet_original", on_click=_draw, args=(0,), help=t("sheet.variant", seed=seed))
    base = example.experiment
    if seed:
        experiment = variant(example.id, seed)
        return experiment, _difference(base, experiment)
    edits = st.query_params.get("set", "")
    if not edits:
        return base, ""
    try:
        numbers: dict[str, float] = {}
        for part in edits[:5000].split(";"):
            address, _, text = part.rpartition(":")
            numbers[address] = parse_number(text)
        return edited(base, numbers), edits
    except Refused as refused:
        st.warning(sentence(refused))
        return base, ""


def _draw(seed: int) -> None:
    st.query_params.pop("set", None)
    if seed:
        st.query_params["v"] = str(seed)
        st.query_params["ex"] = st.session_state["sheet_example"]
    else:
        st.query_params.pop("v", None)


def _difference(base: Experiment, other: Experiment) -> str:
    """The given numbers in which two experiments of one shape differ, as the stepper's link writes them."""
    one, two = _recorded(base), _recorded(other)
    computed = {op.index for op in two.ops}
    changed = [
        f"{address}:{number_text(float(two.values[0, index]))}"
        for index, address in enumerate(two.program.addresses)
        if index not in computed and one.values[0, index] != two.values[0, index]
    ]
    return ";".join(changed)


@st.cache_resource(max_entries=64, show_spinner=False)
def _recorded(experiment: Experiment) -> Trace:
    return recorded(experiment)


# What is given --------------------------------------------------------------------------------------------------


def _given(trace: Trace) -> None:
    """The network with its numbers, and the conventions that the sheet is judged by."""
    numbers = _given_numbers(trace)
    said = t("sheet.picture", numbers=", ".join(f"{plain(symbol)} = {number(value)}" for symbol, value in numbers))
    picture = network_svg(trace, said)
    with st.container(border=True, key="sheet_given"):
        if picture:
            with st.container(key="sheet_net"):
                _net(key="sheet_picture", data={"svg": picture})
        with st.container(key="sheet_rules"):
            st.markdown(_rules(trace))
            st.markdown(f":small[{t('sheet.how')}]")
            listed = " · ".join(f"${symbol} = {tex(value, 6)}$" for symbol, value in numbers)
            if picture:
                with st.expander(t("sheet.given")):
                    st.markdown(listed)
            else:
                st.markdown(listed)


def _given_numbers(trace: Trace) -> list[tuple[str, float]]:
    computed = {op.index for op in trace.ops}
    row = trace.values[0]
    return [(symbol, float(row[i])) for i, symbol in enumerate(trace.program.symbols) if i not in computed]


def _rules(trace: Trace) -> str:
    experiment = trace.experiment
    assert isinstance(experiment, Experiment), "a sheet is made of a network"
    layers, loss = experiment.network.layers, experiment.loss
    lines = []
    for k, layer in enumerate(layers, 1):
        name = t("sheet.output") if k == len(layers) else t("sheet.hidden", layer=k)
        lines.append(f"**{name}** · {layer.activation} ${ACTIVATIONS[layer.activation].latex}$")
    if loss.name == "squared_error":
        front = r"\tfrac{1}{2}" if loss.factor == 0.5 else ""
        formula = rf"\ell = {front}\,(y - t)^2"
    else:
        formula = LOSSES[loss.name].latex
    terms = len(experiment.x) * experiment.network.outputs
    how = f", {t(f'sheet.reduction.{loss.reduction}')}" if terms > 1 else ""
    lines.append(f"**{t('sheet.loss')}** · ${formula}${how}")
    lines.append(rf"**{t('sheet.rate').capitalize()}** · $\eta = {tex(experiment.learning_rate, 6)}$")
    biases = {f"b{k}" for k in range(1, len(layers) + 1)}
    if experiment.frozen:
        everything = set(experiment.frozen) == biases
        fixed = ", ".join(experiment.frozen)
        lines.append(t("sheet.fixed_all") if everything else t("sheet.fixed", names=fixed))
    return "  \n".join(lines)
