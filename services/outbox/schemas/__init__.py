"""The HTTP bodies of outbox."""

from services.outbox.schemas.content import BrandBody, BrandPut, TemplateBody, TemplatePut
from services.outbox.schemas.deliverability import DeliverabilityBody, Reason
from services.outbox.schemas.records import DispatchBody, DispatchPage

__all__ = [
    "BrandBody",
    "BrandPut",
    "DeliverabilityBody",
    "DispatchBody",
    "DispatchPage",
    "Reason",
    "TemplateBody",
    "TemplatePut",
]
