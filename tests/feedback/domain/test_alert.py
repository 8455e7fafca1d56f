"""When digests are sent."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from services.feedback.domain.alert import Alert, Digest, Rhythm, next_digest
from services.feedback.domain.webhook import Secret

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
ALERT = Alert(id="a", name="A", url="https://x.example", secrets=(Secret(text="s"),), created_at=NOON, changed_at=NOON)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))
ZONES = st.sampled_from(
    ["UTC", "Europe/Vienna", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "Australia/Lord_Howe"]
)


@given(MOMENTS, ZONES, st.integers(0, 23), st.integers(1, 7), st.sampled_from([Rhythm.DAILY, Rhythm.WEEKLY]))
def test_a_digest_comes_soon_after_at_its_hour_and_day(
    after: datetime, zone: str, hour: int, weekday: int, rhythm: Rhythm
) -> None:
    alert = replace(ALERT, rhythm=rhythm, digest=Digest(hour=hour, weekday=weekday, timezone=zone))

    due_at = next_digest(alert, after)

    local = due_at.astimezone(ZoneInfo(zone))
    assert after < due_at <= after + timedelta(days=1 if rhythm is Rhythm.DAILY else 7, hours=25)
    assert rhythm is Rhythm.DAILY or local.isoweekday() == weekday
    assert abs(local.hour - hour) <= 1
