"""The history of a customer's fields: whatever the order of arrival, the same; bounded."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from services.profile.domain.customer import Customer, Past, Stamp, Statement, hear
from services.profile.domain.past import MAX_LETTERS, MAX_PROPERTIES, history, kept

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
NEW = Customer(id="c1", source="crm", created_at=NOON, changed_at=NOON)


def said(minute: int, *, by: str = "crm", **fields: str | None) -> Statement:
    return Statement(stamp=Stamp(NOON + timedelta(minutes=minute), by, f"e{minute}"), fields=fields)


def shown(customer: Customer, field: str) -> list[tuple[object, int]]:
    every = history(customer, customer.past)
    return [(one.value, int((one.stamp.at - NOON).total_seconds()) // 60) for one in every if one.field == field]


def test_each_value_stands_with_when_and_from_where_the_newest_first() -> None:
    customer = reduce(hear, [said(0, city="Wien"), said(1, city="Graz", by="csv"), said(2, city=None)], NEW)

    assert shown(customer, "city") == [(None, 2), ("Graz", 1), ("Wien", 0)]
    assert [one.stamp.by for one in history(customer, customer.past) if one.field == "city"] == ["crm", "csv", "crm"]


def test_what_is_said_again_is_no_change_and_a_new_customer_has_no_past() -> None:
    once = hear(NEW, said(0, city="Wien", company="ACME"))
    again = hear(once, said(1, city="Wien"))

    assert (once.past, again.past) == ((), ())
    assert shown(again, "city") == [("Wien", 1)]


@st.composite
def told(draw: st.DrawFn) -> tuple[list[Statement], list[Statement]]:
    """Statements that each say something of their own, and the same in another order, some twice."""
    count = draw(st.integers(1, 6))
    names = st.sampled_from(["city", "company", "phone", "country"])
    every = [
        Statement(
            stamp=Stamp(
                NOON + timedelta(minutes=draw(st.integers(0, 3))), draw(st.sampled_from(["crm", "shop"])), f"e{n}"
            ),
            fields=dict.fromkeys(draw(st.sets(names, min_size=1)), f"v{n}"),
            properties={"plan": f"p{n}"} if draw(st.booleans()) else {},
        )
        for n in range(count)
    ]
    again = draw(st.lists(st.sampled_from(every), max_size=3))
    return every, draw(st.permutations([*every, *again]))


def _histories(statements: tuple[list[Statement], list[Statement]]) -> list[list[Past]]:
    heard = [reduce(hear, some, NEW) for some in statements]
    return [history(customer, customer.past) for customer in heard]


@given(told())
def test_any_order_and_any_repetition_ends_in_the_same_history(
    statements: tuple[list[Statement], list[Statement]],
) -> None:
    in_order, shuffled = _histories(statements)

    assert in_order == shuffled


def test_a_history_without_what_came_late_would_depend_on_the_order() -> None:
    def forgetful(customer: Customer, statement: Statement) -> Customer:
        heard = hear(customer, statement)
        return replace(heard, past=tuple(one for one in heard.past if one.stamp != statement.stamp))

    early, late = said(0, city="Wien"), said(1, city="Graz")
    in_order, shuffled = (reduce(forgetful, some, NEW) for some in ([early, late], [late, early]))

    assert shown(in_order, "city") != shown(shuffled, "city")
    assert shown(reduce(hear, [late, early], NEW), "city") == shown(in_order, "city")


def test_long_values_are_cut_and_the_properties_of_a_table_are_left_out() -> None:
    many = {f"p{number}": number for number in range(MAX_PROPERTIES + 1)}
    table = hear(NEW, Statement(stamp=Stamp(NOON, "crm", "e0"), fields={"city": "x" * 500}, properties=many))
    changed = hear(
        table,
        Statement(
            stamp=Stamp(NOON + timedelta(minutes=1), "crm", "e1"), fields={"city": "Graz"}, properties={"p1": "other"}
        ),
    )

    (only,) = kept(changed)
    assert (only.field, len(str(only.value))) == ("city", MAX_LETTERS)
