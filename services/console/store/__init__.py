"""Where the console keeps users, sessions, keys, and for an hour what changed."""

from services.console.store import keys, links, news, sessions, sign_ins, users
from services.console.store.collections import INDEXES

__all__ = ["INDEXES", "keys", "links", "news", "sessions", "sign_ins", "users"]
