"""How long things are kept, in days; None: until somebody removes them."""

from collections.abc import Mapping

from sounding_contracts import topics

from services.profile.store.collections import ERASED_SECONDS, FILE_SECONDS, SYNC_SECONDS

DAY = 86_400
KEPT: Mapping[str, float | None] = {
    "customers": None,
    "activity": None,
    "integration-events": topics.INTEGRATIONS_CUSTOMERS.retention_days,
    "sync-outcomes": SYNC_SECONDS / DAY,
    "import-files": FILE_SECONDS / DAY,
    "job-reports": FILE_SECONDS / DAY,
    "erasure-marks": ERASED_SECONDS / DAY,
    "dead-letters": None,
}
