"""The reasons why an example file is refused, in the reader's language.

The reader of files says them in English, the language of the format. Each sentence is recognised by its pattern here;
one that is not known stays English.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from engine.refusal import SENTENCES

_BLANK = re.compile(r"\{(\w+)\}")


def reason_in(lang: str, reason: str, more: Mapping[str, str] | None = None) -> str:
    """A reason, or the place of one, in `lang`. more: further English sentences and what they are in `lang`."""
    known = [*_patterns(lang), *((_pattern(english), told) for english, told in (more or {}).items() if english != told)]
    for pattern, template in known:
        match = pattern.fullmatch(reason)
        if match:
            found = match.groupdict()
            if inner := found.get("reason"):
                found["reason"] = reason_in(lang, inner, more)
            return template.format(**found)
    return reason


@cache
def _patterns(lang: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    file = Path(__file__).parent / f"reasons.{lang}.json"
    known: dict[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return tuple((_pattern(SENTENCES.get(english, english)), told) for english, told in known.items())


def _pattern(template: str) -> re.Pattern[str]:
    parts, end, seen = [], 0, set()
    for blank in _BLANK.finditer(template):
        parts.append(re.escape(template[end : blank.start()]))
        name = blank.group(1)
        parts.append(f"(?P={name})" if name in seen else f"(?P<{name}>.*?)")
        seen.add(name)
        end = blank.end()
    return re.compile("".join([*parts, re.escape(template[end:])]), re.DOTALL)
