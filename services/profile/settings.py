"""Settings of profile."""

from chassis.settings import ServiceSettings, prefixed


class Settings(ServiceSettings):
    """Profile needs nothing beyond what every service needs."""

    model_config = prefixed("profile")
