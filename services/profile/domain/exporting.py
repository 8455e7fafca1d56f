"""Customers as rows of a table that spreadsheets may open."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

FORMULA = ("=", "+", "-", "@", "\t", "\r")
COLUMNS = (
    *("id", "first_name", "last_name", "job_title", "company", "email", "phone", "city", "state", "country"),
    *("language", "timezone", "tags", "source", "source_detail", "status", "last_score", "score_trend"),
    *("next_survey_at", "last_survey_at", "created_at", "changed_at", "deleted_at", "external_ids", "properties"),
)


def row(customer: Mapping[str, Any]) -> list[str]:
    """The cells of a customer as the API shows it, in the order of `COLUMNS`."""
    survey = customer.get("next_survey") or {}
    values = {**customer, "next_survey_at": survey.get("at"), "last_survey_at": survey.get("last_survey_at")}
    return [cell(values.get(name)) for name in COLUMNS]


def cell(value: object) -> str:
    """A value as text: lists with semicolons, objects as JSON; a quote before what a spreadsheet would calculate."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return _safe(json.dumps(value, ensure_ascii=False, sort_keys=True)) if value else ""
    if isinstance(value, Iterable) and not isinstance(value, str):
        return _safe("; ".join(str(one) for one in value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return _safe(value) if isinstance(value, str) else str(value)


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text
