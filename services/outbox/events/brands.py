"""Brands, as others see them."""

from datetime import datetime

from sounding_contracts.brands import BrandChanged

from services.outbox.domain.mail import Brand


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
        background_color=brand.background_color,
        logo_url=brand.logo_url,
        postal_address=brand.postal_address,
        default_language=brand.default_language,
        unsubscribe_scope=brand.unsubscribe_scope,
        bounce_domain=brand.bounce_domain,
        dkim_selector=brand.dkim_selector,
        changed_at=now,
    )
