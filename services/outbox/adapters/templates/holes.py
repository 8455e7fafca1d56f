"""Liquid hidden while MJML is compiled and CSS is inlined: both would take `{% if a < 3 %}` for markup of theirs."""

import re

_LIQUID = re.compile(
    r"\{%-?\s*(raw|comment|doc)\s*-?%\}.*?\{%-?\s*end\1\s*-?%\}|\{\{.*?\}\}|\{%.*?%\}", re.DOTALL | re.IGNORECASE
)
_HOLE = re.compile(r"<!--qzhole(\d+)qz-->|qzhole(\d+)qz")
_PLAIN = re.compile(r"<(mj-style|style|mj-title|title|mj-preview)\b", re.IGNORECASE)
_BETWEEN_ROWS = re.compile(r"(?:<(?:table|tbody|tr)\b[^>]*>|</(?:tr|td|tbody)>)\s*qzhole(\d+)qz", re.IGNORECASE)


def hide(source: str) -> tuple[str, list[str]]:
    """The source with a word, or a comment between elements, for each piece of Liquid; and the pieces."""
    markup = _LIQUID.sub(lambda found: " " * len(found[0]), source)
    pieces: list[str] = []

    def hole(found: re.Match[str]) -> str:
        pieces.append(found[0])
        word = f"qzhole{len(pieces) - 1}qz"
        is_tag = found[0].startswith("{%")
        return f"<!--{word}-->" if is_tag and _is_between(markup, found.start()) else word

    return _LIQUID.sub(hole, source), pieces


def _is_between(markup: str, place: int) -> bool:
    """Whether a comment may stand here: not in a tag, nor where all is text."""
    opened = markup.rfind("<", 0, place)
    return opened <= markup.rfind(">", 0, place) and not _PLAIN.match(markup, max(opened, 0))


def show(hidden: str, pieces: list[str]) -> str:
    """The source with its Liquid again."""
    return _HOLE.sub(lambda found: _piece(found, pieces), hidden)


def as_words(hidden: str) -> str:
    """With words in place of comments, for what leaves comments out."""
    return _HOLE.sub(lambda found: f"qzhole{found[1] or found[2]}qz", hidden)


def lost(hidden: str, pieces: list[str]) -> list[str]:
    """Pieces that are nowhere any more: MJML drops text between its elements."""
    kept = {int(one or other) for one, other in _HOLE.findall(hidden)}
    return [piece for number, piece in enumerate(pieces) if number not in kept]


def between_rows(hidden: str, pieces: list[str]) -> list[str]:
    """Pieces that stand between a table's rows, from where each mail program moves them somewhere else."""
    return [pieces[int(number)] for number in _BETWEEN_ROWS.findall(hidden) if int(number) < len(pieces)]


def _piece(found: re.Match[str], pieces: list[str]) -> str:
    number = int(found[1] or found[2])
    return pieces[number] if number < len(pieces) else found[0]
