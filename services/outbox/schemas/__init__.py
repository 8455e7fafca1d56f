"""The HTTP bodies of outbox."""

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
    "PreferencesBody",
    "Reason",
    "RecordFilter",
    "StatsBody",
    "TemplateBody",
    "TemplatePut",
    "Timeline",
]
