"""Feedback's loops: tell webhooks of answers, and once more of a period; read imports."""

from services.feedback.jobs.imports import read_imports
from services.feedback.jobs.webhooks import replay_webhooks, tell_webhooks

__all__ = ["read_imports", "replay_webhooks", "tell_webhooks"]
