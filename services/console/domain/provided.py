"""What a provider's claims make of a user."""

from collections.abc import Mapping
from typing import Any

from chassis.errors import Forbidden
from services.console.domain.roles import Role


def role_from(
    claims: Mapping[str, Any], claim: str | None, roles: Mapping[str, Role], default: Role | None
) -> Role | None:
    """The highest role that a claim's values stand for, else the default; None: not to be let in.

    The claim may be a list or one value, and may lie deeper: "realm_access.roles".
    """
    values: Any = claims
    for part in (claim or "").split(".") if claim else ():
        values = values.get(part) if isinstance(values, Mapping) else None
    named = [] if claim is None or values is None else values if isinstance(values, list) else [values]
    found = [roles[str(value)] for value in named if str(value) in roles]
    order = list(Role)
    return max(found, key=order.index) if found else default


def email_from(claims: Mapping[str, Any]) -> str:
    """The address. Raises `Forbidden` where there is none."""
    email = claims.get("email")
    if not isinstance(email, str) or "@" not in email:
        raise Forbidden("provider-without-email", "The provider did not say your e-mail address.")
    return email


def is_verified(claims: Mapping[str, Any]) -> bool:
    """Whether the provider has made sure that the address is the person's own."""
    return claims.get("email_verified") in (True, "true")
