"""Mails over the HTTP APIs of Amazon SES and Postmark, with the same promises as over SMTP."""

import asyncio
import json
from base64 import b64decode
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from pydantic import SecretStr

from chassis.clock import now
from services.outbox import commands, store
from services.outbox.adapters.carriers import make_carrier
from services.outbox.adapters.carriers.aws_signing import Credentials, signed
from services.outbox.domain.bounces import Finding, Reason
from services.outbox.domain.dispatch import Phase, State
from services.outbox.domain.provider_answers import of_postmark, of_ses
from services.outbox.domain.returned import Notice
from services.outbox.domain.sending import Outcome
from services.outbox.jobs import sender
from services.outbox.settings import Settings
from tests.outbox.events import customer, request
from tests.outbox.office import SECRET, Office
from tests.outbox.providers import CUT, HANG, POSTMARK_OK, SES_OK, Provider, provider

WAYS = ("ses", "postmark")
AWS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "us-east-1", "service")
AWS_VECTORS = {
    "get-vanilla": ("GET", {}, b"", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    "post-vanilla": ("POST", {}, b"", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    "post-header-key-sort": (
        "POST",
        {"My-Header1": "value1"},
        b"",
        "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
    ),
    "post-x-www-form-urlencoded": (
        "POST",
        {"Content-Type": "application/x-www-form-urlencoded"},
        b"Param1=value1",
        "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
    ),
}
"""Of AWS's own test suite for Signature Version 4."""


@pytest.mark.parametrize("name", AWS_VECTORS)
def test_it_signs_as_aws_says(name: str) -> None:
    method, headers, body, signature = AWS_VECTORS[name]
    moment = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)

    found = signed(AWS, method, "/", {"Host": "example.amazonaws.com", **headers}, body, moment)

    assert found["Authorization"].endswith(f"Signature={signature}")
    assert "Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request" in found["Authorization"]


@pytest.fixture(params=WAYS)
async def at(request: pytest.FixtureRequest) -> AsyncIterator[Provider]:
    """The provider that the settings lead to."""
    async with provider(SES_OK if request.param == "ses" else POSTMARK_OK) as running:
        yield running


@pytest.fixture
def settings(settings: Settings, at: Provider) -> Settings:
    url = f"http://127.0.0.1:{at.port}"
    ses = {"ses_url": url, "ses_access_key_id": "AKID", "ses_secret_access_key": SecretStr("secret")}
    postmark = {"postmark_url": url, "postmark_server_token": SecretStr("token")}
    way = {"sending_way": "ses" if _is_ses(at) else "postmark", "ses_configuration_set": "surveys"}
    return settings.model_copy(update={**way, **ses, **postmark})


def _is_ses(at: Provider) -> bool:
    return at.usual == SES_OK


async def test_the_mail_goes_out_whole_and_is_known_by_its_id(at: Provider, office: Office) -> None:
    await office.send_all()

    record, asked = await office.record(), at.asked[0]
    assert (record.state, record.provider_id) == (State.SENT, at.usual[1].get("MessageId") or "pm-1")
    if _is_ses(at):
        assert asked.target == "/v2/email/outbound-emails"
        assert asked.headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKID/")
        assert (asked.json["ConfigurationSetName"], asked.json["Destination"]) == (
            "surveys",
            {"ToAddresses": ["ada@example.com"]},
        )
        assert asked.json["EmailTags"] == [{"Name": "sounding_dispatch", "Value": "d1"}]
        message = message_from_bytes(b64decode(asked.json["Content"]["Raw"]["Data"]), policy=default)
        headers = {name.lower(): str(value) for name, value in message.items()}
        assert "Would you recommend us?" in str(message)
    else:
        assert (asked.target, asked.headers["x-postmark-server-token"]) == ("/email", "token")
        assert (asked.json["To"], asked.json["From"]) == (
            "Ada <ada@example.com>",
            "Northlight <ask@northlight.example>",
        )
        assert (asked.json["Metadata"], asked.json["MessageStream"]) == ({"sounding_dispatch": "d1"}, "outbound")
        assert "Would you recommend us?" in asked.json["HtmlBody"]
        assert "Would you recommend us?" in asked.json["TextBody"]
        headers = {one["Name"].lower(): one["Value"] for one in asked.json["Headers"]}
        assert headers["x-pm-keepid"] == "true"
    assert headers["message-id"] == record.message_id
    assert headers["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert headers["list-unsubscribe"].startswith("<http")


async def test_a_notice_under_the_providers_id_finds_the_record(at: Provider, office: Office) -> None:
    await office.send_all()
    named = (await office.record()).provider_id
    finding = Finding(address=None, reason=Reason.NO_SUCH_USER)
    notice = Notice(id="n", message_ids=(f"<{named}@eu-west-1.amazonses.com>",), finding=finding)

    await office.database.transact(lambda tx: commands.hear_back(tx, notice, SECRET, now()))

    assert ((await office.record()).state, (await office.gate()).status) == (State.BOUNCED, "hard_bounced")


async def test_several_go_over_one_connection(at: Provider, office: Office) -> None:
    await office.hear_customers(customer("bob"))
    await office.hear_requests(request("d2", "bob"))
    async with make_carrier(office.settings) as carrier:
        while await office.sender().send_next(carrier):
            pass

    assert (len(at.asked), at.connections) == (2, 1)


SES_CASES: dict[str, tuple[Any, Outcome, bool]] = {
    "too many": (
        (429, {"message": "Rate exceeded"}, {"x-amzn-ErrorType": "TooManyRequestsException"}),
        Outcome.AGAIN,
        True,
    ),
    "over the day's limit": (
        (400, {"message": "quota"}, {"x-amzn-ErrorType": "LimitExceededException"}),
        Outcome.AGAIN,
        True,
    ),
    "suspended": ((400, {"message": "x"}, {"x-amzn-ErrorType": "AccountSuspendedException"}), Outcome.AGAIN, False),
    "signature": ((403, {"message": "x"}, {"x-amzn-ErrorType": "InvalidSignatureException"}), Outcome.AGAIN, False),
    "rejected": (
        (400, {"message": "Email address is not verified"}, {"x-amzn-ErrorType": "MessageRejected"}),
        Outcome.FAILED,
        False,
    ),
    "bad": ((400, {"message": "x"}, {"x-amzn-ErrorType": "BadRequestException"}), Outcome.FAILED, False),
    "its own trouble": ((500, {"message": "x"}), Outcome.AGAIN, True),
    "away": ((503, {"message": "x"}), Outcome.AGAIN, True),
    "a gateway's time is over": ((504, {"message": "x"}), Outcome.UNCLEAR, False),
    "taken without an id": ((200, {}), Outcome.UNCLEAR, False),
}
POSTMARK_CASES: dict[str, tuple[Any, Outcome, bool]] = {
    "too many": ((429, {"ErrorCode": 429, "Message": "x"}), Outcome.AGAIN, True),
    "inactive": ((422, {"ErrorCode": 406, "Message": "marked as inactive"}), Outcome.FAILED, False),
    "invalid": ((422, {"ErrorCode": 300, "Message": "Invalid 'To' address"}), Outcome.FAILED, False),
    "no token": ((401, {"ErrorCode": 10, "Message": "x"}), Outcome.AGAIN, False),
    "no credits": ((422, {"ErrorCode": 405, "Message": "x"}), Outcome.AGAIN, False),
    "its own trouble": ((500, {"Message": "x"}), Outcome.AGAIN, True),
    "a gateway without its upstream": ((502, {}), Outcome.UNCLEAR, False),
    "taken without an id": ((200, {"ErrorCode": 0}), Outcome.UNCLEAR, False),
}


@pytest.mark.parametrize("case", SES_CASES)
def test_what_ses_says(case: str) -> None:
    (status, said, *more), outcome, slow = SES_CASES[case]
    found = of_ses(status, more[0]["x-amzn-ErrorType"] if more else "", _json(said))

    assert (found.outcome, found.slow) == (outcome, slow)


@pytest.mark.parametrize("case", POSTMARK_CASES)
def test_what_postmark_says(case: str) -> None:
    (status, said), outcome, slow = POSTMARK_CASES[case]
    found = of_postmark(status, _json(said))

    assert (found.outcome, found.slow) == (outcome, slow)


def _json(said: Any) -> bytes:
    return json.dumps(said).encode()


async def test_a_refusal_ends_it_with_the_reason(at: Provider, office: Office) -> None:
    cases = SES_CASES["rejected"] if _is_ses(at) else POSTMARK_CASES["inactive"]
    at.answers.append(cases[0])
    await office.send_all()

    record = await office.record()
    assert (record.state, record.state_reason) == (State.FAILED, "refused-by-server")
    assert record.smtp_reply is not None
    assert ("not verified" if _is_ses(at) else "inactive") in record.smtp_reply.text


async def test_too_many_slows_all_mails_to_the_provider_and_it_is_tried_again(at: Provider, office: Office) -> None:
    at.answers.append((429, {"Message": "slow down"}))
    await office.send_next()

    record = await office.record()
    assert (record.phase, record.attempts) == (Phase.QUEUED, 1)
    assert await office.database.collection(store.PACES).find_one({"_id": f"api:{office.settings.sending_way}"})
    await office.database.collection(store.PACES).delete_many({})
    await office.due_again()
    await office.send_next()
    assert ((await office.record()).state, len(at.asked)) == (State.SENT, 2)


@pytest.mark.parametrize("act", [CUT, HANG, (504, {})])
async def test_f31_without_a_clear_answer_it_is_unknown_and_never_sent_again(
    at: Provider, office: Office, act: Any
) -> None:
    at.answers.append(act)
    await office.send_all()
    assert (await office.record()).phase is Phase.COMMITTED

    await office.time_passes(committed_at=timedelta(minutes=16), claimed_until=timedelta(minutes=16))
    await office.send_all()
    await office.give_up_unclear()
    await office.send_all()
    assert ((await office.record()).state, len(at.asked)) == (State.UNKNOWN, 1)


async def test_f35_too_late_the_last_byte_stays_unwritten_and_nothing_was_asked(
    at: Provider, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "GATE_DEADLINE_SECONDS", 0)
    await office.send_next()
    assert ((await office.record()).phase, at.asked) == (Phase.QUEUED, [])

    monkeypatch.setattr(sender, "GATE_DEADLINE_SECONDS", 0.8)
    await office.due_again()
    await office.database.collection(store.GATES).update_many({}, {"$set": {"inflight": None, "inflight_until": None}})
    await office.send_next()
    assert ((await office.record()).state, len(at.asked)) == (State.SENT, 1)


async def test_away_it_is_not_sent(at: Provider, office: Office) -> None:
    away = "http://127.0.0.1:9"
    office.settings = office.settings.model_copy(update={"ses_url": away, "postmark_url": away})
    await office.send_next()

    record = await office.record()
    assert (record.phase, record.attempts, at.asked) == (Phase.QUEUED, 1, [])


async def test_it_does_not_pass_the_gate_while_a_no_stands(at: Provider, office: Office) -> None:
    await office.say_no()
    await office.send_all()
    await asyncio.sleep(0)

    assert ((await office.record()).state, at.started) == (State.SUPPRESSED, 0)
