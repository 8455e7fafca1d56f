"""Where profile keeps what it knows."""

from services.profile.store.audit import entries, forget_entries, put_entry
from services.profile.store.collections import (
    ANSWERS,
    AUDIT,
    CUSTOMERS,
    DELIVERABILITY,
    ERASED,
    FINDING,
    HOLDS,
    INDEXES,
    NEXT_SURVEYS,
    PROPERTIES,
    RECORDS,
)
from services.profile.store.customers import Customers, Rule, customer_from, document_of
from services.profile.store.erased import erased_at, erasure_salt, mark_erased
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
from services.profile.store.properties import (
    add_property_types,
    all_property_types,
    describe_property,
    forget_property,
    list_properties,
    property_types,
)

__all__ = [
    "ANSWERS",
    "AUDIT",
    "CUSTOMERS",
    "DELIVERABILITY",
    "ERASED",
    "FINDING",
    "HOLDS",
    "INDEXES",
    "NEXT_SURVEYS",
    "PROPERTIES",
    "RECORDS",
    "Customers",
    "Rule",
    "add_property_types",
    "all_property_types",
    "answer_row",
    "answers_of",
    "customer_from",
    "describe_property",
    "document_of",
    "entries",
    "erased_at",
    "erasure_salt",
    "finding_row",
    "forget_entries",
    "forget_property",
    "list_properties",
    "mark_erased",
    "owners",
    "project",
    "property_types",
    "put_entry",
    "record_row",
    "records_of",
    "rows_of",
]
