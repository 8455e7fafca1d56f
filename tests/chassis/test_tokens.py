"""Signed links: short, of one purpose, read with every key that is kept, and never with another."""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from itsdangerous import URLSafeSerializer
from pydantic import SecretStr

from chassis import tokens
from chassis.tokens import Links

OLD, NEW = SecretStr("old key"), SecretStr("new key")
LINKS = Links([OLD, NEW])
ID = "5c0de1f2a4b75c6d8e9f0a1b2c3d4eaa"


@given(st.text(min_size=1, max_size=60).filter(lambda text: text.isprintable()))
@example(ID)
@example(ID.upper())
@example("0193572b-9a40-7c33-b0a4-2f9d4e7713c2")
def test_what_was_signed_is_read_for_its_purpose_alone(id_: str) -> None:
    token = LINKS.make("one", id_)

    assert LINKS.read("one", token) == id_
    assert LINKS.read("other", token) is None
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def test_a_token_is_short_and_always_the_same() -> None:
    assert LINKS.make("one", ID) == LINKS.make("one", ID)
    assert len(LINKS.make("one", ID)) == 34


def test_a_key_that_is_kept_reads_and_a_key_that_is_gone_does_not() -> None:
    old = Links([OLD]).make("one", ID)

    assert LINKS.read("one", old) == ID
    assert LINKS.make("one", ID) != old
    assert Links([NEW]).read("one", old) is None
    assert Links([NEW]).read("one", LINKS.make("one", ID)) == ID


def test_two_keys_with_one_mark_are_told_apart() -> None:
    mark = tokens._mark("0")
    twin = next(str(number) for number in range(1, 10_000) if tokens._mark(str(number)) == mark)
    both = Links([SecretStr("0"), SecretStr(twin)])

    assert both.read("one", Links([SecretStr("0")]).make("one", ID)) == ID
    assert both.read("one", both.make("one", ID)) == ID


def test_what_was_signed_before_with_a_dot_is_still_read() -> None:
    serializer = URLSafeSerializer(
        [OLD.get_secret_value()], salt="sounding.one", signer_kwargs={"digest_method": _long}
    )
    token = serializer.dumps(ID)

    assert LINKS.read("one", str(token)) == ID
    assert LINKS.read("other", str(token)) is None
    assert LINKS.read("one", f"{token}x") is None
    assert Links([NEW]).read("one", str(token)) is None


def _long(data: bytes = b"") -> "hashlib._Hash":
    return hashlib.sha256(data)


def test_not_one_bit_can_be_changed() -> None:
    token = LINKS.make("one", ID)
    raw = bytearray(urlsafe_b64decode(token + "=="))
    for place in range(len(raw) * 8):
        raw[place // 8] ^= 1 << place % 8
        assert LINKS.read("one", urlsafe_b64encode(raw).rstrip(b"=").decode()) is None
        raw[place // 8] ^= 1 << place % 8


@pytest.mark.parametrize("change", ["{}=", "{}==", " {}", "{}\n", "{}A", "{}%00", "é{}", "", "....", "A" * 5000])
def test_a_token_is_written_in_one_way_only(change: str) -> None:
    assert LINKS.read("one", change.format(LINKS.make("one", ID))) is None


def test_other_letters_for_the_same_bytes_are_no_token() -> None:
    token = LINKS.make("one", ID)
    alike = {token[:-1] + last for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"}
    same = {other for other in alike if urlsafe_b64decode(other + "==") == urlsafe_b64decode(token + "==")}

    assert len(same) > 1
    assert {other for other in same if LINKS.read("one", other)} == {token}


@given(st.text(max_size=60))
def test_no_text_is_a_fault(text: str) -> None:
    assert LINKS.read("one", text) is None


def test_without_a_key_nothing_is_signed() -> None:
    with pytest.raises(ValueError, match="SOUNDING_SIGNING_KEYS"):
        Links([])
