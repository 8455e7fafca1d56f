"""Whether a mail is as the RFCs and the large receivers want it: everything against it, in words."""

import email
import re
from collections.abc import Iterable
from email.headerregistry import Address
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP
from typing import Any

HARD, SOFT, QP = 998, 78, 76
"""Longest lines: RFC 5322, 2.1.1 (must, should); RFC 2045, 6.7."""
ONCE = ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type")
"""RFC 5322, 3.6: none of them twice; all are ours to write."""
AT_MOST_ONCE = ("Reply-To", "List-Unsubscribe", "List-Unsubscribe-Post", "Auto-Submitted", "Feedback-ID")
LONG = re.compile(rb"(?i)^(?:List-Unsubscribe:)? ?<(?:https|mailto):[^>\s]*>,?$")
"""A link is not folded: no program follows half of one."""
ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
MSG_ID = re.compile(rf"<{ATOM}(?:\.{ATOM})*@{ATOM}(?:\.{ATOM})+>")
DATE = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} "
    r"\d\d:\d\d:\d\d [+-]\d{4}"
)
ENCODED_WORD = re.compile(r"=\?[^?\s]*\?[^?\s]*\?[^?\s]*\?=")


def faults(data: bytes) -> list[str]:
    """All of them; none where it is well."""
    message = email.message_from_bytes(data, policy=SMTP)
    assert isinstance(message, EmailMessage)
    return [*_lines(data), *_headers(message), *_ids(message), *_lists(message), *_parts(message)]


def _lines(data: bytes) -> Iterable[str]:
    if re.search(rb"\r(?!\n)|(?<!\r)\n", data):
        yield "a line ends with CR or LF alone"
    if re.search(rb"[\x80-\xff]", data):
        yield "8-bit bytes, which not each server takes"
    if b"\x00" in data:
        yield "a NUL"
    head = data.partition(b"\r\n\r\n")[0].split(b"\r\n")
    if any(len(line) > HARD for line in data.split(b"\r\n")):
        yield f"a line longer than {HARD}"
    if any(len(line) > SOFT and not LONG.match(line) for line in head):
        yield f"a header's line longer than {SOFT}"
    if any(line[:1] in b" \t" and not line.strip() for line in head):
        yield "a folded line of blanks alone"


def _headers(message: EmailMessage) -> Iterable[str]:
    names = [name.lower() for name in message.keys()]  # noqa: SIM118 - of a message: with those that come twice
    for name in (*ONCE, *AT_MOST_ONCE):
        count = names.count(name.lower())
        if count > 1 or (count == 0 and name in ONCE):
            yield f"{name} stands there {count} times"
    for part in message.walk():
        yield from (f"defect: {type(defect).__name__}" for defect in part.defects)
        for name, value in part.items():
            yield from (f"{name}: {type(defect).__name__}" for defect in getattr(value, "defects", ()))
    for name, raw in message.raw_items():
        yield from (f"{name}: an encoded word of over 75" for word in ENCODED_WORD.findall(raw) if len(word) > 75)
        if ENCODED_WORD.search(str(message[name])):
            yield f"{name}: an encoded word that is not decoded"


def _ids(message: EmailMessage) -> Iterable[str]:
    raw = {name.lower(): str(value) for name, value in message.raw_items()}
    if not MSG_ID.fullmatch(raw.get("message-id", "").strip()):
        yield "Message-ID is none"
    if not DATE.fullmatch(raw.get("date", "").strip()) or message["Date"].datetime.tzinfo is None:
        yield "Date is none, or says no zone"
    for name in ("From", "To"):
        addresses: tuple[Address, ...] = getattr(message[name], "addresses", ())
        if len(addresses) != 1 or not addresses[0].username or "." not in addresses[0].domain:
            yield f"{name} is not one address"
    if raw.get("mime-version", "").strip() != "1.0":
        yield "MIME-Version is not 1.0"


def _lists(message: EmailMessage) -> Iterable[str]:
    """RFC 8058 and 2369, 3834, and what large receivers ask of Feedback-ID."""
    ways = [way.strip() for way in str(message["List-Unsubscribe"]).split(",")]
    if not all(re.fullmatch(r"<(?:https://|mailto:)[\x21-\x3b\x3d\x3f-\x7e]+>", way) for way in ways):
        yield "List-Unsubscribe has something else than links over HTTPS and by mail"
    if len([way for way in ways if way.startswith("<https://")]) != 1:
        yield "List-Unsubscribe has not one link over HTTPS"
    if str(message["List-Unsubscribe-Post"]) != "List-Unsubscribe=One-Click":
        yield "List-Unsubscribe-Post is not as RFC 8058 wants it"
    if str(message["Auto-Submitted"]) != "auto-generated":
        yield "Auto-Submitted does not say that a machine wrote it"
    if not re.fullmatch(r"[^:\s]+(?::[^:\s]+){2,3}", str(message["Feedback-ID"])):
        yield "Feedback-ID is not of three or four parts"
    if not re.fullmatch(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*", str(message["Content-Language"])):
        yield "Content-Language is no language"


def _parts(message: EmailMessage) -> Iterable[str]:
    if message.get_content_type() != "multipart/alternative":
        yield "it is no multipart/alternative"
        return
    parts = list(message.iter_parts())
    if [part.get_content_type() for part in parts] != ["text/plain", "text/html"]:
        yield "its parts are not the text and then the page, which is richer (RFC 2046, 5.1.4)"
    for part in parts:
        yield from _part(part)
    if len(message.get_boundary() or "") not in range(1, 71):
        yield "its boundary is none, or longer than 70"


def _part(part: MIMEPart) -> Iterable[str]:
    raw: Any = part.get_payload(decode=False)
    if str(part.get_content_charset()).lower() != "utf-8" or part["Content-Transfer-Encoding"] != "quoted-printable":
        yield "a part is not UTF-8 as quoted-printable"
    lines = str(raw).split("\r\n")
    if any(len(line) > QP for line in lines):
        yield f"a line of quoted-printable is longer than {QP}"
    if any(line != line.rstrip(" \t") for line in lines):
        yield "a line of quoted-printable ends with a blank"
    if re.search(r"=(?![0-9A-F]{2}|\r\n|$)", str(raw)):
        yield "a sign of quoted-printable is none"
    if "\ufffd" in part.get_content() or not part.get_content().strip():
        yield "a part is empty, or cannot be decoded"
