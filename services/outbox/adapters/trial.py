"""Tests of a template: the mail as it will be, marked as a test, to whom it is asked for; no record, no figures."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chassis.ids import new_id
from chassis.tokens import Links
from services.outbox.adapters.carriers import Carrier, make_carrier
from services.outbox.adapters.render import Renderer
from services.outbox.adapters.smtp import NotSentError, UnclearError
from services.outbox.adapters.templates.sandbox import FAULTS
from services.outbox.domain.dispatch import Dispatch
from services.outbox.domain.mail import Brand, Campaign, Mail, Recipient
from services.outbox.domain.sending import Outcome
from services.outbox.domain.template import Template
from services.outbox.settings import Settings

MARK = "[Test] "
SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Tried:
    """What the mail server said."""

    address: str
    sent: bool
    reply: str


class _Nowhere(Links):
    def make(self, purpose: str, id_: str) -> str:
        """The survey's leads to the preview of its campaign; the others are no tokens, so that nothing is recorded."""
        return super().make("preview", id_) if purpose == "survey" else "preview"


class Trial:
    """Sends tests."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        quiet = settings.model_copy(update={"follow_opens": False, "follow_clicks": False})
        self._renderer = Renderer(quiet, _Nowhere(settings.chassis.signing_keys))

    async def send(
        self,
        to: Sequence[str],
        template: Template,
        language: str,
        about: tuple[Recipient, Campaign, Brand],
        now: datetime,
    ) -> list[Tried]:
        """To each address, one after the other."""
        marked = replace(template.languages[language], subject=MARK + template.languages[language].subject)
        only = replace(template, seq=0, languages={language: marked})
        recipient, campaign, brand = about
        async with make_carrier(self._settings) as connection:
            return [
                await self._try(
                    connection, replace(recipient, email=one, canonical_email=one), campaign, only, brand, now
                )
                for one in to
            ]

    async def _try(
        self,
        connection: Carrier,
        recipient: Recipient,
        campaign: Campaign,
        template: Template,
        brand: Brand,
        now: datetime,
    ) -> Tried:
        address = str(recipient.canonical_email)
        try:
            mail, _ = self._renderer.mail(_record(recipient, campaign, now), recipient, campaign, template, brand, now)
            return await _handed_over(connection, mail, address)
        except (NotSentError, UnclearError) as error:
            return Tried(address, sent=False, reply=str(error))
        except FAULTS as fault:
            return Tried(address, sent=False, reply=f"it cannot be written: {fault}"[:300])


async def _handed_over(connection: Carrier, mail: Mail, address: str) -> Tried:
    answer = await connection.offer(mail)
    if answer.go_on:
        until = time.monotonic() + SECONDS
        answer = await connection.body(mail, lambda: time.monotonic() < until)
    return Tried(address, sent=answer.outcome is Outcome.SENT, reply=f"{answer.code} {answer.text}"[:300])


def _record(recipient: Recipient, campaign: Campaign, now: datetime) -> Dispatch:
    return Dispatch(
        id=new_id(),
        customer_id=recipient.id,
        campaign_id=campaign.id,
        reason="test",
        cycle=0,
        reminds_of=campaign.id,
        next_try_at=now,
        requested_at=now,
        expires_at=now + timedelta(hours=1),
        changed_at=now,
    )
