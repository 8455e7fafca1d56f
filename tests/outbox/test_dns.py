"""What the DNS says, over a real server: records, a no for as long as the zone says, and silence told apart from both."""

from collections.abc import AsyncIterator

import pytest

from services.outbox.adapters.dns import NULL_MX, Dns, Found, Kind
from tests.outbox.dns_server import SILENT, TROUBLE, DnsServer, dns_server


@pytest.fixture
async def zone() -> AsyncIterator[DnsServer]:
    async with dns_server() as running:
        running.zone = {
            "good.example": {
                "MX": ["20 b.good.example.", "10 a.good.example."],
                "A": ["192.0.2.1"],
                "AAAA": ["2001:db8::1"],
                "TXT": ['"v=spf1 " "-all"', '"ünïcode"'],
            },
            "null.example": {"MX": ["0 ."]},
            "web.example": {"A": ["192.0.2.2"]},
            "silent.example": SILENT,
            "trouble.example": TROUBLE,
        }
        yield running


class Hours:
    """A clock that a test turns."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def _dns(zone: DnsServer, clock: Hours | None = None) -> Dns:
    return Dns(["127.0.0.1"], port=zone.port, seconds=0.3, clock=clock or Hours())


async def test_records_come_in_the_order_in_which_they_are_to_be_used(zone: DnsServer) -> None:
    dns = _dns(zone)

    assert (await dns.mx("good.example")).records == ("a.good.example", "b.good.example")
    assert (await dns.mx("null.example")).records == (NULL_MX,)
    assert (await dns.addresses("good.example")).records == ("192.0.2.1", "2001:db8::1")
    assert (await dns.addresses("web.example")).records == ("192.0.2.2",)
    assert "v=spf1 -all" in (await dns.txt("good.example")).records


@pytest.mark.parametrize(
    ("domain", "kind"),
    [
        ("web.example", Kind.NO_RECORD),
        ("nowhere.example", Kind.NO_DOMAIN),
        ("silent.example", Kind.UNCLEAR),
        ("trouble.example", Kind.UNCLEAR),
        (f"{'a' * 64}.example", Kind.NO_DOMAIN),
        ("two..dots.example", Kind.NO_DOMAIN),
    ],
)
async def test_a_no_is_told_apart_from_silence(zone: DnsServer, domain: str, kind: Kind) -> None:
    found = await _dns(zone).mx(domain)

    assert (found.kind, found.records) == (kind, ())
    assert found.missing == (kind is not Kind.UNCLEAR)


async def test_an_answer_is_kept_for_as_long_as_it_says(zone: DnsServer) -> None:
    clock = Hours()
    dns = _dns(zone, clock)
    for moment, questions in ((0, 1), (299, 1), (301, 2)):
        clock.now = moment
        await dns.mx("Good.Example.")
        assert len(zone.asked) == questions


async def test_a_no_is_kept_for_as_long_as_the_zone_says(zone: DnsServer) -> None:
    clock = Hours()
    dns = _dns(zone, clock)
    for moment, questions in ((0, 1), (59, 1), (61, 2)):
        clock.now = moment
        assert (await dns.mx("nowhere.example")).missing
        assert len(zone.asked) == questions


async def test_silence_is_not_kept(zone: DnsServer) -> None:
    dns = _dns(zone)
    assert (await dns.mx("silent.example")).kind is Kind.UNCLEAR
    zone.zone["silent.example"] = {"MX": ["10 back.example."]}

    assert await dns.mx("silent.example") == Found(Kind.FOUND, ("back.example",), 300)


async def test_no_server_at_all_is_silence() -> None:
    async with dns_server() as gone:
        port = gone.port

    assert (await Dns(["127.0.0.1"], port=port, seconds=0.3).mx("good.example")).kind is Kind.UNCLEAR


async def test_one_address_is_enough_and_silence_about_the_other_kind_is_no_trouble(zone: DnsServer) -> None:
    assert (await _dns(zone).addresses("nowhere.example")).kind is Kind.NO_DOMAIN
    assert (await _dns(zone).addresses("silent.example")).kind is Kind.UNCLEAR
