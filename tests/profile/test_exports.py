"""Customers as a file: complete, safe to open, and as small in memory for many as for few."""

import csv
import io
import json
from typing import Any

import httpx
import pytest

from services.profile.domain.exporting import COLUMNS, cell
from tests.profile.test_sync import sync
from tests.waiting import eventually

NASTY = '=HYPERLINK("http://evil.example")'


async def _people(profile: httpx.AsyncClient, count: int) -> None:
    events = [sync(n, data={"last_name": f'L "{n}", Jr.\nsecond line', "tags": ["a", "b"]}) for n in range(count - 1)]
    events.append(sync(count, data={"first_name": NASTY, "city": "+43 Wien", "properties": {"seats": 5}}))
    for start in range(0, count, 1000):
        assert (await profile.post("/v1/sync", json=events[start : start + 1000])).status_code == 202

    async def all_there() -> bool:
        counted = (await profile.post("/v1/customers/count", json={})).json()
        return bool(counted["count"] == count)

    await eventually(all_there)


async def _export(profile: httpx.AsyncClient, **body: Any) -> httpx.Response:
    answer = await profile.post("/v1/customers/export", json=body)
    assert answer.status_code == 200, answer.text
    return answer


async def test_every_customer_is_in_the_file_once_and_its_cells_are_what_they_were(profile: httpx.AsyncClient) -> None:
    await _people(profile, 1201)

    answer = await _export(profile)
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    lines = [json.loads(line) for line in (await _export(profile, format="ndjson")).text.splitlines()]

    assert answer.headers["content-disposition"] == 'attachment; filename="customers.csv"'
    assert [row["id"] for row in rows] == [line["id"] for line in lines] == sorted({row["id"] for row in rows})
    assert (len(rows), tuple(rows[0])) == (1201, COLUMNS)
    one = next(row for row in rows if row["email"] == "p7@example.com")
    assert (one["last_name"], one["tags"]) == ('L "7", Jr.\nsecond line', "a; b")
    assert json.loads(one["external_ids"]) == {"crm": "c-7"}


async def test_f50_nothing_in_the_file_is_calculated_when_it_is_opened(profile: httpx.AsyncClient) -> None:
    await _people(profile, 2)
    answer = await _export(profile, filter={"field": "city", "op": "exists"})

    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
    assert (row["first_name"], row["city"], json.loads(row["properties"])) == (f"'{NASTY}", "'+43 Wien", {"seats": 5})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""), (True, "true"), (-5, "-5"), ("-5", "'-5"), ("@sum", "'@sum"), ("\tx", "'\tx"), ([], ""), ({}, ""),
        (["=1", "b"], "'=1; b"), ([9, 7], "9; 7"),
    ],
)  # fmt: skip
def test_a_cell_is_plain_text(value: object, text: str) -> None:
    assert cell(value) == text


async def test_a_filter_that_is_none_is_refused_before_the_file_begins(api: httpx.AsyncClient) -> None:
    answer = await api.post("/v1/customers/export", json={"filter": {"field": "shoe", "op": "eq", "value": 1}})

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "filter.field")
