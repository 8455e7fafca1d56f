"""What is counted of survey records: by campaign and by the day on which the survey went out."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC

from .dispatch import Dispatch, Phase, State

FIGURES = (
    *("sent", "delivered", "opened", "clicked", "responded", "ignored", "bounced", "unknown"),
    *("suppressed", "expired", "failed", "reminders"),
)
_ENDS = {State.IGNORED, State.BOUNCED, State.UNKNOWN, State.SUPPRESSED, State.EXPIRED, State.FAILED}
SILENT_SHARE = 0.1
"""Deliveries count as known where fewer than this share of what was sent is neither delivered nor bounced."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Where a record counts, and as what. The same record always counts as the same: counting twice changes nothing."""

    campaign_id: str
    day: str
    figures: frozenset[str]


def counted(dispatch: Dispatch) -> Counted | None:
    """What a record counts as now; None while nothing came of it. A reminder is counted as one, and as no survey.

    The mail for an answer is none either, and is not counted.
    """
    if dispatch.follows is not None:
        return None
    if dispatch.sent_at is None and dispatch.phase is not Phase.DONE:
        return None
    day = (dispatch.sent_at or dispatch.requested_at).astimezone(UTC).date().isoformat()
    if dispatch.reminds_of is not None:
        return Counted(dispatch.campaign_id, day, frozenset({"reminders"} if dispatch.sent_at else ()))
    moments = {
        "sent": dispatch.sent_at,
        "delivered": dispatch.delivered_at,
        "opened": dispatch.opened_at,
        "clicked": dispatch.clicked_at,
        "responded": dispatch.responded_at,
    }
    found = {name for name, moment in moments.items() if moment is not None}
    return Counted(
        dispatch.campaign_id, day, frozenset(found | ({str(dispatch.state)} if dispatch.state in _ENDS else set()))
    )


def differences(pairs: Iterable[tuple[Counted | None, Counted | None]]) -> dict[tuple[str, str], Counter[str]]:
    """By campaign and day, what to add to the figures where records that counted as the first now count as the second."""
    found: dict[tuple[str, str], Counter[str]] = {}
    for before, after in pairs:
        if before == after:
            continue
        for one, sign in ((before, -1), (after, 1)):
            if one is not None:
                sums = found.setdefault((one.campaign_id, one.day), Counter())
                for name in one.figures:
                    sums[name] += sign
    told = {place: Counter({name: n for name, n in sums.items() if n}) for place, sums in found.items()}
    return {place: sums for place, sums in told.items() if sums}


def total(rows: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """The sum of each figure."""
    sums = dict.fromkeys(FIGURES, 0)
    for row in rows:
        for name in FIGURES:
            sums[name] += row.get(name, 0)
    return sums


def response_rate(figures: Mapping[str, int]) -> tuple[float | None, str]:
    """Answers by what was delivered, where the receiving side told us what was; else by what was sent. And which."""
    sent, delivered, responded = figures["sent"], figures["delivered"], figures["responded"]
    silent = sent - delivered - figures["bounced"] - figures["unknown"]
    known = delivered >= responded and delivered > 0 and silent <= SILENT_SHARE * sent
    base = delivered if known else sent
    return (responded / base if base else None), "delivered" if known else "sent"
