"""By what customers are known: kept as sums, so that no address lies here."""

from collections.abc import Iterable

from sounding_contracts.customers import CustomerChanged

from chassis.ids import derived_id
from chassis.mongo import Document, Transaction
from services.feedback.store.collections import IDENTITIES


def by_address(canonical_email: str) -> str:
    """What stands for an address."""
    return derived_id("address", canonical_email)


def by_external(source: str, external_id: str) -> str:
    """What stands for an integration's id."""
    return derived_id("external", source, external_id)


def identity_row(customer: CustomerChanged) -> Document:
    """What a customer is known by."""
    address = [by_address(customer.canonical_email)] if customer.canonical_email else []
    return {"keys": [*address, *(by_external(source, id_) for source, id_ in customer.external_ids.items())]}


async def customers_by(tx: Transaction, keys: Iterable[str]) -> dict[str, str]:
    """The customer of each of these, as far as known."""
    wanted = set(keys)
    cursor = tx.collection(IDENTITIES).find({"keys": {"$in": list(wanted)}}, session=tx.session)
    return {key: row["_id"] async for row in cursor for key in row["keys"] if key in wanted}
