"""What nobody knows the end of: settled by proof, or by hand with who and why; sent again by an explicit act only."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from chassis.clock import now
from services.outbox import commands, store
from services.outbox.adapters.carriers.postmark_search import PostmarkSearch
from services.outbox.domain.bounces import Finding, Reason
from services.outbox.domain.dispatch import State
from services.outbox.domain.returned import Notice
from services.outbox.jobs.looking_up import look_up_next
from tests.outbox.events import erased
from tests.outbox.mailserver import DOT, Act
from tests.outbox.office import SECRET, Office
from tests.outbox.providers import CUT, Provider, provider

NOTE = {"note": "asked the provider"}


@pytest.fixture
async def unknown(office: Office) -> Office:
    """One survey whose mail the server took without a word."""
    office.server.next(DOT, Act.TAKE_AND_CUT)
    await office.send_all()
    await office.time_passes(committed_at=timedelta(minutes=16))
    await office.give_up_unclear()
    assert (await office.record()).state is State.UNKNOWN
    await _let_pass(office)
    return office


async def _let_pass(office: Office) -> None:
    await office.database.collection(store.GATES).update_many({}, {"$set": {"inflight": None, "inflight_until": None}})


async def _settle(http: httpx.AsyncClient, *ids: str, delivered: bool) -> Any:
    answer = await http.post("/v1/unknowns/settle", json={**NOTE, "ids": list(ids), "delivered": delivered})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def _again(http: httpx.AsyncClient, *ids: str) -> Any:
    return (await http.post("/v1/unknowns/send-again", json={**NOTE, "ids": list(ids)})).json()


PROOFS = {
    "delivered": (Reason.DELIVERED, State.DELIVERED),
    "automatic reply": (Reason.ANSWERED_BY_ITSELF, State.DELIVERED),
    "complaint": (Reason.COMPLAINT, State.DELIVERED),
    "bounce": (Reason.MAILBOX_FULL, State.BOUNCED),
}


@pytest.mark.parametrize("proof", PROOFS)
async def test_proof_settles_it(unknown: Office, proof: str) -> None:
    reason, state = PROOFS[proof]
    notice = Notice(id="n", dispatch_ids=("d1",), finding=Finding(address=None, reason=reason))

    await unknown.database.transact(lambda tx: commands.hear_back(tx, notice, SECRET, now()))

    assert (await unknown.record()).state is state


async def test_an_automatic_reply_changes_nothing_that_is_known(office: Office) -> None:
    await office.send_all()
    notice = Notice(id="n", dispatch_ids=("d1",), finding=Finding(address=None, reason=Reason.ANSWERED_BY_ITSELF))

    await office.database.transact(lambda tx: commands.hear_back(tx, notice, SECRET, now()))

    assert (await office.record()).state is State.SENT


async def test_settled_as_delivered_it_is_never_sent_again(unknown: Office, http: httpx.AsyncClient) -> None:
    assert await _settle(http, "d1", "nobody", delivered=True) == {
        "done": ["d1"],
        "refused": {"nobody": "dispatch-not-found"},
    }

    assert (await unknown.record()).state is State.DELIVERED
    assert (await _settle(http, "d1", delivered=False))["refused"] == {"d1": "not-unknown"}
    assert (await _again(http, "d1"))["refused"] == {"d1": "not-settled-as-not-delivered"}
    told = await unknown.told("outbox.dispatches.v1", "d1")
    assert b'"settled-as-delivered"' in told[-1]["value"]


async def test_settled_as_not_delivered_a_new_one_goes_out_once_and_only_when_somebody_says_so(
    unknown: Office, http: httpx.AsyncClient
) -> None:
    await _settle(http, "d1", delivered=False)
    await unknown.send_all()
    assert len(unknown.server.mails) == 1

    assert (await _again(http, "d1"))["done"] == ["d1"]
    assert (await _again(http, "d1"))["done"] == ["d1"]
    await unknown.send_all()

    new = await unknown.database.collection(store.DISPATCHES).find_one({"again_of": "d1"})
    assert new is not None
    assert (len(unknown.server.mails), new["state"]) == (2, "sent")
    ids = [mail.message["Message-ID"] for mail in unknown.server.mails]
    assert ids[0] != ids[1]
    history = (await http.get("/v1/dispatches/d1/timeline")).json()["items"]
    said = [one["detail"] for one in history if one["what"] == "settled"]
    assert [one["what"] for one in said] == ["sent-again", "settled-as-not-delivered"]
    assert {(one["note"], bool(one["actor"])) for one in said} == {("asked the provider", True)}


async def test_a_no_holds_for_what_is_sent_again(unknown: Office, http: httpx.AsyncClient) -> None:
    await _settle(http, "d1", delivered=False)
    await unknown.say_no()
    await _again(http, "d1")
    await unknown.send_all()

    new = await unknown.database.collection(store.DISPATCHES).find_one({"again_of": "d1"})
    assert new is not None
    assert (len(unknown.server.mails), new["state_reason"]) == (1, "unsubscribed")


async def test_of_the_erased_nothing_is_sent_again_and_no_note_kept(unknown: Office, http: httpx.AsyncClient) -> None:
    await _settle(http, "d1", delivered=False)
    await unknown.hear_customers(erased("ada", 2))

    assert (await _again(http, "d1"))["refused"] == {"d1": "not-settled-as-not-delivered"}
    assert await unknown.database.collection("settlements").count_documents({}) == 0


async def test_it_says_why_a_body_is_refused(http: httpx.AsyncClient) -> None:
    answer = await http.post("/v1/unknowns/settle", json={"ids": [], "note": "", "delivered": "perhaps"})

    assert {error["field"] for error in answer.json()["errors"]} == {"ids", "note", "delivered"}


def _search(office: Office, at: Provider) -> PostmarkSearch:
    url = f"http://127.0.0.1:{at.port}"
    return PostmarkSearch(office.settings.model_copy(update={"postmark_url": url}), "token")


def _shown(dispatch_id: str) -> tuple[int, Any]:
    message = {"MessageID": "pm-7", "Status": "Sent", "Metadata": {"sounding_dispatch": dispatch_id}}
    return 200, {"TotalCount": 1, "Messages": [message]}


async def test_what_postmark_shows_it_has_did_go_out(unknown: Office, http: httpx.AsyncClient) -> None:
    async with provider(_shown("d1")) as at:
        assert await look_up_next(unknown.database, _search(unknown, at))
        assert not await look_up_next(unknown.database, _search(unknown, at))

    record = await unknown.record()
    assert (record.state, record.provider_id, record.ended_at) == (State.SENT, "pm-7", None)
    (asked,) = at.asked
    assert "metadata_sounding_dispatch=d1" in asked.target
    assert asked.headers["x-postmark-server-token"] == "token"
    items = (await http.get("/v1/dispatches/d1/timeline")).json()["items"]
    assert [one["detail"]["what"] for one in items if one["what"] == "settled"] == ["found-at-provider"]


@pytest.mark.parametrize(
    "answer",
    [(200, {"TotalCount": 0, "Messages": []}), _shown("d2"), (200, ["?"]), (503, {}), (401, {"ErrorCode": 10}), CUT],
    ids=["not there", "of another", "no answer of Postmark's", "away", "no right", "broken off"],
)
async def test_what_it_does_not_show_stays_unknown_and_is_asked_about_later(unknown: Office, answer: Any) -> None:
    async with provider(_shown("d1")) as at:
        at.answers.append(answer)
        await look_up_next(unknown.database, _search(unknown, at))
        assert (await unknown.record()).state is State.UNKNOWN
        assert not await look_up_next(unknown.database, _search(unknown, at))

        await unknown.time_passes(look_up_at=timedelta(minutes=1))
        assert await look_up_next(unknown.database, _search(unknown, at))

    assert ((await unknown.record()).state, len(at.asked)) == (State.SENT, 2)


async def test_after_some_times_it_is_asked_about_no_more(unknown: Office) -> None:
    turns = []
    while (id_ := await store.next_to_look_up(unknown.database)) is not None:
        turns.append(id_)
        await unknown.time_passes(look_up_at=timedelta(days=2))
    assert turns == ["d1"] * 5
