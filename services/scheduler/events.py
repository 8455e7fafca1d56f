"""Between the contracts and scheduler's own words."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sounding_contracts.campaigns import CampaignChanged
from sounding_contracts.customers import CustomerChanged
from sounding_contracts.deliverability import DeliverabilityChanged
from sounding_contracts.dispatches import DispatchChanged, DispatchRequested
from sounding_contracts.next_surveys import NextSurveyChanged
from sounding_contracts.responses import ResponseChanged

from services.scheduler.domain.campaign import Campaign
from services.scheduler.domain.customer import TAKEN_BACK, NextSurvey, Outcome
from services.scheduler.domain.occurrence import Occurrence
from services.scheduler.domain.triggers import keys_of

Row = dict[str, Any]

NOT_ASKED = {"id", "external_ids", "source_detail", "changed_at"}
WAITING = {"requested", "queued", "sending"}
COME_TO_NOTHING = {"suppressed", "expired", "failed", "bounced"}


def profile_row(customer: CustomerChanged | None) -> Row | None:
    """What audiences ask of a customer, and by which keys triggers and apps find it."""
    if customer is None:
        return None
    keys = [key for source, id_ in customer.external_ids.items() for key in keys_of(source, id_, None)]
    return {
        **customer.model_dump(exclude=NOT_ASKED),
        "tag_keys": [tag.casefold() for tag in customer.tags],
        "keys": [*keys, *keys_of("", None, customer.canonical_email)],
    }


def deliverability_row(deliverability: DeliverabilityChanged | None) -> Row | None:
    """Who may be surveyed."""
    if deliverability is None:
        return None
    return {
        "status": deliverability.status,
        "status_at": deliverability.changed_at,
        "paused_until": deliverability.paused_until,
        "resting_until": deliverability.resting_until,
        "refused_campaigns": deliverability.refused_campaigns,
        "refused_brands": deliverability.refused_brands,
    }


def record_row(dispatch: DispatchChanged | None) -> Row | None:
    """What became of a request to survey."""
    if dispatch is None:
        return None
    outcome, at = _outcome(dispatch)
    return {
        "customer_id": dispatch.customer_id,
        "campaign_id": dispatch.campaign_id,
        "outcome": str(outcome),
        "at": at,
        "expires_at": dispatch.expires_at,
        "suppressed": dispatch.state == "suppressed",
        "state": TAKEN_BACK if dispatch.state_reason == TAKEN_BACK else dispatch.state,
        "reminds_of": dispatch.reminds_of,
        "reminder_number": dispatch.reminder_number,
        "opened": dispatch.opened_at is not None,
        "answered": dispatch.responded_at is not None,
    }


def _outcome(dispatch: DispatchChanged) -> tuple[Outcome, datetime]:
    """A state that is not known here counts as a survey: better one too few than one too many."""
    went_out = dispatch.sent_at or dispatch.delivered_at or dispatch.responded_at
    ended = dispatch.ended_at or dispatch.changed_at
    if went_out is not None:
        return Outcome.SURVEYED, went_out
    if dispatch.state in WAITING:
        return Outcome.OPEN, dispatch.requested_at
    return Outcome.MISSED if dispatch.state in COME_TO_NOTHING else Outcome.SURVEYED, ended


def answer_row(response: ResponseChanged | None) -> Row | None:
    """What of an answer audiences ask about."""
    if response is None or response.customer_id is None:
        return None
    return {
        "customer_id": response.customer_id,
        "dispatch_id": response.dispatch_id,
        "score": response.score,
        "answered_at": response.answered_at,
        "counts": not response.suspected_automatic,
    }


def campaign_changed(campaign: Campaign) -> CampaignChanged:
    """A campaign as others see it."""
    return CampaignChanged.model_validate({**asdict(campaign), "version": campaign.seq})


def next_survey_changed(customer_id: str, survey: NextSurvey, now: datetime) -> NextSurveyChanged:
    """A next survey as others see it."""
    return NextSurveyChanged(
        customer_id=customer_id,
        kind=survey.kind,
        at=survey.at,
        campaign_id=survey.campaign_id,
        campaign_name=survey.campaign_name,
        reason=survey.reason,
        held_by=list(survey.held_by),
        last_survey_at=survey.last_survey_at,
        changed_at=now,
    )


def dispatch_requested(occurrence: Occurrence) -> DispatchRequested:
    """The request that goes to outbox."""
    return DispatchRequested(
        dispatch_id=occurrence.dispatch_id,
        customer_id=occurrence.customer_id,
        campaign_id=occurrence.campaign_id,
        reason=occurrence.reason,
        cycle=occurrence.cycle,
        requested_at=occurrence.not_before,
        not_before=occurrence.not_before,
        expires_at=occurrence.expires_at,
        reminder_number=occurrence.reminder_number,
        reminds_of=occurrence.reminds_of,
        template_id=occurrence.template_id,
        channel=occurrence.channel,
        trigger_id=occurrence.trigger_id,
    )
