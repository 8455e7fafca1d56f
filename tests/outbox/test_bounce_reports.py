"""Where mail servers put what was said: the reports of some fifty of them, as they write them."""

import base64
import quopri
import re
from pathlib import Path

from services.outbox.domain.bounces import classify

CORPUS = Path(__file__).parent / "bounces"
AT_FAULT = (
    "550 5.1.1 <ada@b.c>... User unknown",
    "550 5.1.1 The email account that you tried to reach does not exist. Please try double-checking the address",
    "550 5.1.2 <ada@b.c>: Host unknown",
    "556 5.1.10 Recipient address has null MX",
)
AT_FAULT_OF_RCPT = (
    "550 no such user",
    "550 Mailbox not found",
    "550 Requested action not taken: mailbox unavailable",
    "550 <ada@b.c>: Recipient address rejected: User unknown in virtual mailbox table",
)
NOT_AT_FAULT = (
    "552 5.2.2 Mailbox full",
    "550 5.7.1 Message rejected as spam",
    "554 5.7.1 Relay access denied",
    "550 5.2.1 The email account that you tried to reach is disabled",
    "450 4.2.0 Greylisted, try later",
    "450 4.1.1 <ada@b.c>: Recipient address rejected: unverified address",
    "550 5.7.1 Service unavailable; client [192.0.2.1] blocked using zen.spamhaus.org",
    "552 Message size exceeds maximum permitted",
    "550 5.1.8 Sender address rejected: Domain not found",
    "554 Transaction failed",
    "421 Too many connections",
    "550 5.7.26 Unauthenticated email from y.z is not accepted due to DMARC policy",
)
_FAMILIAR = re.compile(
    rb"(?i)google|mimecast|outlook|yahoo|amazon|docomo|ezweb|au\.com|symantec|messagelabs|hotmail|sisimai"
)
_EXAMPLES = re.compile(rb"(?i)\b(?:[a-z0-9-]+\.)*example\.(?:[a-z]{2,3}\.)?(?:com|org|net|jp)\b")


def _sections(name: str) -> list[tuple[str, str]]:
    text = (CORPUS / name).read_text("utf-8")
    return [(head, body) for head, body in re.findall(r"(?ms)^%% ([^\n]+)\n(.*?)(?=^%% |\Z)", text)]


def _hard(mail: str) -> bool:
    return classify(mail.encode()).hard


def _in_shapes(said: tuple[str, ...], *, hard: bool, no_command: bool = True) -> list[tuple[str, str]]:
    """The shapes, and the phrases in them, that are taken for something else."""
    shapes = [(name, shape) for name, shape in _sections("shapes.txt") if no_command or "no-command" not in name]
    return [(name, one) for name, shape in shapes for one in said if _hard(shape.replace("{said}", one)) != hard]


def test_what_says_that_there_is_no_such_address_is_found_in_every_shape() -> None:
    assert _in_shapes(AT_FAULT, hard=True) == []


def test_words_alone_count_where_they_answer_rcpt() -> None:
    assert _in_shapes(AT_FAULT_OF_RCPT, hard=True, no_command=False) == []


def test_nothing_else_is_called_hard_in_any_shape() -> None:
    assert _in_shapes(NOT_AT_FAULT, hard=False) == []


def test_reports_with_words_of_their_own() -> None:
    reports = _sections("reports.txt")
    assert (len(reports) > 100, len(_sections("shapes.txt")) >= 50) == (True, True)
    assert [mail for verdict, mail in reports if _hard(mail) != (verdict == "hard")] == []


def _other_names(raw: bytes) -> bytes:
    return _EXAMPLES.sub(lambda found: found[0] if _FAMILIAR.search(found[0]) else b"quota.example.edu", raw)


def _other_people(raw: bytes) -> bytes:
    return re.sub(rb"\b(?:kijitora|shironeko|sironeko|neko|mikeneko|sabineko)(?=@)", rb"\g<0>.quota.full.blocked", raw)


def _other_times(raw: bytes) -> bytes:
    return re.sub(rb"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d+ \w{3} \d{4}", b"Wed, 5 Feb 2031", raw)


def _other_lines(raw: bytes) -> bytes:
    folded = re.sub(rb"(?m)^(Diagnostic-Code: .{40,}?) (\S.*)$", rb"\1\n    \2", raw)
    return folded.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def test_names_times_and_line_ends_change_no_verdict() -> None:
    changed = []
    for mail in sorted((CORPUS / "mails").iterdir()):
        raw = mail.read_bytes()
        if classify(_other_lines(_other_times(_other_people(_other_names(raw))))).hard != classify(raw).hard:
            changed.append(mail.name)
    assert changed == []


def test_a_report_is_read_as_well_where_it_was_encoded() -> None:
    said = (
        "554 delivery error: dd This user doesn't have a yahoo.com account (ada@b.c) [0] - mta1082.mail.ne1.yahoo.com"
    )
    fields = (
        f"Final-Recipient: rfc822; ada@b.c\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; {said}\n".encode()
    )
    for encoding, data in (("base64", base64.encodebytes(fields)), ("quoted-printable", quopri.encodestring(fields))):
        raw = (
            b"From: MAILER-DAEMON@b.c\nSubject: Undelivered\nContent-Type: multipart/report; boundary=b\n\n--b\n"
            b"Content-Type: message/delivery-status\nContent-Transfer-Encoding: " + encoding.encode() + b"\n\n" + data
        )
        (finding,) = classify(raw + b"\n--b--\n").findings
        assert (finding.address, finding.said) == ("ada@b.c", said)
