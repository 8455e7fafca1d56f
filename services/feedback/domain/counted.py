"""What of answers and surveys is counted, as rows."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from .columns import NEVER, Row, Value

PROVISIONAL, SUSPECTED = 1, 2
"""Flags of an answer that was chosen but not sent off, and of one that a machine is suspected of."""
DELIVERED, OPENED, RESPONDED, COMMENTED = 1, 2, 4, 8
SURVEYS = "surveys"
"""The table of surveys that went out; that of answers has the name of their metric."""
NOW = "now"
LINKS = ("next", "next_of_campaign", "next_final", "next_final_of_campaign")
OUTSIDE = dict.fromkeys(LINKS, 0)
"""Of an answer that does not count: superseded before there was any, so that it is never a last one."""
FACTS = (
    *(
        "campaign_id",
        "channel",
        "language",
        "added_by",
        "past",
        "import_id",
        "topics",
        "work.state",
        "work.assigned_to",
        "work.tags",
    ),
    *(f"attributes.{name}" for name in ("company", "city", "state", "country", "language", "tags")),
)
"""What an answer is asked for besides its score, by its place in the answer; properties come to these."""
FACTS_NOW = tuple(name.replace("attributes", NOW) for name in FACTS if name.startswith("attributes."))

Stored = Mapping[str, Any]


def key_of(id_: str) -> bytes:
    """What tells a row apart from the others of its day."""
    return hashlib.blake2b(id_.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def seconds(at: datetime) -> int:
    """Since 1970, whole ones; what lies before or beyond is counted as at the end of time that can be asked for."""
    return min(max(0, int(at.timestamp() // 1)), NEVER - 1)


def day(at: datetime) -> str:
    """The UTC day on which a row stands."""
    return datetime.fromtimestamp(seconds(at), UTC).date().isoformat()


def answer_rows(
    answers: Sequence[Stored], templates: Mapping[str, str], now: Stored | None
) -> Iterator[tuple[str, str, Stored, Row]]:
    """Table, day and row of each answer of one customer: all that there are, since each row knows the next one.

    `templates` are the versions of templates by dispatch, `now` the customer's attributes of today.
    """
    following = _following(answers)
    today = {f"{NOW}.{name}": value for name, value in flat(now or {}).items()}
    for answer in answers:
        links = {**OUTSIDE, **following.get(answer["_id"], {})}
        flags = PROVISIONAL * bool(answer.get("provisional")) + SUSPECTED * bool(answer.get("suspected_automatic"))
        row = Row(
            key=key_of(answer["_id"]),
            at=seconds(answer["answered_at"]),
            numbers={"score": answer["score"], "flags": flags, **links},
            values={**_facts(answer), "template_version": templates.get(answer.get("dispatch_id") or ""), **today},
        )
        yield answer["metric"], day(answer["answered_at"]), answer, row


def flat(attributes: Stored) -> dict[str, Value]:
    """A customer's attributes by name, properties among them; without what is empty."""
    names = {name.removeprefix(f"{NOW}.") for name in FACTS_NOW}
    found = {name: attributes.get(name) for name in names}
    properties = attributes.get("properties") or {}
    found |= {f"properties.{name}": value for name, value in properties.items()}
    return {name: value for name, value in found.items() if value is not None and value != []}


def _facts(answer: Stored) -> dict[str, Value]:
    attributes = {f"attributes.{name}": value for name, value in flat(answer.get("attributes") or {}).items()}
    own = {name: _at(answer, name) for name in FACTS if not name.startswith("attributes.")}
    return {**own, **attributes, "commented": True if answer.get("comment") else None}


def _at(document: Stored, path: str) -> Any:
    found: Any = document
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return list(found) or None if isinstance(found, tuple | list) else found


def _following(answers: Sequence[Stored]) -> dict[str, dict[str, int]]:
    """When the same customer answers next: the same metric, and the same campaign; any answer, and the final ones."""
    links: dict[str, dict[str, int]] = {}
    ordered = sorted(answers, key=lambda one: (one["answered_at"], one["_id"]), reverse=True)
    counted = [one for one in ordered if not one.get("suspected_automatic")]
    final = [one for one in counted if not one.get("provisional")]
    for name, chain in (("next", counted), ("next_final", final)):
        later: dict[tuple[str, ...], int] = {}
        for one in chain:
            at, own = seconds(one["answered_at"]), links.setdefault(one["_id"], {})
            for column, who in (
                (name, (one["metric"],)),
                (f"{name}_of_campaign", (one["metric"], one.get("campaign_id") or "")),
            ):
                own[column] = later.get(who, NEVER)
                later[who] = at
    return links


def version_of(dispatch: Stored) -> str | None:
    """The template that a dispatch was written by, with its version: `t1/3`."""
    template, version = dispatch.get("template_id"), dispatch.get("template_version")
    return f"{template}/{version}" if template and version is not None else template


def round_of(dispatch: Stored) -> str:
    """The survey that a dispatch belongs to: a reminder belongs to the one that it reminds of."""
    found: str = dispatch.get("reminds_of") or dispatch["_id"]
    return found


def survey_row(survey_id: str, dispatches: Sequence[Stored], answers: Iterable[Stored]) -> tuple[str, Row] | None:
    """Day and row of one survey, reminders and all; None where it was never sent.

    Whoever answered has opened it, and what was opened was delivered: not every mail program tells.
    """
    sent = [one for one in dispatches if one.get("sent_at")]
    if not sent:
        return None
    first = min(sent, key=lambda one: (one["sent_at"], one["_id"]))
    given = [one for one in answers if not one.get("suspected_automatic") and not one.get("provisional")]
    stage = _stage(dispatches, given)
    row = Row(
        key=key_of(survey_id),
        at=seconds(first["sent_at"]),
        numbers={"stage": stage},
        values={
            "campaign_id": first.get("campaign_id"),
            "channel": first.get("channel") or "email",
            "language": first.get("language"),
            "template_version": version_of(first),
            "reason": first.get("reason"),
        },
    )
    return day(first["sent_at"]), row


def _stage(dispatches: Sequence[Stored], given: Sequence[Stored]) -> int:
    responded = bool(given)
    opened = responded or any(one.get("opened_at") or one.get("clicked_at") for one in dispatches)
    delivered = opened or any(one.get("delivered_at") for one in dispatches)
    commented = any(one.get("comment") for one in given)
    return DELIVERED * delivered + OPENED * opened + RESPONDED * responded + COMMENTED * commented
