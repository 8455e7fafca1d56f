"""`python -m benchmarks NAME [--json]`: each measures beside a reference, on a Kafka and MongoDB of its own."""

import argparse
import asyncio
import json
import logging
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from benchmarks import (
    audience,
    console,
    customers,
    dashboard,
    delivery,
    imports,
    latency,
    ledger,
    machine,
    responses,
    scale,
    schedule,
    shards,
    sync,
)
from benchmarks.report import Report

BENCHMARKS: dict[str, tuple[Callable[[argparse.ArgumentParser], None], Callable[..., Coroutine[Any, Any, Report]]]] = {
    "delivery": (delivery.arguments, delivery.run),
    "ledger": (ledger.arguments, ledger.run),
    "sync": (sync.arguments, sync.run),
    "latency": (latency.arguments, latency.run),
    "customers": (customers.arguments, customers.run),
    "dashboard": (dashboard.arguments, dashboard.run),
    "import": (imports.arguments, imports.run),
    "console": (console.arguments, console.run),
    "audience": (audience.arguments, audience.run),
    "scale": (scale.arguments, scale.run),
    "shards": (shards.arguments, shards.run),
    "schedule": (schedule.arguments, schedule.run),
    "responses": (responses.arguments, responses.run),
}


def main() -> None:
    """Run one, and print what was found."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    chosen = parser.add_subparsers(dest="name", required=True)
    for name, (arguments, _) in BENCHMARKS.items():
        one = chosen.add_parser(name, help=(sys.modules[arguments.__module__].__doc__ or "").split("\n")[0])
        one.add_argument("--json", action="store_true", help="the report as one line of JSON, the last one")
        arguments(one)
    given = vars(parser.parse_args())
    name, as_json = given.pop("name"), given.pop("json")
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    where = machine.describe()
    found = asyncio.run(BENCHMARKS[name][1](**given))
    report = {"name": name, "machine": where, "results": found.results, "ratios": found.ratios}
    sys.stdout.write(json.dumps({**report, "targets": found.targets}, indent=None if as_json else 2) + "\n")


if __name__ == "__main__":
    main()
