"""An answer: one for each dispatch, the last version counts."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from unicodedata import category

from chassis.errors import Conflict, Invalid

from .scoring import in_scale, scale
from .work import Work, forgotten

MAX_COMMENT = 5000
BY_HAND = "manual"
AUTOMATIC_WITHIN = timedelta(seconds=5)
_BAD = {ord(mark): None for mark in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"}
_NO_TEXT = {"Cc", "Cs"}
KEPT_OF_THE_ERASED = ("country", "language")
"""Attributes that say nothing of who it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What was asked of whom: enough to take an answer, which will have this `response_id`.

    Through a public link nobody was sent anything: there is no dispatch, and a customer only where the link names one.
    Until `suspect_until` nobody can have read the mail: what answers is a machine that looks at mails on their way.
    """

    response_id: str
    dispatch_id: str | None
    customer_id: str | None
    campaign_id: str
    campaign_name: str | None
    metric: str
    language: str | None
    channel: str = "email"
    asked_at: datetime
    suspect_until: datetime | None = None
    trace: str | None = None


Answer = int | str | list[str]
"""To a further question: a rating, a text or the id of a choice, ids of choices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAnswer:
    """A further question and its answer in words, as they stood on the page."""

    id: str
    kind: str
    question: str
    answer: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An answer as it now is. `past`: it is old and was imported, so that nobody is to be told of it as of news."""

    id: str
    seq: int = 0
    dispatch_id: str | None
    customer_id: str | None
    campaign_id: str | None
    campaign_name: str | None
    channel: str = "email"
    metric: str
    score: int
    comment: str | None = None
    answers: dict[str, Answer] = field(default_factory=dict)
    answers_shown: tuple[ShownAnswer, ...] = ()
    comment_language: str | None = None
    topics: tuple[str, ...] = ()
    provisional: bool = False
    suspected_automatic: bool = False
    language: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    erased: bool = False
    added_by: str | None = None
    work: Work = field(default_factory=Work)
    past: bool = False
    import_id: str | None = None
    answered_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """An answer that reached the company outside of any survey, as somebody writes it down.

    `campaign_id` and `campaign_name` where it counts as one of a campaign's; `answered_at` is when it was given.
    """

    customer_id: str
    campaign_id: str | None
    campaign_name: str | None
    metric: str
    score: int
    comment: str | None
    language: str | None
    answered_at: datetime
    added_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What came in: from the form, or from the page's script before it was sent off."""

    score: int
    comment: str | None
    provisional: bool = False
    trapped: bool = False


def read_score(metric: str, text: str | None) -> int:
    """A score as the form gives it. Raises `Invalid` in words for the person."""
    low, high = scale(metric)
    digits = (text or "").strip()
    if not digits:
        code, reason = "score-missing", f"Please choose a number from {low} to {high}."
        raise Invalid(code, reason, field="score", low=low, high=high)
    if not digits.isascii() or not digits.isdigit() or len(digits) > 2 or not in_scale(metric, int(digits)):  # noqa: PLR2004
        code, reason = "score-not-valid", f"The score must be a whole number from {low} to {high}."
        raise Invalid(code, reason, field="score", low=low, high=high)
    return int(digits)


def read_comment(text: str | None) -> str | None:
    """A comment as the form gives it, without control and direction marks. Raises `Invalid` where it is too long."""
    if text is None:
        return None
    lines = text.replace("\r\n", "\n").replace("\r", "\n").translate(_BAD)
    clean = "".join(c for c in lines if c in {"\n", "\t"} or category(c) not in _NO_TEXT)
    if len(clean) > MAX_COMMENT:
        code = "comment-too-long"
        reason = f"The comment may have {MAX_COMMENT:,} characters; this one has {len(clean):,}."
        raise Invalid(code, reason, field="comment", limit=MAX_COMMENT, length=len(clean))
    return clean.strip() or None


def answered(
    before: Response | None,
    question: Question,
    given: Given,
    attributes: dict[str, Any],
    now: datetime,
    editable: timedelta,
) -> Response:
    """The answer after this. A final one is never made provisional again.

    Who sends off what a machine is suspected to have only chosen is judged anew; of a final one suspicion stays.
    Raises `Conflict` where the time to change it is over.
    """
    sign = given.trapped or (question.suspect_until is not None and now < question.suspect_until)
    if before is None:
        return _first(question, given, attributes, now, suspected=sign)
    if given.provisional and not before.provisional:
        return before
    check_open(before, now, editable)
    hasty = before.score != given.score and now - before.changed_at < AUTOMATIC_WITHIN and not before.provisional
    sent_off = before.provisional and not given.provisional
    after = replace(
        before,
        score=given.score,
        comment=given.comment if given.comment is not None or not given.provisional else before.comment,
        provisional=given.provisional,
        suspected_automatic=(before.suspected_automatic and not sent_off) or sign or hasty,
    )
    return before if after == before else replace(after, changed_at=now)


def is_open(response: Response, now: datetime, editable: timedelta) -> bool:
    """Whether it may still be changed by whom it is of."""
    return not response.erased and now - response.answered_at <= editable


def check_open(response: Response, now: datetime, editable: timedelta) -> None:
    """Raises `Conflict` where it can no longer be changed."""
    if not is_open(response, now, editable):
        code, reason = "answer-closed", "This answer can no longer be changed. Thank you for it!"
        raise Conflict(code, reason)


def continued(
    before: Response, answers: dict[str, Answer], shown: tuple[ShownAnswer, ...], now: datetime, editable: timedelta
) -> Response:
    """The answer with what was said to further questions. Raises `Conflict` where the time to change it is over."""
    check_open(before, now, editable)
    after = replace(before, answers=answers, answers_shown=shown)
    return before if after == before else replace(after, changed_at=now)


def added_by_hand(id_: str, received: Received, attributes: dict[str, Any], now: datetime) -> Response:
    """The answer that somebody adds. Raises `Invalid` for a score off the scale, or a moment that has not come."""
    low, high = scale(received.metric)
    if not in_scale(received.metric, received.score):
        code, reason = "score-not-valid", f"must be a whole number from {low} to {high}"
        raise Invalid(code, reason, field="score", low=low, high=high)
    if received.answered_at > now:
        code, reason = "answered-at-not-valid", "must not lie ahead"
        raise Invalid(code, reason, field="answered_at")
    return Response(
        id=id_,
        dispatch_id=None,
        customer_id=received.customer_id,
        campaign_id=received.campaign_id,
        campaign_name=received.campaign_name,
        channel=BY_HAND,
        metric=received.metric,
        score=received.score,
        comment=read_comment(received.comment),
        language=received.language,
        attributes=attributes,
        added_by=received.added_by,
        answered_at=received.answered_at,
        changed_at=now,
    )


def erased(response: Response, now: datetime) -> Response:
    """The answer after its customer was erased: the score stays for the figures, what was said or known of whom does not."""
    if response.erased:
        return response
    kept = {name: response.attributes[name] for name in KEPT_OF_THE_ERASED if response.attributes.get(name)}
    said: dict[str, Any] = {"comment": None, "comment_language": None, "topics": (), "answers": {}, "answers_shown": ()}
    return replace(response, **said, attributes=kept, work=forgotten(response.work), erased=True, changed_at=now)


def _first(question: Question, given: Given, attributes: dict[str, Any], now: datetime, *, suspected: bool) -> Response:
    return Response(
        id=question.response_id,
        dispatch_id=question.dispatch_id,
        customer_id=question.customer_id,
        campaign_id=question.campaign_id,
        campaign_name=question.campaign_name,
        channel=question.channel,
        metric=question.metric,
        score=given.score,
        comment=given.comment,
        provisional=given.provisional,
        suspected_automatic=suspected,
        language=question.language,
        attributes=attributes,
        answered_at=now,
        changed_at=now,
    )
