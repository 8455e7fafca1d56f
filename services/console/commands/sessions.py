"""Signing in and out."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chassis.errors import Refusal, Unauthorized
from chassis.mongo import Database, Transaction
from services.console import store
from services.console.adapters import codes
from services.console.adapters.passwords import Passwords
from services.console.domain import guard
from services.console.domain.user import Totp, User, check_password, checked_name
from services.console.store.sessions import Session


class TooManyError(Refusal):
    """Too many tries of late."""

    status = 429


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person sits: address and browser."""

    address: str
    agent: str


@dataclass(frozen=True, slots=True)
class Lasting:
    """How long sessions last: without use, and whatever happens."""

    idle: timedelta
    most: timedelta


@dataclass(frozen=True, slots=True)
class Offered:
    """What somebody offers to be let in."""

    email: str
    password: str
    code: str | None


@dataclass(frozen=True, slots=True)
class Doorman:
    """Lets people in, and writes down who came and who was refused."""

    database: Database
    passwords: Passwords
    lasting: Lasting

    async def sign_in(self, offered: Offered, place: Place, now: datetime) -> tuple[str, Session]:
        """Let somebody in by password, and code where one is set up; the cookie's token and the session.

        Raises `Unauthorized`, and `TooManyError` where it was tried too often.
        """
        email = offered.email.strip().casefold()
        buckets = guard.buckets(email, place.address)
        await self._count(buckets, email, place, now)
        user = await store.users.find(self.database, {"email": {"$eq": email}})
        fits = await self.passwords.fits(user.password if user else None, offered.password)
        if user is None or not fits or user.disabled_at:
            await self.note(email, user, "refused", "password", place, now)
            code, reason = "sign-in-wrong", "E-mail address or password is wrong."
            raise Unauthorized(code, reason)
        if user.needs_code:
            await self._check_code(user, offered.code, place, now)
        await store.sign_ins.forget_tries(self.database, list(buckets))
        return await self.let_in(user, "password", place, now)

    async def let_in(self, user: User, how: str, place: Place, now: datetime) -> tuple[str, Session]:
        """Begin a session for somebody who has been recognised."""
        token = store.sessions.fresh()
        session = Session(
            id=store.sessions.hashed(token),
            user_id=user.id,
            csrf_token=store.sessions.fresh(),
            how=how,
            agent=place.agent,
            address=place.address,
            created_at=now,
            seen_at=now,
            expires_at=now + min(self.lasting.idle, self.lasting.most),
        )

        async def begin(tx: Transaction) -> None:
            current = await store.users.get(tx, user.id)
            await store.users.put(tx, replace(current, last_sign_in_at=now))
            await store.sessions.put(tx, session)

        await self.database.transact(begin)
        await self.note(user.email, user, "signed_in", how, place, now)
        return token, session

    async def note(self, email: str, user: User | None, outcome: str, how: str, place: Place, now: datetime) -> None:
        """Write down what came of a try to sign in."""
        row = {"at": now, "email": email[:320], "user_id": user.id if user else None, "outcome": outcome, "how": how}
        await store.sign_ins.note(self.database, {**row, "address": place.address, "agent": place.agent})

    async def _count(self, buckets: dict[str, int], email: str, place: Place, now: datetime) -> None:
        for bucket, most in buckets.items():
            count, until = await store.sign_ins.count_try(self.database, bucket, now, guard.WINDOW)
            if count > most:
                if count == most + 1:
                    await self.note(email, None, "too_many", "password", place, now)
                seconds = max(1, int((until - now).total_seconds()))
                code, reason = "too-many-attempts", f"Too many tries. Try again in {-(-seconds // 60)} minutes."
                raise TooManyError(code, reason, retry_after=seconds)

    async def _check_code(self, user: User, code: str | None, place: Place, now: datetime) -> None:
        if not code:
            reason = "Enter the code that your app shows."
            raise Unauthorized("code-needed", reason, field="code")
        used = use_code(user, code, now)
        if used is None:
            await self.note(user.email, user, "code_refused", "password", place, now)
            reason = "This code is wrong, or was used already. Wait for the next one."
            raise Unauthorized("code-wrong", reason, field="code")
        await self.database.transact(lambda tx: _keep_used(tx, user, used))


def use_code(user: User, code: str, now: datetime) -> Totp | None:
    """The second factor after a code was used; None where it does not fit."""
    factor = user.totp
    if factor is None:
        return None
    if step := codes.step_of(factor.secret, code, now, factor.last_step):
        return replace(factor, last_step=step)
    kept = codes.hashed(code)
    if kept in factor.recovery:
        return replace(factor, recovery=tuple(one for one in factor.recovery if one != kept))
    return None


async def _keep_used(tx: Transaction, before: User, used: Totp) -> None:
    current = await store.users.get(tx, before.id)
    if current.totp != before.totp:
        # The same code came twice at once: it is good for one of them.
        raise Unauthorized("code-wrong", "This code was used already. Wait for the next one.", field="code")
    await store.users.put(tx, replace(current, totp=used))


async def follow_link(
    doorman: Doorman, token: str, name: str | None, password: str | None, place: Place, now: datetime
) -> tuple[str, Session]:
    """Let somebody in by a link, once; set the password where one came along or is needed. Raises `NotFound`."""
    database = doorman.database
    link = await store.links.look(database, token, now)
    user = await store.users.find(database, {"_id": link["user_id"]})
    if link["kind"] == "invitation" or password:
        assert user is not None  # noqa: S101 - links go with their user
        check_password(password or "", user)
    kept = await doorman.passwords.hash(password) if password else None

    async def take(tx: Transaction) -> User:
        used = await store.links.take(tx, token, now)
        current = await store.users.get(tx, used["user_id"])
        if current.disabled_at:
            code, reason = "user-disabled", "This user is disabled. Ask an admin."
            raise Unauthorized(code, reason)
        changed = replace(current, name=checked_name(name or current.name, current.email), changed_at=now)
        if kept:
            changed = replace(changed, password=kept)
            await store.sessions.end_all(tx, current.id)
        await store.users.put(tx, changed)
        return changed

    return await doorman.let_in(await database.transact(take), f"link:{link['kind']}", place, now)


async def extend(database: Database, session: Session, lasting: Lasting, now: datetime) -> None:
    """A session in use goes on, up to its longest."""
    if now - session.seen_at >= store.sessions.SEEN_EVERY:
        until = min(now + lasting.idle, session.created_at + lasting.most)
        await store.sessions.seen(database, session, now, until)
