"""What came back: what mail servers say of recipients, and what it means for the address."""

from .classify import classify
from .message import MAX_SIZE, UnreadableError
from .model import Finding, Kind, Reason, Report

__all__ = ["MAX_SIZE", "Finding", "Kind", "Reason", "Report", "UnreadableError", "classify"]
