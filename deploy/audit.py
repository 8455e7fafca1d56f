"""`make audit`: what is known of weaknesses in the locked packages, and of how many of them anything could be known.

`pip-audit` ends with 0 where an index knows no package at all. That is no good news but none: this ends with 2 then.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WEAK, UNKNOWN = 1, 2


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to say, and how to end."""

    code: int
    lines: list[str]


def verdict(report: dict[str, Any]) -> Verdict:
    """What a report of pip-audit says."""
    asked = report["dependencies"]
    unknown = [one["name"] for one in asked if "skip_reason" in one]
    weak = [
        f"{one['name']} {one['version']}: {', '.join([hole['id'], *hole.get('aliases', ())])}; mended in "
        f"{', '.join(hole.get('fix_versions', ())) or 'no version yet'}"
        for one in asked
        for hole in one.get("vulns", ())
    ]
    looked_up = len(asked) - len(unknown)
    lines = [*weak, f"{looked_up} of {len(asked)} packages looked up, {len(weak)} known weaknesses."]
    if not looked_up:
        lines.append(
            "This index tells nothing of weaknesses: nothing is known, good or bad. Ask where PyPI itself answers."
        )
    elif unknown:
        lines.append(f"Of these nothing is known: {', '.join(unknown)}.")
    return Verdict(WEAK if weak else UNKNOWN if unknown else 0, lines)


def main() -> None:
    """Look them up, say it, end with 1 for weaknesses, 2 where something could not be looked up."""
    requirements = Path(sys.argv[1])
    command = ["pip-audit", "--requirement", str(requirements), "--require-hashes", "--disable-pip", "--format", "json"]
    command = [str(Path(sys.executable).with_name(command[0])), *command[1:], "--progress-spinner", "off"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - our own words
    try:
        found = verdict(json.loads(done.stdout))
    except ValueError:
        sys.stderr.write(done.stderr[-2000:])
        sys.exit(UNKNOWN)
    sys.stdout.write("\n".join(found.lines) + "\n")
    sys.exit(found.code)


if __name__ == "__main__":
    main()
