"""The Dockerfile and the compose file: an image for each service, without rights, and settings that services read."""

import importlib
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from chassis.settings import ChassisSettings
from deploy.containers.replica_set import make
from deploy.local.mongodb import Mongod, direct_client
from deploy.local.stack import SERVICES
from tests.house import ROOT

DOCKERFILE = ROOT / "deploy/containers/Dockerfile"
OURS = (*SERVICES, "topics", "replica-set", "mailbox")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text(encoding="utf-8"))
    return found


def stages() -> dict[str, str]:
    """The text of each stage of the Dockerfile, by name."""
    parts = re.split(r"^FROM \S+ AS (\S+)$", DOCKERFILE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_hadolint_finds_nothing_to_say() -> None:
    program = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([program, DOCKERFILE], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_an_image_with_its_own_packages(service: str) -> None:
    found = stages()

    assert f'CMD ["run", "{service}"]' in found[service]
    assert f"--from=build-{service} " in found[service]
    assert f"--extra {service}" in found[f"build-{service}"]
    assert "USER 10001:10001" in found["runtime"]
    assert "HEALTHCHECK" in found["runtime"]


def test_the_consoles_image_has_the_web_app_built_from_its_sources() -> None:
    found, ignored = stages(), (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()

    assert "-m deploy.local.web" in found["web"]
    assert "COPY --from=web /src/services/console/static services/console/static" in found["build-console"]
    assert {"!console", "!docs/guide/user", "services/console/static", "**/node_modules"} <= set(ignored)


def test_everything_of_ours_runs_without_rights_on_a_root_that_is_read_only(compose: dict[str, Any]) -> None:
    for name in OURS:
        one = compose["services"][name]
        assert (one["read_only"], one["cap_drop"]) == (True, ["ALL"]), name
        assert one["security_opt"] == ["no-new-privileges:true"]
        assert one["build"]["target"] in stages()
    assert set(compose["services"]) == {*OURS, "kafka", "mongodb"}


def test_whatever_of_ours_is_told_to_stop_hears_it_from_its_first_moment(compose: dict[str, Any]) -> None:
    assert [name for name in OURS if not compose["services"][name]["init"]] == []


def test_only_this_machine_reaches_it(compose: dict[str, Any]) -> None:
    open_ports = [port for one in compose["services"].values() for port in one.get("ports", ())]

    assert len(open_ports) > 5
    assert all(port.startswith("127.0.0.1:") for port in open_ports)


def test_every_variable_is_one_that_somebody_reads(compose: dict[str, Any]) -> None:
    read = {f"SOUNDING_{field.upper()}" for field in ChassisSettings.model_fields}
    for service in SERVICES:
        fields = importlib.import_module(f"services.{service}.settings").Settings.model_fields
        read |= {f"SOUNDING_{service.upper()}_{field.upper()}" for field in fields}

    assert set(compose["x-environment"]) <= read


def test_the_replica_set_is_made_once_and_then_left_alone(tmp_path: Path) -> None:
    server = Mongod(tmp_path)
    member = server._member
    server.start()
    try:
        server._started.wait_until(lambda: _answers(member), 60)
        assert make(member)
        assert make(member)
    finally:
        server.stop()


def _answers(member: str) -> bool:
    try:
        with direct_client(member) as client:
            return bool(client.admin.command("ping")["ok"])
    except OSError:
        return False
