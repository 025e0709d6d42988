"""The stepper's JavaScript and CSS as two strings: one ES module and one style sheet, ready for a Streamlit component."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

HERE = Path(__file__).parent
ORDER = (
    "format", "markup", "dom", "graphmodel", "model", "words", "theme", "layout", "tags", "marks", "diagram",
    "graphlayout", "graphmarks", "graph", "equation", "badges", "predict", "why", "panel", "timeline", "ledger",
    "graphtwin", "twin", "numbers", "tools", "keys", "view", "live", "stepper",
)  # fmt: skip
STYLES = ("stepper.css", "graph.css")
_IMPORT = re.compile(r"^import .*;\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)


@lru_cache(maxsize=1)
def javascript() -> str:
    """All modules in one, without the imports and exports between them; `export default` stays."""
    return "\n".join(_EXPORT.sub("", _IMPORT.sub("", _read(f"{name}.js"))) for name in ORDER)


@lru_cache(maxsize=1)
def css() -> str:
    """The style sheets, one after the other."""
    return "\n".join(_read(name) for name in STYLES)


def _read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")
