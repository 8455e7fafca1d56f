"""What can be seen of survey records, gates, brands and templates."""

from services.outbox.views.bounces import bounces, incoming, not_found, one_incoming, refused_by_policy
from services.outbox.views.content import brand, brands, template, templates
from services.outbox.views.deliverability import consents, deliverability, on_the_way
from services.outbox.views.figures import customer_stats, stats
from services.outbox.views.records import dispatch, dispatches
from services.outbox.views.timelines import customer_timeline, timeline
from services.outbox.views.ways import WayOut, target_of, way_out

__all__ = [
    "WayOut",
    "bounces",
    "brand",
    "brands",
    "consents",
    "customer_stats",
    "customer_timeline",
    "deliverability",
    "dispatch",
    "dispatches",
    "incoming",
    "not_found",
    "on_the_way",
    "one_incoming",
    "refused_by_policy",
    "stats",
    "target_of",
    "template",
    "templates",
    "timeline",
    "way_out",
]
