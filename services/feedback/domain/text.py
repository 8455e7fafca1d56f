"""What comments are about, honestly: topics by the words a company writes down, and the words that are used most."""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chassis.errors import Invalid

from .response import Response

MAX_KEYWORDS, MAX_WORD = 200, 30
SHORTEST = 3
CODE = "topic-not-valid"
_WORD = re.compile(r"\w+")
_WITHOUT_BLANKS = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
"""Scripts that set no blanks between words: there a keyword is looked for anywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A topic: comments that hold one of its keywords are about it, in these languages (none: in any).

    A keyword is one word or several in a row, as whole words; `refund*` is every word that begins so. Neither case nor
    accents matter.
    """

    id: str
    seq: int = 0
    name: str
    keywords: tuple[str, ...]
    languages: tuple[str, ...] = ()
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Labels:
    """What is found in a comment."""

    language: str | None = None
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """A word, and in how many comments it stands."""

    word: str
    count: int


def check(topic: Topic) -> Topic:
    """The topic, tidied. Raises `Invalid` where it could never be found."""
    if not topic.name.strip():
        raise Invalid(CODE, "must say something", field="name")
    for number, keyword in enumerate(topic.keywords):
        if not _WORD.search(keyword):
            raise Invalid(CODE, "must hold a letter or a digit", field=f"keywords.{number}")
    return replace(
        topic, name=topic.name.strip(), keywords=tuple(dict.fromkeys(" ".join(one.split()) for one in topic.keywords))
    )


def topics_of(comment: str, language: str | None, topics: Iterable[Topic]) -> tuple[str, ...]:
    """The names of the topics that a comment is about, in order."""
    text = _plain(comment)
    words = f" {' '.join(_WORD.findall(text))} "
    return tuple(sorted({one.name for one in topics if _speaks(one, language) and _about(one, text, words)}))


def labelled(response: Response, labels: Labels) -> Response:
    """The answer with what is found in its comment."""
    return replace(response, comment_language=labels.language, topics=labels.topics)


def top_words(comments: Iterable[tuple[str, Collection[str]]], limit: int) -> list[Used]:
    """The words that stand in most comments, each with the words of its language that say nothing."""
    counts: Counter[str] = Counter()
    for comment, stop_words in comments:
        found = {word for word in _WORD.findall(comment.casefold()) if SHORTEST <= len(word) <= MAX_WORD}
        counts.update(word for word in found - set(stop_words) if not word.isdigit())
    ranked = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return [Used(word=word, count=count) for word, count in ranked[:limit]]


def by_class(comments: Iterable[tuple[str, str, Collection[str]]], limit: int) -> Mapping[str, Sequence[Used]]:
    """The top words of each class; `comments` are class, comment and the words that say nothing."""
    sorted_in: dict[str, list[tuple[str, Collection[str]]]] = {}
    for class_, comment, stop_words in comments:
        sorted_in.setdefault(class_, []).append((comment, stop_words))
    return {class_: top_words(found, limit) for class_, found in sorted(sorted_in.items())}


def _speaks(topic: Topic, language: str | None) -> bool:
    return not topic.languages or (language or "").split("-", maxsplit=1)[0].lower() in topic.languages


def _about(topic: Topic, text: str, words: str) -> bool:
    return any(_found(keyword, text, words) for keyword in topic.keywords)


def _found(keyword: str, text: str, words: str) -> bool:
    plain = _plain(keyword)
    if _WITHOUT_BLANKS.search(plain):
        return plain.strip("* ") in text
    wanted = " ".join(_WORD.findall(plain))
    return f" {wanted}" in words if plain.endswith("*") else f" {wanted} " in words


def _plain(text: str) -> str:
    """Without case and accents."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFKC", "".join(letter for letter in folded if unicodedata.category(letter) != "Mn"))
