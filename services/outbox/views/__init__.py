"""What can be seen of survey records, gates, brands and templates."""

from services.outbox.views.content import brand, brands, template, templates
from services.outbox.views.deliverability import consents, deliverability, on_the_way
from services.outbox.views.records import dispatch, dispatches
from services.outbox.views.ways import WayOut, target_of, way_out

__all__ = [
    "WayOut",
    "brand",
    "brands",
    "consents",
    "deliverability",
    "dispatch",
    "dispatches",
    "on_the_way",
    "target_of",
    "template",
    "templates",
    "way_out",
]
