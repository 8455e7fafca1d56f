"""Saying no, and choosing less: fault case F36, the page in all its languages, what holds afterwards and who sees it."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import httpx
import pytest
from sounding_contracts import topics

from chassis import clock
from chassis.tokens import Links
from services.outbox import commands, store
from services.outbox.adapters import pages
from services.outbox.adapters.pages import Way
from services.outbox.adapters.pages.words import RIGHT_TO_LEFT, WORDS
from services.outbox.domain import deliverability as rules
from services.outbox.domain.deliverability import Gate, Status
from services.outbox.domain.dispatch import State
from services.outbox.domain.wishes import masked, months_later
from tests.deployment import KEY
from tests.outbox.events import BRAND, campaign, customer, erased, request
from tests.outbox.office import Office

AUTH = {"Authorization": f"Bearer {KEY}"}


def way_out(office: Office, dispatch_id: str = "d1") -> str:
    return f"/u/{Links(office.settings.chassis.signing_keys).make('unsubscribe', dispatch_id)}"


async def _scope(office: Office, scope: str) -> None:
    brand = replace(BRAND, unsubscribe_scope=scope)
    await office.database.transact(lambda tx: commands.put_brand(tx, brand, clock.now()))


async def _changes(office: Office) -> int:
    return len(await office.told(topics.OUTBOX_DELIVERABILITY.name, "ada"))


async def test_f36_only_a_post_says_no(office: Office, http: httpx.AsyncClient) -> None:
    agent = {"User-Agent": "Barracuda Sentinel"}
    for method in ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"] * 2:
        answer = await http.request(method, way_out(office), headers=agent, follow_redirects=True)
        assert not answer.history

    assert (await office.gate(), await _changes(office)) == (Gate(id="ada"), 0)


async def test_f36_a_page_that_unsubscribes_whoever_looks_at_it_is_found(
    office: Office, http: httpx.AsyncClient
) -> None:
    """The wrong variant: the link itself says no, and a scanner follows every link."""

    async def linked(path: str) -> None:
        await http.post(path, data={"choice": "all"})

    await linked(way_out(office))

    assert (await office.gate()).opted_out is not None


async def test_f36_one_click_is_answered_without_redirect_or_cookie_and_has_one_effect(
    office: Office, http: httpx.AsyncClient
) -> None:
    for _ in range(2):
        answer = await http.post(way_out(office), data={"List-Unsubscribe": "One-Click"})
        assert (answer.status_code, answer.text) == (200, "Unsubscribed.")
        assert not {"set-cookie", "location"} & set(answer.headers)

    assert (await office.gate()).status is Status.UNSUBSCRIBED
    assert (await office.address_gate()).status is Status.UNSUBSCRIBED
    assert await _changes(office) == 1
    items = (await http.get("/v1/customers/ada/consents", headers=AUTH)).json()["items"]
    assert [(item["wish"], item["cause"], item["dispatch_id"]) for item in items] == [("none", "recipient", "d1")]


async def test_f36_as_multipart_too_and_whatever_else_is_in_the_form(office: Office, http: httpx.AsyncClient) -> None:
    answer = await http.post(
        way_out(office), files={"List-Unsubscribe": (None, "One-Click")}, data={"choice": "again", "x": "y"}
    )

    assert answer.status_code == 200
    assert (await office.gate()).status is Status.UNSUBSCRIBED


async def test_a_token_not_ours_of_another_purpose_or_of_no_record_says_no_for_nobody(
    office: Office, http: httpx.AsyncClient
) -> None:
    links = Links(office.settings.chassis.signing_keys)
    ours = (links.make("survey", "d1"), links.make("open", "d1"), links.make("unsubscribe", "nobody"))
    for token in ("x", "a.b", "A" * 34, *ours):
        assert (await http.post(f"/u/{token}", data={"choice": "all"})).status_code == 404
        assert (await http.post(f"/u/{token}", data={"List-Unsubscribe": "One-Click"})).status_code == 404
        page = await http.get(f"/u/{token}", headers={"Accept-Language": "de-AT,de;q=0.9"})
        assert (page.status_code, WORDS["de"]["unknown_title"] in page.text) == (404, True)

    assert await office.gate() == Gate(id="ada")


@pytest.mark.parametrize(
    ("choice", "scope", "stopped", "goes_on"),
    [
        ("", "brand", {"d2", "d3"}, {"d4"}),
        ("all", "brand", {"d2", "d3", "d4"}, set()),
        ("brand", "all", {"d2", "d3"}, {"d4"}),
        ("campaign", "all", {"d2"}, {"d3", "d4"}),
        ("rest-3", "all", {"d2", "d3", "d4"}, set()),
        ("nonsense", "all", {"d2", "d3", "d4"}, set()),
    ],
)
async def test_what_was_chosen_holds_at_the_gate(
    office: Office, http: httpx.AsyncClient, choice: str, scope: str, stopped: set[str], goes_on: set[str]
) -> None:
    await _scope(office, scope)
    other = replace(BRAND, id="c", name="Other")
    await office.database.transact(lambda tx: commands.put_brand(tx, other, clock.now()))
    await office.hear_campaigns(campaign("ces"), campaign("csat", brand_id="c"))

    assert (await http.post(way_out(office), data={"choice": choice})).status_code == 200
    for id_, campaign_id in (("d2", "nps"), ("d3", "ces"), ("d4", "csat")):
        await office.hear_requests(request(id_, "ada", campaign_id=campaign_id, cycle=2))
        await office.send_all()

    states = {id_: (await office.record(id_)).state for id_ in ("d2", "d3", "d4")}
    assert {id_ for id_, state in states.items() if state is State.SUPPRESSED} == stopped
    assert {id_ for id_, state in states.items() if state is State.SENT} == goes_on


async def test_a_gate_that_looks_at_the_status_alone_mails_whoever_rests(
    office: Office, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wrong variant: a wish is not asked for at the gate."""
    await http.post(way_out(office), data={"choice": "rest-3"})
    monkeypatch.setattr(Gate, "refusal", lambda gate, *_: gate.against)
    await office.send_all()

    assert len(office.server.mails) == 1


async def test_a_rest_is_told_with_its_end_and_is_over_by_itself(office: Office, http: httpx.AsyncClient) -> None:
    await http.post(way_out(office), data={"choice": "rest-6"})

    until = (await office.gate()).paused_until
    assert until is not None
    assert timedelta(days=180) < until - clock.now() < timedelta(days=185)
    (event,) = await office.told(topics.OUTBOX_DELIVERABILITY.name, "ada")
    assert b'"paused_until":"' in bytes(event["value"])
    assert (await office.gate()).refusal("nps", "b", until) is None
    assert until.date().isoformat() in (await http.get(way_out(office))).text


async def test_subscribing_again_ends_it_all_and_is_on_record(office: Office, http: httpx.AsyncClient) -> None:
    for choice in ("campaign", "brand", "rest-3", "all", "again"):
        assert (await http.post(way_out(office), data={"choice": choice})).status_code == 200
    await office.send_all()

    gate = await office.gate()
    assert (gate.status, gate.wishes) == (None, (None, (), ()))
    assert (await office.address_gate()).status is None
    assert len(office.server.mails) == 1
    items = (await http.get("/v1/customers/ada/consents", headers=AUTH)).json()["items"]
    assert [item["wish"] for item in items] == ["again", "none", "rest", "no-brand", "no-campaign"]


async def test_whoever_holds_a_key_may_wish_for_a_customer_and_is_named(
    office: Office, http: httpx.AsyncClient
) -> None:
    path = "/v1/customers/ada/preferences"
    bad = await http.post(path, headers=AUTH, json={"wish": "rest"})
    good = await http.post(path, headers=AUTH, json={"wish": "no-campaign", "campaign_id": "nps", "note": "by phone"})

    assert bad.status_code == 422
    assert (good.status_code, good.json()["refused_campaigns"]) == (200, ["nps"])
    (item,) = (await http.get("/v1/customers/ada/consents", headers=AUTH)).json()["items"]
    assert (item["cause"], item["note"], item["actor"]) == ("user", "by phone", item["actor"])
    assert item["actor"]


async def test_of_the_erased_no_wish_is_kept_but_the_mailboxs(office: Office, http: httpx.AsyncClient) -> None:
    await http.post(way_out(office), data={"choice": "campaign"})
    await office.hear_customers(erased("ada"))

    assert await store.consents_of(office.database, "ada", 10) == []
    assert (await office.gate()).wishes == (None, (), ())
    assert (await office.address_gate()).refused_campaigns == ("nps",)
    await office.hear_customers(customer("eve", email="ada@example.com"))
    assert (await office.gate("eve")).refused_campaigns == ("nps",)


async def test_the_page_shows_brand_choices_and_no_address_in_clear(office: Office, http: httpx.AsyncClient) -> None:
    page = await http.get(way_out(office))

    assert page.status_code == 200
    assert re.findall(r'value="([a-z0-9-]+)" required', page.text) == ["rest-3", "rest-6", "campaign", "brand", "all"]
    assert "Northlight" in page.text
    assert "a•••@e•••.com" in page.text
    assert "ada@example.com" not in page.text
    assert "script" not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert (page.headers["Cache-Control"], page.headers["Referrer-Policy"]) == ("no-store", "no-referrer")


@pytest.mark.parametrize("language", sorted(WORDS))
def test_every_language_has_every_word_and_its_direction(language: str) -> None:
    way = Way(token="t", brand=BRAND, languages=[language])
    page = unescape(bytes(way.ask(Gate(id="ada"), clock.now()).body).decode())

    direction = "rtl" if language in RIGHT_TO_LEFT else "ltr"
    assert f'<html lang="{language}" dir="{direction}">' in page
    assert WORDS[language].keys() == WORDS["en"].keys()
    assert WORDS[language]["ask_title"] in page
    filled = re.compile(r"{(\w+)}")
    assert {n: filled.findall(t) for n, t in WORDS[language].items()} == {
        n: filled.findall(t) for n, t in WORDS["en"].items()
    }


async def test_where_nothing_can_be_read_the_choice_stays_in_the_page(
    office: Office, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(store, "one", away)
    page = await http.post(way_out(office), data={"choice": "rest-3"})
    one_click = await http.post(way_out(office), data={"List-Unsubscribe": "One-Click"})

    assert page.status_code == one_click.status_code == 503
    assert 'name="choice" value="rest-3"' in page.text


@pytest.mark.parametrize(("color", "ink"), [("#ffffff", "#10161c"), ("#1f5f8b", "#ffffff"), ("#ffcc00", "#10161c")])
def test_letters_on_a_brands_colour_are_readable(color: str, ink: str) -> None:
    assert pages._ink_on(color) == ink


def test_months_end_where_the_calendar_has_a_day() -> None:
    moment = clock.now().replace(year=2026, month=11, day=30)

    assert [months_later(moment, months).date().isoformat() for months in (1, 3, 6, 13)] == [
        "2026-12-30",
        "2027-02-28",
        "2027-05-30",
        "2027-12-30",
    ]


@pytest.mark.parametrize(("address", "shown"), [("ada@example.com", "a•••@e•••.com"), ("a@b.co.uk", "a•••@b•••.uk")])
def test_an_address_is_masked(address: str, shown: str) -> None:
    assert masked(address) == shown


async def test_a_wish_of_the_deleted_is_kept(office: Office, http: httpx.AsyncClient) -> None:
    await office.hear_customers(customer("ada", 2, deleted_at=clock.now()))

    assert (await http.post(way_out(office), data={"choice": "all"})).status_code == 200
    assert (await office.gate()).opted_out is not None
    assert rules.deleted(await office.gate(), is_deleted=False).status is Status.UNSUBSCRIBED
