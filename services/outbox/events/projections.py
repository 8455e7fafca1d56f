"""What outbox keeps of what others own."""

from sounding_contracts.campaigns import CampaignChanged
from sounding_contracts.customers import CustomerChanged

from services.outbox.domain.mail import Campaign, Recipient


def recipient_of(customer: CustomerChanged) -> Recipient:
    """What outbox keeps of a customer."""
    return Recipient(
        id=customer.id,
        email=customer.email,
        canonical_email=customer.canonical_email,
        first_name=customer.first_name,
        last_name=customer.last_name,
        company=customer.company,
        job_title=customer.job_title,
        city=customer.city,
        country=customer.country,
        language=customer.language,
        properties=dict(customer.properties),
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
