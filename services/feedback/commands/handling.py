"""See to answers: put them right, tag, assign and resolve them, say something of them, take them out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chassis.errors import Conflict
from chassis.ids import new_id
from chassis.mongo import Transaction
from services.feedback import store
from services.feedback.domain.audit import Change, Entry, changes
from services.feedback.domain.correcting import action_of, edited
from services.feedback.domain.response import Response
from services.feedback.domain.work import Note, noted, unnoted
from services.feedback.store import audit, notes
from services.feedback.store.responses import remove_response, response


@dataclass(frozen=True, slots=True)
class Author:
    """Who does something by hand, and when."""

    by: str
    now: datetime

    def entry(self, answer: Response, action: str, changed: Mapping[str, Change]) -> Entry:
        """What is kept of it."""
        return Entry(
            id=new_id(),
            response_id=answer.id,
            customer_id=answer.customer_id,
            action=action,
            by=self.by,
            at=self.now,
            changes=changed,
        )


async def edit_response(
    tx: Transaction, id_: str, values: Mapping[str, Any], author: Author, *, expected_seq: int | None
) -> Response:
    """Put an answer right, or see to it; what is left out stays. Raises `NotFound`, `Outdated`, `Invalid`, `Conflict`."""
    before = await response(tx, id_, expected_seq)
    after = edited(before, values, author.now)
    if after == before:
        return before
    await audit.put_entry(tx, author.entry(after, action_of(before, after), changes(before, after)))
    return await store.save_response(tx, after)


async def remove(tx: Transaction, id_: str, author: Author, *, expected_seq: int | None) -> None:
    """Take an answer out for good, from figures and lists too. Raises `NotFound`, `Outdated`."""
    before = await response(tx, id_, expected_seq)
    about = {"response_id": id_}
    await notes.drop_notes(tx, about)
    await audit.forget_entries(tx, about)
    await audit.put_entry(tx, author.entry(before, "erase", {}))
    await remove_response(tx, before, by=author.by, now=author.now)


async def add_note(tx: Transaction, id_: str, text: str, author: Author) -> Note:
    """Say something of an answer, for colleagues. Raises `NotFound`, `Conflict`."""
    before = await response(tx, id_)
    if before.erased:
        code, reason = "customer-erased", "Nothing is kept of who answered."
        raise Conflict(code, reason)
    note = Note(id=new_id(), response_id=id_, customer_id=before.customer_id, text=text, by=author.by, at=author.now)
    after = replace(before, work=noted(before.work), changed_at=author.now)
    await notes.put_note(tx, note)
    await audit.put_entry(tx, author.entry(after, "note", {"note": Change(before=None, after=text)}))
    await store.save_response(tx, after)
    return note


async def remove_note(tx: Transaction, id_: str, note_id: str, author: Author) -> None:
    """Take a note back. Raises `NotFound`."""
    before = await response(tx, id_)
    note = await notes.take_note(tx, id_, note_id)
    after = replace(before, work=unnoted(before.work), changed_at=author.now)
    await audit.put_entry(tx, author.entry(after, "remove-note", {"note": Change(before=note.text, after=None)}))
    await store.save_response(tx, after)
