"""How long things are kept, in days; None: until somebody removes them."""

from collections.abc import Mapping

from services.feedback.store.collections import ATTEMPTS_KEPT, FILES_KEPT, NOTICES_KEPT

KEPT: Mapping[str, float | None] = {
    "answers": None,
    "notes": None,
    "import-files": FILES_KEPT.days,
    "webhook-attempts": ATTEMPTS_KEPT.days,
    "alert-notices": NOTICES_KEPT.days,
    "dead-letters": None,
}
