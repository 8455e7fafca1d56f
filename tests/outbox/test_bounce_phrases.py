"""What mail servers answer to RCPT, and whether the address is at fault."""

import pytest

from services.outbox.domain.bounces.judge import judge
from services.outbox.domain.bounces.model import Statement

AT_FAULT = """
550 5.1.1 The email account that you tried to reach does not exist. Please try double-checking the recipient's email address
550 Requested action not taken: mailbox unavailable
550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302).
550 No such user here
550 No Such User Here"
550 Unrouteable address
550 unknown user <a@b.c>
550 Invalid recipient <a@b.c> (#5.1.1)
550 5.1.1 User Unknown
553 sorry, no such mailbox here (#5.7.1)
550 5.1.1 RESOLVER.ADR.RecipNotFound; not found
550 5.4.1 Recipient address rejected: Access denied. AS(201806281)
550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient a@b.c not found by SMTP address lookup
550 Mailbox not found. http://service.mail.qq.com/cgi-bin/help
554 delivery error: dd This user doesn't have a yahoo.com account (a@b.c) [0]
550 5.1.1 <a@b.c>: Recipient address rejected: User unknown in virtual alias table
550 5.1.1 <a@b.c>: Recipient address rejected: undeliverable address: host x said: 550 5.1.1 User unknown
550 5.1.1 Mailbox does not exist
550 Account does not exist
550 user not found
550 <a@b.c>: user does not exist
550 5.1.1 unknown or illegal alias: a@b.c
511 5.1.1 unknown address
550 5.2.1 no such recipient
550 5.1.1 Address unknown
550 Benutzer unbekannt
550 Adresse inconnue
550 5.1.1 Adresse d au moins un destinataire invalide
550 El usuario no existe
550 Utente sconosciuto
550 recipient unknown
550 5.1.1 <a@b.c> recipient does not exist here
550 not a valid mailbox
550 This is not a valid address
550 No mailbox by that name is currently available
550 5.1.1 No such address
550 relay: no such user
551 not our customer
550 5.0.0 <a@b.c>... User unknown
550 5.1.1 <a@b.c> is not a valid mailbox
550 Unknown recipient address
550 a@b.c: invalid address
550 User a@b.c is not known here
550 Address invalid
550 5.1.2 <a@b.c>... Host unknown (Name server: b.c: host not found)
550 Domain does not exist
556 5.1.10 Recipient address has null MX
550 5.1.6 Recipient has moved
550 5.1.1 recipient no longer on server: a@b.c
550 5.1.1 unable to find user
550 5.1.1 Account not available
550 no account by that name here
550 No such domain at this location
550 #5.1.0 Address rejected.
554 5.1.1 <a@b.c>: Recipient address rejected: this address no longer exists
550 5.1.1 The recipient a@b.c is unknown
550 5.1.1 Recipient not found. <http://x.kundenserver.de/c/nd/1>
550 Requested action not taken: mailbox unavailable invalid DNS MX or A/AAAA resource record
550 Empfänger unbekannt
""".strip().splitlines()

NOT_AT_FAULT = """
552 5.2.2 The email account that you tried to reach is over quota
452 4.2.2 The email account that you tried to reach is over quota
550 5.2.1 The email account that you tried to reach is disabled.
550 5.7.1 Our system has detected that this message is likely unsolicited mail
421 4.7.0 Try again later, closing connection
550 5.7.1 [1.2.3.4 11] Our system has detected an unusual rate of unsolicited mail
550 5.7.26 Unauthenticated email from x is not accepted due to domain's DMARC policy
550 SC-001 (SNT004) Unfortunately, messages from 1.2.3.4 weren't sent. Please contact your ISP
550 5.7.1 Service unavailable, Client host [1.2.3.4] blocked using Spamhaus
554 5.7.1 Relay access denied
550 relay not permitted
550 5.1.1 Sender address rejected: User unknown
550 5.1.8 <a@b.c>: Sender address rejected: Domain not found
553 5.1.8 <a@b.c>... Domain of sender address a@b.c does not exist
550 Verification failed for <a@b.c> The mail server could not deliver; Sender verify failed
450 4.1.1 <a@b.c>: Recipient address rejected: unverified address: Address verification in progress
451 4.7.1 Greylisting in action, please come back later
450 4.2.0 <a@b.c>: Recipient address rejected: Greylisted
550 5.7.1 RESOLVER.RST.AuthRequired; authentication required
550 5.7.1 Delivery not authorized, message refused
550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup
552 5.3.4 Message size exceeds fixed limit
554 5.6.0 Message contains virus
550 5.7.1 Message rejected as spam by Content Filtering
554 rejected due to spam URL in content
550 Rejected: 1.2.3.4 listed at zen.spamhaus.org
550 5.7.1 This account is not allowed to receive mail from outside
554 5.7.1 <a@b.c>: Recipient address rejected: Policy restrictions
550 mailbox is full
550 5.1.1 mailbox for a@b.c is full
552 Quota exceeded
554 5.2.2 mailbox full
550 User account is suspended
550 5.2.1 mailbox disabled, not accepting messages
554 5.4.14 Hop count exceeded
554 5.4.6 Too many hops
451 Temporary local problem - please try later
550 Too many recipients
452 4.5.3 Too many recipients
550 Administrative prohibition
550 5.7.0 Local Policy Violation
550 Access denied
550 5.7.1 Access denied
554 Transaction failed
550 Message rejected
550 Mail content denied
550 Connection frequency limited
550 Mail is rejected by recipients
550 High probability of spam
550 Your message was rejected by the recipient's server: sender blacklisted by user
550 5.7.1 The user or domain that you are sending to (or from) has a policy that prohibited the mail
550 5.1.0 <a@b.c> sender rejected. Refer to error codes
554 5.7.5 Permanent Error Evaluating DMARC Policy
571 Message refused
550 Helo command rejected: Host not found
550 5.7.25 The IP address sending this message does not have a PTR record
504 5.5.2 <x>: Helo command rejected: need fully-qualified hostname
550 Invalid HELO name (See RFC2821 4.1.1.1)
554 Your IP is blocked: too many unknown users
421 Too many invalid recipients
550 5.7.1 Blocked by SpamAssassin: unknown user list
535 5.7.8 Authentication credentials invalid
530 5.7.0 Must issue a STARTTLS command first
550 5.1.1 rejected by spam filter
550 5.0.350 Remote server returned an error -> 550 Invalid sender domain
550 cannot accept mail: mail from your host is refused, no such reverse DNS
550 user over quota
554 mail server permanently rejected message (#5.3.0)
550 We do not accept mail from this address
550 The recipient's mailbox is not accepting messages from unknown senders
""".strip().splitlines()


def _hard(said: str, command: str) -> bool:
    return judge(Statement(address="a@b.c", action="failed", diagnostic=said, command=command)).hard


@pytest.mark.parametrize("said", AT_FAULT)
def test_the_address_is_at_fault(said: str) -> None:
    assert _hard(said, "RCPT")


@pytest.mark.parametrize("said", NOT_AT_FAULT)
def test_the_address_is_not_at_fault(said: str) -> None:
    assert not _hard(said, "RCPT")


@pytest.mark.parametrize("said", AT_FAULT)
def test_nothing_said_of_the_sender_is_the_recipients_fault(said: str) -> None:
    assert not _hard(said, "MAIL")


def test_a_server_that_goes_on_trying_has_said_nothing_final() -> None:
    found = judge(Statement(action="delayed", status="4.1.1", diagnostic="450 4.1.1 User unknown", command="RCPT"))
    assert (found.final, found.hard) == (False, False)
