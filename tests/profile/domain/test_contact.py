"""What the standards make of numbers, places, languages and zones as people write them."""

import pytest

from services.profile.domain.contact import by_standards, contact, language_tag, zone
from services.profile.domain.places import country_code, state_code


@pytest.mark.parametrize(
    ("phone", "country", "expected"),
    [
        ("+43 664 1234567", None, "+436641234567"),
        ("0664 / 123 45 67", "AT", "+436641234567"),
        ("0664 1234567", "Österreich", "+436641234567"),
        ("00436641234567", "AT", "+436641234567"),
        ("(555) 123-4567", "US", "+15551234567"),
        ("+44 (0)20 7946 0958", "AT", "+442079460958"),
        ("0664 1234567", None, None),
        ("0664 1234567", "Atlantis", None),
        ("ask for Ada", "AT", None),
        ("+43", None, None),
        ("1" * 500, "AT", None),
        (None, "AT", None),
    ],
)
def test_a_number_is_read_with_the_customers_country_or_not_at_all(
    phone: str | None, country: str | None, expected: str | None
) -> None:
    read = contact(phone, country, None, None, None)

    assert read.phone_e164 == expected
    assert ("phone" in read.unknown) is (phone is not None and expected is None)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *(("Austria", "AT"), ("Österreich", "AT"), ("autriche", "AT"), ("at", "AT"), ("AUT", "AT"), ("040", "AT")),
        *(("USA", "US"), ("UK", "GB"), ("South Korea", "KR"), ("Turkey", "TR"), ("Türkiye", "TR")),
        *(("Korea", None), ("Congo", None), ("Atlantis", None), ("", None), (None, None)),
    ],
)
def test_a_country_is_known_by_names_and_codes_and_none_is_guessed(text: str | None, code: str | None) -> None:
    assert country_code(text) == code


@pytest.mark.parametrize(
    ("text", "country", "code"),
    [
        *(("Steiermark", "AT", "AT-6"), ("6", "AT", "AT-6"), ("at-6", None, "AT-6"), ("CA", "US", "US-CA")),
        *(("california", "US", "US-CA"), ("CA", None, None), ("US-CA", "AT", None), ("Vienna Woods", "AT", None)),
    ],
)
def test_a_state_is_known_by_its_code_or_within_its_country(text: str, country: str | None, code: str | None) -> None:
    assert state_code(text, country) == code


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        *(("de", "de"), ("de_AT", "de-AT"), ("DE-at", "de-AT"), ("deu", "de"), ("German", "de")),
        *(("zh-hans-cn", "zh-Hans-CN"), ("es-419", "es-419"), ("xx", None), ("Klingonish", None), ("de--AT", None)),
    ],
)
def test_a_language_is_written_as_bcp_47_has_it(text: str, tag: str | None) -> None:
    assert language_tag(text) == tag


@pytest.mark.parametrize(
    ("text", "name"),
    [("europe/vienna", "Europe/Vienna"), ("America/New York", "America/New_York"), ("UTC", "UTC"), ("Wien", None)],
)
def test_a_zone_is_written_as_iana_has_it(text: str, name: str | None) -> None:
    assert zone(text) == name


def test_what_is_not_known_stays_as_given_and_is_named() -> None:
    given = {"country": "Atlantis", "language": "Klingonish", "timezone": "Wien", "city": "austria", "phone": None}

    assert by_standards(dict(given)) == given
    assert contact(None, "Atlantis", "Deep", "Klingonish", "Wien").unknown == (
        *("country", "state", "language", "timezone"),
    )
