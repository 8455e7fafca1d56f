"""Small rules: passwords, addresses, the last admin, what is told, where one is sent."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from chassis.errors import Conflict, Invalid
from services.console.domain.guard import PER_PAIR, buckets
from services.console.domain.news import Change, Wanted, told
from services.console.domain.policy import is_local
from services.console.domain.roles import Role
from services.console.domain.user import (
    State,
    User,
    check_an_admin_stays,
    check_password,
    checked_email,
    checked_name,
    edited,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ADA = User(id="u1", email="ada.byron@example.com", name="Ada", role=Role.ADMIN, created_at=NOON, changed_at=NOON)


@pytest.mark.parametrize("password", ["eleven char", "ada.byron is me", "Password1234!", "abababababab", "x" * 201])
def test_what_is_guessed_first_is_refused(password: str) -> None:
    with pytest.raises(Invalid):
        check_password(password, ADA)


@pytest.mark.parametrize("password", ["three old boats", "Tr0ub4dor&3xyz", "päßwörter sind lang"])
def test_length_is_enough(password: str) -> None:
    check_password(password, ADA)


def test_addresses_go_without_case_and_must_be_some() -> None:
    assert checked_email(" Ada@Example.COM ") == "ada@example.com"
    for wrong in ("ada", "@example.com", "a b@example.com", "ada@"):
        with pytest.raises(Invalid):
            checked_email(wrong)


def test_a_name_is_what_prints() -> None:
    assert checked_name("  Ada\x00\n Byron ", "ada@example.com") == "Ada Byron"
    assert checked_name("", "ada@example.com") == "ada"


def test_the_last_admin_stays_and_others_may_go() -> None:
    lower = edited(ADA, {"role": "viewer"}, NOON)

    for after in (None, lower, edited(ADA, {"disabled": True}, NOON)):
        with pytest.raises(Conflict):
            check_an_admin_stays(ADA, after, ["u1"])
        check_an_admin_stays(ADA, after, ["u1", "u2"])
    check_an_admin_stays(ADA, edited(ADA, {"name": "A"}, NOON), ["u1"])


def test_a_user_is_invited_then_active_then_disabled() -> None:
    active = replace(ADA, last_sign_in_at=NOON)

    assert (ADA.state, active.state, edited(active, {"disabled": True}, NOON).state) == tuple(State)
    assert edited(active, {"name": "Ada"}, NOON) is active


def test_of_one_thing_only_its_latest_change_is_told() -> None:
    first, second = (Change("customers", "c1", "c1", seq) for seq in (1, 2))

    found = told([first, second], Wanted())

    assert found is not None
    assert found.changes == (second,)


def test_nothing_is_told_of_what_a_page_does_not_show() -> None:
    change = Change("responses", "r1", "c1", 1)

    assert told([change], Wanted(customers=frozenset({"c2"}))) is None
    assert told([change], Wanted(streams=frozenset({"customers"}))) is None
    assert told([replace(change, customer_id=None)], Wanted(customers=frozenset({"c1"}))) is None


def test_tries_count_by_place_and_name_together_first() -> None:
    assert buckets("a@b.c", "10.0.0.1")["pair|a@b.c|10.0.0.1"] == PER_PAIR == min(buckets("a", "b").values())


@pytest.mark.parametrize(
    "path", ["//evil.example", "/\\evil.example", "https://evil.example", "evil", "/a\\b", "/\n/x", ""]
)
def test_one_is_never_sent_to_another_site(path: str) -> None:
    assert not is_local(path)
    assert is_local("/customers/c1?tab=feedback")
