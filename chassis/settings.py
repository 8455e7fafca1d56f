"""Settings from the environment: one prefix, checked at start, secrets never printed."""

import re
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings import SettingsError as NotParsedError

PREFIX = "SOUNDING_"


class ApiKey(BaseModel):
    """A key that may call the API: its id, the SHA-256 of its secret (hex) and what it may do."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")]
    hash: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    scopes: frozenset[str] = Field(description='Such as "things:read"; "*" is everything.')


class ChassisSettings(BaseSettings):
    """What every service needs; `SOUNDING_KAFKA`, `SOUNDING_MONGODB` and so on."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    kafka: Annotated[str, StringConstraints(min_length=1)] = Field(description="Bootstrap servers, host:port,…")
    kafka_username: str | None = Field(default=None, description="Signs in by SCRAM-SHA-512; unset: nobody signs in.")
    kafka_password: SecretStr = SecretStr("")
    kafka_tls: bool = Field(default=False, description="Speak TLS, and check the broker's certificate and name.")
    kafka_tls_ca: str | None = Field(
        default=None, description="File of certificates to check against; else the system's."
    )
    mongodb: SecretStr = Field(
        description="URI of a replica set, with user, `authSource`, `tls` and `tlsCAFile` as needed."
    )
    topic_prefix: Annotated[str, StringConstraints(pattern=r"^([a-z0-9][a-z0-9.-]{0,40})?$")] = ""
    database_prefix: Annotated[str, StringConstraints(pattern=r"^([a-z0-9][a-z0-9_-]{0,30})?$")] = ""
    http_host: str = "127.0.0.1"
    http_port: int = Field(default=8400, ge=0, le=65535)
    public_rate: float = Field(default=50, ge=0, description="Requests a second of an address without a key; 0: any.")
    address_header: str | None = Field(default=None, description='Where your proxy names the client, as "x-real-ip".')
    api_keys: tuple[ApiKey, ...] = ()
    signing_keys: tuple[SecretStr, ...] = Field(default=(), description="Newest last; all of them are accepted.")
    instance: str | None = Field(default=None, description="Stable name of this process, for quick rolling deploys.")
    batch_size: int = Field(default=2000, ge=1, le=5000)
    batch_limit_bytes: int = Field(default=8_000_000, ge=100_000)
    dead_letter_limit: int = Field(default=200, ge=0, description="In a row on our own streams; 0: no limit.")
    foreign_dead_letter_limit: int = Field(default=10_000, ge=0, description="In a row on streams from outside.")
    session_timeout_seconds: float = Field(default=30, ge=1)
    max_poll_interval_seconds: float = Field(default=300, ge=5)
    graceful_seconds: float = Field(default=15, ge=0.1)
    lease_seconds: float = Field(default=5, ge=0.5)
    relay_shards: int = Field(default=1, ge=1, le=64, description="The same in every process of a service.")
    max_record_bytes: int = Field(default=1_000_000, ge=1000)
    max_body_bytes: int = Field(default=1_000_000, ge=1000)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "console"] = "json"
    otlp_endpoint: str | None = Field(default=None, description="Where traces go, OTLP over HTTP; unset: nowhere.")


def _chassis_settings() -> ChassisSettings:
    return ChassisSettings()


class ServiceSettings(BaseSettings):
    """Base of a service's own settings; subclass with `model_config = prefixed("name")`."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    chassis: ChassisSettings = Field(default_factory=_chassis_settings)


def prefixed(service: str) -> SettingsConfigDict:
    """The settings configuration of a service: variables begin with `SOUNDING_<SERVICE>_`."""
    return SettingsConfigDict(env_prefix=f"{PREFIX}{service.upper()}_", extra="ignore", frozen=True)


class SettingsError(Exception):
    """The environment is wrong; `str()` names each variable and the reason, never a value."""


S = TypeVar("S", bound=BaseSettings)


def load(kind: type[S]) -> S:
    """Read the settings from the environment. Raises `SettingsError`."""
    try:
        return kind()
    except NotParsedError as error:
        raise SettingsError(_not_json(str(error), kind)) from None
    except ValidationError as error:
        owner = ChassisSettings if error.title == ChassisSettings.__name__ else kind
        prefix = owner.model_config.get("env_prefix", PREFIX)
        raise SettingsError("\n".join(_faults(error, prefix))) from None


def _not_json(message: str, kind: type[BaseSettings]) -> str:
    found = re.search(r'field "(\w+)"', message)
    field = found.group(1) if found else "a variable"
    owner = ChassisSettings if field in ChassisSettings.model_fields else kind
    return f"{owner.model_config.get('env_prefix', PREFIX)}{field.upper()}: must be JSON"


def _faults(error: ValidationError, prefix: str) -> list[str]:
    return [
        f"{prefix}{'.'.join(str(part) for part in fault['loc']).upper()}: {fault['msg']}"
        for fault in error.errors(include_input=False, include_url=False, include_context=False)
    ]
