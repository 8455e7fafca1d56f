"""What is wrong at the end of a run, told by plain comparison of what was said and done with what is stored and sent."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.load import Expected, Poison, Record, address, expected, refuses

FINAL = {"sent", "delivered", "opened", "clicked", "responded", "suppressed", "expired", "bounced", "failed", "unknown"}
WENT_OUT = {"sent", "delivered", "opened", "clicked", "responded", "ignored"}


@dataclass(slots=True)
class Done:
    """What the run has said and done; only what was acknowledged."""

    records: list[Record] = field(default_factory=list)
    edits: dict[int, str] = field(default_factory=dict)
    answers: dict[int, int] = field(default_factory=dict)
    left: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Found:
    """What is there at the end, read from databases, topics and the mailbox.

    `customers` and `responses` are API bodies; `dispatches` outbox's records; `letters` profile's dead letters by
    value; `mails` the addresses by Message-ID, one entry for each mail; `copies` the seq that each service keeps of
    each customer, `streamed` the last seq on the stream. `ledger` is the API body of the one campaign's.
    """

    customers: Sequence[Mapping[str, Any]]
    dispatches: Sequence[Mapping[str, Any]]
    responses: Sequence[Mapping[str, Any]]
    letters: Counter[bytes]
    mails: Sequence[tuple[str, str]]
    copies: Mapping[str, Mapping[str, int]]
    streamed: Mapping[str, int]
    ledger: Mapping[str, Any]


def faults(done: Done, found: Found) -> list[str]:
    """Every difference, one line each; none where all is as it must be."""
    return [
        *_customers(done, found),
        *_copies(found),
        *_letters(done, found),
        *_mails(found),
        *_answers(done, found),
        *_ledger(found),
    ]


def _customers(done: Done, found: Found) -> Iterable[str]:
    wanted = expected(done.records)
    by_key: dict[str, Mapping[str, Any]] = {}
    for customer in found.customers:
        key = customer["external_ids"].get("crm", "?")
        if key in by_key:
            yield f"{key} is two customers"
        by_key[key] = customer
    for number, one in wanted.items():
        if f"c-{number}" not in by_key:
            yield f"c-{number} is missing"
            continue
        yield from (f"c-{number}: {difference}" for difference in _differs(by_key[f"c-{number}"], one, done, number))
    yield from (f"{key} was never spoken of" for key in by_key.keys() - {f"c-{number}" for number in wanted})


def _differs(customer: Mapping[str, Any], one: Expected, done: Done, number: int) -> Iterable[str]:
    wanted = {**one.fields, **({"job_title": done.edits[number]} if number in done.edits else {})}
    for name, value in wanted.items():
        if customer[name] != value:
            yield f"{name} is {customer[name]!r}, not {value!r}"
    if set(customer["tags"]) != one.tags:
        yield f"tags are {sorted(customer['tags'])}, not {sorted(one.tags)}"
    if customer["properties"] != one.properties:
        yield f"properties are {customer['properties']}, not {one.properties}"
    if (customer["deleted_at"] is not None) != one.deleted:
        yield f"deleted is {not one.deleted}"
    if number in done.answers and customer["last_score"] != done.answers[number]:
        yield f"last score is {customer['last_score']}, not {done.answers[number]}"
    if number in done.left and customer["status"] != "unsubscribed":
        yield f"status is {customer['status']}, not unsubscribed"


def _copies(found: Found) -> Iterable[str]:
    for service, copies in found.copies.items():
        for id_, seq in found.streamed.items():
            if copies.get(id_) != seq:
                yield f"{service} has customer {id_} at {copies.get(id_)}, the stream at {seq}"
        yield from (
            f"{service} has customer {id_}, the stream has not" for id_ in copies.keys() - found.streamed.keys()
        )


def _letters(done: Done, found: Found) -> Iterable[str]:
    wanted = Counter(record.value for record in done.records if isinstance(record, Poison))
    for value in wanted.keys() | found.letters.keys():
        if wanted[value] != found.letters[value]:
            yield f"{found.letters[value]} dead letters instead of {wanted[value]} of {value[:120]!r}"


def _mails(found: Found) -> Iterable[str]:
    for message_id, count in Counter(message_id for message_id, _ in found.mails).items():
        if count > 1:
            yield f"{message_id} was sent {count} times"
    to = Counter(whom for _, whom in found.mails)
    ids = {customer["email"]: customer["id"] for customer in found.customers}
    records: dict[str, list[str]] = {}
    for dispatch in found.dispatches:
        records.setdefault(dispatch["customer_id"], []).append(dispatch["state"])
        if dispatch["state"] not in FINAL:
            yield f"survey record {dispatch['id']} is still {dispatch['state']}"
    for number in range(len(found.customers)):
        whom = address(number)
        states = records.get(ids.get(whom, ""), [])
        if to[whom] > 1:
            yield f"{whom} was surveyed {to[whom]} times"
        if refuses(number) and to[whom]:
            yield f"{whom} was surveyed after saying no"
        if to[whom] and not states:
            yield f"{whom} was surveyed without a record"
        if not to[whom] and any(state in {"sent", "delivered", "responded"} for state in states):
            yield f"{whom} has a record of a survey that was never sent"


def _answers(done: Done, found: Found) -> Iterable[str]:
    given: dict[str, list[int]] = {}
    for response in found.responses:
        given.setdefault(str(response["customer_id"]), []).append(response["score"])
    ids = {customer["email"]: customer["id"] for customer in found.customers}
    for number, score in done.answers.items():
        got = given.pop(ids.get(address(number), "?"), [])
        if got != [score]:
            yield f"answers of {address(number)} are {got}, not [{score}]"
    yield from (f"customer {id_} never answered, but has {scores}" for id_, scores in given.items())


def _ledger(found: Found) -> Iterable[str]:
    """Everyone in the audience, or asked before, stands in one place of it: counted from what others keep."""
    asked = {one["customer_id"]: one["state"] for one in found.dispatches}
    tagged = {one["id"] for one in found.customers if "nps" in one["tags"] and one["deleted_at"] is None}
    places = {name: entry["count"] for name, entry in found.ledger["entries"].items()}
    wanted = {
        "audience": (len(tagged | set(asked)), sum(places.values())),
        "sent": (sum(state in WENT_OUT for state in asked.values()), places["sent"]),
        "unknown": (sum(state == "unknown" for state in asked.values()), places["unknown"]),
    }
    for name, (right, told) in wanted.items():
        if right != told:
            yield f"the ledger's {name} is {told}, not {right}: {places}"
