"""Suppressions in and out: lists of other tools, hashes of ours, and what outlives an erasure (F53)."""

import json

import httpx
import pytest
from sounding_contracts import topics

from commons.email import canonical_email
from services.outbox.domain.addresses import mailbox
from services.outbox.domain.deliverability import Status
from services.outbox.domain.suppression_list import read_csv, read_ndjson
from tests.deployment import KEY
from tests.outbox.events import customer, erased, request
from tests.outbox.office import Office

AUTH = {"Authorization": f"Bearer {KEY}"}


async def _import(http: httpx.AsyncClient, text: str | bytes, kind: str = "text/csv") -> httpx.Response:
    return await http.post("/v1/suppressions/import", content=text, headers={**AUTH, "Content-Type": kind})


async def _export(http: httpx.AsyncClient) -> list[dict[str, str]]:
    answer = await http.get("/v1/suppressions/export", headers=AUTH)
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines()]


async def test_who_is_on_a_list_is_never_mailed_now_or_later(office: Office, http: httpx.AsyncClient) -> None:
    text = "name,Email\nAda,ADA@Example.com\nEve,eve@example.com\n,not an address\n"
    first = (await _import(http, text)).json()
    again = (await _import(http, text)).json()
    await office.hear_customers(customer("eve"))
    await office.hear_requests(request("d2", "eve"))
    await office.send_all()

    assert (first["read"], first["added"], first["known"], first["refused"]) == (3, 2, 0, 1)
    assert first["faults"] == [{"line": 4, "reason": "this is no e-mail address"}]
    assert (again["added"], again["known"]) == (0, 2)
    assert office.server.mails == []
    gates = [await office.gate("ada"), await office.gate("eve")]
    assert [(gate.status, gate.evidence and gate.evidence.cause) for gate in gates] == [
        (Status.UNSUBSCRIBED, "import")
    ] * 2
    assert len(await office.told(topics.OUTBOX_DELIVERABILITY.name, "ada")) == 1


async def test_a_list_never_takes_a_no_back_nor_puts_itself_in_its_place(
    office: Office, http: httpx.AsyncClient
) -> None:
    await office.say_no()
    before = await office.gate(), await office.address_gate()
    await _import(http, json.dumps({"email": "ada@example.com", "suppressed": False}), "application/x-ndjson")

    assert (await office.gate(), await office.address_gate()) == before


async def test_hashes_go_out_no_addresses_and_come_back_in(office: Office, http: httpx.AsyncClient) -> None:
    await office.say_no()
    (row,) = await _export(http)
    await office.hear_customers(customer("eve"))
    other = row["hash"][::-1]
    report = (await _import(http, json.dumps({**row, "hash": other}), "application/x-ndjson")).json()

    assert set(row) == {"hash", "since", "cause"}
    assert row["cause"] == "user"
    assert (report["added"], len(await _export(http))) == (1, 2)


async def test_f53_a_mailbox_stays_suppressed_when_its_person_is_erased_and_comes_back(
    office: Office, http: httpx.AsyncClient
) -> None:
    await office.say_no()
    await office.hear_customers(erased("ada"))
    await office.hear_customers(customer("new", email="Ada@Example.com"))
    await office.hear_requests(request("d2", "new"))
    await office.send_all()

    assert (await office.gate("new")).status is Status.UNSUBSCRIBED
    assert office.server.mails == []
    assert "ada" not in json.dumps(await _export(http))


async def test_f53_an_erasure_that_takes_the_mailboxs_no_with_it_is_found(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wrong variant: of the erased nothing at all is kept."""
    await office.say_no()
    await office.database.collection("gates").delete_many({})
    await office.hear_customers(customer("new", email="ada@example.com"))
    await office.hear_requests(request("d2", "new"))
    await office.send_all()

    assert len(office.server.mails) == 1


async def test_what_is_no_list_is_refused(http: httpx.AsyncClient) -> None:
    assert (await _import(http, "{}", "application/json")).status_code == 422
    assert (await _import(http, b"\xff\xfe", "text/csv")).status_code == 422
    assert (await _import(http, b"a" * 1_000_001, "text/csv")).status_code == 413


@pytest.mark.parametrize(
    ("text", "mailboxes"),
    [
        ("email\na@b.example\n", ["a@b.example"]),
        ("a@b.example\nc@d.example", ["a@b.example", "c@d.example"]),
        ("\ufeffEmail Address;Reason\r\nA@B.example;bounce\r\n\r\n", ["a@b.example"]),
        ('"Name","Address"\n"x, y","a@exämple.com"\n', ["a@xn--exmple-cua.com"]),
        ("id\temail\n1\ta@b.example\n", ["a@b.example"]),
        ("", []),
    ],
)
def test_csv_is_read_as_tools_write_it(text: str, mailboxes: list[str]) -> None:
    assert [entry.mailbox for entry in read_csv(text)] == mailboxes


@pytest.mark.parametrize("line", ["{", "[]", '{"email": 5}', "[" * 100_000, '{"email": "x"}', "null"])
def test_a_line_at_fault_harms_itself_alone(line: str) -> None:
    entries = list(read_ndjson(f'{{"email": "a@b.example"}}\n{line}\n{{"email": "c@d.example"}}\n'))

    assert [entry.mailbox for entry in entries] == ["a@b.example", None, "c@d.example"]
    assert entries[1].fault


@pytest.mark.parametrize(
    "address",
    ["Ada@Example.com", " ß@exämple.COM ", "İ@b.example", "a_b@c_d.example", "o'x+y@sub.example.co", "a@ｂ.example"],
)
def test_a_mailbox_is_the_same_here_and_in_profile(address: str) -> None:
    assert mailbox(address) == canonical_email(address)
