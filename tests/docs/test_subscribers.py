"""The subscriber's guide: its Python runs and ends with the right table, its JavaScript keeps the highest seq, its SQL and JSON can be read."""

import asyncio
import json
import re
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlglot
from playwright._impl._driver import compute_driver_executable
from sounding_contracts import topics

from tests.deployment import Deployment
from tests.fixtures import Prefix
from tests.house import ROOT
from tests.infrastructure import Shared
from tests.waiting import eventually

GUIDE = (ROOT / "docs/guide/subscribers.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
NAME = topics.FEEDBACK_RESPONSES.name
KAFKAJS = """
const messages = %s.map(([key, seq, value]) => ({ key: Buffer.from(key), value: value && Buffer.from(value),
                                                 headers: { ce_seq: Buffer.from(String(seq)) } }));
const consumer = { connect: async () => {}, subscribe: async ({ topics }) => topics.length,
                   run: async ({ eachMessage }) => { for (const message of messages) await eachMessage({ message }); } };
const kafkajs = { Kafka: class { constructor(options) { options.brokers.length; } consumer() { return consumer; } } };
require("module")._load = (name) => { if (name === "kafkajs") return kafkajs; throw new Error(name); };
"""


def _block(language: str, number: int = 0) -> str:
    return str([text for name, text in BLOCKS if name == language][number])


def _value(id_: str, seq: int, score: int) -> str:
    event = {"specversion": "1.0", "id": f"{id_}:{seq}", "source": "/feedback/responses", "type": "response.changed"}
    return json.dumps({**event, "subject": id_, "seq": seq, "data": {"score": score, "comment": None}})


RECORDS = [
    ("a", 1, _value("a", 1, 3)),
    ("b", 1, _value("b", 1, 9)),
    ("a", 2, _value("a", 2, 8)),
    ("a", 1, _value("a", 1, 3)),
]
ENDS = [*RECORDS, ("b", 2, None), ("b", 1, _value("b", 1, 9))]


async def test_the_python_example_ends_with_the_last_of_each_whatever_comes_twice(
    infrastructure: Shared, prefix: Prefix, tmp_path: Path
) -> None:
    deployment = Deployment(infrastructure.kafka, infrastructure.mongodb, prefix.topics, prefix.database)
    await deployment.make(topics.FEEDBACK_RESPONSES)
    code = _block("python")
    assert {"127.0.0.1:8492", NAME} <= set(re.findall(r'"([^"]+)"', code))
    code = code.replace("127.0.0.1:8492", infrastructure.kafka).replace(NAME, f"{prefix.topics}{NAME}")
    for id_, seq, value in ENDS:
        await deployment.publish_raw(
            topics.FEEDBACK_RESPONSES,
            value.encode() if value else None,
            key=id_.encode(),
            headers=[("ce_seq", str(seq).encode())],
        )
    found: list[tuple[str, int, int | None]] = []

    def is_there() -> bool:
        with sqlite3.connect(tmp_path / "answers.db") as table:
            found[:] = table.execute("SELECT id, seq, score FROM answers ORDER BY id").fetchall()
            (read,) = table.execute("SELECT SUM(next) FROM places").fetchone()
        return bool(read == len(ENDS))

    run = await asyncio.create_subprocess_exec(sys.executable, "-c", code, cwd=tmp_path)
    try:
        await eventually(lambda: _without_table(is_there))
    finally:
        if run.returncode is None:
            run.kill()
        await run.wait()
    assert found == [("a", 2, 8), ("b", 2, None)]


async def _without_table(is_there: Callable[[], bool]) -> bool:
    try:
        return is_there()
    except sqlite3.OperationalError:
        return False


async def test_the_javascript_example_tells_each_change_once() -> None:
    node, _ = compute_driver_executable()
    code = KAFKAJS % json.dumps(ENDS) + _block("js")
    run = await asyncio.create_subprocess_exec(node, "-e", code, stdout=asyncio.subprocess.PIPE)
    lines = (await run.communicate())[0].decode().splitlines()

    assert [line.strip() for line in lines] == ["a 3", "b 9", "a 8", "b taken out"]


@pytest.mark.parametrize("config", [text for name, text in BLOCKS if name == "json"])
def test_a_connector_can_be_read_and_reads_what_is_committed_as_json(config: str) -> None:
    read = json.loads(config)["config"]

    assert read["topics"] == NAME
    assert read["consumer.override.isolation.level"] == "read_committed"
    assert read["value.converter.schemas.enable"] == "false"


FIELDS = set(
    json.loads((ROOT / "contracts/schemas/response.changed.v1.json").read_text(encoding="utf-8"))["properties"]["data"][
        "properties"
    ]
)


def _kinds(sql: str, read: str | None = None) -> list[str]:
    """What each statement is; raises where one cannot be read."""
    return [one.key for one in sqlglot.parse(sql, read=read) if one is not None]


def test_the_flink_table_can_be_read_and_has_the_fields_that_there_are() -> None:
    sql = _block("sql")
    row = re.sub(r"attributes ROW<.*?>>,", "attributes ROW,", sql.split("data ROW<")[1], flags=re.DOTALL)
    named = re.findall(r"(\w+)`? (?:STRING|INT|BOOLEAN|ARRAY|ROW)", row.split("PRIMARY KEY")[0])

    assert _kinds(sql.replace("ROW<", "STRUCT<").replace("`", "")) == ["create", "select"]
    assert {"score", "attributes", "answered_at"} <= set(named) <= FIELDS


def test_the_ksqldb_table_can_be_read_and_has_the_fields_that_there_are() -> None:
    sql = _block("sql", 1)
    table, query = [part for part in sql.split(";") if part.strip()]
    named = set(re.findall(r"(\w+) (?:VARCHAR|INTEGER|BOOLEAN)[,>]", table.split("STRUCT<")[1]))

    assert _kinds(sql.replace(" EMIT CHANGES", "")) == ["create", "select"]
    assert set(re.findall(r"data->(\w+)", query)) <= named <= FIELDS


def test_the_warehouses_view_can_be_read() -> None:
    assert _kinds(_block("sql", 2), "snowflake") == ["create"]
