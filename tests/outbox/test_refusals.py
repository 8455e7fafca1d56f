"""A destination that refuses by policy what we send gets nothing for an hour, from any process; others go on."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from services.outbox import store
from services.outbox.adapters.smtp import Connection
from services.outbox.domain.dispatch import State
from services.outbox.domain.refusals import Bound, Standing, by_policy, noted, opened
from services.outbox.jobs.refusals import Refusals
from tests.outbox.events import customer, request
from tests.outbox.mailserver import RCPT
from tests.outbox.office import Office
from tests.outbox.returned_mails import comes_in, dsn, verp

START = datetime(2026, 11, 26, tzinfo=UTC)
BOUND = Bound(share=0.2, least=3)
LISTED = "550 5.7.1 your address is on a block list"


@pytest.mark.parametrize(
    ("code", "text", "is_so"),
    [
        (550, "5.7.1 no", True),
        (554, "5.7.26 unauthenticated", True),
        (550, "5.1.1 nobody", False),
        (451, "4.7.1 later", False),
    ],
)
def test_what_refuses_us_and_not_whom_it_is_for(code: int, text: str, is_so: bool) -> None:
    assert by_policy(code, text) is is_so


@pytest.mark.parametrize(
    ("sent", "refused", "closed"), [(0, 2, False), (0, 3, True), (12, 3, False), (11, 3, True), (1000, 100, False)]
)
def test_it_closes_where_both_share_and_number_are_too_large(sent: int, refused: int, closed: bool) -> None:
    assert noted(None, "d", START, sent, refused, BOUND).closed(START) is closed


def test_after_an_hour_it_is_open_and_counts_from_nothing() -> None:
    shut = noted(None, "d", START, 0, 3, BOUND)
    later = START + timedelta(hours=1, seconds=1)
    assert (shut.closed(START + timedelta(minutes=59)), shut.closed(later)) == (True, False)
    assert noted(shut, "d", later, 5, 1, BOUND) == Standing(id="d", since=later, sent=5, refused=1)
    assert opened(shut, START) == Standing(id="d", since=START)


async def _refused(office: Office) -> None:
    """Three mails to one domain are refused by policy; more wait for that one and for another."""
    office.settings = office.settings.model_copy(update={"policy_stop_least": 3})
    people = {f"r{n}": f"r{n}@shut.example" for n in range(3)}
    await office.hear_customers(*(customer(id_, email=address) for id_, address in people.items()))
    await office.send_all()
    await office.hear_requests(*(request(f"d-{id_}", id_) for id_ in people))
    office.server.next(RCPT, *[LISTED] * 3)
    sender, connection = office.sender(), Connection(office.settings)
    office.connections.append(connection)
    while await sender.send_next(connection):
        pass
    sender._refusals._each_second.forget()
    await sender.keep_pace()
    await office.hear_customers(customer("late", email="late@shut.example"), customer("free", email="f@open.example"))
    await office.hear_requests(request("d-late", "late"), request("d-free", "free"))
    await office.send_all()


async def test_its_mails_wait_without_a_try_and_all_others_go(office: Office, http: httpx.AsyncClient) -> None:
    await _refused(office)

    late, free = await office.record("d-late"), await office.record("d-free")
    assert (late.state, late.attempts, free.state) == (State.QUEUED, 0, State.SENT)
    (stopped,) = (await http.get("/v1/sending")).json()["stopped"]
    assert (stopped["destination"], stopped["refused"]) == ("shut.example", 3)

    body = {"destination": "shut.example", "note": "off the list"}
    assert (await http.post("/v1/sending/open", json=body)).json()["stopped"] == []
    assert (await http.post("/v1/sending/open", json=body)).status_code == 404
    await office.due_again("d-late")
    await office.send_all()
    assert (await office.record("d-late")).state is State.SENT


async def test_a_sender_that_does_not_look_goes_on_offering(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The wrong variant: it is offered there all the same."""

    def never(refusals: Refusals, *destinations: str) -> bool:
        del refusals, destinations
        return False

    monkeypatch.setattr(Refusals, "closed", never)
    await _refused(office)
    assert (await office.record("d-late")).state is State.SENT


async def test_bounces_that_come_later_count_under_their_domain(office: Office) -> None:
    await office.send_all()
    await comes_in(office, dsn("5.7.1", "550 5.7.1 Message rejected as spam"), [verp(office)])

    (found,) = await store.refusing(office.database)
    assert (found.id, found.sent, found.refused) == ("example.com", 0, 1)
    assert not found.closed(found.since)


def test_a_provider_of_an_api_refuses_nobody_by_policy_here() -> None:
    from services.outbox.adapters.smtp import Answer
    from services.outbox.domain.provider_answers import of_postmark
    from services.outbox.domain.sending import Step

    body: Any = b'{"ErrorCode": 406, "Message": "5.7.1 inactive"}'
    assert not Answer(Step.DOT, 550, "5.7.1 inactive", of_postmark(422, body)).unwanted
