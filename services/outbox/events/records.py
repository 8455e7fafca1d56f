"""Survey records, as they are asked for and told of."""

from datetime import datetime

from sounding_contracts.autoreplies import AutoreplyRequested
from sounding_contracts.dispatches import DispatchChanged, DispatchRequested, SmtpReply

from services.outbox.domain.dispatch import Dispatch


def dispatch_of(request: DispatchRequested, now: datetime, trace: str | None = None) -> Dispatch:
    """The survey record that a request begins."""
    return Dispatch(
        id=request.dispatch_id,
        customer_id=request.customer_id,
        campaign_id=request.campaign_id,
        reason=request.reason,
        channel=request.channel,
        trigger_id=request.trigger_id,
        template_id=request.template_id,
        cycle=request.cycle,
        reminder_number=request.reminder_number,
        reminds_of=request.reminds_of,
        asked_template_id=request.template_id,
        next_try_at=request.not_before,
        requested_at=request.requested_at,
        expires_at=request.expires_at,
        changed_at=now,
        trace=trace,
    )


def autoreply_of(request: AutoreplyRequested, now: datetime) -> Dispatch:
    """The record of a mail for an answer."""
    return Dispatch(
        id=request.autoreply_id,
        customer_id=request.customer_id,
        campaign_id=request.campaign_id,
        reason="autoreply",
        cycle=0,
        follows=request.response_id,
        survey_id=request.dispatch_id,
        asked_template_id=request.template_id,
        next_try_at=request.not_before,
        requested_at=request.requested_at,
        expires_at=request.expires_at,
        changed_at=now,
    )


def dispatch_changed(dispatch: Dispatch) -> DispatchChanged:
    """A survey record as others see it."""
    reply = dispatch.smtp_reply
    return DispatchChanged(
        id=dispatch.id,
        customer_id=dispatch.customer_id,
        campaign_id=dispatch.campaign_id,
        reason=dispatch.reason,
        channel=dispatch.channel,
        state=str(dispatch.state),
        state_reason=dispatch.state_reason,
        reminder_number=dispatch.reminder_number,
        reminds_of=dispatch.reminds_of,
        again_of=dispatch.again_of,
        template_id=dispatch.template_id,
        template_version=dispatch.template_version,
        brand_id=dispatch.brand_id,
        subject_line=dispatch.subject_line,
        language=dispatch.language,
        message_id=dispatch.message_id,
        smtp_reply=SmtpReply(code=reply.code, text=reply.text, at=reply.at) if reply else None,
        requested_at=dispatch.requested_at,
        expires_at=dispatch.expires_at,
        sent_at=dispatch.sent_at,
        delivered_at=dispatch.delivered_at,
        opened_at=dispatch.opened_at,
        clicked_at=dispatch.clicked_at,
        responded_at=dispatch.responded_at,
        ended_at=dispatch.ended_at,
        changed_at=dispatch.changed_at,
    )
