"""Work over many customers, done in the background step by step."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from chassis.errors import Conflict


class Kind(StrEnum):
    """What is done with each customer."""

    EDIT = "edit"
    DELETE = "delete"
    RESTORE = "restore"
    UNSUBSCRIBE = "unsubscribe"
    RESUBSCRIBE = "resubscribe"
    SEND_SURVEY = "send-survey"
    RESET_LAST_SURVEY = "reset-last-survey"


OWNED = frozenset({Kind.UNSUBSCRIBE, Kind.RESUBSCRIBE, Kind.SEND_SURVEY, Kind.RESET_LAST_SURVEY})
"""What another service does: it is asked for each customer."""


class State(StrEnum):
    """How far it is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN = frozenset({State.QUEUED, State.RUNNING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Work over all customers that `wanted` finds, by id; `cursor` is where the next step begins.

    `edit` is what to change, for the kind `edit`; `asked` is what the owner is told. With its last step the catalogue forgets the property `forgets`.
    `label` says in words what it is.
    """

    id: str
    kind: Kind
    label: str
    wanted: Mapping[str, Any] = field(default_factory=dict)
    edit: Mapping[str, Any] = field(default_factory=dict)
    asked: Mapping[str, str] = field(default_factory=dict)
    forgets: str | None = None
    state: State = State.QUEUED
    reason: str | None = None
    cursor: str | None = None
    total: int | None = None
    looked_at: int = 0
    changed: int = 0
    refused: int = 0
    by: str
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A customer with whom it could not be done, and why."""

    customer_id: str
    code: str
    reason: str


def stepped(job: Job, *, looked_at: int, changed: int, cursor: str | None, now: datetime, refused: int = 0) -> Job:
    """The job after a step; without a cursor it was the last one."""
    return replace(
        job,
        state=State.RUNNING if cursor else State.DONE,
        cursor=cursor,
        looked_at=job.looked_at + looked_at,
        changed=job.changed + changed,
        refused=job.refused + refused,
        reason=None,
        changed_at=now,
    )


def waiting(job: Job, reason: str, now: datetime) -> Job:
    """The job while something that it needs is away."""
    return replace(job, state=State.RUNNING, reason=reason, changed_at=now)


def failed(job: Job, reason: str, now: datetime) -> Job:
    """No step more, since a rule stands against it."""
    return replace(job, state=State.FAILED, reason=reason, changed_at=now)


def cancelled(job: Job, now: datetime) -> Job:
    """No step more; what was done stays. Raises `Conflict` where it has ended."""
    if job.state is State.CANCELLED:
        return job
    if job.state not in OPEN:
        code, reason = "job-ended", "This job has ended already."
        raise Conflict(code, reason)
    return replace(job, state=State.CANCELLED, changed_at=now)
