"""A minute of mail in small, and the oracle shown what it must notice."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.chaos.mail import MailChaos
from tests.chaos.mail_oracle import Arrived, Asked, Done, Found, faults
from tests.deployment import Deployment
from tests.fixtures import Prefix
from tests.infrastructure import Shared

ADA, BOB = "p1@d1.example", "p2@d2.example"


@pytest.fixture
def deployment(infrastructure: Shared, prefix: Prefix) -> Deployment:
    return Deployment(infrastructure.kafka, infrastructure.mongodb, prefix.topics, prefix.database)


async def test_f30_f34_f37_whatever_dies_nothing_arrives_twice_or_after_a_no_or_is_lost(
    deployment: Deployment, tmp_path: Path
) -> None:
    run = MailChaos(deployment, tmp_path, seed=7, seconds=4, wrong=None)

    assert await run.run() == [], run.told()
    assert len(run.sink.mails) > run.states["suppressed"] > 0, run.told()


async def test_f30_where_a_claim_that_ran_out_is_taken_again_after_the_gate_mails_arrive_twice(
    deployment: Deployment, tmp_path: Path
) -> None:
    """The wrong variant."""
    run = MailChaos(deployment, tmp_path, seed=7, seconds=3, wrong="lease-retry")

    found = await run.run()
    assert any("arrived 2 times" in line for line in found), run.told()


def _run() -> tuple[Done, Found]:
    """Ada got both waves, Bob said no after the first; a second customer has Ada's mailbox; nobody lives at the third."""
    asked = {
        "d1": Asked("c1", ADA, 1),
        "d2": Asked("c1", ADA, 2),
        "d3": Asked("c2", BOB, 1),
        "d4": Asked("c2", BOB, 2),
        "d5": Asked("c3", ADA, 1),
        "d6": Asked("c4", "p4@d4.example", 1),
    }
    done = Done(asked, {BOB: 5.0}, frozenset({"p4@d4.example"}))
    states = {"d1": "sent", "d2": "unknown", "d3": "sent", "d4": "suppressed", "d5": "suppressed", "d6": "bounced"}
    return done, Found(states, [Arrived("d1", ADA, 1.0), Arrived("d2", ADA, 9.0), Arrived("d3", BOB, 4.0)])


def test_it_finds_nothing_where_all_is_as_it_must_be() -> None:
    assert faults(*_run()) == []


def _twice(done: Done, found: Found) -> None:
    found.mails = [*found.mails, found.mails[0]]


def _both_at_one_mailbox(done: Done, found: Found) -> None:
    found.mails = [*found.mails, Arrived("d5", ADA, 2.0)]


def _late(done: Done, found: Found) -> None:
    found.mails = [*found.mails[:2], replace(found.mails[2], at=5.1)]


def _of_nobody(done: Done, found: Found) -> None:
    found.mails = [*found.mails, Arrived("d9", ADA, 2.0)]


def _never_there(done: Done, found: Found) -> None:
    found.mails = found.mails[1:]


def _state(id_: str, state: str | None) -> Callable[[Done, Found], None]:
    def harm(done: Done, found: Found) -> None:
        left = {one: known for one, known in found.states.items() if one != id_}
        found.states = {**left, id_: state} if state else left

    return harm


@pytest.mark.parametrize(
    ("harm", "text"),
    [
        (_twice, "d1 arrived 2 times"),
        (_both_at_one_mailbox, "got 2 mails of wave 1"),
        (_late, "0.100 s after its no was answered"),
        (_of_nobody, "nobody asked for it"),
        (_never_there, "d1 is sent, and never arrived"),
        (_state("d3", None), "d3 has no record"),
        (_state("d4", "queued"), "d4 is still queued"),
        (_state("d4", "failed"), "for no reason"),
        (_state("d2", "suppressed"), "d2 is suppressed, and arrived"),
        (_state("d9", "sent"), "d9 has a record, and nobody asked for it"),
    ],
)
def test_it_notices(harm: Callable[[Done, Found], None], text: str) -> None:
    done, found = _run()
    harm(done, found)

    assert any(text in line for line in faults(done, found)), faults(done, found)


def test_it_notices_a_mail_that_was_lost() -> None:
    done, found = _run()
    found.states = {**found.states, "d2": "suppressed"}
    found.mails = [mail for mail in found.mails if mail.record != "d2"]

    assert any("all of ['d2'] were kept back" in line for line in faults(done, found))
