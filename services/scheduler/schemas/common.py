"""What several bodies are made of."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

CampaignId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Text = Annotated[str, StringConstraints(max_length=2000)]
Reference = Annotated[str, StringConstraints(min_length=1, max_length=100)]
AnswerClass = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,39}$")]
QuestionId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")]
Language = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]


class Body(BaseModel):
    """A body from outside: what it does not know is refused by name."""

    model_config = ConfigDict(extra="forbid")
