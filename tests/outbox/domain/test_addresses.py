"""What makes an address non-deliverable, and what never does."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.outbox.domain import addresses
from services.outbox.domain.addresses import Check, Said

NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("address", "ascii_address"),
    [
        (" Ada@Example.com ", "Ada@example.com"),
        ("ada@exämple.com", "ada@xn--exmple-cua.com"),
        ("ada@例え.jp", "ada@xn--r8jz45g.jp"),
        ("o'neil+x@sub.example.co", "o'neil+x@sub.example.co"),
        ("ada@localhost", None),
        ("ada@", None),
        ("@example.com", None),
        ("ada", None),
        ("a b@example.com", None),
        ("ada@exa_mple.com", None),
        ("ada@-example.com", None),
        (f"{'a' * 65}@example.com", None),
        (f"ada@{'b' * 64}.com", None),
        ("", None),
    ],
)
def test_an_address_is_one_that_a_mail_can_carry(address: str, ascii_address: str | None) -> None:
    assert addresses.canonical(address) == ascii_address


@given(st.text(max_size=80))
def test_no_text_is_a_fault(text: str) -> None:
    found = addresses.by_itself(text, set(), NOW)

    assert isinstance(found, str) or found.deliverable is False


def test_a_disposable_domain_is_known_with_all_below_it() -> None:
    listed = {"mailinator.com"}

    for address in ("a@mailinator.com", "a@x.y.Mailinator.com"):
        found = addresses.by_itself(address, listed, NOW)
        assert isinstance(found, Check)
        assert (found.deliverable, found.reason) == (False, "disposable")
    assert addresses.by_itself("a@notmailinator.com", listed, NOW) == "a@notmailinator.com"


@pytest.mark.parametrize(
    ("said", "servers", "verdict"),
    [
        (Said.NO_DOMAIN, (), (False, "no-such-domain")),
        (Said.FOUND, (".",), (False, "takes-no-mail")),
        (Said.UNCLEAR, (), (None, "no-answer")),
    ],
)
def test_the_mail_servers_may_settle_it(said: Said, servers: tuple[str, ...], verdict: tuple[bool | None, str]) -> None:
    found = addresses.by_mx("ada@example.com", said, servers, NOW)

    assert isinstance(found, Check)
    assert (found.deliverable, found.reason) == verdict


def test_without_mail_servers_the_domain_itself_is_one() -> None:
    assert addresses.by_mx("ada@example.com", Said.NO_RECORD, (), NOW) == ("example.com",)
    assert addresses.by_mx("ada@example.com", Said.FOUND, ("mx1.example", "mx2.example"), NOW) == (
        "mx1.example",
        "mx2.example",
    )


@given(st.lists(st.sampled_from(list(Said)), min_size=1, max_size=5))
def test_silence_is_never_a_no(said: list[Said]) -> None:
    found = addresses.by_hosts("ada@example.com", ("mx.example",), said, NOW)

    if found.deliverable is False:
        assert set(said) <= {Said.NO_RECORD, Said.NO_DOMAIN}
    assert (found.deliverable is True) == (Said.FOUND in said)
