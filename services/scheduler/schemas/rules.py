"""Bodies of the company's rules."""

from pydantic import Field

from services.scheduler.schemas.common import Body


class RulesBody(Body):
    """The company's rules, for all campaigns."""

    quiet_period_days: int = Field(default=0, ge=0, le=3650, description="Days between any two surveys; 0: no rest.")
    timezone: str = Field(default="UTC", max_length=100, description="IANA zone of customers whose own is not known.")
