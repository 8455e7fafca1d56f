"""Settings of scheduler."""

from pydantic import Field

from chassis.settings import ServiceSettings, prefixed


class Settings(ServiceSettings):
    """How eagerly it works. The company's rules are not settings: they are data, the same for every process."""

    model_config = prefixed("scheduler")

    poll_seconds: float = Field(
        default=0.25,
        ge=0.01,
        le=60,
        description="How often to look for what others made due; one's own is seen at once.",
    )
    claim_batch: int = Field(default=200, ge=1, le=1000, description="Surveys requested in one transaction.")
    recalculate_batch: int = Field(default=500, ge=1, le=5000, description="Customers recalculated in one transaction.")
