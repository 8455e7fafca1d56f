"""How customers are found by a part of what is known of them, and how a long list is read page by page."""

import base64
import binascii
import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chassis.errors import Invalid

GRAM, LONG_GRAM = 3, 5
FEW = {
    "canonical_email": "string",
    "last_score": "number",
    "next_survey.last_survey_at": "date",
    "next_survey.at": "date",
}
"""What not everybody has, and its type in the store: an index of those who have it, who come first in either order."""
MAX_GRAMS = 5000
SORTS = {
    "id": "_id",
    "name": "fields.last_name",
    "last_name": "fields.last_name",
    "company": "fields.company",
    "email": "canonical_email",
    "created_at": "created_at",
    "changed_at": "changed_at",
    "last_score": "last_score",
    "last_survey_at": "next_survey.last_survey_at",
    "next_survey_at": "next_survey.at",
}
"""By what a list may be sorted, and where that is stored; a minus in front turns the order round."""


def fold(text: str) -> str:
    """A text as it is searched: without case, accents and repeated blanks."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(letter for letter in plain if not unicodedata.combining(letter)).casefold().split())


def searched_text(names: Iterable[str | None], *others: str | None) -> str:
    """All that a search looks at, one line each; the names together, so that "ada lov" is found."""
    lines = [" ".join(name for name in names if name), *(other for other in others if other)]
    return "\n".join(folded for line in lines if (folded := fold(line)))


def grams(text: str) -> list[str]:
    """What a text is found by: every three letters in a row, one and two at the start of a word, every other five.

    Three letters may be common and yet a longer text rare; of fives half are enough, as long as both sides choose
    the same ones.
    """
    found: dict[str, None] = {}
    for line in text.split("\n"):
        found |= dict.fromkeys(line[place : place + GRAM] for place in range(len(line) - GRAM + 1))
        found |= dict.fromkeys(fives(line))
        starts = [0, *(match.end() for match in re.finditer(r"[^\w]+", line))]
        found |= dict.fromkeys(f"^{line[at : at + size]}" for at in starts for size in (1, 2) if line[at : at + size])
    return list(found)[:MAX_GRAMS]


@dataclass(frozen=True, slots=True)
class Looked:
    """What a search asks the store for: one of the grams, the rarest if known, and the text by this pattern."""

    grams: tuple[str, ...]
    pattern: str


def look_for(text: str) -> Looked:
    """A search for a part of a line; one or two letters are looked for at the start of words only.

    Raises `Invalid` for a text that says nothing.
    """
    folded = fold(text)
    if not folded or "\x00" in folded:
        code, reason = "search-not-valid", "Give at least one letter to look for."
        raise Invalid(code, reason, field="q")
    if len(folded) < GRAM:
        return Looked((f"^{folded}",), rf"(^|\W){re.escape(folded)}")
    return Looked(tuple(dict.fromkeys((*fives(folded), *threes(folded)))), re.escape(folded))


def fives(text: str) -> list[str]:
    """Every other five letters in a row: chosen by the letters, not by where they stand."""
    rows = (text[place : place + LONG_GRAM] for place in range(len(text) - LONG_GRAM + 1))
    return [row for row in rows if (ord(row[0]) ^ ord(row[-1])) & 1]


def threes(text: str) -> Iterable[str]:
    """Every three letters in a row."""
    return (text[place : place + GRAM] for place in range(len(text) - GRAM + 1))


@dataclass(frozen=True, slots=True)
class Order:
    """By what a list is sorted; equal ones by id, in the same direction."""

    name: str
    path: str
    descending: bool

    @classmethod
    def of(cls, text: str) -> "Order":
        """`created_at`, or `-created_at` for the newest first. Raises `Invalid`."""
        name = text.removeprefix("-")
        if name not in SORTS:
            code, reason = "sort-not-valid", f"It must be one of {', '.join(SORTS)}, with a minus in front to turn it."
            raise Invalid(code, reason, field="sort")
        return cls(name, SORTS[name], text.startswith("-"))

    @property
    def having(self) -> dict[str, Any] | None:
        """The query for those who have it; None where everybody is in one list."""
        if self.path not in FEW:
            return None
        # As the partial indexes say it: MongoDB does not conclude one from the other.
        is_there: dict[str, Any] = {"$gt": ""} if FEW[self.path] == "string" else {"$exists": True}
        return {self.path: {**is_there, "$type": FEW[self.path]}}

    @property
    def lacking(self) -> dict[str, Any]:
        """The query for those who do not have it."""
        return {self.path: {"$not": {"$type": FEW[self.path]}}}

    def is_among_lacking(self, mark: str) -> bool:
        """Whether a page ended among those who do not have it. Raises `Invalid`."""
        return self._read(mark)[0] is None

    def mark(self, value: object, id_: str) -> str:
        """Where a page ended, for the caller to give back as it is."""
        kept = value.isoformat() if isinstance(value, datetime) else value
        text = json.dumps([self.name, self.descending, isinstance(value, datetime), kept, id_], separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def after(self, mark: str) -> dict[str, Any]:
        """The query for what comes after a mark. Raises `Invalid` for one of another list."""
        value, id_ = self._read(mark)
        beyond, wanted = ("$lt", id_) if self.descending else ("$gt", id_)
        if self.path == "_id":
            return {"_id": {beyond: wanted}}
        same = {self.path: {"$eq": value}, "_id": {beyond: wanted}}
        if value is None:
            # What is missing stands first; there is nothing below it.
            return same if self.descending else {"$or": [same, {self.path: {"$ne": None}}]}
        below = [{self.path: {"$eq": None}}] if self.descending else []
        return {"$or": [same, {self.path: {beyond: value}}, *below]}

    def _read(self, mark: str) -> tuple[Any, str]:
        try:
            text = base64.urlsafe_b64decode(mark + "=" * (-len(mark) % 4))
            name, descending, moment, value, id_ = json.loads(text)
            if (name, descending) != (self.name, self.descending) or not isinstance(id_, str):
                raise ValueError
            if isinstance(value, dict | list):
                raise TypeError
            return (datetime.fromisoformat(value) if moment else value), id_
        except (ValueError, TypeError, binascii.Error):
            code, reason = "after-not-valid", "Give `next` of the page before, with the same sort."
            raise Invalid(code, reason, field="after") from None
