"""A customer, and how it changes when someone tells us something."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from commons.email import canonical_email

from .contact import Contact, contact

Value = str | int | float | bool | tuple[str, ...] | None

TEXT_FIELDS = (
    "first_name",
    "last_name",
    "job_title",
    "company",
    "email",
    "phone",
    "city",
    "state",
    "country",
    "language",
    "timezone",
)


USER = "user:"
"""How the name of a teller begins who is a person at the console, not an integration."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """When something was said by the teller's clock, by whom, in which event.

    The greater stamp holds; the event's id decides between equal moments, so that all agree.
    """

    at: datetime
    by: str
    event_id: str

    def after(self, other: "Stamp") -> bool:
        """Whether this was said later."""
        return self.at > other.at or (self.at == other.at and self.event_id > other.event_id)


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of one thing, and when, by whom."""

    value: Value
    stamp: Stamp


Fields = Mapping[str, Said]


@dataclass(frozen=True, slots=True)
class Past:
    """A value that a field had, or was told too late to have; `properties.` stands before a property's name."""

    field: str
    value: Value
    stamp: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """All that one event or one person said of a customer at one moment; what was left out is not in it.

    `set_tags` replaces all tags, `add_tags` and `remove_tags` change some. `deleted` is said each time:
    to speak of a customer as of one that exists brings a deleted one back.
    """

    stamp: Stamp
    fields: Mapping[str, Value] = field(default_factory=dict)
    properties: Mapping[str, Value] = field(default_factory=dict)
    set_tags: Sequence[str] | None = None
    add_tags: Sequence[str] = ()
    remove_tags: Sequence[str] = ()
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A customer, with who said what and when; `pinned` fields are changed by people only.

    `past` is what was displaced since it was read, to be put into its history.
    """

    id: str
    seq: int = 0
    source: str
    source_detail: str | None = None
    created_at: datetime
    changed_at: datetime
    external_ids: Mapping[str, str] = field(default_factory=dict)
    fields: Fields = field(default_factory=dict)
    properties: Fields = field(default_factory=dict)
    tags: Fields = field(default_factory=dict)
    tags_set: Stamp | None = None
    pinned: frozenset[str] = frozenset()
    deletion: Said | None = None
    past: tuple[Past, ...] = field(default=(), compare=False)

    @property
    def canonical_email(self) -> str | None:
        """Its address as one mailbox has it."""
        address = self.text("email")
        return canonical_email(address) if address else None

    @property
    def contact(self) -> Contact:
        """What the standards make of its number, country, state, language and zone."""
        return contact(*map(self.text, ("phone", "country", "state", "language", "timezone")))

    @property
    def visible(self) -> tuple[object, ...]:
        """What others can see of it: where this stays equal, there is nothing to tell."""
        said = (self.fields, self.properties, self.tags)
        return (*map(values, said), self.external_ids, self.deleted_at is not None)

    def text(self, name: str) -> str | None:
        """A field's value now."""
        said = self.fields.get(name)
        return said.value if said is not None and isinstance(said.value, str) else None

    @property
    def deleted_at(self) -> datetime | None:
        """Since when nobody may survey it."""
        return self.deletion.stamp.at if self.deletion is not None and self.deletion.value else None

    @property
    def tag_labels(self) -> list[str]:
        """Its tags as typed, in order."""
        return sorted((str(label) for label in values(self.tags).values()), key=str.casefold)

    @property
    def tag_keys(self) -> list[str]:
        """Its tags as they are compared: without case."""
        return sorted(values(self.tags))

    @property
    def tags_stamp(self) -> Stamp | None:
        """When its tags became what they are."""
        stamps = [*(said.stamp for said in self.tags.values()), *([self.tags_set] if self.tags_set else [])]
        return max(stamps, key=lambda stamp: (stamp.at, stamp.event_id), default=None)

    @property
    def property_values(self) -> dict[str, Value]:
        """Its properties by name, without the removed."""
        return values(self.properties)


def values(fields: Fields) -> dict[str, Value]:
    """What holds now, by name, without the cleared."""
    return {name: said.value for name, said in fields.items() if said.value is not None}


def source_label(customer: Customer) -> str:
    """How it was added, as people read it."""
    names = {"manual": "Manually", "csv": "CSV"}
    label = names.get(customer.source, customer.source)
    return f"{label}: {customer.source_detail}" if customer.source_detail else label


def listed(value: Value) -> Value | list[str]:
    """A property's value as JSON has it."""
    return list(value) if isinstance(value, tuple) else value


def hear(customer: Customer, statement: Statement, external_id: str | None = None) -> Customer:
    """The customer after a statement: newer wins field by field, what was left out stays, null clears.

    `external_id` is what the teller calls it. The order in which statements arrive changes nothing,
    nor does a second hearing.
    """
    stamp, fields = statement.stamp, _allowed(customer, statement)
    tags, tags_set = _heard_tags(customer, statement)
    deletion = _later(customer.deletion, Said(statement.deleted, stamp))
    external_ids = customer.external_ids
    if external_id is not None and external_ids.get(stamp.by) != external_id:
        external_ids = {**external_ids, stamp.by: external_id}
    return Customer(
        id=customer.id,
        seq=customer.seq,
        source=customer.source,
        source_detail=customer.source_detail,
        created_at=customer.created_at,
        changed_at=customer.changed_at,
        external_ids=external_ids,
        fields=_newer(customer.fields, stamp, fields),
        properties=_newer(customer.properties, stamp, statement.properties),
        tags=tags,
        tags_set=tags_set,
        pinned=customer.pinned,
        deletion=deletion,
        past=_past(customer, statement, fields, tags, deletion) if customer.deletion else customer.past,
    )


def _past(
    customer: Customer, statement: Statement, fields: Mapping[str, Value], tags: Fields, deletion: Said
) -> tuple[Past, ...]:
    """What was displaced so far and is now; one who was never spoken of has no past."""
    stamp = statement.stamp
    return (
        *customer.past,
        *_displaced("", customer.fields, stamp, fields),
        *_displaced("properties.", customer.properties, stamp, statement.properties),
        *_other_past(customer, tags, deletion),
    )


def _displaced(prefix: str, known: Fields, stamp: Stamp, values: Mapping[str, Value]) -> Iterator[Past]:
    """Of two values the older: what was known, or what came too late."""
    if known:
        for name, value in values.items():
            said = known.get(name)
            if said is None or said.value == value or said.stamp == stamp:
                continue
            yield (
                Past(prefix + name, said.value, said.stamp)
                if stamp.after(said.stamp)
                else Past(prefix + name, value, stamp)
            )


def _other_past(customer: Customer, tags: Fields, deletion: Said) -> Iterator[Past]:
    if tags is not customer.tags and values(tags) != values(customer.tags):
        since = customer.tags_stamp
        if since:
            yield Past("tags", tuple(customer.tag_labels), since)
    known = customer.deletion
    if known is not None and known.value != deletion.value:
        yield Past("deleted", known.value, known.stamp)


def pinned(customer: Customer, names: Iterable[str]) -> Customer:
    """The customer with these fields held against syncs, and no others."""
    return replace(customer, pinned=frozenset(names))


def _allowed(customer: Customer, statement: Statement) -> Mapping[str, Value]:
    if not customer.pinned or statement.stamp.by.startswith(USER):
        return statement.fields
    return {name: value for name, value in statement.fields.items() if name not in customer.pinned}


def _newer(known: Fields, stamp: Stamp, values: Mapping[str, Value]) -> Fields:
    if not values:
        return known
    if not known:
        return {name: Said(value, stamp) for name, value in values.items()}
    heard = dict(known)
    for name, value in values.items():
        if name not in known or stamp.after(known[name].stamp):
            heard[name] = Said(value, stamp)
    return heard


def _later(known: Said | None, said: Said) -> Said:
    return said if known is None or said.stamp.after(known.stamp) else known


def _heard_tags(customer: Customer, statement: Statement) -> tuple[Fields, Stamp | None]:
    if statement.set_tags is None and not statement.add_tags and not statement.remove_tags:
        return customer.tags, customer.tags_set
    labels: dict[str, str | None] = {_key(label): None for label in statement.remove_tags}
    labels |= {_key(label): label.strip() for label in (*(statement.set_tags or ()), *statement.add_tags)}
    tags = _newer(customer.tags, statement.stamp, labels)
    since = customer.tags_set
    if statement.set_tags is not None and (since is None or statement.stamp.after(since)):
        since = statement.stamp
    if since is not None:
        tags = {key: said for key, said in tags.items() if not since.after(said.stamp)}
    return tags, since


def _key(label: str) -> str:
    return label.strip().casefold()
