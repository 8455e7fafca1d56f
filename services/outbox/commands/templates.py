"""Templates, and tests of them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import ClassVar

from chassis.errors import Conflict, Outdated, Refusal
from chassis.ids import new_id
from chassis.mongo import Transaction
from services.outbox import store
from services.outbox.adapters.templates import built_in
from services.outbox.commands.addresses import address_id
from services.outbox.domain.links import targets
from services.outbox.domain.template import Template

TESTS_AN_HOUR = 60
"""Mails of tests, all together."""


class TooOften(Refusal):
    """More than is allowed in a while."""

    status: ClassVar[int] = 429


async def put_template(
    tx: Transaction, template: Template, now: datetime | None = None, version: int | None = None
) -> Template:
    """Make or change a template, as a version of its own; the same again changes nothing. Raises `Conflict`, `Outdated`."""
    if template.id.startswith(built_in.PREFIX):
        code, reason = "template-built-in", "Built-in templates stay as they are: save it under another id."
        raise Conflict(code, reason, field="id")
    known = (await store.load(tx, store.TEMPLATES, store.templates, [template.id])).get(template.id)
    seq = known.seq if known else 0
    if version is not None and version != seq:
        code, reason = "template-changed-meanwhile", f"The template is at version {seq}; read it again."
        raise Outdated(code, reason, field="If-Match")
    if known is not None and replace(template, seq=seq, saved_at=known.saved_at) == known:
        return known
    saved = replace(template, seq=seq + 1, saved_at=now, built_in=False)
    await store.keep_links(tx, links_of(saved))
    await store.save_template(tx, saved)
    return saved


def links_of(template: Template) -> dict[str, str]:
    """Where the links of a template lead, in all its languages."""
    found: dict[str, str] = {}
    for text in template.languages.values():
        found |= targets(text.mjml)
    return found


async def allow_tests(tx: Transaction, addresses: Sequence[str], secret: str, now: datetime) -> None:
    """Count tests that are about to go out. Raises `TooOften`, and `Conflict` for an address that may not be mailed."""
    ids = {address_id(address, secret): place for place, address in enumerate(addresses)}
    for id_, gate in (await store.load(tx, store.GATES, store.gates, ids)).items():
        if gate.status is not None:
            code, reason = "address-said-no", f"This address is {gate.status}: no mail goes there, no test either."
            raise Conflict(code, reason, field=f"to.{ids[id_]}")
    sent = await store.count_tests(tx, now - timedelta(hours=1))
    if sent + len(addresses) > TESTS_AN_HOUR:
        code, reason = "too-many-tests", f"At most {TESTS_AN_HOUR} tests an hour; {sent} went out within the last."
        raise TooOften(code, reason)
    await store.note_tests(tx, [new_id() for _ in addresses], now)
