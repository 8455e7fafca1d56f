"""The mails that are sent while delivery is measured: an NPS survey to people of many names."""

from datetime import timedelta

from pydantic import SecretStr

from chassis.clock import now
from chassis.settings import ChassisSettings
from chassis.tokens import Links
from services.outbox.adapters.render import Renderer
from services.outbox.adapters.templates import built_in
from services.outbox.domain.dispatch import Dispatch
from services.outbox.domain.mail import Brand, Campaign, Recipient
from services.outbox.domain.template import Template
from services.outbox.settings import Settings

KEY = "a key of the benchmark"
NAMES = ("Ada", "José", "Łukasz", "Mary Jane", "O'Neil", "Søren", "美咲", "Zoë")
BRAND = Brand(id="b", seq=1, name="Northlight", sender_name="Northlight", sender_email="ask@northlight.example")
TEMPLATE = built_in.all_templates()["built-in-nps"]
CAMPAIGN = Campaign(
    id="nps",
    name="Relationship NPS",
    state="active",
    metric="nps",
    template_id=TEMPLATE.id,
    brand_id="b",
    questions={"en": {"question": "How likely are you to recommend us?", "low_label": "Not", "high_label": "Very"}},
)


def made(number: int) -> tuple[Dispatch, Recipient, Campaign, Template, Brand]:
    """The survey of one customer."""
    moment = now()
    dispatch = Dispatch(
        id=f"{number:032x}",
        customer_id=f"c{number}",
        campaign_id=CAMPAIGN.id,
        reason="recurring",
        cycle=1,
        next_try_at=moment,
        requested_at=moment,
        expires_at=moment + timedelta(days=30),
        changed_at=moment,
    )
    address = f"c{number}@example{number % 50}.com"
    name = NAMES[number % len(NAMES)]
    person = Recipient(id=f"c{number}", email=address, canonical_email=address, first_name=name, company="Acme")
    return dispatch, person, CAMPAIGN, TEMPLATE, BRAND


def renderer() -> Renderer:
    """As outbox has it."""
    settings = Settings(chassis=ChassisSettings(kafka="-", mongodb=SecretStr("-"), signing_keys=(SecretStr(KEY),)))
    return Renderer(settings, Links(settings.chassis.signing_keys))
