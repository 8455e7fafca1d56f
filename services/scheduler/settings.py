"""Settings of scheduler."""

from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr

from chassis.settings import ServiceSettings, prefixed


def _some(given: object) -> object:
    return (given,) if isinstance(given, str | SecretStr) else given


Secrets = Annotated[tuple[SecretStr, ...], BeforeValidator(_some)]


class Settings(ServiceSettings):
    """How eagerly it works. The company's rules are not settings: they are data, the same for every process."""

    model_config = prefixed("scheduler")

    poll_seconds: float = Field(
        default=0.25,
        ge=0.01,
        le=60,
        description="How often to look for what others made due; one's own is seen at once.",
    )
    stale_after_seconds: float = Field(
        default=60, gt=0, description="Nothing is asked for while what is known of customers is older than this."
    )
    claim_batch: int = Field(default=500, ge=1, le=1000, description="Surveys requested in one transaction.")
    recalculate_batch: int = Field(default=500, ge=1, le=5000, description="Customers recalculated in one transaction.")
    survey_url: str = Field(default="http://127.0.0.1:8404", description="Where feedback serves the survey pages.")
    in_app_secrets: dict[str, Secrets] = Field(
        default_factory=dict,
        description='What apps sign users with, by brand; "*" is for every other: {"*": "..."}. While one is changed,'
        ' both are taken: {"*": ["old", "new"]}.',
    )
    in_app_source: str = Field(default="app", description="The source whose external ids apps sign.")
    in_app_origins: tuple[str, ...] = Field(
        default=(), description='From where browsers may ask for in-app surveys: ["https://app.example"]; "*": any.'
    )
    ending_poll_seconds: float = Field(
        default=30, ge=0.05, le=3600, description="How often to look whether a one-time campaign is through."
    )
    ending_grace_seconds: float = Field(
        default=60, ge=0, le=86_400, description="How long a one-time campaign runs at least, whoever it finds."
    )
