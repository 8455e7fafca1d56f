"""Each built-in mail in each language is as it was looked at, and what people and mail programs need of it."""

import re
from html.parser import HTMLParser

import pytest

from services.outbox.adapters.templates import built_in
from services.outbox.domain.page_rules import MAX_BYTES, look_through
from services.outbox.domain.template import direction
from tests.outbox import golden


@pytest.mark.parametrize(("kind", "language"), golden.KINDS)
def test_a_built_in_mail_is_as_it_was_looked_at(kind: str, language: str) -> None:
    """Where a change is meant: `python -m tests.outbox.golden`, and look at it."""
    for path, content in golden.written(kind, language).items():
        assert path.read_text(encoding="utf-8") == content


class _Reader(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize(("kind", "language"), golden.KINDS)
def test_a_built_in_mail_is_fit_for_everyone(kind: str, language: str) -> None:
    mail = golden.filled(kind, language)
    elements = _Reader(mail.html).found
    root = next(attrs for tag, attrs in elements if tag == "html")

    assert list(look_through(mail.html, "here", golden.WAYS.unsubscribe, golden.WAYS.survey)) == []
    assert (root["lang"], root["dir"]) == (language, direction(language))
    assert all(attrs.get("role") == "presentation" for tag, attrs in elements if tag == "table")
    assert len(mail.html.encode()) < MAX_BYTES / 4
    assert not re.search(r"\[\[|\{\{|\{%|qzhole", mail.html + mail.text + mail.subject)
    assert 0 < len(mail.subject) <= 70
    scores = [attrs for tag, attrs in elements if tag == "a" and "?score=" in str(attrs.get("href"))]
    assert len(scores) == {"csat": 5, "ces": 7, "five_star": 5, "autoreply": 0}.get(kind, 11)
    assert all(attrs["aria-label"] and "height:44px" in str(attrs["style"]) for attrs in scores)


def test_languages_say_the_same_things_and_none_copies_another() -> None:
    texts = built_in._texts()
    for language, parts in texts.items():
        assert {name: set(words) for name, words in parts.items()} == {
            name: set(words) for name, words in texts["en"].items()
        }
        for name, words in parts.items():
            for key, word in words.items():
                assert language == "en" or word != texts["en"][name][key], (language, name, key)
                assert re.findall(r"\{\{.*?\}\}", word) == re.findall(r"\{\{.*?\}\}", texts["en"][name][key])
