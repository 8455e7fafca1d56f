"""`feedback.responses.v1`: every answer."""

from typing import ClassVar

from pydantic import Field

from sounding_contracts.customers import PropertyValue
from sounding_contracts.payload import Part, Payload, UtcDatetime


class Attributes(Part):
    """The customer's attributes as they were when it answered; no personal data."""

    company: str | None = None
    city: str | None = None
    state: str | None = None
    country: str | None = None
    language: str | None = None
    tags: list[str] = Field(default_factory=list)
    properties: dict[str, PropertyValue] = Field(default_factory=dict)


class Work(Part):
    """How far colleagues are with an answer."""

    state: str = Field(default="open", description="`open` or `resolved`.")
    assigned_to: str | None = Field(default=None, description="The user who sees to it.")
    tags: list[str] = Field(default_factory=list, description="What colleagues call it; the customer's own are apart.")
    note_count: int = Field(default=0, description="What the notes say stays among colleagues.")


AnswerValue = int | str | list[str]
"""A rating from 1 to 5, a text or the id of a choice, ids of choices."""


class ShownAnswer(Part):
    """A further question and its answer in words, as they stood on the page."""

    id: str
    kind: str = Field(description="`text`, `single_choice`, `multiple_choice`, `rating` (1 to 5).")
    question: str
    answer: list[str] = Field(description="The text, the rating, or the labels that were chosen.")


class ResponseChanged(Payload):
    """An answer as it now is: recorded, edited, confirmed.

    On `feedback.responses.v1`, keyed by response, in the partition of its customer, compacted.
    A tombstone means erased. The last version counts; leave `suspected_automatic` out of figures.
    """

    type: ClassVar[str] = "response.changed"

    id: str
    customer_id: str | None = Field(default=None, description="Null on an anonymous link campaign.")
    campaign_id: str | None = Field(default=None, description="Null when received outside any campaign.")
    campaign_name: str | None = None
    dispatch_id: str | None = None
    channel: str = Field(default="email", description="`email`, `in_app`, `link`, `manual`.")
    metric: str = Field(description="`nps` (0–10), `csat` (1–5), `ces` (1–7), `five_star` (1–5).")
    score: int
    score_class: str = Field(
        description="NPS: `promoter`, `passive`, `detractor`; else `satisfied`, `neutral`, `unsatisfied`."
    )
    comment: str | None = None
    answers: dict[str, AnswerValue] = Field(
        default_factory=dict,
        description="To further questions, by the question's id: a rating, a text or the id of a choice, ids of choices.",
    )
    answers_shown: list[ShownAnswer] = Field(default_factory=list, description="The same in words, in their order.")
    comment_language: str | None = Field(
        default=None, description="Of the comment, as it reads: ISO 639-1; null where nobody could tell."
    )
    topics: list[str] = Field(
        default_factory=list, description="What the comment is about, by the company's own words."
    )
    provisional: bool = Field(default=False, description="Chosen but not yet sent off.")
    suspected_automatic: bool = False
    added_by: str | None = Field(default=None, description="Who added it by hand.")
    attributes: Attributes = Field(default_factory=Attributes)
    language: str | None = None
    work: Work | None = Field(default=None, description="How far colleagues are with it.")
    past: bool = Field(
        default=False, description="An old answer that was imported: nobody is to be told of it as news."
    )
    answered_at: UtcDatetime
    changed_at: UtcDatetime
