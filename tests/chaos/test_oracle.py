"""The oracle notices: an oracle that finds nothing wrong must have been shown something wrong."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.chaos.load import BEGIN, Poison, Record, Said, address, expected, plan
from tests.chaos.oracle import Done, Found, faults

BAD = Poison("c-0", b"not JSON")


def _run() -> tuple[Done, Found]:
    """Two customers, one of whom was surveyed and answered, and one bad record."""
    records: list[Record] = [
        Said("a-0", 0, BEGIN, {"email": address(0), "tags": {"add": ["nps"]}}),
        Said("a-1", 1, BEGIN, {"email": address(1)}),
        Said("e-2", 0, BEGIN + timedelta(days=1), {"city": "Wien", "properties": {"seats": 5}}),
        BAD,
    ]
    done = Done(records=records, answers={0: 9})
    customers = [
        _customer(0, city="Wien", tags=["nps"], properties={"seats": 5}, last_score=9),
        _customer(1),
    ]
    found = Found(
        customers=customers,
        dispatches=[{"id": "d-0", "customer_id": "id-0", "state": "responded"}],
        responses=[{"customer_id": "id-0", "score": 9}],
        letters=Counter({BAD.value: 1}),
        mails=[("<d-0@here>", address(0))],
        copies={"scheduler": {"id-0": 2, "id-1": 1}},
        streamed={"id-0": 2, "id-1": 1},
        ledger={"entries": {"sent": {"count": 1}, "held": {"count": 0}, "unknown": {"count": 0}}},
    )
    return done, found


def _customer(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"id-{number}",
        "external_ids": {"crm": f"c-{number}"},
        "email": address(number),
        "city": None,
        "tags": [],
        "properties": {},
        "deleted_at": None,
        "last_score": None,
        "status": None,
        **more,
    }


def test_it_finds_nothing_where_all_is_as_it_must_be() -> None:
    assert faults(*_run()) == []


def _lost_event(done: Done, found: Found) -> None:
    done.records.append(Said("e-3", 0, BEGIN + timedelta(days=2), {"city": "Graz"}))


def _lost_customer(done: Done, found: Found) -> None:
    found.customers = found.customers[:1]


def _doubled_customer(done: Done, found: Found) -> None:
    found.customers = [*found.customers, {**found.customers[0], "id": "id-9"}]


def _lost_poison(done: Done, found: Found) -> None:
    found.letters = Counter()


def _doubled_poison(done: Done, found: Found) -> None:
    found.letters[BAD.value] += 1


def _second_mail_of_a_dispatch(done: Done, found: Found) -> None:
    found.mails = [*found.mails, found.mails[0]]


def _second_survey(done: Done, found: Found) -> None:
    found.mails = [*found.mails, ("<d-1@here>", address(0))]


def _mail_after_a_no(done: Done, found: Found) -> None:
    done.records.append(Said("a-5", 5, BEGIN, {"email": address(5)}))
    found.customers = [*found.customers, *(_customer(number) for number in (2, 3, 4)), _customer(5)]
    found.mails = [*found.mails, ("<d-5@here>", address(5))]


def _record_without_a_mail(done: Done, found: Found) -> None:
    found.mails = []


def _unfinished_record(done: Done, found: Found) -> None:
    found.dispatches = [{**found.dispatches[0], "state": "queued"}]


def _lost_answer(done: Done, found: Found) -> None:
    found.responses = []


def _doubled_answer(done: Done, found: Found) -> None:
    found.responses = [*found.responses, found.responses[0]]


def _stale_copy(done: Done, found: Found) -> None:
    found.copies = {"scheduler": {"id-0": 1, "id-1": 1}}


def _copy_of_nobody(done: Done, found: Found) -> None:
    found.copies = {"scheduler": {"id-0": 2, "id-1": 1, "id-7": 1}}


def _no_that_is_not_shown(done: Done, found: Found) -> None:
    done.left.add(1)


def _nobody_in_the_ledger(done: Done, found: Found) -> None:
    found.ledger = {"entries": {"sent": {"count": 0}, "held": {"count": 0}, "unknown": {"count": 0}}}


def _waiting_in_the_ledger(done: Done, found: Found) -> None:
    found.ledger = {"entries": {"sent": {"count": 0}, "held": {"count": 1}, "unknown": {"count": 0}}}


@pytest.mark.parametrize(
    ("harm", "text"),
    [
        (_lost_event, "city is 'Wien', not 'Graz'"),
        (_lost_customer, "c-1 is missing"),
        (_doubled_customer, "c-0 is two customers"),
        (_lost_poison, "0 dead letters instead of 1"),
        (_doubled_poison, "2 dead letters instead of 1"),
        (_second_mail_of_a_dispatch, "<d-0@here> was sent 2 times"),
        (_second_survey, "was surveyed 2 times"),
        (_mail_after_a_no, "surveyed after saying no"),
        (_record_without_a_mail, "never sent"),
        (_unfinished_record, "still queued"),
        (_lost_answer, "answers of p0@example.com are []"),
        (_doubled_answer, "answers of p0@example.com are [9, 9]"),
        (_stale_copy, "scheduler has customer id-0 at 1, the stream at 2"),
        (_copy_of_nobody, "the stream has not"),
        (_no_that_is_not_shown, "not unsubscribed"),
        (_nobody_in_the_ledger, "the ledger's audience is 0, not 1"),
        (_waiting_in_the_ledger, "the ledger's sent is 0, not 1"),
    ],
)
def test_it_notices(harm: Callable[[Done, Found], None], text: str) -> None:
    done, found = _run()
    harm(done, found)

    assert any(text in line for line in faults(done, found)), faults(done, found)


def test_the_model_forgets_an_event_that_comes_again() -> None:
    first, second = Said("t-1", 0, None, {"state": "first"}), Said("t-2", 0, None, {"state": "second"})

    assert expected([first, second, first])[0].fields["state"] == "second"


def test_a_seed_gives_one_load() -> None:
    assert plan(7, 20, 500) == plan(7, 20, 500)
    assert plan(7, 20, 500) != plan(8, 20, 500)
