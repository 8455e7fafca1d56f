"""Scheduler over HTTP."""

from services.scheduler.routes import campaigns, customers, occurrences, rules

ROUTERS = [campaigns.router, occurrences.router, rules.router, customers.router]
