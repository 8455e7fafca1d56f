"""Between the contracts and profile's own words."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

from sounding_contracts.customers import CustomerChanged
from sounding_contracts.dispatches import DispatchChanged
from sounding_contracts.envelope import Event
from sounding_contracts.integrations import CustomerFacts, CustomerSync, TagChange
from sounding_contracts.responses import ResponseChanged

from chassis.errors import Invalid, Refusal
from services.profile.domain.contact import by_standards
from services.profile.domain.customer import (
    TEXT_FIELDS,
    USER,
    Customer,
    Fields,
    Said,
    Stamp,
    Statement,
    Value,
    listed,
    values,
)
from services.profile.domain.history import Answer, Record

RESERVED_SOURCES = frozenset({"manual", "csv"})
RESTORED = "restored"
"""By whom something was said of which only is known that it was."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def statement_of(event: Event[CustomerSync]) -> Statement:
    """What a sync event says. Raises `Invalid` where it names nobody or speaks under a reserved name."""
    sync = event.data
    if sync is None:
        raise _invalid("a sync event must have a body; use deleted: true to delete", "data")
    if event.source.casefold() in RESERVED_SOURCES or event.source.startswith(USER):
        raise _invalid(f"{event.source} is reserved; use the integration's name", "source")
    if event.subject is None and sync.email is None:
        raise _invalid("give the integration's customer id as subject, data.email, or both", "subject")
    return facts_said(sync, Stamp(event.time or EPOCH, event.source, event.id), deleted=sync.deleted)


@contextmanager
def in_data() -> Iterator[None]:
    """Names the field at fault by its place in the event."""
    try:
        yield
    except Refusal as refusal:
        if refusal.field and refusal.field.split(".")[0] in CustomerFacts.model_fields:
            raise type(refusal)(
                refusal.code, refusal.reason, field=f"data.{refusal.field}", **refusal.facts
            ) from refusal
        raise


def facts_said(facts: CustomerFacts, stamp: Stamp, *, deleted: bool = False) -> Statement:
    """What someone says of a customer, as a statement."""
    said = facts.model_fields_set
    return Statement(
        stamp=stamp,
        fields=by_standards({name: getattr(facts, name) or None for name in TEXT_FIELDS if name in said}),
        properties={name: _value(value) for name, value in facts.properties.items()},
        **_tags(facts, said),
        deleted=deleted,
    )


def plainly_said(said: Mapping[str, Any], stamp: Stamp) -> Statement:
    """As `facts_said`, of facts that need no check: texts by name, `properties`, and `tags` to add."""
    return Statement(
        stamp=stamp,
        fields=by_standards({name: said[name] for name in TEXT_FIELDS if name in said}),
        properties=said.get("properties", {}),
        add_tags=said["tags"]["add"] if "tags" in said else (),
    )


def _tags(facts: CustomerFacts, said: set[str]) -> dict[str, list[str]]:
    if "tags" not in said:
        return {}
    if isinstance(facts.tags, TagChange):
        return {"add_tags": facts.tags.add, "remove_tags": facts.tags.remove}
    return {"set_tags": facts.tags or []}


def _value(value: object) -> Value:
    return tuple(value) if isinstance(value, list) else cast("Value", value)


def _invalid(reason: str, field: str) -> Invalid:
    code = "sync-not-valid"
    return Invalid(code, reason, field=field)


def customer_changed(customer: Customer) -> CustomerChanged:
    """A customer as others see it."""
    contact = customer.contact
    return CustomerChanged.model_validate(
        {
            **values(customer.fields),
            "id": customer.id,
            "external_ids": customer.external_ids,
            "tags": customer.tag_labels,
            "properties": {name: listed(value) for name, value in customer.property_values.items()},
            "canonical_email": customer.canonical_email,
            "phone_e164": contact.phone_e164,
            "country_name": contact.country_name,
            "state_code": contact.state_code,
            "state_name": contact.state_name,
            "source": customer.source,
            "source_detail": customer.source_detail,
            "created_at": customer.created_at,
            "changed_at": customer.changed_at,
            "deleted_at": customer.deleted_at,
        }
    )


def customer_told(event: Event[CustomerChanged], known: Customer | None) -> Customer | None:
    """A customer as others know it: what is otherwise than it was known here was said by nobody knows whom."""
    told = event.data
    if told is None or event.seq is None:
        return None
    stamp = Stamp(event.time or told.changed_at, RESTORED, event.id)
    had = known or Customer(id=told.id, source=told.source, created_at=told.created_at, changed_at=told.changed_at)
    tags: dict[str, Value] = {label.casefold(): label for label in told.tags}
    deleted = Said(told.deleted_at is not None, replace(stamp, at=told.deleted_at or stamp.at))
    return replace(
        had,
        seq=event.seq,
        source_detail=told.source_detail,
        changed_at=told.changed_at,
        external_ids=dict(told.external_ids),
        fields=_as_told(had.fields, {name: getattr(told, name) for name in TEXT_FIELDS}, stamp),
        properties=_as_told(had.properties, {name: _value(value) for name, value in told.properties.items()}, stamp),
        tags=_as_told(had.tags, tags, stamp),
        deletion=had.deletion if had.deletion and had.deletion.value == deleted.value else deleted,
    )


def _as_told(known: Fields, told: Mapping[str, Value], stamp: Stamp) -> Fields:
    """What was known and was told so keeps who said it; what was told of no more has been cleared."""
    now = {**dict.fromkeys(known), **{name: value for name, value in told.items() if value is not None}}
    return {
        name: known[name] if name in known and known[name].value == value else Said(value, stamp)
        for name, value in now.items()
    }


def answer_of(response: ResponseChanged) -> Answer:
    """What of an answer counts for the score trend."""
    return Answer(
        response_id=response.id,
        score=response.score,
        score_class=response.score_class,
        answered_at=response.answered_at,
        counts=not response.suspected_automatic,
    )


def record_of(dispatch: DispatchChanged) -> Record:
    """How far a survey came."""
    return Record(
        campaign_id=dispatch.campaign_id,
        sent=dispatch.sent_at is not None,
        delivered=dispatch.delivered_at is not None,
        opened=dispatch.opened_at is not None,
        responded=dispatch.responded_at is not None,
    )
