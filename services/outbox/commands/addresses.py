"""How addresses are known where nobody may read them."""

import hashlib
import hmac

from chassis.mongo import Database
from services.outbox import store
from services.outbox.domain.mail import Recipient

OTHER_KEY = (
    "SOUNDING_OUTBOX_ADDRESS_KEY is not the key that addresses were hashed with: whoever said no would be mailed"
)


def address_id(canonical_email: str, secret: str) -> str:
    """The id of an address's gate: nobody reads the address from it."""
    return store.ADDRESS + hmac.new(secret.encode(), canonical_email.encode(), hashlib.sha256).hexdigest()


async def same_address_key(database: Database, secret: str) -> bool:
    """Whether addresses are hashed with the key that they always were; the first one asked about is."""
    return await store.keep_address_key(database, hashlib.sha256(f"sounding.addresses|{secret}".encode()).hexdigest())


def address_of(person: Recipient, secret: str) -> str | None:
    """The id of a person's address's gate; None without an address."""
    return address_id(person.canonical_email, secret) if person.canonical_email else None
