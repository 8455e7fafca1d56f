"""What became of sync events that came over HTTP."""

from sounding_contracts.envelope import DecodeError, decode

from chassis.errors import NotFound
from chassis.mongo import Database, Document
from services.profile.schemas.sync import SyncProgress, SyncRefused
from services.profile.store.syncs import TYPES, applied, find_call, refused


async def progress(database: Database, id_: str) -> SyncProgress:
    """How far a call is. Raises `NotFound` for one that is not known, or is older than seven days."""
    call = await find_call(database, id_)
    if call is None:
        code, reason = "sync-not-found", "There was no such call in the last seven days."
        raise NotFound(code, reason)
    wanted = {(source, event_id) for source, event_id, _ in call.events}
    done = await applied(database, call)
    letters = [_letter(row) for row in await refused(database, call)]
    against = [one for one in letters if one and (one.source, one.event_id) in wanted - done]
    count = len(call.events)
    repeated = count - len(wanted)
    waiting = len(wanted) - len(done) - len(against)
    return SyncProgress(
        id=call.id, at=call.at, count=count, applied=len(done) + repeated, waiting=waiting, refused=against
    )


def _letter(row: Document) -> SyncRefused | None:
    try:
        event = decode(row["value"], (), TYPES)
    except DecodeError:
        return None
    return SyncRefused(source=event.source, event_id=event.id, code=row["code"], reason=row["reason"])
