"""How a customer can be reached, read from what was said: numbers, countries, languages and zones by their standards.

What is said is kept; what it means is read from all that holds now, so that the order of arrival changes nothing.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from zoneinfo import available_timezones

import phonenumbers
import pycountry

from .finding import fold
from .places import country_code, country_name, state_code, state_name

MAX_PHONE = 60
_TAG = re.compile(
    r"([a-z]{2,3})(-[a-z]{4})?(-(?:[a-z]{2}|[0-9]{3}))?((?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """What the standards make of a customer's fields; None where they know nothing of the kind.

    `unknown` are the fields that were said and that no standard knows.
    """

    phone_e164: str | None = None
    country_name: str | None = None
    state_code: str | None = None
    state_name: str | None = None
    unknown: tuple[str, ...] = ()


@lru_cache(maxsize=8192)
def contact(
    phone: str | None, country: str | None, state: str | None, language: str | None, timezone: str | None
) -> Contact:
    """What these fields mean together: a number without its country's code is one of the customer's country."""
    nation = country_code(country)
    region = state_code(state, nation)
    number = e164(phone, nation)
    read = {
        "phone": (phone, number),
        "country": (country, nation),
        "state": (state, region),
        "language": (language, language_tag(language)),
        "timezone": (timezone, zone(timezone)),
    }
    return Contact(
        phone_e164=number,
        country_name=country_name(nation),
        state_code=region,
        state_name=state_name(region),
        unknown=tuple(name for name, (said, meant) in read.items() if said and meant is None),
    )


def e164(phone: str | None, region: str | None) -> str | None:
    """A number as the whole world can dial it; None for what cannot be one, or lacks a country."""
    if not phone or len(phone) > MAX_PHONE:
        return None
    try:
        number = phonenumbers.parse(phone, region)
    except phonenumbers.NumberParseException:
        return None
    # Possible by its length, not valid by a list of ranges: those are given out faster than lists are updated.
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@lru_cache(maxsize=4096)
def language_tag(text: str | None) -> str | None:
    """A language by BCP 47: `de_at` is `de-AT`, `German` is `de`; None for no language."""
    found = _TAG.fullmatch(text.strip().replace("_", "-")) if text else None
    if found is None or not _is_language(found[1].lower()):
        return _languages().get(fold(text)) if text else None
    script, country, variants = (found[2] or "").title(), (found[3] or "").upper(), (found[4] or "").lower()
    return f"{_short(found[1].lower())}{script}{country}{variants}"


@lru_cache(maxsize=4096)
def zone(text: str | None) -> str | None:
    """A time zone by its IANA name, whatever its case; None for no zone."""
    return _zones().get(text.strip().replace(" ", "_").casefold()) if text else None


def by_standards(fields: dict[str, str | None]) -> dict[str, str | None]:
    """What was said in the standards' own words: codes for countries, languages and zones; as given where unknown."""
    for name, standard in _STANDARDS:
        value = fields.get(name)
        if value and (code := standard(value)):
            fields[name] = code
    return fields


def _is_language(code: str) -> bool:
    return pycountry.languages.get(**{f"alpha_{len(code)}": code}) is not None


def _short(code: str) -> str:
    """With two letters where there are such."""
    found = pycountry.languages.get(alpha_3=code) if len(code) == 3 else None  # noqa: PLR2004
    return str(getattr(found, "alpha_2", code))


@cache
def _languages() -> Mapping[str, str]:
    return {fold(one.name): one.alpha_2 for one in pycountry.languages if hasattr(one, "alpha_2")}


@cache
def _zones() -> Mapping[str, str]:
    return {name.casefold(): name for name in available_timezones()}


_STANDARDS = (("country", country_code), ("language", language_tag), ("timezone", zone))
