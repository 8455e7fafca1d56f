"""How long things are kept, in days; None: until somebody removes them."""

from collections.abc import Mapping

from services.console.store.collections import REPORTS_KEPT, SIGN_INS_KEPT


def kept(session_days: float) -> Mapping[str, float | None]:
    """All of the console's; a session ends after so long, if it is not left before."""
    return {
        "users": None,
        "sessions": session_days,
        "sign-ins": SIGN_INS_KEPT.days,
        "browser-reports": REPORTS_KEPT.days,
        "dead-letters": None,
    }
