"""What can be seen of survey records, gates, brands and templates."""

from services.outbox.views.content import brand, brands, template, templates
from services.outbox.views.deliverability import deliverability, on_the_way
from services.outbox.views.records import dispatch, dispatches

__all__ = ["brand", "brands", "deliverability", "dispatch", "dispatches", "on_the_way", "template", "templates"]
