"""What is written directly is the message that Python's own, slow way makes: parsed back, and line by line."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP, default
from email.utils import parseaddr
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.outbox.adapters import mime
from services.outbox.adapters.mime import LINE, Head

HEAD = Head(
    sender_name="Northlight",
    sender_email="ask@northlight.example",
    recipient_name="Ada Lovelace",
    recipient_email="ada@example.com",
    subject="One question, Ada",
    date=datetime(2026, 11, 24, 10, tzinfo=UTC),
    message_id="<5c0de1f2a4b75c6d8e9f0a1b2c3d4eaa@northlight.example>",
    list_unsubscribe="<https://out.example/u/abc>",
    feedback_id="nps:initial:sounding",
    language="en",
)
LINES = st.text(st.characters(categories=("L", "M", "N", "P", "S", "Zs")), max_size=120).map(
    lambda text: " ".join(text.split())
)
BODIES = st.text(
    st.characters(
        categories=("L", "M", "N", "P", "S", "Z", "Cc", "Cf"),
        exclude_characters="\x00\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029",
    )
)
HEADS = st.builds(
    replace,
    st.just(HEAD),
    sender_name=LINES,
    recipient_name=LINES,
    subject=LINES,
    reply_to=st.none() | st.just("help@northlight.example"),
    date=st.datetimes(datetime(2001, 1, 1), datetime(2100, 1, 1)).map(lambda at: at.replace(microsecond=0, tzinfo=UTC)),
)


def slow_way(head: Head, text: str, html: str) -> EmailMessage:
    """By `EmailMessage`, header by header and part by part; then written and read again."""
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(head.sender_name, addr_spec=head.sender_email)
    message["To"] = Address(head.recipient_name, addr_spec=head.recipient_email)
    message["Subject"] = head.subject
    message["Date"] = head.date
    if head.reply_to:
        message["Reply-To"] = head.reply_to
    message["Message-ID"] = head.message_id
    message.set_raw("List-Unsubscribe", head.list_unsubscribe)
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["Auto-Submitted"] = "auto-generated"
    message["Feedback-ID"] = head.feedback_id
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    message["Content-Language"] = head.language
    return message


def read(data: bytes) -> EmailMessage:
    parsed = message_from_bytes(data, policy=default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def mailbox(data: bytes, name: str) -> tuple[str, str]:
    """By the older reader: the newer one leaves a blank between the encoded words of a name (against RFC 2047, 6.2)."""
    shown, address = parseaddr(str(message_from_bytes(data)[name]).replace("\r\n", ""))
    return str(make_header(decode_header(shown))), address


def content(part: MIMEPart) -> str:
    return str(part.get_content()).replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")


def parts(message: EmailMessage) -> list[tuple[str, str, str]]:
    return [
        (part.get_content_type(), str(part["Content-Transfer-Encoding"]), content(part))
        for part in message.iter_parts()
    ]


@given(HEADS, BODIES, BODIES)
def test_it_reads_as_what_the_slow_way_was_given(head: Head, text: str, html: str) -> None:
    data = mime.assemble(head, text, html) + b"\r\n"
    ours = read(data)
    slow = slow_way(head, text, html)

    assert sorted(ours.keys()) == sorted(slow.keys())
    for name in set(slow.keys()) - {"Content-Type", "From", "To"}:
        assert str(ours[name]) == str(slow[name]), name
    for name in ("From", "To"):
        assert mailbox(data, name) == (slow[name].addresses[0].display_name, slow[name].addresses[0].addr_spec)
    assert parts(ours) == parts(slow)
    assert [defect for part in ours.walk() for defect in part.defects] == []


@given(HEADS, BODIES, BODIES)
def test_its_lines_are_short_7_bit_and_end_as_smtp_wants(head: Head, text: str, html: str) -> None:
    data = mime.assemble(head, text, html)
    lines = data.split(b"\r\n")

    assert not re.search(rb"\r(?!\n)|(?<!\r)\n|[\x80-\xff\x00]", data)
    assert max(map(len, lines)) <= LINE
    assert all(len(word) <= 75 for word in re.findall(rb"=\?utf-8\?b\?[^?]*\?=", data))


def test_a_long_link_stands_in_one_line_as_it_is() -> None:
    ways = f"<https://out.example/u/{'a' * 200}>,\r\n <mailto:no@northlight.example?subject=unsubscribe%20abc>"
    assert f"\r\nList-Unsubscribe: {ways}\r\n".encode() in mime.assemble(replace(HEAD, list_unsubscribe=ways), "x", "x")


@pytest.mark.parametrize(
    "field", ["subject", "message_id", "list_unsubscribe", "sender_email", "recipient_email", "language"]
)
@pytest.mark.parametrize("end", ["\r\nBcc: all@example.com", "\nBcc: all@example.com", "\rBcc: x", "\x00"])
def test_f43_no_value_makes_a_header_of_its_own(field: str, end: str) -> None:
    values: dict[str, Any] = {field: f"x{end}"}
    head = replace(HEAD, **values)
    try:
        data = mime.assemble(head, "text", "html")
    except ValueError:
        return
    assert read(data)["Bcc"] is None
    assert field == "subject"


def test_a_part_cannot_end_the_message() -> None:
    edge = f"\n--=_{HEAD.message_id.strip('<>').partition('@')[0]}--\n\nBcc: x\n"
    message = read(mime.assemble(HEAD, f"before{edge}after", "page"))
    assert [content(part) for part in message.iter_parts()] == [f"before{edge}after", "page"]


def test_the_time_zone_of_the_date_stays() -> None:
    from datetime import timezone

    date = datetime(2026, 11, 24, 10, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert read(mime.assemble(replace(HEAD, date=date), "x", "x"))["Date"].datetime == date
