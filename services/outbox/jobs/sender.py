"""Sends one record after another."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from chassis import clock
from chassis.errors import Refusal
from chassis.ids import new_id
from chassis.logs import get_logger
from chassis.mongo import Database
from services.outbox import commands, store
from services.outbox.adapters.render import Renderer
from services.outbox.adapters.smtp import Answer, Connection, NotSentError, TooLateError, UnclearError
from services.outbox.adapters.templates.sandbox import FAULTS
from services.outbox.domain import dispatch as records
from services.outbox.domain.dispatch import Dispatch, Rendered, Reply, State
from services.outbox.domain.mail import Brand, Campaign, Mail, Recipient
from services.outbox.domain.sending import Outcome, verdict
from services.outbox.domain.template import Template
from services.outbox.jobs.materials import Materials
from services.outbox.settings import Settings

log = get_logger(__name__)

GATE_DEADLINE_SECONDS = 0.8


class Sender:
    """Sends one record after another over one connection."""

    def __init__(self, database: Database, settings: Settings, renderer: Renderer, secret: str) -> None:
        self._database, self._settings, self._renderer, self._secret = database, settings, renderer, secret

    async def send_next(self, connection: Connection) -> bool:
        """Take the next record as far as it goes; false where none is due."""
        claimed = await store.claim(self._database, new_id(), self._settings.claim_seconds)
        if claimed is None:
            return False
        dispatch, now = claimed
        found = await self._materials(dispatch)
        decided = verdict(dispatch, found.recipient, found.campaign, now)
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

    async def check_key(self) -> None:
        """Raises where addresses would be hashed with another key than those that said no: each no would be lost."""
        if not await commands.same_address_key(self._database, self._secret):
            raise ValueError(commands.OTHER_KEY)

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
        except (*FAULTS, Refusal) as error:
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
        address = commands.address_id(mail.recipient, self._secret)
        try:
            answer = await connection.offer(mail)
        except NotSentError as error:
            await self._not_sent(dispatch, error)
            return
        if not answer.go_on:
            await self._answered(dispatch, answer, address)
            return
        began = time.monotonic()
        if await self._passed(connection, dispatch, rendered, address):
            await self._finish(connection, dispatch, mail, address, _until(began + GATE_DEADLINE_SECONDS))

    async def _passed(self, connection: Connection, dispatch: Dispatch, rendered: Rendered, address: str) -> bool:
        """Through the gate; else the socket is closed before the body, so that nothing was sent."""
        try:
            refused = await self._database.transact(lambda tx: commands.pass_gate(tx, dispatch, rendered, address))
        except BaseException:
            connection.drop()
            raise
        if refused is None:
            return True
        connection.drop()
        if refused == commands.BUSY:
            await self._put_back(dispatch, pause=commands.INFLIGHT)
        elif refused != commands.CLAIM_LOST:
            await self._end(dispatch, State.SUPPRESSED, refused)
        return False

    async def _finish(
        self, connection: Connection, dispatch: Dispatch, mail: Mail, address: str, in_time: Callable[[], bool]
    ) -> None:
        try:
            answer = await connection.body(mail, in_time)
        except TooLateError as error:
            await self._not_sent(dispatch, error, address, pause=commands.INFLIGHT)
        except NotSentError as error:
            await self._not_sent(dispatch, error, address)
        except UnclearError as error:
            log.warning("dispatch.unclear", dispatch=dispatch.id, error=str(error))
        else:
            await self._answered(dispatch, answer, address, let_out=True)

    async def _answered(self, dispatch: Dispatch, answer: Answer, mailbox: str, *, let_out: bool = False) -> None:
        """Store what a reply makes of the record. What is unclear stays as it is, for the sweep."""
        address = mailbox if let_out else None
        reply = Reply(code=answer.code, text=answer.text[:500], at=clock.now())
        match answer.outcome:
            case Outcome.SENT:
                await self._conclude(dispatch, lambda current, now: records.sent(current, reply), address)
            case Outcome.AGAIN:
                await self._put_back(dispatch, reply=reply, address=address)
            case Outcome.BOUNCED:
                secret = self._secret
                await self._database.transact(
                    lambda tx: commands.bounce(tx, dispatch, reply, mailbox, let_out=let_out, secret=secret)
                )
            case Outcome.FAILED:
                await self._end(dispatch, State.FAILED, "refused-by-server", reply, address)
            case Outcome.UNCLEAR:
                log.warning("dispatch.unclear", dispatch=dispatch.id, code=answer.code)

    async def _not_sent(
        self, dispatch: Dispatch, error: Exception, address: str | None = None, *, pause: timedelta | None = None
    ) -> None:
        log.warning("dispatch.not_sent", dispatch=dispatch.id, error=str(error))
        await self._put_back(dispatch, address=address, pause=pause)

    async def _end(
        self, dispatch: Dispatch, state: State, reason: str, reply: Reply | None = None, address: str | None = None
    ) -> None:
        await self._conclude(
            dispatch, lambda current, now: records.ended(current, state, reason, now, reply=reply), address
        )

    async def _put_back(
        self,
        dispatch: Dispatch,
        *,
        pause: timedelta | None = None,
        reply: Reply | None = None,
        address: str | None = None,
    ) -> None:
        def back(current: Dispatch, now: datetime) -> Dispatch:
            return records.put_back(current, now, reply=reply, pause=pause)

        await self._conclude(dispatch, back, address, tell=False)

    async def _conclude(
        self, dispatch: Dispatch, change: commands.Change, address: str | None, *, tell: bool = True
    ) -> None:
        await self._database.transact(lambda tx: commands.conclude(tx, dispatch, change, address, tell=tell))


def _until(moment: float) -> Callable[[], bool]:
    return lambda: time.monotonic() < moment
