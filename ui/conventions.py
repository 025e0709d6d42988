"""Agreeing with the book: the convention switches, and the settings under which the printed figures come out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from engine import Experiment
from lessons.examples import Figure, WorkedExample, judge
from lessons.workshop.conventions import Agreement, Setting, agree, explained, options, setting_of, shown_both_ways, under
from lessons.workshop.scan import words
from ui.frame import guarded
from ui.i18n import language, t
from ui.rounding import scrolling

SHOWN = 4  # settings in the ranking
ROWS = 40
# The switches that change what the stepper shows, and their values in the order in which they are offered.
CONVENTIONS = {"factor": (0.5, 1.0), "reduction": ("sum", "mean"), "biases": (True, False)}


@guarded("conventions")
def conventions(example: WorkedExample, take: Callable[[WorkedExample], None], key: str) -> None:
    """The switches, the ranking of settings by the figures they reproduce, and what explains the figures left over.

    take(example): called when the reader chooses another reading of the sheet.
    """
    if not isinstance(example.experiment, Experiment):
        return
    now, choices = setting_of(example.experiment), options(example.experiment)
    said = words(language())

    def flip(name: str, widget: str) -> None:
        if st.session_state[widget] is not None:
            changed = Setting(**{**vars(now), name: st.session_state[widget]})
            take(under(example, changed))

    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        for name in (name for name in CONVENTIONS if name in choices):
            widget = f"{key}_{name}"
            st.session_state[widget] = getattr(now, name)
            st.segmented_control(
                said[f"switch.{name}"], CONVENTIONS[name], key=widget, required=True,
                format_func=lambda value, name=name: said[f"switch.{name}.{value}"], on_change=flip, args=(name, widget),
            )  # fmt: skip
        if "turned" in choices:
            st.button(
                t("workshop.turn"), key=f"{key}_turn", help=t("workshop.turn_help"), on_click=take,
                args=(under(example, Setting(**{**vars(now), "turned": True})),),
            )  # fmt: skip
        if "order" in choices:
            order = st.segmented_control(
                said["switch.order"], ("together", "new_weights"), default="together", required=True, key=f"{key}_order",
                format_func=lambda value: said[f"switch.order.{value}"],
            )  # fmt: skip
    if "order" in choices and order != "together":
        _faulty(example, key)
    if not example.figures:
        st.markdown(t("workshop.no_figures"))
        return
    ranked = agree(example)
    here = next(one for one in ranked if one.setting == now)
    st.markdown(t("workshop.agree_now", right=len(here.agreeing), all=len(here.tried), setting=_said(now, None, choices)))
    better = [one for one in ranked if len(one.agreeing) > len(here.agreeing)]
    if better:
        _ranking(example, better[:SHOWN], now, choices, take, key)
    elif len(ranked) > 1:
        other = next(one for one in ranked if one.setting != now)
        told = _said(other.setting, now, choices)
        st.markdown(t("workshop.agree_other", right=len(other.agreeing), all=len(other.tried), setting=told))
    if len(here.agreeing) < len(here.tried):
        # What a better setting explains needs no second explanation.
        best = better[0].agreeing if better else here.agreeing
        _leftovers(example, now, choices, {example.figures[i] for i in best})


def _faulty(example: WorkedExample, key: str) -> None:
    """The faulty order beside the right one, labelled as what it is; the stepper goes on showing the right one."""
    st.warning(t("workshop.faulty_shown"))
    head = (t(f"workshop.head_{name}") for name in ("name", "printed", "old", "new"))
    rows = [f"| {' | '.join(head)} |", "|---|--:|--:|--:|"]
    for figure, old, new in shown_both_ways(example)[:ROWS]:
        printed = f"`{figure.text}`" if figure.text else ""
        name = figure.symbol.replace("`", "'").replace("|", "¦")
        marks = [
            f"`{value:.10g}`" + (" ✓" if figure.text and judge(figure.text, value) != "off" else "") for value in (old, new)
        ]
        rows.append(f"| `{name}` | {printed} | {' | '.join(marks)} |".replace("`-", "`\u2212"))
    scrolling("\n".join(rows), key)


def _said(setting: Setting, now: Setting | None, choices: dict[str, tuple[object, ...]]) -> str:
    """A setting in words: what it changes, or all of it when it is not compared with another."""
    said = words(language())
    names = setting.changes(now) if now else [name for name in choices if name not in ("turned", "order")]
    parts = [said[f"said.{name}.{getattr(setting, name)}"] for name in names]
    if not parts:
        return said["said.none"]
    if len(parts) > 1 and language() == "en":
        return f"{', '.join(parts[:-1])} and {parts[-1]}"
    return said["said.and"].join(parts)


def _ranking(
    example: WorkedExample,
    better: Sequence[Agreement],
    now: Setting,
    choices: dict[str, tuple[object, ...]],
    take: Callable[[WorkedExample], None],
    key: str,
) -> None:
    st.markdown(t("workshop.ranking"))
    lines = st.container(gap="xxsmall")
    for number, one in enumerate(better):
        with lines, st.container(horizontal=True, vertical_alignment="center", gap="small"):
            line = t("workshop.rank", right=len(one.agreeing), all=len(one.tried), setting=_said(one.setting, now, choices))
            st.markdown(line, width="content")
            if one.setting.order == "together":
                st.button(
                    t("workshop.use"), key=f"{key}_use_{number}", type="tertiary", on_click=take,
                    args=(under(example, one.setting),),
                )  # fmt: skip
            else:
                st.caption(t("workshop.not_descent"), width="content")


def _leftovers(example: WorkedExample, now: Setting, choices: dict[str, tuple[object, ...]], settled: set[Figure]) -> None:
    found = [(figure, setting) for figure, setting in explained(example) if setting and figure not in settled]
    for figure, setting in found[:8]:
        name = figure.symbol.replace("`", "'")
        told = _said(setting, now, choices)
        st.markdown("- " + t("workshop.explained", name=name, text=figure.text, setting=told))
    if any(setting.order != "together" for _, setting in found):
        st.info(t("workshop.faulty"))
