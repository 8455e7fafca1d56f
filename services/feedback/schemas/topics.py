"""The HTTP bodies of topics and of the words of comments."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.feedback.domain.text import MAX_KEYWORDS, Topic

Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Keyword = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]


class TopicEdit(BaseModel):
    """What to change; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    name: Name = ""
    keywords: list[Keyword] = Field(
        default_factory=list,
        max_length=MAX_KEYWORDS,
        description="Words, or several in a row; `refund*` is every word that begins so. Case and accents do not matter.",
    )
    languages: list[Language] = Field(default_factory=list, max_length=60, description="Of the comment; empty: any.")


class TopicDraft(TopicEdit):
    """A topic to be made."""

    name: Name
    keywords: list[Keyword] = Field(min_length=1, max_length=MAX_KEYWORDS)


class TopicBody(BaseModel):
    """A topic."""

    id: str
    name: str
    keywords: list[str]
    languages: list[str]
    created_at: datetime
    changed_at: datetime
    seq: int

    @classmethod
    def of(cls, topic: Topic) -> "TopicBody":
        """From the domain."""
        return cls.model_validate({name: getattr(topic, name) for name in cls.model_fields})


class TopicList(BaseModel):
    """All topics, by name."""

    items: list[TopicBody]


class LabellingBody(BaseModel):
    """How far topics are applied to what was said before."""

    id: str
    begun_at: datetime
    ended_at: datetime | None
    total: int = Field(description="Comments when it began.")
    looked_at: int
    changed: int = Field(description="Answers that are about something else than before.")
    done: bool


class LabellingList(BaseModel):
    """The newest first."""

    items: list[LabellingBody]


class WordBody(BaseModel):
    """A word, and in how many comments it stands."""

    model_config = ConfigDict(from_attributes=True)

    word: str
    count: int


class WordsBody(BaseModel):
    """The words that stand in most comments, by class of the score."""

    comments: int = Field(description="How many were read: the newest, at most 20,000.")
    classes: dict[str, list[WordBody]]
