"""Bodies of the parts of a campaign."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from services.scheduler.domain.parts import Channel, Condition, QuestionKind
from services.scheduler.schemas.common import AnswerClass, Body, Label, Language, QuestionId, Reference, Text

Question = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
WebAddress = Annotated[str, StringConstraints(max_length=2000, pattern=r"^https://[^\s/?#@\\]+([/?#][^\s\\]*)?$")]
Percent = Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)]


class ReminderBody(Body):
    """One reminder."""

    after_hours: int = Field(ge=1, le=24 * 90, description="After the survey, or the reminder before it.")
    condition: Condition = Field(description="`not_opened`, or `not_answered`: opened, but not answered.")
    template_id: Reference | None = None
    channel: Channel = Channel.EMAIL


class NextStepBody(Body):
    """Where thanks may lead on: a review page, a form to be called back."""

    label: Label
    url: WebAddress


class QuestionsBody(Body):
    """What is asked, in one language."""

    question: Question
    low_label: Label | Literal[""] = ""
    high_label: Label | Literal[""] = ""
    comment_questions: dict[AnswerClass, Text] = Field(default_factory=dict, max_length=20)
    thanks: Text = ""
    thanks_by_class: dict[AnswerClass, Text] = Field(
        default_factory=dict, max_length=20, description="Stands before `thanks` for a class."
    )
    next_steps: dict[AnswerClass, NextStepBody] = Field(
        default_factory=dict, max_length=20, description="What thanks offer, by class; `default` for the rest."
    )


class TriggerBody(Body):
    """What a transactional campaign waits for."""

    type: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    conditions: dict[str, Any] = Field(
        default_factory=dict, description="A filter over `payload.NAME` of the trigger; empty: any."
    )
    delay_minutes: int = Field(default=0, ge=0, le=90 * 24 * 60)
    sample_percent: Percent = 100


class InAppBody(Body):
    """How often an in-app campaign shows itself to one person."""

    every_days: int | None = Field(
        default=None, ge=1, le=3650, description="Days after an answer or a dismissal; null: once only."
    )
    max_shown: int = Field(default=3, ge=1, le=100, description="How often one round is shown.")
    min_days_between: int = Field(default=0, ge=0, le=3650, description="Days after any other survey.")
    sample_percent: Percent = 100


class LinkBody(Body):
    """Who answers through the public link."""

    identified: bool = Field(default=False, description="True: each link names a customer.")


class ChoiceBody(Body):
    """One of the answers to choose from."""

    id: QuestionId
    labels: dict[Language, Label] = Field(max_length=60)


class ShowIfBody(Body):
    """When a question is asked."""

    classes: list[AnswerClass] = Field(default_factory=list, max_length=10)
    question: QuestionId | None = Field(default=None, description="The id of a question before it.")
    answers: list[QuestionId] = Field(default_factory=list, max_length=20)


class FurtherQuestionBody(Body):
    """A question after the rating and the one that fits its class."""

    id: QuestionId
    kind: QuestionKind
    texts: dict[Language, Question] = Field(max_length=60)
    choices: list[ChoiceBody] = Field(default_factory=list, max_length=20)
    required: bool = False
    show_if: ShowIfBody | None = None
