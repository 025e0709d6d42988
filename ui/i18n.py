"""Interface text in the reader's language.

Catalogues are ui/text/<part>.<language>.json, flat objects of key -> sentence; adding a language is adding its files and one
line in LANGUAGES. The language belongs to a session, never to the process: many readers share one server.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

import streamlit as st

LANGUAGES: Mapping[str, str] = MappingProxyType({"en": "English", "zh": "中文"})
TAGS: Mapping[str, str] = MappingProxyType({"en": "en", "zh": "zh-CN"})  # for the page's lang attribute
FOLDER = Path(__file__).parent / "text"
KEY = "lang"  # in the session and in the address: ?lang=zh


@cache
def text(lang: str, part: str = "*") -> Mapping[str, str]:
    """The interface text of one language, or one part of it: key -> sentence, read only.

    Raises KeyError for an unknown language, ValueError when two files define the same key."""
    if lang not in LANGUAGES:
        raise KeyError(lang)
    merged: dict[str, str] = {}
    for file in sorted(FOLDER.glob(f"{part}.{lang}.json")):
        found = json.loads(file.read_text(encoding="utf-8"))
        if twice := merged.keys() & found.keys():
            raise ValueError(f"{file.name} repeats {sorted(twice)}")
        merged |= found
    return MappingProxyType(merged)


def t(key: str, **values: object) -> str:
    """The sentence for a key in the session's language, with {name} filled from values. Raises KeyError if there is none."""
    sentence = text(language())[key]
    return sentence.format(**values) if values else sentence


def language() -> str:
    """The session's language: the reader's choice, else the first one that the browser's locale speaks."""
    chosen = st.session_state.get(KEY)
    return chosen if chosen in LANGUAGES else preferred(st.context.locale)


def preferred(locale: str | None) -> str:
    """The language for a browser locale such as zh-Hans-CN; English when we do not speak it."""
    short = (locale or "").replace("_", "-").split("-")[0].lower()
    return short if short in LANGUAGES else "en"
