"""The generated documents are what the contracts say, and the package stands alone."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from sounding_contracts import topics
from sounding_contracts.documents import ROOT, asyncapi, documents

from tests.contracts import golden as records
from tests.contracts.golden import all_services
from tests.deployment import Deployment

READ_ALL = """
import importlib.util, json, sys
from sounding_contracts import decode, encode
from sounding_contracts.topics import ALL
types = {payload.type: payload for topic in ALL for payload in topic.types}
for file in sys.argv[1:]:
    event = decode(json.dumps(json.load(open(file))["value"]).encode(), [], types)
    assert encode(event) and importlib.util.find_spec("sounding_contracts.documents") is None
    print(event.type)
"""

GUIDE = (ROOT / "docs/guide/integrators.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("place", documents(), ids=str)
def test_no_document_has_drifted(place: Path) -> None:
    assert (ROOT / place).read_text(encoding="utf-8") == documents()[place], "run `make generate`"


def _faults(document: Any) -> list[str]:
    """What the makers' own schema of AsyncAPI 3.0 says against a document."""
    schema = json.loads((Path(__file__).parent / "asyncapi-3.0.0.schema.json").read_text(encoding="utf-8"))
    return [error.message for error in jsonschema.Draft7Validator(schema).iter_errors(document)]


def test_the_asyncapi_is_one() -> None:
    assert _faults(asyncapi()) == []


@pytest.mark.parametrize(
    ("place", "wrong"),
    [
        (("asyncapi",), "3.0"),
        (("info", "licence"), "Apache-2.0"),
        (("channels", "feedback_responses_v1", "adress"), "feedback.responses.v1"),
        (("channels", "feedback_responses_v1", "bindings", "kafka", "partitions"), "twelve"),
        (("operations", "feedback_responses_v1", "action"), "publish"),
        (("components", "messages", "response.changed", "bindings", "kafka", "key"), 1),
        (("components", "messages", "response.changed", "headers"), {"type": "text"}),
    ],
)
def test_an_asyncapi_that_is_none_is_found(place: tuple[str, ...], wrong: Any) -> None:
    document = asyncapi()
    part = document
    for name in place[:-1]:
        part = part[name]
    part[place[-1]] = wrong

    assert _faults(document)


def test_every_reference_of_the_asyncapi_leads_somewhere() -> None:
    document = asyncapi()
    for reference in re.findall(r'"\$ref": "([^"]+)"', json.dumps(document)):
        if reference.startswith("#/"):
            found = document
            for part in reference[2:].split("/"):
                found = found[part]
            assert found
        else:
            assert (ROOT / "contracts" / reference).exists(), reference


def test_every_topic_says_how_long_it_keeps_and_who_writes() -> None:
    channels = asyncapi()["channels"].values()

    assert {channel["address"] for channel in channels} == {topic.name for topic in topics.ALL}
    assert all(channel["bindings"]["kafka"]["topicConfiguration"]["cleanup.policy"] for channel in channels)


def test_a_topic_names_who_writes_and_who_reads_it() -> None:
    deployment = Deployment("127.0.0.1:1", "mongodb://127.0.0.1:1/?replicaSet=rs0", "", "")
    services = all_services(deployment)
    deployment.close()

    for topic in topics.ALL:
        readers = {s.name for s in services if any(one.topic == topic for one in s.streams.subscriptions)}
        writers = {service.name for service in services if topic in service.publishes} or {"integrations"}
        assert readers == set(topic.read_by), f"{topic.name}: put it right in topics.py, then run `make generate`"
        assert writers == {topic.written_by}, topic.name


def test_the_guide_names_every_field_that_an_integration_may_say() -> None:
    sync = next(payload for payload in topics.INTEGRATIONS_CUSTOMERS.types if payload.type == "customer.sync")

    assert [name for name in sync.model_fields if f"`{name}`" not in GUIDE and f'"{name}"' not in GUIDE] == []


def _run(*command: str | Path) -> bytes:
    kept = {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "PYTHONPATH"}}
    return subprocess.run(command, check=True, capture_output=True, env=kept, cwd="/").stdout


def test_the_package_installs_and_reads_without_the_rest(tmp_path: Path) -> None:
    uv, python = Path(sys.executable).parent / "uv", tmp_path / "bin/python"
    _run(uv, "venv", "--python", sys.executable, tmp_path)
    _run(uv, "pip", "install", "--refresh-package", "sounding-contracts", "--python", python, ROOT / "contracts")

    read = _run(python, "-c", READ_ALL, *(golden.file for golden in records.VALUES))
    listed = json.loads(_run(uv, "pip", "list", "--format=json", "--python", python))

    assert read.split() == [golden.event_type.encode() for golden in records.VALUES]
    needed = {"pydantic", "pydantic-core", "annotated-types", "typing-extensions", "typing-inspection"}
    assert {package["name"] for package in listed} == {"sounding-contracts", *needed}
