"""Survey records as they are looked at: pages, filters, timelines; and figures that are a plain count, whatever happens."""

import asyncio
import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from chassis import clock
from chassis.mongo import Transaction
from chassis.tokens import Links
from services.outbox import commands, store
from services.outbox.domain import dispatch as records
from services.outbox.domain.dispatch import Dispatch, Reply, State
from services.outbox.domain.figures import counted, total
from tests.deployment import KEY
from tests.outbox.events import BRAND, TEMPLATE, TEXT, campaign, customer, erased, request, response
from tests.outbox.office import Office

AUTH = {"Authorization": f"Bearer {KEY}"}
PATIENCE = timedelta(days=14)


async def _count(office: Office, limit: int = 1000) -> int:
    return await office.database.transact(lambda tx: commands.count(tx, limit, PATIENCE))


async def _figures(office: Office) -> dict[tuple[str, str], dict[str, int]]:
    rows = await store.figure_rows(office.database, {})
    return {(row["campaign_id"], row["day"]): +Counter(total([row])) for row in rows if any(total([row]).values())}


async def _plain_count(office: Office) -> dict[tuple[str, str], dict[str, int]]:
    """The oracle: every record looked at, one by one."""
    sums: dict[tuple[str, str], Counter[str]] = {}
    async for row in office.database.collection(store.DISPATCHES).find():
        if (mark := counted(store.dispatches.read(row))) is not None:
            sums.setdefault((mark.campaign_id, mark.day), Counter()).update(mark.figures)
    return {place: +found for place, found in sums.items() if +found}


async def _get(http: httpx.AsyncClient, path: str, **params: Any) -> Any:
    answer = await http.get(path, headers=AUTH, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def _some_lives(office: Office) -> None:
    """Thirty surveys of two campaigns: sent, bounced, refused, answered or not, some with a reminder."""
    chosen = random.Random(7)
    people = [f"c{number}" for number in range(30)]
    await office.hear_campaigns(campaign("ces", name="Effort (after support)"))
    await office.hear_customers(*map(customer, people))
    requests = [
        request(
            f"s{id_}",
            id_,
            campaign_id=chosen.choice(["nps", "ces"]),
            requested_at=clock.now() - timedelta(days=chosen.randrange(3), minutes=number),
            **({"reason": "reminder", "reminds_of": "s0", "reminder_number": 1} if number % 10 == 9 else {}),
        )
        for number, id_ in enumerate(people)
    ]
    await office.hear_requests(*requests)
    await office.database.transact(lambda tx: _live(tx, chosen))
    await office.hear_responses(*(response(f"s{id_}", id_) for id_ in chosen.sample(people, 8)))


async def _live(tx: Transaction, chosen: random.Random) -> None:
    """What a sender makes of records, without sending: that is proved elsewhere."""
    now = clock.now()
    reply = Reply(code=250, text="2.0.0 kept", at=now)
    ends: list[Callable[[Dispatch], Dispatch]] = [
        *[lambda one: records.sent(replace(one, template_id="t", brand_id="b"), reply)] * 6,
        lambda one: records.ended(one, State.BOUNCED, "no-such-mailbox", now, reply=reply),
        lambda one: records.ended(one, State.SUPPRESSED, "unsubscribed", now),
        lambda one: records.unknown(replace(one, committed_at=now), now),
        lambda one: one,
    ]
    found = [store.dispatches.read(row) async for row in tx.collection(store.DISPATCHES).find(session=tx.session)]
    await store.save_dispatches(tx, [chosen.choice(ends)(one) for one in sorted(found, key=lambda one: one.id)])


async def test_figures_are_a_plain_count_after_changes_replays_and_several_who_count(office: Office) -> None:
    await _some_lives(office)
    await asyncio.gather(*(_count(office, 7) for _ in range(4)))
    while await _count(office, 7):
        pass
    first = await _figures(office)
    await office.hear_responses(*(response(f"sc{number}", f"c{number}") for number in range(0, 30, 3)))
    await office.hear_requests(*(request(f"sc{number}", f"c{number}") for number in range(30)))
    await office.database.collection(store.DISPATCHES).update_many({}, {"$set": {"uncounted": True}})
    await asyncio.gather(*(_count(office) for _ in range(3)))

    assert await _figures(office) == await _plain_count(office) != first
    assert await _count(office) == 0


async def test_adding_what_a_record_is_instead_of_what_changed_counts_twice(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wrong variant: a record does not say what it was counted as."""
    monkeypatch.setattr("services.outbox.store.figures._counted_as", lambda _: None)
    await _some_lives(office)
    for _ in range(2):
        await office.database.collection(store.DISPATCHES).update_many({}, {"$set": {"uncounted": True}})
        await _count(office)

    assert await _figures(office) != await _plain_count(office)


async def test_figures_that_were_lost_or_spoilt_are_put_right(office: Office, http: httpx.AsyncClient) -> None:
    await _some_lives(office)
    while await _count(office):
        pass
    right = await _figures(office)
    rows = office.database.collection(store.FIGURE_ROWS)
    await rows.update_many({"campaign_id": "nps"}, {"$inc": {"sent": 5}})
    await rows.delete_many({"campaign_id": "ces"})
    answer = await http.post("/v1/stats/recount", headers=AUTH)
    while await _count(office):
        pass

    assert answer.status_code == 200
    assert answer.json()["wrong"] >= 2
    assert await _figures(office) == right == await _plain_count(office)
    assert (await http.post("/v1/stats/recount", headers=AUTH)).json()["wrong"] == 0


async def test_only_one_process_counts_at_a_time_and_another_takes_over(office: Office) -> None:
    turns = [await store.take_turn(office.database, holder, 0.3) for holder in ("a", "b", "a")]
    rows = office.database.collection(store.KEYS)
    await rows.update_one({"_id": "figures"}, {"$set": {"until": clock.now() - timedelta(seconds=1)}})

    assert turns == [True, False, True]
    assert await store.take_turn(office.database, "b", 0.3)


async def test_stats_say_what_was_sent_and_what_share_answered(office: Office, http: httpx.AsyncClient) -> None:
    await _some_lives(office)
    waiting = (await _get(http, "/v1/stats"))["waiting"]
    while await _count(office):
        pass
    stats = await _get(http, "/v1/stats")
    of_one = await _get(http, "/v1/stats", campaign_id="ces")
    nothing = await _get(http, "/v1/stats", until="2020-01-01")
    plain = total(list((await _plain_count(office)).values()))

    assert waiting > 0
    assert {name: stats["total"][name] for name in plain} == plain
    assert stats["total"]["response_rate"] == plain["responded"] / plain["sent"]
    assert stats["total"]["response_rate_of"] == "sent"
    assert sum(day["sent"] for day in stats["days"]) == plain["sent"]
    assert [one["campaign_name"] for one in of_one["campaigns"]] == ["Effort (after support)"]
    assert (nothing["total"]["sent"], nothing["total"]["response_rate"]) == (0, None)
    each = [await _get(http, f"/v1/customers/c{number}/stats") for number in range(30)]
    assert sum(one["sent"] for one in each) <= plain["sent"] <= sum(one["sent"] for one in each) + 1
    assert sum(one["responded"] for one in each) == plain["responded"]


async def test_pages_hold_each_record_once_the_newest_first(office: Office, http: httpx.AsyncClient) -> None:
    await _some_lives(office)
    at_once = clock.now().replace(microsecond=0)
    await office.hear_requests(*(request(f"same{n}", "ada", requested_at=at_once, cycle=n + 9) for n in range(5)))
    items: list[Any] = []
    after: str | None = None
    while True:
        page = await _get(http, "/v1/dispatches", limit=4, **({"after": after} if after else {}))
        items += page["items"]
        after = page["next"]
        if after is None:
            break

    ids = [item["id"] for item in items]
    assert len(ids) == len(set(ids)) == 36
    # As moments: the text of one on a full second sorts elsewhere.
    in_time = sorted(items, key=lambda one: (datetime.fromisoformat(one["requested_at"]), one["id"]), reverse=True)
    assert ids == [item["id"] for item in in_time]


async def test_each_filter_leaves_what_it_names(office: Office, http: httpx.AsyncClient) -> None:
    await _some_lives(office)
    everything = (await _get(http, "/v1/dispatches", limit=1000))["items"]
    since = sorted(item["requested_at"] for item in everything)[10]
    cases: list[tuple[dict[str, Any], Any]] = [
        ({"state": "suppressed"}, lambda one: one["state"] == "suppressed"),
        ({"state": ["sent", "bounced"]}, lambda one: one["state"] in {"sent", "bounced"}),
        ({"campaign_id": "ces"}, lambda one: one["campaign_id"] == "ces"),
        ({"campaign": "EFFORT (a"}, lambda one: one["campaign_id"] == "ces"),
        ({"campaign": ".*"}, lambda one: False),
        ({"how_sent": "reminder"}, lambda one: one["how_sent"] == "reminder"),
        ({"how_sent": "automatically"}, lambda one: one["how_sent"] == "automatically"),
        ({"how_sent": "manually"}, lambda one: False),
        ({"template_id": "t", "brand_id": "b"}, lambda one: one["template_id"] == "t"),
        ({"reason": "initial", "customer_id": "c1"}, lambda one: one["customer_id"] == "c1"),
        ({"channel": "email"}, lambda one: True),
        ({"channel": "in_app"}, lambda one: False),
        ({"since": since}, lambda one: one["requested_at"] >= since),
        (
            {"until": since, "campaign_id": "nps"},
            lambda one: one["requested_at"] < since and one["campaign_id"] == "nps",
        ),
    ]
    for asked, holds in cases:
        found = (await _get(http, "/v1/dispatches", limit=1000, **asked))["items"]
        assert [one["id"] for one in found] == [one["id"] for one in everything if holds(one)], asked


async def test_what_cannot_be_asked_is_refused(http: httpx.AsyncClient) -> None:
    bad: list[dict[str, Any]] = [{"after": "x"}, {"after": "9" * 40 + ".x"}, {"since": "yesterday"}, {"limit": 0}]
    for params in [*bad, {"order": "up"}]:
        answer = await http.get("/v1/dispatches", headers=AUTH, params=params)
        assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")


async def test_a_timeline_tells_all_that_happened(office: Office, http: httpx.AsyncClient) -> None:
    await office.send_all()
    await office.hear_requests(request("r1", "ada", reason="reminder", reminds_of="d1", reminder_number=1))
    await office.send_all()
    await office.hear_responses(response("d1", "ada"))
    await office.say_no()
    of_record = (await _get(http, "/v1/dispatches/d1/timeline"))["items"]
    of_customer = (await _get(http, "/v1/customers/ada/timeline"))["items"]

    assert {item["what"] for item in of_record} == {"requested", "sent", "opened", "reminder", "responded"}
    assert [item["at"] for item in of_record] == sorted((item["at"] for item in of_record), reverse=True)
    assert {"wish", "sent", "responded"} <= {item["what"] for item in of_customer}
    assert {item["dispatch_id"] for item in of_customer} == {"d1", "r1", None}
    assert (await http.get("/v1/dispatches/nobody/timeline", headers=AUTH)).status_code == 404


async def _give_up(office: Office) -> None:
    async def give_up(tx: Transaction) -> int:
        return await commands.give_up_waiting(tx, 100, PATIENCE, await tx.now())

    await _count(office)
    await office.database.transact(give_up)


async def test_what_nobody_answers_is_ignored_after_its_last_reminder_and_answered_if_somebody_does(
    office: Office,
) -> None:
    await office.send_all()
    await _give_up(office)
    assert (await office.record()).state is State.SENT
    await office.time_passes(sent_at=timedelta(days=15))
    await office.hear_requests(request("r1", "ada", reason="reminder", reminds_of="d1", reminder_number=1))
    await office.send_all()
    await office.database.collection(store.DISPATCHES).update_many({}, {"$set": {"uncounted": True}})
    await _give_up(office)
    waiting = await office.record()
    await office.time_passes(sent_at=timedelta(days=15), ignored_after=timedelta(days=15))
    await _give_up(office)
    ignored = [(await office.record(id_)).state for id_ in ("d1", "r1")]
    await office.hear_responses(response("d1", "ada"))

    assert (waiting.state, ignored) == (State.SENT, [State.IGNORED, State.IGNORED])
    assert (await office.record()).state is State.RESPONDED
    assert (
        await office.database.collection(store.DISPATCHES).count_documents({"ignored_after": {"$lte": clock.now()}})
        == 0
    )


async def test_what_ended_is_never_ignored() -> None:
    assert {state for state in State if records._ARRIVED & {state}} == {
        State.SENT,
        State.DELIVERED,
        State.OPENED,
        State.CLICKED,
    }


def _unlinked(page: str) -> str:
    without_dot = re.sub(r'<img src="[^"]*/o/[^>]*>', "", page.replace("\r\n", "\n"))
    return re.sub(r"https?://[^\s\"<>]+", "LINK", without_dot).strip()


async def test_a_mail_is_shown_as_it_went_out_whatever_has_changed_since_and_never_after_an_erasure(
    office: Office, http: httpx.AsyncClient
) -> None:
    await office.hear_customers(customer("ada", 2, company="Acme"))
    await office.send_all()
    sent = office.server.mails[0].message
    await office.hear_customers(customer("ada", 3, first_name="Grace", company="Other"))
    await office.hear_campaigns(
        campaign(seq=2, questions={"en": {"question": "Another?", "low_label": "", "high_label": ""}})
    )
    text = replace(TEXT, subject="Changed", mjml=TEXT.mjml.replace("Hello", "Good day"))
    await office.database.transact(lambda tx: commands.put_template(tx, replace(TEMPLATE, languages={"en": text})))
    brand = replace(BRAND, sender_name="Southlight")
    await office.database.transact(lambda tx: commands.put_brand(tx, brand, clock.now()))
    shown = await _get(http, "/v1/dispatches/d1/mail")
    html, plain = sent.get_body(("html",)), sent.get_body(("plain",))

    assert html is not None
    assert plain is not None
    assert (shown["subject"], shown["sender"]) == (sent["Subject"], "Northlight <ask@northlight.example>")
    assert _unlinked(shown["html"]) == _unlinked(str(html.get_content()))
    assert _unlinked(shown["text"]) == _unlinked(str(plain.get_content()))
    assert "/s/" in shown["text"]
    tokens = set(re.findall(r"/s/([\w-]+)", shown["text"] + shown["html"]))
    assert {Links(office.settings.chassis.signing_keys).read("survey", token) for token in tokens} == {None}

    await office.hear_customers(erased("ada"))
    assert (await http.get("/v1/dispatches/d1/mail", headers=AUTH)).status_code == 404
    assert "Acme" not in str(await office.database.collection(store.DISPATCHES).find_one({"_id": "d1"}))
