"""The public links of link campaigns."""

from dataclasses import dataclass
from urllib.parse import urlencode

from chassis.errors import Conflict, Invalid, NotFound
from chassis.mongo import Database
from chassis.tokens import Links
from services.scheduler import store
from services.scheduler.domain.campaign import Kind
from services.scheduler.domain.parts import Link
from services.scheduler.schemas.campaigns import CampaignLink, CampaignPreview
from services.scheduler.views.campaigns import campaign

PURPOSE, PREVIEW = "link", "preview"


@dataclass(frozen=True, slots=True)
class PublicLinks:
    """Makes public links to where surveys are answered."""

    links: Links
    survey_url: str

    async def preview_of(self, database: Database, campaign_id: str, language: str | None) -> CampaignPreview:
        """Where its survey can be tried. Raises `NotFound`."""
        found = await campaign(database, campaign_id)
        token = self.links.make(PREVIEW, found.id)
        wish = f"?{urlencode({'language': language})}" if language else ""
        return CampaignPreview(campaign_id=found.id, url=f"{self.survey_url.rstrip('/')}/s/{token}{wish}")

    async def link_of(self, database: Database, campaign_id: str, customer_id: str | None) -> CampaignLink:
        """The link. Raises `NotFound`, `Conflict` where it is no link campaign, `Invalid` where a customer lacks."""
        found = await campaign(database, campaign_id)
        if found.kind is not Kind.LINK:
            code, reason = "no-link-campaign", "Only a link campaign has a public link."
            raise Conflict(code, reason, field="kind")
        identified = found.link.identified if found.link else Link().identified
        if identified and customer_id is None:
            code, reason = "customer-missing", "Its links name a customer: say whom."
            raise Invalid(code, reason, field="customer_id")
        if not identified and customer_id is not None:
            code, reason = "campaign-anonymous", "Its link names nobody: leave the customer out."
            raise Invalid(code, reason, field="customer_id")
        if customer_id is not None and await store.customer(database, customer_id) is None:
            code, reason = "customer-not-found", "There is no customer with this id."
            raise NotFound(code, reason, field="customer_id")
        token = self.links.make(PURPOSE, f"{customer_id or ''}|{campaign_id}")
        url = f"{self.survey_url.rstrip('/')}/l/{token}"
        return CampaignLink(campaign_id=campaign_id, customer_id=customer_id, state=found.state, url=url)
