"""A brand's colour as it can be read: on white and on dark, and what can be read on it (WCAG 2.2)."""

import re

READABLE = 4.5
LIGHT_CARD, DARK_CARD, INK = "#ffffff", "#18212a", "#0f151b"
_HEX = re.compile(r"#[0-9a-f]{6}")
_STEPS = 20


def is_color(text: str) -> bool:
    """Whether it is `#rrggbb`."""
    return _HEX.fullmatch(text) is not None


def contrast(one: str, other: str) -> float:
    """Between 1 (the same) and 21 (black and white)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def readable(color: str, ground: str) -> str:
    """The colour, moved away from the ground as little as it takes to be read there."""
    away = "#000000" if _luminance(ground) > 0.5 else "#ffffff"  # noqa: PLR2004 - the lighter half
    steps = (_mixed(color, away, step / _STEPS) for step in range(_STEPS + 1))
    return next((one for one in steps if contrast(one, ground) >= READABLE), away)


def on(color: str) -> str:
    """What can be read on it: white or ink."""
    return LIGHT_CARD if contrast(LIGHT_CARD, color) >= contrast(INK, color) else INK


def _mixed(one: str, other: str, share: float) -> str:
    parts = zip(_parts(one), _parts(other), strict=True)
    return "#" + "".join(f"{round(first + (second - first) * share):02x}" for first, second in parts)


def _parts(color: str) -> list[int]:
    return [int(color[start : start + 2], 16) for start in (1, 3, 5)]


def _luminance(color: str) -> float:
    shares = [part / 255 for part in _parts(color)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in shares)  # noqa: PLR2004
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
