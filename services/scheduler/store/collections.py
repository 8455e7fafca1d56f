"""Scheduler's collections and their indexes."""

from collections.abc import Sequence

from chassis.mongo import ASCENDING, DESCENDING, IndexModel

CAMPAIGN_VERSIONS = "campaign_versions"
CAMPAIGNS, CUSTOMERS, OCCURRENCES, RULES = "campaigns", "customers", "occurrences", "rules"
CAP_DAYS, TRIGGERS, REMINDERS, IN_APP = "cap_days", "triggers", "reminders", "in_app"
PROFILES, DELIVERABILITY, RECORDS, ANSWERS = "profiles", "deliverability", "records", "answers"
COMPANY = "company"
LOOKS = "looks"
"""When to look at each customer, beside the customers: who has many indexes pays for all of them at each write of one."""
BUCKETS, THE_LINE = 128, -1
"""Customers lie in buckets, so that several processes take hold of different ones; the line is for capped campaigns."""

COUNTED_BY = ("profile.tag_keys", "profile.source", "profile.created_at", "status", "last_score", "last_survey_at")
"""What audiences ask for most: the rest is counted in time too, but of some customers."""

TRIGGER_SECONDS, REMINDER_SECONDS = 30 * 86_400, 180 * 86_400
"""How long those are kept that are over."""

INDEXES: dict[str, Sequence[IndexModel]] = {
    CAMPAIGNS: [IndexModel([("state", ASCENDING)])],
    CAMPAIGN_VERSIONS: [IndexModel([("campaign_id", ASCENDING), ("seq", DESCENDING)])],
    CUSTOMERS: [
        IndexModel([("bucket", ASCENDING)]),
        *(IndexModel([("live", ASCENDING), (field, ASCENDING)]) for field in COUNTED_BY),
    ],
    LOOKS: [
        IndexModel(
            [("lane", ASCENDING), ("at", ASCENDING), ("place", ASCENDING)],
            partialFilterExpression={"at": {"$exists": True}},
        ),
        IndexModel([("bucket", ASCENDING), ("version", ASCENDING)]),
    ],
    CAP_DAYS: [IndexModel([("changed_at", ASCENDING)], expireAfterSeconds=7 * 86_400)],
    OCCURRENCES: [IndexModel([("customer_id", ASCENDING)])],
    TRIGGERS: [
        IndexModel([("due_at", ASCENDING)], partialFilterExpression={"due_at": {"$exists": True}}),
        IndexModel([("looking_for", ASCENDING)], partialFilterExpression={"looking_for": {"$exists": True}}),
        IndexModel([("trigger_id", ASCENDING)]),
        IndexModel([("customer_id", ASCENDING)]),
        IndexModel([("state", ASCENDING), ("_id", ASCENDING)]),
        IndexModel([("ended_at", ASCENDING)], expireAfterSeconds=TRIGGER_SECONDS),
    ],
    REMINDERS: [
        IndexModel([("due_at", ASCENDING)], partialFilterExpression={"due_at": {"$exists": True}}),
        IndexModel([("customer_id", ASCENDING)]),
        IndexModel(
            [("campaign_id", ASCENDING), ("due_at", ASCENDING)], partialFilterExpression={"due_at": {"$exists": True}}
        ),
        IndexModel([("ended_at", ASCENDING)], expireAfterSeconds=REMINDER_SECONDS),
    ],
    IN_APP: [IndexModel([("customer_id", ASCENDING)])],
    RULES: (),
    PROFILES: [IndexModel([("keys", ASCENDING)])],
    DELIVERABILITY: (),
    RECORDS: [
        IndexModel([("customer_id", ASCENDING)]),
        IndexModel([("campaign_id", ASCENDING), ("outcome", ASCENDING)]),
    ],
    ANSWERS: [IndexModel([("customer_id", ASCENDING), ("answered_at", DESCENDING)])],
}

HOLDS = {
    CUSTOMERS: "_id",
    LOOKS: "_id",
    PROFILES: "_id",
    DELIVERABILITY: "_id",
    RECORDS: "customer_id",
    ANSWERS: "customer_id",
    OCCURRENCES: "customer_id",
    TRIGGERS: "customer_id",
    REMINDERS: "customer_id",
    IN_APP: "customer_id",
}
"""What is known of a customer."""
