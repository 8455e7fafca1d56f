"""The HTTP bodies of imports of old answers."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sounding_contracts.payload import Id, Name

from services.feedback.domain.importing import Import, State
from services.feedback.domain.old_answers import Dates, Plan, suggest
from services.feedback.schemas.responses import Metric


class ImportDraft(BaseModel):
    """The file that is to come."""

    model_config = ConfigDict(extra="forbid")

    file_name: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class ImportStart(BaseModel):
    """How the file is to be read."""

    model_config = ConfigDict(extra="forbid")

    columns: list[str | None] = Field(
        max_length=500,
        description="What each column is: `score`, `answered_at`, `customer_id`, `email`, `external_id`, `comment`, "
        "`campaign` (id or name), `metric`, `channel`, `language`, `tags`, `id` (that it had elsewhere), or null.",
    )
    source: Name | None = Field(default=None, description="Whose ids `external_id` are: an integration's name.")
    campaign_id: Id | None = Field(default=None, description="The campaign of rows that name none.")
    metric: Metric | None = Field(default=None, description="Of rows that name none, and no campaign that is known.")
    dates: Dates = Field(default=Dates.YEAR_FIRST, description="How dates are written: 31/12/2026 is `day_first`.")
    timezone: Name = Field(default="UTC", description="Of moments without a zone, such as `Europe/Vienna`.")
    add_tags: list[Name] = Field(default_factory=list, max_length=20, description="Tags for every answer.")
    tell: bool = Field(
        default=False, description="Treat them as news: webhooks are told, and they are open. Otherwise they are past."
    )
    dry_run: bool = Field(default=False, description="Only say what would become of each row.")

    @property
    def plan(self) -> Plan:
        """For the domain."""
        values = {name: getattr(self, name) for name in type(self).model_fields if name != "dry_run"}
        return Plan(**{**values, "columns": tuple(self.columns), "add_tags": tuple(self.add_tags)})


class ImportBody(BaseModel):
    """An import; `suggested` is what the columns most likely are."""

    id: str
    file_name: str
    state: State
    reason: str | None
    parts: int
    encoding: str
    delimiter: str
    header: list[str]
    suggested: list[str | None]
    dry_run: bool
    row: int = Field(description="The last row that was read, as spreadsheets count.")
    created: int
    changed: int = Field(description="Answers that are here by the id that they had elsewhere, and were others.")
    unchanged: int = Field(description="Answers that are here already.")
    refused: int
    by: str
    created_at: datetime
    changed_at: datetime

    @classmethod
    def of(cls, import_: Import) -> "ImportBody":
        """From the domain."""
        values = {name: getattr(import_, name) for name in cls.model_fields if name not in {"header", "suggested"}}
        return cls(**values, header=list(import_.header), suggested=suggest(import_.header))


class ImportPage(BaseModel):
    """Imports, newest first; `next` goes into `after` for the following page."""

    items: list[ImportBody]
    next: str | None = None
