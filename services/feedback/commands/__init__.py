"""What can be done: follow what others say, and take answers."""

from services.feedback.commands.projections import follow, follow_customers, follow_dispatches, forget_erased
from services.feedback.commands.responses import add_response, answer

__all__ = ["add_response", "answer", "follow", "follow_customers", "follow_dispatches", "forget_erased"]
