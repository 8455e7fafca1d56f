"""Rows of a database table, as Debezium and Kafka Connect's JDBC source write them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services.profile.domain.connectors.bodies import Json, moment, property_name, property_value, sync, text
from services.profile.domain.customer import TEXT_FIELDS

_READ = ("c", "u", "r")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Whose table it is, which column names the customer, and what becomes of the columns.

    `columns` maps to fields, `tags` or `properties.NAME`; columns not named are left out.
    """

    source: str
    key: str
    columns: Mapping[str, str] = field(default_factory=dict)
    changed_at: str | None = None


class NoRow(ValueError):
    """A record that is no row of the table; says why, without its values."""


def customer_sync(table: Table, value: Json | None, *, id_: str) -> dict[str, Any] | None:
    """What a record says; None where it says nothing: a truncation, a tombstone.

    A tombstone is passed over on purpose. It carries no time of the database, so by any other clock it might undo a
    row that was made anew; the deletion before it, or `__deleted`, says when. Raises `NoRow`.
    """
    if value is None:
        return None
    payload = value.get("payload", value) if "schema" in value else value
    if payload is None:
        return None
    if not isinstance(payload, Mapping):
        raise NoRow("its payload is no object")
    if "op" in payload and ("after" in payload or "before" in payload):
        return _changed(table, payload, id_)
    deleted = payload.get("__deleted") in (True, "true")
    return _sync(table, payload, id_=id_, deleted=deleted, at=moment(payload.get("__ts_ms")))


def _changed(table: Table, payload: Json, id_: str) -> dict[str, Any] | None:
    op, origin = payload["op"], payload.get("source")
    at = moment(origin.get("ts_ms") if isinstance(origin, Mapping) else None) or moment(payload.get("ts_ms"))
    if op == "d":
        return _sync(table, payload.get("before"), id_=id_, deleted=True, at=at)
    if op not in _READ:
        return None
    return _sync(table, payload.get("after"), id_=id_, deleted=False, at=at)


def _sync(table: Table, row: object, *, id_: str, deleted: bool, at: str | None) -> dict[str, Any]:
    if not isinstance(row, Mapping):
        raise NoRow("it has no row; a deletion needs the row's key before it (REPLICA IDENTITY, or before)")
    subject = text(row.get(table.key))
    if not subject:
        raise NoRow(f"its column {table.key} is empty or missing")
    stated = row.get(table.changed_at) if table.changed_at else None
    time = (stated if isinstance(stated, str) else moment(stated)) or at
    data = {"deleted": True} if deleted else _data(table, row)
    return sync(id_=id_, source=table.source, subject=subject, time=time, data=data)


def _data(table: Table, row: Json) -> dict[str, Any]:
    data: dict[str, Any] = {}
    properties: dict[str, Any] = {}
    for column, to in table.columns.items():
        if column not in row:
            continue
        value = row[column]
        if to in TEXT_FIELDS:
            data[to] = text(value)
        elif to == "tags":
            data[to] = (
                value
                if isinstance(value, list)
                else [one.strip() for one in (text(value) or "").split(",") if one.strip()]
            )
        else:
            properties[property_name(to.removeprefix("properties."))] = property_value(value)
    return {**data, **({"properties": properties} if properties else {})}
