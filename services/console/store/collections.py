"""The collections of console and their indexes."""

from collections.abc import Sequence
from datetime import timedelta

from chassis.mongo import ASCENDING, DESCENDING, IndexModel
from services.console.domain.news import KEPT

USERS, SESSIONS, LINKS, KEYS = "users", "sessions", "links", "keys"
SIGN_INS, TRIES, LOGINS = "sign_ins", "tries", "logins"
NEWS, COUNTERS, REPORTS = "news", "counters", "csp_reports"

SIGN_INS_KEPT, REPORTS_KEPT = timedelta(days=365), timedelta(days=7)


def _gone_at(field: str) -> IndexModel:
    return IndexModel([(field, ASCENDING)], expireAfterSeconds=0)


def _gone_after(field: str, age: timedelta) -> IndexModel:
    return IndexModel([(field, ASCENDING)], expireAfterSeconds=int(age.total_seconds()))


INDEXES: dict[str, Sequence[IndexModel]] = {
    USERS: [
        IndexModel([("email", ASCENDING)], unique=True),
        IndexModel([("subject", ASCENDING)], unique=True, partialFilterExpression={"subject": {"$type": "string"}}),
    ],
    SESSIONS: [IndexModel([("user_id", ASCENDING)]), _gone_at("expires_at")],
    LINKS: [IndexModel([("user_id", ASCENDING)]), _gone_at("expires_at")],
    KEYS: [IndexModel([("hash", ASCENDING)], unique=True)],
    SIGN_INS: [
        IndexModel([("user_id", ASCENDING), ("_id", DESCENDING)]),
        _gone_after("at", SIGN_INS_KEPT),
    ],
    TRIES: [_gone_at("until")],
    LOGINS: [_gone_at("expires_at")],
    NEWS: [_gone_after("at", KEPT)],
    COUNTERS: (),
    REPORTS: [_gone_after("at", REPORTS_KEPT)],
}
