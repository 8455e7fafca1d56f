"""Autoreplies: which answer is followed by which mail, and when; at most one for each answer, none for what was before."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from chassis.errors import Invalid

from .response import BY_HAND, Response

BUILT_IN = "built-in-autoreply"
GOOD_FOR = timedelta(hours=72)
MAX_DELAY_MINUTES = 30 * 24 * 60
CODE = "autoreply-not-valid"


class Filter(Protocol):
    """What can be asked whether it holds for an answer."""

    def matches(self, document: Mapping[str, Any]) -> bool:
        """Whether it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Autoreply:
    """A rule: answers of a campaign (None: of any) for which the filter holds are followed by a mail.

    The delay lies between both minutes, at random, but always the same for the same answer. `active_since` is None
    while it rests; answers that were given before that moment are never followed.
    """

    id: str
    seq: int = 0
    name: str
    campaign_id: str | None = None
    filter: Mapping[str, Any] = field(default_factory=dict)
    template_id: str = BUILT_IN
    min_delay_minutes: int = 0
    max_delay_minutes: int = 0
    active_since: datetime | None = None
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """An autoreply with its filter ready to be asked."""

    autoreply: Autoreply
    filter: Filter

    def wants(self, response: Response, document: Mapping[str, Any]) -> bool:
        """Whether an answer, which as an event is `document`, is to be followed by it."""
        one = self.autoreply
        if one.active_since is None or response.answered_at < one.active_since:
            return False
        if one.campaign_id not in (None, response.campaign_id):
            return False
        return may_follow(response) and self.filter.matches(document)


def may_follow(response: Response) -> bool:
    """Whether any mail may follow: a person gave it to the end, to us, and can be written to."""
    doubtful = response.provisional or response.suspected_automatic or response.erased or response.past
    return not doubtful and response.channel != BY_HAND and response.customer_id is not None


def first_wanting(rules: Sequence[Rule], response: Response, document: Mapping[str, Any]) -> Autoreply | None:
    """The oldest rule that wants the answer."""
    ordered = sorted(rules, key=lambda one: (one.autoreply.created_at, one.autoreply.id))
    return next((one.autoreply for one in ordered if one.wants(response, document)), None)


def due_at(autoreply: Autoreply, response: Response) -> datetime:
    """When the mail is due: the same moment for the same answer, however often it is worked out."""
    span = (autoreply.max_delay_minutes - autoreply.min_delay_minutes) * 60
    drawn = int.from_bytes(hashlib.sha256(f"{autoreply.id}|{response.id}".encode()).digest()[:8])
    return response.changed_at + timedelta(minutes=autoreply.min_delay_minutes, seconds=drawn % (span + 1))


def switched(autoreply: Autoreply, *, active: bool, now: datetime) -> Autoreply:
    """Switched on, from now; or off. One that is on stays on since when it is."""
    if active is (autoreply.active_since is not None):
        return autoreply
    return replace(autoreply, active_since=now if active else None)


def check(autoreply: Autoreply) -> Autoreply:
    """The rule. Raises `Invalid` where its parts do not fit together."""
    if not autoreply.name.strip():
        raise Invalid(CODE, "must say something", field="name")
    if autoreply.max_delay_minutes < autoreply.min_delay_minutes:
        raise Invalid(CODE, "must not be less than min_delay_minutes", field="max_delay_minutes")
    return replace(autoreply, name=autoreply.name.strip())
