"""How long things are kept, in days; None: until somebody removes them."""

from collections.abc import Mapping

from services.outbox.store.collections import KEPT_SECONDS

DAY = 86_400
KEPT: Mapping[str, float | None] = {
    "survey-records": None,
    "mails-as-sent": None,
    "opens-and-clicks": None,
    "wishes": None,
    "suppressed-addresses": None,
    "bounces": KEPT_SECONDS / DAY,
    "incoming-mail": KEPT_SECONDS / DAY,
    "dead-letters": None,
}
