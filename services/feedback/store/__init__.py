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
from services.feedback.store.people import (
    attributes_of,
    erase_people,
    find,
    hold_people,
    hold_person,
    known_customers,
)
from services.feedback.store.responses import (
    changed_between,
    document_of,
    removed,
    response_from,
    responses_of,
    save_response,
    save_responses,
    some_responses,
)

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
    "attributes_of",
    "changed_between",
    "document_of",
    "erase_people",
    "find",
    "hold_people",
    "hold_person",
    "known_customers",
    "removed",
    "response_from",
    "responses_of",
    "save_response",
    "save_responses",
    "some_responses",
]
