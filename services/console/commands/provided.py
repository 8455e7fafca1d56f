"""Letting in whom a provider has recognised."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from chassis.errors import Forbidden
from chassis.ids import new_id
from chassis.mongo import Transaction
from services.console import store
from services.console.domain import provided
from services.console.domain.roles import Role
from services.console.domain.user import User, checked_email, checked_name
from services.console.settings import Provider


async def recognise(tx: Transaction, id_: str, provider: Provider, claims: Mapping[str, Any], now: datetime) -> User:
    """The user that a provider speaks of: known by its `sub`, else by a verified address, else new.

    Raises `Forbidden` for whom no rule lets in.
    """
    role = provided.role_from(claims, provider.role_claim, provider.roles, provider.default_role)
    subject = f"{id_}|{claims['sub']}"
    user = await store.users.find_in(tx, subject=subject)
    if role is None or (user and user.disabled_at):
        raise Forbidden("not-allowed", "You may not use this console. Ask an admin.")
    if user is None:
        user = await _met_first(tx, subject, claims, role, now)
    after = replace(user, role=role if provider.role_claim else user.role)
    if after != user:
        after = replace(after, changed_at=now, seq=user.seq + 1)
    await store.users.put(tx, after)
    return after


async def _met_first(tx: Transaction, subject: str, claims: Mapping[str, Any], role: Role, now: datetime) -> User:
    email = checked_email(provided.email_from(claims))
    known = await store.users.find_in(tx, email=email)
    if known is None:
        name = checked_name(str(claims.get("name") or ""), email)
        return User(id=new_id(), email=email, name=name, role=role, subject=subject, created_at=now, changed_at=now)
    if known.disabled_at or known.subject or not provided.is_verified(claims):
        # Else whoever can register another's address with the provider would become that person.
        raise Forbidden(
            "email-not-verified", "There is a user with this address, and the provider has not verified it."
        )
    return replace(known, subject=subject)
