"""The services' OpenAPI documents, of which the console's types are made: `python -m sounding.openapi [--check]`."""

import asyncio
import importlib
import json
import sys
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from chassis.settings import ChassisSettings

FOLDER = Path(__file__).parent.parent / "console" / "openapi"
SERVICES = ("profile", "scheduler", "outbox", "feedback", "console")
_NOWHERE = ChassisSettings(
    kafka="nowhere:9092",
    mongodb=SecretStr("mongodb://nowhere/?replicaSet=rs0"),
    signing_keys=(SecretStr("documents-sign-nothing-at-all-0000"),),
)


async def document(name: str) -> str:
    """A service's document as it is committed. Nothing is connected to."""
    built = importlib.import_module(f"services.{name}.main").build(
        importlib.import_module(f"services.{name}.settings").Settings(chassis=_NOWHERE)
    )
    said: dict[str, Any] = built.app().openapi()
    return json.dumps(said, indent=1, sort_keys=True) + "\n"


async def stale() -> list[str]:
    """The services whose document is not what is committed."""
    return [name for name in SERVICES if _committed(name) != await document(name)]


def _committed(name: str) -> str:
    path = FOLDER / f"{name}.json"
    return path.read_text() if path.exists() else ""


async def main(arguments: list[str]) -> int:
    """Write them, or say which ones are stale."""
    if "--check" in arguments:
        found = await stale()
        for name in found:
            print(f"console/openapi/{name}.json is stale: make generate")
        return 1 if found else 0
    FOLDER.mkdir(exist_ok=True)
    for name in SERVICES:
        (FOLDER / f"{name}.json").write_text(await document(name))
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
