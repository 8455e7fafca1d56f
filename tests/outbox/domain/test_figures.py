"""Counting records: what a change adds, whatever comes twice or in another order, is what a plain count finds."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.outbox.domain import dispatch as records
from services.outbox.domain.dispatch import Dispatch, Phase, Reply, State
from services.outbox.domain.figures import Counted, counted, differences, response_rate, total
from tests.outbox.events import waiting

NOW = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
WAITING = waiting("d", NOW)
SENT = replace(WAITING, phase=Phase.DONE, state=State.SENT, sent_at=NOW + timedelta(hours=1))


def _figures(dispatch: Dispatch) -> set[str]:
    found = counted(dispatch)
    return set(found.figures) if found else set()


def test_what_waits_is_not_counted_and_what_went_out_is_on_its_day() -> None:
    assert counted(WAITING) is None
    assert counted(SENT) == Counted("nps", "2026-11-25", frozenset({"sent"}))


def test_a_survey_that_was_never_sent_counts_on_the_day_it_was_asked_for() -> None:
    ended = records.ended(WAITING, State.SUPPRESSED, "unsubscribed", NOW)

    assert counted(ended) == Counted("nps", "2026-11-24", frozenset({"suppressed"}))


def test_each_step_counts_beside_the_earlier_ones() -> None:
    opened = records.touched(SENT, NOW, NOW, NOW)
    answered = records.responded(SENT, NOW, NOW)

    assert _figures(opened) == {"sent", "opened", "clicked"}
    assert _figures(answered) == {"sent", "opened", "responded"}
    assert _figures(records.ignored(opened, NOW)) == {"sent", "opened", "clicked", "ignored"}
    assert _figures(records.unknown(replace(WAITING, committed_at=NOW), NOW)) == {"sent", "unknown"}


def test_a_reminder_counts_as_a_reminder_only() -> None:
    assert _figures(replace(SENT, reminds_of="d0", reminder_number=1)) == {"reminders"}


def test_a_touch_proves_that_an_unclear_mail_arrived() -> None:
    unclear = records.unknown(replace(WAITING, phase=Phase.COMMITTED, committed_at=NOW), NOW)
    proved = records.touched(unclear, NOW, None, NOW)

    assert (proved.state, proved.state_reason, proved.ended_at) == (State.OPENED, None, None)
    assert _figures(proved) == {"sent", "opened"}


def test_an_opening_that_was_known_before_the_servers_answer_stays() -> None:
    early = replace(WAITING, phase=Phase.COMMITTED, committed_at=NOW, opened_at=NOW)

    assert records.sent(early, Reply(code=250, text="kept", at=NOW)).state is State.OPENED


def test_an_opening_that_proves_a_machines_is_taken_back() -> None:
    opened = records.touched(replace(SENT, state=State.DELIVERED, delivered_at=NOW), NOW, NOW, NOW)
    back = records.touched(opened, None, None, NOW)

    assert (opened.state, back.state) == (State.CLICKED, State.DELIVERED)
    assert _figures(back) == {"sent", "delivered"}


def test_what_was_answered_stays_opened_whatever_is_judged() -> None:
    answered = records.responded(SENT, NOW, NOW)

    assert records.touched(answered, None, None, NOW) == answered
    assert records.touched(answered, NOW - timedelta(hours=1), None, NOW).state is State.RESPONDED


STEPS = ("sent", "opened", "clicked", "responded", "ignored", "unknown")
places = st.one_of(
    st.none(),
    st.builds(
        Counted,
        st.sampled_from(["a", "b"]),
        st.sampled_from(["2026-11-24", "2026-11-25"]),
        st.frozensets(st.sampled_from(STEPS)),
    ),
)


@given(st.lists(st.lists(places, min_size=1, max_size=5), max_size=8))
def test_the_sum_of_all_differences_is_a_plain_count(lives: list[list[Counted | None]]) -> None:
    sums: dict[tuple[str, str], Counter[str]] = {}
    for life in lives:
        for pair in zip([None, *life], life, strict=False):
            for place, difference in differences([pair]).items():
                sums.setdefault(place, Counter()).update(difference)
    plain: dict[tuple[str, str], Counter[str]] = {}
    for *_, last in lives:
        if last is not None:
            plain.setdefault((last.campaign_id, last.day), Counter()).update(last.figures)

    assert {p: +c for p, c in sums.items() if +c} == {p: +c for p, c in plain.items() if +c}
    assert all(number >= 0 for counter in sums.values() for number in counter.values())


@given(places)
def test_the_same_again_adds_nothing(one: Counted | None) -> None:
    assert differences([(one, one)]) == {}


@pytest.mark.parametrize(
    ("figures", "rate"),
    [
        ({"sent": 100, "delivered": 96, "bounced": 2, "responded": 24}, (0.25, "delivered")),
        ({"sent": 100, "responded": 25}, (0.25, "sent")),
        ({"sent": 100, "delivered": 10, "responded": 5}, (0.05, "sent")),
        ({"sent": 4, "delivered": 1, "bounced": 3, "responded": 2}, (0.5, "sent")),
        ({}, (None, "sent")),
    ],
)
def test_the_response_rate_says_what_it_is_a_share_of(figures: dict[str, int], rate: tuple[float | None, str]) -> None:
    assert response_rate(total([figures])) == rate
