"""A customer, and how it changes when someone tells us something."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What was said of one thing, when by the teller's clock, by whom, in which event."""

    value: Value
    at: datetime
    by: str
    event_id: str

    @property
    def rank(self) -> tuple[datetime, str]:
        """The later rank holds; the event's id decides between equal moments, so that all agree."""
        return (self.at, self.event_id)


Fields = Mapping[str, Said]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """All that one event or one person said of a customer at one moment; what was left out is not in it.

    `set_tags` replaces all tags, `add_tags` and `remove_tags` change some. `deleted` is said each time:
    to speak of a customer as of one that exists brings a deleted one back.
    """

    at: datetime
    by: str
    event_id: str
    fields: Mapping[str, Value] = field(default_factory=dict)
    properties: Mapping[str, Value] = field(default_factory=dict)
    set_tags: Sequence[str] | None = None
    add_tags: Sequence[str] = ()
    remove_tags: Sequence[str] = ()
    deleted: bool = False

    def said(self, value: Value) -> Said:
        """One thing of it."""
        return Said(value=value, at=self.at, by=self.by, event_id=self.event_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A customer, with who said what and when; `pinned` fields are changed by people only."""

    id: str
    seq: int = 0
    source: str
    source_detail: str | None = None
    created_at: datetime
    changed_at: datetime
    external_ids: Mapping[str, str] = field(default_factory=dict)
    canonical_email: str | None = None
    fields: Fields = field(default_factory=dict)
    properties: Fields = field(default_factory=dict)
    tags: Fields = field(default_factory=dict)
    tags_set: Said | None = None
    pinned: frozenset[str] = frozenset()
    deletion: Said | None = None

    @property
    def visible(self) -> tuple[object, ...]:
        """What others can see of it: where this stays equal, there is nothing to tell."""
        return (
            {name: said.value for name, said in self.fields.items() if said.value is not None},
            self.tag_labels,
            self.property_values,
            self.external_ids,
            self.deleted_at is not None,
        )

    def text(self, name: str) -> str | None:
        """A field's value now."""
        said = self.fields.get(name)
        return said.value if said is not None and isinstance(said.value, str) else None

    @property
    def deleted_at(self) -> datetime | None:
        """Since when nobody may survey it."""
        return self.deletion.at if self.deletion is not None and self.deletion.value else None

    @property
    def tag_labels(self) -> list[str]:
        """Its tags as typed, in order."""
        held = (str(said.value) for said in self.tags.values() if said.value is not None)
        return sorted(held, key=str.casefold)

    @property
    def property_values(self) -> dict[str, Value]:
        """Its properties by name, without the removed."""
        return {name: said.value for name, said in sorted(self.properties.items()) if said.value is not None}


def hear(customer: Customer, statement: Statement) -> Customer:
    """The customer after a statement: newer wins field by field, what was left out stays, null clears.

    The order in which statements arrive changes nothing, nor does a second hearing.
    """
    heard = replace(
        customer,
        fields=_newer(customer.fields, statement, _allowed(customer, statement)),
        properties=_newer(customer.properties, statement, statement.properties),
        deletion=_later(customer.deletion, statement.said(value=statement.deleted)),
    )
    return _hear_tags(heard, statement)


def _allowed(customer: Customer, statement: Statement) -> Mapping[str, Value]:
    if not customer.pinned or statement.by.startswith("user:"):
        return statement.fields
    return {name: value for name, value in statement.fields.items() if name not in customer.pinned}


def _newer(known: Fields, statement: Statement, values: Mapping[str, Value]) -> Fields:
    rank = (statement.at, statement.event_id)
    news = {
        name: statement.said(value)
        for name, value in values.items()
        if name not in known or rank > known[name].rank
    }
    return {**known, **news} if news else known


def _later(known: Said | None, said: Said) -> Said:
    return said if known is None or said.rank > known.rank else known


def _hear_tags(customer: Customer, statement: Statement) -> Customer:
    if statement.set_tags is None and not statement.add_tags and not statement.remove_tags:
        return customer
    labels: dict[str, str | None] = {_key(label): None for label in statement.remove_tags}
    labels |= {_key(label): label.strip() for label in (*(statement.set_tags or ()), *statement.add_tags)}
    tags = _newer(customer.tags, statement, labels)
    tags_set = customer.tags_set
    if statement.set_tags is not None:
        tags_set = _later(tags_set, statement.said(None))
    if tags_set is not None:
        since = tags_set.rank
        tags = {key: said for key, said in tags.items() if said.rank >= since}
    return replace(customer, tags=tags, tags_set=tags_set)


def _key(label: str) -> str:
    return label.strip().casefold()
