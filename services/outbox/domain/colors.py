"""Colours and whether one can be read on another (WCAG 2.2)."""

import re
from functools import lru_cache

READABLE = 4.5
"""The least contrast of text of a usual size."""
READABLE_LARGE = 3.0
NAMED = {"white": "#ffffff", "black": "#000000", "red": "#ff0000", "gray": "#808080", "grey": "#808080"}
_HEX = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})")
_RGB = re.compile(r"rgba?\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})\s*(?:[,/]\s*1(?:\.0+)?\s*)?\)")
_SHORT = 3


def parsed(text: str) -> str | None:
    """A colour as `#rrggbb`; None for what is none, or is see-through."""
    word = text.strip().lower()
    word = NAMED.get(word, word)
    if found := _RGB.fullmatch(word):
        parts = [int(part) for part in found.groups()]
        return None if max(parts) > 255 else "#" + "".join(f"{part:02x}" for part in parts)  # noqa: PLR2004
    hexed = _HEX.fullmatch(word)
    if hexed is None:
        return None
    digits = hexed[1]
    return "#" + ("".join(2 * digit for digit in digits) if len(digits) == _SHORT else digits)


def contrast(one: str, other: str) -> float:
    """Between 1 (the same) and 21 (black and white), of two colours as `#rrggbb`."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@lru_cache(maxsize=256)
def on(color: str) -> str:
    """The colour of text on a ground of this colour: white or nearly black."""
    dark = "#10202f"
    return "#ffffff" if contrast("#ffffff", color) >= contrast(dark, color) else dark


def _luminance(color: str) -> float:
    parts = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)  # noqa: PLR2004
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
