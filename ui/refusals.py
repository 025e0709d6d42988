"""Refusals of the engine as sentences in the reader's language."""

from __future__ import annotations

from engine import Refused
from ui.i18n import language, text


def sentence(refused: Refused) -> str:
    """What was wrong and what to do, in the language of the page; names of quantities are translated as well."""
    words = text(language())
    details = {
        name: words.get(f"quantity.{value}", value) if isinstance(value, str) else value
        for name, value in refused.details.items()
    }
    if "why" in details:  # the reason itself is a sentence with a key
        details["reason"] = words[f"expression.{details['why']}"].format(**details)
    return words[f"refused.{refused.code}"].format(**details)
