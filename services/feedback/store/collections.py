"""The collections of feedback, their indexes, and what in them is known of a customer."""

from collections.abc import Sequence

from chassis.mongo import ASCENDING, DESCENDING, IndexModel

RESPONSES, DISPATCHES, CAMPAIGNS = "responses", "dispatches", "campaigns"
CUSTOMERS, BRANDS, PEOPLE = "customers", "brands", "people"

INDEXES: dict[str, Sequence[IndexModel]] = {
    RESPONSES: [
        IndexModel([("customer_id", ASCENDING), ("answered_at", DESCENDING), ("_id", DESCENDING)]),
        IndexModel([("campaign_id", ASCENDING), ("answered_at", DESCENDING), ("_id", DESCENDING)]),
        IndexModel([("answered_at", DESCENDING), ("_id", DESCENDING)]),
    ],
    DISPATCHES: (),
    CAMPAIGNS: (),
    CUSTOMERS: (),
    BRANDS: (),
    PEOPLE: (),
}

HOLDS = {CUSTOMERS: "_id", PEOPLE: "_id", DISPATCHES: "customer_id", RESPONSES: "customer_id"}
"""What is known of a customer."""
