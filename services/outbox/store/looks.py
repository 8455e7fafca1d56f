"""What mails looked like beside their template: brand and campaign as they were, each combination kept once."""

import hashlib
import json
from dataclasses import asdict, replace
from typing import Any

from chassis.mongo import Database
from services.outbox.domain.mail import Brand, Campaign
from services.outbox.store.codec import brands, campaigns
from services.outbox.store.collections import LOOKS


class Looks:
    """Keeps looks; asks the database only about one that it has not kept yet."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[tuple[str, int, str], tuple[Campaign, str]] = {}

    async def kept(self, brand: Brand, campaign: Campaign) -> str:
        """The id of a look, once it is kept."""
        place = (brand.id, brand.seq, campaign.id)
        known = self._known.get(place)
        if known is not None and (known[0] is campaign or known[0] == campaign):
            return known[1]
        shown = replace(campaign, state="")
        text = json.dumps([asdict(brand), asdict(shown)], sort_keys=True, default=str)
        id_ = hashlib.sha256(text.encode()).hexdigest()[:24]
        look = {"brand": brands.write(brand), "campaign": campaigns.write(shown)}
        await self._database.collection(LOOKS).update_one({"_id": id_}, {"$setOnInsert": look}, upsert=True)
        self._known[place] = (campaign, id_)
        return id_


async def look(database: Database, id_: str) -> tuple[Brand, Campaign] | None:
    """Brand and campaign as they were."""
    found: dict[str, Any] | None = await database.collection(LOOKS).find_one({"_id": {"$eq": id_}})
    return (brands.read(found["brand"]), campaigns.read(found["campaign"])) if found else None
