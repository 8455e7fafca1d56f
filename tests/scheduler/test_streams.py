"""Scheduler between the streams that it reads and those that it writes, on real Kafka and MongoDB."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import httpx
from sounding_contracts import topics
from sounding_contracts.envelope import AnyPayload, Event

from chassis.clock import now
from chassis.mongo import Database
from tests.deployment import Deployment
from tests.scheduler.events import (
    answer,
    customer,
    deliverability,
    event,
    next_survey,
    record,
    requests,
    start_campaign,
    told,
    until,
)
from tests.waiting import eventually


def written(moment: object) -> str:
    return str(moment).replace(" ", "T").replace("+00:00", "Z")


async def test_a_customer_whom_a_campaign_matches_is_asked_for_at_once(
    deployment: Deployment, scheduler: httpx.AsyncClient
) -> None:
    await start_campaign(scheduler)
    await deployment.publish(topics.PROFILE_CUSTOMERS, customer("ada"), customer("bob", tags=["other"]))

    (request,) = await requests(deployment)

    assert (request.customer_id, request.campaign_id, request.reason, request.cycle) == ("ada", "nps", "initial", 1)
    assert request.expires_at - request.not_before == timedelta(hours=48)
    bob = await eventually(lambda: next_survey(scheduler, "bob"))
    assert (bob["kind"], bob["reason"]) == ("none", "no-campaign-matches")
    assert bob["campaigns"][0]["unmet"] == ["audience"]


async def test_a_request_lies_in_its_customers_partition(deployment: Deployment, scheduler: httpx.AsyncClient) -> None:
    await start_campaign(scheduler)
    await deployment.publish(topics.PROFILE_CUSTOMERS, *(customer(f"c{number}") for number in range(9)))
    await requests(deployment, 9)

    requested = {one.key: one.partition for one in await deployment.records(topics.SCHEDULER_DISPATCH_REQUESTS)}
    known = {one.key: one.partition for one in await deployment.records(topics.PROFILE_CUSTOMERS)}
    assert requested == known


async def test_a_survey_that_was_sent_sets_the_date_of_the_next(
    deployment: Deployment, scheduler: httpx.AsyncClient
) -> None:
    await start_campaign(scheduler)
    await deployment.publish(topics.PROFILE_CUSTOMERS, customer("ada"))
    (request,) = await requests(deployment)
    sent_at = now()

    await deployment.publish(
        topics.OUTBOX_DISPATCHES, record(request, 1, "queued"), record(request, 2, "sent", sent_at=sent_at)
    )

    ada = await until(scheduler, "ada", last_survey_at=written(sent_at))
    assert (ada["reason"], ada["at"]) == ("recurring", written(sent_at + timedelta(days=90)))

    async def heard() -> bool:
        (*_, last) = await told(deployment, "ada")
        assert last is not None
        return (last.at, last.last_survey_at) == (sent_at + timedelta(days=90), sent_at)

    await eventually(heard)
    assert len(await requests(deployment)) == 1


async def test_what_comes_twice_or_late_changes_nothing(deployment: Deployment, scheduler: httpx.AsyncClient) -> None:
    await start_campaign(scheduler)
    await deployment.publish(
        topics.PROFILE_CUSTOMERS, customer("ada", 2), customer("ada", 1, tags=[]), customer("ada", 2)
    )
    (request,) = await requests(deployment)
    sent = record(request, 3, "sent", sent_at=now())
    await deployment.publish(topics.OUTBOX_DISPATCHES, sent, record(request, 1, "queued"), sent)
    ada = await until(scheduler, "ada", last_survey_at=written(sent.data.sent_at))  # type: ignore[union-attr]

    await deployment.publish(topics.PROFILE_CUSTOMERS, customer("ada", 2, tags=[]), customer("zoe"))

    await requests(deployment, 2)
    assert await next_survey(scheduler, "ada") == ada
    assert sorted(one.customer_id for one in await requests(deployment)) == ["ada", "zoe"]


async def test_whom_nobody_may_survey_is_known_before_who_it_is(
    deployment: Deployment, scheduler: httpx.AsyncClient, database: Database
) -> None:
    statuses = ("unsubscribed", "hard_bounced", "non_deliverable")
    await start_campaign(scheduler)
    heard = [deliverability(status, 1, status) for status in statuses]
    await deployment.publish(topics.OUTBOX_DELIVERABILITY, *heard, deliverability("zoe", 1, None))
    await deployment.publish(topics.FEEDBACK_RESPONSES, *(answer(status, 9) for status in statuses))
    await eventually(lambda: _count(database, "deliverability", 4))
    await eventually(lambda: _count(database, "answers", 3))

    await deployment.publish(topics.PROFILE_CUSTOMERS, *map(customer, statuses), customer("zoe"))

    for status in statuses:
        found = await eventually(lambda id_=status: next_survey(scheduler, id_))  # type: ignore[misc]
        assert (found["kind"], found["reason"], found["campaigns"]) == ("none", status.replace("_", "-"), [])
    assert [one.customer_id for one in await requests(deployment)] == ["zoe"]


async def _count(database: Database, name: str, count: int) -> bool:
    return await database.collection(name).count_documents({}) == count


async def test_who_becomes_deliverable_again_is_asked_for(
    deployment: Deployment, scheduler: httpx.AsyncClient, database: Database
) -> None:
    await start_campaign(scheduler)
    await deployment.publish(topics.OUTBOX_DELIVERABILITY, deliverability("ada", 1, "unsubscribed"))
    await eventually(lambda: _count(database, "deliverability", 1))
    await deployment.publish(topics.PROFILE_CUSTOMERS, customer("ada"))
    await until(scheduler, "ada", reason="unsubscribed")

    await deployment.publish(topics.OUTBOX_DELIVERABILITY, deliverability("ada", 2, None))

    assert [one.customer_id for one in await requests(deployment)] == ["ada"]


async def _ended_as(
    deployment: Deployment, scheduler: httpx.AsyncClient, states: Sequence[str], ended_at: datetime
) -> None:
    """Each state is that of the request of a customer of its name."""
    await start_campaign(scheduler)
    await deployment.publish(topics.PROFILE_CUSTOMERS, *map(customer, states))
    asked = await requests(deployment, len(states))
    records = [record(one, 1, one.customer_id, ended_at=ended_at) for one in asked]
    await deployment.publish(topics.OUTBOX_DISPATCHES, *records)


async def test_a_request_that_came_to_nothing_is_made_again_a_day_later(
    deployment: Deployment, scheduler: httpx.AsyncClient
) -> None:
    states, ended_at = ("suppressed", "expired", "failed", "bounced"), now()

    await _ended_as(deployment, scheduler, states, ended_at)

    for state in states:
        found = await until(scheduler, state, reason="first", last_survey_at=None)
        assert (found["at"], found["held_by"]) == (written(ended_at + timedelta(days=1)), ["retry-later"])
    assert len(await requests(deployment)) == len(states)


async def test_a_request_that_was_taken_back_is_not_made_again_before_the_next_turn(
    deployment: Deployment, scheduler: httpx.AsyncClient
) -> None:
    ended_at = now()
    await start_campaign(scheduler)
    await deployment.publish(topics.PROFILE_CUSTOMERS, customer("ada"))
    (asked,) = await requests(deployment)
    ended = record(asked, 1, "suppressed", ended_at=ended_at, state_reason="taken-back")
    await deployment.publish(topics.OUTBOX_DISPATCHES, ended)

    found = await until(scheduler, "ada", reason="first", held_by=["taken-back"])
    assert (found["at"], found["last_survey_at"]) == (written(ended_at + timedelta(days=90)), None)
    assert len(await requests(deployment)) == 1


async def test_what_may_have_been_sent_counts_as_sent(deployment: Deployment, scheduler: httpx.AsyncClient) -> None:
    states, ended_at = ("unknown", "a-state-of-tomorrow"), now() + timedelta(seconds=5)

    await _ended_as(deployment, scheduler, states, ended_at)

    for state in states:
        await until(scheduler, state, reason="recurring", last_survey_at=written(ended_at))


async def test_somebody_erased_is_forgotten(
    deployment: Deployment, scheduler: httpx.AsyncClient, database: Database
) -> None:
    await start_campaign(scheduler)
    await deployment.publish(topics.PROFILE_CUSTOMERS, customer("ada"))
    (request,) = await requests(deployment)

    await deployment.publish(topics.PROFILE_CUSTOMERS, event(topics.PROFILE_CUSTOMERS, "ada", 2, None))

    await eventually(lambda: _is_gone(scheduler, "ada"))
    await deployment.publish(topics.OUTBOX_DISPATCHES, record(request, 1, "sent", sent_at=now()))
    await eventually(lambda: _count(database, "records", 1))

    async def was_told() -> bool:
        return (await told(deployment, "ada"))[-1] is None

    await eventually(was_told)
    assert await _is_gone(scheduler, "ada")
    kept = await database.collection("customers").find_one({"_id": "ada"})
    assert kept is not None
    assert {name for name, value in kept.items() if value} == {"_id", "seq", "bucket", "erased"}
    assert await _count(database, "occurrences", 0)
    assert await _count(database, "profiles", 0)


async def _is_gone(scheduler: httpx.AsyncClient, id: str) -> bool:
    return (await scheduler.get(f"/v1/customers/{id}/next-survey")).status_code == 404


async def test_an_audience_may_ask_for_the_last_score(deployment: Deployment, scheduler: httpx.AsyncClient) -> None:
    await start_campaign(scheduler, audience={"field": "last_score", "op": "gte", "value": 9})
    await deployment.publish(topics.PROFILE_CUSTOMERS, customer("ada"), customer("bob"))
    await until(scheduler, "ada", reason="no-campaign-matches")

    events: list[Event[AnyPayload]] = [answer("bob", 3), answer("ada", 9)]
    await deployment.publish(topics.FEEDBACK_RESPONSES, *events)

    assert [one.customer_id for one in await requests(deployment)] == ["ada"]
    await until(scheduler, "bob", reason="no-campaign-matches")
