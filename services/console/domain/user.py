"""Who may sign in, and with what."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from chassis.errors import Conflict, Invalid
from services.console.domain.roles import Role

SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 200
LONGEST_SETTINGS = 8_000
_ADDRESS = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")
_OBVIOUS = ("password", "passwort", "123456", "qwerty", "sounding", "letmein", "abcdef")


class State(StrEnum):
    INVITED = "invited"
    ACTIVE = "active"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class Totp:
    """A second factor: confirmed or only begun; `last_step` is the latest code used; recovery codes are hashed."""

    secret: str
    confirmed_at: datetime | None = None
    last_step: int = 0
    recovery: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person who uses the console. `subject` is who that is for a provider: `<provider>|<sub>`."""

    id: str
    email: str
    name: str
    role: Role
    created_at: datetime
    changed_at: datetime
    password: str | None = None
    subject: str | None = None
    totp: Totp | None = None
    disabled_at: datetime | None = None
    last_sign_in_at: datetime | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    seq: int = 1

    @property
    def state(self) -> State:
        """Whether one waits for this person, or does not want it any more."""
        if self.disabled_at:
            return State.DISABLED
        return State.ACTIVE if self.last_sign_in_at or self.password or self.subject else State.INVITED

    @property
    def needs_code(self) -> bool:
        """Whether a password alone does not do."""
        return self.totp is not None and self.totp.confirmed_at is not None


def checked_email(text: str) -> str:
    """An address as it is kept: without regard to case. Raises `Invalid`."""
    folded = text.strip().casefold()
    if not _ADDRESS.fullmatch(folded):
        code, reason = "email-not-valid", "This is no e-mail address."
        raise Invalid(code, reason, field="email")
    return folded


def checked_name(text: str, email: str) -> str:
    """A name without what does not print; the address's first part where there is none."""
    name = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return name or email.split("@", maxsplit=1)[0]


def check_password(password: str, user: User, field_: str = "password") -> None:
    """Refuse what is guessed first. Length counts, not kinds of signs."""
    low = password.casefold()
    own = user.email.split("@", maxsplit=1)[0]
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        reason = f"It must have {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters; a few words are a good choice."
    elif len(set(low)) < 5 or any(low.startswith(one) for one in _OBVIOUS) or (len(own) > 3 and own in low):  # noqa: PLR2004
        reason = "This is too easy to guess."
    else:
        return
    code = "password-too-weak"
    raise Invalid(code, reason, field=field_)


def edited(user: User, edit: Mapping[str, Any], now: datetime) -> User:
    """With `name`, `role`, `disabled` as an admin gave them; what is left out stays."""
    after = user
    if "name" in edit:
        after = replace(after, name=checked_name(edit["name"], user.email))
    if "role" in edit:
        after = replace(after, role=Role(edit["role"]))
    if "disabled" in edit:
        after = replace(after, disabled_at=(user.disabled_at or now) if edit["disabled"] else None)
    return user if after == user else replace(after, changed_at=now, seq=user.seq + 1)


def check_an_admin_stays(before: User, after: User | None, admins: Sequence[str]) -> None:
    """Nobody shuts everybody out. `admins` are the ids of all who can sign in as one."""
    stays = after is not None and after.role is Role.ADMIN and after.disabled_at is None
    if before.id in admins and not stays and len(admins) == 1:
        code, reason = "last-admin", "This is the last admin. Make somebody else an admin first."
        raise Conflict(code, reason)
