"""The address that bounces come back to: it names the record, signed, so that nobody can bounce what is not theirs."""

import hashlib
import hmac
import re
from collections.abc import Sequence

_LOCAL = re.compile(r"b\+([0-9a-z-]{1,40})\.([0-9a-f]{16})")


def make(dispatch_id: str, domain: str, keys: Sequence[str]) -> str:
    """The return path of a record's mail, signed with the newest key."""
    return f"b+{dispatch_id}.{_signature(dispatch_id, keys[-1])}@{domain}"


def read(address: str, keys: Sequence[str]) -> str | None:
    """The record that a return path names; None where none of our keys has signed it. Servers may change its case."""
    found = _LOCAL.fullmatch(address.rpartition("@")[0].lower())
    if found is None:
        return None
    known = [hmac.compare_digest(found[2], _signature(found[1], key)) for key in keys]
    return found[1] if any(known) else None


def _signature(dispatch_id: str, key: str) -> str:
    return hmac.new(key.encode(), f"sounding.bounce|{dispatch_id}".encode(), hashlib.sha256).hexdigest()[:16]
