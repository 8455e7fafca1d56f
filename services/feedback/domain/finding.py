"""How answers are found by their words, and how a long list of them is read page by page."""

import base64
import binascii
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chassis.errors import Invalid

MAX_WORDS, MAX_LETTERS = 300, 30
WITHOUT_BLANKS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u0e00-\u0e7f]+")
"""Japanese, Chinese, Thai: written without blanks, so that every two letters are taken for a word."""
MAX_SCORE = 1000
SORTS = ("answered_at", "changed_at", "score")


def fold(text: str) -> str:
    """A text as it is searched: without case and accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).casefold()


def words(text: str | None) -> list[str]:
    """What a comment is found by: its words, folded, each once."""
    found = dict.fromkeys(word[:MAX_LETTERS] for word in _words(fold(text or "")))
    return list(found)[:MAX_WORDS]


def _words(folded: str) -> Iterator[str]:
    for word in re.findall(r"\w+", folded):
        runs = WITHOUT_BLANKS.findall(word)
        yield from (run[at : at + 2] for run in runs for at in range(max(1, len(run) - 1)))
        yield from (part for part in WITHOUT_BLANKS.split(word) if part)


def look_for(text: str) -> list[dict[str, Any]]:
    """The queries that must all hold: each word asked for begins one of the comment's.

    Raises `Invalid` for a text that says nothing.
    """
    wanted = words(text)
    if not wanted:
        code, reason = "search-not-valid", "Give at least one letter or digit to look for."
        raise Invalid(code, reason, field="q")
    return [{"words": {"$regex": f"^{re.escape(word)}"}} for word in wanted]


@dataclass(frozen=True, slots=True)
class Order:
    """By what a list is sorted; equal ones by id, in the same direction."""

    name: str
    descending: bool

    @classmethod
    def of(cls, text: str) -> "Order":
        """`score`, or `-answered_at` for the newest first. Raises `Invalid`."""
        name = text.removeprefix("-")
        if name not in SORTS:
            code, reason = "sort-not-valid", f"It must be one of {', '.join(SORTS)}, with a minus in front to turn it."
            raise Invalid(code, reason, field="sort")
        return cls(name, text.startswith("-"))

    def mark(self, value: object, id_: str) -> str:
        """Where a page ended, for the caller to give back as it is."""
        kept = value.isoformat() if isinstance(value, datetime) else value
        text = json.dumps([self.name, self.descending, kept, id_], separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def after(self, mark: str) -> dict[str, Any]:
        """The query for what comes after a mark. Raises `Invalid` for one of another list."""
        value, id_ = self._read(mark)
        beyond = "$lt" if self.descending else "$gt"
        # The first part says nothing new, but lets the index begin there.
        return {
            self.name: {f"{beyond}e": value},
            "$or": [{self.name: {beyond: value}}, {self.name: {"$eq": value}, "_id": {beyond: id_}}],
        }

    def _read(self, mark: str) -> tuple[Any, str]:
        try:
            text = base64.urlsafe_b64decode(mark + "=" * (-len(mark) % 4))
            name, descending, value, id_ = json.loads(text)
            if (name, descending) != (self.name, self.descending) or not isinstance(id_, str):
                raise ValueError
            if name == "score":
                return min(max(int(value), -1), MAX_SCORE), id_
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is None:
                raise ValueError
        except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error):
            code, reason = "cursor-not-valid", "Use `next` of the page before, with the same sort."
            raise Invalid(code, reason, field="after") from None
        else:
            return moment, id_
