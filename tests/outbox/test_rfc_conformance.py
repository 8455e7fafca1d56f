"""Each built-in mail in each language, as it goes out, is what the RFCs want; and what they do not want is noticed."""

import re

import pytest

from tests.outbox import golden
from tests.outbox.rfc import faults

GOOD = golden.mail("nps", "ar") + b"\r\n"


@pytest.mark.parametrize(("kind", "language"), golden.KINDS)
def test_a_built_in_mail_is_as_the_rfcs_want_it(kind: str, language: str) -> None:
    """Its head is as it was looked at; where a change is meant: `python -m tests.outbox.golden`, and look at it."""
    data = golden.mail(kind, language)

    assert faults(data + b"\r\n") == []
    path, head = golden.head(kind, language)
    assert path.read_text(encoding="ascii") == head


def _without(name: str) -> bytes:
    return re.sub(rf"(?ms)^{name}:.*?\r\n(?![ \t])".encode(), b"", GOOD, count=1)


def _with(name: str, value: str) -> bytes:
    return _without(name).replace(b"MIME-Version:", f"{name}: {value}\r\nMIME-Version:".encode(), 1)


HARMS = {
    "ends with CR or LF alone": GOOD.replace(b"\r\n", b"\n", 1),
    "8-bit bytes": GOOD.replace(b"quoted-printable\r\n\r\n", b"quoted-printable\r\n\r\n\xc3\xa9", 1),
    "a NUL": GOOD.replace(b"\r\n\r\n", b"\r\n\r\n\x00", 1),
    "longer than 998": GOOD.replace(b"\r\n\r\n", b"\r\n\r\n" + b"x" * 999, 1),
    "a header's line longer than 78": _with("Subject", "x" * 90),
    "a folded line of blanks": GOOD.replace(b"MIME-Version:", b" \r\nMIME-Version:", 1),
    "Date stands there 0 times": _without("Date"),
    "From stands there 2 times": GOOD.replace(b"MIME-Version:", b"From: a@b.example\r\nMIME-Version:", 1),
    "Reply-To stands there 2 times": GOOD.replace(
        b"MIME-", b"Reply-To: a@b.example\r\nReply-To: c@d.example\r\nMIME-", 1
    ),
    "Message-ID is none": _with("Message-ID", "<d1@>"),
    "says no zone": _with("Date", "Tue, 24 Nov 2026 10:00:00"),
    "To is not one address": _with("To", "a@b.example, c@d.example"),
    "an encoded word of over 75": _with("Subject", f"=?utf-8?b?{'QUFB' * 20}?="),
    "an encoded word that is not decoded": _with("Subject", "=?utf-8?x?QUFB?="),
    "something else than links": _with("List-Unsubscribe", "<http://out.example/u/x>"),
    "not one link over HTTPS": _with("List-Unsubscribe", "<mailto:no@out.example>"),
    "as RFC 8058 wants": _with("List-Unsubscribe-Post", "List-Unsubscribe=Yes"),
    "a machine wrote it": _without("Auto-Submitted"),
    "three or four parts": _with("Feedback-ID", "nps"),
    "is no language": _with("Content-Language", "Deutsch, bitte"),
    "no multipart/alternative": _with("Content-Type", "text/plain"),
    "and then the page": GOOD.replace(b"text/plain", b"text/html", 1),
    "not UTF-8 as quoted-printable": GOOD.replace(b'charset="utf-8"', b'charset="iso-8859-1"', 1),
    "longer than 76": GOOD.replace(b"printable\r\n\r\n", b"printable\r\n\r\n" + b"x" * 77 + b"\r\n", 1),
    "ends with a blank": GOOD.replace(b"printable\r\n\r\n", b"printable\r\n\r\nx \r\n", 1),
    "a sign of quoted-printable is none": GOOD.replace(b"printable\r\n\r\n", b"printable\r\n\r\n=XY\r\n", 1),
    "cannot be decoded": GOOD.replace(b"printable\r\n\r\n", b"printable\r\n\r\n=FF\r\n", 1),
}


@pytest.mark.parametrize("text", HARMS)
def test_it_notices(text: str) -> None:
    assert faults(GOOD) == []
    assert any(text in fault for fault in faults(HARMS[text])), faults(HARMS[text])
