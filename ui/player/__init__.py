"""The player: a tiny network trains on the server in milliseconds, and the browser plays the recording like a film.

Python sends one object: `run` (see ui/player/recording.py), `lang`, `words` (the player.* texts), `sets` (list of {id, name,
seed}: the points to choose from), `links` (list of {id, question, title}: the lessons that lead on), `story` ({before, during,
after}: a sentence or two for each state), `verdict` ({level: "good" | "fair" | "bad", text, note}: how the run ended).
The browser answers with the state `choice` ({set, seed}: show another run) and the trigger `go` (the id of a lesson to open).
Nothing is sent while it plays.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from engine import Refused
from lessons.tiny import TINY, experiment
from ui.frame import PAGES, guarded
from ui.i18n import language, text
from ui.player.recording import Facts, recording

HERE = Path(__file__).parent
MODULES = ("run", "say", "draw", "player")
LEADS_ON = ("forward_pass", "loss", "backpropagation", "gradient_descent")
KEY = "player"
_IMPORT = re.compile(r"^import [^;]*;\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)


@cache
def javascript() -> str:
    """The player's modules as one, without the imports and exports between them."""
    return "\n".join(_EXPORT.sub("", _IMPORT.sub("", (HERE / f"{name}.js").read_text("utf-8"))) for name in MODULES)


_mount = st.components.v2.component(
    "nabla_player",
    html=(HERE / "player.html").read_text("utf-8"),
    css=(HERE / "player.css").read_text("utf-8"),
    js=javascript(),
    isolate_styles=True,
)


@st.fragment
@guarded("player")
def player(story: Mapping[str, str]) -> None:
    """The player on a page. story: the sentences under it, by state: before, during and after training."""
    shown = _mount(
        key=KEY,
        data=payload(_choice(), story, language()),
        on_choice_change=_choose,
        on_go_change=lambda: None,
    )
    if shown.go in LEADS_ON:
        st.switch_page(PAGES / f"{shown.go}.py")


def payload(choice: Mapping[str, Any], story: Mapping[str, str], lang: str) -> dict[str, Any]:
    """The message to the browser for a choice ({set, seed}), in a language."""
    run, facts = recording(choice["set"], choice["seed"])
    words = text(lang)
    return {
        "run": run,
        "lang": lang,
        "words": {name.removeprefix("player."): sentence for name, sentence in words.items() if name.startswith("player.")},
        "sets": [{"id": tiny.id, "name": words[f"player.{tiny.id}"], "seed": tiny.first} for tiny in TINY.values()],
        "links": [
            {
                "id": name,
                "question": words[f"player.ask_{name}"].format(loss=f"{facts.last:.3f}"),
                "title": words[f"page.{name}"],
            }
            for name in LEADS_ON
        ],
        "story": dict(story),
        "verdict": verdict(facts, words),
    }


def verdict(facts: Facts, words: Mapping[str, str]) -> dict[str, str]:
    """How a run ended, said as it is: {level, text, note}; the note tells of a loss that climbed, else it is empty."""
    outcome = "diverged" if facts.diverged else "learned" if facts.learned else "stuck"
    said = words[f"player.{outcome}"].format(right=facts.right, points=facts.points, unseen=facts.unseen, updates=facts.updates)
    note = ""
    if facts.rise:
        update, before, after = facts.rise
        note = words["player.rise"].format(update=update, before=f"{before:.3f}", after=f"{after:.3f}")
    level = "bad" if facts.diverged else "good" if facts.learned else "fair"
    return {"level": level, "text": said, "note": note}


def _choice() -> dict[str, Any]:
    # Kept beside the component's own state, which Streamlit drops when the reader visits another page.
    first = next(iter(TINY.values()))
    choice: dict[str, Any] = st.session_state.setdefault(f"{KEY}.choice", {"set": first.id, "seed": first.first})
    return choice


def _choose() -> None:
    """Take the reader's choice; what does not name a run is ignored, and the last one stays."""
    asked = st.session_state[KEY].get("choice")
    try:
        experiment(asked["set"], asked["seed"])
    except (Refused, KeyError, TypeError):
        return
    st.session_state[f"{KEY}.choice"] = {"set": asked["set"], "seed": asked["seed"]}
