"""Bounces, and what came in."""

from datetime import datetime

from pydantic import BaseModel, Field


class BounceBody(BaseModel):
    """A bounce or a complaint."""

    id: str
    customer_id: str
    dispatch_id: str
    campaign_id: str
    template_id: str | None
    domain: str | None
    kind: str = Field(description="`hard`, `soft`, `policy` (not the address's fault) or `complaint`.")
    reason: str
    status: str | None
    evidence: str
    occurred_at: datetime


class BouncePage(BaseModel):
    """Bounces; `next` goes into `after` for the following page."""

    items: list[BounceBody]
    next: str | None = None


class PolicyRow(BaseModel):
    """How often mails were refused for what they are or where they come from."""

    domain: str | None
    template_id: str | None
    reason: str
    count: int
    last_at: datetime
    evidence: str


class IncomingBody(BaseModel):
    """Something that came in and could not be read."""

    id: str
    source: str
    state: str
    reason: str | None = None
    tries: int
    size: int | None = Field(default=None, description="Bytes that are kept of it.")
    received_at: datetime


class IncomingText(IncomingBody):
    """With its beginning, as it came."""

    text: str
