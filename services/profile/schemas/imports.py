"""The HTTP bodies of CSV imports."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sounding_contracts.payload import Name

from services.profile.domain.csv_columns import suggest
from services.profile.domain.importing import Import, State


class ImportDraft(BaseModel):
    """The file that is to come."""

    model_config = ConfigDict(extra="forbid")

    file_name: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class ImportStart(BaseModel):
    """How the file is to be read."""

    model_config = ConfigDict(extra="forbid")

    columns: list[str | None] = Field(
        max_length=500,
        description="What each column is: a field, `tags` (parted by `;`, `,` or `|`), `properties.NAME`, `external_id`, or null.",
    )
    source: Name | None = Field(default=None, description="Whose ids `external_id` are: an integration's name.")
    empty: Annotated[str, StringConstraints(pattern="^(leave|clear)$")] = Field(
        default="leave", description="What an empty cell does: `leave` what is known, or `clear` it."
    )
    add_tags: list[Name] = Field(default_factory=list, max_length=50, description="Tags for everybody in the file.")
    dry_run: bool = Field(default=False, description="Only say what would become of each row.")


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
    changed: int
    unchanged: int
    refused: int
    doubled: int = Field(description="How many of the rows are about a customer of an earlier row.")
    removed: int = Field(description="Undone: customers whom it had made, and who are no more.")
    put_back: int = Field(description="Undone: customers who are as they were, but for what others said since.")
    kept: int = Field(description="Undone: made by it, but surveyed or told of by others since.")
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
