"""Opens and clicks: kept raw, told as a person's or not at all, and never the way to somewhere else."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sounding_contracts import topics

from chassis import clock
from chassis.tokens import Links
from services.outbox import commands, store
from services.outbox.domain import opens
from services.outbox.domain.dispatch import State
from services.outbox.domain.links import link_id, targets, tracked
from services.outbox.routes.opens import PIXEL
from tests.deployment import KEY
from tests.outbox.events import TEMPLATE, TEXT, customer, erased, request
from tests.outbox.mailserver import DOT, Act
from tests.outbox.office import Office
from tests.waiting import eventually

SHOP, HELP = "https://shop.example/?a=1&b=2", "https://help.example/"
FIREFOX = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"}
PRIVACY, CURL = {"User-Agent": "Mozilla/5.0"}, {"User-Agent": "curl/8"}
LINKED = TEXT.mjml.replace(
    "</mj-body>",
    '<mj-section><mj-column><mj-button href="https://shop.example/?a=1&amp;b=2">Shop</mj-button>'
    f'<mj-text><a href="{HELP}">Help</a> <a href="https://me.example/{{{{ first_name }}}}">Me</a></mj-text>'
    "</mj-column></mj-section></mj-body>",
)


@pytest.fixture
async def sent(office: Office) -> Office:
    """A mail with links that went out an hour ago."""
    template = replace(TEMPLATE, languages={"en": replace(TEXT, mjml=LINKED)})
    await office.database.transact(lambda tx: commands.put_template(tx, template))
    await _send(office)
    await office.time_passes(sent_at=timedelta(hours=1))
    return office


async def _send(office: Office) -> None:
    """Until the mail is out: on a busy machine a gate may be too late, and the mail waits for its next turn."""

    async def out() -> bool:
        await office.due_again()
        await office.send_all()
        return bool(office.server.mails)

    await eventually(out, within=60)


def _page(office: Office) -> str:
    body = office.server.mails[0].message.get_body(("html",))
    assert body is not None
    return str(body.get_content())


def _path(office: Office, pattern: str) -> str:
    found = re.search(rf"http://127\.0\.0\.1:8403({pattern})", _page(office))
    assert found is not None
    return found[1]


def _pixel(office: Office) -> str:
    return _path(office, r"/o/[\w-]+\.gif")


def _link(office: Office, url: str = SHOP) -> str:
    return _path(office, rf"/c/[\w-]+/{link_id(url)}")


async def _verdicts(office: Office) -> list[tuple[str, str]]:
    return [(str(one.verdict), one.reason) for one in await store.touches_shown(office.database, "d1")]


async def test_a_person_who_looks_opens_and_who_follows_a_link_clicks(sent: Office, http: httpx.AsyncClient) -> None:
    pixel = await http.get(_pixel(sent), headers=FIREFOX)
    opened = await sent.record()
    click = await http.get(_link(sent), headers=FIREFOX)
    clicked = await sent.record()

    assert (pixel.content, pixel.headers["Content-Type"], pixel.headers["Cache-Control"]) == (
        PIXEL,
        "image/gif",
        "no-store",
    )
    assert (click.status_code, click.headers["Location"], click.headers["Referrer-Policy"]) == (
        302,
        SHOP,
        "no-referrer",
    )
    assert (opened.state, opened.clicked_at) == (State.OPENED, None)
    assert (clicked.state, clicked.opened_at) == (State.CLICKED, opened.opened_at)
    last = (await sent.told(topics.OUTBOX_DISPATCHES.name, "d1"))[-1]
    assert b'"state":"clicked"' in bytes(last["value"])


async def test_f36_machines_are_kept_and_told_of_nobody(sent: Office, http: httpx.AsyncClient) -> None:
    seq = (await sent.record()).seq
    await http.head(_pixel(sent), headers=FIREFOX)
    await http.get(_pixel(sent), headers=PRIVACY)
    await http.get(_pixel(sent), headers={**FIREFOX, "Sec-Purpose": "prefetch"})
    await http.get(_link(sent), headers=CURL)
    await http.get(_link(sent), headers={**FIREFOX, "X-Forwarded-For": "17.58.63.12"})

    record = await sent.record()
    assert (record.state, record.opened_at, record.clicked_at, record.seq) == (State.SENT, None, None, seq)
    assert await _verdicts(sent) == [
        ("machine", "no-get"),
        ("machine", "mail-privacy"),
        ("machine", "prefetch"),
        ("machine", "program"),
        ("machine", "scanner-network"),
    ]
    networks = {one.network for one in await store.touches_shown(sent.database, "d1")}
    assert networks == {"127.0.0.0/24", "17.58.63.0/24"}


async def test_f36_taking_each_fetch_for_a_person_is_found(
    sent: Office, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wrong variant: whoever loads the pixel has opened the mail."""
    monkeypatch.setattr(
        opens, "judged", lambda all_, _: [replace(one, verdict=opens.Verdict.PERSON, reason="-") for one in all_]
    )
    await http.get(_pixel(sent), headers=PRIVACY)

    assert (await sent.record()).state is State.OPENED


async def test_a_scanner_that_follows_every_link_takes_its_first_click_back(
    sent: Office, http: httpx.AsyncClient
) -> None:
    await http.get(_link(sent, SHOP), headers=FIREFOX)
    first = await sent.record()
    await http.get(_link(sent, HELP), headers=FIREFOX)

    assert (first.state, (await sent.record()).state) == (State.CLICKED, State.SENT)
    assert {reason for _, reason in await _verdicts(sent)} == {"several-links-at-once"}


async def test_what_is_fetched_in_the_moment_of_delivery_was_a_machine(office: Office, http: httpx.AsyncClient) -> None:
    await _send(office)
    await office.time_passes(sent_at=-timedelta(minutes=1))  # however slow this machine is
    await http.get(_pixel(office), headers=FIREFOX)

    assert await _verdicts(office) == [("machine", "too-soon")]


async def test_a_link_leads_nowhere_but_where_a_template_does(sent: Office, http: httpx.AsyncClient) -> None:
    token = _link(sent).split("/")[2]
    for path in (
        f"/c/{token}/{link_id('https://evil.example/')}",
        f"/c/{token}/https%3A%2F%2Fevil.example",
        f"/c/x/{link_id(SHOP)}",
        f"/c/{Links(sent.settings.chassis.signing_keys).make('open', 'd1')}/{link_id(SHOP)}",
        f"/c/{token}/{link_id(SHOP)}?url=https://evil.example",
    ):
        answer = await http.get(path, headers=FIREFOX)
        assert answer.headers.get("Location") in {None, SHOP}
        assert (answer.status_code == 302) == ("?" in path)


async def test_the_pixel_is_shown_to_whoever_asks_and_stores_nothing_of_strangers(
    sent: Office, http: httpx.AsyncClient
) -> None:
    links = Links(sent.settings.chassis.signing_keys)
    for token in ("x", links.make("survey", "d1"), links.make("open", "nobody")):
        answer = await http.get(f"/o/{token}.gif", headers=FIREFOX)
        assert (answer.status_code, answer.content) == (200, PIXEL)

    assert await sent.database.collection(store.TOUCHES).count_documents({}) == 0


async def test_where_nothing_can_be_stored_link_and_pixel_answer_all_the_same(
    sent: Office, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(commands, "touch", away)

    assert (await http.get(_pixel(sent))).content == PIXEL
    assert (await http.get(_link(sent))).headers["Location"] == SHOP


async def test_f31_a_click_proves_that_an_unclear_mail_arrived(office: Office, http: httpx.AsyncClient) -> None:
    office.server.next(DOT, Act.TAKE_AND_CUT)
    await office.send_all()
    await office.time_passes(committed_at=timedelta(hours=1))
    await office.give_up_unclear()
    unclear = await office.record()
    await http.get(_pixel(office), headers=FIREFOX)

    assert (unclear.state, (await office.record()).state) == (State.UNKNOWN, State.OPENED)


async def test_verdicts_are_made_anew_by_the_rules_of_today(
    sent: Office, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await http.get(_pixel(sent), headers={"User-Agent": "Reader of 2027"})
    before = await sent.record()
    monkeypatch.setattr(opens, "_READER", re.compile("Reader"))
    assert await store.touched_after(sent.database, "", 10) == ["d1"]
    changed = [await sent.database.transact(lambda tx: commands.judge_again(tx, "d1", clock.now())) for _ in range(2)]

    page = await http.post("/v1/opens/judge-again", headers={"Authorization": f"Bearer {KEY}"})

    assert (before.opened_at, (await sent.record()).state) == (None, State.OPENED)
    assert changed == [True, False]
    assert page.json() == {"looked": 1, "changed": 0, "next": None}


async def test_of_one_mail_no_more_is_kept_than_is_needed(
    sent: Office, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opens, "KEPT_PER_MAIL", 3)
    for _ in range(5):
        await http.get(_pixel(sent), headers=FIREFOX)

    assert len(await _verdicts(sent)) == 3


async def test_f53_of_the_erased_no_touch_is_kept(sent: Office, http: httpx.AsyncClient) -> None:
    await http.get(_pixel(sent), headers=FIREFOX)
    await sent.hear_customers(erased("ada"))
    await http.get(_pixel(sent), headers=FIREFOX)

    assert await sent.database.collection(store.TOUCHES).count_documents({}) == 0


async def test_a_reminder_asks_for_the_answer_to_the_survey_it_reminds_of(office: Office) -> None:
    await office.hear_customers(customer("eve"))
    await office.hear_requests(request("d2", "eve", reason="reminder", reminds_of="d0", reminder_number=1))
    await office.send_all()
    page = next(mail for mail in office.server.mails if mail.recipient == "eve@example.com").message
    body = page.get_body(("html",))
    assert body is not None
    content = str(body.get_content())
    links = Links(office.settings.chassis.signing_keys)

    assert {links.read("survey", token) for token in re.findall(r"/s/([\w-]+)\?", content)} == {"d0"}
    assert {links.read("unsubscribe", token) for token in re.findall(r"/u/([\w-]+)", content)} == {"d2"}
    assert {links.read("open", token) for token in re.findall(r"/o/([\w-]+)\.gif", content)} == {"d2"}


def test_links_that_are_the_same_for_all_are_led_by_way_of_us_and_others_stay() -> None:
    page = tracked(
        f"<body><a href=\"{SHOP.replace('&', '&amp;')}\">x</a><a href='{HELP}'>y</a>"
        '<a href="https://me.example/{{ x }}">z</a><a href="mailto:a@b.example">m</a></body>'
    )

    assert targets(LINKED) == {link_id(SHOP): SHOP, link_id(HELP): HELP}
    assert re.findall(r'href="([^"]+)"', page) == [
        f"{{{{ click_url }}}}/{link_id(SHOP)}",
        f"{{{{ click_url }}}}/{link_id(HELP)}",
        "https://me.example/{{ x }}",
        "mailto:a@b.example",
    ]
    assert page.index("{{ open_url }}") < page.index("</body>")


@pytest.mark.parametrize("off", [{"opens": False, "clicks": False}, {"opens": False}, {"clicks": False}])
def test_what_is_not_to_be_followed_is_left_alone(off: dict[str, Any]) -> None:
    page = tracked(f'<body><a href="{HELP}">x</a></body>', **off)

    assert ("open_url" in page, "click_url" in page) == (off.get("opens", True), off.get("clicks", True))
