"""Old answers from a file: with their dates, each once, and nobody is told of them as of news."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chassis.clock import now
from chassis.errors import Invalid
from services.feedback.commands.imports import import_piece
from services.feedback.domain.old_answers import Dates, moment
from services.feedback.jobs.imports import import_step
from services.feedback.store.collections import IMPORT_FAULTS
from services.feedback.store.imports import imports
from tests.feedback.desk import Desk
from tests.feedback.events import campaign, customer, erased

HEADER = "E-Mail;Rating;Date;Feedback;Survey\n"
ROWS = (
    "ADA@example.com;9;2021-03-04 10:00;Quick;Relationship NPS\n"
    "nobody@example.com;9;2021-03-04;;nps\n"
    "ada@example.com;11;2021-03-05;;nps\n"
    "ada@example.com;3;05.03.2021;'=slow;nps\n"
    "ada@example.com;3;2999-01-01;;nps\n"
    "bob@example.com;7;2021-03-05T09:00:00+02:00;;Old survey\n"
    ";7;2021-03-05;;nps\n"
)


@pytest.fixture
async def office(desk: Desk) -> Desk:
    await desk.hear(
        customer("bob", email="bob@example.com", canonical_email="bob@example.com", external_ids={"crm": "7"})
    )
    return desk


async def _upload(office: Desk, *parts: bytes) -> str:
    id_: str = (await office.http.post("/v1/imports", json={"file_name": "old.csv"})).json()["id"]
    for number, part in enumerate(parts):
        answer = await office.http.put(f"/v1/imports/{id_}/parts/{number}", content=part)
        assert answer.status_code == 200, answer.text
    return id_


async def _start(office: Desk, id_: str, **more: Any) -> dict[str, Any]:
    suggested = (await office.http.get(f"/v1/imports/{id_}")).json()["suggested"]
    answer = await office.http.post(f"/v1/imports/{id_}/start", json={"columns": suggested, "metric": "nps", **more})
    assert answer.status_code == 202, answer.text
    while await imports.take(office.database, "here", 20) is not None:
        await import_step(office.database, id_, "here")
    shown: dict[str, Any] = (await office.http.get(f"/v1/imports/{id_}")).json()
    return shown


def _counts(shown: dict[str, Any]) -> tuple[int, int, int, int]:
    return shown["created"], shown["changed"], shown["unchanged"], shown["refused"]


async def test_old_answers_come_with_their_dates_once_and_what_is_wrong_is_told_by_row(office: Desk) -> None:
    content = (HEADER + ROWS).encode()
    id_ = await _upload(office, content[:200], content[200:])
    dry = await _start(office, id_, dry_run=True, dates="day_first", timezone="Europe/Vienna")
    assert (dry["state"], _counts(dry)) == ("done", (3, 0, 0, 4))
    assert await office.answers() == []

    done = await _start(office, id_, dates="day_first", timezone="Europe/Vienna", add_tags=["old"])
    again = await _start(office, await _upload(office, content), dates="day_first", timezone="Europe/Vienna")

    assert (done["state"], _counts(done), done["row"]) == ("done", (3, 0, 0, 4), 8)
    assert _counts(again) == (0, 0, 3, 4)
    refused = (await office.http.get(f"/v1/imports/{id_}/refused")).content.decode("utf-8-sig").splitlines()
    assert [line.split(",")[:2] for line in refused[1:]] == [
        ["3", "there is no customer with this address or id"],
        ["4", "score: must be a whole number from 0 to 10"],
        ["6", "answered_at: must not lie ahead"],
        ["8", "does not say whose answer it is"],
    ]
    found = sorted(await office.answers(), key=lambda one: one.answered_at)
    assert [(one.customer_id, one.score, one.comment, one.campaign_id, one.campaign_name) for one in found] == [
        ("ada", 9, "Quick", "nps", "Relationship NPS"),
        ("ada", 3, "=slow", "nps", "Relationship NPS"),
        ("bob", 7, None, None, "Old survey"),
    ]
    assert [one.answered_at for one in found] == [
        datetime(2021, 3, 4, 9, tzinfo=UTC),
        datetime(2021, 3, 4, 23, tzinfo=UTC),
        datetime(2021, 3, 5, 7, tzinfo=UTC),
    ]
    assert {(one.channel, one.past, str(one.work.state), one.work.tags, one.added_by) for one in found} == {
        ("manual", True, "resolved", ("old",), "test")
    }
    assert len(await office.told()) == 3
    listed = await office.http.post(
        "/v1/responses/count", json={"filter": {"field": "import_id", "op": "eq", "value": id_}}
    )
    assert listed.json() == {"count": 3, "open": 0, "exact": True}
    assert await office.database.collection("import_parts").count_documents({}) == 0


async def test_by_the_id_that_they_had_elsewhere_they_are_put_right(office: Desk) -> None:
    header = "response_id,external_id,score,date,comment\n"
    first = await _start(office, await _upload(office, (header + "r1,7,9,2021-01-01,Good\n").encode()), source="crm")
    second = await _start(
        office, await _upload(office, (header + "r1,7,2,2021-01-02,Bad\nr1,8,2,2021-01-02,\n").encode()), source="crm"
    )

    assert (_counts(first), _counts(second)) == ((1, 0, 0, 0), (0, 1, 0, 1))
    answer = await office.answer()
    assert (answer.customer_id, answer.score, answer.comment, answer.seq) == ("bob", 2, "Bad", 2)


async def test_a_piece_that_is_read_again_after_a_crash_is_one_and_another_process_waits(office: Desk) -> None:
    rows = "".join(f"ada@example.com;{n % 11};2021-01-{1 + n % 28:02};row {n};nps\n" for n in range(60))
    content = (HEADER + rows).encode()
    parts = [content[at : at + 500] for at in range(0, len(content), 500)]
    id_ = await _upload(office, *parts)
    suggested = (await office.http.get(f"/v1/imports/{id_}")).json()["suggested"]
    await office.http.post(f"/v1/imports/{id_}/start", json={"columns": suggested})
    taken = await imports.take(office.database, "one", 20)
    assert taken is not None
    assert await imports.take(office.database, "two", 20) is None

    async def dies(tx: Any) -> None:
        await import_piece(tx, id_, "one", now())
        raise KeyError("killed before the commit")

    with pytest.raises(KeyError):
        await office.database.transact(dies)
    await office.database.transact(lambda tx: import_piece(tx, id_, "two", now()))
    assert await office.answers() == []
    while await imports.take(office.database, "one", 20) is not None:
        await import_step(office.database, id_, "one")

    assert _counts((await office.http.get(f"/v1/imports/{id_}")).json()) == (60, 0, 0, 0)
    assert sorted(one.comment or "" for one in await office.answers()) == sorted(f"row {n}" for n in range(60))


async def test_past_answers_are_no_news_for_webhooks_unless_asked_for(office: Desk) -> None:
    from sounding_contracts import topics
    from sounding_contracts.envelope import decode

    from services.feedback.commands import webhooks

    office_of = {"name": "CRM", "url": "https://crm.example/in"}

    async def make(tx: Any) -> None:
        await webhooks.create_webhook(tx, office_of, now())

    await office.database.transact(make)
    await _start(office, await _upload(office, (HEADER + "ada@example.com;9;2021-01-01;a;nps\n").encode()))
    await _start(office, await _upload(office, (HEADER + "ada@example.com;9;2021-01-02;b;nps\n").encode()), tell=True)
    types = {one.type: one for one in topics.FEEDBACK_RESPONSES.types}
    events = [decode(row["value"], [], types) for row in await office.told()]

    await office.database.transact(lambda tx: webhooks.tell(tx, events, now()))

    assert [event.data.past for event in events if event.data] == [True, False]
    (line,) = await office.database.collection("webhook_lines").find().to_list(None)
    told = [event for event in events if event.data and not event.data.past]
    assert line["queue"] == [f"{told[0].subject}:1"]


async def test_of_the_erased_no_answer_is_imported(office: Desk) -> None:
    await office.hear(erased())

    done = await _start(
        office, await _upload(office, (HEADER + "ada@example.com;9;2021-01-01;I am Ada;nps\n").encode())
    )

    assert (_counts(done), await office.answers()) == ((0, 0, 0, 1), [])
    assert await office.database.collection("identities").find_one({"_id": "ada"}) is None


@pytest.mark.parametrize(
    ("start", "field"),
    [
        ({"columns": ["email", "score", "answered_at", "comment"]}, "columns"),
        ({"columns": ["email", "score", None, "comment", None]}, "columns"),
        ({"columns": [None, "score", "answered_at", None, None]}, "columns"),
        ({"columns": ["email", "score", "score", "answered_at", None]}, "columns"),
        ({"columns": ["email", "score", "answered_at", "shoe_size", None]}, "columns"),
        ({"columns": ["external_id", "score", "answered_at", None, None]}, "source"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"campaign_id": "none"}, "campaign_id"),
        ({"dates": "backwards"}, "dates"),
    ],
    ids=str,
)
async def test_a_plan_that_does_not_fit_is_refused_by_field(office: Desk, start: dict[str, Any], field: str) -> None:
    id_ = await _upload(office, (HEADER + ROWS).encode())
    body = {"columns": ["email", "score", "answered_at", "comment", "campaign"], **start}
    answer = await office.http.post(f"/v1/imports/{id_}/start", json=body)

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_an_import_can_be_cancelled_and_a_campaign_of_its_own_metric_is_held_to_it(office: Desk) -> None:
    await office.hear(campaign("csat", metric="csat", name="After service"))
    id_ = await _upload(office, b"email,score,date,campaign\nada@example.com,6,2021-01-01,after SERVICE\n")
    assert _counts(await _start(office, id_)) == (0, 0, 0, 1)
    other = await _upload(office, HEADER.encode())

    assert (await office.http.post(f"/v1/imports/{other}/cancel")).json()["state"] == "cancelled"
    assert (await office.http.post(f"/v1/imports/{other}/start", json={"columns": []})).status_code == 422
    assert [one["id"] for one in (await office.http.get("/v1/imports")).json()["items"]] == [other, id_]


@pytest.mark.parametrize(
    ("text", "dates", "wanted"),
    [
        ("2021-03-04", Dates.YEAR_FIRST, "2021-03-03T23:00:00+00:00"),
        ("2021-07-04T10:00:00.123456Z", Dates.YEAR_FIRST, "2021-07-04T10:00:00.123000+00:00"),
        ("2021/7/4 9:05", Dates.YEAR_FIRST, "2021-07-04T07:05:00+00:00"),
        ("04.07.2021", Dates.DAY_FIRST, "2021-07-03T22:00:00+00:00"),
        ("7/4/2021 12:30 AM", Dates.MONTH_FIRST, "2021-07-03T22:30:00+00:00"),
        ("7/4/2021, 1:30:15 p.m.", Dates.MONTH_FIRST, "2021-07-04T11:30:15+00:00"),
    ],
)
def test_a_moment_is_read_as_it_was_written(text: str, dates: Dates, wanted: str) -> None:
    assert moment(text, dates, ZoneInfo("Europe/Vienna")).isoformat() == wanted


@pytest.mark.parametrize(
    "text", ["", "soon", "04.07.2021", "2021-02-30", "2021-07-04 25:00", "1/2/03", "9999-12-31T23:00:00-10:00"]
)
def test_a_moment_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="answered_at"):
        moment(text, Dates.YEAR_FIRST, ZoneInfo("Europe/Vienna"))


def test_a_moment_ahead_is_read_all_the_same() -> None:
    ahead = now() + timedelta(days=1)

    assert moment(ahead.isoformat(), Dates.YEAR_FIRST, UTC) >= ahead - timedelta(milliseconds=1)


async def test_rows_that_were_refused_before_rows_had_notes_can_still_be_had(office: Desk) -> None:
    id_ = await _upload(office, b"E-Mail;Rating\nada@example.com;11\n")
    old = {
        "_id": f"{id_}:0000000002",
        "import_id": id_,
        "row": 2,
        "reason": "no score",
        "cells": ["ada@example.com", "11"],
    }
    await office.database.collection(IMPORT_FAULTS).insert_one(old)

    refused = await office.http.get(f"/v1/imports/{id_}/refused")

    assert "2,no score,ada@example.com,11" in refused.text
