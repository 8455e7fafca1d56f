"""Following customers and campaigns."""

from collections.abc import Sequence
from datetime import datetime

from sounding_contracts.campaigns import CampaignChanged
from sounding_contracts.customers import CustomerChanged
from sounding_contracts.envelope import Event

from chassis.mongo import Transaction, put_newer
from services.outbox import store
from services.outbox.commands.addresses import address_of
from services.outbox.domain import deliverability as rules
from services.outbox.domain import dispatch as records
from services.outbox.domain.deliverability import Gate
from services.outbox.events import campaign_of, recipient_of


async def follow_campaigns(tx: Transaction, events: Sequence[Event[CampaignChanged]]) -> None:
    """Keep what mails need of each campaign."""
    rows = {str(e.subject): (e.seq, store.campaigns.write(campaign_of(e.data)) if e.data else None) for e in events}
    await put_newer(tx, store.CAMPAIGNS, rows)


async def follow_recipients(tx: Transaction, events: Sequence[Event[CustomerChanged]]) -> set[str]:
    """Keep address and merge fields."""
    people = {str(e.subject): (e.seq, store.recipients.write(recipient_of(e.data)) if e.data else None) for e in events}
    return await put_newer(tx, store.RECIPIENTS, people)


async def derive_gates(tx: Transaction, customer_ids: set[str], secret: str, now: datetime) -> None:
    """Bring the gates to what is known of the people now. A new address ends what was known of the old one; a no stays.

    Who is known no more was erased: the customer's gate closes for ever, the mailbox's keeps only that it said no.
    """
    people = await store.load(tx, store.RECIPIENTS, store.recipients, customer_ids)
    erased = customer_ids - people.keys()
    addresses = {one.id: address_of(one, secret) for one in people.values()}
    ids = customer_ids | {address for address in addresses.values() if address}
    known = await store.load(tx, store.GATES, store.gates, ids)
    gates = {id_: known.get(id_) or Gate(id=id_) for id_ in ids}
    for id_, address in addresses.items():
        gates[id_] = rules.deleted(rules.at_address(gates[id_], address, now), is_deleted=people[id_].deleted)
    under = [(id_, address) for id_, address in addresses.items() if address]
    for id_, address in under:
        gates[address] = rules.of_one_under_it(gates[address], gates[id_])
    for id_, address in under:
        gates[id_] = rules.of_its_mailbox(gates[id_], gates[address])
    gates |= {id_: rules.erased(gates[id_]) for id_ in erased}
    await store.save_gates(tx, known, gates.values(), now)
    await _forget_records(tx, erased, now)


async def _forget_records(tx: Transaction, customer_ids: set[str], now: datetime) -> None:
    """Take out of the records of those who were erased what says who they were; what waits is not sent."""
    if customer_ids:
        await store.forget_consents(tx, customer_ids)
        await store.forget_touches(tx, customer_ids)
        await store.forget_bounces(tx, customer_ids)
        await store.forget_settlements(tx, customer_ids)
        found = await store.of_customers(tx, customer_ids)
        await store.save_dispatches(tx, [records.forgotten(dispatch, now) for dispatch in found if not dispatch.erased])
