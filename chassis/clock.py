"""The one place that asks what time it is."""

from datetime import UTC, datetime


def now() -> datetime:
    """This moment: aware, UTC, whole milliseconds (what MongoDB keeps)."""  # noqa: D404
    moment = datetime.now(UTC)  # noqa: TID251
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
