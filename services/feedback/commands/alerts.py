"""Keep alerts, claim the answers that raise them, and say what is to be told."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sounding_contracts.envelope import Event
from sounding_contracts.responses import ResponseChanged

from chassis import filters
from chassis.ids import new_id
from chassis.mongo import Document, Transaction
from services.feedback import store
from services.feedback.domain import alert as rules
from services.feedback.domain import webhook
from services.feedback.domain.alert import Alert, Digest, Notice
from services.feedback.domain.webhook import Decision, Reply, Secret
from services.feedback.events import response_changed
from services.feedback.schemas.fields import RESPONSE_FIELDS
from services.feedback.store import alerts as rows


@dataclass(frozen=True, slots=True)
class Told:
    """What is to be told to whom."""

    alert: Alert
    count: int
    answers: Sequence[Document]


async def create_alert(tx: Transaction, values: Mapping[str, Any], *, active: bool, now: datetime) -> Alert:
    """Make an alert with a secret of its own. Raises `Invalid`."""
    secret = Secret(text=webhook.secret_of(secrets.token_bytes(webhook.SECRET_BYTES)))
    made = Alert(id=new_id(), secrets=(secret,), created_at=now, changed_at=now, **_parts(values))
    return await rows.save_alert(tx, _checked(rules.switched(made, active=active, now=now)))


async def edit_alert(
    tx: Transaction, id_: str, values: Mapping[str, Any], *, expected_seq: int | None, now: datetime
) -> Alert:
    """Change what was said, leave the rest; `active` switches it. Raises `NotFound`, `Outdated`, `Invalid`."""
    before = await rows.alert(tx, id_, expected_seq)
    said = _parts({name: value for name, value in values.items() if name != "active"})
    active = values.get("active", before.active_since is not None)
    after = _checked(rules.switched(replace(before, **said), active=active, now=now))
    return before if after == before else await rows.save_alert(tx, replace(after, changed_at=now))


async def delete_alert(tx: Transaction, id_: str) -> None:
    """Remove an alert, its log and what it was still to tell. Raises `NotFound`."""
    await rows.alert(tx, id_)
    await rows.remove_alert(tx, id_)


async def raise_alerts(tx: Transaction, events: Sequence[Event[ResponseChanged]], now: datetime) -> None:
    """Claim the answers that raise an alert, each once for each, as they are now."""
    known = [one for one in await rows.alerts_in(tx) if one.active_since is not None]
    ids = {str(event.subject) for event in events if event.data}
    if not known or not ids:
        return
    answers = list((await store.some_responses(tx, ids)).values())
    documents = {one.id: response_changed(one).model_dump() for one in answers}
    raised = [
        (one, answer.id)
        for one, filter_ in [(one, _filter_of(one)) for one in known]
        for answer in answers
        if rules.may_raise(one, answer) and filter_.matches(documents[answer.id])
    ]
    before = await rows.known_hits(tx, [f"{one.id}|{id_}" for one, id_ in raised])
    fresh = [(one, id_) for one, id_ in raised if f"{one.id}|{id_}" not in before]
    await rows.add_hits(tx, [(one.id, id_, *rules.notice_for(one, id_, now)) for one, id_ in fresh], now)


async def to_tell(tx: Transaction, notice: Notice) -> Told | None:
    """What a notice tells: answers as they now are, without those erased; None where nothing is left, or it is off."""
    alert = await rows.alert(tx, notice.alert_id)
    ids = await rows.told_in(tx, notice.id, 10 * rules.MAX_TOLD)
    found = [one for one in (await store.some_responses(tx, ids)).values() if not one.erased]
    if alert.active_since is None or not found:
        return None
    found.sort(key=lambda one: (one.answered_at, one.id))
    told = [response_changed(one).model_dump(mode="json") for one in found]
    return Told(alert, len(told), told[: rules.MAX_TOLD])


async def conclude(tx: Transaction, notice: Notice, reply: Reply | None, decision: Decision | None) -> None:
    """Store what came of an attempt."""
    said = {"status": reply.status, "fault": reply.fault} if reply else {}
    await rows.conclude_notice(tx, notice, decision, said)


def _parts(values: Mapping[str, Any]) -> dict[str, Any]:
    digest = values.get("digest")
    return {**values, "digest": Digest(**digest)} if digest is not None else dict(values)


def _filter_of(alert: Alert) -> filters.Filter:
    return filters.parse(alert.filter, RESPONSE_FIELDS)


def _checked(alert: Alert) -> Alert:
    _filter_of(alert)
    return rules.check(alert)
