"""A brand's domain, as the DNS has it now."""

from datetime import datetime

from services.outbox.adapters.dns import Found, Lookup
from services.outbox.domain import sender_domain as rules
from services.outbox.domain.mail import Brand
from services.outbox.domain.sender_domain import Check, Records
from services.outbox.schemas import BrandCheckBody, CheckBody
from services.outbox.settings import Settings


async def check_brand(lookup: Lookup, brand: Brand, settings: Settings, now: datetime) -> BrandCheckBody:
    """Whether mails of a brand will be taken for real."""
    checks = await _checks(lookup, brand, settings)
    return BrandCheckBody(
        brand_id=brand.id,
        domain=rules.domain_of(brand.sender_email),
        ready=rules.ready(checks),
        checks=[CheckBody.of(check) for check in checks],
        checked_at=now,
    )


async def _checks(lookup: Lookup, brand: Brand, settings: Settings) -> list[Check]:
    sender = rules.domain_of(brand.sender_email)
    bounce = (brand.bounce_domain or settings.bounce_domain).lower()
    key_at = f"{brand.dkim_selector}._domainkey.{sender}"
    signed = rules.dkim(brand.dkim_selector, await _texts(lookup, key_at, asked=brand.dkim_selector is not None))
    replies = rules.domain_of(brand.reply_to or brand.sender_email)
    return [
        rules.spf(await _texts(lookup, bounce)),
        signed,
        await _dmarc(lookup, sender),
        rules.alignment(sender, bounce, signed),
        await _way_back(lookup, "bounces", bounce, "bounces are to come back there"),
        await _way_back(lookup, "replies", replies, "customers will answer there"),
        rules.one_click(brand.public_url or settings.public_url, signed),
    ]


async def _dmarc(lookup: Lookup, sender: str) -> Check:
    asked: list[Records] = []
    for domain in rules.parents(sender):
        asked.append(await _texts(lookup, f"_dmarc.{domain}"))
        if asked[-1].records or not asked[-1].clear:
            break
    return rules.dmarc(sender, asked)


async def _way_back(lookup: Lookup, name: str, domain: str, what: str) -> Check:
    hosts = _records(domain, await lookup.mx(domain))
    addresses = hosts if hosts.records else _records(domain, await lookup.addresses(domain))
    return rules.way_back(name, hosts, addresses, what)


async def _texts(lookup: Lookup, place: str, *, asked: bool = True) -> Records:
    return _records(place, await lookup.txt(place)) if asked else Records(place=place)


def _records(place: str, found: Found) -> Records:
    return Records(place=place, records=found.records, clear=bool(found.records) or found.missing)
