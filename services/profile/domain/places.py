"""Countries and their states by ISO 3166: codes and names in, codes out. What is not known there is None."""

import gettext
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache

import pycountry

from .finding import fold

LANGUAGES = ("de", "fr", "es", "it", "pt", "nl", "pl")
"""In which names of countries are known, besides English."""
_OTHER_NAMES = {"uk": "GB", "great britain": "GB", "england": "GB", "scotland": "GB", "holland": "NL", "u.s.": "US"}
_OTHER_NAMES |= {"u.s.a.": "US", "turkey": "TR", "czech republic": "CZ", "ivory coast": "CI", "swaziland": "SZ"}


@lru_cache(maxsize=4096)
def country_code(text: str | None) -> str | None:
    """The alpha-2 code of a country given by its name or by any of its codes."""
    return _countries().get(fold(text)) if text else None


@lru_cache(maxsize=4096)
def state_code(text: str | None, country: str | None) -> str | None:
    """The code of a state, such as `AT-6`: by it, or within a country's code by its last part or by its name."""
    if not text:
        return None
    whole = text.strip().upper()
    found = pycountry.subdivisions.get(code=whole)  # type: ignore[no-untyped-call]
    if found is not None and country in (None, found.country_code):
        return str(found.code)
    return _states().get(country, {}).get(fold(text)) if country else None


def country_name(code: str | None) -> str | None:
    """What a country is called in English, in short."""
    found = pycountry.countries.get(alpha_2=code) if code else None
    return None if found is None else str(getattr(found, "common_name", found.name))


def state_name(code: str | None) -> str | None:
    """What a state is called where it is."""
    found = pycountry.subdivisions.get(code=code) if code else None  # type: ignore[no-untyped-call]
    return None if found is None else str(found.name)


@cache
def _countries() -> Mapping[str, str]:
    """Codes by names and codes; a name that several languages give to several countries is left out."""
    found: dict[str, set[str]] = defaultdict(set)
    for country in pycountry.countries:
        for name in _names(country):
            found[fold(name)].add(country.alpha_2)
    named = {name: min(codes) for name, codes in found.items() if len(codes) == 1}
    codes = {fold(code): one.alpha_2 for one in pycountry.countries for code in (one.alpha_2, one.alpha_3, one.numeric)}
    return {**named, **_OTHER_NAMES, **codes}


def _names(country: object) -> Iterator[str]:
    for kind in ("name", "common_name", "official_name"):
        name = getattr(country, kind, None)
        if name:
            yield name
            yield name.split(",")[0]
            yield from (language.gettext(name) for language in _translations())


@cache
def _translations() -> tuple[gettext.NullTranslations, ...]:
    return tuple(gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[one]) for one in LANGUAGES)


@cache
def _states() -> Mapping[str, Mapping[str, str]]:
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for state in pycountry.subdivisions:
        inside = found[state.country_code]
        inside.setdefault(fold(state.name), state.code)
        inside[fold(state.code.partition("-")[2])] = state.code
    return found
