"""What mails are made of, read for many at once; what many share is read again only when it has changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from chassis.mongo import Database
from services.outbox import store
from services.outbox.adapters.templates import built_in
from services.outbox.domain.dispatch import Dispatch
from services.outbox.domain.mail import Brand, Campaign, Recipient
from services.outbox.domain.template import Template

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Materials:
    """All that a mail is made of; None where it is not known here yet."""

    recipient: Recipient | None
    campaign: Campaign | None
    template: Template | None
    brand: Brand | None

    def complete(self) -> tuple[Recipient, Campaign, Template, Brand]:
        """All of it. Raises `ValueError` where something is not known yet."""
        if self.recipient is None or self.campaign is None or self.template is None or self.brand is None:
            raise ValueError("not all that the mail is made of is known")
        return self.recipient, self.campaign, self.template, self.brand


class Desk:
    """Has at hand what the mails of a batch are made of."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._campaigns = _Shelf(database, store.CAMPAIGNS, store.campaigns)
        self._templates = _Shelf(database, store.TEMPLATES, store.templates)
        self._brands = _Shelf(database, store.BRANDS, store.brands)

    async def materials(self, dispatches: Sequence[Dispatch]) -> list[Materials]:
        """For each of these records."""
        people = await store.many(
            self._database, store.RECIPIENTS, store.recipients, {one.customer_id for one in dispatches}
        )
        campaigns = await self._campaigns.latest({one.campaign_id for one in dispatches})
        wanted = {one.id: _template_id(one, campaigns.get(one.campaign_id)) for one in dispatches}
        templates = built_in.all_templates() | await self._templates.latest({id_ for id_ in wanted.values() if id_})
        brands = await self._brands.latest({one.brand_id for one in campaigns.values()})
        found = []
        for one in dispatches:
            campaign = campaigns.get(one.campaign_id)
            template = templates.get(wanted[one.id] or "")
            brand = brands.get(campaign.brand_id) if campaign else None
            found.append(Materials(people.get(one.customer_id), campaign, template, brand))
        return found


def _template_id(dispatch: Dispatch, campaign: Campaign | None) -> str | None:
    """A reminder may have one of its own."""
    return dispatch.asked_template_id or (campaign.template_id if campaign else None)


class _Shelf(Generic[T]):
    """Keeps the few of a kind that mails are made of now, each in its latest version."""

    def __init__(self, database: Database, name: str, codec: store.Codec[T]) -> None:
        self._database, self._name, self._codec = database, name, codec
        self._kept: dict[str, tuple[int, T]] = {}

    async def latest(self, ids: set[str]) -> dict[str, T]:
        versions = await store.versions(self._database, self._name, ids)
        stale = [id_ for id_, seq in versions.items() if self._kept.get(id_, (None,))[0] != seq]
        fresh = await store.many(self._database, self._name, self._codec, stale) if stale else {}
        self._kept = {id_: kept for id_, kept in self._kept.items() if id_ in versions}
        self._kept |= {id_: (versions[id_], value) for id_, value in fresh.items()}
        return {id_: value for id_, (_, value) in self._kept.items()}
