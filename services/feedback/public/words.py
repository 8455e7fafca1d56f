"""What the page says, by language. Whatever a campaign words itself stands before this."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from services.feedback.domain.further import tag_in

FOLDER = Path(__file__).parent / "languages"
FIRST = "en"
WORDS: Mapping[str, Mapping[str, Any]] = {
    file.stem: tomllib.loads(file.read_text(encoding="utf-8"))
    for file in sorted(FOLDER.glob("*.toml"), key=lambda file: (file.stem != FIRST, file.stem))
}
RIGHT_TO_LEFT = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "ku", "ps", "sd", "ug", "ur", "yi"})


def words(*wishes: str | None) -> tuple[str, Mapping[str, Any]]:
    """The language and its words, of the first wish that is had; else English."""
    tag = tag_in(WORDS, *wishes) or FIRST
    return tag, WORDS[tag]


def direction(language: str) -> str:
    """How a language is written: `rtl` or `ltr`."""
    return "rtl" if language.split("-", maxsplit=1)[0].lower() in RIGHT_TO_LEFT else "ltr"


def wishes_in(accept_language: str) -> tuple[str, ...]:
    """The languages of an Accept-Language header, in the order in which browsers write them: the dearest first."""
    return tuple(part.partition(";")[0].strip() for part in accept_language[:200].split(","))
