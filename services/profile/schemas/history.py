"""The HTTP bodies of the history of a customer's fields."""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from typing import Any

from pydantic import BaseModel, Field

from services.profile.domain.customer import Past, listed


class ValueBody(BaseModel):
    """A value, when it was said, and from where."""

    value: Any = Field(description="Null: cleared. Earlier texts longer than 200 letters are cut.")
    at: datetime = Field(description="By the clock of who said it.")
    by: str = Field(description="The integration's name, `csv`, or `user:` and the id of the API key.")
    event_id: str = Field(description="The event, the import and its row, the request or the job.")


class FieldBody(BaseModel):
    """A field's values, newest first; the first one holds."""

    field: str = Field(description="As in the audit log: `properties.` stands before a property's name.")
    values: list[ValueBody]


class HistoryBody(BaseModel):
    """All fields that were ever said, by name."""

    customer_id: str
    fields: list[FieldBody]

    @classmethod
    def of(cls, customer_id: str, values: Iterable[Past]) -> "HistoryBody":
        """From the domain; values stand field by field."""
        fields = [
            FieldBody(field=name, values=[_value(one) for one in some])
            for name, some in groupby(values, lambda one: one.field)
        ]
        return cls(customer_id=customer_id, fields=fields)


def _value(one: Past) -> ValueBody:
    stamp = one.stamp
    return ValueBody(value=listed(one.value), at=stamp.at, by=stamp.by, event_id=stamp.event_id)
