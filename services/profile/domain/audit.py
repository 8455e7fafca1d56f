"""What people did with a customer: who, when, and what it was before and after."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from .customer import Customer, Value, listed

Plain = Value | list[str]


class Outcome(StrEnum):
    """How it ended. What another service was asked to do and never answered stays `asked`."""

    ASKED = "asked"
    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that became another."""

    before: Plain
    after: Plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One action of a person; `details` is what was asked for, `changes` what it changed here, by field."""

    id: str
    customer_id: str
    action: str
    by: str
    at: datetime
    outcome: Outcome = Outcome.DONE
    code: str | None = None
    details: Mapping[str, Plain] = field(default_factory=dict)
    changes: Mapping[str, Change] = field(default_factory=dict)


def changes(before: Customer | None, after: Customer) -> dict[str, Change]:
    """What is another now, by field; `properties.` stands before a property's name."""
    was, is_ = dict(_parts(before) if before else ()), dict(_parts(after))
    names = [*is_, *(name for name in was if name not in is_)]
    found = {name: Change(before=was.get(name), after=is_.get(name)) for name in names}
    return {name: change for name, change in found.items() if change.before != change.after}


def _parts(customer: Customer) -> Iterator[tuple[str, Plain]]:
    yield from ((name, said.value) for name, said in customer.fields.items() if said.value is not None)
    yield from ((f"properties.{name}", listed(value)) for name, value in customer.property_values.items())
    yield from ((f"external_ids.{source}", id_) for source, id_ in customer.external_ids.items())
    lists = {"tags": customer.tag_labels, "pinned": sorted(customer.pinned)}
    yield from ((name, found) for name, found in lists.items() if found)
    if customer.deleted_at is not None:
        yield "deleted", True
