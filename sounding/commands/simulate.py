"""`sounding simulate`: a year of a company that does not exist, to see whether the rules keep what they promise."""

from datetime import UTC, datetime
from random import Random
from typing import Annotated, Any

import typer

from sounding.deployment import JsonOption
from sounding.output import Failure, out, print_json, print_table, progress

BEGINS = datetime(2026, 1, 1, tzinfo=UTC)


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(simulate)


def simulate(
    customers: Annotated[int, typer.Option(min=1, max=100_000, help="On the first day; more come.")] = 1000,
    days: Annotated[int, typer.Option(min=1, max=3650)] = 365,
    seed: Annotated[int, typer.Option(help="The same seed, the same company.")] = 7,
    json: JsonOption = False,
) -> None:
    """Live through days of an invented company, with the real rules and a clock that is only a number.

    People are tagged, move, unsubscribe, bounce, refuse, rest and are reset; campaigns are edited and paused. Each
    survey is held against what was promised: never twice, never after a no, quiet period, caps, windows; and the
    ledger must add up each day. Ends with 1 where a promise was broken. Nothing needs to run, nothing is sent.
    """
    from services.scheduler.domain.simulation.report import report  # noqa: PLC0415 - slow
    from services.scheduler.domain.simulation.world import world  # noqa: PLC0415
    from services.scheduler.store import run  # noqa: PLC0415

    made = world(customers, Random(seed), BEGINS, run)  # noqa: S311 - the same again for the same seed
    with progress() as shown:
        for day in made.run(days):
            shown.doing(f"simulating, day {day} of {days}, {sum(made.audit.by_day.values()):,} surveys")
    found = report(made, days)
    _tell(found, json=json)
    if found["breaches"]:
        raise Failure(f"{found['breaches']} promises were broken: {'; '.join(found['broken'][:3])}")


def _tell(found: dict[str, Any], *, json: bool) -> None:
    if json:
        print_json(found)
        return
    print_table(("campaign", "surveys"), [(id_, f"{count:,}") for id_, count in found["surveys_a_campaign"].items()])
    day, customer = found["surveys_a_day"], found["surveys_a_customer"]
    out.print(f"{found['surveys']:,} surveys to {found['customers']:,} customers in {found['days']} days.")
    out.print(f"A day: {day['mean']} on average, {day['most']} at most.")
    out.print(
        f"A customer: {customer['mean']} on average, {customer['most']} at most; {customer['never_surveyed']} none."
    )
    out.print("Every promise was kept." if not found["breaches"] else "Promises were broken:")
