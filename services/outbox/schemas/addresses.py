"""Checks of addresses."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.outbox.domain.addresses import Check

MAX_ADDRESSES = 200


class AddressesBody(BaseModel):
    """Addresses to check."""

    model_config = ConfigDict(extra="forbid")

    addresses: list[Annotated[str, StringConstraints(max_length=400)]] = Field(min_length=1, max_length=MAX_ADDRESSES)


class AddressCheck(BaseModel):
    """What came of checking an address; `deliverable` null: nobody can say just now."""

    address: str
    deliverable: bool | None
    reason: str = Field(
        description="`found`, `written-right`, `not-an-address`, `disposable`, `no-such-domain`, `takes-no-mail`,"
        " `no-mail-server`, `no-answer`."
    )
    mail_servers: list[str]
    checked_at: datetime

    @classmethod
    def of(cls, address: str, check: Check) -> "AddressCheck":
        """From the domain; under the address as it was given."""
        return cls(
            address=address,
            deliverable=check.deliverable,
            reason=check.reason,
            mail_servers=list(check.mail_servers),
            checked_at=check.at,
        )


class AddressCheckList(BaseModel):
    """Checks, in the order of the addresses given."""

    items: list[AddressCheck]
