"""What is said to the house in a run: decided by the seed alone, and what must come of it, by a model that knows none of ours.

The model is written against the contract, plainly: for each field the statement with the latest time wins, and
between equal times the greater id; an event whose id was met before says nothing.
"""

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
FIELDS = ("first_name", "last_name", "company", "city")
TAGS = ("vip", "beta", "trial")


@dataclass(frozen=True, slots=True)
class Said:
    """One sync event. Without `time` the moment of publishing counts, so such events win in the order of publishing."""

    id: str
    number: int
    time: datetime | None
    data: dict[str, Any]

    @property
    def key(self) -> str:
        """The integration's id of the customer, and the record's key."""
        return f"c-{self.number}"

    @property
    def value(self) -> bytes:
        """The record's value."""
        head = {"specversion": "1.0", "id": self.id, "source": "crm", "type": "customer.sync", "subject": self.key}
        moment = {"time": self.time.isoformat()} if self.time else {}
        return json.dumps({**head, **moment, "data": self.data}).encode()


@dataclass(frozen=True, slots=True)
class Poison:
    """A record that nobody can apply; each is unlike any other."""

    key: str
    value: bytes


Record = Said | Poison


@dataclass(slots=True)
class Expected:
    """A customer as it must be at the end."""

    fields: dict[str, Any] = field(default_factory=dict)
    tags: set[str] = field(default_factory=set)
    properties: dict[str, Any] = field(default_factory=dict)
    deleted: bool = False


def address(number: int) -> str:
    """The address of a customer."""
    return f"p{number}@example.com"


def refuses(number: int) -> bool:
    """Who says no before a campaign could reach them."""
    return number % 10 == 5


def answers(number: int) -> bool:
    """Who answers the survey."""
    return number % 2 == 0


def leaves(number: int) -> bool:
    """Who unsubscribes by the mail's link."""
    return number % 7 == 3


def plan(seed: int, customers: int, events: int) -> list[Record]:
    """All records, in the order of publishing."""
    chance = random.Random(seed)
    records: list[Record] = [_first(number) for number in range(customers)]
    while len(records) < events:
        records += _next(chance, len(records), customers, records)
    return records


def tagging(customers: int) -> list[Said]:
    """What tags those who have said no by then, so that only their no holds the survey back."""
    return [
        Said(f"z-{number}", number, BEGIN + timedelta(days=300), {"tags": {"add": ["nps"]}})
        for number in range(customers)
        if refuses(number)
    ]


def _first(number: int) -> Said:
    tags = [] if refuses(number) else ["nps"]
    data = {"email": address(number), "tags": {"add": tags}, "properties": {"seats": 0, "plan": "none"}}
    return Said(f"a-{number}", number, BEGIN, data)


def _next(chance: random.Random, place: int, customers: int, before: Sequence[Record]) -> list[Record]:
    kind = chance.random()
    number = chance.randrange(customers)
    if kind < 0.05:
        return [_poison(chance, place, number)]
    if kind < 0.25:
        earlier = chance.choice(before)
        return [earlier] if isinstance(earlier, Said) else []
    if number % 3 == 0 and kind < 0.6:
        return [Said(f"t-{place:06d}", number, None, {"state": f"state {place}"})]
    return [
        Said(
            f"e-{place:06d}", number, BEGIN + timedelta(minutes=chance.randrange(400_000)), _data(chance, place, number)
        )
    ]


def _data(chance: random.Random, place: int, number: int) -> dict[str, Any]:
    data: dict[str, Any] = {name: f"{name} {place}" for name in FIELDS if chance.random() < 0.4}
    if chance.random() < 0.1:
        data[chance.choice(FIELDS)] = None
    if chance.random() < 0.4:
        added, removed = chance.sample(TAGS, 2)
        data["tags"] = {"add": [added], "remove": [removed]}
    if chance.random() < 0.4:
        data["properties"] = {"seats": place, "plan": f"plan {place}"}
    if number % 3 == 1 and chance.random() < 0.1:
        data["deleted"] = True
    return data


def _poison(chance: random.Random, place: int, number: int) -> Poison:
    good = Said(f"p-{place}", number, BEGIN, {"first_name": "never"})
    event = json.loads(good.value)
    values = [
        b'{"specversion": "1.0", "id": "p-%d"' % place,
        b"\xff\xfe%d" % place,
        json.dumps({**event, "data": {"fist_name": "never"}}).encode(),
        json.dumps({**event, "time": "yesterday"}).encode(),
        json.dumps({**event, "data": {"email": "no address", "city": "never"}}).encode(),
        json.dumps({**event, "data": {"properties": {"seats": "not a number"}}}).encode(),
        json.dumps({**event, "data": {"company": "x" * 501}}).encode(),
    ]
    return Poison(good.key, chance.choice(values))


def expected(records: Iterable[Record]) -> dict[int, Expected]:
    """What each customer must be once all records have been read, in this order for each customer."""
    known: set[str] = set()
    said: dict[int, dict[tuple[str, str], tuple[tuple[datetime, str], Any]]] = {}
    for place, record in enumerate(records):
        if isinstance(record, Poison) or record.id in known:
            continue
        known.add(record.id)
        # A statement without a time is as late as its place in the stream, and later than all that have one.
        stamp = (record.time or BEGIN + timedelta(days=3650, milliseconds=place), record.id)
        about = said.setdefault(record.number, {})
        for what, value in _statements(record.data):
            if what not in about or stamp > about[what][0]:
                about[what] = (stamp, value)
    return {number: _customer({what: value for what, (_, value) in about.items()}) for number, about in said.items()}


def _statements(data: dict[str, Any]) -> Iterable[tuple[tuple[str, str], Any]]:
    yield ("deleted", ""), data.get("deleted", False)
    for tag in data.get("tags", {}).get("remove", []):
        yield ("tag", tag), False
    for tag in data.get("tags", {}).get("add", []):
        yield ("tag", tag), True
    for name, value in data.get("properties", {}).items():
        yield ("property", name), value
    for name in (*FIELDS, "email", "state"):
        if name in data:
            yield ("field", name), data[name]


def _customer(values: dict[tuple[str, str], Any]) -> Expected:
    return Expected(
        fields={name: value for (kind, name), value in values.items() if kind == "field"},
        tags={name for (kind, name), holds in values.items() if kind == "tag" and holds},
        properties={name: value for (kind, name), value in values.items() if kind == "property"},
        deleted=bool(values.get(("deleted", ""))),
    )
