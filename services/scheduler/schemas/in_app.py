"""Bodies of surveys in an app."""

from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints, model_validator

from services.scheduler.domain.campaign import Metric
from services.scheduler.schemas.common import Body, Language, Reference
from services.scheduler.schemas.parts import FurtherQuestionBody, QuestionsBody

Token = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class Visit(Body):
    """Somebody uses the app: `user_id` with its HMAC, or a JWT; both signed by the app's own server."""

    user_id: Reference | None = None
    signature: Annotated[str, StringConstraints(pattern=r"^[0-9A-Fa-f]{64}$")] | None = Field(
        default=None, description="HMAC-SHA256 of user_id with the brand's secret, in hex."
    )
    token: Token | None = Field(default=None, description="A JWT with HS256: `sub` is the user's id, `exp` its end.")
    brand_id: Reference = "default"
    language: Language | None = Field(default=None, description="The app's; left out: the customer's own.")

    @model_validator(mode="after")
    def _signed(self) -> "Visit":
        if (self.token is None) is (self.user_id is None or self.signature is None):
            msg = "give user_id and signature, or token"
            raise ValueError(msg)
        return self


class InAppSurvey(BaseModel):
    """A survey to be shown now."""

    show: str = Field(description="Say with it that the survey was shown, or dismissed.")
    campaign_id: str
    metric: Metric
    language: str
    questions: QuestionsBody | None = Field(description="Null: the page's own words.")
    further_questions: list[FurtherQuestionBody]
    url: str = Field(description="The survey's page, to be opened or shown in a frame of the app.")
    survey_token: str = Field(description="The last part of its path.")


class InAppAnswer(BaseModel):
    """The survey to be shown now, if any."""

    survey: InAppSurvey | None
    reason: str | None = Field(default=None, description="Why there is none.")


class ShowBody(Body):
    """Which survey this is about."""

    show: Token


class ShownBody(BaseModel):
    """What is known of it now."""

    campaign_id: str
    dispatch_id: str
    shown: int
    dismissed: bool


def survey_body(values: dict[str, Any]) -> InAppSurvey:
    """A survey as JSON."""
    return InAppSurvey.model_validate(values, from_attributes=True)


class AppKeys(BaseModel):
    """What the apps of a brand may sign with."""

    brand_id: str = Field(description='"*": every brand without a line of its own.')
    fingerprints: list[str] = Field(description="The beginning of each key's SHA-256; the newest last.")


class AppsBody(BaseModel):
    """How apps are known. The keys are settings of scheduler, and are shown nowhere."""

    keys: list[AppKeys]
    source: str = Field(description="The source whose external ids apps sign.")
    origins: list[str] = Field(description='From where browsers may ask; "*": any.')
    endpoint: str = Field(description="Where surveys are answered; a proxy before all reaches /in-app there too.")
