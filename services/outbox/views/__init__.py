"""What can be seen of survey records, gates, brands and templates."""

from services.outbox.views.bounces import bounces, incoming, not_found, one_incoming, refused_by_policy
from services.outbox.views.brands import brand, brands, find_brand
from services.outbox.views.deliverability import consents, deliverability, on_the_way, suppressed
from services.outbox.views.figures import customer_stats, stats
from services.outbox.views.mails import mail
from services.outbox.views.records import dispatch, dispatches
from services.outbox.views.sender_domain import check_brand
from services.outbox.views.sending import sending
from services.outbox.views.templates import (
    SAMPLE,
    Sitting,
    check_template,
    checks,
    find_template,
    known_template,
    preview,
    sitting,
    template,
    template_versions,
    templates,
)
from services.outbox.views.timelines import customer_timeline, timeline
from services.outbox.views.ways import WayOut, target_of, way_out

__all__ = [
    "SAMPLE",
    "Sitting",
    "WayOut",
    "bounces",
    "brand",
    "brands",
    "check_brand",
    "check_template",
    "checks",
    "consents",
    "customer_stats",
    "customer_timeline",
    "deliverability",
    "dispatch",
    "dispatches",
    "find_brand",
    "find_template",
    "incoming",
    "known_template",
    "mail",
    "not_found",
    "on_the_way",
    "one_incoming",
    "preview",
    "refused_by_policy",
    "sending",
    "sitting",
    "stats",
    "suppressed",
    "target_of",
    "template",
    "template_versions",
    "templates",
    "timeline",
    "way_out",
]
