"""Settings of feedback."""

from typing import Literal

from pydantic import Field, SecretStr

from chassis.settings import ServiceSettings, prefixed


class Settings(ServiceSettings):
    """`SOUNDING_FEEDBACK_ANSWERABLE_DAYS` and so on."""

    model_config = prefixed("feedback")

    unsubscribe_url: str = Field(
        default="http://127.0.0.1:8403", description="Where outbox serves its unsubscribe page."
    )
    answerable_days: int = Field(
        default=60, ge=1, description="How long after it was asked for a survey takes an answer."
    )
    webhook_networks: tuple[str, ...] = Field(
        default=(), description='Networks of your own that webhooks may call, with plain HTTP too: ["10.0.0.0/8"].'
    )
    alert_smtp_host: str = Field(default="", description="The mail server for alerts to people inside; empty: none.")
    alert_smtp_port: int = Field(default=587, ge=1, le=65535)
    alert_smtp_tls: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="`starttls`, `tls` from the first byte, or `none`."
    )
    alert_smtp_username: str | None = None
    alert_smtp_password: SecretStr | None = None
    alert_sender: str = Field(default="alerts@localhost", description="Whom alerts by mail are from.")
    text_model: str = Field(
        default="",
        description="A model of your own that finds topics in comments, as package.module:function; empty: none.",
    )
    suspect_within_seconds: float = Field(
        default=5,
        ge=0,
        description="An answer that comes sooner after its mail was sent is suspected to be a machine's; 0: none is.",
    )
    figures_memory_mb: int = Field(
        default=256, ge=0, description="What the HTTP process keeps of figures in memory, so as not to read it again."
    )
    editable_days: int = Field(default=7, ge=0, description="How long an answer may be changed.")
