"""Keep the rules of autoreplies, claim the answers that they want, and ask for the mails once they are due."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sounding_contracts.autoreplies import AutoreplyRequested
from sounding_contracts.envelope import Event
from sounding_contracts.responses import ResponseChanged

from chassis import filters
from chassis.ids import derived_id, new_id
from chassis.mongo import Document, Transaction
from services.feedback import store
from services.feedback.domain import autoreply as rules
from services.feedback.domain.autoreply import Autoreply, Rule
from services.feedback.domain.response import Response
from services.feedback.events import response_changed
from services.feedback.schemas.fields import RESPONSE_FIELDS
from services.feedback.store import autoreplies as rows

AT_ONCE = 200


async def create_autoreply(tx: Transaction, values: Mapping[str, Any], *, active: bool, now: datetime) -> Autoreply:
    """Make a rule. Raises `Invalid`."""
    made = Autoreply(id=new_id(), created_at=now, changed_at=now, **values)
    return await rows.save_autoreply(tx, _checked(rules.switched(made, active=active, now=now)))


async def edit_autoreply(
    tx: Transaction, id_: str, values: Mapping[str, Any], *, expected_seq: int | None, now: datetime
) -> Autoreply:
    """Change what was said, leave the rest; `active` switches it. Raises `NotFound`, `Outdated`, `Invalid`."""
    before = await rows.autoreply(tx, id_, expected_seq)
    said = {name: value for name, value in values.items() if name != "active"}
    active = values.get("active", before.active_since is not None)
    after = _checked(rules.switched(replace(before, **said), active=active, now=now))
    return before if after == before else await rows.save_autoreply(tx, replace(after, changed_at=now))


async def delete_autoreply(tx: Transaction, id_: str) -> None:
    """Remove a rule; mails that still wait for their time do not go out. Raises `NotFound`."""
    await rows.autoreply(tx, id_)
    await rows.remove_autoreply(tx, id_)


async def follow_answers(tx: Transaction, events: Sequence[Event[ResponseChanged]], now: datetime) -> None:
    """Claim the answers that a rule wants, each once, as they are now: an event may be old news of a later answer."""
    ids = {str(event.subject) for event in events if event.data}
    known = _rules(await rows.autoreplies_in(tx))
    if not known or not ids:
        return
    fresh = ids - await rows.claimed(tx, list(ids))
    wanted = []
    for response in (await store.some_responses(tx, fresh)).values():
        autoreply = rules.first_wanting(known, response, _document(response))
        if autoreply is not None:
            wanted.append((response.id, autoreply.id, rules.due_at(autoreply, response)))
    await rows.claim(tx, wanted, now)


async def ask_for_due(tx: Transaction, now: datetime) -> int:
    """Ask for the mails that are due, by the answers and rules as they are now. Returns how many rows were ended."""
    found = await rows.due(tx, AT_ONCE)
    known = _rules(await rows.autoreplies_in(tx)) if found else []
    answers = await store.some_responses(tx, [row["_id"] for row in found])
    ended, requests = [], []
    for row in found:
        response = answers.get(row["_id"])
        autoreply = rules.first_wanting(known, response, _document(response)) if response else None
        if response is None or autoreply is None:
            ended.append({**row, "state": rows.DROPPED, "reason": "not-wanted-any-more", "ended_at": now})
            continue
        request = _request(autoreply, response, row["due_at"], now)
        requests.append(request)
        ended.append(
            {
                **row,
                "rule_id": autoreply.id,
                "state": rows.REQUESTED,
                "autoreply_id": request.autoreply_id,
                "ended_at": now,
            }
        )
    await rows.conclude(tx, ended, requests)
    return len(ended)


def _request(autoreply: Autoreply, response: Response, due_at: datetime, now: datetime) -> AutoreplyRequested:
    return AutoreplyRequested(
        autoreply_id=derived_id("autoreply", response.id),
        response_id=response.id,
        dispatch_id=response.dispatch_id,
        customer_id=str(response.customer_id),
        campaign_id=str(response.campaign_id),
        rule_id=autoreply.id,
        template_id=autoreply.template_id,
        requested_at=now,
        not_before=due_at,
        expires_at=due_at + rules.GOOD_FOR,
    )


def _rules(autoreplies: Sequence[Autoreply]) -> list[Rule]:
    return [Rule(autoreply=one, filter=_filter_of(one)) for one in autoreplies]


def _filter_of(autoreply: Autoreply) -> filters.Filter:
    return filters.parse(autoreply.filter, RESPONSE_FIELDS)


def _document(response: Response) -> Document:
    return response_changed(response).model_dump()


def _checked(autoreply: Autoreply) -> Autoreply:
    _filter_of(autoreply)
    return rules.check(autoreply)
