"""Which customer a statement is about."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import idna

from chassis.errors import Conflict, Invalid

from .customer import Customer, Statement

MAX_ADDRESS = 254
MAX_LOCAL = 64


def canonical_email(address: str) -> str:
    """The address case-folded, its domain as IDNA's ASCII form: equal for one mailbox.

    Raises `Invalid` for what can be no address; an address is never cut or mended.
    """
    address = address.strip()
    local, at, domain = address.rpartition("@")
    if not at or not local or not domain:
        raise _no_address("it has no name before or no domain after the @")
    if len(address) > MAX_ADDRESS or len(local) > MAX_LOCAL:
        raise _no_address(f"it is longer than {MAX_ADDRESS} characters, or its name longer than {MAX_LOCAL}")
    if not local.isprintable() or (" " in local and not _quoted(local)) or ("@" in local and not _quoted(local)):
        raise _no_address("its name holds a space, an @ or a control character")
    return f"{local.casefold()}@{_domain(domain)}"


def _domain(domain: str) -> str:
    if domain.isascii():
        labels = domain.lower().split(".")
        if all(label and label.replace("-", "").replace("_", "").isalnum() for label in labels):
            return domain.lower()
    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError as error:
        raise _no_address("its domain is not a domain name") from error


def _quoted(local: str) -> bool:
    return len(local) > 2 and local[0] == local[-1] == '"'  # noqa: PLR2004 - two quotes and something between


def _no_address(reason: str) -> Invalid:
    code = "email-not-valid"
    return Invalid(code, f"this is no e-mail address: {reason}", field="data.email")


@dataclass(slots=True)
class Directory:
    """The customers at hand, found by external id and by address, kept right while statements are heard."""

    customers: dict[str, Customer] = field(default_factory=dict)
    _by_external: dict[tuple[str, str], str] = field(default_factory=dict)
    _by_email: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, customers: Iterable[Customer]) -> "Directory":
        """A directory of these."""
        directory = cls()
        for customer in customers:
            directory.put(customer)
        return directory

    def put(self, customer: Customer) -> None:
        """Add a customer, or replace it under its id."""
        before = self.customers.get(customer.id)
        if before is not None and before.canonical_email not in (None, customer.canonical_email):
            self._by_email.pop(str(before.canonical_email), None)
        self.customers[customer.id] = customer
        for pair in customer.external_ids.items():
            self._by_external[pair] = customer.id
        if customer.canonical_email:
            self._by_email[customer.canonical_email] = customer.id

    def find(self, statement: Statement, source: str, external_id: str | None, email: str | None) -> Customer | None:
        """The customer of a statement: by external id first, then by address; None: a new one.

        Raises `Conflict` where it claims two customers.
        """
        by_external = self._by_external.get((source, external_id)) if external_id else None
        by_email = self._by_email.get(email) if email else None
        if by_external is None:
            return self._unclaimed(by_email, source, external_id)
        found = self.customers[by_external]
        if by_email not in (None, by_external) and _takes_effect(found, statement):
            code = "two-customers-claimed"
            reason = f"{source} id {external_id} is customer {by_external}, but the address is customer {by_email}'s"
            raise Conflict(code, reason, customer_ids=[by_external, by_email])
        return found

    def _unclaimed(self, id_: str | None, source: str, external_id: str | None) -> Customer | None:
        if id_ is None:
            return None
        found = self.customers[id_]
        other = found.external_ids.get(source)
        if external_id and other not in (None, external_id):
            code = "email-taken"
            reason = f"the address is customer {id_}'s, whom {source} knows by another id ({other})"
            raise Conflict(code, reason, field="data.email", customer_ids=[id_])
        return found


def _takes_effect(customer: Customer, statement: Statement) -> bool:
    known = customer.fields.get("email")
    return known is None or (statement.at, statement.event_id) > known.rank
