"""What mail servers answer to RCPT, and whether the address is at fault."""

from pathlib import Path

from services.outbox.domain.bounces.judge import judge
from services.outbox.domain.bounces.model import Statement

CORPUS = Path(__file__).parent / "bounces"
AT_FAULT, NOT_AT_FAULT = (
    (CORPUS / name).read_text("utf-8").splitlines() for name in ("at-fault.txt", "not-at-fault.txt")
)


def _hard(said: str, command: str) -> bool:
    return judge(Statement(address="a@b.c", action="failed", diagnostic=said, command=command)).hard


def test_the_address_is_at_fault() -> None:
    assert [said for said in AT_FAULT if not _hard(said, "RCPT")] == []


def test_the_address_is_not_at_fault() -> None:
    assert [said for said in NOT_AT_FAULT if _hard(said, "RCPT")] == []


def test_nothing_said_of_the_sender_is_the_recipients_fault() -> None:
    assert [said for said in AT_FAULT if _hard(said, "MAIL")] == []


def test_a_server_that_goes_on_trying_has_said_nothing_final() -> None:
    found = judge(Statement(action="delayed", status="4.1.1", diagnostic="450 4.1.1 User unknown", command="RCPT"))
    assert (found.final, found.hard) == (False, False)


def test_a_status_that_a_report_adds_is_not_believed_against_what_the_reply_is_about() -> None:
    assert not judge(
        Statement(action="failed", status="5.1.1", diagnostic="554 Transaction failed", command="RCPT")
    ).hard
    assert not _hard("552 5.2.2 <a@b.c>: Recipient address rejected: no such user", "RCPT")
    assert judge(Statement(action="failed", status="5.1.1", diagnostic="550 see our pages", command="RCPT")).hard
