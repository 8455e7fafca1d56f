"""The HTTP bodies of feedback."""

from services.feedback.schemas.figures import Summary
from services.feedback.schemas.responses import ResponseBody, ResponseDraft, ResponsePage

__all__ = ["ResponseBody", "ResponseDraft", "ResponsePage", "Summary"]
