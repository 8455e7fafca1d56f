"""What `make audit` makes of what pip-audit found: no news is not good news."""

from typing import Any

import pytest

from deploy.audit import verdict

FINE = {"name": "fine", "version": "1", "vulns": []}
HOLE = {"id": "PYSEC-1", "aliases": ["CVE-2026-1"], "fix_versions": ["2"]}
WEAK = {"name": "weak", "version": "1", "vulns": [HOLE]}
UNKNOWN = {"name": "unknown", "skip_reason": "Dependency not found on PyPI and could not be audited: unknown (1)"}


@pytest.mark.parametrize(
    ("packages", "code", "said"),
    [
        ([FINE], 0, "1 of 1 packages looked up, 0 known weaknesses."),
        ([FINE, WEAK], 1, "weak 1: PYSEC-1, CVE-2026-1; mended in 2"),
        ([FINE, UNKNOWN], 2, "Of these nothing is known: unknown."),
        ([WEAK, UNKNOWN], 1, "1 of 2 packages looked up, 1 known weaknesses."),
        ([UNKNOWN], 2, "This index tells nothing of weaknesses: nothing is known, good or bad."),
    ],
)
def test_it_ends_with_0_only_where_all_were_looked_up_and_none_is_weak(
    packages: list[dict[str, Any]], code: int, said: str
) -> None:
    found = verdict({"dependencies": packages})

    assert found.code == code
    assert any(line.startswith(said) for line in found.lines)
