"""Keep webhooks, and see to it that each is told of each answer that it wants, in order."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sounding_contracts.envelope import Event
from sounding_contracts.responses import ResponseChanged

from chassis import filters
from chassis.errors import Invalid
from chassis.ids import new_id
from chassis.mongo import Document, Transaction
from services.feedback import store
from services.feedback.domain import webhook as rules
from services.feedback.domain.webhook import Decision, Line, Reply, Secret, Webhook
from services.feedback.events import response_changed
from services.feedback.schemas.fields import RESPONSE_FIELDS
from services.feedback.store import webhooks as rows

REPLAY_STEP = 500


async def create_webhook(tx: Transaction, values: Mapping[str, Any], now: datetime) -> Webhook:
    """Make a webhook with a secret of its own. Raises `Invalid` for a filter that cannot be asked."""
    made = Webhook(
        id=new_id(),
        secrets=(Secret(text=rules.secret_of(secrets.token_bytes(rules.SECRET_BYTES))),),
        created_at=now,
        changed_at=now,
        **values,
    )
    return await rows.save_webhook(tx, _checked(made))


async def edit_webhook(
    tx: Transaction, id_: str, values: Mapping[str, Any], *, expected_seq: int | None, now: datetime
) -> Webhook:
    """Change what was said, leave the rest. One that is no longer paused is told at once of all that waited."""
    before = await rows.webhook(tx, id_, expected_seq)
    after = _checked(replace(before, **values))
    if after == before:
        return before
    if before.paused and not after.paused:
        await rows.release_lines(tx, id_, now)
    return await rows.save_webhook(tx, replace(after, changed_at=now))


async def rotate_secret(tx: Transaction, id_: str, now: datetime) -> Webhook:
    """Give it a new secret; the old one goes on signing for a day."""
    before = await rows.webhook(tx, id_)
    secret = rules.secret_of(secrets.token_bytes(rules.SECRET_BYTES))
    return await rows.save_webhook(tx, rules.rotated(before, secret, now))


async def delete_webhook(tx: Transaction, id_: str) -> None:
    """Remove it. Raises `NotFound`."""
    await rows.webhook(tx, id_)
    await rows.remove_webhook(tx, id_)


async def tell(tx: Transaction, events: Sequence[Event[ResponseChanged]], now: datetime) -> None:
    """Line answers up for the webhooks that want them; old ones that were imported are no news."""
    told = [(event.seq or 0, event.data.model_dump()) for event in events if event.data and not event.data.past]
    if told:
        await _line_up(tx, await rows.webhooks_in(tx), told, now)


async def tell_removed(tx: Transaction, events: Sequence[Event[ResponseChanged]], now: datetime) -> None:
    """Line up what was taken out for the webhooks that want to know, behind what they are still to be told of it."""
    gone = [(str(event.subject), event.seq) for event in events if event.data is None and event.seq is not None]
    webhooks = [one.id for one in await rows.webhooks_in(tx) if rules.REMOVED in one.types] if gone else []
    owners = {(id_, one): await rows.owner_of(tx, id_, one) for id_ in webhooks for one, _ in gone}
    news = [(id_, owners[id_, one], rules.news_of(one, seq)) for id_ in webhooks for one, seq in gone]
    await rows.line_up(tx, news, now)


async def begin_replay(tx: Transaction, id_: str, since: datetime, until: datetime, now: datetime) -> Document:
    """Tell a webhook once more of the answers that changed in a period. Raises `NotFound`, `Invalid`."""
    await rows.webhook(tx, id_)
    if since >= until:
        code, reason = "period-not-valid", "must lie before until"
        raise Invalid(code, reason, field="since")
    begun = {
        "_id": new_id(),
        "webhook_id": id_,
        "since": since,
        "until": min(until, now),
        "after": None,
        "count": 0,
        "done": False,
    }
    await rows.save_replay(tx, begun)
    return begun


async def replay_step(tx: Transaction, id_: str, now: datetime) -> None:
    """The next piece of a replay."""
    found = await rows.replay(tx, id_)
    if found is None or found["done"]:
        return
    piece = await store.changed_between(tx, found["since"], found["until"], found["after"], REPLAY_STEP)
    webhook = await rows.webhook(tx, found["webhook_id"])
    told = [(response.seq, response_changed(response).model_dump()) for response in piece]
    count = await _line_up(tx, [webhook], told, now)
    over = len(piece) < REPLAY_STEP
    after = [piece[-1].changed_at, piece[-1].id] if piece else found["after"]
    await rows.save_replay(tx, {**found, "after": after, "count": found["count"] + count, "done": over})


async def to_tell(tx: Transaction, line: Line) -> tuple[Webhook, str, Document] | None:
    """To whom which type of news is to be told: the answer as it now is; None where nobody wants it any more."""
    webhook = await rows.webhook(tx, line.webhook_id)
    document = await store.find(tx, store.RESPONSES, line.response_id)
    if line.is_outdone:
        return None
    if document is None:
        gone = await store.find(tx, store.REMOVED, line.response_id)
        if (
            gone is None
            or rules.REMOVED not in webhook.types
            or line.queue[0] != rules.news_of(gone["_id"], gone["seq"])
        ):
            return None
        return webhook, rules.REMOVED, {"id": gone["_id"], "seq": gone["seq"]}
    told = response_changed(store.response_from(document))
    if not _wants(webhook, _filter_of(webhook), told.model_dump()):
        return None
    return webhook, rules.EVENT, {**told.model_dump(mode="json"), "seq": document["seq"]}


async def conclude(tx: Transaction, line: Line, seq: int, reply: Reply, decision: Decision, now: datetime) -> None:
    """Log an attempt, and let the line go on."""
    attempt = {
        "_id": new_id(),
        "webhook_id": line.webhook_id,
        "response_id": line.response_id,
        "seq": seq,
        "at": now,
        "outcome": str(decision.outcome),
        "status": reply.status,
        "fault": reply.fault,
        "excerpt": reply.excerpt,
        "seconds": round(reply.seconds, 3),
        "next_try_at": decision.next_try_at,
    }
    await rows.conclude_line(tx, line, decision, attempt)


def _filter_of(webhook: Webhook) -> filters.Filter:
    return filters.parse(webhook.filter, RESPONSE_FIELDS)


def _wants(webhook: Webhook, filter_: filters.Filter, answer: Mapping[str, Any]) -> bool:
    if rules.EVENT not in webhook.types or (answer["provisional"] and not webhook.include_provisional):
        return False
    return filter_.matches(answer)


async def _line_up(
    tx: Transaction, webhooks: Sequence[Webhook], answers: Sequence[tuple[int, Mapping[str, Any]]], now: datetime
) -> int:
    wanted = [
        (one.id, str(answer["customer_id"] or answer["id"]), rules.news_of(answer["id"], seq))
        for one, filter_ in [(one, _filter_of(one)) for one in webhooks]
        for seq, answer in answers
        if _wants(one, filter_, answer)
    ]
    await rows.line_up(tx, wanted, now)
    return len(wanted)


def _checked(webhook: Webhook) -> Webhook:
    _filter_of(webhook)
    return replace(webhook, name=rules.check_name(webhook.name))
