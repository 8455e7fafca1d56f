"""What follows from what comes back: fault cases F45, F46 and F48 on records, gates and events."""

from datetime import timedelta
from typing import Any

import pytest
from sounding_contracts import topics

from chassis.clock import now
from chassis.tokens import Links
from services.outbox import commands, store
from services.outbox.domain import deliverability, return_path
from services.outbox.domain.deliverability import Gate, Status
from services.outbox.domain.dispatch import Phase, State
from tests.outbox.events import customer, erased, request
from tests.outbox.mailserver import DOT, Act
from tests.outbox.office import Office
from tests.outbox.returned_mails import comes_in, complaint, dsn, let_out, outcome, read_all, verp

UNKNOWN_USER = "550 5.1.1 <ada@example.com>: Recipient address rejected: User unknown"


@pytest.fixture
async def sent(office: Office) -> Office:
    """An office whose first mail is out."""
    await let_out(office)
    assert (await office.record()).state is State.SENT
    return office


async def _facts(office: Office) -> list[dict[str, Any]]:
    return await office.database.collection(store.BOUNCES).find().to_list(None)


async def test_f45_a_hard_bounce_ends_the_record_and_the_address(sent: Office) -> None:
    await comes_in(sent, dsn("5.1.1", UNKNOWN_USER), [verp(sent)])

    record, gate = await sent.record(), await sent.gate()
    assert (record.state, record.state_reason) == (State.BOUNCED, "no-such-user")
    assert gate.status is Status.HARD_BOUNCED
    assert gate.evidence is not None
    assert (gate.evidence.cause, gate.evidence.dispatch_id) == ("bounce", "d1")
    (fact,) = await _facts(sent)
    assert (fact["kind"], fact["status"], fact["customer_id"], fact["domain"]) == (
        "hard",
        "5.1.1",
        "ada",
        "example.com",
    )
    (told,) = await sent.told(topics.OUTBOX_BOUNCES.name, fact["_id"])
    assert told["key"] in ("ada", b"ada")
    for text in (str(fact), str(told), str(gate), str(record.smtp_reply)):
        assert "ada@example.com" not in text


async def test_a_hard_bounce_of_an_old_address_leaves_the_new_one(sent: Office) -> None:
    await sent.hear_customers(customer("ada", 2, email="ada@elsewhere.example"))
    await comes_in(sent, dsn("5.1.1", UNKNOWN_USER), [verp(sent)])

    assert (await sent.record()).state is State.BOUNCED
    assert (await sent.gate()).status is None


async def test_f45_soft_bounces_of_three_surveys_in_a_row_let_the_mailbox_rest_for_30_days(office: Office) -> None:
    for number in (1, 2, 3):
        if number > 1:
            await office.hear_requests(request(f"d{number}", "ada", cycle=number))
        await let_out(office, f"d{number}")
        assert (await office.address_gate()).rests_until is None
        for copy in (1, 2):
            raw = dsn("5.2.2", "552 5.2.2 Over quota", about=f"d{number}", number=copy)
            await comes_in(office, raw, [verp(office, f"d{number}")])

    rests = (await office.address_gate()).rests_until
    assert rests is not None
    assert timedelta(days=29) < rests - now() <= timedelta(days=30)
    assert (await office.gate()).status is None
    told = await office.told(topics.OUTBOX_DELIVERABILITY.name, "ada")
    assert (await office.gate()).rests_until == rests
    assert "resting_until" in str(told[-1])
    await office.hear_requests(request("d4", "ada", cycle=4))
    await let_out(office, "d4")
    assert (await office.record("d4")).state_reason == "soft-bounced"


async def test_a_rest_is_the_mailboxs_and_ends_for_who_is_reached_elsewhere_or_where_mail_arrives(
    office: Office,
) -> None:
    mailbox = Gate(id="address:x", rests_until=now() + timedelta(days=30))
    rests = deliverability.resting(Gate(id="ada"), mailbox, now())
    assert rests.refusal("nps", "b", now()) == "soft-bounced"

    assert deliverability.at_address(rests, "address:x", now()) == rests
    moved, arrived = (
        deliverability.at_address(rests, "address:y", now()),
        deliverability.resting(rests, deliverability.took_mail(mailbox), now()),
    )
    for gate in (moved, arrived):
        assert (gate.rests_until, gate.resting_at, gate.refusal("nps", "b", now())) == (None, None, None)


async def test_f45_a_refusal_by_policy_is_never_the_customers(sent: Office, http: Any) -> None:
    await comes_in(sent, dsn("5.7.1", "554 5.7.1 Message rejected by local policy"), [verp(sent)])

    assert ((await sent.record()).state, (await sent.gate()).status) == (State.FAILED, None)
    assert (await sent.address_gate()).soft_bounces == ()
    (row,) = (await http.get("/v1/bounces/policy")).json()["items"]
    assert (row["domain"], row["template_id"], row["reason"], row["count"]) == ("example.com", "t", "policy", 1)
    (fact,) = (await http.get("/v1/bounces", params={"customer_id": "ada"})).json()["items"]
    assert (fact["kind"], fact["dispatch_id"]) == ("policy", "d1")


async def test_f45_a_delay_and_an_automatic_reply_change_nothing(sent: Office) -> None:
    before = await sent.record()
    await comes_in(sent, dsn("4.2.2", "452 4.2.2 Mailbox full", action="delayed"), [verp(sent)])
    away = b"From: ada@example.com\nSubject: Out of office\nAuto-Submitted: auto-replied\n\nUser unknown? On holiday."
    await comes_in(sent, away, [verp(sent)])

    assert await sent.record() == before
    assert await _facts(sent) == []


async def test_f45_word_of_a_delivery_makes_it_delivered(sent: Office) -> None:
    await comes_in(sent, dsn("2.0.0", "250 2.0.0 Ok", action="delivered"), [verp(sent)])

    assert (await sent.record()).state is State.DELIVERED


async def test_a_complaint_unsubscribes_with_its_evidence(sent: Office) -> None:
    await comes_in(sent, complaint())

    gate = await sent.gate()
    assert gate.status is Status.UNSUBSCRIBED
    assert gate.evidence is not None
    assert (gate.evidence.cause, gate.evidence.campaign_id) == ("complaint", "nps")
    (fact,) = await _facts(sent)
    (told,) = await sent.told(topics.OUTBOX_BOUNCES.name, fact["_id"])
    assert "complaint.recorded" in str(told)
    await sent.hear_requests(request("d2", "ada", cycle=2))
    await let_out(sent, "d2")
    assert (await sent.record("d2")).state_reason == "unsubscribed"


async def test_a_bounce_that_comes_twice_is_one_fact(sent: Office) -> None:
    raw = dsn("5.2.2", "552 5.2.2 Over quota")
    await comes_in(sent, raw, [verp(sent)])
    again = await comes_in(sent, b"Received: by another way\n" + raw, [verp(sent)])

    assert await outcome(sent, again) == {"duplicate": 1}
    assert len(await _facts(sent)) == 1


@pytest.mark.parametrize(("said", "state"), [(UNKNOWN_USER, State.BOUNCED), ("552 5.2.2 Over quota", State.BOUNCED)])
async def test_a_bounce_resolves_what_was_unknown(office: Office, said: str, state: State) -> None:
    office.server.next(DOT, Act.TAKE_AND_CUT)
    await office.send_next()
    await office.time_passes(committed_at=timedelta(minutes=20))
    await office.give_up_unclear()
    assert (await office.record()).state is State.UNKNOWN
    await comes_in(office, dsn(said.split()[1], said), [verp(office)])

    record = await office.record()
    assert (record.state, record.phase) == (state, Phase.DONE)
    assert record.sent_at is not None


async def test_f48_a_late_delivered_overwrites_no_complaint_and_no_bounce(sent: Office) -> None:
    await comes_in(sent, complaint())
    await comes_in(sent, dsn("2.0.0", "250 2.0.0 Ok", action="delivered", number=2), [verp(sent)])
    assert (await sent.gate()).status is Status.UNSUBSCRIBED

    await sent.hear_customers(customer("bob"))
    await sent.hear_requests(request("d2", "bob"))
    await let_out(sent, "d2")
    await comes_in(sent, dsn("5.1.1", UNKNOWN_USER, about="d2"), [verp(sent, "d2")])
    await comes_in(sent, dsn("2.0.0", "250 2.0.0 Ok", action="delivered", about="d2", number=2), [verp(sent, "d2")])
    assert (await sent.record("d2")).state is State.BOUNCED
    assert (await sent.gate("bob")).status is Status.HARD_BOUNCED


async def test_f48_the_last_word_winning_would_lose_the_bounce(sent: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The wrong variant: each notice sets the state that it speaks of."""
    from services.outbox.domain import returned

    right = returned._OPEN
    monkeypatch.setattr(returned, "_OPEN", right | {State.BOUNCED})
    await comes_in(sent, dsn("5.1.1", UNKNOWN_USER), [verp(sent)])
    await comes_in(sent, dsn("2.0.0", "250 2.0.0 Ok", action="delivered", number=2), [verp(sent)])

    assert (await sent.record()).state is State.DELIVERED


async def test_f46_a_forged_bounce_is_counted_and_dropped(sent: Office) -> None:
    before = await sent.record()
    forged = return_path.make("d1", sent.settings.bounce_domain, ["not our key"])
    id_ = await comes_in(sent, dsn("5.1.1", UNKNOWN_USER, about="d9"), [forged])

    assert await outcome(sent, id_) == {"no-record": 1}
    assert (await sent.record(), (await sent.gate()).status) == (before, None)


async def test_f46_a_bounce_is_believed_for_30_days(sent: Office) -> None:
    await sent.time_passes(sent_at=timedelta(days=31), committed_at=timedelta(days=31))
    id_ = await comes_in(sent, dsn("5.1.1", UNKNOWN_USER), [verp(sent)])

    assert await outcome(sent, id_) == {"too-old": 1}
    assert (await sent.gate()).status is None


async def test_a_bounce_of_a_mail_that_was_never_let_out_is_dropped(office: Office) -> None:
    id_ = await comes_in(office, dsn("5.1.1", UNKNOWN_USER), [verp(office)])

    assert await outcome(office, id_) == {"never-sent": 1}
    assert (await office.record()).state is State.QUEUED


async def test_f46_what_nobody_can_read_waits_for_an_operator(sent: Office, http: Any) -> None:
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (n, n) for n in range(3000))
    id_ = await comes_in(sent, nested, [verp(sent)])

    (item,) = (await http.get("/v1/incoming")).json()["items"]
    assert (item["id"], item["state"], item["reason"]) == (id_, "unreadable", "too many parts")
    assert (await http.post(f"/v1/incoming/{id_}/replay")).json()["state"] == "waiting"
    await read_all(sent)
    assert (await http.get(f"/v1/incoming/{id_}")).json()["text"].startswith("Content-Type: multipart/mixed")
    assert (await http.post(f"/v1/incoming/{id_}/discard")).json()["size"] is None
    assert (await http.post(f"/v1/incoming/{id_}/replay")).status_code == 404


async def test_what_was_read_is_kept_no_longer(sent: Office) -> None:
    id_ = await comes_in(sent, dsn("5.2.2", "552 5.2.2 Over quota"), [verp(sent)])

    row = await sent.database.collection(store.INCOMING).find_one({"_id": id_})
    assert row is not None
    assert {"raw", "recipients"} & row.keys() == set()


async def test_f53_an_erased_persons_bounces_are_gone(sent: Office) -> None:
    await comes_in(sent, dsn("5.2.2", "552 5.2.2 Over quota"), [verp(sent)])
    await sent.hear_customers(erased("ada", 2))
    await comes_in(sent, dsn("5.1.1", UNKNOWN_USER, number=2), [verp(sent)])

    assert await _facts(sent) == []


@pytest.mark.parametrize("way", ["subject", "local part"])
async def test_a_mail_to_the_unsubscribe_address_says_no(sent: Office, way: str) -> None:
    sent.settings = sent.settings.model_copy(update={"unsubscribe_address": "leave@northlight.example"})
    token = Links(sent.settings.chassis.signing_keys).make("unsubscribe", "d1")
    to, subject = "leave@northlight.example", f"unsubscribe {token}"
    if way == "local part":
        to, subject = f"leave+{token}@northlight.example", "no more"
    raw = f"From: ada@example.com\nTo: {to}\nSubject: {subject}\n\n".encode()
    await comes_in(sent, raw.replace(token[:6].encode(), b"xxxxxx"))
    assert (await sent.gate()).status is None

    await sent.time_passes(sent_at=timedelta(days=400))
    await comes_in(sent, raw)
    assert (await sent.gate()).status is Status.UNSUBSCRIBED


async def test_what_fails_for_now_is_read_again_and_at_last_set_aside(
    sent: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: Any) -> str:
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr(commands, "hear_back", fails)
        with pytest.raises(ConnectionError):
            await comes_in(sent, dsn("5.1.1", UNKNOWN_USER), [verp(sent)])
    rows = sent.database.collection(store.INCOMING)
    await rows.update_many({}, {"$set": {"due_at": now() - timedelta(seconds=1)}})
    await read_all(sent)
    assert (await sent.record()).state is State.BOUNCED

    tried = {"state": store.WAITING, "raw": b"", "recipients": [], "tries": store.MAX_TRIES}
    await rows.update_many({}, {"$set": {**tried, "due_at": now() - timedelta(seconds=1)}})
    await read_all(sent)
    assert (await rows.find_one({}) or {})["state"] == store.UNREADABLE
