"""Answers as files: each answer that is looked for once, as it is, and nothing that a spreadsheet would calculate."""

import csv
import io
import json
from datetime import datetime
from typing import Any

from arro3.io import read_parquet

from services.feedback.views import exports
from tests.feedback.desk import Desk
from tests.feedback.events import customer, dispatch

COMMENTS = ("=HYPERLINK('http://evil')", "@SUM(1)", "-1+2", '"Größe", 配送\nand more', "", "🙂 fine")


async def _answered(desk: Desk) -> None:
    await desk.hear(customer(seq=2, tags=["=vip", "nps"], properties={"plan": "pro", "seats": 5}))
    for n, comment in enumerate(COMMENTS):
        await desk.hear(dispatch(f"e{n}"))
        assert (await desk.post(desk.path(f"e{n}"), score=str(n), comment=comment)).status_code == 200
    answer = next(one for one in await desk.answers() if one.score == 1)
    edit = {"tags": ["Lob", "=x"], "state": "resolved"}
    assert (await desk.http.patch(f"/v1/responses/{answer.id}", json=edit)).status_code == 200


async def _export(desk: Desk, format_: str, **asked: Any) -> bytes:
    answer = await desk.http.post("/v1/responses/export", json={"format": format_, **asked})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"] == f'attachment; filename="responses.{format_}"'
    return answer.content


async def test_f50_a_spreadsheet_calculates_nothing_of_it(desk: Desk) -> None:
    await _answered(desk)

    text = (await _export(desk, "csv")).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))

    assert [row["comment"] for row in rows] == ["'=HYPERLINK('http://evil')", "'@SUM(1)", "'-1+2", *COMMENTS[3:]]
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "@", "+", "-", "\t", "\r"))]
    assert (rows[1]["work_tags"], rows[1]["work_state"]) == ("Lob; =x", "resolved")
    assert (rows[0]["customer_tags"], rows[0]["customer_properties"]) == ("'=vip; nps", '{"plan": "pro", "seats": 5}')
    assert (rows[0]["score"], rows[0]["score_class"], rows[0]["past"]) == ("0", "detractor", "false")


async def test_each_form_holds_the_same_answers_page_by_page(desk: Desk, monkeypatch: Any) -> None:
    await _answered(desk)
    monkeypatch.setattr(exports, "PAGE", 2)
    listed = (await desk.http.get("/v1/responses", params={"sort": "answered_at"})).json()["items"]

    lines = [json.loads(line) for line in (await _export(desk, "ndjson")).splitlines()]
    assert lines == listed
    table = read_parquet(await _export(desk, "parquet")).read_all()
    columns = {name: table.column(name).to_pylist() for name in table.schema.names}
    for name in ("id", "score", "comment", "customer_id", "provisional"):
        assert columns[name] == [one[name] for one in listed]
    moments = [datetime.fromisoformat(one["answered_at"]) for one in listed]
    assert columns["answered_at"] == moments
    assert columns["work_tags"] == [one["work"]["tags"] for one in listed]
    assert columns["customer_tags"] == [["=vip", "nps"]] * len(listed)
    assert json.loads(columns["customer_properties"][0]) == {"plan": "pro", "seats": 5}


async def test_only_what_is_looked_for_is_exported_and_nothing_is_a_file_too(desk: Desk) -> None:
    await _answered(desk)

    found = (
        await _export(desk, "ndjson", filter={"field": "score", "op": "gte", "value": 4}, has_comment=True)
    ).splitlines()
    assert [json.loads(line)["comment"] for line in found] == ["🙂 fine"]
    assert await _export(desk, "ndjson", customer_id="nobody") == b""
    assert read_parquet(await _export(desk, "parquet", customer_id="nobody")).read_all().num_rows == 0
    refused = await desk.http.post("/v1/responses/export", json={"filter": {"field": "no"}})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "filter.field")
