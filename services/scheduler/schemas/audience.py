"""The fields that an audience may ask about."""

from collections.abc import Mapping

from chassis import filters

_TEXTS = ("first_name", "last_name", "job_title", "company", "email", "phone", "city", "state", "country")
AUDIENCE_FIELDS: Mapping[str, filters.Field] = {
    **{
        name: filters.Field(filters.Kind.TEXT, f"profile.{name}")
        for name in (*_TEXTS, "language", "timezone", "source")
    },
    "created_at": filters.Field(filters.Kind.MOMENT, "profile.created_at"),
    "tags": filters.Field(filters.Kind.LABELS, "profile.tag_keys", folded=True),
    "properties.*": filters.Field(filters.Kind.ANY, "profile.properties.*"),
    "status": filters.Field(filters.Kind.TEXT, "status"),
    "last_score": filters.Field(filters.Kind.NUMBER, "last_score"),
    "last_survey_at": filters.Field(filters.Kind.MOMENT, "last_survey_at"),
}


def audience(tree: object) -> filters.Filter:
    """An audience, ready to be asked. Raises `Invalid` with the place and the reason."""
    return filters.parse(tree, AUDIENCE_FIELDS, place="audience")
