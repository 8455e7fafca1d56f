"""The collections of feedback, their indexes, and what in them is known of a customer."""

from collections.abc import Sequence
from datetime import timedelta

from chassis.mongo import ASCENDING, DESCENDING, IndexModel
from commons.file_imports import IMPORTS, PARTS

RESPONSES, DISPATCHES, CAMPAIGNS = "responses", "dispatches", "campaigns"
CUSTOMERS, BRANDS, PEOPLE = "customers", "brands", "people"
WEBHOOKS, WEBHOOK_LINES, WEBHOOK_ATTEMPTS = "webhooks", "webhook_lines", "webhook_attempts"
TOPICS, TOPIC_JOBS = "topics", "topic_jobs"
ALERTS, ALERT_HITS, ALERT_NOTICES = "alerts", "alert_hits", "alert_notices"
AUTOREPLIES, AUTOREPLY_ROWS = "autoreplies", "autoreply_rows"
WEBHOOK_REPLAYS = "webhook_replays"
TO_COUNT, COLUMNS = "to_count", "columns"
NOTES, AUDIT, REMOVED = "notes", "audit", "removed"
IDENTITIES, IMPORT_FAULTS = "identities", "import_faults"

ATTEMPTS_KEPT = timedelta(days=30)
FILES_KEPT = timedelta(days=30)
"""How long a file that nobody imported, and the rows that were refused, are kept: they say who people are."""
NOTICES_KEPT = timedelta(days=90)

INDEXES: dict[str, Sequence[IndexModel]] = {
    RESPONSES: [
        IndexModel([("customer_id", ASCENDING), ("answered_at", DESCENDING), ("_id", DESCENDING)]),
        IndexModel([("campaign_id", ASCENDING), ("answered_at", DESCENDING), ("_id", DESCENDING)]),
        IndexModel([("answered_at", DESCENDING), ("_id", DESCENDING)]),
        IndexModel([("changed_at", ASCENDING), ("_id", ASCENDING)]),
        IndexModel([("words", ASCENDING)], sparse=True),
        IndexModel(
            [("answered_at", DESCENDING), ("_id", DESCENDING)],
            name="open",
            partialFilterExpression={"work.state": "open"},
        ),
        IndexModel(
            [("work.assigned_to", ASCENDING), ("answered_at", DESCENDING), ("_id", DESCENDING)],
            partialFilterExpression={"work.assigned_to": {"$gt": ""}},
        ),
        IndexModel([("work.tags", ASCENDING)], partialFilterExpression={"work.tags": {"$gt": ""}}),
    ],
    NOTES: [IndexModel([("response_id", ASCENDING), ("_id", ASCENDING)]), IndexModel([("customer_id", ASCENDING)])],
    AUDIT: [
        IndexModel([("response_id", ASCENDING), ("_id", DESCENDING)]),
        IndexModel([("customer_id", ASCENDING)], sparse=True),
    ],
    REMOVED: (),
    IDENTITIES: [IndexModel([("keys", ASCENDING)])],
    IMPORTS: [IndexModel([("state", ASCENDING), ("_id", ASCENDING)])],
    **{
        name: [
            IndexModel([("import_id", ASCENDING), ("_id", ASCENDING)]),
            IndexModel([("at", ASCENDING)], expireAfterSeconds=int(FILES_KEPT.total_seconds())),
        ]
        for name in (PARTS, IMPORT_FAULTS)
    },
    DISPATCHES: [
        IndexModel([("sent_at", ASCENDING)]),
        IndexModel([("reminds_of", ASCENDING)], partialFilterExpression={"reminds_of": {"$gt": ""}}),
    ],
    CAMPAIGNS: (),
    CUSTOMERS: (),
    BRANDS: (),
    PEOPLE: (),
    TOPICS: [IndexModel([("folded", ASCENDING)], unique=True)],
    TOPIC_JOBS: (),
    ALERTS: (),
    ALERT_HITS: [
        IndexModel([("notice_id", ASCENDING), ("at", ASCENDING), ("_id", ASCENDING)]),
        IndexModel([("alert_id", ASCENDING)]),
    ],
    ALERT_NOTICES: [
        IndexModel([("state", ASCENDING), ("next_try_at", ASCENDING)]),
        IndexModel([("alert_id", ASCENDING), ("due_at", DESCENDING), ("_id", DESCENDING)]),
        IndexModel([("ended_at", ASCENDING)], expireAfterSeconds=int(NOTICES_KEPT.total_seconds())),
    ],
    AUTOREPLIES: (),
    AUTOREPLY_ROWS: [
        IndexModel([("state", ASCENDING), ("due_at", ASCENDING)]),
        IndexModel([("rule_id", ASCENDING), ("_id", DESCENDING)]),
    ],
    WEBHOOKS: (),
    WEBHOOK_LINES: [
        IndexModel([("webhook_id", ASCENDING), ("next_try_at", ASCENDING)]),
        IndexModel([("next_try_at", ASCENDING)]),
    ],
    WEBHOOK_ATTEMPTS: [
        IndexModel([("webhook_id", ASCENDING), ("_id", DESCENDING)]),
        IndexModel([("at", ASCENDING)], expireAfterSeconds=int(ATTEMPTS_KEPT.total_seconds())),
    ],
    WEBHOOK_REPLAYS: [IndexModel([("webhook_id", ASCENDING), ("_id", DESCENDING)])],
    TO_COUNT: [IndexModel([("kind", ASCENDING), ("_id", ASCENDING)])],
    COLUMNS: [IndexModel([("of", ASCENDING), ("column", ASCENDING)])],
}

HOLDS = {CUSTOMERS: "_id", IDENTITIES: "_id", PEOPLE: "_id", DISPATCHES: "customer_id"}
HOLDS |= dict.fromkeys((RESPONSES, NOTES, AUDIT, TO_COUNT), "customer_id")
"""What is known of a customer."""
