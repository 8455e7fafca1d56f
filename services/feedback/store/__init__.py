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
)
from services.feedback.store.people import erase_people, find, hold_person, known_customers
from services.feedback.store.responses import response_from, responses_of, save_response

__all__ = [
    "BRANDS",
    "CAMPAIGNS",
    "CUSTOMERS",
    "DISPATCHES",
    "HOLDS",
    "INDEXES",
    "PEOPLE",
    "RESPONSES",
    "erase_people",
    "find",
    "hold_person",
    "known_customers",
    "response_from",
    "responses_of",
    "save_response",
]
