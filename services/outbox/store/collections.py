"""The collections and their indexes."""

from collections.abc import Sequence

from chassis.mongo import ASCENDING, DESCENDING, IndexModel
from services.outbox.domain.dispatch import Phase

DISPATCHES, GATES, RECIPIENTS = "dispatches", "gates", "recipients"
CAMPAIGNS, BRANDS, TEMPLATES, KEYS = "campaigns", "brands", "templates", "keys"
CONSENTS, TOUCHES, LINKS, FIGURE_ROWS = "consents", "touches", "links", "figures"
LOOKS = "looks"
BOUNCES, INCOMING = "bounces", "incoming"
BRAKES, PACES, REFUSALS, RUNS = "brakes", "paces", "refusals", "runs"
SETTLEMENTS = "settlements"
CUSTOMERS = "customers"
"""What the stream of customers is read for: not a collection, but what its age is asked by."""
KEPT_SECONDS = 90 * 86_400
"""How long bounces and what came in are kept."""
TEMPLATE_VERSIONS, TESTS = "template_versions", "tests"
ADDRESS = "address:"
"""How the id of an address's gate begins; a customer's gate has the customer's id."""

NEWEST = [("requested_at", DESCENDING), ("_id", DESCENDING)]
"""The order in which records are listed."""

INDEXES: dict[str, Sequence[IndexModel]] = {
    DISPATCHES: [
        IndexModel([("phase", ASCENDING), ("next_try_at", ASCENDING)]),
        IndexModel(
            [("claimed_until", ASCENDING)], partialFilterExpression={"phase": str(Phase.CLAIMED)}, name="claimed"
        ),
        IndexModel(
            [("committed_at", ASCENDING)], partialFilterExpression={"phase": str(Phase.COMMITTED)}, name="committed"
        ),
        IndexModel([("customer_id", ASCENDING), *NEWEST]),
        IndexModel([("campaign_id", ASCENDING), *NEWEST]),
        IndexModel(NEWEST),
        IndexModel([("reminds_of", ASCENDING)], partialFilterExpression={"reminds_of": {"$type": "string"}}),
        IndexModel([("state", ASCENDING), *NEWEST], partialFilterExpression={"state": "unknown"}, name="unknown"),
        IndexModel([("provider_id", ASCENDING)], partialFilterExpression={"provider_id": {"$type": "string"}}),
        IndexModel([("uncounted", ASCENDING)], partialFilterExpression={"uncounted": True}),
        IndexModel([("ignored_after", ASCENDING)], partialFilterExpression={"ignored_after": {"$exists": True}}),
        IndexModel([("wave", ASCENDING)], unique=True, partialFilterExpression={"wave": {"$exists": True}}),
    ],
    GATES: (),
    RECIPIENTS: [IndexModel([("canonical_email", ASCENDING)])],
    CAMPAIGNS: (),
    BRANDS: (),
    TEMPLATES: (),
    TEMPLATE_VERSIONS: [IndexModel([("template_id", ASCENDING), ("seq", DESCENDING)])],
    TESTS: [IndexModel([("at", ASCENDING)], expireAfterSeconds=3600)],
    KEYS: (),
    # After a day without another word each is at full speed again, whether or not anything was sent there.
    PACES: [IndexModel([("slowed_at", ASCENDING)], expireAfterSeconds=86_400, name="kept")],
    REFUSALS: [IndexModel([("since", ASCENDING)], expireAfterSeconds=86_400, name="kept")],
    BRAKES: [IndexModel([("at", DESCENDING)])],
    RUNS: [IndexModel([("at", ASCENDING)], expireAfterSeconds=KEPT_SECONDS, name="kept")],
    LINKS: (),
    LOOKS: (),
    FIGURE_ROWS: [IndexModel([("campaign_id", ASCENDING), ("day", ASCENDING)]), IndexModel([("day", ASCENDING)])],
    TOUCHES: [
        IndexModel([("dispatch_id", ASCENDING), ("at", ASCENDING)]),
        IndexModel([("customer_id", ASCENDING)]),
    ],
    BOUNCES: [
        IndexModel([("dispatch_id", ASCENDING)]),
        IndexModel([("customer_id", ASCENDING)]),
        IndexModel([("kind", ASCENDING), ("occurred_at", ASCENDING)]),
        IndexModel([("occurred_at", ASCENDING)], expireAfterSeconds=KEPT_SECONDS, name="kept"),
    ],
    INCOMING: [
        IndexModel([("state", ASCENDING), ("due_at", ASCENDING)]),
        IndexModel([("received_at", ASCENDING)], expireAfterSeconds=KEPT_SECONDS, name="kept"),
    ],
    SETTLEMENTS: [
        IndexModel([("dispatch_id", ASCENDING), ("at", ASCENDING)]),
        IndexModel([("customer_id", ASCENDING)]),
    ],
    CONSENTS: [IndexModel([("customer_id", ASCENDING), ("at", DESCENDING)])],
}

HOLDS = {
    RECIPIENTS: "_id",
    GATES: "_id",
    DISPATCHES: "customer_id",
    CONSENTS: "customer_id",
    TOUCHES: "customer_id",
    BOUNCES: "customer_id",
    SETTLEMENTS: "customer_id",
}
"""What is known of a customer."""
