"""Count what has changed: put the rows of marked answers and surveys anew, and take the marks away."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from chassis.ids import derived_id
from chassis.mongo import Document, Transaction
from services.feedback.domain.columns import AT, KEY, Row
from services.feedback.domain.counted import (
    LINKS,
    NOW,
    SURVEYS,
    answer_rows,
    day,
    key_of,
    round_of,
    survey_row,
    version_of,
)
from services.feedback.store import columns as store
from services.feedback.store.collections import CUSTOMERS, DISPATCHES, RESPONSES
from services.feedback.store.marks import Kind, drop_marks, next_marks

Counted = tuple[str, str, Mapping[str, object], Row]
"""Table, day, answer and its row."""


@dataclass(slots=True)
class Change:
    """What becomes of one day: rows that are put whole, keys that go, and rows of which only some columns change."""

    whole: list[Row] = field(default_factory=list)
    gone: set[bytes] = field(default_factory=set)
    linked: list[Row] = field(default_factory=list)
    renewed: bool = False


Changes = defaultdict[tuple[str, str], Change]
"""By table and day."""


async def count(tx: Transaction) -> int:
    """Count some of what is marked; how many marks that were. All of it is stored together, or nothing."""
    found = await next_marks(tx)
    if found is None:
        return 0
    kind, marks = found
    changes: Changes = defaultdict(Change)
    _forget_places(changes, marks)
    if kind is Kind.SURVEY:
        await _count_surveys(tx, changes, {mark["survey_id"] for mark in marks})
    else:
        await _count_answers(tx, changes, marks)
    for (table, on), change in changes.items():
        await _apply(tx, table, on, change)
    await drop_marks(tx, marks)
    return len(marks)


def _forget_places(changes: Changes, marks: Sequence[Document]) -> None:
    """What is marked may have stood elsewhere, or be no more."""
    for mark in marks:
        for table, on in mark["places"]:
            changes[table, on].gone.add(key_of(mark.get("response_id") or mark["survey_id"]))


async def _count_answers(tx: Transaction, changes: Changes, marks: Sequence[Document]) -> None:
    marked = {mark["response_id"]: mark for mark in marks if "response_id" in mark}
    people = {mark["customer_id"] for mark in marks if mark["customer_id"]}
    renewed = {mark["customer_id"] for mark in marks if "response_id" not in mark}
    for table, on, answer, row in await rows_of(tx, people, marked):
        change = changes[table, on]
        (change.whole if answer["_id"] in marked else change.linked).append(row)
        change.renewed |= answer["customer_id"] in renewed
    dispatches = await _found(tx, DISPATCHES, {mark["dispatch_id"] for mark in marked.values()})
    await _count_surveys(tx, changes, {round_of(one) for one in dispatches.values()})


async def rows_of(tx: Transaction, people: Iterable[str], alone: Iterable[str]) -> list[Counted]:
    """All answers of these customers, and of these answers those that are nobody's."""
    nobodys = {"_id": {"$in": list(alone)}, "customer_id": None}
    asked = {"$or": [{"customer_id": {"$in": list(people)}}, nobodys]}
    answers: dict[str, list[Document]] = defaultdict(list)
    async for answer in tx.collection(RESPONSES).find(asked, session=tx.session):
        answers[answer["customer_id"] or answer["_id"]].append(answer)
    dispatches = await _found(tx, DISPATCHES, (one.get("dispatch_id") for some in answers.values() for one in some))
    templates = {id_: version for id_, one in dispatches.items() if (version := version_of(one))}
    now = await _found(tx, CUSTOMERS, answers)
    return [found for who, some in answers.items() for found in answer_rows(some, templates, now.get(who))]


async def _count_surveys(tx: Transaction, changes: Changes, surveys: set[str]) -> None:
    """A survey stands on the day of its first mail; what came out of order may have put it on that of another."""
    for on, key, row in await survey_rows_of(tx, surveys):
        changes[SURVEYS, on].gone.add(key)
        if row is not None:
            changes[SURVEYS, on].whole.append(row)


async def survey_rows_of(tx: Transaction, surveys: set[str]) -> list[tuple[str, bytes, Row | None]]:
    """Each day on which one of these surveys was sent, with its key, and its row on the day where it counts."""
    if not surveys:
        return []
    some = {"$in": list(surveys)}
    rounds: dict[str, list[Document]] = defaultdict(list)
    asked = {"$or": [{"_id": some}, {"reminds_of": some}]}
    async for dispatch in tx.collection(DISPATCHES).find(asked, session=tx.session):
        rounds[round_of(dispatch)].append(dispatch)
    answer_ids = {one["_id"]: derived_id("response", one["_id"]) for found in rounds.values() for one in found}
    answers = await _found(tx, RESPONSES, answer_ids.values())
    days: list[tuple[str, bytes, Row | None]] = []
    for id_, found in rounds.items():
        given = [answers[answer_ids[one["_id"]]] for one in found if answer_ids[one["_id"]] in answers]
        counts_on, row = survey_row(id_, found, given) or ("", None)
        sent_on = {day(one["sent_at"]) for one in found if one.get("sent_at")}
        days += [(on, key_of(id_), row if on == counts_on else None) for on in sorted(sent_on)]
    return days


async def _found(tx: Transaction, name: str, ids: Iterable[str | None]) -> dict[str, Document]:
    asked = {"_id": {"$in": list({id_ for id_ in ids if id_})}}
    return {row["_id"]: row async for row in tx.collection(name).find(asked, session=tx.session)}


async def _apply(tx: Transaction, table: str, date: str, change: Change) -> None:
    """Read of a day what changes, and write what differs."""
    if not change.whole and not change.gone and await _apply_in_place(tx, table, date, change):
        return
    stood = await store.read_day(tx, table, date)
    rows = [*change.whole, *change.linked]
    gone = {*change.gone, *(row.key for row in rows)}
    await store.write_day(tx, table, date, store.as_day(stood).with_rows(gone, rows), stood)


async def _apply_in_place(tx: Transaction, table: str, date: str, change: Change) -> bool:
    """Only the links to later answers, and what customers are now; false where a row is not there yet."""
    exact: list[Document] = [{"$in": [KEY, AT, *LINKS]}]
    exact += [{"$regex": f"^{NOW}\\."}] if change.renewed else []
    stood: dict[str, Document] = {}
    for only in exact:
        stood |= await store.read_day(tx, table, date, only)
    there = store.as_day(stood, LINKS)
    if not {row.key for row in change.linked} <= set(there.keys()):
        return False
    said = {name for row in change.linked for name in row.values} if change.renewed else set()
    names = {*LINKS, *(name for name in (*there.columns, *said) if name.startswith(f"{NOW}."))}
    await store.write_day(tx, table, date, there.with_values(change.linked, names), stood)
    return True
