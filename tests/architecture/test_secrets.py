"""No key of anybody lies in the repository: each tracked file is searched for the forms that providers give their keys.

The forms are those of detect-secrets, asked of whole files: line by line, as its own command does, takes a minute.
Words that only look random are not searched for, since tokens, ids and signatures of tests do.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from detect_secrets.core.plugins.initialize import from_plugin_classname
from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from detect_secrets.plugins.base import RegexBasedDetector

from tests.house import ROOT

NOISE = {"IPPublicDetector", "KeywordDetector", "SoftlayerDetector"}
"""They take every address and every setting called `password` for a secret."""
SLOW = {"ArtifactoryDetector", "CloudantDetector", "IbmCloudIamDetector", "IbmCosHmacDetector"}
"""Two thirds of the time, for services that nothing here has to do with."""
LOCKS = {"uv.lock", "console/package-lock.json"}
"""Hashes of packages."""
MADE_UP = {"…", "hunter2", "pass", "{SECRET}", "{password}"}
"""Passwords in addresses of examples and tests."""


def _detectors() -> list[RegexBasedDetector]:
    classes: Any = get_mapping_from_secret_type_to_class().values()
    named = [kind.__name__ for kind in classes if issubclass(kind, RegexBasedDetector)]
    found: list[Any] = [from_plugin_classname(name) for name in sorted(set(named) - NOISE - SLOW)]
    return [one for one in found if isinstance(one, RegexBasedDetector)]


def _tracked() -> list[Path]:
    asked = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(asked, cwd=ROOT, check=True, capture_output=True).stdout.decode().split("\0")
    return [ROOT / name for name in names if name and name not in LOCKS and (ROOT / name).is_file()]


def _secrets_in(text: str, detectors: list[RegexBasedDetector]) -> Iterator[str]:
    for one in detectors:
        yield from (f"{one.secret_type}: {found}" for found in one.analyze_string(text) if found not in MADE_UP)


def test_no_tracked_file_holds_a_key() -> None:
    detectors, found = _detectors(), list[str]()
    for path in _tracked():
        text = path.read_bytes().decode("utf-8", errors="ignore")
        found += [f"{path.relative_to(ROOT)}: {secret}" for secret in _secrets_in(text, detectors)]

    assert found == []


@pytest.mark.parametrize(
    "planted",
    [
        "key = 'AKIA" + "QWERTYUIOPASDFGH'",
        "-----BEGIN RSA " + "PRIVATE KEY-----",
        "token: ghp_" + "a1B2" * 9,
        "https://admin:" + "hunter2hunter2@example.com/",
        "SG." + "x" * 22 + "." + "y" * 43,
    ],
)
def test_a_key_that_somebody_leaves_is_found(planted: str) -> None:
    assert list(_secrets_in(f"first line\n  {planted}\n", _detectors()))
