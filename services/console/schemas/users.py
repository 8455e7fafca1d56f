"""The HTTP bodies of users, sessions and sign-ins."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.console.domain.roles import PERMISSIONS, Permission, Role
from services.console.domain.user import State, User

Email = Annotated[str, StringConstraints(min_length=3, max_length=320)]
Name = Annotated[str, StringConstraints(max_length=200)]
Password = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=40)]
Token = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Closed(BaseModel):
    """What strangers send: an unknown field is refused by name."""

    model_config = ConfigDict(extra="forbid")


class SignIn(Closed):
    """What somebody offers to be let in."""

    email: Email
    password: Password
    code: Code | None = None


class LinkToken(Closed):
    """A one-time link."""

    token: Token


class LinkUse(Closed):
    """A one-time link, and what its user chooses."""

    token: Token
    name: Name | None = None
    password: Password | None = None


class LinkBody(BaseModel):
    """What a one-time link is for."""

    kind: str
    email: str
    name: str
    role: Role
    password_needed: bool
    expires_at: datetime


class OwnEdit(Closed):
    """What people change of themselves; what is left out stays."""

    name: Name | None = None
    settings: dict[str, Any] | None = None


class PasswordChange(Closed):
    """Another password."""

    old_password: Password | None = None
    new_password: Password


class CodeBody(Closed):
    """A code of an app, or a recovery code."""

    code: Code


class TotpBegun(BaseModel):
    """What an app needs to make codes."""

    secret: str
    uri: str
    qr_svg: str


class RecoveryCodes(BaseModel):
    """For whoever loses the app; shown this once."""

    recovery_codes: list[str]


class OwnBody(BaseModel):
    """Who is signed in."""

    id: str
    email: str
    name: str
    role: Role
    permissions: tuple[Permission, ...]
    totp: bool
    has_password: bool
    settings: dict[str, Any]

    @classmethod
    def of(cls, user: User) -> "OwnBody":
        """From the domain."""
        return cls(
            id=user.id,
            email=user.email,
            name=user.name,
            role=user.role,
            permissions=PERMISSIONS[user.role],
            totp=user.needs_code,
            has_password=user.password is not None,
            settings=dict(user.settings),
        )


class ProviderBody(BaseModel):
    """Another way to sign in."""

    id: str
    name: str
    url: str


class Ways(BaseModel):
    """How one can sign in here."""

    password: bool
    oidc: list[ProviderBody]


class SessionBody(BaseModel):
    """Whether somebody is signed in, and how one can be."""

    signed_in: bool
    first_run: bool
    user: OwnBody | None
    csrf_token: str | None
    sign_in: Ways


class OpenSession(BaseModel):
    """A session of oneself."""

    id: str
    current: bool
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    agent: str
    address: str


class OpenSessions(BaseModel):
    """All sessions of oneself."""

    items: list[OpenSession]


class UserDraft(Closed):
    """Somebody to be invited."""

    email: Email
    name: Name = ""
    role: Role = Role.VIEWER


class UserEdit(Closed):
    """What to change; what is left out stays."""

    name: Name = ""
    role: Role = Role.VIEWER
    disabled: bool = False


class LinkDraft(Closed):
    """Whom a link is to sign in; made where there is no such user."""

    email: Email
    name: Name = ""
    role: Role | None = None


class UserBody(BaseModel):
    """A user."""

    id: str
    email: str
    name: str
    role: Role
    state: State
    totp: bool
    has_password: bool
    provider: str | None = Field(description="Where the user signs in, where that is with a provider.")
    created_at: datetime
    changed_at: datetime
    last_sign_in_at: datetime | None
    seq: int

    @classmethod
    def of(cls, user: User) -> "UserBody":
        """From the domain."""
        return cls(
            id=user.id,
            email=user.email,
            name=user.name,
            role=user.role,
            state=user.state,
            totp=user.needs_code,
            has_password=user.password is not None,
            provider=user.subject.split("|", maxsplit=1)[0] if user.subject else None,
            created_at=user.created_at,
            changed_at=user.changed_at,
            last_sign_in_at=user.last_sign_in_at,
            seq=user.seq,
        )


class UserList(BaseModel):
    """All users."""

    items: list[UserBody]


class LinkMade(BaseModel):
    """A link, shown this once."""

    user: UserBody
    link: str
    link_expires_at: datetime


class SignInBody(BaseModel):
    """A sign-in, or a try."""

    id: str
    at: datetime
    email: str
    user_id: str | None
    outcome: str = Field(description="`signed_in`, `refused`, `code_refused`, `too_many`, `not_allowed`.")
    how: str = Field(description="`password`, `link:invitation`, `link:sign-in`, `oidc:<provider>`.")
    address: str
    agent: str


class SignInPage(BaseModel):
    """Sign-ins, the newest first; `next` goes into `after`."""

    items: list[SignInBody]
    next: str | None = None
