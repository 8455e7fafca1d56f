"""What a DKIM signature is over (RFC 6376, relaxed/relaxed, rsa-sha256), and the record that it is checked against."""

import hashlib
import re
from base64 import b64encode

SIGNED = (
    *("from", "to", "reply-to", "subject", "date", "message-id", "mime-version", "content-type", "content-language"),
    *("list-unsubscribe", "list-unsubscribe-post", "feedback-id", "auto-submitted"),
)
"""RFC 8058 asks for both headers of unsubscribing."""
NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
_RUNS, _AT_ENDS, _FOLDS = re.compile(rb"[ \t]+"), re.compile(rb"[ \t]+(?=\r\n|\Z)"), re.compile(rb"\r\n(?=[ \t])")
_LAST = re.compile(rb"(\r\n)+\Z")
Header = tuple[bytes, bytes]


def body_hash(body: bytes) -> bytes:
    """Of a body as it will be sent, with or without its last line's end."""
    smooth = _LAST.sub(b"", _RUNS.sub(b" ", _AT_ENDS.sub(b"", body)))
    return b64encode(hashlib.sha256(smooth + b"\r\n" if smooth else b"").digest())


def split(message: bytes) -> tuple[list[Header], bytes]:
    """The headers in order, each still folded, and the body."""
    head, _, body = message.partition(b"\r\n\r\n")
    lines = _FOLDS.sub(b"\0", head).split(b"\r\n")
    pairs = [line.replace(b"\0", b"\r\n").partition(b":") for line in lines]
    return [(name, value) for name, _, value in pairs], body


def unsigned(headers: list[Header], body: bytes, domain: str, selector: str, at: int) -> tuple[bytes, bytes]:
    """The signature's header up to its last tag, and the bytes that are to be signed. A second From would break it."""
    found = {name.lower(): (name, value) for name, value in headers}
    names = [name for name in (one.encode() for one in SIGNED) if name in found]
    tags = b"v=1; a=rsa-sha256; c=relaxed/relaxed; d=%b; s=%b;\r\n t=%d; h=%b;\r\n bh=%b;\r\n b=" % (
        domain.encode("ascii"),
        selector.encode("ascii"),
        at,
        b":\r\n ".join([*names, b"from"]),
        body_hash(body),
    )
    lines = [_relaxed(*found[name]) + b"\r\n" for name in names]
    return tags, b"".join(lines) + _relaxed(b"DKIM-Signature", b" " + tags)


def _relaxed(name: bytes, value: bytes) -> bytes:
    return name.lower().strip() + b":" + _RUNS.sub(b" ", _FOLDS.sub(b"", value)).strip()


def folded(signature: bytes) -> bytes:
    """Base64 on lines of its own."""
    text = b64encode(signature)
    return b"\r\n ".join(text[start : start + 72] for start in range(0, len(text), 72))


def record(public_key: bytes) -> str:
    """The TXT record of a public key in DER."""
    return f"v=DKIM1; k=rsa; p={b64encode(public_key).decode()}"
