"""An answer as colleagues put it right, or see to it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from chassis.errors import Conflict, Invalid

from .response import Response, read_comment
from .scoring import in_scale, scale
from .work import tagged

ANSWER = ("score", "comment", "provisional", "suspected_automatic", "answered_at")
WORK = ("state", "assigned_to")


def edited(response: Response, values: Mapping[str, Any], now: datetime) -> Response:
    """The answer with what is said in place; `tags` is a list of all, or what to `add` and to `remove`.

    Raises `Invalid` for what cannot be an answer, and `Conflict` where its customer was erased.
    """
    if response.erased and not set(values).isdisjoint({"comment", "tags"}):
        code, reason = "customer-erased", "Nothing is kept of who answered."
        raise Conflict(code, reason)
    said = {name: values[name] for name in ANSWER if name in values}
    if "comment" in said:
        said["comment"] = read_comment(said["comment"])
    work = replace(response.work, **{name: values[name] for name in WORK if name in values})
    if "tags" in values:
        tags = values["tags"]
        change = tags if isinstance(tags, Mapping) else {"add": tags, "remove": work.tags}
        work = tagged(work, **change)
    after = replace(response, **said, work=work)
    _check(after, now)
    return response if after == response else replace(after, changed_at=now)


def action_of(before: Response, after: Response) -> str:
    """What was done, in a word: of several things the weightiest."""
    if any(getattr(before, name) != getattr(after, name) for name in ANSWER):
        return "correct"
    if before.work.state is not after.work.state:
        return {"open": "reopen", "resolved": "resolve"}[after.work.state]
    return "assign" if before.work.assigned_to != after.work.assigned_to else "tag"


def _check(response: Response, now: datetime) -> None:
    low, high = scale(response.metric)
    if not in_scale(response.metric, response.score):
        code, reason = "score-not-valid", f"must be a whole number from {low} to {high}"
        raise Invalid(code, reason, field="score")
    if response.answered_at > now:
        code, reason = "answered-at-not-valid", "must not lie ahead"
        raise Invalid(code, reason, field="answered_at")
