"""Whether a brand's mails will be taken for real, asked of a real DNS server; silence is never a verdict."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from chassis.clock import now
from chassis.settings import ChassisSettings
from services.outbox.adapters.dns import Dns
from services.outbox.domain.mail import Brand
from services.outbox.schemas import BrandCheckBody
from services.outbox.settings import Settings
from services.outbox.views import check_brand
from tests.outbox.dns_server import SILENT, TROUBLE, DnsServer, dns_server
from tests.outbox.events import BRAND

SENDER = replace(
    BRAND, sender_email="ask@news.north.example", bounce_domain="bounces.news.north.example", dkim_selector="s1"
)
GOOD: dict[str, Any] = {
    "bounces.news.north.example": {"TXT": ['"v=spf1 include:mail.example -all"'], "MX": ["10 mx.north.example."]},
    "s1._domainkey.news.north.example": {"TXT": ['"v=DKIM1; k=rsa; p=MIGf" "AAAA"']},
    "_dmarc.news.north.example": {},
    "_dmarc.north.example": {"TXT": ['"v=DMARC1; p=quarantine; rua=mailto:d@north.example"']},
    "news.north.example": {"MX": ["10 mx.north.example."]},
}


@pytest.fixture
async def zone() -> AsyncIterator[DnsServer]:
    async with dns_server() as running:
        running.zone = dict(GOOD)
        yield running


async def _check(zone: DnsServer, brand: Brand = SENDER, url: str = "https://out.example") -> BrandCheckBody:
    chassis = ChassisSettings(kafka="-", mongodb=SecretStr("-"), signing_keys=(SecretStr("k"),))
    settings = Settings(chassis=chassis, public_url=url)
    return await check_brand(Dns(["127.0.0.1"], port=zone.port, seconds=0.3), brand, settings, now())


def _states(body: BrandCheckBody) -> dict[str, str]:
    return {check.name: check.state for check in body.checks}


async def test_a_domain_that_is_set_up_is_ready(zone: DnsServer) -> None:
    body = await _check(zone)

    assert set(_states(body).values()) == {"pass"}
    assert (body.ready, body.domain) == (True, "news.north.example")
    assert next(check.place for check in body.checks if check.name == "dmarc") == "_dmarc.north.example"


@pytest.mark.parametrize(
    ("place", "records", "name", "state", "reason"),
    [
        ("bounces.news.north.example", {"MX": ["10 mx.north.example."]}, "spf", "fail", "no SPF"),
        ("bounces.news.north.example", {"TXT": ['"v=spf1 -all"', '"v=spf1 ~all"']}, "spf", "fail", "2 SPF"),
        ("bounces.news.north.example", {"TXT": ['"v=spf1 +all"']}, "spf", "fail", "every server"),
        ("bounces.news.north.example", {"TXT": ['"v=spf1 ' + "a " * 11 + '-all"']}, "spf", "fail", "11"),
        ("bounces.news.north.example", {"TXT": ['"v=spf1 mx"']}, "spf", "warn", "-all"),
        ("bounces.news.north.example", {"TXT": ['"v=spf1 mx -all"'], "MX": ["0 ."]}, "bounces", "fail", "null MX"),
        ("bounces.news.north.example", {"TXT": ['"v=spf1 mx -all"']}, "bounces", "fail", "takes no mail"),
        ("bounces.news.north.example", {"A": ["192.0.2.1"]}, "bounces", "warn", "no MX"),
        ("s1._domainkey.news.north.example", {}, "dkim", "fail", "no DKIM key"),
        ("s1._domainkey.news.north.example", {"TXT": ['"v=DKIM1; p="']}, "dkim", "fail", "withdrawn"),
        ("_dmarc.north.example", {}, "dmarc", "fail", "no DMARC"),
        ("_dmarc.north.example", {"TXT": ['"v=DMARC1; p=none"']}, "dmarc", "warn", "policy none"),
        ("_dmarc.north.example", {"TXT": ['"v=DMARC1; p=none"', '"v=DMARC1; p=reject"']}, "dmarc", "fail", "more than one"),
        ("bounces.news.north.example", SILENT, "spf", "unclear", "no answer"),
        ("bounces.news.north.example", TROUBLE, "bounces", "unclear", "no answer"),
        ("s1._domainkey.news.north.example", SILENT, "dkim", "unclear", "no answer"),
        ("_dmarc.news.north.example", TROUBLE, "dmarc", "unclear", "no answer"),
        ("news.north.example", SILENT, "replies", "unclear", "no answer"),
    ],
)  # fmt: skip
async def test_each_fault_is_named(
    zone: DnsServer, place: str, records: dict[str, list[str]] | str, name: str, state: str, reason: str
) -> None:
    zone.zone[place] = records
    body = await _check(zone)
    (check,) = [check for check in body.checks if check.name == name]

    assert check.state == state
    assert reason in check.reason
    assert body.ready == (state == "warn" and "fail" not in _states(body).values())


async def test_without_https_and_signature_mail_programs_offer_no_button(zone: DnsServer) -> None:
    assert _states(await _check(zone, url="http://out.example"))["one_click"] == "fail"
    unsigned = _states(await _check(zone, replace(SENDER, dkim_selector=None)))
    assert (unsigned["dkim"], unsigned["one_click"], unsigned["alignment"]) == ("warn", "warn", "pass")


async def test_bounces_in_another_domain_need_a_signature(zone: DnsServer) -> None:
    stray = replace(SENDER, bounce_domain="mail.example", dkim_selector=None)

    assert _states(await _check(zone, stray))["alignment"] == "fail"
    assert _states(await _check(zone, replace(stray, dkim_selector="s1")))["alignment"] == "pass"


async def test_with_no_dns_at_all_nothing_is_said_of_the_domain() -> None:
    async with dns_server() as gone:
        pass
    body = await _check(gone)

    assert not body.ready
    assert {state for name, state in _states(body).items() if name != "alignment"} == {"unclear"}
