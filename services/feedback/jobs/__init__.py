"""Feedback's loops: tell webhooks of answers, and once more of a period; read imports; count answers for figures."""

from services.feedback.jobs.counting import count_answers
from services.feedback.jobs.imports import read_imports
from services.feedback.jobs.webhooks import replay_webhooks, tell_webhooks

__all__ = ["count_answers", "read_imports", "replay_webhooks", "tell_webhooks"]
