"""What other services own, asked of them for many customers: each once, wherever it stops and whoever goes on."""

import asyncio
from collections.abc import Sequence
from urllib.parse import quote

from chassis.errors import Refusal, Unavailable
from services.profile.adapters.owners import Owners
from services.profile.commands.actions import Command
from services.profile.domain.job import Fault, Job, Kind

AT_ONCE = 8


async def ask_each(owners: Owners, job: Job, ids: Sequence[str]) -> list[Fault]:
    """Ask the owner for each customer; with whom it could not be done.

    Each has a key of its own, so that to ask again has no second effect. Raises `Unavailable` where the owner is away.
    """
    limit = asyncio.Semaphore(AT_ONCE)

    async def ask(one: str) -> Fault | None:
        command = command_of(job, one)
        async with limit:
            try:
                await owners.ask(command.owner, command.path, command.body, owners.caller(f"{job.id}:{one}"))
            except Unavailable:
                raise
            except Refusal as refusal:
                return Fault(customer_id=one, code=refusal.code, reason=refusal.reason)
        return None

    asked = await asyncio.gather(*map(ask, ids), return_exceptions=True)
    for found in asked:
        if isinstance(found, BaseException):
            raise found
    return [found for found in asked if isinstance(found, Fault)]


def command_of(job: Job, customer_id: str) -> Command:
    """What the owner is asked for one customer."""
    of_customer = f"/v1/customers/{quote(customer_id, safe='')}/{job.kind}"
    if job.kind is Kind.SEND_SURVEY:
        path = f"/v1/campaigns/{quote(job.asked['campaign_id'], safe='')}/send"
        return Command(job.kind, "scheduler", path, {"customer_id": customer_id})
    if job.kind is Kind.RESET_LAST_SURVEY:
        return Command(job.kind, "scheduler", of_customer, {})
    # The owner sees the key of the work only: who asked for it stands in the note.
    note = f"{job.asked.get('note', '')} (by {job.by}, job {job.id})".strip()
    return Command(job.kind, "outbox", of_customer, {"note": note})
