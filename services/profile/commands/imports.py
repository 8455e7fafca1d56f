"""CSV imports: taken in pieces, read piece by piece, each piece stored together with how far it is."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sounding_contracts.integrations import CustomerFacts

from chassis.errors import Conflict, Invalid, Refusal
from chassis.ids import new_id
from chassis.mongo import Transaction
from commons import csv_rows, pieces
from commons.csv_rows import Dialect
from services.profile import store
from services.profile.commands.customers import email_of, undeleted
from services.profile.domain import csv_columns, importing, undoing
from services.profile.domain import properties as property_rules
from services.profile.domain.csv_columns import Plan
from services.profile.domain.customer import Customer, Stamp, Statement, hear
from services.profile.domain.identity import Directory
from services.profile.domain.importing import Import, State
from services.profile.domain.properties import PropertyType
from services.profile.events import facts_said, plainly_said
from services.profile.store import undo
from services.profile.store.imports import imports

CSV = "csv"
PLAIN = 200
"""The contract's shortest limit: what is within it needs no closer look."""


async def begin_import(tx: Transaction, file_name: str, by: str, now: datetime) -> Import:
    """Make room for a file."""
    return await imports.put(tx, Import(id=new_id(), file_name=file_name, by=by, created_at=now, changed_at=now))


async def upload_part(tx: Transaction, id_: str, number: int, content: bytes, now: datetime) -> Import:
    """Keep a piece of the file; pieces come in order, the same one may come again.

    Raises `NotFound`, and `Conflict` where it was started, or a piece is left out.
    """
    import_ = await imports.get(tx, id_)
    if import_.state is not State.UPLOADING:
        code, reason = "import-started", "This import has been started already."
        raise Conflict(code, reason)
    pieces.check_order(number, import_.parts)
    await imports.put_part(tx, id_, number, content, now)
    if number == 0:
        dialect, header = pieces.opening(content)
        import_ = replace(import_, encoding=dialect.encoding, delimiter=dialect.delimiter, header=header)
    return await imports.put(tx, replace(import_, parts=max(import_.parts, number + 1), changed_at=now))


async def start_import(
    tx: Transaction, id_: str, plan: Plan, *, source: str | None, dry_run: bool, now: datetime
) -> Import:
    """Let it run. Raises `NotFound`, `Invalid` for a plan that does not fit, `Conflict` where it has run."""
    import_ = await imports.get(tx, id_)
    if len(plan.columns) != len(import_.header):
        code, reason = "mapping-not-valid", f"The file has {len(import_.header)} columns, and so must this."
        raise Invalid(code, reason, field="columns")
    csv_columns.check_columns(plan.columns)
    if ("external_id" in plan.columns) is (source is None):
        code, reason = (
            "source-missing",
            "Name the integration whose ids they are where there is an external_id, and only there.",
        )
        raise Invalid(code, reason, field="source")
    await imports.drop_noted(tx, id_)
    await undo.forget_seen(tx, id_)
    return await imports.put(tx, importing.started(import_, plan, source=source, dry_run=dry_run, now=now))


async def cancel_import(tx: Transaction, id_: str, now: datetime) -> Import:
    """Import no row more. Raises `NotFound`, and `Conflict` where it has ended."""
    ended = importing.ended(await imports.get(tx, id_), State.CANCELLED, now)
    await imports.drop_parts(tx, id_)
    return await imports.put(tx, ended)


@dataclass(slots=True)
class _Heard:
    """What the rows of a piece have made of the customers so far, and of how many it was what."""

    import_: Import
    directory: Directory
    types: dict[str, PropertyType]
    fresh: dict[str, PropertyType] = field(default_factory=dict)
    touched: dict[str, None] = field(default_factory=dict)
    faults: list[tuple[int, str, Sequence[str]]] = field(default_factory=list)
    doubled: list[tuple[int, str, Sequence[str]]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    seen: set[str] = field(default_factory=set)
    before: dict[str, Customer] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    number: int
    cells: Sequence[str]
    statement: Statement
    external_id: str | None


async def import_piece(tx: Transaction, id_: str, holder: str, now: datetime) -> None:
    """Import the rows of the next piece, and remember how far it is, together."""
    import_ = await imports.held(tx, id_, holder, State.RUNNING)
    if import_ is None or import_.plan is None:
        return
    is_last = import_.next_part + 1 >= import_.parts
    content = import_.rest + await imports.get_part(tx, id_, import_.next_part)
    dialect = Dialect(encoding=import_.encoding, delimiter=import_.delimiter)
    is_first = import_.next_part == 0
    text, rest = pieces.whole_rows(content, dialect, row=import_.row, first=is_first, last=is_last)
    after = replace(import_, next_part=import_.next_part + 1, rest=rest, changed_at=now)
    after = await _import_rows(tx, after, text, now)
    if is_last:
        after = replace(after, state=State.DONE)
        await undo.forget_seen(tx, id_)
        if not after.dry_run:
            await imports.drop_parts(tx, id_)
    await imports.put(tx, after)


async def fail_import(tx: Transaction, id_: str, holder: str, reason: str, now: datetime) -> None:
    """Import no row more, or take none back, and say why; what was done stays."""
    state = (await imports.get(tx, id_)).state
    import_ = await imports.held(tx, id_, holder, state) if state in imports.working else None
    if import_ is not None:
        await imports.put(tx, importing.ended(import_, State.FAILED, now, reason))


async def _import_rows(tx: Transaction, import_: Import, text: str, now: datetime) -> Import:
    heard = _Heard(import_, Directory(), await store.all_property_types(tx))
    last, rows = _read_all(heard, text)
    customers = store.Customers(tx)
    external = [(import_.source, row.external_id) for row in rows if import_.source and row.external_id]
    known = await customers.known_by(external, {email for row in rows if (email := email_of(row.statement))})
    heard.directory = Directory.of(known)
    heard.before = {customer.id: customer for customer in known}
    if import_.dry_run:
        heard.seen = await undo.seen_before(tx, import_.id, [name for row in rows for name in _names(row)], now)
    for row in rows:
        try:
            heard.counts[_hear(heard, row, now)] += 1
        except Refusal as refusal:
            heard.faults.append((row.number, str(refusal), row.cells))
    await imports.put_noted(tx, import_.id, "refused", heard.faults, now)
    await imports.put_noted(tx, import_.id, "doubled", heard.doubled, now)
    if not import_.dry_run:
        await store.add_property_types(tx, heard.fresh, now)
        await customers.save(heard.before, [heard.directory.customers[one] for one in heard.touched], now=now)
        await undo.put_displaced(tx, import_.id, import_.next_part - 1, _displaced(heard), now)
    return replace(
        import_,
        row=last,
        created=import_.created + heard.counts["created"],
        changed=import_.changed + heard.counts["changed"],
        unchanged=import_.unchanged + heard.counts["unchanged"],
        refused=import_.refused + len(heard.faults),
        doubled=import_.doubled + len(heard.doubled),
    )


def _displaced(heard: _Heard) -> undo.Displaced:
    id_, before = heard.import_.id, heard.before
    return undo.Displaced(
        created=[one for one in heard.touched if one not in before],
        changed={
            one: list(undoing.displaced(before[one], heard.directory.customers[one], id_))
            for one in heard.touched
            if one in before
        },
    )


def _names(row: _Row) -> list[str]:
    """By what a later row may be about the same customer."""
    return [name for name in (email_of(row.statement), row.external_id) if name]


def _read_all(heard: _Heard, text: str) -> tuple[int, list[_Row]]:
    """The rows that can be read, and the number of the last one."""
    number, rows = heard.import_.row, []
    below_header = heard.import_.row > 0
    for record in csv_rows.records(text, heard.import_.delimiter):
        number += 1
        if record is None:
            continue
        if not below_header:
            below_header = True
            continue
        if isinstance(record, str):
            heard.faults.append((number, record, ()))
            continue
        try:
            rows.append(_read(heard.import_, number, record, heard.types))
        except Refusal as refusal:
            heard.faults.append((number, str(refusal), record))
    return number, rows


def _read(import_: Import, number: int, cells: Sequence[str], types: Mapping[str, PropertyType]) -> _Row:
    """A row as a statement: by the same rules as a sync event. Raises `Invalid`."""
    assert import_.plan is not None  # noqa: S101
    csv_rows.check_text(cells, import_.encoding)
    said = csv_columns.said_in(cells, import_.plan, types)
    external_id = said.pop("external_id", None)
    stamp = Stamp(import_.started_at or import_.created_at, CSV, f"{import_.id}:{number:010d}")
    statement = plainly_said(said, stamp) if _is_plain(said) else facts_said(_checked_facts(said), stamp)
    if not email_of(statement) and not external_id:
        code, reason = "row-not-valid", "has neither an address nor an external id"
        raise Invalid(code, reason)
    return _Row(number=number, cells=cells, statement=statement, external_id=str(external_id) if external_id else None)


def _is_plain(said: Mapping[str, Any]) -> bool:
    """Whether the contract's check could neither refuse nor change anything of it."""
    properties, tags = said.get("properties", {}), said.get("tags", {"add": ()})["add"]
    names = (*properties, *tags)
    texts = (value for name, value in said.items() if name not in {"properties", "tags"})
    return (
        len(names) <= PLAIN
        and all(0 < len(name) <= PLAIN and name == name.strip() for name in names)
        and all(len(text) <= PLAIN for text in (*texts, *properties.values()) if isinstance(text, str))
        and not any(isinstance(value, tuple) for value in properties.values())
    )


def _checked_facts(said: Mapping[str, object]) -> CustomerFacts:
    try:
        return CustomerFacts.model_validate(said)
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False, include_context=False)[0]
        code, reason = "row-not-valid", fault["msg"].removeprefix("Value error, ")
        raise Invalid(code, reason, field=".".join(map(str, fault["loc"]))) from error


def _hear(heard: _Heard, row: _Row, now: datetime) -> str:
    """What a row was: `created`, `changed` or `unchanged`. Raises a `Refusal` where it contradicts what is known."""
    statement, source = row.statement, heard.import_.source
    fresh = property_rules.check(statement.properties, heard.types | heard.fresh)
    known = heard.directory.find(statement, source or CSV, row.external_id, email_of(statement))
    before = known or Customer(
        id=new_id(),
        source=CSV,
        source_detail=f"{heard.import_.file_name}, row {row.number}",
        created_at=now,
        changed_at=now,
    )
    after = hear(before, undeleted(before, statement))
    if source and row.external_id:
        after = replace(after, external_ids={**after.external_ids, source: row.external_id})
    if _is_doubled(heard, row, known):
        heard.doubled.append((row.number, "is about the customer of an earlier row", row.cells))
    heard.fresh |= fresh
    heard.directory.put(after)
    heard.touched[after.id] = None
    if known is None and not heard.seen.isdisjoint(_names(row)):
        return "changed"
    return "created" if known is None else "changed" if after.visible != before.visible else "unchanged"


def _is_doubled(heard: _Heard, row: _Row, known: Customer | None) -> bool:
    """Whether an earlier row of the file is about the same customer."""
    if known is None:
        return not heard.seen.isdisjoint(_names(row))
    return known.id in heard.touched or undoing.is_of(heard.import_.id, known.deletion)
