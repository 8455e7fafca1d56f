"""What a provider's answer over HTTP makes of a mail.

A refusal is clear, and final where it is about the mail; where it is about us (keys, limits, an account that is paused), somebody
can mend it before the survey expires. 502 and 504 come from something in between, which cannot say whether the mail was
taken: as unclear as no answer.
"""

import json
from dataclasses import dataclass
from typing import Any

from .sending import Outcome

OK, TOO_MANY, UNSEEN = 200, 429, frozenset({502, 504})
ABOUT_US = frozenset({401, 403, 404, 408})
SES_ABOUT_US = frozenset(
    {
        "AccountSuspendedException",
        "SendingPausedException",
        "LimitExceededException",
        "MailFromDomainNotVerifiedException",
        "NotFoundException",
        "TooManyRequestsException",
        "Throttling",
        "ThrottlingException",
    }
)
SES_TOO_MANY = frozenset({"LimitExceededException", "TooManyRequestsException", "Throttling", "ThrottlingException"})
POSTMARK_ABOUT_US = frozenset({10, 400, 401, 405, 412, 413, 1235})
"""Keys, sender signatures, credits, approval, an unknown stream."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What it makes of the mail; whether the provider wants fewer; the id under which it knows the mail."""

    outcome: Outcome
    text: str
    slow: bool = False
    provider_id: str | None = None


def of_ses(status: int, error_type: str, body: bytes) -> Answered:
    """Amazon SES v2. `error_type` is the header of that name, with what may stand behind its colon."""
    said = _object(body)
    name = error_type.partition(":")[0] or str(said.get("__type", "")).rpartition("#")[2]
    text = f"{name} {said.get('message') or said.get('Message') or ''}".strip()
    if status == OK:
        id_ = said.get("MessageId")
        return _sent(id_) if isinstance(id_, str) and id_ else Answered(Outcome.UNCLEAR, "no MessageId")
    return _refused(status, text, about_us=name in SES_ABOUT_US, too_many=name in SES_TOO_MANY)


def of_postmark(status: int, body: bytes) -> Answered:
    """Postmark."""
    said = _object(body)
    code, id_ = said.get("ErrorCode"), said.get("MessageID")
    if status == OK and code in (0, None):
        return _sent(id_) if isinstance(id_, str) and id_ else Answered(Outcome.UNCLEAR, "no MessageID")
    text = f"{code if code is not None else ''} {said.get('Message') or ''}".strip()
    return _refused(422 if status == OK else status, text, about_us=code in POSTMARK_ABOUT_US, too_many=False)


def _sent(id_: str) -> Answered:
    return Answered(Outcome.SENT, f"taken as {id_}", provider_id=id_)


def _refused(status: int, text: str, *, about_us: bool, too_many: bool) -> Answered:
    if status in UNSEEN:
        return Answered(Outcome.UNCLEAR, text)
    if status == TOO_MANY or too_many or status >= 500:  # noqa: PLR2004 - its own trouble
        return Answered(Outcome.AGAIN, text, slow=True)
    if about_us or status in ABOUT_US:
        return Answered(Outcome.AGAIN, text)
    # A 2xx that is not the one documented, or a redirect, says nothing.
    return Answered(Outcome.FAILED if status >= 400 else Outcome.UNCLEAR, text)  # noqa: PLR2004


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
