"""The HTTP bodies of outbox."""

from services.outbox.schemas.addresses import AddressCheck, AddressCheckList, AddressesBody
from services.outbox.schemas.bounces import BounceBody, BouncePage, IncomingBody, IncomingText, PolicyRow
from services.outbox.schemas.brands import BrandBody, BrandCheckBody, BrandPut, CheckBody
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
from services.outbox.schemas.suppressions import SuppressionReport
from services.outbox.schemas.templates import (
    FindingBody,
    FindingList,
    PreviewAsk,
    PreviewBody,
    SavedTemplate,
    TemplateBody,
    TemplatePut,
    TestAsk,
    TestResult,
    TestResults,
    VersionBody,
    VersionList,
)

__all__ = [
    "AddressCheck",
    "AddressCheckList",
    "AddressesBody",
    "BounceBody",
    "BouncePage",
    "BrandBody",
    "BrandCheckBody",
    "BrandPut",
    "CampaignFigures",
    "CheckBody",
    "ConsentBody",
    "ConsentList",
    "DayFigures",
    "DeliverabilityBody",
    "DispatchBody",
    "DispatchPage",
    "Figures",
    "FindingBody",
    "FindingList",
    "Happened",
    "IncomingBody",
    "IncomingText",
    "PolicyRow",
    "PreferencesBody",
    "PreviewAsk",
    "PreviewBody",
    "Reason",
    "RecordFilter",
    "SavedTemplate",
    "StatsBody",
    "SuppressionReport",
    "TemplateBody",
    "TemplatePut",
    "TestAsk",
    "TestResult",
    "TestResults",
    "Timeline",
    "VersionBody",
    "VersionList",
]
