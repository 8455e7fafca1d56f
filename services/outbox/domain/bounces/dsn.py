"""Delivery status notifications (RFC 3464), also where they stand in plain text."""

import re
from collections.abc import Iterable

from .model import Statement

_FIELD = re.compile(r"^([A-Za-z][A-Za-z0-9-]{2,40}):[ \t]*(.*)$")
_RECIPIENTS = ("final-recipient", "original-recipient", "x-actual-recipient")
_OURS = frozenset(
    {*_RECIPIENTS, "action", "status", "diagnostic-code", "remote-mta", "last-attempt-date", "final-log-id"}
    | {
        "will-retry-until",
        "x-powermta-bouncecategory",
        "x-display-name",
        "x-supplementary-info",
        "smtp-remote-recipient",
    }
)
_ADDRESS = re.compile(r"[^\s<>;,\"()]+@[^\s<>;,\"()]+")
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")


def statements(texts: Iterable[str]) -> list[Statement]:
    """What each text says of each recipient."""
    found = [_statement(block) for text in texts for block in _blocks(text)]
    return [one for one in found if one is not None]


def _blocks(text: str) -> Iterable[dict[str, str]]:
    """Fields that stand together and name a recipient. An empty line, or a second recipient, begins anew."""
    block: dict[str, str] = {}
    last = ""
    for line in text.splitlines():
        found = _FIELD.match(line)
        if found and (name := found[1].lower()) in _OURS:
            if name in block:
                yield block
                block = {}
            block[name], last = found[2].strip(), name
        elif last and line[:1] in (" ", "\t") and line.strip():
            block[last] += " " + line.strip()
        elif not line.strip():
            yield block
            block, last = {}, ""
        else:
            last = ""
    yield block


def _statement(block: dict[str, str]) -> Statement | None:
    named = next((block[name] for name in _RECIPIENTS if name in block), None)
    if named is None and not {"action", "diagnostic-code"} <= block.keys():
        return None
    address = _ADDRESS.search(named or "")
    status = _STATUS.search(block.get("status", ""))
    kind, sign, words = block.get("diagnostic-code", "").partition(";")
    return Statement(
        address=address[0].strip("<>") if address else (named or "").rpartition(";")[2].strip("<> ") or None,
        action=re.split(r"[^a-z]", block.get("action", "").lower().strip(), maxsplit=1)[0],
        status=status[0] if status else None,
        diagnostic=(words if sign and len(kind) < 40 else block.get("diagnostic-code", "")).strip(),  # noqa: PLR2004
        category=block.get("x-powermta-bouncecategory", "").lower(),
    )
