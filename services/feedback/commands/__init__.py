"""What can be done: follow what others say, and take answers."""

from services.feedback.commands.projections import (
    follow,
    follow_customers,
    follow_dispatches,
    forget_erased,
    mark_dispatches,
)
from services.feedback.commands.responses import Posted, add_response, answer_all, answer_further

__all__ = [
    "Posted",
    "add_response",
    "answer_all",
    "answer_further",
    "follow",
    "follow_customers",
    "follow_dispatches",
    "forget_erased",
    "mark_dispatches",
]
