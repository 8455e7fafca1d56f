"""Scheduler over HTTP."""

from services.scheduler.routes import campaigns, customers, ledger, occurrences, rules, triggers

ROUTERS = [campaigns.router, ledger.router, occurrences.router, rules.router, customers.router, triggers.router]
