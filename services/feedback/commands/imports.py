"""Imports of old answers: taken in pieces, read piece by piece, each piece stored together with how far it is."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from chassis.errors import Conflict, Invalid, Refusal
from chassis.ids import derived_id, new_id
from chassis.mongo import Document, Transaction
from commons import csv_rows, pieces
from commons.csv_rows import Dialect
from services.feedback import store
from services.feedback.domain import importing, old_answers
from services.feedback.domain.importing import Import, State
from services.feedback.domain.old_answers import Plan, Row
from services.feedback.domain.response import Response
from services.feedback.domain.scoring import in_scale, scale
from services.feedback.domain.work import State as WorkState
from services.feedback.domain.work import Work, tagged
from services.feedback.store.identities import by_address, by_external, customers_by
from services.feedback.store.imports import imports


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


async def start_import(tx: Transaction, id_: str, plan: Plan, *, dry_run: bool, now: datetime) -> Import:
    """Let it run. Raises `NotFound`, `Invalid` for a plan that does not fit, `Conflict` where it has run."""
    import_ = await imports.get(tx, id_)
    old_answers.check_plan(plan, import_.header)
    if plan.campaign_id is not None and await store.find(tx, store.CAMPAIGNS, plan.campaign_id) is None:
        code, reason = "campaign-not-found", "There is no campaign with this id."
        raise Invalid(code, reason, field="campaign_id")
    await imports.drop_noted(tx, id_)
    return await imports.put(tx, importing.started(import_, plan, dry_run=dry_run, now=now))


async def cancel_import(tx: Transaction, id_: str, now: datetime) -> Import:
    """Import no row more. Raises `NotFound`, and `Conflict` where it has ended."""
    ended = importing.ended(await imports.get(tx, id_), State.CANCELLED, now)
    await imports.drop_parts(tx, id_)
    return await imports.put(tx, ended)


async def fail_import(tx: Transaction, id_: str, holder: str, reason: str, now: datetime) -> None:
    """Import no row more, and say why; what was imported stays."""
    import_ = await imports.held(tx, id_, holder, State.RUNNING)
    if import_ is not None:
        await imports.put(tx, importing.ended(import_, State.FAILED, now, reason))


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
    after = await _import_rows(tx, after, import_.plan, text, now)
    if is_last:
        after = replace(after, state=State.DONE)
        if not after.dry_run:
            await imports.drop_parts(tx, id_)
    await imports.put(tx, after)


@dataclass(slots=True)
class _Heard:
    """What the rows of a piece have come to so far."""

    import_: Import
    plan: Plan
    now: datetime
    row: int
    faults: list[tuple[int, str, Sequence[str]]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    campaigns: dict[str, Document] = field(default_factory=dict)
    attributes: dict[str, Document] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    before: dict[str, Response] = field(default_factory=dict)
    answers: dict[str, Response] = field(default_factory=dict)


async def _import_rows(tx: Transaction, import_: Import, plan: Plan, text: str, now: datetime) -> Import:
    heard = _Heard(import_, plan, now, import_.row)
    rows = list(_read_all(heard, text))
    known = await customers_by(tx, {key for row in rows for key in _keys(plan, row)})
    owned = [(row, owner) for row in rows if (owner := _owner(heard, row, known))]
    campaigns = [one async for one in tx.collection(store.CAMPAIGNS).find(session=tx.session)]
    heard.campaigns = {str(one["name"]).casefold(): one for one in campaigns} | {one["_id"]: one for one in campaigns}
    heard.attributes = await _known(tx, import_, {owner for _, owner in owned}, now)
    placed = [(id_, row, owner) for row, owner in owned if (id_ := _id(heard, row, owner))]
    heard.before = await store.some_responses(tx, {id_ for id_, *_ in placed})
    heard.removed = await store.removed(tx, {id_ for id_, *_ in placed})
    heard.answers = dict(heard.before)
    for id_, row, owner in placed:
        _hear(heard, id_, row, owner)
    return await _concluded(tx, heard)


async def _known(tx: Transaction, import_: Import, owners: set[str], now: datetime) -> dict[str, Document]:
    """What is known of those who are not erased, and cannot be before their answers are stored."""
    gone = set[str]() if import_.dry_run else await store.hold_people(tx, owners, now)
    return await store.attributes_of(tx, owners - gone)


async def _concluded(tx: Transaction, heard: _Heard) -> Import:
    import_, counts = heard.import_, heard.counts
    await imports.put_noted(tx, import_.id, "refused", heard.faults, heard.now)
    changed = [one for one in heard.answers.values() if one != heard.before.get(one.id)]
    if not import_.dry_run:
        await store.save_responses(tx, changed)
    return replace(
        import_,
        row=heard.row,
        created=import_.created + counts["created"],
        changed=import_.changed + counts["changed"],
        unchanged=import_.unchanged + counts["unchanged"],
        refused=import_.refused + len(heard.faults),
    )


def _read_all(heard: _Heard, text: str) -> Iterator[Row]:
    """The rows that can be read."""
    below_header, zone = heard.import_.row > 0, old_answers.zone_of(heard.plan)
    for record in csv_rows.records(text, heard.import_.delimiter):
        heard.row += 1
        if record is None:
            continue
        if not below_header:
            below_header = True
            continue
        try:
            if isinstance(record, str):
                code = "row-not-valid"
                raise Invalid(code, record)
            csv_rows.check_text(record, heard.import_.encoding)
            yield old_answers.read(heard.row, record, heard.plan, zone)
        except Refusal as refusal:
            heard.faults.append((heard.row, str(refusal), record if isinstance(record, list) else ()))


def _keys(plan: Plan, row: Row) -> list[str]:
    external = [by_external(plan.source, row.external_id)] if plan.source and row.external_id else []
    return [*external, *([by_address(row.email)] if row.email else [])]


def _owner(heard: _Heard, row: Row, known: Mapping[str, str]) -> str | None:
    """Whose answer it is; None where that is not known, which is noted."""
    found = {known.get(key) for key in _keys(heard.plan, row)} | {row.customer_id}
    owners = found - {None}
    if len(owners) == 1:
        return owners.pop()
    reason = "names two customers" if owners else "there is no customer with this address or id"
    heard.faults.append((row.number, reason, row.cells))
    return None


def _id(heard: _Heard, row: Row, owner: str) -> str | None:
    """The id of its answer, the same whenever the row is imported; None where it can have none, which is noted."""
    if row.old_id is not None:
        return derived_id("old-answer", row.old_id)
    campaign = row.campaign or heard.plan.campaign_id or row.metric or heard.plan.metric or ""
    found = heard.campaigns.get(campaign) or heard.campaigns.get(campaign.casefold())
    about = found["_id"] if found else campaign
    return derived_id("old-answer", owner, about, row.answered_at.isoformat(), row.score, row.comment or "")


def _hear(heard: _Heard, id_: str, row: Row, owner: str) -> None:
    before = heard.answers.get(id_)
    try:
        after = _answer(heard, id_, row, owner, before)
    except Refusal as refusal:
        heard.faults.append((row.number, str(refusal), row.cells))
        return
    heard.counts["created" if before is None else "unchanged" if after == before else "changed"] += 1
    heard.answers[id_] = after


def _answer(heard: _Heard, id_: str, row: Row, owner: str, before: Response | None) -> Response:
    """The answer that a row is. Raises a `Refusal` for what cannot be."""
    attributes = heard.attributes.get(owner)
    if attributes is None or id_ in heard.removed:
        code = "row-not-valid"
        raise Conflict(code, "this answer was erased" if attributes else "there is no customer with this id")
    campaign, metric = _asked(heard, row)
    _check(row, metric, heard.now)
    if before is not None:
        return _again(before, row, owner, heard.now)
    return Response(
        id=id_,
        dispatch_id=None,
        customer_id=owner,
        campaign_id=campaign["_id"] if campaign else None,
        campaign_name=campaign["name"] if campaign else row.campaign,
        channel=row.channel,
        metric=metric,
        score=row.score,
        comment=row.comment,
        language=row.language,
        attributes=attributes,
        added_by=heard.import_.by,
        work=tagged(Work(state=WorkState.OPEN if heard.plan.tell else WorkState.RESOLVED), add=row.tags),
        past=not heard.plan.tell,
        import_id=heard.import_.id,
        answered_at=row.answered_at,
        changed_at=heard.now,
    )


def _check(row: Row, metric: str, now: datetime) -> None:
    low, high = scale(metric)
    if row.answered_at > now:
        code, reason = "answered-at-not-valid", "must not lie ahead"
        raise Invalid(code, reason, field="answered_at")
    if not in_scale(metric, row.score):
        code, reason = "score-not-valid", f"must be a whole number from {low} to {high}"
        raise Invalid(code, reason, field="score")


def _again(before: Response, row: Row, owner: str, now: datetime) -> Response:
    """The same answer, told once more: by the id that it had elsewhere it may have changed there."""
    if before.customer_id != owner or before.erased:
        code, reason = "row-not-valid", "this id is another customer's answer"
        raise Conflict(code, reason, field="id")
    after = replace(before, score=row.score, comment=row.comment, answered_at=row.answered_at)
    return before if after == before else replace(after, changed_at=now)


def _asked(heard: _Heard, row: Row) -> tuple[Document | None, str]:
    """In which campaign, and what was measured: a campaign that is not known stays a name."""
    wanted = row.campaign or heard.plan.campaign_id
    campaign = (heard.campaigns.get(wanted) or heard.campaigns.get(wanted.casefold())) if wanted else None
    metric = row.metric or (campaign or {}).get("metric") or heard.plan.metric
    if metric is None:
        code, reason = "metric-missing", "does not say what was measured, and its campaign is not known"
        raise Invalid(code, reason, field="metric")
    if campaign is not None and campaign["metric"] != metric:
        code, reason = "metric-not-valid", f"this campaign measures {campaign['metric']}"
        raise Invalid(code, reason, field="metric")
    return campaign, metric
