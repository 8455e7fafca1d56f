"""Which customer a statement is about."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from chassis.errors import Conflict

from .customer import Customer, Statement


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
            raise Conflict(code, reason, field="email", customer_ids=[id_])
        return found


def _takes_effect(customer: Customer, statement: Statement) -> bool:
    known = customer.fields.get("email")
    return known is None or statement.stamp.after(known.stamp)
