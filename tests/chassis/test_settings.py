"""Settings: what is wrong is named by its variable, and no value is ever shown."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from chassis.settings import ChassisSettings, ServiceSettings, SettingsError, load, prefixed

SECRET = "hunter2"
GOOD = {"SOUNDING_KAFKA": "localhost:9092", "SOUNDING_MONGODB": f"mongodb://me:{SECRET}@localhost/"}
KEY_HASH = "ab" * 32


class ToySettings(ServiceSettings):
    model_config = prefixed("toy")

    pace: int = 1
    names: tuple[str, ...] = ()


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("SOUNDING_")]:
        monkeypatch.delenv(name)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("SOUNDING_HTTP_PORT", f"{SECRET}", "valid integer"),
        ("SOUNDING_HTTP_PORT", "70000", "less than or equal to 65535"),
        ("SOUNDING_TOPIC_PREFIX", f"UPPER {SECRET}", "should match pattern"),
        ("SOUNDING_LOG_LEVEL", SECRET, "'debug', 'info', 'warning' or 'error'"),
        ("SOUNDING_API_KEYS", SECRET, "must be JSON"),
        ("SOUNDING_SIGNING_KEYS", SECRET, "must be JSON"),
        ("SOUNDING_TOY_PACE", SECRET, "valid integer"),
        ("SOUNDING_TOY_NAMES", SECRET, "must be JSON"),
    ],
)
def test_a_wrong_variable_is_named_with_the_reason_and_without_its_value(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, reason: str
) -> None:
    monkeypatch.setenv(variable, value)

    with pytest.raises(SettingsError) as raised:
        load(ToySettings)

    said = str(raised.value)
    assert said.startswith(f"{variable}: ")
    assert reason in said
    assert SECRET not in said


def test_a_key_with_a_secret_in_the_wrong_place_is_named_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOUNDING_API_KEYS", f'[{{"id": "crm", "hash": "{SECRET}", "scopes": ["*"]}}]')

    with pytest.raises(SettingsError, match=r"^SOUNDING_API_KEYS\.0\.HASH: ") as raised:
        load(ToySettings)

    assert SECRET not in str(raised.value)


def test_all_faults_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOUNDING_KAFKA")
    monkeypatch.delenv("SOUNDING_MONGODB")

    with pytest.raises(SettingsError) as raised:
        load(ChassisSettings)

    assert str(raised.value).splitlines() == [
        "SOUNDING_KAFKA: Field required",
        "SOUNDING_MONGODB: Field required",
    ]


def test_settings_show_no_secret_when_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOUNDING_SIGNING_KEYS", f'["{SECRET}"]')
    settings = load(ToySettings)

    for shown in (repr(settings), str(settings), str(settings.model_dump()), settings.model_dump_json()):
        assert SECRET not in shown
    assert settings.chassis.signing_keys[0].get_secret_value() == SECRET


def test_a_service_with_wrong_settings_ends_at_once_and_says_which() -> None:
    environment = {**os.environ, **GOOD, "SOUNDING_API_KEYS": SECRET}

    done = subprocess.run(
        [sys.executable, "-m", "sounding", "run", "profile"],
        cwd=Path(__file__).parents[2],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 2
    assert "SOUNDING_API_KEYS: must be JSON" in done.stderr
    assert SECRET not in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
