"""Who opened or clicked: what is known of machines, of people, and of what nobody can say."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.outbox.domain import opens
from services.outbox.domain.opens import Kind, Touch, Verdict, by_person, judged, network_of

SENT = datetime(2026, 11, 24, 10, tzinfo=UTC)
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"


def touch(seconds: float = 60, kind: Kind = Kind.OPEN, **more: Any) -> Touch:
    values = {"id": f"{seconds}-{more.get('link')}", "dispatch_id": "d", "customer_id": "ada", "agent": FIREFOX, **more}
    return Touch(kind=kind, at=SENT + timedelta(seconds=seconds), **values)


def click(seconds: float = 60, link: str = "1", **more: Any) -> Touch:
    return touch(seconds, Kind.CLICK, link=link, **more)


@pytest.mark.parametrize(
    ("one", "verdict", "reason"),
    [
        (touch(), "person", "reader"),
        (touch(agent=SAFARI), "person", "reader"),
        (touch(agent=GMAIL), "person", "image-proxy"),
        (touch(agent="YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy"), "person", "image-proxy"),
        (touch(agent="Microsoft Outlook 16.0"), "person", "reader"),
        (touch(agent="Mozilla/5.0"), "machine", "mail-privacy"),
        (click(agent="Mozilla/5.0"), "unsure", "unknown-agent"),
        (touch(2, agent=GMAIL), "machine", "too-soon"),
        (touch(-1), "machine", "too-soon"),
        (touch(5), "unsure", "soon"),
        (touch(method="HEAD"), "machine", "no-get"),
        (touch(method="OPTIONS"), "machine", "no-get"),
        (touch(prefetch=True), "machine", "prefetch"),
        (touch(agent=""), "machine", "no-agent"),
        (touch(agent="curl/8.5.0"), "machine", "program"),
        (touch(agent="python-requests/2.31"), "machine", "program"),
        (touch(agent="Mozilla/5.0 (compatible; Googlebot/2.1)"), "machine", "program"),
        (touch(agent="Mozilla/5.0 (X11) HeadlessChrome/120"), "machine", "program"),
        (touch(agent="SkypeUriPreview Preview/0.5"), "machine", "program"),
        (touch(agent="Barracuda Sentinel (EE)"), "machine", "program"),
        (touch(agent="something else"), "unsure", "unknown-agent"),
        (touch(network="17.58.63.0/24"), "machine", "scanner-network"),
        (touch(network="40.94.31.0/24"), "person", "reader"),
        (touch(network="104.47.12.0/24"), "machine", "scanner-network"),
        (touch(network="2a01:111:f400::/48"), "person", "reader"),
    ],
)
def test_a_touch_is_judged_by_what_is_known_of_who_fetched_it(one: Touch, verdict: str, reason: str) -> None:
    (found,) = judged([one], SENT)

    assert (found.verdict, found.reason) == (verdict, reason)


def test_several_links_at_once_are_no_person_from_the_first_on() -> None:
    burst = [click(60, "1"), click(61, "2"), click(62, "3")]

    assert [one.verdict for one in judged(burst[:1], SENT)] == [Verdict.PERSON]
    assert {one.reason for one in judged(burst, SENT)} == {"several-links-at-once"}


def test_one_link_often_or_several_in_turn_may_be_a_person() -> None:
    again = [click(60 + n / 10, "1", id=str(n)) for n in range(5)]
    in_turn = [click(70 + 10 * n, str(n)) for n in range(5)]

    assert {one.verdict for one in judged(again + in_turn, SENT)} == {Verdict.PERSON}


def test_two_links_in_one_second_are_no_person() -> None:
    assert {one.verdict for one in judged([click(60, "1"), click(60.4, "2")], SENT)} == {Verdict.MACHINE}
    assert {one.verdict for one in judged([click(60, "1"), click(62, "2")], SENT)} == {Verdict.PERSON}


def test_a_mail_that_was_never_handed_over_tells_nothing() -> None:
    assert {(one.verdict, one.reason) for one in judged([touch()], None)} == {(Verdict.UNSURE, "not-handed-over")}


def test_only_people_open_and_who_clicks_has_opened() -> None:
    machine, person = touch(30, agent="Mozilla/5.0"), click(90)
    unseen = judged([machine], SENT)

    assert by_person(unseen) == (None, None)
    assert by_person(judged([machine, person], SENT)) == (person.at, person.at)
    assert by_person(judged([touch(50), person], SENT)) == (SENT + timedelta(seconds=50), person.at)


def test_judging_again_says_the_same() -> None:
    touches = [touch(n * 7, id=str(n), agent=agent) for n, agent in enumerate([GMAIL, SAFARI, "Mozilla/5.0", "curl"])]
    once = judged(touches, SENT)

    assert judged(once, SENT) == once


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("unknown", None),
        ("", None),
        (None, None),
    ],
)
def test_of_an_address_only_its_network_is_kept(address: str | None, network: str | None) -> None:
    assert network_of(address) == network


def test_every_known_network_is_one() -> None:
    assert all(network.num_addresses > 1 for network in opens.SCANNERS)
