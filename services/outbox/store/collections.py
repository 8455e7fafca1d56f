"""The collections and their indexes."""

from collections.abc import Sequence

from chassis.mongo import ASCENDING, DESCENDING, IndexModel
from services.outbox.domain.dispatch import Phase

DISPATCHES, GATES, RECIPIENTS = "dispatches", "gates", "recipients"
CAMPAIGNS, BRANDS, TEMPLATES, KEYS = "campaigns", "brands", "templates", "keys"
CONSENTS, TOUCHES, LINKS = "consents", "touches", "links"
ADDRESS = "address:"
"""How the id of an address's gate begins; a customer's gate has the customer's id."""

INDEXES: dict[str, Sequence[IndexModel]] = {
    DISPATCHES: [
        IndexModel([("phase", ASCENDING), ("next_try_at", ASCENDING)]),
        IndexModel(
            [("claimed_until", ASCENDING)], partialFilterExpression={"phase": str(Phase.CLAIMED)}, name="claimed"
        ),
        IndexModel(
            [("committed_at", ASCENDING)], partialFilterExpression={"phase": str(Phase.COMMITTED)}, name="committed"
        ),
        IndexModel([("customer_id", ASCENDING), ("_id", ASCENDING)]),
        IndexModel([("campaign_id", ASCENDING), ("_id", ASCENDING)]),
        IndexModel([("wave", ASCENDING)], unique=True, partialFilterExpression={"wave": {"$exists": True}}),
    ],
    GATES: (),
    RECIPIENTS: (),
    CAMPAIGNS: (),
    BRANDS: (),
    TEMPLATES: (),
    KEYS: (),
    LINKS: (),
    TOUCHES: [
        IndexModel([("dispatch_id", ASCENDING), ("at", ASCENDING)]),
        IndexModel([("customer_id", ASCENDING)]),
    ],
    CONSENTS: [IndexModel([("customer_id", ASCENDING), ("at", DESCENDING)])],
}

HOLDS = {RECIPIENTS: "_id", GATES: "_id", DISPATCHES: "customer_id", CONSENTS: "customer_id", TOUCHES: "customer_id"}
"""What is known of a customer."""
