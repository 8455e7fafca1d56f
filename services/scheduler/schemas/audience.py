"""The fields that an audience may ask about."""

from collections.abc import Mapping
from datetime import UTC, datetime

from chassis import filters
from services.scheduler.domain.audience import resolved

_TEXTS = ("first_name", "last_name", "job_title", "company", "phone", "city", "state", "country")
_ANY_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
AUDIENCE_FIELDS: Mapping[str, filters.Field] = {
    **{
        name: filters.Field(filters.Kind.TEXT, f"profile.{name}")
        for name in (*_TEXTS, "language", "timezone", "source")
    },
    "email": filters.Field(filters.Kind.TEXT, "profile.canonical_email", folded=True),
    "created_at": filters.Field(filters.Kind.MOMENT, "profile.created_at"),
    "tags": filters.Field(filters.Kind.LABELS, "profile.tag_keys", folded=True),
    "properties.*": filters.Field(filters.Kind.ANY, "profile.properties.*"),
    "status": filters.Field(filters.Kind.TEXT, "status"),
    "last_score": filters.Field(filters.Kind.NUMBER, "last_score"),
    "last_survey_at": filters.Field(filters.Kind.MOMENT, "last_survey_at"),
}


def audience(tree: object, now: datetime) -> filters.Filter:
    """An audience as it looks back from now, ready to be asked. Raises `Invalid` with the place and the reason."""
    return filters.parse(resolved(tree, now), AUDIENCE_FIELDS, place="audience")


COUNTED_FIELDS = {
    **AUDIENCE_FIELDS,
    "next_survey_at": filters.Field(filters.Kind.MOMENT, "next.at"),
    "next_survey_kind": filters.Field(filters.Kind.TEXT, "next.kind"),
    "next_survey_campaign": filters.Field(filters.Kind.TEXT, "next.campaign_id"),
}
"""What can be counted besides. A campaign cannot ask for it: the next survey follows from the campaigns."""


def counted(tree: object, now: datetime) -> filters.Filter:
    """What is to be counted. Raises `Invalid` with the place and the reason."""
    return filters.parse(resolved(tree, now), COUNTED_FIELDS, place="audience")


def check_audience(tree: object) -> None:
    """Raise `Invalid` where it cannot be read."""
    audience(tree, _ANY_MOMENT)
