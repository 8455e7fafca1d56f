"""Users, as admins see to them, and what people change of themselves."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from chassis.errors import Forbidden, Invalid
from chassis.ids import new_id
from chassis.mongo import Database, Transaction
from services.console import store
from services.console.adapters import codes
from services.console.adapters.passwords import Passwords
from services.console.commands.sessions import use_code
from services.console.domain.roles import Role
from services.console.domain.user import (
    LONGEST_SETTINGS,
    Totp,
    User,
    check_an_admin_stays,
    check_password,
    checked_email,
    checked_name,
    edited,
)

INVITATION, SIGN_IN = "invitation", "sign-in"
LASTS = {INVITATION: timedelta(days=7), SIGN_IN: timedelta(hours=1)}


@dataclass(frozen=True, slots=True)
class Link:
    """A link for a user; its token is known to nobody else."""

    user: User
    token: str
    expires_at: datetime


async def invite(tx: Transaction, email: str, name: str, role: Role, now: datetime) -> Link:
    """A new user, with a link to choose a password. Raises `Conflict` where there is one already."""
    user = _new(email, name, role, now)
    await store.users.add(tx, user)
    return await make_link(tx, user, INVITATION, now)


async def sign_in_link(tx: Transaction, email: str, name: str, role: Role | None, now: datetime) -> Link:
    """A link that signs somebody in once; makes the user where there is none."""
    user = await store.users.find_in(tx, email=checked_email(email))
    if user is None:
        user = _new(email, name, role or Role.VIEWER, now)
        await store.users.add(tx, user)
    return await make_link(tx, user, SIGN_IN, now)


async def make_link(tx: Transaction, user: User, kind: str, now: datetime) -> Link:
    """A link for somebody; the one before of its kind ends."""
    if user.disabled_at:
        code, reason = "user-disabled", "This user is disabled; enable the user first."
        raise Invalid(code, reason)
    token, expires_at = store.sessions.fresh(), now + LASTS[kind]
    await store.links.put(tx, token, user.id, kind, now, expires_at)
    return Link(user, token, expires_at)


async def edit(tx: Transaction, id_: str, values: Mapping[str, Any], expected_seq: int | None, now: datetime) -> User:
    """Change name, role, or whether somebody may in; who may not any more is out at once."""
    before = await store.users.get(tx, id_, expected_seq)
    after = edited(before, values, now)
    check_an_admin_stays(before, after, await store.users.admins(tx))
    if after is not before:
        await store.users.put(tx, after)
    if after.disabled_at:
        await _shut_out(tx, id_)
    return after


async def remove(tx: Transaction, id_: str) -> None:
    """Forget a user."""
    user = await store.users.get(tx, id_)
    check_an_admin_stays(user, None, await store.users.admins(tx))
    await store.users.remove(tx, id_)
    await _shut_out(tx, id_)


async def reset_totp(tx: Transaction, id_: str, now: datetime) -> None:
    """Take a lost second factor away."""
    user = await store.users.get(tx, id_)
    await store.users.put(tx, replace(user, totp=None, changed_at=now, seq=user.seq + 1))


async def edit_own(tx: Transaction, id_: str, name: str | None, settings: Mapping[str, Any] | None) -> User:
    """Change one's own name and settings."""
    user = await store.users.get(tx, id_)
    if settings is not None and len(json.dumps(settings)) > LONGEST_SETTINGS:
        code, reason = "settings-too-large", f"They may have {LONGEST_SETTINGS:,} characters."
        raise Invalid(code, reason, field="settings")
    named = replace(user, name=checked_name(name, user.email)) if name is not None else user
    after = replace(named, settings=dict(settings)) if settings is not None else named
    await store.users.put(tx, after)
    return after


async def change_password(
    database: Database, passwords: Passwords, user: User, old: str | None, new: str, session_id: str
) -> None:
    """Choose another password; all other sessions end."""
    if user.password and not await passwords.fits(user.password, old or ""):
        code, reason = "old-password-wrong", "This is not your password."
        raise Forbidden(code, reason, field="old_password")
    check_password(new, user, "new_password")
    kept = await passwords.hash(new)

    async def change(tx: Transaction) -> None:
        current = await store.users.get(tx, user.id)
        await store.users.put(tx, replace(current, password=kept))
        await store.sessions.end_all(tx, user.id, but=session_id)

    await database.transact(change)


async def begin_totp(tx: Transaction, id_: str) -> tuple[str, User]:
    """A secret for an app; it counts once a code of it was given."""
    user = await store.users.get(tx, id_)
    if user.needs_code:
        code, reason = "totp-on-already", "A second factor is set up; remove it first."
        raise Invalid(code, reason)
    secret = codes.fresh_secret()
    await store.users.put(tx, replace(user, totp=Totp(secret)))
    return secret, user


async def confirm_totp(tx: Transaction, id_: str, code: str, now: datetime) -> list[str]:
    """From now on a code is needed; the recovery codes, to be shown once."""
    user = await store.users.get(tx, id_)
    if user.totp is None or user.needs_code:
        kind, reason = "totp-not-begun", "Nothing waits for a code."
        raise Invalid(kind, reason)
    used = _used(user, code, now)
    fresh = codes.fresh_recovery_codes()
    kept = replace(used, confirmed_at=now, recovery=tuple(codes.hashed(one) for one in fresh))
    await store.users.put(tx, replace(user, totp=kept))
    return fresh


async def remove_totp(tx: Transaction, id_: str, code: str, now: datetime) -> None:
    """No code is needed any more."""
    user = await store.users.get(tx, id_)
    _used(user, code, now)
    await store.users.put(tx, replace(user, totp=None))


def _used(user: User, code: str, now: datetime) -> Totp:
    used = use_code(user, code, now)
    if used is None:
        kind, reason = "code-wrong", "This code is wrong, or was used already. Wait for the next one."
        raise Invalid(kind, reason, field="code")
    return used


def _new(email: str, name: str, role: Role, now: datetime) -> User:
    address = checked_email(email)
    return User(id=new_id(), email=address, name=checked_name(name, address), role=role, created_at=now, changed_at=now)


async def _shut_out(tx: Transaction, id_: str) -> None:
    await store.sessions.end_all(tx, id_)
    await store.links.forget(tx, id_)
