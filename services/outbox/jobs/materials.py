"""What a mail is made of."""

from dataclasses import dataclass

from services.outbox.domain.mail import Brand, Campaign, Recipient
from services.outbox.domain.template import Template


@dataclass(frozen=True, slots=True)
class Materials:
    """All that a mail is made of; None where it is not known here yet."""

    recipient: Recipient | None
    campaign: Campaign | None
    template: Template | None
    brand: Brand | None
