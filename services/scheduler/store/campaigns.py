"""Campaigns, each change of them with its event."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sounding_contracts import topics
from sounding_contracts.campaigns import CampaignChanged

from chassis.errors import NotFound, Outdated
from chassis.mongo import ASCENDING, Document, Transaction
from chassis.pending import Outgoing
from services.scheduler.domain.audience import looking_back
from services.scheduler.domain.campaign import Campaign, Running, same_content
from services.scheduler.events import campaign_changed
from services.scheduler.schemas.audience import audience
from services.scheduler.store.collections import CAMPAIGN_VERSIONS, CAMPAIGNS
from services.scheduler.store.reading import Reader
from services.scheduler.store.rules import put_rules

_campaign = TypeAdapter(Campaign)
NO_CAMPAIGN = "campaign-not-found", "There is no campaign with this id."
CampaignRule = Callable[[Campaign], Campaign]


class Campaigns:
    """Campaigns, each change of them with its event."""

    def __init__(self, tx: Transaction) -> None:
        self._tx, self._docs = tx, tx.collection(CAMPAIGNS)

    async def find(self, id_: str) -> Campaign | None:
        """The campaign, if there is one."""
        document = await self._docs.find_one({"_id": {"$eq": id_}}, session=self._tx.session)
        return campaign_from(document) if document else None

    async def get(self, id_: str) -> Campaign:
        """The campaign. Raises `NotFound`."""
        found = await self.find(id_)
        if found is None:
            raise NotFound(*NO_CAMPAIGN)
        return found

    async def change(self, id_: str, rule: CampaignRule, *, expected_seq: int | None) -> Campaign:
        """Apply a rule to one. Raises `NotFound`, and `Outdated` where the version is another."""
        before = await self.get(id_)
        if expected_seq not in (None, before.seq):
            code, reason = "campaign-changed", f"It is at version {before.seq} now; read it again."
            raise Outdated(code, reason, current_version=before.seq)
        after = rule(before)
        if after == before:
            return before
        says_other = not same_content(before, after)
        return await self.save(after, touches_running=before.runs or after.runs, says_other=says_other)

    async def save(self, campaign: Campaign, *, touches_running: bool = False, says_other: bool = True) -> Campaign:
        """Store the next version and tell of it; where it runs, every customer is to be looked at again.

        Where it says something other than before, that is kept for ever.
        """
        saved = replace(campaign, seq=campaign.seq + 1)
        await self.put(saved, says_other=says_other)
        if touches_running:
            await put_rules(self._tx, {})
        await self._tx.publish(topics.SCHEDULER_CAMPAIGNS, [_outgoing(saved)])
        return saved

    async def put(self, campaign: Campaign, *, says_other: bool = True) -> None:
        """Store a campaign as others know it already, or are about to."""
        document, session = _campaign.dump_python(campaign, exclude={"id"}), self._tx.session
        await self._docs.replace_one({"_id": campaign.id}, document, upsert=True, session=session)
        if says_other:
            version = {**document, "_id": f"{campaign.id}|{campaign.seq}", "campaign_id": campaign.id}
            await self._tx.collection(CAMPAIGN_VERSIONS).insert_one(version, session=session)


def _outgoing(campaign: Campaign) -> Outgoing:
    return Outgoing(
        subject=campaign.id,
        seq=campaign.seq,
        type=CampaignChanged.type,
        data=campaign_changed(campaign),
        time=campaign.changed_at,
    )


def campaigns_told(documents: Sequence[Document], now: datetime) -> list[Outgoing]:
    """The events that told of stored campaigns last."""
    del now
    return [_outgoing(campaign_from(document)) for document in documents]


def campaign_from(document: Document) -> Campaign:
    """A stored campaign."""
    return _campaign.validate_python({**document, "id": document.get("campaign_id", document["_id"])})


def campaign_with(values: Mapping[str, Any]) -> Campaign:
    """A campaign of these values."""
    return _campaign.validate_python(values)


async def running(reader: Reader, now: datetime) -> list[Running]:
    """The active campaigns, with their audiences as they look back from now."""
    cursor = reader.collection(CAMPAIGNS).find({"state": "active"}, session=reader.session).sort("_id", ASCENDING)
    campaigns = [campaign_from(document) async for document in cursor]
    return [run(campaign, now) for campaign in campaigns]


def run(campaign: Campaign, now: datetime) -> Running:
    """A campaign ready to be asked for whom it is."""
    looks_back = looking_back(campaign.audience)
    return Running(campaign=campaign, audience=audience(campaign.audience, now), looks_back=looks_back)


async def find_running(reader: Reader, id_: str, now: datetime) -> Running | None:
    """A campaign ready to be asked for whom it is, whether it runs or not, if there is one."""
    document = await reader.collection(CAMPAIGNS).find_one({"_id": {"$eq": id_}}, session=reader.session)
    return run(campaign_from(document), now) if document else None


async def one_running(reader: Reader, id_: str, now: datetime) -> Running:
    """A campaign ready to be asked for whom it is, whether it runs or not. Raises `NotFound`."""
    found = await find_running(reader, id_, now)
    if found is None:
        raise NotFound(*NO_CAMPAIGN)
    return found


def audience_query(campaign: Campaign, now: datetime) -> Document:
    """The customers of its audience, as MongoDB finds them."""
    return audience(campaign.audience, now).query()
