"""What reads texts: which language one is in, the words of a language that say nothing, and a model of one's own."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any

import stopwordsiso
from py3langid.langid import MODEL_FILE, LanguageIdentifier

SURE = 0.5
"""From here on a language is believed: of short comments that were read wrong, all were less sure."""
FEWEST_LETTERS = 4
Model = Callable[[str, str | None], Sequence[str]]
"""A comment and its language to topics; to be set by whoever has one, see `SOUNDING_FEEDBACK_TEXT_MODEL`."""


def language_of(text: str) -> str | None:
    """ISO 639-1; None where nobody could tell."""
    if sum(letter.isalpha() for letter in text) < FEWEST_LETTERS:
        return None
    language, sure = _identifier().classify(text)
    return str(language) if float(sure) >= SURE else None


@lru_cache(maxsize=64)
def stop_words(language: str | None) -> frozenset[str]:
    """The words of a language that say nothing of what a text is about; of one that is not known, English's."""
    tag = (language or "en").split("-", maxsplit=1)[0].lower()
    return frozenset(word.casefold() for word in stopwordsiso.stopwords(tag if stopwordsiso.has_lang(tag) else "en"))


def load_model(place: str) -> Model | None:
    """A function by `package.module:name`; None where no place is given. Raises where there is none."""
    if not place:
        return None
    module, _, name = place.partition(":")
    model: Model = getattr(import_module(module), name)
    return model


@lru_cache(maxsize=1)
def _identifier() -> Any:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
