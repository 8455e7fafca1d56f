"""What a message is: a bounce, a complaint, an automatic reply, word of a delivery, or none of these."""

import re

from . import aws, dsn, prose
from .judge import judge
from .message import Content, read
from .model import Finding, Kind, Reason, Report

_DAEMON = re.compile(
    r"(?i)mailer-?daemon|postmaster|mail (?:delivery|deliver|system)|delivery (?:sub)?system|poostmaster|^<?>?$"
)
_OF_BOUNCES = re.compile(
    r"(?i)undeliver|non-?deliver|not be delivered|deliver(?:y|ed) (?:status|fail|report|notif|problem|has failed|error)"
    r"|returned (?:mail|to sender|message)|mail (?:failure|error|system error)|failure (?:notice|delivery)"
    r"|delivery (?:unsuccessful|failure)|error sending|could not (?:be )?(?:send|deliver)|bounce|rejected|warning: (?:could|message)"
    r"|unzustellbar|non remis|недоставленн|配信|postmaster notify|mail status|delayed|failed"
)
_AUTOMATIC = re.compile(
    r"(?i)^(?:re: ?)?(?:auto(?:matic|mated)?[ -:]*(?:re(?:ply|sponse)|answer)|out of (?:the )?office|autoreply|auto:|vacation|away|abwesen"
    r"|automatische antwort|réponse automatique|respuesta automática|risposta automatica|自動応答|on holiday|i am (?:away|out))"
)
_FEEDBACK = re.compile(r"(?mi)^feedback-type: *([a-z-]+)")
_ARF_RECIPIENT = re.compile(
    r"(?mi)^(?:original-rcpt-to|removal-recipient|x-hmxmroriginalrecipient): *<?([^\s<>]+@[^\s<>]+?)>?\s*$"
)
_MESSAGE_ID = re.compile(r"(?mi)^(?:x-)?(?:original-)?message-id:\s*<([^\s<>]{3,200})>")
_RETURN_PATH = re.compile(r"(?i)b\+[0-9a-z-]{1,40}\.[0-9a-f]{16}@[a-z0-9.-]+")
_RECIPIENT_HEADERS = ("To", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Delivered-To")
_TRANSCRIPT = re.compile(r"(?mi)^>>> *RCPT ")
_SAYS_LITTLE = frozenset({Reason.UNCLEAR, Reason.SYSTEM, Reason.FILTERED})
_NO_COMPLAINT = frozenset({"not-spam", "auth-failure", "dmarc"})


def classify(raw: bytes) -> Report:
    """What a message says. Raises `UnreadableError` where it is beyond limits."""
    return _report(read(raw), again=True)


def _report(content: Content, *, again: bool) -> Report:
    texts = [content.prose, content.rest, *content.originals, content.feedback or ""]
    kind, findings = _said(content, again=again)
    return Report(
        kind=kind,
        findings=tuple(findings),
        own_id=content.header("Message-ID")[:300] or None,
        subject=content.subject[:1000],
        recipients=tuple(content.header(name)[:1000] for name in _RECIPIENT_HEADERS),
        message_ids=tuple(dict.fromkeys(one for text in texts for one in _MESSAGE_ID.findall(text)))[:20],
        return_paths=tuple(dict.fromkeys(one for text in texts for one in _RETURN_PATH.findall(text)))[:20],
    )


def _said(content: Content, *, again: bool) -> tuple[Kind, list[Finding]]:
    if content.feedback is not None or _is_feedback(content):
        return _complaint(content)
    if (notified := aws.findings(content.prose)) is not None:
        return _kind(notified), notified
    reported = dsn.statements([*content.reports, content.prose])
    if reported:
        findings = [judge(one) for one in prose.with_commands(reported, content.prose)]
        return _kind(findings), findings
    if _AUTOMATIC.search(content.subject) or _answers_by_itself(content):
        return Kind.AUTO_REPLY, []
    if not (_is_bounce(content) or (not again and _TRANSCRIPT.search(content.prose))):
        return Kind.NOT_A_BOUNCE, []
    return _of_prose(content, again=again)


def _of_prose(content: Content, *, again: bool) -> tuple[Kind, list[Finding]]:
    failed = [one for one in re.split(r"[\s,]+", content.header("X-Failed-Recipients")) if "@" in one]
    findings = [judge(one) for one in prose.statements(content.prose, failed)]
    if len(findings) == 1 and findings[0].reason in _SAYS_LITTLE:
        findings = [_clearer(findings[0], judge(prose.whole(content.prose, findings[0].address)))]
    if again and all(one.reason in _SAYS_LITTLE for one in findings):
        for text in filter(str.strip, (content.rest, *content.originals)):
            inner = _report(read(text.encode("utf-8", "replace")), again=False)
            if any(one.reason not in _SAYS_LITTLE for one in inner.findings):
                return inner.kind, list(inner.findings)
    return _kind(findings), findings


def _clearer(first: Finding, second: Finding) -> Finding:
    return first if second.reason in _SAYS_LITTLE else second


def _kind(findings: list[Finding]) -> Kind:
    """The message's kind is its gravest line's."""
    kinds = [finding.kind for finding in findings]
    order = (Kind.HARD, Kind.COMPLAINT, Kind.POLICY, Kind.SOFT, Kind.DELIVERED)
    return next((kind for kind in order if kind in kinds), Kind.NOT_A_BOUNCE)


def _is_feedback(content: Content) -> bool:
    return "feedback-report" in content.header("Content-Type").lower() or bool(
        content.header("X-HmXmrOriginalRecipient")
    )


def _complaint(content: Content) -> tuple[Kind, list[Finding]]:
    text = f"{content.feedback or ''}\n{content.prose}"
    named = _FEEDBACK.search(text)
    if named is not None and named[1].lower() in _NO_COMPLAINT:
        return Kind.NOT_A_BOUNCE, []
    recipients = _ARF_RECIPIENT.findall(text) or [None]
    said = named[0] if named else "feedback report"
    return Kind.COMPLAINT, [Finding(address=one, reason=Reason.COMPLAINT, said=said) for one in recipients]


def _answers_by_itself(content: Content) -> bool:
    header = content.header
    if header("X-Failed-Recipients") or _DAEMON.search(header("From")) or _OF_BOUNCES.search(content.subject):
        return False
    answers = ("auto-replied", "auto-generated")
    return (
        header("Auto-Submitted").lower().startswith(answers)
        or header("Precedence").lower() in ("auto_reply", "auto-reply")
        or any(
            header(name) for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress", "X-AutoReply-From")
        )
    )


def _is_bounce(content: Content) -> bool:
    if content.header("X-Failed-Recipients"):
        return True
    return bool(_DAEMON.search(content.header("From")) or _OF_BOUNCES.search(content.subject))
