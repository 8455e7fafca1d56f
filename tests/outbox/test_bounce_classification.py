"""What mails that came back are taken for, measured on the corpus of another project."""

import csv
import json
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.outbox.domain.bounces import Kind, Reason, Report, UnreadableError, classify
from sounding.__main__ import app

CORPUS = Path(__file__).parent / "bounces"
AGREES, CALLED_HARD_WRONGLY = 0.97, 0.005


def _expected() -> dict[str, list[dict[str, str]]]:
    rows = defaultdict(list)
    with (CORPUS / "expected.tsv").open(newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            rows[row["file"]].append(row)
    return rows


def _judged(is_hard: Callable[[bytes], bool]) -> tuple[float, float]:
    """The share of messages judged right on "has a hard bounce", and of those called hard that are not."""
    expected, mails = _expected(), sorted((CORPUS / "mails").iterdir())
    pairs = [
        (is_hard(mail.read_bytes()), any(row["hard_bounce"] == "true" for row in expected[mail.name])) for mail in mails
    ]
    right = sum(said == meant for said, meant in pairs)
    return right / len(pairs), sum(said and not meant for said, meant in pairs) / len(pairs)


def _dsn(status: str, diagnostic: str, *, action: str = "failed", prose: str = "Your mail came back.") -> bytes:
    return (
        "From: MAILER-DAEMON@mx.example.com\nSubject: Undelivered Mail Returned to Sender\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n--b\nContent-Type: text/plain\n\n'
        f"{prose}\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.com\n\n"
        f"Final-Recipient: rfc822; ada@example.com\nAction: {action}\nStatus: {status}\n"
        f"Diagnostic-Code: smtp; {diagnostic}\n\n--b--\n"
    ).encode()


def _only(report: Report) -> tuple[Kind, Reason]:
    (finding,) = report.findings
    return report.kind, finding.reason


def test_the_corpus_is_judged_right_in_97_of_100_and_hardly_ever_called_hard_wrongly() -> None:
    right, wrongly_hard = _judged(lambda raw: classify(raw).hard)
    assert right >= AGREES
    assert wrongly_hard <= CALLED_HARD_WRONGLY


def test_status_codes_alone_would_not_do() -> None:
    """The wrong variant: `Action: failed` and a status of 5.x.x taken as hard."""
    right, wrongly_hard = _judged(
        lambda raw: bool(re.search(rb"(?mi)^action: *failed", raw) and re.search(rb"(?mi)^status: *5\.", raw))
    )
    assert right < AGREES
    assert wrongly_hard > CALLED_HARD_WRONGLY


def test_f45_each_kind_of_report_is_told_apart() -> None:
    assert _only(classify(_dsn("5.1.1", "550 5.1.1 <ada@example.com>... User unknown"))) == (
        Kind.HARD,
        Reason.NO_SUCH_USER,
    )
    assert _only(classify(_dsn("4.2.2", "452 4.2.2 Mailbox full", action="delayed"))) == (
        Kind.SOFT,
        Reason.MAILBOX_FULL,
    )
    assert _only(classify(_dsn("5.2.2", "552 5.2.2 Over quota"))) == (Kind.SOFT, Reason.MAILBOX_FULL)
    assert classify(_dsn("5.7.1", "554 5.7.1 Message rejected by policy")).kind is Kind.POLICY
    assert classify(_dsn("2.0.0", "250 2.0.0 Ok", action="delivered")).kind is Kind.DELIVERED
    qmail = (
        b"From: MAILER-DAEMON@mx.example.com\nSubject: failure notice\n\nHi. This is the qmail-send program.\n"
        b"I'm afraid I wasn't able to deliver your message to the following addresses.\n\n"
        b"<ada@example.com>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy.\n"
    )
    assert _only(classify(qmail)) == (Kind.HARD, Reason.NO_SUCH_USER)
    away = (
        b"From: ada@example.com\nSubject: Out of office\nAuto-Submitted: auto-replied\n\nUser unknown? No: on holiday."
    )
    assert classify(away).kind is Kind.AUTO_REPLY


def test_the_words_count_more_than_the_code() -> None:
    assert classify(_dsn("5.1.1", "550 5.7.1 IP address blacklisted by recipient")).kind is Kind.POLICY
    assert not classify(_dsn("5.1.1", "550 5.1.1 <ada@example.com>: mailbox is full")).hard
    assert not classify(_dsn("5.1.1", "450 4.1.1 <ada@example.com>: user unknown, for now")).hard
    assert not classify(
        _dsn("5.0.0", "550 Unknown user", prose="550 Unknown user (in reply to end of DATA command)")
    ).hard
    assert classify(_dsn("5.0.0", "550 Unknown user", prose="550 Unknown user (in reply to RCPT TO command)")).hard


def test_a_word_in_an_address_or_a_link_says_nothing() -> None:
    said = "550 5.1.1 <spam.quota.full@example.com>: user unknown, see https://example.com/blocked?p=policy"
    assert _only(classify(_dsn("5.1.1", said))) == (Kind.HARD, Reason.NO_SUCH_USER)


def test_a_complaint_names_the_mail_it_is_about() -> None:
    report = classify(
        b"From: fbl@example.net\nSubject: complaint\nMIME-Version: 1.0\n"
        b'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\n\n'
        b"--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nVersion: 1\n\n"
        b"--b\nContent-Type: message/rfc822\n\n"
        b"Return-Path: <b+d-1.0123456789abcdef@bounce.example.org>\nMessage-ID: <d-1@example.org>\nSubject: How was it?\n\n--b--\n"
    )
    assert report.kind is Kind.COMPLAINT
    assert report.message_ids == ("d-1@example.org",)
    assert report.return_paths == ("b+d-1.0123456789abcdef@bounce.example.org",)


@pytest.mark.parametrize("type_", ["not-spam", "auth-failure"])
def test_feedback_that_is_no_complaint_is_none(type_: str) -> None:
    raw = b"Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\n"
    raw += f"Content-Type: message/feedback-report\n\nFeedback-Type: {type_}\n\n--b--\n".encode()
    assert classify(raw).kind is Kind.NOT_A_BOUNCE


def test_f46_a_mail_that_is_made_to_break_the_reader_is_unreadable() -> None:
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (n, n) for n in range(3000))
    shallow = b"".join(b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (n, n) for n in range(40))
    boundaries = b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n" * 20_000
    for raw in (nested, shallow, boundaries, b"x" * 20_000_000):
        with pytest.raises(UnreadableError):
            classify(raw)


def test_no_mail_breaks_the_reader() -> None:
    chance = random.Random(45)
    for mail in _some(sorted((CORPUS / "mails").iterdir()), 60, chance):
        raw = bytearray(mail.read_bytes())
        for _ in range(40):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        _read_or_refused(bytes(raw))
        _read_or_refused(bytes(raw[: chance.randrange(len(raw))]))


def test_long_runs_of_one_character_take_no_time() -> None:
    for one in (b"a", b"<", b"@", b"a.", b"a@", b">", b"-", b"\n>>> ", b"{", b"<p>", b"=?"):
        head = b"From: mailer-daemon@example.com\nSubject: Undeliverable\nContent-Type: text/html\n\n"
        _read_or_refused(head + one * (100_000 // len(one)))


def test_the_command_prints_a_line_for_each_mail() -> None:
    mail = CORPUS / "mails" / "lhost-postfix-02.eml"
    done = CliRunner().invoke(app, ["bounces", "classify", str(mail), str(CORPUS / "mails" / "rfc3834-03.eml")])
    first, second = (json.loads(line) for line in done.output.splitlines())
    assert first["file"] == str(mail)
    assert (first["kind"], first["hard"]) == ("hard", True)
    assert first["recipients"][0] == {
        "address": "filtered@example.co.jp",
        "status": "5.2.1",
        "reply_code": "550",
        "reason": "no-such-user",
        "hard": True,
    }
    assert (second["kind"], second["hard"], second["recipients"]) == ("auto-reply", False, [])


def _some(mails: list[Path], count: int, chance: random.Random) -> Iterable[Path]:
    return chance.sample(mails, count)


def _read_or_refused(raw: bytes) -> None:
    try:
        classify(raw)
    except UnreadableError:
        return
