"""Feedback's loops: tell webhooks of answers, and once more of a period."""

from services.feedback.jobs.webhooks import replay_webhooks, tell_webhooks

__all__ = ["replay_webhooks", "tell_webhooks"]
