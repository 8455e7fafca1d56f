"""Roles, what each may do, and what an operation of a service needs. First rule that fits holds."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.console.domain.scopes import GUARDED, SCOPES


class Permission(StrEnum):
    SEE = "see"
    ANSWER = "answer"
    MANAGE = "manage"
    ADMINISTER = "administer"


class Role(StrEnum):
    VIEWER = "viewer"
    AGENT = "agent"
    MANAGER = "manager"
    ADMIN = "admin"


PERMISSIONS: dict[Role, tuple[Permission, ...]] = {
    Role.VIEWER: (Permission.SEE,),
    Role.AGENT: (Permission.SEE, Permission.ANSWER),
    Role.MANAGER: (Permission.SEE, Permission.ANSWER, Permission.MANAGE),
    Role.ADMIN: tuple(Permission),
}
_AGENT_WRITES = frozenset({"customers:write", "responses:write", "surveys:send", "deliverability:write"})
_MANAGER_NOT = frozenset({"operations:write", "incoming:write", "webhooks:write", "users:write", "keys:write"})


def may(role: Role, needed: Permission) -> bool:
    """Whether a role has a permission."""
    return needed in PERMISSIONS[role]


def lowest(needed: Permission) -> Role:
    """The first role that may."""
    return next(role for role in Role if may(role, needed))


def scopes_of(role: Role) -> frozenset[str]:
    """What a role may do in the words of the services."""
    if role is Role.ADMIN:
        return frozenset({"*"})
    seen = frozenset(scope for scope in SCOPES if scope.endswith(":read")) - GUARDED
    if role is Role.VIEWER:
        return seen
    if role is Role.AGENT:
        return seen | _AGENT_WRITES
    return frozenset(scope for scope in SCOPES if scope not in GUARDED | _MANAGER_NOT) | {"held:read"}


@dataclass(frozen=True, slots=True)
class Rule:
    """Operations of a service, by method and path without the slash before, and what they need."""

    service: str
    methods: str
    path: re.Pattern[str]
    needs: Permission


def _rule(service: str, methods: str, path: str, needs: Permission) -> Rule:
    return Rule(service, methods, re.compile(path), needs)


_C = r"v1/customers/[^/]+"
RULES: Sequence[Rule] = (
    _rule("*", "GET POST", r"v1/dead-letters(/.*)?", Permission.ADMINISTER),
    _rule("*", "GET", r"v1/(retention|in-app)", Permission.ADMINISTER),
    _rule("*", "GET", r"v1/held(/.*)?", Permission.MANAGE),
    _rule("console", "GET", r"v1/(users|keys|scopes|sign-ins|system|csp-reports|retention)(/.*)?", Permission.ADMINISTER),
    _rule("profile", "GET", rf"{_C}/(held|export|erasure)", Permission.MANAGE),
    _rule("outbox", "GET", r"v1/incoming(/.*)?", Permission.ADMINISTER),
    _rule("*", "GET HEAD", r".*", Permission.SEE),
    _rule("profile", "POST", r"v1/customers/(search|count)", Permission.SEE),
    _rule("profile", "POST", rf"{_C}/(unsubscribe|send-survey|feedback)", Permission.ANSWER),
    _rule("profile", "PATCH", _C, Permission.ANSWER),
    _rule("profile", "POST", rf"{_C}/erase", Permission.ADMINISTER),
    _rule("profile", "POST PATCH PUT DELETE", r"v1/(customers|tags|properties|segments|imports|jobs|sync|views)(/.*)?",
          Permission.MANAGE),
    _rule("scheduler", "POST", r"v1/audiences/count|v1/campaigns/[^/]+/dry-run", Permission.SEE),
    _rule("scheduler", "POST", r"v1/campaigns/[^/]+/send", Permission.ANSWER),
    _rule("scheduler", "POST PATCH PUT DELETE", r"v1/(campaigns|contact-rules|customers|triggers)(/.*)?",
          Permission.MANAGE),
    _rule("outbox", "POST", r"v1/templates/[^/]+/(check|preview)|v1/templates/(check|preview)|v1/brands/[^/]+/check"
          r"|v1/addresses/check", Permission.SEE),
    _rule("outbox", "POST", r"v1/dispatches/[^/]+/take-back", Permission.ANSWER),
    _rule("outbox", "POST", r"v1/campaigns/[^/]+/take-back", Permission.MANAGE),
    _rule("outbox", "POST", rf"{_C}/(unsubscribe|preferences)", Permission.ANSWER),
    _rule("outbox", "POST", rf"{_C}/.*", Permission.MANAGE),
    _rule("outbox", "POST PATCH PUT DELETE", r"v1/(templates|brands|dispatches)(/.*)?", Permission.MANAGE),
    _rule("feedback", "POST", r"v1/[^/]+/(search|count|preview)|v1/(search|summary|figures|dashboard)(/.*)?",
          Permission.SEE),
    _rule("feedback", "POST", r"v1/[^/]+/exports?|v1/exports?(/.*)?", Permission.MANAGE),
    _rule("feedback", "DELETE", r"v1/responses/[^/]+", Permission.MANAGE),
    _rule("feedback", "POST PUT", r"v1/imports(/.*)?", Permission.MANAGE),
    _rule("*", "POST PATCH PUT DELETE", r"v1/(topics|alerts|autoreplies)(/.*)?", Permission.MANAGE),
    _rule("feedback", "POST PATCH PUT DELETE", r"v1/(responses|views|saved-views|tags|notes)(/.*)?", Permission.ANSWER),
)  # fmt: skip


def needed(service: str, method: str, path: str) -> Permission:
    """What an operation needs; what no rule names is for admins."""
    for rule in RULES:
        if rule.service in ("*", service) and method in rule.methods.split() and rule.path.fullmatch(path):
            return rule.needs
    return Permission.ADMINISTER
