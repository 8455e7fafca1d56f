"""What the profile page does that another service owns: that service is asked, and what came of it is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from chassis.errors import Refusal, Unavailable
from chassis.mongo import Database, Transaction
from services.profile import store
from services.profile.adapters.owners import Caller, Owners
from services.profile.commands.customers import Author
from services.profile.domain.audit import Entry, Outcome


@dataclass(frozen=True, slots=True)
class Command:
    """What is asked of whom: `action` is its name in the audit log."""

    action: str
    owner: str
    path: str
    body: Mapping[str, Any]


async def ask(
    database: Database, owners: Owners, command: Command, customer_id: str, author: Author, caller: Caller
) -> dict[str, Any]:
    """The owner's answer. Raises `NotFound`, the owner's own refusal, and `Unavailable` where it is away."""
    details = {name: value for name, value in command.body.items() if value is not None}
    asked = replace(author.entry(customer_id, command.action, {}), outcome=Outcome.ASKED, details=details)

    async def begin(tx: Transaction) -> None:
        await store.Customers(tx).get(customer_id)
        await store.put_entry(tx, asked)

    await database.transact(begin)
    try:
        answer = await owners.ask(command.owner, command.path, command.body, caller)
    except Unavailable:
        raise
    except Refusal as refusal:
        await _conclude(database, replace(asked, outcome=Outcome.REFUSED, code=refusal.code))
        raise
    await _conclude(database, replace(asked, outcome=Outcome.DONE))
    return answer


async def _conclude(database: Database, entry: Entry) -> None:
    await database.transact(lambda tx: store.put_entry(tx, entry))
