"""Outbox's loops: send what is due, and give up on what is unclear."""

import asyncio
import time
from dataclasses import dataclass
from datetime import timedelta

from liquid.exceptions import LiquidError

from chassis import clock
from chassis.errors import Refusal
from chassis.ids import new_id
from chassis.logs import get_logger
from chassis.mongo import Database
from chassis.service import Job
from services.outbox import commands, store
from services.outbox.adapters.render import Renderer
from services.outbox.adapters.smtp import (
    Answer,
    Connection,
    NotOpenedError,
    UnclearError,
)
from services.outbox.domain import dispatch as records
from services.outbox.domain.deliverability import address_at_fault
from services.outbox.domain.dispatch import Dispatch, Rendered, Reply, State
from services.outbox.domain.mail import Brand, Campaign, Mail, Recipient, Template
from services.outbox.domain.sending import verdict
from services.outbox.settings import Settings

log = get_logger(__name__)

GATE_DEADLINE_SECONDS = 0.8
SWEEP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Materials:
    """All that a mail is made of; None where it is not known here yet."""

    recipient: Recipient | None
    campaign: Campaign | None
    template: Template | None
    brand: Brand | None


class Sender:
    """Sends one record after another over one connection."""

    def __init__(self, database: Database, settings: Settings, renderer: Renderer, secret: str) -> None:
        self._database, self._settings, self._renderer, self._secret = database, settings, renderer, secret

    async def send_next(self, connection: Connection) -> bool:
        """Take the next record as far as it goes; false where none is due."""
        dispatch = await store.claim(self._database, new_id(), clock.now(), self._settings.claim_seconds)
        if dispatch is None:
            return False
        found = await self._materials(dispatch)
        decided = verdict(dispatch, found.recipient, found.campaign, clock.now())
        if decided.wait or found.recipient is None or found.campaign is None:
            await self._put_back(dispatch, pause=decided.pause)
        elif decided.state is not None:
            await self._end(dispatch, decided.state, decided.reason)
        elif found.template is None or found.brand is None:
            await self._put_back(dispatch, pause=records.NOT_READY_PAUSE)
        else:
            await self._render_and_send(
                connection, dispatch, found.recipient, found.campaign, found.template, found.brand
            )
        return True

    async def _materials(self, dispatch: Dispatch) -> Materials:
        campaign = await store.one(self._database, store.CAMPAIGNS, store.campaigns, dispatch.campaign_id)
        if campaign is None:
            return Materials(None, None, None, None)
        recipient = await store.one(self._database, store.RECIPIENTS, store.recipients, dispatch.customer_id)
        template = await store.one(self._database, store.TEMPLATES, store.templates, campaign.template_id)
        brand = await store.one(self._database, store.BRANDS, store.brands, campaign.brand_id)
        return Materials(recipient, campaign, template, brand)

    async def _render_and_send(
        self,
        connection: Connection,
        dispatch: Dispatch,
        recipient: Recipient,
        campaign: Campaign,
        template: Template,
        brand: Brand,
    ) -> None:
        try:
            mail, language = self._renderer.mail(dispatch, recipient, campaign, template, brand, clock.now())
        except (LiquidError, Refusal, ValueError) as error:
            log.warning("dispatch.not_rendered", dispatch=dispatch.id, error=type(error).__name__)
            await self._end(dispatch, State.FAILED, "not-rendered")
            return
        rendered = Rendered(
            template_id=template.id,
            brand_id=brand.id,
            subject_line=mail.subject_line,
            language=language,
            message_id=mail.message_id,
        )
        await self._send(connection, dispatch, mail, rendered)

    async def _send(self, connection: Connection, dispatch: Dispatch, mail: Mail, rendered: Rendered) -> None:
        try:
            answer = await connection.offer(mail)
        except NotOpenedError as error:
            log.warning("dispatch.not_offered", dispatch=dispatch.id, error=str(error))
            await self._put_back(dispatch)
            return
        if not answer.accepted:
            await self._refused(dispatch, answer)
            return
        address = commands.address_id(mail.recipient, self._secret)
        if await self._passed(connection, dispatch, rendered, address):
            await self._finish(connection, dispatch, mail, address)

    async def _passed(self, connection: Connection, dispatch: Dispatch, rendered: Rendered, address: str) -> bool:
        """Through the gate, in time; else the socket is closed before the body, so that nothing was sent."""
        began = time.monotonic()
        try:
            refused = await self._database.transact(
                lambda tx: commands.pass_gate(tx, dispatch, rendered, address, clock.now())
            )
        except BaseException:
            connection.drop()
            raise
        if refused is None and time.monotonic() - began < GATE_DEADLINE_SECONDS:
            return True
        connection.drop()
        if refused is None or refused == "busy":
            await self._put_back(dispatch, pause=commands.INFLIGHT, address=address)
        elif refused != "claim-lost":
            await self._end(dispatch, State.SUPPRESSED, refused)
        return False

    async def _finish(self, connection: Connection, dispatch: Dispatch, mail: Mail, address: str) -> None:
        try:
            answer = await connection.body(mail)
        except UnclearError as error:
            log.warning("dispatch.unclear", dispatch=dispatch.id, error=str(error))
            return
        if not answer.accepted:
            await self._refused(dispatch, answer, address)
            return
        reply = Reply(code=answer.code, text=answer.text[:500], at=clock.now())
        await self._conclude(dispatch, lambda current: records.sent(current, reply), address)

    async def _refused(self, dispatch: Dispatch, answer: Answer, address: str | None = None) -> None:
        reply = Reply(code=answer.code, text=answer.text[:500], at=clock.now())
        if not answer.refused_for_good:
            await self._conclude(
                dispatch, lambda now: records.put_back(now, reply.at, reply=reply), address, tell=False
            )
            return
        fault = address_at_fault(answer.code, answer.text)
        state, reason = (State.BOUNCED, "no-such-mailbox") if fault else (State.FAILED, "refused-by-server")
        await self._conclude(dispatch, lambda now: records.ended(now, state, reason, reply.at, reply=reply), address)
        if fault:
            said = f"{answer.code} {answer.text}"[:500]
            await self._database.transact(lambda tx: commands.address_failed(tx, dispatch, said, clock.now()))

    async def _end(self, dispatch: Dispatch, state: State, reason: str) -> None:
        await self._conclude(dispatch, lambda current: records.ended(current, state, reason, clock.now()), None)

    async def _put_back(
        self, dispatch: Dispatch, *, pause: timedelta | None = None, address: str | None = None
    ) -> None:
        await self._conclude(
            dispatch, lambda current: records.put_back(current, clock.now(), pause=pause), address, tell=False
        )

    async def _conclude(
        self, dispatch: Dispatch, change: commands.Change, address: str | None, *, tell: bool = True
    ) -> None:
        await self._database.transact(
            lambda tx: commands.conclude(tx, dispatch, change, address, clock.now(), tell=tell)
        )


def send(sender: Sender, settings: Settings, bell: asyncio.Event) -> Job:
    """Sends what is due, in as many workers as the settings say."""

    async def worker() -> None:
        async with Connection(settings) as connection:
            while True:
                if not await sender.send_next(connection):
                    bell.clear()
                    await _rest(bell, settings.poll_seconds)

    async def run() -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(settings.workers):
                group.create_task(worker())

    return run


def sweep(database: Database, settings: Settings) -> Job:
    """Calls unknown what was let out and never confirmed."""
    after = timedelta(seconds=settings.unknown_after_seconds)

    async def run() -> None:
        while True:
            await database.transact(lambda tx: commands.give_up_unclear(tx, clock.now(), after))
            await asyncio.sleep(SWEEP_SECONDS)

    return run


async def _rest(bell: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(bell.wait(), seconds)
    except TimeoutError:
        return
