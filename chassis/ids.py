"""Identifiers: fresh ones that sort by time, and ones that derive from what they stand for."""

import uuid

import uuid_utils

_NAMESPACE = uuid.UUID("6f9b1c1e-58a3-5a0e-9d55-0a4f3f1f7c11")


def new_id() -> str:
    """A fresh UUIDv7 in hex: unique everywhere, later ones sort after earlier ones."""
    return uuid_utils.uuid7().hex


def derived_id(*parts: object) -> str:
    """The same id for the same parts, for ever (UUIDv5 in hex)."""
    return uuid.uuid5(_NAMESPACE, "\x1f".join(str(part) for part in parts)).hex
