"""Templates and brands over HTTP: versions, previews, tests, checks; what a record keeps of the template of its mail."""

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from sounding_contracts import topics

from chassis.clock import now
from chassis.tokens import Links
from services.outbox import store
from services.outbox.adapters.templates.built_in import PREFIX
from services.outbox.commands.templates import TESTS_AN_HOUR
from services.outbox.settings import Settings
from tests.outbox.dns_server import DnsServer, dns_server
from tests.outbox.events import MJML, PLAIN, QUESTION, campaign, customer, request
from tests.outbox.office import Office

T = "/v1/templates/relationship"


def _put(subject: str = "Hello {{ first_name }}!", **more: Any) -> dict[str, Any]:
    text = {"subject": subject, "preheader": "One click.", "mjml": MJML, "text": PLAIN, **more}
    return {"name": "Relationship", "default_language": "en", "languages": {"en": text}}


async def _saved(http: httpx.AsyncClient, *subjects: str) -> None:
    for subject in subjects:
        answer = await http.put(T, json=_put(subject))
        assert answer.status_code == 200, answer.text


async def test_every_save_is_a_version_that_can_be_read_and_restored(http: httpx.AsyncClient) -> None:
    await _saved(http, "One {{ first_name }}", "Two {{ first_name }}", "Two {{ first_name }}")
    assert (await http.get(T)).json()["version"] == 2

    restored = await http.post(f"{T}/versions/1/restore")
    assert restored.json()["version"] == 3
    versions = (await http.get(f"{T}/versions")).json()["items"]
    assert [one["version"] for one in versions] == [3, 2, 1]
    assert all(one["saved_at"] and one["languages"] == ["en"] for one in versions)
    old = (await http.get(f"{T}/versions/2")).json()
    assert (old["version"], old["languages"]["en"]["subject"]) == (2, "Two {{ first_name }}")
    assert (await http.get(T)).json()["languages"]["en"]["subject"] == "One {{ first_name }}"
    assert (await http.get(f"{T}/versions/9")).status_code == 404


async def test_who_saves_what_another_has_changed_meanwhile_is_told(http: httpx.AsyncClient) -> None:
    await _saved(http, "One {{ first_name }}")
    read = await http.get(T)
    await _saved(http, "Two {{ first_name }}")

    answer = await http.put(T, json=_put("Mine {{ first_name }}"), headers={"If-Match": read.headers["ETag"]})
    assert (answer.status_code, answer.json()["code"]) == (412, "template-changed-meanwhile")


async def test_errors_block_and_warnings_inform(http: httpx.AsyncClient) -> None:
    refused = await http.put(T, json=_put("{{ nmae }}"))
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "languages.en.subject"
    assert (await http.get(T)).status_code == 404

    saved = await http.put(T, json=_put("x" * 80))
    assert [(one["level"], one["code"]) for one in saved.json()["findings"]] == [("warning", "subject-long")]
    assert (await http.post(f"{T}/check")).json()["items"] == saved.json()["findings"]


async def test_a_language_that_a_campaign_asks_in_is_missed(office: Office, http: httpx.AsyncClient) -> None:
    await _saved(http, "Hi {{ first_name }}!")
    await office.hear_campaigns(campaign("de", template_id="relationship", questions={"de": QUESTION, "en": QUESTION}))

    (found,) = (await http.post(f"{T}/check")).json()["items"]
    assert (found["level"], found["code"]) == ("warning", "no-language")


async def test_what_comes_with_sounding_can_be_read_and_copied_but_not_changed(http: httpx.AsyncClient) -> None:
    listed = (await http.get("/v1/templates", params={"built_in": True})).json()["items"]
    assert {one["id"] for one in listed} == {
        f"{PREFIX}{kind}" for kind in ("nps", "csat", "ces", "five-star", "reminder", "autoreply")
    }
    copy = {name: listed[0][name] for name in ("name", "default_language", "languages")}

    refused = await http.put(f"/v1/templates/{PREFIX}nps", json=copy)
    assert (refused.status_code, refused.json()["code"]) == (409, "template-built-in")
    assert (await http.put("/v1/templates/mine", json=copy)).json()["version"] == 1


async def test_a_preview_shows_the_mail_for_a_sample_a_customer_or_a_draft(
    office: Office, http: httpx.AsyncClient
) -> None:
    await office.hear_customers(customer("eve", first_name="Eve & co", language="ar", properties={"plan": "<pro>"}))
    path = f"/v1/templates/{PREFIX}csat/preview"
    sample = (await http.post(path, json={})).json()
    assert (sample["language"], sample["direction"], sample["warnings"]) == ("en", "ltr", [])
    assert "Hello Ada" in sample["text"]
    assert sample["html"].count("?score=") == 5
    assert sample["size"] < 100_000

    eve = (await http.post(path, json={"customer_id": "eve"})).json()
    assert (eve["language"], eve["direction"]) == ("ar", "rtl")
    assert "Eve &amp; co" in eve["html"]
    assert "Eve & co" in eve["text"]

    draft = {"subject": "{{ properties.plan }}!", "mjml": MJML, "text": PLAIN}
    tried = (await http.post(path, json={"customer_id": "eve", "language": "en", "draft": draft})).json()
    assert tried["subject"] == "<pro>!"
    assert [one["code"] for one in tried["warnings"]] == ["no-preheader"]
    refused = await http.post(path, json={"draft": {**draft, "subject": "{{ nmae }}"}})
    assert refused.json()["errors"][0]["field"] == "draft.subject"
    for unknown in ({"customer_id": "nobody"}, {"campaign_id": "none"}, {"brand_id": "none"}, {"version": 9}):
        assert (await http.post(path, json=unknown)).status_code == 404


async def test_a_test_goes_out_marked_without_a_record_or_a_link_that_counts(
    office: Office, http: httpx.AsyncClient
) -> None:
    records = await office.database.collection(store.DISPATCHES).count_documents({})
    await _saved(http, "Hi {{ first_name }}!")
    answer = await http.post(f"{T}/test", json={"to": ["me@northlight.example", "you@northlight.example"]})

    assert [(one["sent"], one["reply"][:3]) for one in answer.json()["items"]] == [(True, "250"), (True, "250")]
    assert [mail.recipient for mail in office.server.mails] == ["me@northlight.example", "you@northlight.example"]
    message = office.server.mails[0].message
    assert message["Subject"] == "[Test] Hi Ada!"
    page = message.get_body(("html",))
    assert page is not None
    links = Links(office.settings.chassis.signing_keys)
    tokens = set(re.findall(r"/s/([\w.~-]+)\?score=9", page.get_content()))
    assert len(tokens) == 1
    assert links.read("preview", tokens.pop())
    assert await office.database.collection(store.DISPATCHES).count_documents({}) == records


async def test_no_test_goes_to_an_address_that_said_no(office: Office, http: httpx.AsyncClient) -> None:
    await office.say_no("ada")
    await _saved(http, "Hi {{ first_name }}!")

    answer = await http.post(f"{T}/test", json={"to": ["me@northlight.example", "ada@example.com"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "address-said-no")
    assert office.server.mails == []


async def test_tests_are_few_an_hour(office: Office, http: httpx.AsyncClient) -> None:
    await _saved(http, "Hi {{ first_name }}!")
    rows = [{"_id": str(number), "at": now()} for number in range(TESTS_AN_HOUR - 1)]
    await office.database.collection(store.TESTS).insert_many(rows)
    assert (await http.post(f"{T}/test", json={"to": ["me@northlight.example"]})).status_code == 200

    answer = await http.post(f"{T}/test", json={"to": ["me@northlight.example"]})
    assert (answer.status_code, answer.json()["code"]) == (429, "too-many-tests")


async def test_a_record_keeps_the_template_and_version_of_its_mail(office: Office, http: httpx.AsyncClient) -> None:
    await _saved(http, "One {{ first_name }}", "Two {{ first_name }}")
    await office.hear_campaigns(campaign("c2", template_id="relationship"))
    await office.hear_customers(customer("eve"))
    await office.hear_requests(request("d2", "eve", campaign_id="c2"))
    await _saved(http, "Three {{ first_name }}")
    await office.send_all()

    record = await office.record("d2")
    assert (record.template_id, record.template_version) == ("relationship", 3)
    assert record.subject_line == "Three Ada"


async def test_a_reminder_is_written_with_its_own_template(office: Office, http: httpx.AsyncClient) -> None:
    await office.hear_customers(customer("eve", language="de-AT"))
    reminder = {"reason": "reminder", "reminds_of": "d1", "reminder_number": 1, "template_id": f"{PREFIX}reminder"}
    await office.hear_requests(request("d2", "eve", **reminder))
    await office.send_all()

    record = await office.record("d2")
    assert (record.template_id, record.language) == (f"{PREFIX}reminder", "de")
    assert record.subject_line == "Noch Zeit für eine Frage zu Northlight?"
    assert (await office.record("d1")).template_id == "t"


@pytest.fixture
async def zone() -> AsyncIterator[DnsServer]:
    async with dns_server() as running:
        yield running


@pytest.fixture
def settings(settings: Settings, zone: DnsServer) -> Settings:
    asked = {"dns_servers": ("127.0.0.1",), "dns_port": zone.port, "dns_seconds": 0.3}
    return settings.model_copy(update=asked)


BRAND = {
    "name": "North",
    "sender_name": "North",
    "sender_email": "ask@north.example",
    "bounce_domain": "bounces.north.example",
    "dkim_selector": "s1",
    "public_url": "https://ask.north.example",
    "background_color": "#ffffff",
}


async def test_a_brand_is_checked_and_told_of_in_full(office: Office, http: httpx.AsyncClient, zone: DnsServer) -> None:
    zone.zone = {
        "north.example": {"MX": ["10 mx.north.example."]},
        "bounces.north.example": {"TXT": ['"v=spf1 mx -all"'], "MX": ["10 mx.north.example."]},
        "s1._domainkey.north.example": {"TXT": ['"v=DKIM1; p=AAAA"']},
    }
    made = await http.put("/v1/brands/north", json=BRAND)
    assert (made.status_code, made.json()["version"]) == (200, 1)

    body = (await http.post("/v1/brands/north/check")).json()
    assert {one["name"] for one in body["checks"] if one["state"] != "pass"} == {"dmarc"}
    assert not body["ready"]
    (told,) = await office.told(topics.OUTBOX_BRANDS.name, "north")
    assert "bounces.north.example" in str(told)


async def test_mails_of_a_brand_come_from_its_sender_and_bounce_to_its_domain(
    office: Office, http: httpx.AsyncClient
) -> None:
    await http.put("/v1/brands/north", json=BRAND)
    await office.hear_campaigns(campaign("c2", brand_id="north"))
    await office.hear_customers(customer("eve"))
    await office.hear_requests(request("d2", "eve", campaign_id="c2"))
    await office.send_all()

    (mail,) = office.server.to("eve@example.com")
    assert mail.message["From"] == "North <ask@north.example>"
    assert mail.sender.endswith("@bounces.north.example")
    (other,) = office.server.to("ada@example.com")
    assert other.message["From"] == "Northlight <ask@northlight.example>"


BAD = {
    "sender_email": "nobody",
    "reply_to": "a@b\r\nBcc: c@d",
    "color": "red",
    "public_url": "javascript:x",
    "bounce_domain": "no domain",
    "dkim_selector": "a b",
    "default_language": "English",
    "sender_name": "North\r\nBcc: x@y",
    "unsubscribe_scope": "none",
}


async def test_a_brand_that_no_mail_could_be_sent_from_is_refused(http: httpx.AsyncClient) -> None:
    for field, value in BAD.items():
        answer = await http.put("/v1/brands/north", json={**BRAND, field: value})

        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
