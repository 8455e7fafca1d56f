"""What can be seen of answers."""

from services.feedback.views.figures import summary
from services.feedback.views.questions import Asked, answer_to, asked, asked_by_link, further_of, was_removed

__all__ = ["Asked", "answer_to", "asked", "asked_by_link", "further_of", "summary", "was_removed"]
