"""Scheduler over HTTP."""

from services.scheduler.routes import campaigns, customers, ledger, occurrences, rules

ROUTERS = [campaigns.router, ledger.router, occurrences.router, rules.router, customers.router]
