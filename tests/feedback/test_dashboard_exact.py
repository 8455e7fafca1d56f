"""Figures are exact: what the dashboard says equals a plain reckoning over all answers, whatever came before."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chassis.clock import now
from chassis.ids import derived_id
from chassis.mongo import Database, Transaction
from services.feedback import store
from services.feedback.commands.recounting import count_all, recount
from services.feedback.domain.response import Response
from services.feedback.schemas.dashboard import Asked, BreakdownAsked, ScoresAsked, SeriesAsked
from services.feedback.store.collections import COLUMNS, DISPATCHES, TO_COUNT
from services.feedback.store.responses import remove_response
from services.feedback.store.shelf import Shelf
from services.feedback.views import dashboard
from services.feedback.views.funnel import funnel
from services.feedback.views.reading import Figures
from tests.feedback import reference
from tests.feedback.desk import Desk
from tests.feedback.events import customer, dispatch, erased

MOMENTS = [
    datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=day, hours=hour, milliseconds=more)
    for day in (0, 6, 7, 27, 28, 29, 30, 31, 60)
    for hour in (0, 21, 22, 23)
    for more in (-1, 0, 1)
]
WHO = [None, "c0", "c1", "c2"]
PLANS = [None, "pro", "free", 5, 5.0, True, ["a", "b"]]
ATTRIBUTES = st.builds(
    lambda country, tags, plan: {
        "country": country,
        "tags": tags,
        "properties": {} if plan is None else {"plan": plan},
    },
    st.sampled_from([None, "AT", "DE"]),
    st.lists(st.sampled_from(["vip", "eu"]), unique=True),
    st.sampled_from(PLANS),
)
ANSWERS = st.fixed_dictionaries(
    {
        "id": st.sampled_from([f"r{n}" for n in range(9)]),
        "metric": st.sampled_from(["nps", "nps", "ces"]),
        "score": st.integers(1, 7),
        "campaign_id": st.sampled_from([None, "a", "b"]),
        "channel": st.sampled_from(["email", "link"]),
        "comment": st.sampled_from([None, "Good", "bad"]),
        "provisional": st.sampled_from([False, False, True]),
        "suspected_automatic": st.sampled_from([False, False, False, True]),
        "answered_at": st.sampled_from(MOMENTS),
        "attributes": ATTRIBUTES,
    }
)
STEPS = st.one_of(
    st.tuples(st.just("answer"), ANSWERS),
    st.tuples(st.just("answer"), ANSWERS),
    st.tuples(st.just("become"), st.tuples(st.sampled_from(WHO[1:]), ATTRIBUTES)),
    st.tuples(st.just("erase"), st.sampled_from(WHO[1:])),
    st.tuples(st.just("remove"), st.sampled_from([f"r{n}" for n in range(9)])),
    st.tuples(st.just("count"), st.none()),
)


def _clause(field: str, op: str, value: object = None) -> dict[str, Any]:
    return {"field": field, "op": op, **({} if op in {"exists", "missing"} else {"value": value})}


FILTERS = st.recursive(
    st.sampled_from(
        [
            _clause("properties.plan", "eq", "pro"),
            _clause("properties.plan", "ne", 5),
            _clause("properties.plan", "exists"),
            _clause("tags", "has", "vip"),
            _clause("tags", "missing"),
            _clause("country", "in", ["AT", "US"]),
            _clause("score", "lte", 6),
            _clause("score_class", "eq", "promoter"),
            _clause("campaign_id", "ne", "a"),
            _clause("comment", "exists"),
            _clause("comment", "contains", "GOOD"),
            _clause("provisional", "eq", True),
            _clause("id", "in", ["r1", "r2"]),
            _clause("metric", "eq", "nps"),
        ]
    ),
    lambda parts: st.one_of(
        st.builds(lambda some: {"all": some}, st.lists(parts, min_size=1, max_size=2)),
        st.builds(lambda some: {"any": some}, st.lists(parts, min_size=1, max_size=2)),
        st.builds(lambda one: {"not": one}, parts),
    ),
    max_leaves=3,
)
DAYS = st.dates(date(2026, 2, 27), date(2026, 5, 2))
QUESTIONS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "metric": st.sampled_from(["nps", "nps", "ces"]),
        "days": st.tuples(DAYS, DAYS).map(sorted),
        "zone": st.sampled_from(["UTC", "Europe/Vienna", "Asia/Kathmandu", "America/New_York"]),
        "campaign_id": st.sampled_from([None, None, "a", "b"]),
        "channel": st.sampled_from([None, None, None, "link"]),
        "answers": st.sampled_from(["last", "last", "every"]),
        "attributes": st.sampled_from(["then", "now"]),
        "provisional": st.booleans(),
        "filter": st.one_of(st.just({}), FILTERS),
    }
)
FEW = settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)


def _question(drawn: Mapping[str, Any]) -> dict[str, Any]:
    first, last = drawn["days"]
    return {**{name: drawn[name] for name in drawn if name != "days"}, "first_day": first, "last_day": last}


async def _clear(database: Database) -> None:
    for name in (store.RESPONSES, store.CUSTOMERS, store.PEOPLE, DISPATCHES, TO_COUNT, COLUMNS, "_pending"):
        await database.collection(name).delete_many({})


class World:
    """What happened, done through what the service does."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.database, self.seqs = desk, desk.database, Counter[str]()

    async def do(self, kind: str, what: Any) -> None:
        if kind == "count":
            await count_all(self.database)
        elif kind == "become":
            who, attributes = what
            self.seqs[who] += 1
            await self.desk.hear(customer(who, self.seqs[who], **attributes))
        elif kind == "erase":
            self.seqs[what] += 1
            await self.desk.hear(erased(what, self.seqs[what]))
        else:
            await self.database.transact(lambda tx: self._write(tx, kind, what))

    async def _write(self, tx: Transaction, kind: str, what: Any) -> None:
        id_ = what if kind == "remove" else what["id"]
        found = await tx.collection(store.RESPONSES).find_one({"_id": id_}, session=tx.session)
        before = store.response_from(found) if found else None
        if kind == "remove":
            if before is not None:
                await self._remove(tx, before)
            return
        # An answer belongs to one customer, as one to a dispatch does.
        who = WHO[int(id_[1:]) % len(WHO)]
        values = {**what, "customer_id": who, "dispatch_id": None, "campaign_name": None, "changed_at": now()}
        await store.save_response(tx, Response(seq=before.seq if before else 0, **values))

    async def _remove(self, tx: Transaction, before: Response) -> None:
        """For good; only here the same one may come again."""
        await remove_response(tx, before, by="ada", now=now())
        await tx.collection(store.REMOVED).delete_many({}, session=tx.session)
        await tx.collection("_pending").delete_many({"subject": before.id}, session=tx.session)

    async def answers(self) -> list[dict[str, Any]]:
        rows = await self.database.collection(store.RESPONSES).find({}).to_list(None)
        return [{**row, "attributes": row["attributes"] or {}} for row in rows]

    async def customers(self) -> dict[str, Any]:
        return {row["_id"]: row async for row in self.database.collection(store.CUSTOMERS).find({})}


def _same(found: Any, wanted: Mapping[str, Any]) -> None:
    assert found.count == wanted["count"]
    assert {name: one.count for name, one in found.classes.items()} == wanted["classes"]
    assert found.exact == (None if wanted["exact"] is None else pytest.approx(wanted["exact"]))
    assert found.score == wanted["score"]
    assert found.margin == (None if wanted["margin"] is None else pytest.approx(wanted["margin"], abs=0.006))


@pytest.fixture
async def clean(desk: Desk) -> Desk:
    await _clear(desk.database)
    return desk


@FEW
@given(
    steps=st.lists(STEPS, max_size=25),
    questions=st.lists(QUESTIONS, min_size=4, max_size=4),
    memory=st.sampled_from([0, 5_000, 10**9]),
)
async def test_figures_equal_a_plain_reckoning_after_edits_erasures_and_what_came_out_of_order(
    clean: Desk, steps: list[tuple[str, Any]], questions: list[dict[str, Any]], memory: int
) -> None:
    await _clear(clean.database)
    world, figures = World(clean), Figures(clean.database, Shelf(clean.database, memory))
    for kind, what in steps:
        await world.do(kind, what)
        if kind == "count":
            # What was asked before must not be what is said after.
            await _ask(figures, _question(questions[0]))
    await count_all(clean.database)

    answers, customers = await world.answers(), await world.customers()
    for drawn in questions:
        question = _question(drawn)

        def reckon(*days: date, question: dict[str, Any] = question) -> list[Any]:
            period = {"first_day": days[0], "last_day": days[1]} if days else {}
            return reference.counting(answers, customers, {**question, **period})

        await _check_scores(figures, question, reckon)
        await _check_series(figures, question, reckon)
        await _check_breakdowns(figures, question, reckon)

    assert (await recount(clean.database, compare_only=True)).wrong == []


async def _ask(figures: Figures, question: dict[str, Any]) -> None:
    """All that will be checked, so that it is in memory."""
    asked = ScoresAsked(metrics=[question["metric"]], **{name: question[name] for name in question if name != "metric"})
    await dashboard.scores(figures, asked, now())
    await dashboard.series(figures, SeriesAsked(unit="day", **question), now())
    for by in ("properties.plan", "tags"):
        await dashboard.breakdown(figures, BreakdownAsked(by=by, **question), now())


Reckon = Callable[..., list[Any]]


def _scores(answers: list[Any]) -> list[int]:
    return [one["score"] for one in answers]


async def _check_scores(figures: Figures, question: dict[str, Any], reckon: Reckon) -> None:
    metric = question["metric"]
    asked = ScoresAsked(metrics=[metric], **{name: question[name] for name in question if name != "metric"})
    (found,) = (await dashboard.scores(figures, asked, now())).scores
    scores = _scores(reckon())
    _same(found, reference.figure(metric, scores))
    assert {score: count for score, count in found.distribution.items() if count} == Counter(scores)
    days = (question["last_day"] - question["first_day"]).days + 1
    last = question["first_day"] - timedelta(days=1)
    then = reference.figure(metric, _scores(reckon(last - timedelta(days=days - 1), last)))
    assert found.previous is not None
    _same(found.previous, then)
    if found.exact is None or then["exact"] is None:
        assert found.change is None
    else:
        assert found.change is not None
        assert found.change.difference == pytest.approx(found.exact - then["exact"], abs=0.006)


async def _check_series(figures: Figures, question: dict[str, Any], reckon: Reckon) -> None:
    for unit in ("day", "week", "month"):
        buckets = (await dashboard.series(figures, SeriesAsked(unit=unit, **question), now())).buckets
        covered = [day for one in buckets for day in (one.first_day, one.last_day)]
        assert (covered[0], covered[-1]) == (question["first_day"], question["last_day"])
        assert all(one == other - timedelta(days=1) for one, other in zip(covered[1::2], covered[2::2], strict=False))
        for one in buckets:
            _same(one, reference.figure(question["metric"], _scores(reckon(one.first_day, one.last_day))))


async def _check_breakdowns(figures: Figures, question: dict[str, Any], reckon: Reckon) -> None:
    places: dict[str, Callable[[Any], Any]] = {
        "properties.plan": lambda one: one["attributes"].get("properties", {}).get("plan"),
        "tags": lambda one: one["attributes"].get("tags"),
        "country": lambda one: one["attributes"].get("country"),
        "channel": lambda one: one["channel"],
    }
    for by, place in places.items():
        wanted: dict[Any, list[int]] = defaultdict(list)
        for one in reckon():
            value = place(one)
            for each in value or [None] if isinstance(value, list) else [value]:
                wanted[type(each) is bool, each].append(one["score"])
        found = await dashboard.breakdown(figures, BreakdownAsked(by=by, **question), now())
        assert [one.count for one in found.items] == sorted((len(some) for some in wanted.values()), reverse=True)
        for one in found.items:
            _same(one, reference.figure(question["metric"], wanted[type(one.value) is bool, one.value]))


MAILS = st.tuples(
    st.sampled_from(["d0", "d1", "d2"]),
    st.sampled_from([None, "d0"]),
    st.one_of(st.none(), st.sampled_from(MOMENTS)),
    st.sampled_from(["", "delivered_at", "opened_at", "clicked_at"]),
    st.sampled_from(["a", "b"]),
    st.integers(1, 4),
)
REPLIES = st.tuples(st.sampled_from(["d0", "d1", "d2"]), st.booleans(), st.booleans(), st.sampled_from([None, "Why"]))


@FEW
@given(
    mails=st.lists(MAILS, max_size=10),
    replies=st.lists(REPLIES, max_size=5),
    cut=st.integers(0, 10),
    days=st.tuples(DAYS, DAYS).map(sorted),
    campaign=st.sampled_from([None, "a"]),
)
async def test_the_funnel_equals_a_plain_reckoning(
    clean: Desk, mails: list[Any], replies: list[Any], cut: int, days: list[date], campaign: str | None
) -> None:
    await _clear(clean.database)
    figures = Figures(clean.database, Shelf(clean.database, 10**9))
    asked = Asked(first_day=days[0], last_day=days[1], zone="Europe/Vienna", campaign_id=campaign)
    for number, (id_, reminds_of, sent_at, seen, campaign_id, seq) in enumerate(mails):
        facts = {"sent_at": sent_at, "campaign_id": campaign_id, **({seen: now()} if seen else {})}
        reminds = {"reminds_of": reminds_of if id_ != reminds_of else None}
        await clean.hear(dispatch(id_, "c0", seq, **reminds, **facts))
        if number == cut:
            await count_all(clean.database)
            await funnel(figures, asked, now())
    for dispatch_id, provisional, suspected, comment in replies:
        await clean.database.transact(partial(_reply, dispatch_id, provisional, suspected, comment))
    await count_all(clean.database)

    found = {step.name: step.count for step in (await funnel(figures, asked, now())).steps}
    assert found == await _plain_funnel(clean.database, days, campaign)
    assert (await recount(clean.database, compare_only=True)).wrong == []


async def _reply(dispatch_id: str, provisional: bool, suspected: bool, comment: str | None, tx: Transaction) -> None:
    id_ = derived_id("response", dispatch_id)
    found = await tx.collection(store.RESPONSES).find_one({"_id": id_}, session=tx.session)
    response = Response(
        id=id_,
        seq=found["seq"] if found else 0,
        dispatch_id=dispatch_id,
        customer_id="c0",
        campaign_id="a",
        campaign_name=None,
        metric="nps",
        score=9,
        comment=comment,
        provisional=provisional,
        suspected_automatic=suspected,
        answered_at=MOMENTS[3],
        changed_at=now(),
    )
    await store.save_response(tx, response)


async def _plain_funnel(database: Database, days: list[date], campaign: str | None) -> dict[str, int]:
    surveys = defaultdict(list)
    answers = {row["dispatch_id"]: row async for row in database.collection(store.RESPONSES).find({})}
    async for row in database.collection(DISPATCHES).find({}):
        surveys[row["reminds_of"] or row["_id"]].append(row)
    counts = Counter(sent=0, delivered=0, opened=0, responded=0, commented=0)
    for mails in surveys.values():
        sent = sorted((one for one in mails if one["sent_at"]), key=lambda one: (one["sent_at"], one["_id"]))
        if not sent or not days[0] <= reference.local_day(sent[0]["sent_at"], "Europe/Vienna") <= days[1]:
            continue
        if campaign not in (None, sent[0]["campaign_id"]):
            continue
        given = [answers[one["_id"]] for one in mails if one["_id"] in answers]
        good = [one for one in given if not one["provisional"] and not one["suspected_automatic"]]
        opened = bool(good) or any(one["opened_at"] or one["clicked_at"] for one in mails)
        counts["sent"] += 1
        counts["opened"] += opened
        counts["delivered"] += opened or any(one["delivered_at"] for one in mails)
        counts["responded"] += bool(good)
        counts["commented"] += any(one["comment"] for one in good)
    return dict(counts)
