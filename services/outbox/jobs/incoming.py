"""The loop that reads what came in: bounces, complaints, words of delivery, unsubscribe mails."""

import asyncio
from collections import Counter
from collections.abc import Sequence

from prometheus_client import Counter as Metric

from chassis import telemetry
from chassis.logs import get_logger
from chassis.mongo import Database, Document, Transaction
from chassis.service import Job
from chassis.tokens import Links
from services.outbox import commands, store
from services.outbox.domain import incoming
from services.outbox.domain.bounces import UnreadableError
from services.outbox.domain.refusals import Bound
from services.outbox.domain.returned import Notice
from services.outbox.settings import Settings

log = get_logger(__name__)

CLAIM_SECONDS, TOGETHER = 60.0, 50
NOTICES = Metric(
    "sounding_outbox_notices_total", "Notices on mails of ours, by what became of them.", ["source", "outcome"]
)
REASONS = Metric("sounding_outbox_bounces_total", "Bounces and complaints, by kind and reason.", ["kind", "reason"])
INCOMING = Metric("sounding_outbox_incoming_total", "What came in, by source and how it ended.", ["source", "outcome"])


class Reader:
    """Works off one thing after another that came in."""

    def __init__(self, database: Database, settings: Settings, links: Links, secret: str) -> None:
        self.database, self._settings, self._links, self._secret = database, settings, links, secret
        self._keys: Sequence[str] = [key.get_secret_value() for key in settings.chassis.signing_keys]

    async def read_next(self) -> bool:
        """Take what has waited longest; false where nothing waits."""
        row = await store.claim_incoming(self.database, CLAIM_SECONDS)
        if row is None:
            return False
        source = str(row["source"])
        if row["tries"] > store.MAX_TRIES:
            await self._set_aside(row, "tried in vain")
            return True
        try:
            await self._read(row, source)
        except UnreadableError as error:
            await self._set_aside(row, str(error))
        except Exception:
            await store.put_incoming_back(self.database, row["_id"], row["tries"])
            raise
        return True

    async def _read(self, row: Document, source: str) -> None:
        # In a thread: a mail may be made to take long.
        notices = await asyncio.to_thread(self._notices, row)
        outcome: Counter[str] = Counter()
        for start in range(0, len(notices), TOGETHER):
            outcome += await self._heard(source, notices[start : start + TOGETHER])
        await store.finish_incoming(self.database, row["_id"], dict(outcome) or {"nothing-of-ours": 1})
        INCOMING.labels(source, "done").inc()

    def _notices(self, row: Document) -> list[Notice]:
        source, raw = row["source"], bytes(row["raw"])
        if source != incoming.MAIL:
            return incoming.of_webhook(source, raw, self._keys)
        unsubscribe = self._settings.unsubscribe_address
        return incoming.of_mail(
            raw, row["recipients"], self._keys, unsubscribe, lambda token: self._links.read("unsubscribe", token)
        )

    async def _heard(self, source: str, notices: Sequence[Notice]) -> Counter[str]:
        bound = self._settings.policy_bound
        outcomes = await self.database.transact(lambda tx: _heard_back(tx, notices, self._secret, bound))
        for notice, outcome in zip(notices, outcomes, strict=True):
            NOTICES.labels(source, outcome).inc()
            if outcome == str(notice.finding.kind):
                REASONS.labels(outcome, str(notice.finding.reason)).inc()
        return Counter(outcomes)

    async def _set_aside(self, row: Document, reason: str) -> None:
        log.warning("incoming.unreadable", id=row["_id"], source=row["source"], error=reason)
        await store.set_incoming_aside(self.database, row["_id"], reason)
        INCOMING.labels(str(row["source"]), "unreadable").inc()


async def _heard_back(tx: Transaction, notices: Sequence[Notice], secret: str, bound: Bound) -> list[str]:
    now = await tx.now()
    return [await commands.hear_back(tx, notice, secret, now, bound) for notice in notices]


def read_incoming(reader: Reader, settings: Settings) -> Job:
    """Reads what came in until nothing waits, and looks again; it waits while records are not what they were."""

    async def run() -> None:
        while True:
            try:
                found = not await store.is_frozen(reader.database) and await reader.read_next()
            except Exception as error:
                # Trouble with one is that one's: its claim ends, it is taken again, and at last set aside.
                telemetry.JOB_ERRORS.labels("incoming").inc()
                log.exception("incoming.failed", error=type(error).__name__)
                found = False
            if not found:
                await asyncio.sleep(settings.poll_seconds)

    return run
