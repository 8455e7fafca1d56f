"""HubSpot's contacts: as its CRM API gives them, and as its webhooks tell of changes."""

from typing import Any

from services.profile.domain.connectors.bodies import Json, moment, property_name, property_value, sync, text

SOURCE = "hubspot"
_FIELDS = {
    "email": "email",
    "firstname": "first_name",
    "lastname": "last_name",
    "jobtitle": "job_title",
    "company": "company",
    "phone": "phone",
    "city": "city",
    "state": "state",
    "country": "country",
    "hs_language": "language",
    "hs_timezone": "timezone",
}
_OF_HUBSPOT = {"createdate", "lastmodifieddate"}
_DELETIONS = {"contact.deletion", "contact.privacyDeletion"}


def customer_sync(body: Json) -> dict[str, Any] | None:
    """What a contact or a webhook's event says; None for one of something else, or that changes nothing of a contact."""
    if "properties" in body:
        return _contact(body)
    return _event(body)


def _contact(body: Json) -> dict[str, Any] | None:
    id_, properties = text(body.get("id") or body.get("vid")), body["properties"]
    if not id_ or not isinstance(properties, dict):
        return None
    at = text(body.get("updatedAt"))
    version = at or text(properties.get("lastmodifieddate")) or ""
    if body.get("archived") is True:
        archived = text(body.get("archivedAt")) or at
        data: dict[str, Any] = {"deleted": True}
        return sync(id_=f"contact-{id_}-{archived}-archived", source=SOURCE, subject=id_, time=archived, data=data)
    return sync(id_=f"contact-{id_}-{version}", source=SOURCE, subject=id_, time=at, data=_data(properties))


def _event(body: Json) -> dict[str, Any] | None:
    id_, kind = text(body.get("objectId")), body.get("subscriptionType")
    name = text(body.get("propertyName"))
    if not id_ or not isinstance(kind, str) or not kind.startswith("contact."):
        return None
    if kind == "contact.propertyChange" and name:
        data = _data({name: body.get("propertyValue")})
    elif kind in _DELETIONS:
        data = {"deleted": True}
    else:
        return None
    event_id = f"event-{text(body.get('eventId'))}-{id_}-{kind}-{name or ''}-{text(body.get('occurredAt'))}"
    return (
        sync(id_=event_id, source=SOURCE, subject=id_, time=moment(body.get("occurredAt")), data=data) if data else None
    )


def _data(properties: Json) -> dict[str, Any]:
    data: dict[str, Any] = {
        ours: text(_value(properties[theirs])) for theirs, ours in _FIELDS.items() if theirs in properties
    }
    others = {
        property_name(name): _value(value)
        for name, value in properties.items()
        if name not in _FIELDS and name not in _OF_HUBSPOT and not name.startswith("hs_")
    }
    kept = {name: None if value == "" else property_value(value) for name, value in others.items()}
    return {**data, **({"properties": kept} if kept else {})}


def _value(value: object) -> object:
    """Its older API wraps values."""
    return value.get("value") if isinstance(value, dict) else value
