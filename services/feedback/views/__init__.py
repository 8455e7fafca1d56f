"""What can be seen of answers."""

from services.feedback.views.figures import summary
from services.feedback.views.questions import answer_to, asked, asked_by_link
from services.feedback.views.responses import response, responses

__all__ = ["answer_to", "asked", "asked_by_link", "response", "responses", "summary"]
