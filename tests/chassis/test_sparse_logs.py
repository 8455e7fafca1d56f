"""A library that says the same thing all the time says it once in a while; we are never silenced."""

import logging
import time

import pytest

from chassis.logs import Sparse


def _record(name: str, text: str, *values: object) -> logging.LogRecord:
    return logging.LogRecord(name, logging.ERROR, __file__, 1, text, values, None)


def test_the_same_text_of_a_library_passes_once_whatever_its_values() -> None:
    sparse = Sparse()

    passed = [sparse.filter(_record("aiokafka.client", "no connection to %s", node)) for node in range(5)]

    assert passed == [True, False, False, False, False]


def test_another_text_and_our_own_pass() -> None:
    sparse = Sparse()

    assert sparse.filter(_record("aiokafka.client", "one thing"))
    assert sparse.filter(_record("aiokafka.client", "another thing"))
    assert all(sparse.filter(_record("chassis.relay", "relay.failed")) for _ in range(5))


def test_it_passes_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    sparse = Sparse()
    assert sparse.filter(_record("aiokafka", "gone"))

    later = time.monotonic() + 11
    monkeypatch.setattr("chassis.logs.time.monotonic", lambda: later)

    assert sparse.filter(_record("aiokafka", "gone"))
