"""How long things are kept, in days; None: until somebody removes them."""

from collections.abc import Mapping

from services.scheduler.store.collections import REMINDER_SECONDS, TRIGGER_SECONDS

DAY = 86_400
KEPT: Mapping[str, float | None] = {
    "survey-rounds": None,
    "triggers": TRIGGER_SECONDS / DAY,
    "reminder-plans": REMINDER_SECONDS / DAY,
    "dead-letters": None,
}
