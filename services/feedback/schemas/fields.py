"""What can be asked about an answer, in filters of lists, webhooks and figures."""

from collections.abc import Mapping

from chassis.filters import Field, Kind

RESPONSE_FIELDS: Mapping[str, Field] = {
    "id": Field(Kind.TEXT, "id"),
    "customer_id": Field(Kind.TEXT, "customer_id"),
    "campaign_id": Field(Kind.TEXT, "campaign_id"),
    "campaign_name": Field(Kind.TEXT, "campaign_name"),
    "channel": Field(Kind.TEXT, "channel"),
    "metric": Field(Kind.TEXT, "metric"),
    "score": Field(Kind.NUMBER, "score"),
    "score_class": Field(Kind.TEXT, "score_class"),
    "comment": Field(Kind.TEXT, "comment"),
    "comment_language": Field(Kind.TEXT, "comment_language"),
    "topics": Field(Kind.LABELS, "topics"),
    "answers.*": Field(Kind.ANY, "answers.*"),
    "language": Field(Kind.TEXT, "language"),
    "added_by": Field(Kind.TEXT, "added_by"),
    "provisional": Field(Kind.ANY, "provisional"),
    "suspected_automatic": Field(Kind.ANY, "suspected_automatic"),
    "past": Field(Kind.ANY, "past"),
    "import_id": Field(Kind.TEXT, "import_id"),
    "work.state": Field(Kind.TEXT, "work.state"),
    "work.assigned_to": Field(Kind.TEXT, "work.assigned_to"),
    "work.tags": Field(Kind.LABELS, "work.tags"),
    "answered_at": Field(Kind.MOMENT, "answered_at"),
    "changed_at": Field(Kind.MOMENT, "changed_at"),
    "company": Field(Kind.TEXT, "attributes.company"),
    "city": Field(Kind.TEXT, "attributes.city"),
    "state": Field(Kind.TEXT, "attributes.state"),
    "country": Field(Kind.TEXT, "attributes.country"),
    "tags": Field(Kind.LABELS, "attributes.tags"),
    "properties.*": Field(Kind.ANY, "attributes.properties.*"),
}
"""Attributes are the customer's as they were when it answered; `work` is how far colleagues are with it."""
