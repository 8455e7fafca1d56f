"""The loop that asks a provider about mails of which no answer came."""

import asyncio

import httpx

from chassis.logs import get_logger
from chassis.mongo import Database
from chassis.service import Job
from services.outbox import commands, store
from services.outbox.adapters.carriers.postmark_search import PostmarkSearch
from services.outbox.settings import Settings

log = get_logger(__name__)

LOOK_SECONDS = 30.0


def look_up(database: Database, settings: Settings) -> Job:
    """Settles what is unknown by what Postmark has of it, where mails go by Postmark. (Amazon SES has no such search.)"""
    token = settings.postmark_server_token
    search = (
        PostmarkSearch(settings, token.get_secret_value()) if token and settings.sending_way == "postmark" else None
    )

    async def run() -> None:
        if search is None:
            await asyncio.Event().wait()
            return
        while True:
            if await store.is_frozen(database) or not await look_up_next(database, search):
                await asyncio.sleep(LOOK_SECONDS)

    return run


async def look_up_next(database: Database, search: PostmarkSearch) -> bool:
    """Ask about the next record whose turn it is; false where there is none."""
    id_ = await store.next_to_look_up(database)
    if id_ is None:
        return False
    try:
        provider_id = await search.found(id_)
    except (httpx.HTTPError, ValueError) as error:
        log.warning("unknown.not_looked_up", dispatch=id_, error=type(error).__name__)
        return False
    if provider_id is not None:
        await database.transact(lambda tx: commands.found_at_provider(tx, id_, provider_id))
    return True
