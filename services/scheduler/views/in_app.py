"""Which survey somebody sees in the app now."""

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from chassis.errors import Unauthorized
from chassis.ids import derived_id
from chassis.mongo import Database
from chassis.tokens import Links
from services.scheduler import store
from services.scheduler.domain.campaign import Campaign, Kind, Running
from services.scheduler.domain.customer import Customer
from services.scheduler.domain.identity import NOT_SIGNED, signed_by_hmac, signed_by_jwt
from services.scheduler.domain.in_app import Not, asked_in, offer
from services.scheduler.domain.next_survey import block, refuses
from services.scheduler.schemas.in_app import AppKeys, AppsBody, InAppAnswer, InAppSurvey, Visit, survey_body
from services.scheduler.settings import Settings
from services.scheduler.store import in_app as kept

PURPOSE = "in-app"


@dataclass(frozen=True, slots=True)
class Front:
    """What answers apps: how they sign, and where surveys are answered."""

    links: Links
    settings: Settings

    def user_of(self, visit: Visit, now: datetime) -> str:
        """The user's id. Raises `Unauthorized`."""
        secrets = self.settings.in_app_secrets
        for secret in secrets.get(visit.brand_id) or secrets.get("*") or ():
            with suppress(Unauthorized):
                return _signed(visit, secret.get_secret_value(), now)
        raise Unauthorized(*NOT_SIGNED)

    def apps(self) -> AppsBody:
        """How apps are known, without what they sign with."""
        keys = [
            AppKeys(brand_id=brand, fingerprints=[_fingerprint(one.get_secret_value()) for one in some])
            for brand, some in sorted(self.settings.in_app_secrets.items())
        ]
        return AppsBody(
            keys=keys,
            source=self.settings.in_app_source,
            origins=list(self.settings.in_app_origins),
            endpoint=self.settings.survey_url.rstrip("/"),
        )

    async def survey_for(self, database: Database, visit: Visit, now: datetime) -> InAppAnswer:
        """The survey to show now, or why there is none. Raises `Unauthorized`."""
        user_id = self.user_of(visit, now)
        reader = store.Outside(database)
        id_ = await kept.customer_of_user(reader, self.settings.in_app_source, user_id)
        customer = await store.customer(database, id_) if id_ else None
        if customer is None:
            return InAppAnswer(survey=None, reason="customer-not-known")
        reminder = await self._reminder(reader, customer, visit, now)
        if reminder is not None:
            return InAppAnswer(survey=reminder)
        return await self._first(reader, customer, visit, now)

    async def _first(self, reader: store.Reader, customer: Customer, visit: Visit, now: datetime) -> InAppAnswer:
        """Of the campaigns that may show themselves, the one of the highest priority, then the oldest."""
        rules = await store.rules(reader)
        shown, answers = await kept.shown_to(reader, customer.id), await kept.answers_of(reader, customer.id)
        reason = "no-active-campaign"
        for one in sorted(await store.running(reader, now), key=_line):
            campaign = one.campaign
            if campaign.kind is not Kind.IN_APP or campaign.brand_id != visit.brand_id:
                continue
            before = shown.get(campaign.id)
            found = offer(customer, one, before, answers.get(before.dispatch_id) if before else None, rules, now)
            if not isinstance(found, Not):
                dispatch_id = derived_id(campaign.id, customer.id, found.cycle)
                show = f"{found.cycle}|0|{customer.id}|{campaign.id}"
                return InAppAnswer(survey=self._survey(campaign, customer, visit, dispatch_id, show))
            reason = found.reason
        return InAppAnswer(survey=None, reason=reason)

    async def _reminder(
        self, reader: store.Reader, customer: Customer, visit: Visit, now: datetime
    ) -> InAppSurvey | None:
        """A reminder that waits for the customer in the app leads to the survey that it reminds of."""
        if block(customer):
            return None
        answered = await kept.answers_of(reader, customer.id)
        offered = await kept.offered_to(reader, customer.id, now)
        for plan in (plan for plan in offered if plan.dispatch_id not in answered):
            one = await store.find_running(reader, plan.campaign_id, now)
            if one is None or not one.campaign.runs or one.campaign.brand_id != visit.brand_id:
                continue
            if not refuses(customer, one.campaign):
                show = f"{plan.dispatch_id}|{plan.number}|{customer.id}|{plan.campaign_id}"
                return self._survey(one.campaign, customer, visit, plan.dispatch_id, show)
        return None

    def _survey(self, campaign: Campaign, customer: Customer, visit: Visit, dispatch_id: str, show: str) -> InAppSurvey:
        profile = customer.profile or {}
        language, questions = asked_in(visit.language or profile.get("language"), campaign)
        token = self.links.make("survey", dispatch_id)
        return survey_body(
            {
                "show": self.links.make(PURPOSE, show),
                "campaign_id": campaign.id,
                "metric": campaign.metric,
                "language": language,
                "questions": questions,
                "further_questions": campaign.further_questions,
                "url": f"{self.settings.survey_url.rstrip('/')}/s/{token}",
                "survey_token": token,
            }
        )


def _signed(visit: Visit, secret: str, now: datetime) -> str:
    if visit.token is not None:
        return signed_by_jwt(visit.token, secret, now)
    return signed_by_hmac(visit.user_id or "", visit.signature or "", secret)


def _fingerprint(secret: str) -> str:
    """Enough to tell two apart, and to see that a new one is in force."""
    return hashlib.sha256(secret.encode()).hexdigest()[:8]


def _line(one: Running) -> tuple[object, ...]:
    return -one.campaign.priority, one.campaign.created_at, one.campaign.id
