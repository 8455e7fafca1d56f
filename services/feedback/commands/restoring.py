"""Bringing a database from a backup up to what feedback had told others before it was lost."""

from collections.abc import Sequence
from dataclasses import replace

from sounding_contracts.envelope import Event
from sounding_contracts.responses import ResponseChanged

from chassis.mongo import Transaction
from services.feedback import store
from services.feedback.domain.response import Response
from services.feedback.events import response_told

RESTORED = "restored"
"""By whom an answer was taken out of which only is known that it was."""


async def restore_responses(tx: Transaction, events: Sequence[Event[ResponseChanged]]) -> int:
    """Let answers be as they were told of last, each of them once here; they are counted anew. Returns how many were not."""
    ids = [str(event.subject) for event in events]
    known, gone = await store.some_responses(tx, ids), await store.removed(tx, ids)
    told, taken_out = list[Response](), list[Response]()
    for event in events:
        before = known.get(str(event.subject))
        if event.subject in gone or event.seq is None or (before is not None and before.seq >= event.seq):
            continue
        if event.data is not None:
            told.append(response_told(event.data, event.seq, before))
        elif before is not None:
            taken_out.append(replace(before, seq=event.seq))
    await store.put_responses(tx, told)
    await store.drop_responses(tx, taken_out, by=RESTORED, now=await tx.now())
    return len(told) + len(taken_out)
