"""Where profile keeps what it knows."""

from services.profile.store.collections import (
    ANSWERS,
    CUSTOMERS,
    DELIVERABILITY,
    FINDING,
    INDEXES,
    NEXT_SURVEYS,
    PROPERTIES,
    RECORDS,
)
from services.profile.store.customers import Customers, customer_from, document_of
from services.profile.store.projections import (
    answer_row,
    answers_of,
    finding_row,
    owners,
    project,
    record_row,
    records_of,
    rows_of,
)
from services.profile.store.properties import add_property_types, property_types

__all__ = [
    "ANSWERS",
    "CUSTOMERS",
    "DELIVERABILITY",
    "FINDING",
    "INDEXES",
    "NEXT_SURVEYS",
    "PROPERTIES",
    "RECORDS",
    "Customers",
    "add_property_types",
    "answer_row",
    "answers_of",
    "customer_from",
    "document_of",
    "finding_row",
    "owners",
    "project",
    "property_types",
    "record_row",
    "records_of",
    "rows_of",
]
