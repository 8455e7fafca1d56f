"""Webhooks of mail providers: fault cases F47 and F48, with messages as the providers document them."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from chassis.clock import now
from services.outbox import store
from services.outbox.adapters.signatures import is_sns
from services.outbox.domain.deliverability import Status
from services.outbox.domain.dispatch import State
from services.outbox.main import build
from tests.deployment import Deployment
from tests.outbox.events import customer, request
from tests.outbox.office import Office
from tests.outbox.returned_mails import let_out, read_all
from tests.outbox.webhook_senders import PROVIDERS, TOPIC, Sender, fetching, golden, signed, sns, with_secrets


@pytest.fixture
async def sender(office: Office, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sender]:
    """Providers of an office whose first mail is out."""
    await let_out(office)
    deployment = Deployment.__new__(Deployment)
    async with (
        fetching(monkeypatch) as fetched,
        deployment.client(build(with_secrets(office.settings)), "http") as client,
    ):
        client.headers.pop("authorization", None)
        yield Sender(client, fetched)


async def _incoming(office: Office) -> int:
    return await office.database.collection(store.INCOMING).count_documents({})


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_f48_a_providers_word_has_its_effect_in_whatever_order(
    office: Office, sender: Sender, provider: str
) -> None:
    assert await sender.tells(provider, golden(f"{provider}-complaint")) == 200
    assert await sender.tells(provider, golden(f"{provider}-delivery")) == 200
    await read_all(office)
    assert ((await office.record()).state, (await office.gate()).status) == (State.DELIVERED, Status.UNSUBSCRIBED)
    evidence = (await office.gate()).evidence
    assert evidence is not None
    assert evidence.cause == "complaint"

    await office.hear_customers(customer("bob"))
    await office.hear_requests(request("d2", "bob"))
    await let_out(office, "d2")
    about = json.loads(json.dumps(golden(f"{provider}-bounce")).replace("d1@", "d2@").replace('"d1"', '"d2"'))
    assert await sender.tells(provider, about) == 200
    assert await sender.tells(provider, about) == 200
    await read_all(office)
    assert ((await office.record("d2")).state, (await office.gate("bob")).status) == (
        State.BOUNCED,
        Status.HARD_BOUNCED,
    )
    assert await office.database.collection(store.BOUNCES).count_documents({"dispatch_id": "d2"}) == 1


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_f47_what_is_not_signed_is_refused_and_not_kept(office: Office, sender: Sender, provider: str) -> None:
    body = golden(f"{provider}-bounce")
    raw, headers = signed(provider, body)
    forged = raw.replace(b'"signature": "', b'"signature": "0').replace(b'"Signature": "', b'"Signature": "AAAA')
    wrong = {name: value if name.endswith(("timestamp", "id")) else "v1,AAAA" for name, value in headers.items()}

    assert await sender.sends(provider, forged, wrong) == 401
    assert await sender.sends(provider, json.dumps(body).encode()) == 401
    assert await sender.sends(provider, b"[1, 2", headers) in (401, 200 if provider == "postmark" else 401)
    if provider in ("ses", "sendgrid", "generic"):
        assert await sender.sends(provider, raw.replace(b"ada@", b"bda@", 1), headers) == 401
    if provider in ("mailgun", "sendgrid", "generic"):
        assert await sender.tells(provider, body, at=now() - timedelta(minutes=6)) == 401
        assert await sender.tells(provider, body, at=now() + timedelta(minutes=6)) == 401
    assert await _incoming(office) == (1 if provider == "postmark" else 0)


async def test_f47_a_token_is_good_for_one_message(office: Office, sender: Sender) -> None:
    raw, _ = signed("mailgun", golden("mailgun-delivery"))
    assert await sender.sends("mailgun", raw) == 200
    other = json.dumps({**json.loads(raw), "event-data": golden("mailgun-complaint")["event-data"]}).encode()
    assert await sender.sends("mailgun", other) == 200
    await read_all(office)

    assert await _incoming(office) == 1
    assert (await office.gate()).status is None


async def test_f47_a_field_that_nobody_knows_is_taken(office: Office, sender: Sender) -> None:
    (event,) = golden("sendgrid-bounce")
    assert await sender.tells("sendgrid", [{**event, "added_later": {"by": ["them"]}}]) == 200
    await read_all(office)
    assert (await office.record()).state is State.BOUNCED


async def test_f47_a_thousand_events_are_all_stored(office: Office, sender: Sender) -> None:
    (event,) = golden("sendgrid-bounce")
    events = [{**event, "sg_event_id": f"e{number}", "smtp-id": f"<d1.{number}@x>"} for number in range(999)]
    assert await sender.tells("sendgrid", [*events, event]) == 200
    await read_all(office)

    row = await office.database.collection(store.INCOMING).find_one({})
    assert row is not None
    assert row["outcome"] == {"no-record": 999, "hard": 1}


@pytest.mark.parametrize("version", ["1", "2"])
async def test_sns_signs_in_two_ways(office: Office, sender: Sender, version: str) -> None:
    raw = sns({"Type": "Notification", "Message": json.dumps(golden("ses-bounce"))}, version=version)
    assert await sender.sends("ses", raw) == 200
    assert await _incoming(office) == 1


@pytest.mark.parametrize(
    "more",
    [
        {"SigningCertURL": "https://sns.us-west-2.amazonaws.com.evil.example/x.pem"},
        {"SigningCertURL": "http://sns.us-west-2.amazonaws.com/x.pem"},
        {"SigningCertURL": "https://evil.example/sns.us-west-2.amazonaws.com/x.pem"},
        {"SigningCertURL": "https://sns.us-west-2.amazonaws.com@evil.example/x.pem"},
        {"SigningCertURL": "https://s3.amazonaws.com/x.pem"},
        {"TopicArn": "arn:aws:sns:us-west-2:666666666666:theirs"},
    ],
)
async def test_f47_sns_of_elsewhere_is_refused_without_a_fetch(
    office: Office, sender: Sender, more: dict[str, Any]
) -> None:
    message = {"Type": "Notification", "Message": json.dumps(golden("ses-bounce"))}
    assert await sender.sends("ses", sns(message, **more)) == 401
    assert (sender.fetched, await _incoming(office)) == ([], 0)


async def test_f47_a_subscription_is_confirmed_at_sns_and_nowhere_else(sender: Sender) -> None:
    asked = {"Type": "SubscriptionConfirmation", "Message": "You have chosen to subscribe", "Token": "t"}
    there = f"https://sns.us-west-2.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=t"
    assert await sender.sends("ses", sns(asked, SubscribeURL="https://evil.example/?Action=ConfirmSubscription")) == 401
    assert not any("Confirm" in url for url in sender.fetched)
    assert await sender.sends("ses", sns(asked, SubscribeURL=there)) == 200
    assert sender.fetched[-1] == there


def test_a_look_at_the_host_alone_would_not_do() -> None:
    """The wrong variant: the host's name found somewhere in the URL."""
    foreign = "https://evil.example/sns.us-west-2.amazonaws.com/x.pem"
    assert "sns.us-west-2.amazonaws.com" in foreign
    assert not is_sns(foreign)
    assert is_sns("https://sns.us-west-2.amazonaws.com/x.pem")


async def test_a_provider_that_is_not_set_up_is_not_there(http: Any) -> None:
    assert (await http.post("/webhooks/mailgun", content=b"{}")).status_code == 404
    assert (await http.post("/webhooks/nobody", content=b"{}")).status_code == 404


async def test_a_message_of_another_shape_waits_for_an_operator(office: Office, sender: Sender) -> None:
    assert await sender.tells("generic", {"events": [{"id": "1", "type": "exploded"}]}) == 200
    assert await sender.tells("sendgrid", {"not": "a list"}) == 200
    await read_all(office)
    states = [row["state"] async for row in office.database.collection(store.INCOMING).find()]
    assert states == ["unreadable", "unreadable"]
