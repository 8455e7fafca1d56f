"""Keywords in comments."""

from datetime import UTC, datetime

import pytest

from services.feedback.domain.text import Topic, top_words, topics_of

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def topic(*keywords: str, languages: tuple[str, ...] = ()) -> Topic:
    return Topic(id="t", name="T", keywords=keywords, languages=languages, created_at=NOON, changed_at=NOON)


@pytest.mark.parametrize(
    ("keyword", "comment", "found"),
    [
        ("slow", "It is SLOW.", True),
        ("slow", "It slows down", False),
        ("slow*", "It slows down", True),
        ("too  expensive", "Far too\nexpensive!", True),
        ("too expensive", "too very expensive", False),
        ("cafe", "Le café est froid", True),
        ("café", "le cafe", True),
        ("straße", "Die STRASSE", True),
        ("c++", "We use c", True),
        ("遅い", "サポートが遅いです", True),
        ("خدمة", "خدمة بطيئة", True),
        ("refund*", "no money back", False),
    ],
)
def test_a_keyword_is_found_as_whole_words_whatever_its_case_and_accents(
    keyword: str, comment: str, found: bool
) -> None:
    assert (topics_of(comment, "en", [topic(keyword)]) == ("T",)) is found


def test_a_topic_may_be_for_some_languages_only() -> None:
    only = topic("gift", languages=("en",))

    assert topics_of("a gift", "en-GB", [only]) == ("T",)
    assert topics_of("das Gift", "de", [only]) == ()


def test_words_are_counted_once_a_comment_and_ranked() -> None:
    used = top_words([("good good food", set()), ("good", set()), ("food 2026 of", set())], 2)

    assert [(one.word, one.count) for one in used] == [("food", 2), ("good", 2)]
