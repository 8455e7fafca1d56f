"""Millions of NPS answers and the surveys behind them, by arithmetic: any day of them can be made alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from bson import encode
from bson.raw_bson import RawBSONDocument
from numpy.typing import NDArray

from chassis.ids import derived_id
from services.feedback.domain.columns import AT, KEY, KEY_BYTES, NEVER, Coded, Column, Day, in_order
from services.feedback.domain.counted import LINKS, flat, key_of
from services.feedback.domain.response import Response
from services.feedback.domain.scoring import score_class
from services.feedback.store import document_of

Body = dict[str, Any]
Integers = NDArray[np.uint64]

START = date(2024, 1, 1)
DAYS, EVERY = 1096, 91
"""Three years, in which each customer is asked every 91 days."""
ANSWERED_OF_TEN, PROVISIONAL_OF_HUNDRED, SUSPECTED_OF_HUNDRED = 7, 2, 1
CAMPAIGNS = tuple(derived_id("campaign", number) for number in range(5))
CHANNELS = ("email", "in_app", "link")
COUNTRIES = tuple(f"{one}{other}" for one in "ABCDEF" for other in "ABCDE")
LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "ja", "pl")
PLANS = ("free", "basic", "pro", "enterprise")
TAGS = ("vip", "beta", "partner", "churned", "eu", "press")
COMMENTS = (None, None, None, "All good", "Too slow at times", "The invoice was wrong again")
CROWD = 3001
"""Sets of attributes; two of them belong to each customer: then, and now."""


def _attributes(number: int) -> Body:
    chance = np.random.default_rng(number)
    tags = [tag for tag in TAGS if chance.random() < 0.25]
    return {
        "company": f"Company {number % 2000}",
        "city": f"City {int(300 * chance.random() ** 2)}",
        "state": None,
        "country": COUNTRIES[int(len(COUNTRIES) * chance.random() ** 2)],
        "language": LANGUAGES[int(len(LANGUAGES) * chance.random() ** 2)],
        "tags": tags,
        "properties": {"plan": PLANS[number % 4], "seats": int(chance.integers(1, 50)), "renewed": number % 3 == 0},
    }


ATTRIBUTES = [_attributes(number) for number in range(CROWD)]
_RAW = [RawBSONDocument(encode(one)) for one in ATTRIBUTES]
_FLAT = [flat(one) for one in ATTRIBUTES]
_NAMES = sorted({name for one in _FLAT for name in one})


def _mixed(customers: Integers, cycle: int, salt: int) -> Integers:
    """A number that looks like chance, the same for the same customer and cycle."""
    found = customers * np.uint64(0x9E3779B97F4A7C15) + np.uint64(cycle * 0x1000193 + salt * 0x85EBCA6B)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        found = (found ^ (found >> np.uint64(shift))) * np.uint64(factor)
    return found ^ (found >> np.uint64(31))


@dataclass(frozen=True, slots=True)
class Crowd:
    """So many answers, as near as may be."""

    answers: int

    @property
    def asked_a_day(self) -> int:
        """How many customers are asked on one day."""
        return max(1, round(self.answers / DAYS * 10 / ANSWERED_OF_TEN))

    def customers(self, day: int) -> Integers:
        """Who is asked on a day."""
        return np.arange(self.asked_a_day, dtype=np.uint64) * np.uint64(EVERY) + np.uint64(day % EVERY)


@dataclass(frozen=True, slots=True)
class Round:
    """What customers do when they are asked for the so manieth time."""

    customers: Integers
    day: int

    def _of(self, salt: int, many: int) -> NDArray[np.int64]:
        return (_mixed(self.customers, self.day // EVERY, salt) % np.uint64(many)).astype(np.int64)

    @property
    def answered(self) -> NDArray[np.bool_]:
        """Who answers."""
        within = self.day < DAYS
        return (self._of(1, 10) < ANSWERED_OF_TEN) & within

    @property
    def at(self) -> NDArray[np.int64]:
        """When, in seconds since 1970."""
        begins = int(datetime(START.year, START.month, START.day, tzinfo=UTC).timestamp()) + self.day * 86_400
        return begins + self._of(2, 86_400)

    @property
    def campaign(self) -> NDArray[np.int64]:
        """In which campaign."""
        return self._of(3, len(CAMPAIGNS))

    @property
    def score(self) -> NDArray[np.int64]:
        """More good ones than bad ones."""
        return np.minimum(10, (11.5 * (self._of(4, 10_000) / 10_000) ** 0.5)).astype(np.int64)

    @property
    def flags(self) -> NDArray[np.int64]:
        """Some are provisional, some suspected."""
        lot = self._of(5, 100)
        return (lot < PROVISIONAL_OF_HUNDRED) * 1 + (lot >= 100 - SUSPECTED_OF_HUNDRED) * 2

    @property
    def channel(self) -> NDArray[np.int64]:
        """By mail, mostly."""
        return np.maximum(0, self._of(6, 10) - 7)

    @property
    def comment(self) -> NDArray[np.int64]:
        """One of `COMMENTS`."""
        return self._of(7, len(COMMENTS))

    @property
    def then(self) -> NDArray[np.int64]:
        """The customers' attributes when they answer."""
        return (self._of(8, 4) + self.customers.astype(np.int64) * 7) % CROWD

    @property
    def now(self) -> NDArray[np.int64]:
        """What they are today."""
        return (self.customers.astype(np.int64) * 7 + 3) % CROWD


def _links(asked: Round) -> dict[str, NDArray[np.uint32]]:
    """When each answers next: any answer, and the final ones; in any campaign, and in the same."""
    found = {name: np.full(len(asked.customers), NEVER, dtype=np.uint32) for name in LINKS}
    mine, kind = asked.campaign, asked.flags
    for day in range(asked.day + EVERY, DAYS, EVERY):
        later = Round(asked.customers, day)
        counted = later.answered & (later.flags < 2) & (kind < 2)
        final = counted & (later.flags == 0) & (kind == 0)
        same = later.campaign == mine
        moments = later.at.astype(np.uint32)
        for name, here in zip(LINKS, (counted, counted & same, final, final & same), strict=True):
            found[name] = np.where(here & (found[name] == NEVER), moments, found[name])
    counts = (kind < 2, kind < 2, kind == 0, kind == 0)
    return {name: np.where(here, found[name], 0).astype(np.uint32) for name, here in zip(LINKS, counts, strict=True)}


def answers_of(crowd: Crowd, day: int) -> tuple[Day, Iterator[Body]]:
    """The columns of a day and its answers, as feedback's own functions make both (a test compares)."""
    everyone = Round(crowd.customers(day), day)
    chosen = np.flatnonzero(everyone.answered)
    asked = Round(everyone.customers[chosen], day)
    ids = [f"{day:04x}{int(customer):028x}" for customer in asked.customers]
    keys = np.frombuffer(b"".join(key_of(id_) for id_ in ids), dtype=np.uint8).reshape(-1, KEY_BYTES)
    numbers: dict[str, Column] = {KEY: keys, AT: asked.at.astype(np.uint32), "score": asked.score.astype(np.uint8)}
    columns: dict[str, Column] = {**numbers, "flags": asked.flags.astype(np.uint8), **_links(asked)}
    columns |= {
        "campaign_id": _coded("campaign_id", asked.campaign),
        "channel": _coded("channel", asked.channel),
        "language": _coded("language", asked.then),
        "commented": _coded("commented", asked.comment),
        "past": Coded([False], np.zeros(len(ids), dtype=np.uint32)),
        "work.state": Coded([_SHAPE["work"]["state"]], np.zeros(len(ids), dtype=np.uint32)),
    }
    for name in _NAMES:
        columns[f"attributes.{name}"] = _coded(name, asked.then)
        columns[f"now.{name}"] = _coded(name, asked.now)
    return in_order(columns), _documents(asked, ids)


def _listed(values: Sequence[Any]) -> Coded:
    """Each value once in a list, and of each of the values its place there."""
    places: dict[Any, int] = {}
    listed: list[Any] = []
    codes = []
    for value in values:
        name = (type(value), tuple(value) if isinstance(value, list) else value)
        if name not in places:
            places[name] = len(listed)
            listed.append(value)
        codes.append(places[name])
    return Coded(listed, np.array(codes, dtype=np.uint32))


_LISTS = {
    "campaign_id": _listed(CAMPAIGNS),
    "channel": _listed(CHANNELS),
    "language": _listed([one["language"] for one in ATTRIBUTES]),
    "commented": _listed([True if one else None for one in COMMENTS]),
    **{name: _listed([one.get(name) for one in _FLAT]) for name in _NAMES},
}


def _coded(name: str, chosen: NDArray[np.int64]) -> Coded:
    """The column of those that were chosen of a list."""
    listed = _LISTS[name]
    return Coded(listed.values, listed.codes[chosen])


def _shape() -> Body:
    """A document as feedback stores it."""
    moment = datetime(2024, 1, 1, tzinfo=UTC)
    sample = Response(
        id="a",
        seq=1,
        dispatch_id=None,
        customer_id="c",
        campaign_id=None,
        campaign_name="NPS",
        metric="nps",
        score=0,
        answered_at=moment,
        changed_at=moment,
    )
    return document_of(sample)


_SHAPE = _shape()
_CLASSES = [score_class("nps", score) for score in range(11)]


def _documents(asked: Round, ids: Sequence[str]) -> Iterator[Body]:
    shape, zero = _SHAPE, datetime(1970, 1, 1, tzinfo=UTC)
    parts = (
        asked.customers,
        asked.at,
        asked.score,
        asked.flags,
        asked.campaign,
        asked.channel,
        asked.comment,
        asked.then,
    )
    for id_, row in zip(ids, zip(*(part.tolist() for part in parts), strict=True), strict=True):
        customer, at, score, flags, campaign, channel, comment, then = row
        moment = zero + timedelta(seconds=at)
        yield {
            **shape,
            "_id": id_,
            "customer_id": f"{customer:032x}",
            "campaign_id": CAMPAIGNS[campaign],
            "channel": CHANNELS[channel],
            "score": score,
            "score_class": _CLASSES[score],
            "comment": COMMENTS[comment],
            "provisional": flags == 1,
            "suspected_automatic": flags == 2,
            "language": ATTRIBUTES[then]["language"],
            "attributes": _RAW[then],
            "answered_at": moment,
            "changed_at": moment,
        }


def customers_of(crowd: Crowd, phase: int) -> Iterator[Body]:
    """The customers that are asked on the same days, as feedback knows them."""
    asked = Round(crowd.customers(phase), phase)
    for customer, now in zip(asked.customers.tolist(), asked.now.tolist(), strict=True):
        yield {"_id": f"{customer:032x}", "seq": 1, **ATTRIBUTES[now]}


def surveys_of(crowd: Crowd, day: int) -> Day:
    """The columns of the surveys that were sent on a day: three for each answer."""
    asked = Round(crowd.customers(day), day)
    many = 2 * len(asked.customers)
    chance = np.random.default_rng(day)
    lot = chance.random(many)
    stage = 1 * (lot < 0.97) + 2 * (lot < 0.55) + 4 * (lot < 0.33) + 8 * (lot < 0.11)
    columns: dict[str, Column] = {
        KEY: chance.integers(0, 256, (many, KEY_BYTES), dtype=np.uint8),
        AT: (asked.at[0] // 86_400 * 86_400 + chance.integers(0, 86_400, many)).astype(np.uint32),
        "stage": stage.astype(np.uint8),
        "campaign_id": Coded(CAMPAIGNS, chance.integers(0, len(CAMPAIGNS), many)),
        "channel": Coded(CHANNELS, chance.integers(0, 2, many)),
        "language": Coded(LANGUAGES, chance.integers(0, len(LANGUAGES), many)),
        "reason": Coded(["recurring"], np.zeros(many, dtype=np.int64)),
    }
    return in_order(columns)
