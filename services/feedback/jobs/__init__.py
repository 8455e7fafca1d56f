"""Feedback's loops: tell of answers, ask for autoreplies, label the past, read imports, count answers for figures."""

from services.feedback.jobs.alerts import tell_alerts
from services.feedback.jobs.autoreplies import ask_for_autoreplies
from services.feedback.jobs.counting import count_answers
from services.feedback.jobs.imports import read_imports
from services.feedback.jobs.labelling import label_the_past
from services.feedback.jobs.webhooks import replay_webhooks, tell_webhooks

__all__ = [
    "ask_for_autoreplies",
    "count_answers",
    "label_the_past",
    "read_imports",
    "replay_webhooks",
    "tell_alerts",
    "tell_webhooks",
]
