"""When a mail is due that follows an answer."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.feedback.domain.autoreply import Autoreply, due_at
from services.feedback.domain.response import Response

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
RULE = Autoreply(id="rule", name="Sorry", created_at=NOON, changed_at=NOON)
ANSWER = Response(
    id="r",
    dispatch_id="d",
    customer_id="ada",
    campaign_id="nps",
    campaign_name=None,
    metric="nps",
    score=3,
    answered_at=NOON,
    changed_at=NOON,
)


@given(st.text(min_size=1), st.integers(0, 1000), st.integers(0, 1000))
def test_the_delay_lies_between_its_bounds_and_is_the_same_every_time(id_: str, least: int, more: int) -> None:
    rule = replace(RULE, min_delay_minutes=least, max_delay_minutes=least + more)
    answer = replace(ANSWER, id=id_)

    waits = due_at(rule, answer) - NOON

    assert timedelta(minutes=least) <= waits <= timedelta(minutes=least + more)
    assert due_at(rule, answer) - NOON == waits


def test_delays_spread() -> None:
    rule = replace(RULE, max_delay_minutes=60)

    waits = {due_at(rule, replace(ANSWER, id=str(number))) for number in range(100)}

    assert len(waits) > 90
