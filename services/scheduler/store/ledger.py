"""The ledger of a campaign, told by MongoDB: what `domain.ledger.standing` says, written as expressions."""

from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import gcd
from typing import Any

from chassis.ids import derived_id
from chassis.mongo import ASCENDING, Database, Document
from services.scheduler.domain.campaign import TO_EVERYONE, Campaign, Clock, Kind
from services.scheduler.domain.customer import TAKEN_BACK, Outcome
from services.scheduler.domain.ledger import EARLIER_ROUND, NO_RECORD, Bucket, Standing, became, undated
from services.scheduler.domain.limits import Rules, first_allowed, zone_of
from services.scheduler.domain.next_survey import FIRST, MAX_RETRY_DAYS, ONE_TIME, RECURRING
from services.scheduler.store.campaigns import audience_query
from services.scheduler.store.collections import CUSTOMERS

Expr = Any
Judge = Callable[[str, Mapping[str, Any]], Standing]
DAY_MS = 86_400_000
QUARTER = 15
"""All zones of today differ from UTC by so many minutes, or a multiple."""
BEGUN = frozenset({Bucket.SENT, Bucket.DUE_LATER, Bucket.SUPPRESSED, Bucket.FAILED, Bucket.UNKNOWN})
AHEAD = frozenset({Bucket.DUE_LATER, Bucket.HELD, Bucket.SUPPRESSED})
OPEN, MISSED = Outcome.OPEN.value, Outcome.MISSED.value


@dataclass(frozen=True, slots=True)
class Part:
    """Some of those in the ledger: how they are found, what is looked at (`key`), and where they stand by it.

    Where one key is that of many, they are counted by it.
    """

    query: Document
    stages: list[Document]
    judge: Judge
    buckets: frozenset[Bucket] = BEGUN
    shared: bool = True


def parts(campaign: Campaign, rules: Rules, cycle: int | None, now: datetime) -> list[Part]:
    """Everyone in the ledger, each in one part: whose round was begun, is behind the latest one, or is ahead."""
    begun = _claimed(campaign.id, {"$gte": cycle} if cycle else None)
    waiting = {"$and": [audience_query(campaign, now), {"live": True}, {"$nor": [begun]}]}
    ahead = [*_ahead(campaign, rules, cycle), {"$project": {"key": _key(campaign, now)}}]
    known: Document = {"erased": False, "profile": {"$ne": None}}
    found = [
        Part({**_claimed(campaign.id, cycle), **known}, _behind(campaign.id), _judge_behind),
        Part(waiting, ahead, _judge_ahead(campaign, rules, now), AHEAD),
    ]
    if cycle:
        before = {**_claimed(campaign.id, {"$gt": cycle}), **known}
        found.append(Part(before, _own_surveys(campaign.id), _judge_before(campaign.id, cycle), shared=False))
    return found


async def count(database: Database, part: Part) -> list[tuple[Standing, int]]:
    """How many of a part stand where."""
    if not part.shared:
        return [(place, 1) async for _, place in people(database, part, None)]
    stages: list[Document] = [{"$match": part.query}, *part.stages, {"$group": {"_id": "$key", "count": {"$sum": 1}}}]
    rows = database.collection(CUSTOMERS).aggregate(stages, allowDiskUse=True)
    return [(part.judge("", row["_id"] or {}), row["count"]) async for row in rows]


async def people(database: Database, part: Part, after: str | None) -> AsyncGenerator[tuple[str, Standing], None]:
    """Who they are, by id, and where each stands."""
    place: Document = {"_id": {"$gt": after}} if after is not None else {}
    stages: list[Document] = [{"$match": {"$and": [part.query, place]}}, {"$sort": {"_id": ASCENDING}}, *part.stages]
    async for row in database.collection(CUSTOMERS).aggregate(stages, allowDiskUse=True):
        yield row["_id"], part.judge(row["_id"], row.get("key") or {})


# Whose round was begun.


def _claimed(campaign_id: str, cycle: Any) -> Document:
    which = {} if cycle is None else {"1.cycle": cycle}
    return {"claims": {"$elemMatch": {"0": {"$eq": campaign_id}, **which}}}


def _behind(campaign_id: str) -> list[Document]:
    """What became of the latest round."""
    heard = _where("$surveys", {"$eq": ["$$one.dispatch_id", "$claim.dispatch_id"]})
    return [
        {"$project": {"surveys": 1, "claim": _of_campaign("$claims", campaign_id)}},
        {"$project": {"heard": {"$first": heard}}},
        {"$project": {"key": {name: f"$heard.{name}" for name in ("outcome", "suppressed", "state")}}},
    ]


def _judge_behind(_: str, key: Mapping[str, Any]) -> Standing:
    """Of whose request nothing was heard yet, it is on its way."""
    outcome = Outcome(key.get("outcome", OPEN))
    return became(outcome, suppressed=key.get("suppressed", False), state=key.get("state", ""))


def _own_surveys(campaign_id: str) -> list[Document]:
    own = _where("$surveys", {"$eq": ["$$one.campaign_id", {"$literal": campaign_id}]})
    return [{"$project": {"key": {"own": own}}}]


def _judge_before(campaign_id: str, cycle: int) -> Judge:
    """An earlier round is found by its dispatch, which follows from who, what and which."""

    def judge(id_: str, key: Mapping[str, Any]) -> Standing:
        dispatch_id = derived_id(campaign_id, id_, cycle)
        for one in key["own"]:
            if one["dispatch_id"] == dispatch_id:
                return became(Outcome(one["outcome"]), suppressed=one["suppressed"], state=one["state"])
        return NO_RECORD

    return judge


# Who is ahead: `domain.next_survey.verdict`, line by line.


def _ahead(campaign: Campaign, rules: Rules, cycle: int | None) -> list[Document]:
    own = {"$eq": ["$$one.campaign_id", {"$literal": campaign.id}]}
    settled_at = {"$cond": [{"$eq": ["$$one.outcome", OPEN]}, "$$one.expires_at", "$$one.at"]}
    counts = {"$and": [_not_missed(), {"$gt": [settled_at, "$reset_at"]}]}
    this_clock = campaign.schedule.clock is Clock.THIS_CAMPAIGN
    on_clock = {"$and": [own, counts]} if this_clock else counts
    history, claim = {"$concatArrays": ["$surveys", _silent()]}, _of_campaign("$claims", campaign.id)
    return [
        {"$set": {"history": history, "claim": claim}},
        {"$set": {"on_clock": _where("$history", on_clock), "own": _where("$history", own)}},
        {"$set": {"early": {"$lt": [{"$ifNull": ["$claim.cycle", 0]}, (cycle or 1) - 1]}}},
        {"$set": {"missed": _missed()}},
        {"$set": {"taken_back": {"$max": {"$map": {"input": _where("$missed", _taken()), "in": "$$this.at"}}}}},
        {"$set": {"rule": _by_rule(campaign)}},
        *([] if campaign.schedule.every_days else [{"$set": {"rule": _unless_taken_back()}}]),
        {"$set": {"line": {"at": {"$max": ["$rule.at", campaign.activated_at]}, "by": None}}},
        *_holds(campaign, rules),
    ]


def _silent() -> Expr:
    """Requests of which nothing was heard yet."""
    unheard = {"$not": [{"$in": [_second("$$one", "dispatch_id"), "$surveys.dispatch_id"]}]}
    names = ("dispatch_id", "at", "expires_at")
    survey = {"campaign_id": {"$first": "$$one"}, "outcome": OPEN, "suppressed": False}
    survey |= {name: _second("$$one", name) for name in names}
    return {"$map": {"input": _where("$claims", unheard), "as": "one", "in": survey}}


def _by_rule(campaign: Campaign) -> Expr:
    """The rule and its date; no date where the rule has none."""
    schedule = campaign.schedule
    if campaign.kind is Kind.ONE_TIME_EMAIL:
        asked = {"$gt": ["$claim", None]}
        begins = {"reason": ONE_TIME, "at": schedule.starts_at or campaign.activated_at}
        return {"$cond": [asked, {"reason": "already-surveyed", "at": None}, begins]}
    before = {"$max": "$on_clock.at"}
    first, every = schedule.first_after_days, schedule.every_days
    return {
        "$cond": [
            {"$eq": [before, None]},
            {"reason": "first-survey-off", "at": None}
            if first is None
            else _dated(FIRST, "$profile.created_at", first),
            {"reason": "recurring-off", "at": None} if every is None else _dated(RECURRING, before, every),
        ]
    }


def _unless_taken_back() -> Expr:
    """Where a campaign asks once only, what was taken back is over."""
    over = {"$and": [{"$gt": ["$taken_back", None]}, {"$gt": ["$rule.at", None]}]}
    return {"$cond": [over, {"reason": TAKEN_BACK, "at": None}, "$rule"]}


def _dated(reason: str, since: Expr, days: int) -> Expr:
    return {"reason": reason, "at": {"$add": [since, days * DAY_MS]}}


def _holds(campaign: Campaign, rules: Rules) -> list[Document]:
    """Each moves the date where it would come too early; the last that did is what holds it."""
    on_its_way = {"$max": {"$map": {"input": _where("$on_clock", _is(OPEN)), "as": "one", "in": "$$one.expires_at"}}}
    next_turn = {"$add": ["$taken_back", (campaign.schedule.every_days or 0) * DAY_MS]}
    holds = [("awaiting-outcome", on_its_way), (TAKEN_BACK, next_turn), ("retry-later", _retry_at())]
    holds += [("paused", "$paused_until"), ("soft-bounced", "$resting_until")]
    if rules.quiet_period_days:
        holds.append(("quiet-period", {"$add": [_last("$history"), rules.quiet_period_days * DAY_MS]}))
    if campaign.daily_cap is not None:
        turn = _let(turn=_of_campaign("$turns", campaign.id), then=_until(campaign.daily_cap))
        holds.append(("daily-cap", turn))
    return [stage for name, until in holds for stage in _hold(name, until)]


def _until(cap: int) -> Expr:
    """The day of a turn, as long as the cap stays so."""
    return {"$cond": [{"$eq": ["$$turn.cap", cap]}, "$$turn.until", None]}


def _last(surveys: Expr) -> Expr:
    """When the latest was that went out, or may."""
    return {"$max": {"$map": {"input": _where(surveys, _not_missed()), "as": "one", "in": "$$one.at"}}}


def _hold(by: str, until: Expr) -> list[Document]:
    moved = {"$cond": [{"$gt": ["$until", "$line.at"]}, {"at": "$until", "by": by}, "$line"]}
    return [{"$set": {"until": until}}, {"$set": {"line": moved}}]


def _missed() -> Expr:
    """The campaign's requests that came to nothing, since its last survey that counts and since a reset."""
    missed = _where("$own", {"$and": [_is(MISSED), {"$gt": ["$$one.at", "$$since"]}]})
    since = {"$max": ["$reset_at", _last("$own")]}
    return {"$cond": [{"$in": [MISSED, "$own.outcome"]}, _let(since=since, then=missed), []]}


def _taken() -> Expr:
    return {"$eq": ["$$one.state", TAKEN_BACK]}


def _retry_at() -> Expr:
    """A day after a request that came to nothing by itself, then two, four and so on."""
    one = {name: f"$$this.{name}" for name in ("at", "dispatch_id", "suppressed")}
    latest = {"$reduce": {"input": "$$missed", "initialValue": None, "in": {"$max": ["$$value", one]}}}
    days = {"$min": [MAX_RETRY_DAYS, {"$pow": [2, {"$min": [{"$subtract": [{"$size": "$$missed"}, 1]}, 10]}]}]}
    again = {"$add": ["$$latest.at", {"$multiply": [days, DAY_MS]}]}
    free = {"$and": ["$$latest.suppressed", {"$gt": ["$status_at", "$$latest.at"]}]}
    found = _let(latest=latest, then={"$cond": [free, None, again]})
    by_itself = _where("$missed", {"$not": [_taken()]})
    return _let(missed=by_itself, then={"$cond": [{"$eq": ["$$missed", []]}, None, found]})


def _key(campaign: Campaign, now: datetime) -> Expr:
    """All that decides where somebody stands, and as little else as can be."""
    branches = [("$early", {"early": True}), ({"$gt": ["$status", ""]}, {"status": "$status"})]
    default: Expr = {"reason": f"campaign-{campaign.state}"}
    if campaign.runs:
        refused_campaign = {"$in": [{"$literal": campaign.id}, {"$ifNull": ["$refused_campaigns", []]}]}
        refused_brand = {"$in": [{"$literal": campaign.brand_id}, {"$ifNull": ["$refused_brands", []]}]}
        branches.append(({"$or": [refused_campaign, refused_brand]}, {"reason": "refused"}))
        default = {"reason": "by-link" if campaign.kind is Kind.LINK else "triggered"}
    if campaign.runs and campaign.kind in TO_EVERYONE:
        branches.append(({"$eq": [{"$ifNull": ["$profile.email", ""]}, ""]}, {"reason": "no-address"}))
        branches.append(({"$eq": ["$rule.at", None]}, {"reason": "$rule.reason"}))
        default = _line(campaign, now)
    return {"$switch": {"branches": [{"case": case, "then": then} for case, then in branches], "default": default}}


def _line(campaign: Campaign, now: datetime) -> Expr:
    """The date before the window, as exactly as the window asks."""
    later = {"$gt": ["$line.at", now]}
    key: Document = {"rule": "$rule.reason", "by": "$line.by", "later": later}
    window = campaign.send_window
    if window is None:
        return key
    size = gcd(window.from_minute, window.to_minute, QUARTER)
    slot = {"$dateTrunc": {"date": "$line.at", "unit": "minute", "binSize": size}}
    return {**key, "zone": "$profile.timezone", "slot": {"$cond": [later, slot, None]}}


def _judge_ahead(campaign: Campaign, rules: Rules, now: datetime) -> Judge:
    def judge(_: str, key: Mapping[str, Any]) -> Standing:
        if key.get("early"):
            return EARLIER_ROUND
        if "status" in key:
            return Standing(Bucket.SUPPRESSED, str(key["status"]).replace("_", "-"))
        if "reason" in key:
            return undated(key["reason"])
        at = key.get("slot") or now
        if campaign.send_window is not None:
            zone = zone_of(key.get("zone"), rules)
            if first_allowed(campaign.send_window, zone, at) > at:
                return Standing(Bucket.HELD, "send-window")
        held = key["later"] and key["by"]
        return Standing(Bucket.HELD, key["by"]) if held else Standing(Bucket.DUE_LATER, key["rule"])

    return judge


# Words of MongoDB's language.


def _where(array: Expr, holds: Expr) -> Expr:
    return {"$filter": {"input": array, "as": "one", "cond": holds}}


def _is(outcome: str) -> Expr:
    return {"$eq": ["$$one.outcome", outcome]}


def _not_missed() -> Expr:
    return {"$ne": ["$$one.outcome", MISSED]}


def _second(pair: Expr, name: str) -> Expr:
    """A field of the second of two."""
    return _let(second={"$arrayElemAt": [pair, 1]}, then=f"$$second.{name}")


def _of_campaign(pairs: Expr, campaign_id: str) -> Expr:
    """What stands beside the campaign's id; missing where that does not stand there."""
    mine = _where(pairs, {"$eq": [{"$first": "$$one"}, {"$literal": campaign_id}]})
    return _let(pair={"$first": mine}, then={"$arrayElemAt": ["$$pair", 1]})


def _let(*, then: Expr, **variables: Expr) -> Expr:
    return {"$let": {"vars": variables, "in": then}}
