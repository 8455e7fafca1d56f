"""Records, gates, a no and crashes in any order, by the rules that production goes by; and wrong rules shown to break the promises.

A model without I/O: it moves time, lets workers take one step each, and sees what arrives at the mailbox.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from services.outbox import store
from services.outbox.commands.sending import BUSY, CLAIM_LOST, INFLIGHT, Passing, against
from services.outbox.domain import deliverability as gates
from services.outbox.domain import dispatch as records
from services.outbox.domain.deliverability import Evidence, Gate
from services.outbox.domain.dispatch import Dispatch, Phase, Rendered, Reply, State
from services.outbox.jobs.sender import GATE_DEADLINE_SECONDS

BEGIN = datetime(2026, 11, 26, tzinfo=UTC)
CLAIM, GIVE_UP, KERNEL = timedelta(seconds=60), timedelta(minutes=15), timedelta(seconds=1)
MAILBOX = "address:shared"
RENDERED = Rendered(template_id="t", brand_id="b", subject_line="x", language="en", message_id="<x>")
WORKERS, IDS = st.integers(0, 1), st.sampled_from(["d1", "d2", "d3"])
ANSWERS = st.sampled_from(["250", "taken without a word", "452", "550"])
TIMES = st.sampled_from([0.7, 1.4, 2.1, 61, 901])


@dataclass
class Worker:
    """One that sends: what it holds, and how far it is."""

    dispatch: Dispatch
    stage: str = "claimed"
    began: datetime = BEGIN
    answer: str = ""


class Production(RuleBasedStateMachine):
    """Two customers with one mailbox, in one wave; and another campaign for the first of them."""

    mails_before_a_no = 0

    def __init__(self) -> None:
        super().__init__()
        self.now, self.tokens = BEGIN, 0
        self.records = {
            id_: Dispatch(
                id=id_,
                customer_id=customer,
                campaign_id=campaign,
                reason="initial",
                cycle=1,
                next_try_at=BEGIN,
                requested_at=BEGIN,
                expires_at=BEGIN + timedelta(days=9),
                changed_at=BEGIN,
            )
            for id_, customer, campaign in (("d1", "ada", "nps"), ("d2", "ann", "nps"), ("d3", "ada", "csat"))
        }
        self.gates: dict[str, Gate] = {}
        self.waves: dict[str, str] = {}
        self.workers: dict[int, Worker] = {}
        self.arrived: list[tuple[str, datetime]] = []
        self.no_at: datetime | None = None
        self.no_answered_at: datetime | None = None
        self.ended: set[str] = set()

    def may_claim(self, dispatch: Dispatch) -> bool:
        return records.ready(dispatch, self.now)

    def in_time(self, began: datetime) -> bool:
        return (self.now - began).total_seconds() < GATE_DEADLINE_SECONDS

    def may_answer(self) -> bool:
        return not any(gate.busy_at(self.now) for gate in self.gates.values())

    def _conclude(self, worker: Worker, after: Any, *, passed: bool) -> None:
        """As `commands.conclude_all`."""
        current = self.records[worker.dispatch.id]
        if passed:
            self.gates = {id_: gates.landed(gate, current.id) for id_, gate in self.gates.items()}
        over = current.phase is Phase.DONE and current.state is not State.RESPONDED
        if current.token == worker.dispatch.token and not over:
            self.records[current.id] = after(current)

    @rule(seconds=TIMES)
    def time_passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(number=WORKERS, id_=IDS, steps=st.integers(0, 3), answer=ANSWERS)
    def send(self, number: int, id_: str, steps: int, answer: str) -> None:
        """Claim a record and go so far with it."""
        self.claim(number, id_)
        self.go_on(number, steps, answer)

    @rule(number=WORKERS, steps=st.integers(1, 3), answer=ANSWERS)
    def go_on(self, number: int, steps: int, answer: str) -> None:
        for _ in range(steps):
            match self.workers[number].stage if number in self.workers else "":
                case "claimed":
                    self.pass_the_gate(number)
                case "passed":
                    self.write_the_dot(number, answer)
                case "answered":
                    self.hear_the_answer(number)

    def claim(self, number: int, id_: str) -> None:
        found = self.records[id_]
        if number in self.workers or not self.may_claim(found):
            return
        self.tokens += 1
        claimed = replace(found, phase=Phase.CLAIMED, token=str(self.tokens), claimed_until=self.now + CLAIM)
        self.records[id_] = claimed
        self.workers[number] = Worker(claimed)

    def pass_the_gate(self, number: int) -> None:
        worker = self.workers.get(number)
        if worker is None or worker.stage != "claimed":
            return
        mail, current = Passing(worker.dispatch, RENDERED, MAILBOX), self.records[worker.dispatch.id]
        refusal = against(mail, current, self.gates, self.waves, self.now)
        if refusal is None:
            for id_ in mail.gates:
                known = self.gates.get(id_, Gate(id=id_))
                self.gates[id_] = gates.let_through(known, current.id, self.now + INFLIGHT)
            self.waves[store.wave_of(current, MAILBOX)] = current.id
            self.records[current.id] = records.committed(current, RENDERED, self.now)
            worker.stage, worker.began = "passed", self.now
            return
        del self.workers[number]
        if refusal == BUSY:
            self._conclude(worker, lambda one: records.put_back(one, self.now, pause=INFLIGHT), passed=False)
        elif refusal != CLAIM_LOST:
            over = lambda one: records.ended(one, State.SUPPRESSED, refusal, self.now)  # noqa: E731
            self._conclude(worker, over, passed=False)

    def write_the_dot(self, number: int, answer: str) -> None:
        worker = self.workers.get(number)
        if worker is None or worker.stage != "passed":
            return
        if not self.in_time(worker.began):
            del self.workers[number]
            self._conclude(worker, lambda one: records.put_back(one, self.now, pause=INFLIGHT), passed=True)
            return
        if answer in {"250", "taken without a word"}:
            self.arrived.append((worker.dispatch.id, self.now + KERNEL))
        worker.stage, worker.answer, worker.began = "answered", answer, self.now + KERNEL

    def hear_the_answer(self, number: int) -> None:
        worker = self.workers.get(number)
        if worker is None or worker.stage != "answered" or self.now < worker.began:
            return
        del self.workers[number]
        reply = Reply(code=int(worker.answer) if worker.answer.isdigit() else 0, text="", at=self.now)
        match worker.answer:
            case "250":
                self._conclude(worker, lambda one: records.sent(one, reply), passed=True)
            case "452":
                self._conclude(worker, lambda one: records.put_back(one, self.now, reply=reply), passed=True)
            case "550":
                failed = lambda one: records.ended(one, State.FAILED, "x", self.now, reply=reply)  # noqa: E731
                self._conclude(worker, failed, passed=True)

    @rule(number=WORKERS)
    def die(self, number: int) -> None:
        self.workers.pop(number, None)

    @rule()
    def sweep(self) -> None:
        for id_, one in self.records.items():
            if one.phase is Phase.COMMITTED and one.committed_at and one.committed_at <= self.now - GIVE_UP:
                self.records[id_] = records.unknown(one, self.now)

    @rule(id_=IDS)
    def answer_the_survey(self, id_: str) -> None:
        if any(one == id_ and at <= self.now for one, at in self.arrived):
            self.records[id_] = records.responded(self.records[id_], self.now, self.now)

    @precondition(lambda self: self.no_at is None and len(self.arrived) >= self.mails_before_a_no)
    @rule()
    def say_no(self) -> None:
        self.no_at, said = self.now, Evidence(at=self.now, cause="recipient")
        for id_ in ("ada", "ann", MAILBOX):
            self.gates[id_] = gates.opted_out(self.gates.get(id_, Gate(id=id_)), said)

    @precondition(lambda self: self.no_at is not None and self.no_answered_at is None)
    @rule()
    def answer_the_no(self) -> None:
        if self.may_answer():
            self.no_answered_at = self.now

    @invariant()
    def nothing_arrives_twice(self) -> None:
        ids = [id_ for id_, _ in self.arrived]
        assert len(ids) == len(set(ids)), "sent twice"

    @invariant()
    def one_mail_a_mailbox_and_wave(self) -> None:
        waves = [self.records[id_].campaign_id for id_, _ in self.arrived]
        assert len(waves) == len(set(waves)), "two customers, one mailbox, two mails"

    @invariant()
    def nothing_arrives_after_a_no_was_answered(self) -> None:
        if self.no_answered_at is not None:
            assert all(at <= self.no_answered_at for _, at in self.arrived), "after the no"

    @invariant()
    def what_is_over_stays_over(self) -> None:
        over = {id_ for id_, one in self.records.items() if one.phase is Phase.DONE}
        assert self.ended <= over, "what was over goes out again"
        self.ended = over


class TakingBack(Production):
    """And people who take back what waits."""

    def __init__(self) -> None:
        super().__init__()
        self.taken_back: set[str] = set()

    def ends_as(self, dispatch: Dispatch) -> Dispatch | None:
        return records.taken_back(dispatch, self.now)

    @rule(id_=IDS)
    def take_back(self, id_: str) -> None:
        """As `commands.take_back`; once that is said, it never goes out."""
        if (after := self.ends_as(self.records[id_])) is not None:
            self.records[id_] = after
            self.taken_back.add(id_)

    @invariant()
    def nothing_arrives_that_was_taken_back(self) -> None:
        assert not {id_ for id_, _ in self.arrived} & self.taken_back, "taken back, and sent"


class TakenAnyway(TakingBack):
    """The wrong variant: what is being handed over counts as taken back, since its state is still "queued"."""

    def ends_as(self, dispatch: Dispatch) -> Dispatch | None:
        waits = dispatch.state is State.QUEUED
        return records.ended(dispatch, State.SUPPRESSED, records.TAKEN_BACK, self.now) if waits else None


class LeaseRetry(Production):
    """The wrong variant: a claim that ran out is a claim, also after the gate."""

    def may_claim(self, dispatch: Dispatch) -> bool:
        late = dispatch.claimed_until is not None and dispatch.claimed_until <= self.now
        return super().may_claim(dispatch) or (dispatch.phase is Phase.COMMITTED and late)


class NoDeadline(Production):
    """The wrong variant: the dot is written however late."""

    def in_time(self, began: datetime) -> bool:
        return True


class HastyAnswer(Production):
    """The wrong variant: a no is answered while a mail may be on its way."""

    def may_answer(self) -> bool:
        return True


class NoWave(Production):
    """The wrong variant: each record looks at itself only. (A no, which would end most runs early, comes late.)"""

    mails_before_a_no = 2

    def pass_the_gate(self, number: int) -> None:
        self.waves.clear()
        super().pass_the_gate(number)


def _run(machine: type[Production], examples: int) -> None:
    """What breaks it is enough; the shortest way there takes long to find."""
    quietly = settings(
        max_examples=examples,
        stateful_step_count=25,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[hypothesis.Phase.generate],
        report_multiple_bugs=False,
    )
    run_state_machine_as_test(machine, settings=settings(quietly, suppress_health_check=list(HealthCheck)))


def test_whatever_happens_in_whatever_order_the_promises_hold() -> None:
    _run(TakingBack, 100)


@pytest.mark.parametrize(
    ("wrong", "broken"),
    [
        (LeaseRetry, "sent twice"),
        (NoDeadline, "after the no"),
        (HastyAnswer, "after the no"),
        (TakenAnyway, "taken back, and sent"),
        (NoWave, "two customers, one mailbox, two mails"),
    ],
)
def test_with_a_wrong_rule_they_are_seen_to_break(wrong: type[Production], broken: str) -> None:
    with pytest.raises(AssertionError, match=broken):
        _run(wrong, 10_000)
