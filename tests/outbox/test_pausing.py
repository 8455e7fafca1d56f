"""All sending is paused with one command, which says who did it and why, and goes on with another."""

import asyncio
from typing import Any

import pytest

from services.outbox.adapters.smtp import Connection
from services.outbox.domain.dispatch import Phase, State
from services.outbox.jobs import Sender, send
from services.outbox.jobs.holding import Hold
from tests.outbox.events import campaign
from tests.outbox.office import Office
from tests.waiting import eventually


async def test_while_paused_no_process_takes_a_record_and_then_all_go_out(
    office: Office, http: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []
    right = Sender.paused

    async def counted(sender: Sender) -> bool:
        looks.append(await right(sender))
        return looks[-1]

    async def no_older(hold: Hold) -> bool:
        del hold
        return False

    monkeypatch.setattr(Sender, "paused", counted)
    monkeypatch.setattr(Hold, "older", no_older)  # there are no streams to look back on
    paused = (await http.post("/v1/sending/pause", json={"note": "too many complaints"})).json()
    assert (paused["paused"], paused["due"], paused["unknown"]) == (True, 1, 0)
    assert paused["oldest_due_at"] is not None

    running = asyncio.ensure_future(send(office.sender(), office.settings, asyncio.Event())())
    await eventually(lambda: len(looks) >= 3)
    assert ((await office.record()).phase, office.server.mails) == (Phase.QUEUED, [])

    resumed = (await http.post("/v1/sending/resume", json={})).json()
    await eventually(lambda: office.server.mails)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert (await office.record()).state is State.SENT
    assert [(one["paused"], one["note"]) for one in resumed["history"]] == [
        (False, None),
        (True, "too many complaints"),
    ]
    assert all(one["actor"] for one in resumed["history"])


async def test_a_sender_that_does_not_ask_sends_while_paused(
    office: Office, http: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wrong variant."""

    async def never(sender: Sender) -> bool:
        del sender
        return False

    monkeypatch.setattr(Sender, "paused", never)
    assert (await http.post("/v1/sending/pause", json={})).json()["paused"]

    running = asyncio.ensure_future(send(office.sender(), office.settings, asyncio.Event())())
    await eventually(lambda: office.server.mails)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize(
    ("gives_back", "phase"), [(True, Phase.QUEUED), (False, Phase.CLAIMED)], ids=["", "wrong variant"]
)
async def test_what_was_claimed_before_a_pause_is_free_for_others_at_once(
    office: Office, monkeypatch: pytest.MonkeyPatch, gives_back: bool, phase: Phase
) -> None:
    """The wrong variant keeps it until its claim ends: a minute after all goes on."""
    if not gives_back:

        async def keep(sender: Sender, works: object) -> None:
            del sender, works

        monkeypatch.setattr(Sender, "give_back", keep)
    sender = office.sender()
    await sender.give_back(await sender.take(1))

    assert (await office.record()).phase is phase


async def test_it_refuses_a_body_that_it_does_not_know(http: Any) -> None:
    refused = await http.post("/v1/sending/pause", json={"why": "x"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "why")


@pytest.mark.parametrize(
    ("looks_again_after", "mailed"), [(0.0, False), (3600.0, True)], ids=["looks", "wrong variant"]
)
async def test_what_waits_in_a_process_is_not_sent_once_its_campaign_is_paused(
    office: Office, monkeypatch: pytest.MonkeyPatch, looks_again_after: float, mailed: bool
) -> None:
    monkeypatch.setattr("services.outbox.jobs.sender.LOOK_AGAIN_SECONDS", looks_again_after)
    sender, connection = office.sender(), Connection(office.settings)
    office.connections.append(connection)
    (work,) = await sender.take(1)

    await office.hear_campaigns(campaign(seq=2, state="paused"))
    await sender.send(connection, work)
    await sender.recorded()

    assert bool(office.server.mails) is mailed
    assert ((await office.record()).phase is Phase.QUEUED) is not mailed
