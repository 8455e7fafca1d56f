"""The history of a customer's fields: which value, when, from where. Bounded, so that no chatty field fills a store."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from .customer import Customer, Past, Value

MAX_VALUES = 20
"""Of each field, before the one that holds."""
MAX_PROPERTIES = 200
"""A customer with more of them has no history of its properties: it is a table, not a person."""
MAX_LETTERS, MAX_ITEMS = 200, 20


def kept(customer: Customer) -> Iterator[Past]:
    """What of its past goes into its history: long values are cut."""
    of_properties = len(customer.properties) <= MAX_PROPERTIES
    for past in customer.past:
        if of_properties or not past.field.startswith("properties."):
            yield Past(past.field, _cut(past.value), past.stamp)


def history(customer: Customer, past: Iterable[Past]) -> list[Past]:
    """Field by field, of each the newest first, beginning with what holds; what was heard twice once."""
    every = {(one.field, one.stamp): one for one in (*past, *_present(customer))}
    ordered = sorted(every.values(), key=lambda one: (one.stamp.at, one.stamp.event_id), reverse=True)
    ordered.sort(key=lambda one: one.field)
    return [one for _, values in groupby(ordered, lambda one: one.field) for one in _runs(list(values))]


def _runs(values: list[Past]) -> Iterator[Past]:
    """One of several in a row that say the same: the latest."""
    for place, one in enumerate(values):
        if place == 0 or values[place - 1].value != one.value:
            yield one


def _present(customer: Customer) -> Iterator[Past]:
    yield from (Past(name, said.value, said.stamp) for name, said in customer.fields.items())
    yield from (Past(f"properties.{name}", said.value, said.stamp) for name, said in customer.properties.items())
    if customer.tags_stamp:
        yield Past("tags", tuple(customer.tag_labels), customer.tags_stamp)
    if customer.deletion:
        yield Past("deleted", customer.deletion.value, customer.deletion.stamp)


def _cut(value: Value) -> Value:
    if isinstance(value, tuple):
        return tuple(_text(one) for one in value[:MAX_ITEMS])
    return _text(value) if isinstance(value, str) else value


def _text(text: str) -> str:
    return text if len(text) <= MAX_LETTERS else f"{text[: MAX_LETTERS - 1]}…"
