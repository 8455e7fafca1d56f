"""Every topic: name, payload types, partitions, retention, who writes. One registry: topics are made from it."""

from dataclasses import dataclass
from enum import StrEnum

from sounding_contracts.autoreplies import AutoreplyRequested
from sounding_contracts.bounces import BounceRecorded, ComplaintRecorded
from sounding_contracts.brands import BrandChanged
from sounding_contracts.campaigns import CampaignChanged
from sounding_contracts.customers import CustomerChanged
from sounding_contracts.deliverability import DeliverabilityChanged
from sounding_contracts.dispatches import DispatchChanged, DispatchRequested
from sounding_contracts.envelope import AnyPayload
from sounding_contracts.integrations import CustomerSync, SurveyTrigger
from sounding_contracts.next_surveys import NextSurveyChanged
from sounding_contracts.responses import ResponseChanged

DAY_MS = 86_400_000


class Kind(StrEnum):
    """How a reader treats a topic."""

    STATE = "state"
    """Compacted; each record is the whole subject; the highest `seq` of a subject counts; null erases it."""
    FACTS = "facts"
    """Each record stands for itself; its `source` + `id` remove duplicates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One topic. `name` is without the deployment's prefix; the partition count never changes.

    `read_by` names the services of Sounding that read it; anyone else may as well.
    """

    name: str
    types: tuple[type[AnyPayload], ...]
    kind: Kind
    key: str
    partition_by: str
    written_by: str
    read_by: tuple[str, ...] = ()
    partitions: int = 12
    retention_days: int | None = None

    @property
    def source(self) -> str:
        """The CloudEvents `source` of what is written here: `/outbox/deliverability`."""
        service, stream, _ = self.name.split(".")
        return f"/{service}/{stream}"

    @property
    def from_outside(self) -> bool:
        """Whether strangers write here."""
        return self.written_by == "integrations"

    @property
    def config(self) -> dict[str, str]:
        """Kafka's topic settings, beside partitions and replicas."""
        if self.kind is Kind.STATE:
            return {
                "cleanup.policy": "compact",
                "min.compaction.lag.ms": str(DAY_MS),
                "delete.retention.ms": str(7 * DAY_MS),
            }
        return {"cleanup.policy": "delete", "retention.ms": str((self.retention_days or 30) * DAY_MS)}


INTEGRATIONS_CUSTOMERS = Topic(
    name="integrations.customers.v1",
    types=(CustomerSync,),
    kind=Kind.FACTS,
    key="the integration's customer id, else the e-mail address",
    partition_by="key",
    written_by="integrations",
    read_by=("profile",),
    retention_days=30,
)
INTEGRATIONS_TRIGGERS = Topic(
    name="integrations.triggers.v1",
    types=(SurveyTrigger,),
    kind=Kind.FACTS,
    key="the integration's customer id, else the e-mail address",
    partition_by="key",
    written_by="integrations",
    read_by=("scheduler",),
    retention_days=30,
)
PROFILE_CUSTOMERS = Topic(
    name="profile.customers.v1",
    types=(CustomerChanged,),
    kind=Kind.STATE,
    key="customer id",
    partition_by="key",
    written_by="profile",
    read_by=("profile", "scheduler", "outbox", "feedback", "console"),
)
SCHEDULER_CAMPAIGNS = Topic(
    name="scheduler.campaigns.v1",
    types=(CampaignChanged,),
    kind=Kind.STATE,
    key="campaign id",
    partition_by="key",
    written_by="scheduler",
    read_by=("outbox", "feedback", "console"),
    partitions=1,
)
SCHEDULER_NEXT_SURVEYS = Topic(
    name="scheduler.next-surveys.v1",
    types=(NextSurveyChanged,),
    kind=Kind.STATE,
    key="customer id",
    partition_by="key",
    written_by="scheduler",
    read_by=("profile", "console"),
)
SCHEDULER_DISPATCH_REQUESTS = Topic(
    name="scheduler.dispatch-requests.v1",
    types=(DispatchRequested,),
    kind=Kind.FACTS,
    key="customer id",
    partition_by="key",
    written_by="scheduler",
    read_by=("outbox",),
    retention_days=30,
)
OUTBOX_DISPATCHES = Topic(
    name="outbox.dispatches.v1",
    types=(DispatchChanged,),
    kind=Kind.STATE,
    key="dispatch id",
    partition_by="customer id",
    written_by="outbox",
    read_by=("profile", "scheduler", "feedback", "console"),
)
OUTBOX_BOUNCES = Topic(
    name="outbox.bounces.v1",
    types=(BounceRecorded, ComplaintRecorded),
    kind=Kind.FACTS,
    key="customer id",
    partition_by="key",
    written_by="outbox",
    read_by=(),
    retention_days=90,
)
OUTBOX_BRANDS = Topic(
    name="outbox.brands.v1",
    types=(BrandChanged,),
    kind=Kind.STATE,
    key="brand id",
    partition_by="key",
    written_by="outbox",
    read_by=("feedback", "console"),
    partitions=1,
)
OUTBOX_DELIVERABILITY = Topic(
    name="outbox.deliverability.v1",
    types=(DeliverabilityChanged,),
    kind=Kind.STATE,
    key="customer id",
    partition_by="key",
    written_by="outbox",
    read_by=("profile", "scheduler", "console"),
)
FEEDBACK_RESPONSES = Topic(
    name="feedback.responses.v1",
    types=(ResponseChanged,),
    kind=Kind.STATE,
    key="response id",
    partition_by="customer id",
    written_by="feedback",
    read_by=("profile", "scheduler", "outbox", "feedback", "console"),
)
FEEDBACK_AUTOREPLY_REQUESTS = Topic(
    name="feedback.autoreply-requests.v1",
    types=(AutoreplyRequested,),
    kind=Kind.FACTS,
    key="customer id",
    partition_by="key",
    written_by="feedback",
    read_by=("outbox",),
    retention_days=30,
)

ALL: tuple[Topic, ...] = (
    INTEGRATIONS_CUSTOMERS,
    INTEGRATIONS_TRIGGERS,
    PROFILE_CUSTOMERS,
    SCHEDULER_CAMPAIGNS,
    SCHEDULER_NEXT_SURVEYS,
    SCHEDULER_DISPATCH_REQUESTS,
    OUTBOX_DISPATCHES,
    OUTBOX_BOUNCES,
    OUTBOX_BRANDS,
    OUTBOX_DELIVERABILITY,
    FEEDBACK_RESPONSES,
    FEEDBACK_AUTOREPLY_REQUESTS,
)
