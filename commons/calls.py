"""Events that come by HTTP instead of Kafka, many in a call: all of them are taken, or none."""

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from sounding_contracts.envelope import AnyPayload, DecodeError, Event, PayloadTypes, decode

from chassis.errors import Invalid, Refusal

MAX_EVENTS = 1000
Data = TypeVar("Data", bound=AnyPayload)


def by_place(body: Any) -> dict[str, Any]:
    """What a call brings, by the place that each has in it: one event, or a list of them."""
    return {str(place): one for place, one in enumerate(body)} if isinstance(body, list) else {"": body}


def read_events(
    bodies: Mapping[str, Any],
    types: PayloadTypes,
    *,
    kind: str,
    noun: str,
    check: Callable[[Event[Data]], object] = lambda _: None,
) -> list[Event[Data]]:
    """The events, decoded by their types. Raises `Invalid` (`KIND-count`, `KIND-not-valid`) with every fault, by place and field.

    `check` raises a `Refusal` for an event that the contract lets pass and that cannot be taken; `noun` is what they are called.
    """
    if not 1 <= len(bodies) <= MAX_EVENTS:
        code, reason = f"{kind}-count", f"Send 1 to {MAX_EVENTS:,} {noun}; these are {len(bodies):,}."
        raise Invalid(code, reason, field="body")
    events: list[Event[Data]] = []
    faults = []
    for place, one in bodies.items():
        try:
            events.append(_read(one, types, kind))
            check(events[-1])
        except (DecodeError, Refusal) as error:
            field = ".".join(part for part in (place, error.field) if part)
            faults.append({"field": field or "body", "reason": error.reason})
    if faults:
        reason = f"{len(faults):,} of {len(bodies):,} {noun} are not valid; nothing was accepted."
        code = f"{kind}-not-valid"
        raise Invalid(code, reason, errors=faults)
    return events


def _read(one: Any, types: PayloadTypes, kind: str) -> Event[Data]:
    event: Event[Data] = decode(json.dumps(one).encode(), (), types)
    if "\x00" in f"{event.id}{event.source}{event.subject}":
        code, reason = f"{kind}-not-valid", "id, source and subject may not hold a NUL"
        raise Invalid(code, reason)
    return event
