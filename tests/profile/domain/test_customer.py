"""How a customer changes when someone tells us something."""

from datetime import UTC, datetime, timedelta
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from services.profile.domain.customer import Customer, Stamp, Statement, hear

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LABELS = st.sampled_from(["nps", "NPS", "vip", "churn"])
STATEMENTS = st.builds(
    Statement,
    stamp=st.builds(
        lambda minute, by, event: Stamp(NOON + timedelta(minutes=minute), by, event),
        st.integers(0, 4),
        st.sampled_from(["crm", "shop", "csv"]),
        st.uuids().map(str),
    ),
    fields=st.fixed_dictionaries(
        {},
        optional={
            "first_name": st.none() | st.text(max_size=3),
            "phone": st.sampled_from([None, "0664 1234567", "+1 555 123 4567", "ask Ada"]),
            "country": st.sampled_from([None, "AT", "US", "Atlantis"]),
            "state": st.sampled_from([None, "Wien", "CA"]),
        },
    ),
    properties=st.dictionaries(st.sampled_from(["plan", "seats"]), st.none() | st.integers()),
    set_tags=st.none() | st.lists(LABELS, max_size=2),
    add_tags=st.lists(LABELS, max_size=2),
    remove_tags=st.lists(LABELS, max_size=2),
    deleted=st.booleans(),
)


def new() -> Customer:
    return Customer(id="c1", source="crm", created_at=NOON, changed_at=NOON)


@given(
    st.lists(STATEMENTS, max_size=6, unique_by=lambda s: s.stamp.event_id).flatmap(
        lambda s: st.tuples(st.just(s), st.permutations(s))
    )
)
def test_the_order_of_arrival_changes_nothing(histories: tuple[list[Statement], list[Statement]]) -> None:
    in_order, shuffled = (reduce(hear, history, new()) for history in histories)

    assert in_order.visible == shuffled.visible
    assert in_order.contact == shuffled.contact
    assert in_order.tag_labels == shuffled.tag_labels


@given(st.lists(STATEMENTS, max_size=5))
def test_to_hear_it_again_changes_nothing(statements: list[Statement]) -> None:
    once = reduce(hear, statements, new())

    assert reduce(hear, statements, once) == once


def test_a_later_word_of_a_deleted_customer_brings_it_back() -> None:
    gone = hear(new(), Statement(stamp=Stamp(NOON, "crm", "1"), deleted=True))
    back = hear(gone, Statement(stamp=Stamp(NOON + timedelta(minutes=1), "crm", "2"), fields={"city": "Wien"}))

    assert gone.deleted_at == NOON
    assert back.deleted_at is None
