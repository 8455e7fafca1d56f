"""What an API key may be allowed: every scope that a service asks for, in plain words."""

SCOPES: dict[str, str] = {
    "customers:read": "See customers, their history, tags, properties, segments and jobs",
    "customers:write": "Add, change, delete and erase customers; tags, properties, segments, jobs",
    "held:read": "See and export all that is held on a person",
    "imports:write": "Import customers from files",
    "sync:read": "Follow what integrations sent",
    "sync:write": "Send customers from integrations",
    "campaigns:read": "See campaigns, their ledger and contact rules",
    "campaigns:write": "Make, change, start and stop campaigns, take back what waits of them; contact rules",
    "surveys:send": "Send a single survey, or take one back that waits",
    "triggers:read": "See trigger events",
    "triggers:write": "Send trigger events, and call them off",
    "dispatches:read": "See survey records, mails as sent, bounces and figures of delivery",
    "templates:read": "See and preview mail templates",
    "templates:write": "Change mail templates, send tests",
    "brands:read": "See brands and check their domains",
    "brands:write": "Change brands",
    "deliverability:read": "See who may be surveyed, and why not",
    "deliverability:write": "Unsubscribe, resubscribe, suppress addresses",
    "responses:read": "See answers and figures",
    "responses:write": "Add and change answers",
    "topics:write": "Change the topics that comments are sorted into",
    "alerts:read": "See who is told of which answers",
    "alerts:write": "Change who is told of which answers",
    "autoreplies:read": "See automatic replies to answers",
    "autoreplies:write": "Change automatic replies to answers",
    "webhooks:read": "See outgoing webhooks",
    "webhooks:write": "Make and change outgoing webhooks",
    "incoming:write": "See and replay incoming mail that could not be understood",
    "operations:read": "See dead letters and the state of the services",
    "operations:write": "Replay dead letters, pause all mail, count anew",
    "users:read": "See the console's users and their sign-ins",
    "users:write": "Invite, change and disable the console's users",
    "keys:read": "See API keys",
    "keys:write": "Make and revoke API keys",
}
GUARDED = frozenset({"held:read", "operations:read", "users:read", "keys:read"})
"""Reading that not everybody may who may read."""


def unknown(scopes: frozenset[str]) -> list[str]:
    """Those that no service asks for; `things:*` and `*` hold more than one."""
    rooms = {scope.split(":")[0] for scope in SCOPES}
    return sorted(one for one in scopes if one != "*" and one not in SCOPES and not _is_room(one, rooms))


def _is_room(scope: str, rooms: set[str]) -> bool:
    return scope.endswith(":*") and scope.removesuffix(":*") in rooms
