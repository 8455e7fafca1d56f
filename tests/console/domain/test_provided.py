"""What a provider's claims make of a user."""

from typing import Any

import pytest

from chassis.errors import Forbidden
from services.console.domain.provided import email_from, is_verified, role_from
from services.console.domain.roles import Role

ROLES = {"cx": Role.MANAGER, "all": Role.VIEWER, "ops": Role.ADMIN}


@pytest.mark.parametrize(
    ("claims", "claim", "role"),
    [
        ({"groups": ["all", "ops", "cx"]}, "groups", Role.ADMIN),
        ({"groups": "cx"}, "groups", Role.MANAGER),
        ({"realm": {"roles": ["all"]}}, "realm.roles", Role.VIEWER),
        ({"groups": ["others"]}, "groups", None),
        ({"groups": {"cx": True}}, "groups", None),
        ({}, "groups", None),
        ({"realm": "x"}, "realm.roles", None),
    ],
)
def test_the_highest_role_that_is_named_holds(claims: dict[str, Any], claim: str, role: Role | None) -> None:
    assert role_from(claims, claim, ROLES, None) is role
    assert role_from(claims, claim, ROLES, Role.AGENT) is (role or Role.AGENT)


def test_without_a_claim_the_default_holds() -> None:
    assert role_from({"groups": ["ops"]}, None, ROLES, Role.VIEWER) is Role.VIEWER


def test_an_address_must_be_said_and_counts_as_verified_only_where_that_is_said() -> None:
    for claims in ({}, {"email": None}, {"email": "ada"}, {"email": ["a@b.c"]}):
        with pytest.raises(Forbidden):
            email_from(claims)
    assert is_verified({"email_verified": True})
    assert not is_verified({"email_verified": "yes"})
    assert not is_verified({})
