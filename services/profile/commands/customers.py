"""What can be done with customers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sounding_contracts.envelope import Event
from sounding_contracts.integrations import CustomerSync

from chassis.errors import Conflict
from chassis.ids import new_id
from chassis.mongo import Transaction
from commons.email import canonical_email
from services.profile import store
from services.profile.domain import properties as property_rules
from services.profile.domain.audit import Change, Entry, changes
from services.profile.domain.customer import (
    USER,
    Customer,
    Stamp,
    Statement,
    hear,
    pinned,
)
from services.profile.domain.identity import Directory
from services.profile.events import facts_said, statement_of
from services.profile.schemas.customers import CustomerDraft, CustomerEdit
from services.profile.store.erasures import put_erasure
from services.profile.store.history import forget_past
from services.profile.store.undo import forget_displaced

MANUAL, ADDRESS = "manual", "address"


async def apply_syncs(tx: Transaction, events: Sequence[Event[CustomerSync]], now: datetime) -> None:
    """Hear what integrations say: find or make each customer, and tell others what changed.

    What was said of a person before it was erased is passed over.
    Raises a `Refusal` for the first event that cannot be heard.
    """
    events = await _of_the_living(tx, events)
    statements = [statement_of(event) for event in events]
    emails = [email_of(statement) for statement in statements]
    external = [(event.source, event.subject) for event in events if event.subject is not None]
    customers = store.Customers(tx)
    known = await customers.known_by(external, {email for email in emails if email})
    directory = Directory.of(known)
    await learn_properties(tx, statements, now)
    touched: dict[str, None] = {}
    for event, statement, email in zip(events, statements, emails, strict=True):
        customer = directory.find(statement, event.source, event.subject, email)
        if customer is None and statement.deleted:
            continue
        heard = hear(customer or _new(statement, now), statement, event.subject)
        directory.put(heard)
        touched[heard.id] = None
        tx.caused_by(heard.id, event.traceparent)
    before = {customer.id: customer for customer in known}
    await customers.save(before, (directory.customers[id_] for id_ in touched), now=now)


async def _of_the_living(tx: Transaction, events: Sequence[Event[CustomerSync]]) -> Sequence[Event[CustomerSync]]:
    """The events but those that are older than the erasure of whom they are about."""
    salt = await store.erasure_salt(tx)
    if salt is None:
        return events
    names = [(event, _names_in(event)) for event in events]
    erased = await store.erased_at(tx, [name for _, some in names for name in some], salt)
    return [event for event, some in names if not any(_is_older(event, erased.get(name)) for name in some)]


def _names_in(event: Event[CustomerSync]) -> list[tuple[str, str]]:
    email = event.data.email if event.data else None
    address = [(ADDRESS, canonical_email(email))] if email else []
    return [*address, *([(event.source, event.subject)] if event.subject else [])]


def _is_older(event: Event[CustomerSync], erased_at: datetime | None) -> bool:
    return erased_at is not None and (event.time is None or event.time <= erased_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who does something by hand, when, in which request."""

    by: str
    now: datetime
    request_id: str

    @property
    def stamp(self) -> Stamp:
        """For what is said of a customer."""
        return Stamp(self.now, f"{USER}{self.by}", self.request_id)

    def entry(self, customer_id: str, action: str, changes: Mapping[str, Change]) -> Entry:
        """For the audit log."""
        return Entry(id=new_id(), customer_id=customer_id, action=action, by=self.by, at=self.now, changes=changes)


async def create_customer(tx: Transaction, draft: CustomerDraft, author: Author) -> Customer:
    """Make a customer by hand. Raises `Conflict` where its address or an external id is another's."""
    statement = facts_said(draft, author.stamp)
    made = replace(_new(statement, author.now), source=MANUAL, external_ids=draft.external_ids)
    await _check_free(tx, made.id, statement, draft.external_ids.items())
    await learn_properties(tx, [statement], author.now)
    heard = pinned(hear(made, statement), draft.pinned or ())
    (saved,) = await store.Customers(tx).save({}, [heard], now=author.now)
    await store.put_entry(tx, author.entry(saved.id, "create", changes(None, saved)))
    return saved


async def edit_customer(
    tx: Transaction, id_: str, edit: CustomerEdit, author: Author, *, expected_seq: int | None
) -> Customer:
    """Change fields, tags, properties and pins by hand; those left out stay, null clears.

    Raises `NotFound`, `Outdated`, `Invalid`, and `Conflict` where the address is another customer's.
    """
    statement = facts_said(edit, author.stamp)
    await _check_free(tx, id_, statement, ())
    await learn_properties(tx, [statement], author.now)

    def rule(before: Customer) -> Customer:
        after = hear(before, undeleted(before, statement))
        return after if edit.pinned is None else pinned(after, edit.pinned)

    return await _change(tx, id_, "edit", rule, author, expected_seq)


async def delete_customer(tx: Transaction, id_: str, author: Author, *, expected_seq: int | None) -> Customer:
    """Let nobody survey it any more; answers and survey records stay. Raises `NotFound`, `Outdated`."""
    gone = Statement(stamp=author.stamp, deleted=True)
    return await _change(tx, id_, "delete", lambda before: hear(before, gone), author, expected_seq)


async def restore_customer(tx: Transaction, id_: str, author: Author, *, expected_seq: int | None) -> Customer:
    """Take a deletion back. Raises `NotFound`, `Outdated`."""
    back = Statement(stamp=author.stamp)
    return await _change(tx, id_, "restore", lambda before: hear(before, back), author, expected_seq)


async def erase_customer(
    tx: Transaction, id_: str, author: Author, held: Mapping[str, Mapping[str, int] | None] | None = None
) -> None:
    """Remove all that says who it was, here, and by a tombstone everywhere. Raises `NotFound`.

    What integrations said before this moment and is still on its way is passed over; what they say later
    makes a new customer. `held` is how much each service held, for the report.
    """
    erased = await store.Customers(tx).erase(id_, now=author.now)
    await forget_person(tx, erased, author.now)
    await store.put_entry(tx, author.entry(id_, "erase", {}))
    await put_erasure(tx, id_, author.by, author.now, held or {})


async def forget_person(tx: Transaction, erased: Customer, at: datetime) -> None:
    """Forget what says who it was, beside its own document; nothing older is heard under its names."""
    await store.mark_erased(tx, _names_of(erased), at)
    await store.forget_entries(tx, [erased.id])
    await forget_past(tx, [erased.id])
    await forget_displaced(tx, erased.id)


async def _change(
    tx: Transaction, id_: str, action: str, rule: store.Rule, author: Author, expected_seq: int | None
) -> Customer:
    before, after = await store.Customers(tx).change(id_, rule, expected_seq=expected_seq, now=author.now)
    if found := changes(before, after):
        await store.put_entry(tx, author.entry(id_, action, found))
    return after


async def _check_free(tx: Transaction, id_: str, statement: Statement, external_ids: Iterable[tuple[str, str]]) -> None:
    """Raises `Conflict` where the address or an external id is another customer's."""
    email = email_of(statement)
    for other in await store.Customers(tx).known_by(external_ids, [email] if email else ()):
        if other.id != id_:
            taken = "email" if email and other.canonical_email == email else "external_ids"
            code, reason = f"{taken.replace('_', '-')}-taken", f"This is customer {other.id}'s."
            raise Conflict(code, reason, field=taken, customer_ids=[other.id])


def _names_of(customer: Customer) -> list[tuple[str, str]]:
    """By what integrations may call it."""
    email = customer.canonical_email
    return [*customer.external_ids.items(), *([(ADDRESS, email)] if email else [])]


def undeleted(before: Customer, statement: Statement) -> Statement:
    """To edit a deleted customer does not bring it back."""
    deleted = before.deleted_at is not None
    return statement if statement.deleted is deleted else replace(statement, deleted=deleted)


def _new(statement: Statement, now: datetime) -> Customer:
    return Customer(id=new_id(), source=statement.stamp.by, created_at=now, changed_at=now)


def email_of(statement: Statement) -> str | None:
    """The address that it says, as one mailbox has it. Raises `Invalid` for what can be none."""
    address = statement.fields.get("email")
    return canonical_email(address) if isinstance(address, str) else None


async def learn_properties(tx: Transaction, statements: Sequence[Statement], now: datetime) -> None:
    """Put properties met for the first time into the catalogue. Raises `Invalid` for a value of another type."""
    names = {name for statement in statements for name in statement.properties}
    if not names:
        return
    known = await store.property_types(tx, names)
    fresh: dict[str, property_rules.PropertyType] = {}
    for statement in statements:
        fresh |= property_rules.check(statement.properties, known | fresh)
    await store.add_property_types(tx, fresh, now)
