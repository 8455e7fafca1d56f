"""What is wrong after a run of mails: the sink's mailbox beside what was asked for, what was refused, and all records."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

OUT = {"sent", "delivered", "opened", "clicked", "responded"}
KEPT_BACK = {"suppressed", "bounced"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A survey that was asked for."""

    customer: str
    address: str
    wave: int


@dataclass(frozen=True, slots=True)
class Arrived:
    """A mail in the sink: of which record, to whom, when the sink had all of it (monotonic seconds)."""

    record: str
    address: str
    at: float


@dataclass(slots=True)
class Done:
    """What the run has asked for, and when each mailbox's no was answered; `nobody` are addresses that do not exist."""

    asked: dict[str, Asked] = field(default_factory=dict)
    answered_no: dict[str, float] = field(default_factory=dict)
    nobody: frozenset[str] = frozenset()


@dataclass(slots=True)
class Found:
    """What is there at the end: the state of each record, and the sink's mails."""

    states: Mapping[str, str]
    mails: Sequence[Arrived]


def faults(done: Done, found: Found) -> list[str]:
    """Every difference, one line each; none where all is as it must be."""
    return [*_twice(done, found), *_after_a_no(done, found), *_records(done, found)]


def _twice(done: Done, found: Found) -> Iterable[str]:
    counts = Counter(mail.record for mail in found.mails)
    yield from (f"{id_} arrived {count} times" for id_, count in counts.items() if count > 1)
    yield from (f"{id_} arrived, and nobody asked for it" for id_ in counts.keys() - done.asked.keys())
    waves: dict[tuple[str, int], set[str]] = defaultdict(set)
    for mail in found.mails:
        if mail.record in done.asked:
            waves[mail.address, done.asked[mail.record].wave].add(mail.record)
    for (address, wave), ids in waves.items():
        if len(ids) > 1:
            yield f"{address} got {len(ids)} mails of wave {wave}"


def _after_a_no(done: Done, found: Found) -> Iterable[str]:
    for mail in found.mails:
        late = mail.at - done.answered_no.get(mail.address, mail.at)
        if late > 0:
            yield f"{mail.record} arrived at {mail.address} {late:.3f} s after its no was answered"


def _records(done: Done, found: Found) -> Iterable[str]:
    arrived = {mail.record for mail in found.mails}
    for id_ in done.asked:
        state = found.states.get(id_)
        if state is None:
            yield f"{id_} has no record"
        elif state in OUT and id_ not in arrived:
            yield f"{id_} is {state}, and never arrived"
        elif state in KEPT_BACK and id_ in arrived:
            yield f"{id_} is {state}, and arrived"
        elif state not in {*OUT, *KEPT_BACK, "unknown"}:
            yield f"{id_} is still {state}" if state == "queued" else f"{id_} is {state}, for no reason"
    yield from (f"{id_} has a record, and nobody asked for it" for id_ in found.states.keys() - done.asked.keys())
    yield from _lost(done, found)


def _lost(done: Done, found: Found) -> Iterable[str]:
    """Each mailbox that has not said no has one mail of each wave, or one of which nobody knows."""
    waves: dict[tuple[str, int], list[str]] = defaultdict(list)
    for id_, asked in done.asked.items():
        waves[asked.address, asked.wave].append(id_)
    for (address, wave), ids in waves.items():
        reason = address in done.answered_no or address in done.nobody
        if not reason and all(found.states.get(id_) in KEPT_BACK for id_ in ids):
            yield f"{address} was to get a mail of wave {wave}: all of {ids} were kept back, for no reason"
