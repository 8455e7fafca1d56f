"""Post a notice, signed."""

from datetime import datetime

from chassis.ids import new_id
from services.feedback.adapters.webhooks import Poster
from services.feedback.commands.alerts import Told
from services.feedback.commands.telling import SAMPLE
from services.feedback.domain import alert as rules
from services.feedback.domain import webhook
from services.feedback.domain.alert import Alert
from services.feedback.domain.webhook import Reply


async def post(poster: Poster, id_: str, type_: str, told: Told, now: datetime) -> Reply:
    """What the receiver says. The same `id_` stands for the same notice, however often it is sent."""
    body = rules.body_of(told.alert, type_, told.count, told.answers, now)
    timestamp = int(now.timestamp())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Sounding",
        "webhook-id": id_,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": webhook.signatures(told.alert.secrets, id_, timestamp, body, now),
    }
    return await poster.post(told.alert.url, body, headers)


async def post_sample(poster: Poster, alert: Alert, now: datetime) -> Reply:
    """Try an alert with an answer that nobody gave."""
    sample = {**SAMPLE, "answered_at": now.isoformat()}
    return await post(poster, new_id(), rules.TEST, Told(alert, 1, [sample]), now)
