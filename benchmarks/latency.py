"""How long a customer waits: from sync to mail, and from an answer to its score in the profile."""

import argparse
from typing import Any


def arguments(parser: argparse.ArgumentParser) -> None:
    """What can be chosen."""
    parser.add_argument("--customers", type=int, default=200)


async def run(*, customers: int) -> dict[str, Any]:
    """Measure."""
    return {"customers": customers}
