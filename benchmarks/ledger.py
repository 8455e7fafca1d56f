"""What a record for each survey costs: writing, space, and the figures of a campaign's page out of all of them.

Records have the shape that outbox gives them, with all its indexes; how they end is spread as surveys end. Those already counted
are written with their figures; the last of them are counted here, as outbox's `count` does, and all is held against a plain count.
"""

import argparse
import random
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr

from benchmarks.processes import say
from benchmarks.report import Report, percentiles
from chassis.mongo import Database, Document
from chassis.service import open_service_database
from chassis.settings import ChassisSettings
from deploy.local import resolve
from services.outbox import commands, store, views
from services.outbox.domain.dispatch import Dispatch, Phase, Reply, State
from services.outbox.domain.figures import counted
from services.outbox.main import build
from services.outbox.schemas import RecordFilter
from services.outbox.settings import Settings

TARGETS = {"figures_s": 1.0}
CAMPAIGNS, DAYS, EACH_CUSTOMER = 20, 730, 4
BATCH, LOOKS, LEFT_TO_COUNT = 5_000, 20, 20_000
BEGIN = datetime(2025, 1, 1, 9, tzinfo=UTC)
PATIENCE = timedelta(days=14)
ENDS = (
    *((State.RESPONDED, 24), (State.IGNORED, 46), (State.OPENED, 14), (State.SENT, 8), (State.CLICKED, 1)),
    *((State.BOUNCED, 3), (State.SUPPRESSED, 3), (State.FAILED, 0.5), (State.UNKNOWN, 0.1), (State.EXPIRED, 0.4)),
)
NAMES = ("Ada", "José", "Łukasz", "Mary Jane", "O'Neil", "Søren", "美咲", "Zoë")


def arguments(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    parser.add_argument("--records", type=int, default=10_000_000)


async def run(*, records: int) -> Report:
    """Write them, count the last ones, and look at a campaign's page and a customer's."""
    with resolve.infrastructure(None, report=say) as at:
        prefix = f"bench{secrets.token_hex(3)}_"
        chassis = ChassisSettings(
            kafka=at.kafka, mongodb=SecretStr(at.mongodb), database_prefix=prefix, signing_keys=(SecretStr("bench"),)
        )
        service = build(Settings(chassis=chassis))
        await service.prepare()
        service.database.close()
        database = open_service_database(chassis, "outbox")
        try:
            results = await _measured(database, records)
        finally:
            await database.drop_database()
            database.close()
    return Report(results, {"figures_s": results["figures_s"]["p95"]}, TARGETS)


async def _measured(database: Database, records: int) -> dict[str, Any]:
    left = min(LEFT_TO_COUNT, records // 2)
    began = time.perf_counter()
    await _write(database, records, left)
    written = time.perf_counter() - began
    say(f"{records:,} records are written")
    began = time.perf_counter()
    while await database.transact(lambda tx: commands.count(tx, 1000, PATIENCE)):
        pass
    count = time.perf_counter() - began
    say("all are counted")
    campaign = "campaign-0"
    page = RecordFilter(campaign_id=campaign)
    return {
        "records": records,
        "records_per_second": round(records / written),
        "counted_per_second": round(left / count),
        **await _space(database, records),
        "figures_s": await _timed(lambda: views.stats(database, campaign, None, None)),
        "all_campaigns_s": await _timed(lambda: views.stats(database, None, None, None)),
        "first_page_s": await _timed(lambda: views.dispatches(database, page)),
        "customer_s": await _timed(lambda: views.customer_stats(database, "c0")),
        "exact": await _exact(database),
    }


async def _timed(look: Callable[[], Awaitable[Any]]) -> dict[str, float]:
    """Of so many looks, the first one included."""
    times = []
    for _ in range(LOOKS):
        began = time.perf_counter()
        await look()
        times.append(time.perf_counter() - began)
    return percentiles(times)


async def _space(database: Database, records: int) -> dict[str, float]:
    """Bytes a record: as BSON, as compressed on disk, of its indexes."""
    stages: list[Document] = [{"$collStats": {"storageStats": {}}}]
    found = (await database.collection(store.DISPATCHES).aggregate(stages).to_list(None))[0]["storageStats"]
    names = {"bson": "size", "data": "storageSize", "indexes": "totalIndexSize"}
    sizes = {f"bytes_{name}": round(found[field] / records, 1) for name, field in names.items()}
    return {**sizes, "bytes_a_record": round(sizes["bytes_data"] + sizes["bytes_indexes"], 1)}


async def _exact(database: Database) -> bool:
    """Whether the figures are what a plain count of all records says."""
    rows = await store.figure_rows(database, {})
    shown = Counter({(row["campaign_id"], row["day"], name): n for row in rows for name, n in _numbers(row)})
    plain: Counter[tuple[str, str, str]] = Counter()
    async for row in database.collection(store.DISPATCHES).aggregate(_plain(), allowDiskUse=True):
        plain[row["_id"]["c"], row["_id"]["d"], "sent"] = row["sent"]
        plain[row["_id"]["c"], row["_id"]["d"], "responded"] = row["responded"]
    asked = {place: n for place, n in shown.items() if place[2] in {"sent", "responded"}}
    return asked == {place: n for place, n in plain.items() if n}


def _numbers(row: Document) -> Iterator[tuple[str, int]]:
    return ((name, n) for name, n in row.items() if name not in {"_id", "campaign_id", "day"} and n)


def _plain() -> list[Document]:
    at = {"$ifNull": ["$sent_at", "$requested_at"]}
    place = {"c": "$campaign_id", "d": {"$dateToString": {"date": at, "format": "%Y-%m-%d"}}}
    sums = {name: {"$sum": {"$cond": [{"$ne": [f"${name}_at", None]}, 1, 0]}} for name in ("sent", "responded")}
    return [
        {"$project": {"campaign_id": 1, "sent_at": 1, "requested_at": 1, "responded_at": 1}},
        {"$group": {"_id": place, **sums}},
    ]


async def _write(database: Database, records: int, left: int) -> None:
    chance, sums = random.Random(7), _Sums({})
    rows = database.collection(store.DISPATCHES)
    for first in range(0, records, BATCH):
        some = [
            _document(n, records, chance, sums, is_left=n >= records - left)
            for n in range(first, min(first + BATCH, records))
        ]
        await rows.insert_many(some)
        if first % 1_000_000 == 0 and first:
            say(f"{first:,}")
    await database.collection(store.FIGURE_ROWS).insert_many(
        [{"_id": f"{c}|{d}", "campaign_id": c, "day": d, **added} for (c, d), added in sums.rows.items()]
    )
    await database.collection(store.CAMPAIGNS).insert_many(
        [{"_id": f"campaign-{n}", "name": f"Campaign {n}", "seq": 1} for n in range(CAMPAIGNS)]
    )


@dataclass
class _Sums:
    rows: dict[tuple[str, str], Counter[str]]


_STATES, _WEIGHTS = zip(*ENDS, strict=True)


def _document(number: int, records: int, chance: random.Random, sums: _Sums, *, is_left: bool) -> Document:
    """A record as it is stored in the end: the gate's wave, and what it was counted as or that it is not."""
    dispatch = _record(number, records, chance)
    document = store.dispatches.write(dispatch)
    document["state"] = str(dispatch.state)
    if dispatch.sent_at is not None:
        address = f"{chance.getrandbits(256):064x}"
        document["wave"] = store.wave_of(dispatch, f"{store.ADDRESS}{address}")
    mark = counted(dispatch)
    if is_left:
        document["uncounted"] = True
    elif mark is not None:
        document["counted"] = {"campaign_id": mark.campaign_id, "day": mark.day, "figures": sorted(mark.figures)}
        sums.rows.setdefault((mark.campaign_id, mark.day), Counter()).update(mark.figures)
    if dispatch.state in {State.SENT, State.OPENED, State.CLICKED} and dispatch.sent_at is not None:
        document["ignored_after"] = dispatch.sent_at + PATIENCE
    return document


def _record(number: int, records: int, chance: random.Random) -> Dispatch:
    state = chance.choices(_STATES, _WEIGHTS)[0]
    asked = BEGIN + timedelta(seconds=int(number / records * DAYS * 86_400))
    sent = asked + timedelta(seconds=20)
    template = _template(state, number % CAMPAIGNS, NAMES[number % len(NAMES)])
    id_ = f"{chance.getrandbits(128):032x}"
    moments: dict[str, Any] = {
        name: sent + timedelta(hours=n) for n, name in enumerate(_MOMENTS) if getattr(template, name) is not None
    }
    if template.sent_at is not None:
        moments["smtp_reply"] = Reply(code=250, text=f"2.0.0 Ok: queued as {id_[:11]}", at=sent)
    return replace(
        template,
        id=id_,
        customer_id=f"c{chance.randrange(max(1, records // EACH_CUSTOMER))}",
        message_id=f"<{id_}@northlight.example>" if template.sent_at else None,
        next_try_at=asked,
        requested_at=asked,
        expires_at=asked + timedelta(hours=48),
        changed_at=sent,
        **moments,
    )


_MOMENTS = ("sent_at", "opened_at", "clicked_at", "responded_at", "ended_at")
_OUT = frozenset(_STATES) - {State.SUPPRESSED, State.EXPIRED}
_TEMPLATES: dict[tuple[State, int, str], Dispatch] = {}


def _template(state: State, campaign: int, name: str) -> Dispatch:
    """All that records which end so have in common."""
    if (state, campaign, name) not in _TEMPLATES:
        out = state in _OUT
        opened = BEGIN if state in {State.OPENED, State.CLICKED, State.RESPONDED} else None
        is_over = state in {State.BOUNCED, State.UNKNOWN, State.IGNORED, State.FAILED, State.SUPPRESSED, State.EXPIRED}
        _TEMPLATES[state, campaign, name] = Dispatch(
            id="",
            seq=3,
            customer_id="",
            campaign_id=f"campaign-{campaign}",
            reason="recurring",
            cycle=2,
            state=state,
            state_reason="unsubscribed" if state is State.SUPPRESSED else None,
            phase=Phase.DONE,
            token=f"{campaign:032x}" if out else None,
            template_id="built-in-nps" if out else None,
            brand_id="northlight" if out else None,
            subject_line=f"One question, {name}: how are we doing?" if out else None,
            language="en" if out else None,
            look="1afc2f85f718ed43f1f0c7c7" if out else None,
            filled_with={"first_name": name, "last_name": "Lovelace", "company": "Northlight"} if out else None,
            committed_at=BEGIN if out else None,
            claimed_until=BEGIN if out else None,
            sent_at=BEGIN if out else None,
            opened_at=opened,
            clicked_at=BEGIN if state is State.CLICKED else None,
            responded_at=BEGIN if state is State.RESPONDED else None,
            ended_at=BEGIN if is_over else None,
            next_try_at=BEGIN,
            requested_at=BEGIN,
            expires_at=BEGIN,
            changed_at=BEGIN,
        )
    return _TEMPLATES[state, campaign, name]
