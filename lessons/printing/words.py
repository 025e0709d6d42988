"""The words of printed sheets, in the reader's language."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

LANGUAGES = ("en", "zh")


@cache
def texts(language: str) -> Mapping[str, str]:
    """All sentences of a language; any but the known ones reads English."""
    name = f"text.{language if language in LANGUAGES else 'en'}.json"
    found: dict[str, str] = json.loads(resources.files("lessons.printing").joinpath(name).read_text("utf-8"))
    return MappingProxyType(found)
