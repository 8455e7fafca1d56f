"""Outgoing webhooks, without any: signatures, retries, words for a chat."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from services.feedback.domain.webhook import (
    GIVE_UP_AFTER,
    Line,
    Outcome,
    Reply,
    Secret,
    Webhook,
    decide,
    message,
    news_of,
    rotated,
    secret_of,
    signatures,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECRET = secret_of(bytes(range(24)))


def webhook(*secrets: Secret) -> Webhook:
    return Webhook(id="w1", name="CRM", url="https://crm.example/in", secrets=secrets, created_at=NOON, changed_at=NOON)


def line(*queue: str, attempts: int = 0, since: datetime = NOON) -> Line:
    return Line(id="w1|ada", webhook_id="w1", queue=queue or ("r1:1",), attempts=attempts, since=since)


def test_the_signature_is_that_of_standard_webhooks() -> None:
    signed = b'msg_1.1764000000.{"a":1}'
    expected = base64.b64encode(hmac.new(bytes(range(24)), signed, hashlib.sha256).digest()).decode()

    assert SECRET.startswith("whsec_")
    assert signatures([Secret(text=SECRET)], "msg_1", 1_764_000_000, b'{"a":1}', NOON) == f"v1,{expected}"


def test_after_a_rotation_both_secrets_sign_for_a_day_the_new_one_first() -> None:
    changed = rotated(webhook(Secret(text=SECRET)), secret_of(b"n" * 24), NOON)

    soon = signatures(changed.secrets, "m", 1, b"{}", NOON + timedelta(hours=23)).split()
    later = signatures(changed.secrets, "m", 1, b"{}", NOON + timedelta(hours=25)).split()

    assert len(soon) == 2
    assert later == soon[:1]


@pytest.mark.parametrize(
    "reply", [Reply(status=500), Reply(status=404), Reply(status=302), Reply(fault="no connection")]
)
def test_f47_what_is_not_accepted_is_tried_again_and_later_each_time(reply: Reply) -> None:
    waits = [decide(line(attempts=n), reply, NOON, 0).next_try_at for n in range(12)]

    assert None not in waits
    assert waits == sorted(waits, key=lambda at: at or NOON)
    assert waits[0] == NOON + timedelta(seconds=5)


def test_f47_it_is_tried_for_three_days_and_given_up_only_then() -> None:
    now, attempts = NOON, 0
    while (found := decide(line(attempts=attempts), Reply(status=503), now, 1)).outcome is Outcome.AGAIN:
        assert found.next_try_at is not None
        now, attempts = found.next_try_at, attempts + 1

    assert found.outcome is Outcome.GAVE_UP
    assert GIVE_UP_AFTER - timedelta(hours=7) < now - NOON <= GIVE_UP_AFTER


def test_a_receiver_may_ask_for_a_pause_of_up_to_an_hour() -> None:
    asked = [Reply(status=429, retry_after=timedelta(minutes=minutes)) for minutes in (10, 600)]

    waits = [decide(line(), reply, NOON, 0).next_try_at for reply in asked]

    assert waits == [NOON + timedelta(minutes=10), NOON + timedelta(hours=1)]


def test_of_two_changes_of_one_answer_the_first_need_not_be_told() -> None:
    assert line(news_of("r1", 1), news_of("r2", 1), news_of("r1", 2)).is_outdone
    assert not line(news_of("r1", 2), news_of("r2", 1)).is_outdone


def test_what_a_customer_wrote_is_neither_link_nor_mention_in_a_chat() -> None:
    data = {"metric": "nps", "score": 3, "score_class": "detractor", "comment": "<!channel> see <http://x|here>\n& go"}

    said = message(data)

    assert "<" not in said
    assert said.endswith("&gt;\n> &amp; go")
