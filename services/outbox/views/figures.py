"""What can be seen of figures."""

from collections.abc import Callable
from datetime import date

from chassis.mongo import Database, Document
from services.outbox import store
from services.outbox.domain.figures import counted
from services.outbox.schemas import CampaignFigures, DayFigures, Figures, StatsBody
from services.outbox.views.records import campaign_names

MOST_WAITING = 100_000
MAX_RECORDS = 10_000


async def stats(database: Database, campaign_id: str | None, since: date | None, until: date | None) -> StatsBody:
    """The figures of a period, of a campaign or of all."""
    query: Document = {"campaign_id": {"$eq": campaign_id}} if campaign_id else {}
    days = {"$gte": since.isoformat()} if since else {}
    if until:
        days["$lt"] = until.isoformat()
    rows = await store.figure_rows(database, {**query, **({"day": days} if days else {})})
    by_day, by_campaign = _grouped(rows, lambda row: row["day"]), _grouped(rows, lambda row: row["campaign_id"])
    names = await campaign_names(database, by_campaign)
    return StatsBody(
        total=Figures.of(rows),
        days=[DayFigures(day=day, **Figures.of(found).model_dump()) for day, found in by_day.items()],
        campaigns=[
            CampaignFigures(campaign_id=id_, campaign_name=names.get(id_), **Figures.of(found).model_dump())
            for id_, found in by_campaign.items()
        ],
        waiting=await store.uncounted_number(database, MOST_WAITING),
    )


async def customer_stats(database: Database, customer_id: str) -> Figures:
    """A customer's figures, counted from its records: they are few, and never behind."""
    records = await store.found(database, {"customer_id": {"$eq": customer_id}}, MAX_RECORDS)
    marks = [mark for record in records if (mark := counted(record)) is not None]
    return Figures.of([dict.fromkeys(mark.figures, 1) for mark in marks])


def _grouped(rows: list[Document], key: Callable[[Document], str]) -> dict[str, list[Document]]:
    found: dict[str, list[Document]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return found
