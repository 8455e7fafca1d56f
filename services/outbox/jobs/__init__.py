"""Outbox's loops: send what is due, and give up on what is unclear."""

from services.outbox.jobs.counting import count
from services.outbox.jobs.incoming import Reader, read_incoming
from services.outbox.jobs.intake import take_in
from services.outbox.jobs.looking_up import look_up
from services.outbox.jobs.reconciling import Reconciliation, Report
from services.outbox.jobs.sender import Sender
from services.outbox.jobs.sending import send
from services.outbox.jobs.sweeping import sweep
from services.outbox.jobs.watching import watch

__all__ = [
    "Reader",
    "Reconciliation",
    "Report",
    "Sender",
    "count",
    "look_up",
    "read_incoming",
    "send",
    "sweep",
    "take_in",
    "watch",
]
