"""A mail as it went out, made again of what was kept of it."""

from chassis.errors import NotFound
from chassis.mongo import Database
from services.outbox import store
from services.outbox.adapters.templates import sandbox
from services.outbox.adapters.templates.compiling import compile_text
from services.outbox.adapters.templates.values import line, values
from services.outbox.domain.mail import Recipient
from services.outbox.domain.template import direction
from services.outbox.schemas import MailBody
from services.outbox.settings import Settings
from services.outbox.views.records import known
from services.outbox.views.templates import find_template, nowhere


async def mail(database: Database, id_: str, settings: Settings) -> MailBody:
    """What the customer got, but for its links, which lead nowhere. Raises `NotFound`, also once the customer is erased."""
    record = await known(database, id_)
    look = await store.look(database, record.look) if record.look else None
    if look is None or record.template_id is None or record.language is None or record.filled_with is None:
        code, reason = "mail-not-kept", "No mail of this record was let out, or it was erased with the customer."
        raise NotFound(code, reason)
    brand, campaign = look
    template = await find_template(database, record.template_id, record.template_version)
    recipient = Recipient(id=record.customer_id, **record.filled_with)
    try:
        made = compile_text(template.languages[record.language], record.language)
        filled = made.fill(*values(recipient, campaign, brand, record.language, nowhere(brand, settings)))
    except (KeyError, *sandbox.FAULTS) as error:
        code, reason = "mail-not-kept", "The template of this mail can be filled no more."
        raise NotFound(code, reason) from error
    return MailBody(
        dispatch_id=record.id,
        subject=record.subject_line or line(filled.subject),
        language=record.language,
        direction=direction(record.language),
        sender=f"{brand.sender_name} <{brand.sender_email}>",
        sent_at=record.sent_at,
        html=filled.html,
        text=filled.text,
    )
