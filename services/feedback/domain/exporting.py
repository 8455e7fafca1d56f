"""Answers as rows of a table: for spreadsheets, and for those who calculate."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

FORMULA = ("=", "+", "-", "@", "\t", "\r")
COLUMNS = (
    *("id", "customer_id", "campaign_id", "campaign_name", "dispatch_id", "channel", "metric", "score", "score_class"),
    *("comment", "language", "answered_at", "changed_at", "provisional", "suspected_automatic", "added_by", "past"),
    *("import_id", "work_state", "work_assigned_to", "work_tags", "work_note_count"),
    *("customer_company", "customer_city", "customer_state", "customer_country", "customer_language"),
    *("customer_tags", "customer_properties"),
)
NESTED = {"work_": "work", "customer_": "attributes"}


def values(answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer as the API shows it, in one level, by the names of `COLUMNS`."""
    flat = {f"{prefix}{name}": one for prefix, part in NESTED.items() for name, one in (answer[part] or {}).items()}
    found = {**flat, **{name: one for name, one in answer.items() if name not in NESTED.values()}}
    return {name: found.get(name) for name in COLUMNS}


def cells(answer: Mapping[str, Any]) -> list[str]:
    """The same as a spreadsheet has it."""
    return [cell(one) for one in values(answer).values()]


def cell(value: object) -> str:
    """A value as text: lists with semicolons, objects as JSON; a quote before what a spreadsheet would calculate."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return _safe(as_json(value)) if value else ""
    if isinstance(value, Iterable) and not isinstance(value, str):
        return _safe("; ".join(str(one) for one in value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return _safe(value) if isinstance(value, str) else str(value)


def as_json(value: object) -> str:
    """The same text for the same value."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text
