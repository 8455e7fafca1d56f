"""Where everything of profile is kept, and by what it is found."""

from collections.abc import Sequence

from chassis.mongo import ASCENDING, DESCENDING, IndexModel
from commons.file_imports import IMPORTS, PARTS
from services.profile.domain.finding import FEW

CUSTOMERS, PROPERTIES, ANSWERS, RECORDS = "customers", "properties", "answers", "records"
DELIVERABILITY, NEXT_SURVEYS, FINDING = "deliverability", "next_surveys", "finding"
AUDIT, ERASED, SYNCS, JOBS, HISTORY = "audit", "erased", "syncs", "jobs", "history"
JOB_FAULTS, SEGMENTS, ERASURES = "job_faults", "segments", "erasures"
IMPORT_ROWS, IMPORT_UNDO, IMPORT_SEEN = "import_rows", "import_undo", "import_seen"

ERASED_SECONDS = 45 * 86_400
"""Longer than a sync event is kept: after that none can be older than the erasure."""
SYNC_SECONDS = 7 * 86_400
"""How long one can ask what became of a call."""
FILE_SECONDS = 30 * 86_400
"""How long a file that nobody imported, and the rows that were refused, are kept: they say who people are."""

LISTED_BY = ("created_at", "changed_at", "fields.last_name", "fields.company")
"""By what lists are sorted. Each index is paid for by every sync."""
FILTERED_BY = ("tag_keys", "deliverability.status", "campaigns", "next_survey.campaign_id")
"""What few customers have: those without it cost nothing."""

INDEXES: dict[str, Sequence[IndexModel]] = {
    CUSTOMERS: [
        IndexModel(
            [("external_keys", ASCENDING)], unique=True, partialFilterExpression={"external_keys": {"$exists": True}}
        ),
        IndexModel(
            [("canonical_email", ASCENDING)],
            name="by_address",
            unique=True,
            # Every text is above the empty one. Of `$type` MongoDB would not see that an address asked for is in it.
            partialFilterExpression={"canonical_email": {"$gt": ""}},
        ),
        *(IndexModel([(path, ASCENDING), ("_id", ASCENDING)]) for path in LISTED_BY),
        *(IndexModel([(path, ASCENDING)], sparse=True) for path in FILTERED_BY),
        *(
            IndexModel([(path, ASCENDING), ("_id", ASCENDING)], partialFilterExpression={path: {"$exists": True}})
            for path in FEW
            if path != "canonical_email"
        ),
    ],
    PROPERTIES: (),
    ANSWERS: [IndexModel([("customer_id", ASCENDING), ("answered_at", DESCENDING)])],
    RECORDS: [IndexModel([("customer_id", ASCENDING)])],
    DELIVERABILITY: (),
    NEXT_SURVEYS: (),
    HISTORY: (),
    AUDIT: [IndexModel([("customer_id", ASCENDING), ("_id", DESCENDING)])],
    ERASED: [IndexModel([("at", ASCENDING)], expireAfterSeconds=ERASED_SECONDS)],
    IMPORTS: [IndexModel([("state", ASCENDING), ("_id", ASCENDING)])],
    PARTS: [
        IndexModel([("import_id", ASCENDING)]),
        IndexModel([("at", ASCENDING)], expireAfterSeconds=FILE_SECONDS),
    ],
    IMPORT_ROWS: [
        IndexModel([("import_id", ASCENDING), ("_id", ASCENDING)]),
        IndexModel([("at", ASCENDING)], expireAfterSeconds=FILE_SECONDS),
    ],
    IMPORT_UNDO: [
        IndexModel([("changed.id", ASCENDING)]),
        IndexModel([("at", ASCENDING)], expireAfterSeconds=FILE_SECONDS),
    ],
    IMPORT_SEEN: [
        IndexModel([("import_id", ASCENDING)]),
        IndexModel([("at", ASCENDING)], expireAfterSeconds=FILE_SECONDS),
    ],
    JOBS: [IndexModel([("state", ASCENDING), ("_id", ASCENDING)])],
    JOB_FAULTS: [
        IndexModel([("job_id", ASCENDING), ("_id", ASCENDING)]),
        IndexModel([("at", ASCENDING)], expireAfterSeconds=FILE_SECONDS),
    ],
    ERASURES: (),
    SEGMENTS: [IndexModel([("key", ASCENDING)], unique=True)],
    SYNCS: [IndexModel([("at", ASCENDING)], expireAfterSeconds=SYNC_SECONDS)],
    FINDING: [
        IndexModel([("grams", ASCENDING), ("_id", ASCENDING)]),
        IndexModel([("facets.k", ASCENDING), ("facets.v", ASCENDING), ("_id", ASCENDING)]),
    ],
}

HOLDS = {
    **dict.fromkeys((CUSTOMERS, FINDING, DELIVERABILITY, NEXT_SURVEYS, HISTORY), "_id"),
    **dict.fromkeys((ANSWERS, RECORDS, AUDIT), "customer_id"),
}
"""What is known of a customer."""
