"""Settings of profile."""

from pydantic import Field, SecretStr

from chassis.settings import ServiceSettings, prefixed


class Settings(ServiceSettings):
    """`SOUNDING_PROFILE_OUTBOX_URL` and so on: where the services are that own what the profile page does."""

    model_config = prefixed("profile")

    scheduler_url: str = Field(default="http://127.0.0.1:8402", description="Where scheduler's API is.")
    outbox_url: str = Field(default="http://127.0.0.1:8403", description="Where outbox's API is.")
    feedback_url: str = Field(default="http://127.0.0.1:8404", description="Where feedback's API is.")

    owners_key: SecretStr | None = Field(
        default=None,
        description="The API key with which work over many customers asks them; unset: such work is refused.",
    )

    @property
    def owners(self) -> dict[str, str]:
        """Their addresses, by name."""
        return {"scheduler": self.scheduler_url, "outbox": self.outbox_url, "feedback": self.feedback_url}
