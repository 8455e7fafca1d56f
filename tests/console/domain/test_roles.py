"""Who may what: by role and operation, and in the services' own words."""

import re
from itertools import pairwise

import pytest

from chassis.auth import Principal
from services.console.domain.roles import PERMISSIONS, Permission, Role, lowest, may, needed, scopes_of
from services.console.domain.scopes import SCOPES, unknown
from tests.architecture.rules import sources

SEE, ANSWER, MANAGE, ADMINISTER = Permission


@pytest.mark.parametrize(
    ("service", "method", "path", "needs"),
    [
        ("profile", "GET", "v1/customers/c1", SEE),
        ("profile", "POST", "v1/customers/search", SEE),
        ("profile", "POST", "v1/customers/export", MANAGE),
        ("profile", "POST", "v1/customers", MANAGE),
        ("profile", "PATCH", "v1/customers/c1", ANSWER),
        ("profile", "DELETE", "v1/customers/c1", MANAGE),
        ("profile", "POST", "v1/customers/c1/unsubscribe", ANSWER),
        ("profile", "POST", "v1/customers/c1/resubscribe", MANAGE),
        ("profile", "POST", "v1/customers/c1/feedback", ANSWER),
        ("profile", "POST", "v1/customers/c1/erase", ADMINISTER),
        ("profile", "GET", "v1/customers/c1/held", MANAGE),
        ("profile", "POST", "v1/imports", MANAGE),
        ("profile", "GET", "v1/dead-letters", ADMINISTER),
        ("feedback", "GET", "v1/retention", ADMINISTER),
        ("scheduler", "GET", "v1/in-app", ADMINISTER),
        ("profile", "POST", "v1/dead-letters/a/b/replay", ADMINISTER),
        ("scheduler", "POST", "v1/campaigns/n/dry-run", SEE),
        ("scheduler", "POST", "v1/campaigns/n/activate", MANAGE),
        ("scheduler", "PUT", "v1/contact-rules", MANAGE),
        ("outbox", "POST", "v1/templates/t/preview", SEE),
        ("outbox", "PUT", "v1/templates/t", MANAGE),
        ("outbox", "POST", "v1/sending/pause", ADMINISTER),
        ("outbox", "POST", "v1/dispatches/d1/take-back", ANSWER),
        ("outbox", "POST", "v1/campaigns/n/take-back", MANAGE),
        ("outbox", "POST", "v1/suppressions", ADMINISTER),
        ("outbox", "GET", "v1/held/c1", MANAGE),
        ("feedback", "GET", "v1/summary", SEE),
        ("feedback", "POST", "v1/responses", ANSWER),
        ("feedback", "POST", "v1/responses/r1/notes", ANSWER),
        ("feedback", "DELETE", "v1/responses/r1", MANAGE),
        ("feedback", "DELETE", "v1/responses/r1/notes/n1", ANSWER),
        ("feedback", "PUT", "v1/imports/i1/parts/0", MANAGE),
        ("feedback", "POST", "v1/dashboard/funnel", SEE),
        ("feedback", "POST", "v1/webhooks", ADMINISTER),
        ("console", "GET", "v1/users", ADMINISTER),
        ("console", "POST", "v1/keys", ADMINISTER),
        ("anything", "POST", "v1/new", ADMINISTER),
    ],
)
def test_an_operation_needs(service: str, method: str, path: str, needs: Permission) -> None:
    assert needed(service, method, path) is needs


def test_each_role_may_what_the_one_before_may() -> None:
    for low, high in pairwise(Role):
        assert set(PERMISSIONS[low]) < set(PERMISSIONS[high])
        assert {scope for scope in SCOPES if Principal("x", scopes_of(low)).may(scope)} < {
            scope for scope in SCOPES if Principal("x", scopes_of(high)).may(scope)
        }


def test_the_first_role_that_may_is_named() -> None:
    assert [lowest(one) for one in Permission] == list(Role)
    assert not may(Role.VIEWER, ANSWER)


def test_a_viewer_changes_nothing_and_sees_nothing_of_keys_and_users() -> None:
    scopes = scopes_of(Role.VIEWER)

    assert all(scope.endswith(":read") for scope in scopes)
    assert not scopes & {"users:read", "keys:read", "operations:read", "held:read"}


def test_every_scope_that_a_service_asks_for_is_known_here() -> None:
    """A new one is given a line in `SCOPES`: it is what the page of API keys shows, and what roles are made of."""
    asked = {
        found
        for _, text in sources("chassis", "commons", "services")
        for found in re.findall(r'"([a-z-]+:(?:read|write|send))"', text)
    }

    assert len(asked) > 20
    assert {scope for scope in asked if not scope.startswith("things:")} - SCOPES.keys() == set()


def test_a_scope_that_nobody_asks_for_is_found() -> None:
    assert unknown(frozenset({"*", "customers:*", "customers:read", "customers:raed", "dogs:*"})) == [
        "customers:raed",
        "dogs:*",
    ]
