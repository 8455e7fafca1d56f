"""Settings of console."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from chassis.settings import ServiceSettings, prefixed
from services.console.domain.roles import Role


class Provider(BaseModel):
    """Somebody else who knows who people are, by OpenID Connect."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(description="As the button says it.")
    issuer: str = Field(description="Its address; /.well-known/openid-configuration lies under it.")
    client_id: str
    client_secret: SecretStr | None = Field(default=None, description="Unset: a public client, by PKCE alone.")
    scopes: str = "openid email profile"
    role_claim: str | None = Field(default=None, description='Which claim names groups or roles, such as "groups".')
    roles: dict[str, Role] = Field(default_factory=dict, description='From the claim to ours: {"cx-leads": "manager"}.')
    default_role: Role | None = Field(default=None, description="Of those whom no rule names; unset: they may not in.")


class Settings(ServiceSettings):
    """Where people reach it, where the services are, how long a session lasts."""

    model_config = prefixed("console")

    public_url: str = Field(default="http://127.0.0.1:8405", description="As people's browsers see it.")
    profile_url: str = Field(default="http://127.0.0.1:8401", description="Where profile's API is.")
    scheduler_url: str = Field(default="http://127.0.0.1:8402", description="Where scheduler's API is.")
    outbox_url: str = Field(default="http://127.0.0.1:8403", description="Where outbox's API is.")
    feedback_url: str = Field(default="http://127.0.0.1:8404", description="Where feedback's API is.")
    upstream_seconds: float = Field(default=60, ge=0.1, le=600, description="How long a service may take to answer.")
    session_hours: float = Field(default=12, ge=0.01, le=720, description="After so long without a request it ends.")
    session_days: float = Field(default=30, ge=0.01, le=365, description="After so long it ends whatever happens.")
    passwords: bool = Field(default=True, description="Whether people may sign in with a password.")
    oidc: dict[str, Provider] = Field(default_factory=dict, description="Providers by a short id of your choice.")
    address_header: str | None = Field(
        default=None, description='Which header of your proxy names the client, such as "x-real-ip"; unset: none does.'
    )
    static: Path = Field(default=Path(__file__).with_name("static"), description="Where the built web app is.")
    live_poll_seconds: float = Field(default=0.1, ge=0.01, le=5, description="How often to look for news.")
    heartbeat_seconds: float = Field(default=15, ge=0.05, le=60)
    live_per_session: int = Field(default=20, ge=1, le=1000, description="Open streams of one session in a process.")

    @property
    def upstreams(self) -> dict[str, str]:
        """The other services' addresses, by name."""
        return {
            "profile": self.profile_url,
            "scheduler": self.scheduler_url,
            "outbox": self.outbox_url,
            "feedback": self.feedback_url,
        }

    @property
    def session_idle(self) -> timedelta:
        """How long a session lasts without a request."""
        return timedelta(hours=self.session_hours)

    @property
    def session_most(self) -> timedelta:
        """How long a session lasts at most."""
        return timedelta(days=self.session_days)

    @property
    def secure(self) -> bool:
        """Whether people come by https."""
        return urlsplit(self.public_url).scheme == "https"

    @property
    def cookie(self) -> str:
        """The session cookie's name: cookies do not tell ports apart, so that two deployments here need two names."""
        return "__Host-sounding" if self.secure else f"sounding_{urlsplit(self.public_url).port or 80}"
