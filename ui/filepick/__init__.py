"""A file's text, read in the browser and handed over as a message: nothing is uploaded, and the server keeps no file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from ui.i18n import t

HERE = Path(__file__).parent
MAX_BYTES = 65_536

_mount = st.components.v2.component(
    "nabla_filepick",
    html='<div class="nb-pick"></div>',
    css=(HERE / "filepick.css").read_text(encoding="utf-8"),
    js=(HERE / "filepick.js").read_text(encoding="utf-8"),
)


def file_text(key: str, label: str, on_file: Callable[[str, str], None], accept: str = ".json,.txt") -> None:
    """A button that opens a file of at most 64 KB; dropping one on it works as well.

    on_file(name, text) runs before the page does. A file that is too long or no text never reaches Python: the button
    says why. accept: file name endings.
    """

    def read() -> None:
        message = st.session_state[key].get("file") or {}
        name, text = str(message.get("name", ""))[:120], message.get("text")
        if isinstance(text, str) and len(text) <= MAX_BYTES:
            on_file(name, text)

    names = ("drop", "too_large", "no_text")
    words = {name: t(f"filepick.{name}", limit=MAX_BYTES // 1024) for name in names} | {"label": label}
    _mount(key=key, data={"words": words, "accept": accept, "most": MAX_BYTES}, on_file_change=read)
