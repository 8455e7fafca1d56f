"""Tell a notice: by a signed post, or by mail."""

from datetime import datetime

from chassis.ids import new_id
from services.feedback.adapters.receivers import Receivers
from services.feedback.commands.alerts import Told
from services.feedback.commands.telling import SAMPLE
from services.feedback.domain import alert as rules
from services.feedback.domain import webhook
from services.feedback.domain.alert import Alert
from services.feedback.domain.webhook import Reply


async def tell(receivers: Receivers, id_: str, type_: str, told: Told, now: datetime) -> Reply:
    """What the receiver says. The same `id_` stands for the same notice, however often it is sent."""
    mailbox = rules.mailbox_of(told.alert.url)
    if mailbox is not None:
        return await receivers.mailer.send(mailbox, *rules.mail_of(told.alert, told.count, told.answers), id_)
    body = rules.body_of(told.alert, type_, told.count, told.answers, now)
    headers = webhook.signed_headers(told.alert.secrets, id_, body, now)
    return await receivers.poster.post(told.alert.url, body, headers)


async def tell_sample(receivers: Receivers, alert: Alert, now: datetime) -> Reply:
    """Try an alert with an answer that nobody gave."""
    sample = {**SAMPLE, "answered_at": now.isoformat()}
    return await tell(receivers, new_id(), rules.TEST, Told(alert, 1, [sample]), now)
