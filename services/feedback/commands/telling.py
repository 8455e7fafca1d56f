"""Send an answer to a webhook, signed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chassis.ids import new_id
from services.feedback.adapters.webhooks import Poster
from services.feedback.domain import webhook as rules
from services.feedback.domain.webhook import Reply, Webhook

SAMPLE: Mapping[str, Any] = {
    "id": "a-sample",
    "customer_id": None,
    "campaign_id": None,
    "campaign_name": "A test of this webhook",
    "channel": "manual",
    "metric": "nps",
    "score": 9,
    "score_class": "promoter",
    "comment": "This is how an answer looks.",
}


async def post(poster: Poster, webhook: Webhook, id_: str, type_: str, data: Mapping[str, Any], now: datetime) -> Reply:
    """What the receiver says. The same `id_` stands for the same news, however often it is sent."""
    body = rules.body_of(webhook, type_, data, now.isoformat())
    return await poster.post(webhook.url, body, rules.signed_headers(webhook.secrets, id_, body, now))


async def post_sample(poster: Poster, webhook: Webhook, now: datetime) -> Reply:
    """Try a webhook with an answer that nobody gave."""
    return await post(poster, webhook, new_id(), rules.TEST, {**SAMPLE, "answered_at": now.isoformat()}, now)
