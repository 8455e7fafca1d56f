"""The HTTP bodies of outbox."""

from services.outbox.schemas.bounces import BounceBody, BouncePage, IncomingBody, IncomingText, PolicyRow
from services.outbox.schemas.content import BrandBody, BrandPut, TemplateBody, TemplatePut
from services.outbox.schemas.deliverability import ConsentBody, ConsentList, DeliverabilityBody, PreferencesBody, Reason
from services.outbox.schemas.records import (
    CampaignFigures,
    DayFigures,
    DispatchBody,
    DispatchPage,
    Figures,
    Happened,
    RecordFilter,
    StatsBody,
    Timeline,
)

__all__ = [
    "BounceBody",
    "BouncePage",
    "BrandBody",
    "BrandPut",
    "CampaignFigures",
    "ConsentBody",
    "ConsentList",
    "DayFigures",
    "DeliverabilityBody",
    "DispatchBody",
    "DispatchPage",
    "Figures",
    "Happened",
    "IncomingBody",
    "IncomingText",
    "PolicyRow",
    "PreferencesBody",
    "Reason",
    "RecordFilter",
    "StatsBody",
    "TemplateBody",
    "TemplatePut",
    "Timeline",
]
