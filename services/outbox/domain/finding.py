"""What a check finds in a template: errors block saving, warnings inform."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a check finds: where it is, and why it matters."""

    level: Level
    code: str
    place: str
    reason: str


def error(code: str, place: str, reason: str) -> Finding:
    """One that blocks."""
    return Finding(level=Level.ERROR, code=code, place=place, reason=reason)


def warning(code: str, place: str, reason: str) -> Finding:
    """One that informs."""
    return Finding(level=Level.WARNING, code=code, place=place, reason=reason)
