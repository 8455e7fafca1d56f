"""A rest, a refused campaign, a refused brand: what they stand against, and what ends them."""

from datetime import UTC, datetime, timedelta

import pytest

from services.outbox.domain import deliverability as rules
from services.outbox.domain.deliverability import Evidence, Gate

NOW = datetime(2026, 11, 24, tzinfo=UTC)
LATER = NOW + timedelta(days=90)
GATE = Gate(id="ada")
NO = Evidence(at=NOW, cause="recipient")


@pytest.mark.parametrize(
    ("gate", "refusals"),
    [
        (GATE, [None, None, None]),
        (rules.opted_out(GATE, NO), ["unsubscribed", "unsubscribed", "unsubscribed"]),
        (rules.refusing(GATE, NOW, campaign_id="nps"), ["refused", None, None]),
        (rules.refusing(GATE, NOW, brand_id="b"), ["refused", "refused", None]),
        (rules.paused(GATE, LATER, NOW), ["paused", "paused", "paused"]),
        (rules.paused(GATE, NOW, NOW), [None, None, None]),
        (rules.erased(GATE), ["customer-erased"] * 3),
    ],
)
def test_a_wish_stands_against_the_mails_that_it_names(gate: Gate, refusals: list[str | None]) -> None:
    mails = [("nps", "b"), ("ces", "b"), ("csat", "c")]

    assert [gate.refusal(campaign, brand, NOW) for campaign, brand in mails] == refusals


def test_a_rest_ends_by_itself() -> None:
    gate = rules.paused(GATE, LATER, NOW)

    assert gate.refusal("nps", "b", LATER - timedelta(seconds=1)) == "paused"
    assert gate.refusal("nps", "b", LATER) is None


def test_subscribing_again_ends_every_wish() -> None:
    gate = rules.refusing(rules.paused(rules.opted_out(GATE, NO), LATER, NOW), NOW, campaign_id="nps", brand_id="b")

    assert rules.resubscribed(gate, NOW) == Gate(id="ada", changed_at=NOW)
    assert rules.resubscribed(GATE, NOW) is GATE


def test_the_same_wish_twice_is_one() -> None:
    once = rules.refusing(GATE, NOW, campaign_id="nps")

    assert rules.refusing(once, LATER, campaign_id="nps") is once


def test_a_mailbox_and_who_is_under_it_share_their_wishes() -> None:
    customer = rules.refusing(rules.paused(GATE, NOW + timedelta(days=1), NOW), NOW, campaign_id="nps")
    mailbox = rules.refusing(rules.paused(Gate(id="m"), LATER, NOW), NOW, campaign_id="ces", brand_id="b")

    under = rules.of_its_mailbox(customer, mailbox)
    over = rules.of_one_under_it(mailbox, customer)

    assert under.wishes == (LATER, ("nps", "ces"), ("b",))
    assert over.wishes == (LATER, ("ces", "nps"), ("b",))
    assert rules.of_its_mailbox(under, over).wishes[0] == LATER


def test_nothing_is_wished_for_of_the_erased() -> None:
    gone = rules.erased(GATE)

    assert rules.paused(gone, LATER, NOW) is gone
    assert rules.refusing(gone, NOW, campaign_id="nps") is gone
    assert rules.of_its_mailbox(gone, rules.paused(Gate(id="m"), LATER, NOW)) is gone
