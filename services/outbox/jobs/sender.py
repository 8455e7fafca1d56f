"""Sends records, and stores what became of them."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from prometheus_client import Counter

from chassis import clock, telemetry
from chassis.errors import Refusal
from chassis.ids import new_id
from chassis.logs import get_logger
from chassis.mongo import Database, Transaction
from commons.groups import Group
from services.outbox import commands, store
from services.outbox.adapters.carriers import Carrier
from services.outbox.adapters.checker import make_checker
from services.outbox.adapters.dns import Dns
from services.outbox.adapters.render import Renderer
from services.outbox.adapters.smtp import OFFER_SHARE, Answer, NotSentError, TooLateError, UnclearError
from services.outbox.adapters.templates.sandbox import FAULTS
from services.outbox.commands import Concluding, Passing
from services.outbox.domain import dispatch as records
from services.outbox.domain.addresses import Check
from services.outbox.domain.dispatch import Dispatch, Rendered, Reply, State
from services.outbox.domain.labels import DomainLabels
from services.outbox.domain.mail import Mail, merged
from services.outbox.domain.pacing import destination
from services.outbox.domain.sending import Outcome, Step, Verdict, verdict
from services.outbox.domain.template import names_properties
from services.outbox.jobs.holding import Hold
from services.outbox.jobs.materials import Desk, Materials
from services.outbox.jobs.pacer import Pacer
from services.outbox.jobs.refusals import CLOSED, Refusals
from services.outbox.settings import Settings

log = get_logger(__name__)

GATE_DEADLINE_SECONDS = 0.8
LOOK_AGAIN_SECONDS = 0.3
"""What waited longer for a worker is decided anew: its campaign may have been paused."""
LINGER_SECONDS, RESULTS_LINGER_SECONDS = 0.002, 0.03
"""Nobody waits for a result to be stored: the more share a transaction, the less each costs."""
SPARED = timedelta(seconds=5)
MAILS = Counter(
    "sounding_outbox_mails_total",
    "Mails offered, by destination (whose mail servers they are for, else the domain), and what was made of them.",
    ["domain", "outcome"],
)
T = TypeVar("T")
R = TypeVar("R")


class CrowdedError(Exception):
    """Together it does not work out at once; each alone may."""


@dataclass(frozen=True, slots=True)
class Work:
    """A record that is claimed, what its mail is made of, and what is to be done with it."""

    dispatch: Dispatch
    materials: Materials
    decided: Verdict
    claimed_until: float
    destination: str = ""
    places: tuple[str, ...] = ()
    """What is paced of its way: the relay and the destination, or a provider alone. Known once it is on its way."""

    def left(self) -> float:
        """How long the claim still holds."""
        return self.claimed_until - time.monotonic()


@dataclass(frozen=True, slots=True)
class Passed:
    """What the gate said, and from when its time counts."""

    refusal: str | None
    began: float


class Sender:
    """Takes records as far as they go: many share a claim, a transaction of the gate and one of results."""

    def __init__(self, database: Database, settings: Settings, renderer: Renderer, secret: str) -> None:
        self._database, self._settings, self._renderer, self._secret = database, settings, renderer, secret
        self._desk, self._looks = Desk(database), store.Looks(database)
        dns = Dns(settings.dns_servers, port=settings.dns_port, seconds=settings.dns_seconds)
        self._checker = make_checker(settings, dns)
        self._labels = DomainLabels()
        self._pacer = Pacer(database, settings.full_speed)
        self._refusals = Refusals(database, settings.policy_bound)
        self._hold = Hold(database, settings)
        self._again: Group[Dispatch, Materials] = Group(self._desk.materials, linger=LINGER_SECONDS)
        self._gate: Group[Passing, Passed] = Group(self._pass_together, linger=LINGER_SECONDS)
        self._results: Group[Concluding, None] = Group(
            self._conclude_together, at_once=1, linger=RESULTS_LINGER_SECONDS
        )

    async def send_next(self, connection: Carrier) -> bool:
        """Take the next record as far as it goes, and store that; false where none is due."""
        for one in (taken := await self.take(1)):
            await self.send(connection, one)
        await self.recorded()
        return bool(taken)

    async def take(self, limit: int) -> list[Work]:
        """Claim what is due, with all that its mails are made of."""
        began = time.monotonic()
        claimed, now = await store.claim(self._database, new_id(), self._settings.claim_seconds, limit)
        found = await self._desk.materials(claimed) if claimed else []
        until = began + self._settings.claim_seconds
        return [
            Work(dispatch, materials, verdict(dispatch, materials.recipient, materials.campaign, now), until)
            for dispatch, materials in zip(claimed, found, strict=True)
        ]

    async def paused(self) -> bool:
        """Whether nothing may go out: all sending is stopped, what is known of customers is too old, or of mails."""
        return await self._hold.older() or await self._hold.paused() or await self._hold.stale()

    async def send(self, connection: Carrier, work: Work) -> None:
        """As far as it goes; what became of it is stored soon after."""
        with telemetry.span("mail", parent=work.dispatch.trace, dispatch=work.dispatch.id):
            await self._decide(connection, await self._as_it_is_now(work))

    async def _as_it_is_now(self, work: Work) -> Work:
        if self._settings.claim_seconds - work.left() < LOOK_AGAIN_SECONDS:
            return work
        found = await self._again.add(work.dispatch)
        decided = verdict(work.dispatch, found.recipient, found.campaign, clock.now())
        return replace(work, materials=found, decided=decided)

    async def _decide(self, connection: Carrier, work: Work) -> None:
        dispatch, found, decided = work.dispatch, work.materials, work.decided
        if decided.wait or found.recipient is None or found.campaign is None:
            self._put_back(dispatch, pause=decided.pause)
        elif decided.state is not None:
            self._end(dispatch, decided.state, decided.reason)
        elif found.template is None or found.brand is None:
            self._put_back(dispatch, pause=records.NOT_READY_PAUSE)
        else:
            check = await self._checker.check(str(found.recipient.canonical_email), clock.now())
            if check.deliverable is False:
                await self._not_deliverable(dispatch, check)
            else:
                await self._at_its_pace(connection, _on_its_way(work, connection, check))

    async def _at_its_pace(self, connection: Carrier, work: Work) -> None:
        """As fast as all that it goes to take mails from all processes together."""
        await self._refusals.look()
        if self._refusals.closed(work.destination, _domain_of(work)):
            self._put_back(work.dispatch, pause=CLOSED)
            return
        full = await self._pacer.enter(*work.places)
        if full is not None:
            if full == connection.place:
                connection.drop()
            self._put_back(work.dispatch, pause=SPARED)
            return
        try:
            if (made := await self._rendered(work.dispatch, work.materials)) is None:
                self._end(work.dispatch, State.FAILED, "not-rendered")
            else:
                await self._send(connection, work, *made)
        finally:
            self._pacer.leave(*work.places)

    async def keep_pace(self) -> None:
        """Say which connections to spared destinations are in use; to be called again and again."""
        await self._pacer.look()
        await self._refusals.look()

    async def recorded(self) -> None:
        """Until all that was sent is stored."""
        await self._results.drained()

    async def give_back(self, works: Sequence[Work]) -> None:
        """Let others take what was claimed and not come to."""
        by_token: dict[str, list[str]] = {}
        for work in works:
            by_token.setdefault(str(work.dispatch.token), []).append(work.dispatch.id)
        for token, ids in by_token.items():
            await store.release(self._database, token, ids)

    async def check_key(self) -> None:
        """Raises where addresses would be hashed with another key than those that said no: each no would be lost."""
        if not await commands.same_address_key(self._database, self._secret):
            raise ValueError(commands.OTHER_KEY)

    async def _not_deliverable(self, dispatch: Dispatch, check: Check) -> None:
        await self._database.transact(lambda tx: commands.not_deliverable(tx, dispatch, check, self._secret))

    async def _rendered(self, dispatch: Dispatch, found: Materials) -> tuple[Mail, Rendered] | None:
        recipient, campaign, template, brand = found.complete()
        try:
            mail, language = self._renderer.mail(dispatch, recipient, campaign, template, brand, clock.now())
        except (*FAULTS, Refusal) as error:
            log.warning("dispatch.not_rendered", dispatch=dispatch.id, error=type(error).__name__)
            return None
        return mail, Rendered(
            template_id=template.id,
            template_version=template.seq or None,
            brand_id=brand.id,
            subject_line=mail.subject_line,
            language=language,
            message_id=mail.message_id,
            look=await self._looks.kept(brand, campaign),
            filled_with=merged(recipient, properties=names_properties(template, language)),
        )

    async def _send(self, connection: Carrier, work: Work, mail: Mail, rendered: Rendered) -> None:
        dispatch, address = work.dispatch, commands.address_id(mail.recipient, self._secret)
        try:
            answer = await connection.offer(mail, work.left() * OFFER_SHARE)
        except NotSentError as error:
            self._count(work, "not_sent")
            if error.slow:
                await self._pacer.slow_down(work.places[0])
            self._not_sent(dispatch, error)
            return
        if not answer.go_on:
            await self._heard(work, answer)
            await self._answered(dispatch, answer, address)
            return
        passed = await self._passed(connection, Passing(dispatch, rendered, address))
        if passed is not None:
            await self._finish(connection, work, mail, address, _until(passed.began + GATE_DEADLINE_SECONDS))

    async def _passed(self, connection: Carrier, mail: Passing) -> Passed | None:
        """Through the gate; else the socket is closed before the body, so that nothing was sent."""
        try:
            passed = await self._gate.add(mail)
        except BaseException:
            connection.drop()
            raise
        if passed.refusal is None:
            return passed
        connection.drop()
        if passed.refusal == commands.BUSY:
            self._put_back(mail.dispatch, pause=commands.INFLIGHT)
        elif passed.refusal != commands.CLAIM_LOST:
            self._end(mail.dispatch, State.SUPPRESSED, passed.refusal)
        return None

    async def _pass_together(self, mails: Sequence[Passing]) -> list[Passed]:
        """The gate's transaction. All count their time from before it began; where many conflict, each goes alone."""
        began = time.monotonic()
        refusals = await self._database.transact(_once_for_many(mails, commands.pass_gates))
        return [Passed(refusal, began) for refusal in refusals]

    async def _conclude_together(self, sendings: Sequence[Concluding]) -> list[None]:
        await self._database.transact(_once_for_many(sendings, commands.conclude_all))
        return [None] * len(sendings)

    async def _finish(
        self, connection: Carrier, work: Work, mail: Mail, address: str, in_time: Callable[[], bool]
    ) -> None:
        dispatch = work.dispatch
        try:
            answer = await connection.body(mail, in_time)
        except TooLateError as error:
            self._not_sent(dispatch, error, address, pause=commands.INFLIGHT)
        except NotSentError as error:
            self._not_sent(dispatch, error, address)
        except UnclearError as error:
            self._count(work, Outcome.UNCLEAR)
            log.warning("dispatch.unclear", dispatch=dispatch.id, error=str(error))
        else:
            await self._heard(work, answer)
            await self._answered(dispatch, answer, address, let_out=True)

    def _count(self, work: Work, outcome: str) -> None:
        MAILS.labels(self._labels.label(work.destination), outcome).inc()

    async def _heard(self, work: Work, answer: Answer) -> None:
        """Who refuses MAIL has not heard yet whom it is for."""
        self._count(work, answer.outcome)
        if answer.outcome is Outcome.SENT or answer.unwanted:
            for one in {work.destination, _domain_of(work)}:
                self._refusals.note(one, refused=answer.unwanted)
        if answer.slow:
            await self._pacer.slow_down(work.places[0 if answer.step is Step.MAIL else -1])

    async def _answered(self, dispatch: Dispatch, answer: Answer, mailbox: str, *, let_out: bool = False) -> None:
        """Store what a reply makes of the record. What is unclear stays as it is, for the sweep."""
        address = mailbox if let_out else None
        reply = Reply(code=answer.code, text=answer.text[:500], at=clock.now())
        match answer.outcome:
            case Outcome.SENT:
                self._conclude(dispatch, lambda current, now: records.sent(current, reply, answer.provider_id), address)
            case Outcome.AGAIN:
                self._put_back(dispatch, reply=reply, address=address)
            case Outcome.BOUNCED:
                secret = self._secret
                await self._database.transact(
                    lambda tx: commands.bounce(tx, dispatch, reply, mailbox, let_out=let_out, secret=secret)
                )
            case Outcome.FAILED:
                self._end(dispatch, State.FAILED, "refused-by-server", reply, address)
            case Outcome.UNCLEAR:
                log.warning("dispatch.unclear", dispatch=dispatch.id, code=answer.code)

    def _not_sent(
        self, dispatch: Dispatch, error: Exception, address: str | None = None, *, pause: timedelta | None = None
    ) -> None:
        log.warning("dispatch.not_sent", dispatch=dispatch.id, error=str(error))
        self._put_back(dispatch, address=address, pause=pause)

    def _end(
        self, dispatch: Dispatch, state: State, reason: str, reply: Reply | None = None, address: str | None = None
    ) -> None:
        self._conclude(dispatch, lambda current, now: records.ended(current, state, reason, now, reply=reply), address)

    def _put_back(
        self,
        dispatch: Dispatch,
        *,
        pause: timedelta | None = None,
        reply: Reply | None = None,
        address: str | None = None,
    ) -> None:
        def back(current: Dispatch, now: datetime) -> Dispatch:
            return records.put_back(current, now, reply=reply, pause=pause)

        self._conclude(dispatch, back, address, tell=False)

    def _conclude(self, dispatch: Dispatch, change: commands.Change, address: str | None, *, tell: bool = True) -> None:
        """Have it stored with others; where that fails, its claim ends, or it becomes unknown."""
        self._results.add(Concluding(dispatch, change, address, tell)).add_done_callback(_report)


def _on_its_way(work: Work, connection: Carrier, check: Check) -> Work:
    end = destination(check.address, check.mail_servers)
    return replace(
        work, destination=end, places=(connection.place, end) if connection.passes_on else (connection.place,)
    )


def _domain_of(work: Work) -> str:
    """By which a bounce that comes later names it."""
    found = work.materials.recipient
    return destination(str(found.canonical_email)) if found else ""


def _once_for_many(
    items: Sequence[T], work: Callable[[Transaction, Sequence[T]], Awaitable[R]]
) -> Callable[[Transaction], Awaitable[R]]:
    """Work that many share, tried once; alone one may be tried again."""
    tries = 0

    async def once(tx: Transaction) -> R:
        nonlocal tries
        tries += 1
        if tries > 1 and len(items) > 1:
            raise CrowdedError
        return await work(tx, items)

    return once


def _report(future: "asyncio.Future[None]") -> None:
    if not future.cancelled() and (error := future.exception()) is not None:
        telemetry.JOB_ERRORS.labels("send").inc()
        log.error("sender.not_recorded", error=type(error).__name__)


def _until(moment: float) -> Callable[[], bool]:
    return lambda: time.monotonic() < moment
