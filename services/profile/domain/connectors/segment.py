"""Segment's `identify` calls, single or in a batch."""

from collections.abc import Iterator
from typing import Any

from services.profile.domain.connectors.bodies import Json, property_name, property_value, sync, text

SOURCE = "segment"
_FIELDS = {
    "email": "email",
    "firstName": "first_name",
    "first_name": "first_name",
    "lastName": "last_name",
    "last_name": "last_name",
    "phone": "phone",
    "title": "job_title",
    "locale": "language",
    "timezone": "timezone",
}
_ADDRESS = {"city": "city", "state": "state", "country": "country"}
_NO_PROPERTY = {"id", "name", "company", "address", "avatar", "createdAt"}


def calls(body: Json) -> list[Json]:
    """The calls of a body: of a batch all, else the one."""
    batch = body.get("batch")
    if not isinstance(batch, list):
        return [body]
    sent = {"context": body.get("context"), "timestamp": body.get("sentAt")}
    return [{**{name: value for name, value in sent.items() if value}, **one} for one in batch if isinstance(one, dict)]


def customer_sync(call: Json) -> dict[str, Any] | None:
    """What a call says of a customer; None where it is no identify, or of somebody with neither id nor address."""
    traits = call.get("traits")
    traits = traits if isinstance(traits, dict) else {}
    context = call.get("context")
    user, email, id_ = text(call.get("userId")), text(traits.get("email")), text(call.get("messageId"))
    if call.get("type") != "identify" or not (user or email) or not id_:
        return None
    at = text(call.get("originalTimestamp")) or text(call.get("timestamp"))
    return sync(
        id_=id_, source=SOURCE, subject=user, time=at, data=_data(traits, context if isinstance(context, dict) else {})
    )


def _data(traits: Json, context: Json) -> dict[str, Any]:
    data = dict(_own(traits))
    for name in ("locale", "timezone"):
        if name not in traits and text(context.get(name)):
            data[_FIELDS[name]] = text(context[name])
    properties = {
        property_name(name): value if value is None else property_value(value)
        for name, value in traits.items()
        if name not in _FIELDS and name not in _NO_PROPERTY and property_name(name)
        if value is None or property_value(value) is not None
    }
    return {**data, **({"properties": properties} if properties else {})}


def _own(traits: Json) -> Iterator[tuple[str, Any]]:
    company, address, name = traits.get("company"), traits.get("address"), text(traits.get("name"))
    if name and not {"firstName", "lastName", "first_name", "last_name"} & traits.keys():
        first, _, last = name.strip().rpartition(" ")
        yield from (("first_name", first or last), ("last_name", last if first else None))
    if "company" in traits:
        yield "company", text(company.get("name") if isinstance(company, dict) else company)
    for theirs, ours in _ADDRESS.items():
        if isinstance(address, dict) and theirs in address:
            yield ours, text(address[theirs])
    for theirs, ours in _FIELDS.items():
        if theirs in traits:
            yield ours, text(traits[theirs])
