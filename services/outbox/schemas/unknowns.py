"""Mails that somebody decides about: those that nobody knows the end of, and those that are not to go out."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.outbox.schemas.records import Name

Note = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class AgainBody(BaseModel):
    """Which surveys are to be sent again, and why."""

    model_config = ConfigDict(extra="forbid")

    ids: Annotated[list[Name], Field(min_length=1, max_length=500)]
    note: Note


class SettleBody(AgainBody):
    """What became of these, and how it is known."""

    delivered: bool = Field(description="Whether they arrived.")


class Because(BaseModel):
    """Why something is done."""

    model_config = ConfigDict(extra="forbid")

    note: Note


class TakenBody(BaseModel):
    """How many surveys were taken back, and whether others of the campaign still wait."""

    taken_back: int
    more: bool


class DoneBody(BaseModel):
    """What was done, and why the others were not."""

    done: list[str]
    refused: dict[str, str] = Field(
        description="By id: `dispatch-not-found`, `not-unknown`, `not-settled-as-not-delivered`."
    )
