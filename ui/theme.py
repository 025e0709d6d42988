"""The palette: one colour per meaning, light and dark, shared by figures, components and the frame.

forward, loss, backward, update: the four phases of learning. positive, negative: the sign of a weight (a line style always
says it as well). page, sidebar, card: backgrounds. line: hairlines. ink, muted: text. wash: behind the number being computed.
Every text colour reaches WCAG AA (4.5:1) on every background of its mode; a test holds that.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

LIGHT: Mapping[str, str] = MappingProxyType(
    {
        "page": "#fcfcfa",
        "sidebar": "#f5f5f0",
        "card": "#ffffff",
        "line": "#e3e6ec",
        "ink": "#1b2030",
        "muted": "#5d6579",
        "wash": "#fff3d6",
        "forward": "#1f5fa8",
        "loss": "#7d3fae",
        "backward": "#b3500b",
        "update": "#0b7a5a",
        "positive": "#1f5fa8",
        "negative": "#b3261e",
    }
)

DARK: Mapping[str, str] = MappingProxyType(
    {
        "page": "#14171c",
        "sidebar": "#191d24",
        "card": "#1b2028",
        "line": "#323a46",
        "ink": "#e8ebf1",
        "muted": "#a3adbd",
        "wash": "#3a3120",
        "forward": "#7db2f0",
        "loss": "#c79bf0",
        "backward": "#f5a35c",
        "update": "#56c9a3",
        "positive": "#7db2f0",
        "negative": "#f2938c",
    }
)

PHASES = ("forward", "loss", "backward", "update")


def palette(dark: bool) -> Mapping[str, str]:
    """The colours of one mode, by name, as #rrggbb."""
    return DARK if dark else LIGHT


def contrast(one: str, other: str) -> float:
    """The WCAG contrast ratio of two #rrggbb colours, between 1 and 21."""
    bright, dim = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def _luminance(colour: str) -> float:
    """Relative luminance of an sRGB colour, between 0 and 1 (WCAG 2.2, definition of relative luminance)."""
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
