"""Whether a record may be sent now, before any server is asked."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from .dispatch import NOT_READY_PAUSE, Dispatch, State
from .mail import Campaign, Recipient

PAUSED = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Send (neither), wait for a while, or end in a state for a reason."""

    state: State | None = None
    reason: str = ""
    pause: timedelta | None = None

    @property
    def wait(self) -> bool:
        """Whether to look again later."""
        return self.pause is not None


def verdict(dispatch: Dispatch, recipient: Recipient | None, campaign: Campaign | None, now: datetime) -> Verdict:
    """What is to be done with a record now. The gate decides about suppression, at the last moment."""
    if now >= dispatch.expires_at:
        return Verdict(State.EXPIRED, "too-late")
    if recipient is None or campaign is None:
        return Verdict(pause=NOT_READY_PAUSE)
    if recipient.deleted:
        return Verdict(State.SUPPRESSED, "customer-deleted")
    if not recipient.canonical_email:
        return Verdict(State.SUPPRESSED, "no-address")
    if campaign.state == "finished":
        return Verdict(State.SUPPRESSED, "campaign-finished")
    if campaign.state == "paused" and dispatch.reason != "manual":
        return Verdict(pause=PAUSED)
    return Verdict()
