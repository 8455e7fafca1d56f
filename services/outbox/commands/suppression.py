"""What people want of the surveys to come."""

from chassis.mongo import Transaction
from services.outbox import store
from services.outbox.commands.addresses import address_id
from services.outbox.domain import deliverability as rules
from services.outbox.domain.deliverability import Evidence, Gate
from services.outbox.domain.mail import Brand
from services.outbox.domain.wishes import What, Wish, granted


async def grant(tx: Transaction, customer_id: str, wish: Wish, secret: str) -> tuple[str, ...]:
    """Store a wish, for the customer and for the mailbox. Returns their gates, which a mail may have passed before."""
    known, (customer, *mailboxes) = await _both_gates(tx, customer_id, secret)
    without_person = Wish(
        what=wish.what,
        evidence=rules.of_mailbox(wish.evidence),
        campaign_id=wish.campaign_id,
        brand_id=wish.brand_id,
        until=wish.until,
    )
    after = [granted(customer, wish), *(granted(gate, without_person) for gate in mailboxes)]
    if after != [customer, *mailboxes]:
        await store.add_consent(tx, customer_id, wish)
    await store.save_gates(tx, known, after, wish.evidence.at)
    return tuple(gate.id for gate in after)


async def unsubscribe(tx: Transaction, customer_id: str, evidence: Evidence, secret: str) -> tuple[str, ...]:
    """Store a no to all surveys. Returns the gates that a mail may have passed before."""
    return await grant(tx, customer_id, Wish(what=What.NONE, evidence=evidence), secret)


def way_out(brand: Brand | None, evidence: Evidence) -> Wish:
    """What the one click in a mail asks for: no survey any more, or none of the brand where that is its scope."""
    if brand is not None and brand.unsubscribe_scope == "brand":
        return Wish(what=What.NO_BRAND, evidence=evidence, brand_id=brand.id)
    return Wish(what=What.NONE, evidence=evidence)


async def _both_gates(tx: Transaction, customer_id: str, secret: str) -> tuple[dict[str, Gate], list[Gate]]:
    people = await store.load(tx, store.RECIPIENTS, store.recipients, [customer_id])
    addresses = [address_id(one.canonical_email, secret) for one in people.values() if one.canonical_email]
    ids = [customer_id, *addresses]
    known = await store.load(tx, store.GATES, store.gates, ids)
    return known, [known.get(id_, Gate(id=id_)) for id_ in ids]
