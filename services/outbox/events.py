"""Between the contracts and outbox's own words."""

from datetime import datetime

from sounding_contracts.brands import BrandChanged
from sounding_contracts.campaigns import CampaignChanged
from sounding_contracts.customers import CustomerChanged
from sounding_contracts.deliverability import DeliverabilityChanged
from sounding_contracts.deliverability import Evidence as EvidenceBody
from sounding_contracts.dispatches import DispatchChanged, DispatchRequested, SmtpReply

from services.outbox.domain.deliverability import Gate
from services.outbox.domain.dispatch import Dispatch
from services.outbox.domain.mail import Brand, Campaign, Recipient


def recipient_of(customer: CustomerChanged) -> Recipient:
    """What outbox keeps of a customer."""
    return Recipient(
        id=customer.id,
        email=customer.email,
        canonical_email=customer.canonical_email,
        first_name=customer.first_name,
        last_name=customer.last_name,
        company=customer.company,
        language=customer.language,
        deleted=customer.deleted_at is not None,
    )


def campaign_of(campaign: CampaignChanged) -> Campaign:
    """What outbox keeps of a campaign."""
    return Campaign(
        id=campaign.id,
        name=campaign.name,
        state=campaign.state,
        metric=campaign.metric,
        template_id=campaign.template_id,
        brand_id=campaign.brand_id,
        default_language=campaign.default_language,
        questions={
            language: {"question": asked.question, "low_label": asked.low_label, "high_label": asked.high_label}
            for language, asked in campaign.questions.items()
        },
    )


def dispatch_of(request: DispatchRequested, now: datetime) -> Dispatch:
    """The survey record that a request begins."""
    return Dispatch(
        id=request.dispatch_id,
        customer_id=request.customer_id,
        campaign_id=request.campaign_id,
        reason=request.reason,
        cycle=request.cycle,
        reminder_number=request.reminder_number,
        reminds_of=request.reminds_of,
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
        state=str(dispatch.state),
        state_reason=dispatch.state_reason,
        reminder_number=dispatch.reminder_number,
        reminds_of=dispatch.reminds_of,
        template_id=dispatch.template_id,
        brand_id=dispatch.brand_id,
        subject_line=dispatch.subject_line,
        language=dispatch.language,
        message_id=dispatch.message_id,
        smtp_reply=SmtpReply(code=reply.code, text=reply.text, at=reply.at) if reply else None,
        requested_at=dispatch.requested_at,
        expires_at=dispatch.expires_at,
        sent_at=dispatch.sent_at,
        responded_at=dispatch.responded_at,
        ended_at=dispatch.ended_at,
        changed_at=dispatch.changed_at,
    )


def deliverability_changed(gate: Gate, now: datetime) -> DeliverabilityChanged:
    """Whether a customer may be surveyed, as others see it."""
    evidence = gate.evidence
    return DeliverabilityChanged(
        customer_id=gate.id,
        status=str(gate.status) if gate.status else None,
        evidence=EvidenceBody(
            at=evidence.at,
            cause=evidence.cause,
            actor=evidence.actor,
            campaign_id=evidence.campaign_id,
            dispatch_id=evidence.dispatch_id,
            smtp_reply=evidence.smtp_reply,
            note=evidence.note,
        )
        if evidence
        else None,
        changed_at=gate.changed_at or now,
    )


def brand_changed(brand: Brand, now: datetime) -> BrandChanged:
    """A brand as others see it."""
    return BrandChanged(
        id=brand.id,
        name=brand.name,
        sender_name=brand.sender_name,
        sender_email=brand.sender_email,
        reply_to=brand.reply_to,
        public_url=brand.public_url,
        color=brand.color,
        logo_url=brand.logo_url,
        postal_address=brand.postal_address,
        default_language=brand.default_language,
        unsubscribe_scope=brand.unsubscribe_scope,
        changed_at=now,
    )
