"""Addresses checked before the first mail: what makes one non-deliverable, what never does, and what ends it."""

from collections.abc import AsyncIterator

import httpx
import pytest
from sounding_contracts import topics

from chassis import clock
from services.outbox import commands
from services.outbox.adapters.checker import Checker
from services.outbox.adapters.dns import Dns
from services.outbox.domain.addresses import Check
from services.outbox.domain.deliverability import Status
from services.outbox.domain.dispatch import State
from tests.deployment import KEY
from tests.outbox.dns_server import SILENT, TROUBLE, DnsServer, dns_server
from tests.outbox.events import customer, request
from tests.outbox.office import SECRET, Office

AUTH = {"Authorization": f"Bearer {KEY}"}


@pytest.fixture
async def dns() -> AsyncIterator[DnsServer]:
    zone: dict[str, dict[str, list[str]] | str] = {
        "good.example": {"MX": ["10 mx.good.example.", "5 lost.good.example."]},
        "mx.good.example": {"A": ["192.0.2.1"]},
        "only-a.example": {"A": ["192.0.2.2"]},
        "null.example": {"MX": ["0 ."]},
        "dead.example": {"MX": ["10 lost.dead.example."]},
        "half.example": {"MX": ["10 lost.half.example.", "20 quiet.half.example."]},
        "quiet.half.example": SILENT,
        "silent.example": SILENT,
        "trouble.example": TROUBLE,
        "bare.example": {"TXT": ['"x"']},
    }
    async with dns_server() as running:
        running.zone = zone
        yield running


async def _checked(dns: DnsServer, address: str) -> Check:
    checker = Checker(Dns(["127.0.0.1"], port=dns.port, seconds=0.3))
    return await checker.check(address, clock.now())


async def test_each_domain_is_judged_by_what_its_dns_says_and_by_nothing_it_does_not(dns: DnsServer) -> None:
    verdicts = {
        "a@good.example": (True, "found"),
        "a@only-a.example": (True, "found"),
        "a@null.example": (False, "takes-no-mail"),
        "a@dead.example": (False, "no-mail-server"),
        "a@bare.example": (False, "no-mail-server"),
        "a@nowhere.example": (False, "no-such-domain"),
        "a@half.example": (None, "no-answer"),
        "a@silent.example": (None, "no-answer"),
        "a@trouble.example": (None, "no-answer"),
        "a@mailinator.com": (False, "disposable"),
        "a b@good.example": (False, "not-an-address"),
    }
    found = {address: await _checked(dns, address) for address in verdicts}

    assert {address: (one.deliverable, one.reason) for address, one in found.items()} == verdicts
    assert found["a@good.example"].mail_servers == ("lost.good.example", "mx.good.example")


async def test_a_domain_is_asked_about_once_while_its_answer_holds(dns: DnsServer) -> None:
    checker = Checker(Dns(["127.0.0.1"], port=dns.port, seconds=0.3))
    for number in range(20):
        await checker.check(f"user{number}@only-a.example", clock.now())
    once = len(dns.asked)

    assert once <= 3


async def test_a_time_out_taken_for_a_no_silences_people_who_can_be_reached(
    dns: DnsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wrong variant: no answer means no domain."""
    from services.outbox.adapters import checker
    from services.outbox.domain.addresses import Said

    monkeypatch.setattr(checker, "_said", lambda found: Said.FOUND if found.records else Said.NO_DOMAIN)

    assert (await _checked(dns, "a@silent.example")).deliverable is False


def _no(reason: str = "no-such-domain") -> Check:
    return Check(address="ada@example.com", deliverable=False, reason=reason, at=clock.now())


async def _apply(office: Office, check: Check, checked: str = "ada@example.com") -> None:
    await office.database.transact(lambda tx: commands.apply_check(tx, "ada", checked, check, SECRET))


async def test_a_verdict_is_stored_with_its_evidence_told_and_ends_with_the_address(office: Office) -> None:
    await _apply(office, _no())
    marked = await office.gate()
    told = await office.told(topics.OUTBOX_DELIVERABILITY.name, "ada")
    await office.send_all()
    await office.hear_customers(customer("ada", 2, email="ada@elsewhere.example"))

    assert marked.status is Status.NON_DELIVERABLE
    assert marked.evidence is not None
    assert (marked.evidence.cause, marked.evidence.note) == ("check", "no-such-domain")
    assert b'"status":"non_deliverable"' in bytes(told[0]["value"])
    assert office.server.mails == []
    assert (await office.gate()).status is None


async def test_a_verdict_on_an_address_left_meanwhile_or_beside_a_bounce_changes_nothing(office: Office) -> None:
    await _apply(office, _no(), "ada@before.example")
    assert (await office.gate()).status is None
    await _apply(office, Check(address="ada@example.com", deliverable=None, reason="no-answer", at=clock.now()))
    assert (await office.gate()).status is None
    office.server.next("RCPT", "550 5.1.1 no such user")
    await office.send_all()
    await _apply(office, _no())
    await _apply(office, Check(address="ada@example.com", deliverable=True, reason="found", at=clock.now()))

    assert (await office.gate()).status is Status.HARD_BOUNCED


async def test_an_address_that_works_after_all_is_mailed_again(office: Office) -> None:
    await _apply(office, _no())
    await _apply(office, Check(address="ada@example.com", deliverable=True, reason="found", at=clock.now()))
    await office.send_all()

    assert len(office.server.mails) == 1


async def test_addresses_are_checked_when_asked_many_at_once_or_a_customers(
    office: Office, http: httpx.AsyncClient
) -> None:
    await office.hear_customers(customer("eve", email="eve@mailinator.com"), customer("none", email=None))
    bulk = await http.post("/v1/addresses/check", headers=AUTH, json={"addresses": ["a@b.example", "x", ""]})
    of_eve = await http.post("/v1/customers/eve/check-address", headers=AUTH)
    missing = [await http.post(f"/v1/customers/{id_}/check-address", headers=AUTH) for id_ in ("none", "nobody")]
    too_many = await http.post("/v1/addresses/check", headers=AUTH, json={"addresses": ["a@b.example"] * 201})

    assert [(one["address"], one["deliverable"]) for one in bulk.json()["items"]] == [
        ("a@b.example", True),
        ("x", False),
        ("", False),
    ]
    assert of_eve.json()["reason"] == "disposable"
    assert (await office.gate("eve")).status is Status.NON_DELIVERABLE
    assert [one.status_code for one in missing] == [404, 404]
    assert too_many.status_code == 422


async def test_before_the_first_mail_an_address_that_fails_is_marked_and_not_written_to(office: Office) -> None:
    await office.hear_customers(customer("eve", email="Eve@mailinator.com"))
    await office.hear_requests(request("d2", "eve"))
    await office.send_all()
    record, gate = await office.record("d2"), await office.gate("eve")

    assert [mail.recipient for mail in office.server.mails] == ["ada@example.com"]
    assert (record.state, record.state_reason) == (State.SUPPRESSED, "non_deliverable")
    assert (gate.status, gate.evidence and gate.evidence.note) == (Status.NON_DELIVERABLE, "disposable")
