"""Scheduler over HTTP."""

from services.scheduler.routes import (
    audiences,
    campaigns,
    customers,
    dry_runs,
    ledger,
    occurrences,
    recalculations,
    rules,
    triggers,
)

ROUTERS = [
    campaigns.router,
    dry_runs.router,
    ledger.router,
    audiences.router,
    occurrences.router,
    rules.router,
    recalculations.router,
    customers.router,
    triggers.router,
]
