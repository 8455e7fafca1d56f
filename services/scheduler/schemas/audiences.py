"""Bodies of counting an audience."""

from typing import Any

from pydantic import BaseModel, Field

from services.scheduler.schemas.common import Body
from services.scheduler.schemas.next_surveys import ClauseBody


class AudienceBody(Body):
    """Whom to count."""

    audience: dict[str, Any] = Field(
        default_factory=dict,
        description="A filter over customers, as in a campaign; `next_survey_at`, `next_survey_kind` and"
        " `next_survey_campaign` can be asked for as well.",
    )


class Sample(BaseModel):
    """A customer who matches, and why."""

    customer_id: str
    first_name: str | None
    last_name: str | None
    email: str | None
    matched: list[ClauseBody] = Field(description="The clauses that hold.")


class AudienceCount(BaseModel):
    """How many match, and five of them."""

    count: int
    exact: bool = Field(
        description="False: counting took too long, so that it was counted in a part of the customers, picked by"
        " chance, and multiplied."
    )
    samples: list[Sample]
