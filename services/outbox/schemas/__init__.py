"""The HTTP bodies of outbox."""

from services.outbox.schemas.content import BrandBody, BrandPut, TemplateBody, TemplatePut
from services.outbox.schemas.deliverability import ConsentBody, ConsentList, DeliverabilityBody, PreferencesBody, Reason
from services.outbox.schemas.records import DispatchBody, DispatchPage

__all__ = [
    "BrandBody",
    "BrandPut",
    "ConsentBody",
    "ConsentList",
    "DeliverabilityBody",
    "DispatchBody",
    "DispatchPage",
    "PreferencesBody",
    "Reason",
    "TemplateBody",
    "TemplatePut",
]
