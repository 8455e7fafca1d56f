"""API keys."""

import re
import secrets
from datetime import datetime

from chassis.auth import make_key
from chassis.errors import Invalid
from chassis.mongo import Document, Transaction
from services.console import store
from services.console.domain import scopes as known


async def create_key(
    tx: Transaction, name: str, scopes: frozenset[str], by: str, now: datetime
) -> tuple[str, Document]:
    """A key: what its holder keeps, shown once, and what is kept of it. Raises `Invalid` for scopes nobody knows."""
    if wrong := known.unknown(scopes):
        code, reason = "scope-not-known", f"There is no scope {', '.join(wrong)}."
        raise Invalid(code, reason, field="scopes")
    slug = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:24].rstrip("-")
    text, stored = make_key(f"{slug or 'key'}-{secrets.token_hex(4)}", sorted(scopes))
    row: Document = {
        "_id": stored.id,
        "name": name,
        "hash": stored.hash,
        "scopes": sorted(scopes),
        "created_by": by,
        "created_at": now,
        "revoked_at": None,
        "last_used_at": None,
    }
    await store.keys.put(tx, row)
    return text, row
