"""Outbox's loops: send what is due, and give up on what is unclear."""

from services.outbox.jobs.counting import count
from services.outbox.jobs.sender import Sender
from services.outbox.jobs.sending import send
from services.outbox.jobs.sweeping import sweep

__all__ = ["Sender", "count", "send", "sweep"]
