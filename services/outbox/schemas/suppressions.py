"""Lists of suppressed mailboxes."""

from collections.abc import Iterable

from pydantic import BaseModel, Field

from services.outbox.domain.suppression_list import Entry


class FaultyLine(BaseModel):
    """A line that was left out."""

    line: int
    reason: str


class SuppressionReport(BaseModel):
    """What came of a list."""

    read: int
    added: int = Field(description="Mailboxes that had not said no before.")
    known: int = Field(description="Mailboxes that had.")
    refused: int = Field(description="Lines at fault, of which the first hundred are told.")
    faults: list[FaultyLine]

    @classmethod
    def of(cls, read: int, added: int, known: int, refused: int, faults: Iterable[Entry]) -> "SuppressionReport":
        """From the domain."""
        told = [FaultyLine(line=one.line, reason=one.fault or "") for one in faults]
        return cls(read=read, added=added, known=known, refused=refused, faults=told)
