"""What other systems send, and what it means: golden files, each of which is a valid sync event."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sounding_contracts import decode
from sounding_contracts.integrations import CustomerSync

from services.profile.domain.connectors import hubspot, segment, tables


def _parsed(body: Any, types: Any) -> Any:
    return decode(json.dumps(body).encode(), (), types)


GOLDEN = Path(__file__).parent / "golden"
TABLE = tables.Table(
    source="shop",
    key="id",
    columns={"mail": "email", "plan": "properties.plan", "seats": "properties.seats", "labels": "tags"},
    changed_at="updated_at",
)
MAPPED: dict[str, Callable[[Any], dict[str, Any] | None]] = {
    "segment": segment.customer_sync,
    "hubspot": hubspot.customer_sync,
    "tables": lambda sent: tables.customer_sync(TABLE, sent, id_="t:0:7"),
}
CASES = [
    pytest.param(name, case["sent"], case["meant"], id=f"{name}: {case['what']}")
    for name in MAPPED
    for case in json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
]


@pytest.mark.parametrize(("name", "sent", "meant"), CASES)
def test_each_shape_means_what_its_golden_file_says(name: str, sent: Any, meant: Any) -> None:
    found = MAPPED[name](sent)

    assert found == meant
    if meant is not None:
        assert _parsed(found, {CustomerSync.type: CustomerSync}).data is not None


def test_a_batch_gives_its_calls_what_it_says_of_all() -> None:
    batch = {
        "batch": [{"type": "identify", "messageId": "1", "userId": "7", "traits": {}}],
        "sentAt": "2026-11-23T10:00:00Z",
        "context": {"locale": "fr"},
    }

    (found,) = [segment.customer_sync(call) for call in segment.calls(batch)]

    assert found is not None
    assert (found["time"], found["data"]) == ("2026-11-23T10:00:00Z", {"language": "fr"})


@pytest.mark.parametrize("sent", [{"mail": "a@example.com"}, {"payload": 5, "schema": {}}, {"op": "d", "before": None}])
def test_a_record_that_names_no_row_is_refused(sent: dict[str, Any]) -> None:
    with pytest.raises(tables.NoRow):
        tables.customer_sync(TABLE, sent, id_="t:0:7")


TEXT = st.text("ab1@.$ \x00é", max_size=6)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(
    [
        "type",
        "messageId",
        "userId",
        "traits",
        "context",
        "timestamp",
        "batch",
        "id",
        "properties",
        "updatedAt",
        "objectId",
        "archived",
        "subscriptionType",
        "propertyName",
        "propertyValue",
        "occurredAt",
        "op",
        "before",
        "after",
        "source",
        "payload",
        "schema",
        "ts_ms",
        "email",
        "name",
        "company",
        "address",
        "__deleted",
    ]
)


@given(st.dictionaries(NAMES, JSON | st.just("identify") | st.just("contact.propertyChange"), max_size=8))
def test_whatever_is_sent_is_a_sync_or_nothing_or_refused(sent: dict[str, Any]) -> None:
    for call in segment.calls(sent):
        segment.customer_sync(call)
    hubspot.customer_sync(sent)
    try:
        tables.customer_sync(TABLE, sent, id_="t:0:7")
    except tables.NoRow:
        return
