"""Sending is measured as a whole and by domain, and stops by itself where too many complain."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY
from sounding_contracts import topics

from chassis.clock import now
from services.outbox import commands, store
from services.outbox.domain.brakes import Brake, Limit, counting_since, too_many_complaints
from services.outbox.domain.labels import OTHER, DomainLabels
from services.outbox.jobs import watch
from services.outbox.jobs.watching import measure
from tests.deployment import Deployment
from tests.outbox.office import Office
from tests.waiting import eventually

LIMIT = Limit(share=0.003, least_mails=1000)


@pytest.mark.parametrize(
    ("complaints", "mails", "stops"), [(3, 1000, False), (4, 1000, True), (999, 999, False), (0, 5000, False)]
)
def test_more_than_the_share_stops_where_there_are_enough_mails(complaints: int, mails: int, stops: bool) -> None:
    assert (too_many_complaints(complaints, mails, LIMIT) is not None) is stops


def test_complaints_from_before_somebody_looked_count_no_more() -> None:
    moment = datetime(2026, 11, 26, 12, tzinfo=UTC)
    yesterday = datetime(2026, 11, 25, tzinfo=UTC)
    resumed = Brake(id="", paused=False, at=moment - timedelta(hours=1), actor="eve")

    assert counting_since(moment, None) == (yesterday, yesterday)
    assert counting_since(moment, resumed) == (yesterday, resumed.at)


def test_labels_are_few_and_none_is_of_a_domain_with_few_mails() -> None:
    labels = DomainLabels(most=2, after=3, remembered=4)
    for domain in ("a.example", "b.example", "c.example"):
        assert [labels.label(f"x@{domain}") for _ in range(3)] == [OTHER] * 3
        labels.label(f"x@{domain}")

    found = {labels.label(f"{n}@{domain}.Example") for n in range(9) for domain in ("a", "b", "c", str(n))}
    assert found == {"a.example", "b.example", OTHER}


def _value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_what_waits_and_what_was_sent_is_measured(office: Office) -> None:
    await measure(office.database)
    assert _value("sounding_outbox_due_count") == 1
    assert _value("sounding_outbox_due_age_seconds") > 30
    before = _value("sounding_outbox_mails_total", domain=OTHER, outcome="sent")

    await office.send_next()
    await measure(office.database)

    assert (_value("sounding_outbox_due_count"), _value("sounding_outbox_due_age_seconds")) == (0, 0)
    assert _value("sounding_outbox_unknown_count") == 0
    assert _value("sounding_outbox_mails_total", domain=OTHER, outcome="sent") == before + 1


async def _complain(office: Office, count: int, name: str) -> None:
    rows = [{"_id": f"{name}{n}", "kind": "complaint", "occurred_at": now()} for n in range(count)]
    await office.database.collection(store.BOUNCES).insert_many(rows)


async def test_too_many_complaints_stop_all_sending_until_somebody_lets_it_go_on(
    office: Office, http: Any, bare_deployment: Deployment
) -> None:
    # Whoever sends looks back at these first.
    await bare_deployment.make(topics.OUTBOX_DISPATCHES, topics.OUTBOX_DELIVERABILITY)
    day = {"_id": "nps", "campaign_id": "nps", "day": now().date().isoformat(), "sent": 1500, "reminders": 500}
    await office.database.collection(store.FIGURE_ROWS).insert_one(day)
    await _complain(office, 6, "first")
    assert await office.database.transact(lambda tx: commands.stop_at_complaints(tx, LIMIT)) is None
    await _complain(office, 1, "second")
    stops = [await office.database.transact(lambda tx: commands.stop_at_complaints(tx, LIMIT)) for _ in range(2)]
    assert stops == ["7 complaints about 2000 mails since yesterday (0.35%), more than 0.30%", None]
    found = (await http.get("/v1/sending")).json()
    assert (found["paused"], await office.sender().paused()) == (True, True)
    assert (found["history"][0]["actor"], found["history"][0]["note"]) == ("outbox", stops[0])

    await http.post("/v1/sending/resume", json={"note": "the list was old; mended"})
    assert await office.database.transact(lambda tx: commands.stop_at_complaints(tx, LIMIT)) is None
    assert await office.sender().paused() is False


async def test_the_watch_stops_sending(office: Office) -> None:
    day = {"_id": "nps", "campaign_id": "nps", "day": now().date().isoformat(), "sent": 1500, "reminders": 500}
    await office.database.collection(store.FIGURE_ROWS).insert_one(day)
    await _complain(office, 7, "c")
    running = asyncio.ensure_future(watch(office.database, office.settings)())
    await eventually(office.sender().paused)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
