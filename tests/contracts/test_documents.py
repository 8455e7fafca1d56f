"""The generated documents are what the contracts say, and the package stands alone."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from sounding_contracts import topics
from sounding_contracts.documents import ROOT, asyncapi, documents

from tests.contracts.golden import all_services
from tests.deployment import Deployment

GUIDE = (ROOT / "docs/guide/integrators.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("place", documents(), ids=str)
def test_no_document_has_drifted(place: Path) -> None:
    assert (ROOT / place).read_text(encoding="utf-8") == documents()[place], "run `make generate`"


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


def test_the_package_installs_and_reads_without_the_rest(tmp_path: Path) -> None:
    uv = Path(sys.executable).parent / "uv"
    installer = [str(uv)] if uv.exists() else [sys.executable, "-m", "uv"]
    environment = {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "PYTHONPATH"}}
    python = tmp_path / "venv/bin/python"
    for command in (
        [*installer, "venv", "--quiet", "--python", sys.executable, str(tmp_path / "venv")],
        [*installer, "pip", "install", "--quiet", "--python", str(python), str(ROOT / "contracts")],
    ):
        subprocess.run(command, check=True, env=environment, cwd=tmp_path)
    code = (
        "import json, sys; from sounding_contracts import decode; from sounding_contracts.topics import ALL;"
        "golden = json.load(open(sys.argv[1])); types = {p.type: p for t in ALL for p in t.types};"
        "print(decode(json.dumps(golden['value']).encode(), [], types).data.score)"
    )
    golden = ROOT / "contracts/golden/response.changed.v1/full.json"
    done = subprocess.run([python, "-c", code, golden], check=True, capture_output=True, env=environment, cwd=tmp_path)
    listed = subprocess.run(
        [*installer, "pip", "list", "--quiet", "--format=json", "--python", str(python)],
        check=True,
        capture_output=True,
        env=environment,
    )

    assert done.stdout.strip() == b"9"
    needed = {
        "sounding-contracts",
        "pydantic",
        "pydantic-core",
        "annotated-types",
        "typing-extensions",
        "typing-inspection",
    }
    assert {package["name"] for package in json.loads(listed.stdout)} == needed
