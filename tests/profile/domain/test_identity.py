"""Who is who: two integrations and a file that speak of one person, in any order and again, speak of one customer."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from services.profile.domain.customer import Customer, Stamp, Statement, hear
from services.profile.domain.identity import Directory

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
EMAIL = "ada@example.com"
Said = tuple[Statement, str]
"""A statement, and what its teller calls the person."""


def _said(number: int, minute: int, by: str, city: str | None, tag: str, *, deleted: bool) -> Said:
    stamp = Stamp(NOON + timedelta(minutes=minute), by, f"e{number}")
    # Who deletes says nothing else.
    fields = {"email": EMAIL} if deleted else {"email": EMAIL, "city": city}
    tags = () if deleted else (tag,)
    return Statement(stamp=stamp, fields=fields, add_tags=tags, deleted=deleted), f"{by}-1"


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Said], list[Said]]:
    """What was said, and the same in another order, some of it twice."""
    every = [
        _said(
            number,
            draw(st.integers(0, 3)),
            draw(st.sampled_from(["crm", "shop", "hubspot"])),
            draw(st.sampled_from([None, "Wien", "Graz"])),
            draw(st.sampled_from(["nps", "VIP", "vip"])),
            deleted=draw(st.booleans()),
        )
        for number in range(draw(st.integers(1, 6)))
    ]
    again = draw(st.lists(st.sampled_from(every), max_size=3))
    return every, draw(st.permutations([*every, *again]))


def heard(history: Sequence[Said]) -> list[Customer]:
    """All customers there are after it."""
    directory, numbers = Directory(), count(1)
    for statement, external_id in history:
        by = statement.stamp.by
        known = directory.find(statement, by, external_id, EMAIL)
        fresh = Customer(id=f"c{next(numbers)}", source=by, created_at=NOON, changed_at=NOON)
        directory.put(hear(known or fresh, statement, external_id))
    return list(directory.customers.values())


@given(histories())
def test_any_order_and_any_repetition_ends_in_one_customer_who_is_the_same(
    told: tuple[list[Said], list[Said]],
) -> None:
    (in_order,), (shuffled,) = (heard(history) for history in told)

    assert in_order.visible == shuffled.visible
    assert (in_order.external_ids, in_order.tag_labels) == (shuffled.external_ids, shuffled.tag_labels)


def test_told_apart_by_the_tellers_own_ids_only_one_person_would_be_two_customers() -> None:
    crm, shop = (_said(number, number, by, "Wien", "nps", deleted=False) for number, by in enumerate(["crm", "shop"]))
    directory = Directory()
    directory.put(hear(Customer(id="c1", source="crm", created_at=NOON, changed_at=NOON), *crm))

    assert directory.find(shop[0], "shop", shop[1], None) is None
    assert len(heard([crm, shop])) == 1
