"""Where feedback keeps answers, and what it must know to ask."""

from services.feedback.store.collections import (
    BRANDS,
    CAMPAIGNS,
    CUSTOMERS,
    DISPATCHES,
    HOLDS,
    INDEXES,
    PEOPLE,
    RESPONSES,
    WEBHOOK_LINES,
    WEBHOOKS,
)
from services.feedback.store.people import erase_people, find, hold_person, known_customers
from services.feedback.store.responses import changed_between, response_from, responses_of, save_response

__all__ = [
    "BRANDS",
    "CAMPAIGNS",
    "CUSTOMERS",
    "DISPATCHES",
    "HOLDS",
    "INDEXES",
    "PEOPLE",
    "RESPONSES",
    "WEBHOOKS",
    "WEBHOOK_LINES",
    "changed_between",
    "erase_people",
    "find",
    "hold_person",
    "known_customers",
    "response_from",
    "responses_of",
    "save_response",
]
