"""Reports written for people: which recipients they name, and which command of SMTP was answered."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from . import codes
from .judge import DIRECTORY, OF_RECIPIENT
from .model import Statement

_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\"-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,9}")
_OWN_LINE = re.compile(
    r"(?mi)^[ \t>*\-]{0,12}(?:recipient(?: address)?: *|to: *|addressed to: *|user: *|address: *)?"
    r"[<\[(\"']{0,2}(?:smtp:|mailto:)?([A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,9})"
)
_NOBODY = re.compile(r"(?i)^(?:mailer-daemon|postmaster|abuse|support|noreply|no-reply|help)")

_COMMANDS = (
    (
        "RCPT",
        (
            r"in reply to rcpt|after rcpt|rcpt to command|\[rcpt_to\]|in rcpt to|smtp:rcpt|did not like our rcpt to"
            r"|does not like recipient|state 14\b|smtp command:? rcpt|\brcpt to command|command: rcpt|rcpt to:? ?<[^>]*>[^<]{0,40}(?:failed|rejected|:)"
            r"|\(rcpt\)|recipient was rejected|during rcpt|to: *rcpt"
        ),
    ),
    (
        "MAIL",
        (
            r"in reply to mail|after mail|mail from command|in mail from|smtp:mail|did not like our mail from"
            r"|sender was rejected|\[mail_from\]|state 1[23]\b|\(mail\)"
        ),
    ),
    (
        "DATA",
        (
            r"in reply to (?:end of )?data|after (?:end of )?data|end of data|data command|in data\b|\[data\]|text command"
            r"|failed after i sent the message|state 1[5-8]\b|\(data\)|smtp command:? data\b|did not like our (?:data|body)|smtp:data"
        ),
    ),
    (
        "CONN",
        r"after initial connection|refused to talk to me|in reply to (?:initial|helo|ehlo)|after (?:helo|ehlo)|while connected",
    ),
)
_COMMAND = tuple((name, re.compile(f"(?is){words}")) for name, words in _COMMANDS)
_NAMES_RCPT = re.compile(r"\bRCPT TO\b")
_OWN_DIRECTORY = re.compile(
    r"(?is)msexch:ims:|recipient name is not recognized|public name ?& ?address book|name (?:and|&) address book"
    r"|address(?:es)? couldn't be found|unable to deliver message to <|mts-id of the original|could not be delivered to mobile"
    r"|\b(?:ofr|lpn)\w{0,6}_416\b|mail delivery agent at (?:symantec|messagelabs)|^unknown user: |invalid final delivery userid"
    r"|not listed in (?:\w+ ){0,3}directory|requested action not taken: no such user|unknown local-part"
    r"|address\(es\) failed:\W+\S+@\S+\W+(?:no such (?:user|person|address|mailbox)|user unknown|unknown user)"
    r"|5\.4\.1 [^;]{0,100}recipient address rejected: access denied|invalid recipient - https://[\w.]*mimecast"
)
_SCRIPT = re.compile(r"(?is)was automatically rejected:(.*)")
_WORDS = re.compile(r"[^\W\d_]{2}\W+[^\W\d_]{2}")
_TALK = re.compile(
    r"(?m)^(?:[\w ,:.-]{0,40}:)?[ \t]*(?:>>>|-->|C:|TX:)[ \t]*([A-Za-z]{4})|^(?:[\w ,:.-]{0,40}:)?[ \t]*(?:<<<|<--|S:|RX:)[ \t]*(.*)$"
)
_QUOTE = re.compile(
    r"(?is)(?:returned was:|remote host said:|the response(?: from the remote server)? was:|diagnostic code: *smtp;|\bsaid:"
    r"|with the following error message:|\(reason:|server message\s|because of\s|for the following reason:|because:\s|^reason:|\. reason:|technical details:)(.*)"
)


def with_commands(statements: Iterable[Statement], prose: str) -> list[Statement]:
    """Statements of a report with what its text adds: the prose on the recipient, and the command that was answered."""
    known = list(statements)
    parts = _parts(prose, [one.address for one in known if one.address])
    return [_told(one, parts.get((one.address or "").lower(), prose), prose) for one in known]


def _told(statement: Statement, part: str, prose: str) -> Statement:
    script = _SCRIPT.search(prose)
    said = script[1] if script else statement.diagnostic
    return replace(statement, diagnostic=said, prose=part, command=_asked(prose, said, part))


def statements(prose: str, failed: Sequence[str]) -> list[Statement]:
    """What a text says of those it names: the failed ones that headers name, else those who stand on lines of their own."""
    named = list(dict.fromkeys(failed)) or _named(prose)
    if not named:
        return [_one(None, prose, prose)]
    parts = _parts(prose, named)
    return [_one(address, parts.get(address.lower(), prose), prose) for address in named]


def whole(prose: str, address: str | None) -> Statement:
    """The whole text as what is said of one."""
    return _one(address, prose, prose)


def _one(address: str | None, part: str, prose: str) -> Statement:
    quoted = _QUOTE.search(part)
    said = _paragraph(quoted[1] if quoted and quoted[1].strip() else part)
    answers = [found[2] for found in _TALK.finditer(part) if found[2]]
    talk = next((one for one in answers if one[:1] in ("4", "5")), answers[0] if answers else "")
    return Statement(address=address, diagnostic=talk or said, prose=part, command=_asked(prose, talk or said, part))


def _paragraph(text: str) -> str:
    """Up to the end of the paragraph that gives a code; all of it where none does."""
    paragraphs = re.split(r"\n\s*\n", text.strip())
    last = next(
        (place for place, one in enumerate(paragraphs) if codes.status_in(one) or codes.reply_in(one)), len(paragraphs)
    )
    return "\n\n".join(paragraphs[: last + 1])


def _named(prose: str) -> list[str]:
    own = [found[1] for found in _OWN_LINE.finditer(prose)]
    every = own or [found[0] for found in _ADDRESS.finditer(prose)]
    return list(dict.fromkeys(one.strip("'\".") for one in every if not _NOBODY.match(one)))[:50]


def _parts(prose: str, addresses: Sequence[str]) -> dict[str, str]:
    """The text on each of them: from where it is first named to where the next is."""
    lower = prose.lower()
    named = {one.lower() for one in addresses if one.lower() in lower}
    parts = {}
    for one in named:
        start = lower.find(one) + len(one)
        ends = [lower.find(other, start) for other in named - {one}]
        part = prose[start : min((end for end in ends if end >= 0), default=len(prose))]
        parts[one] = part if _WORDS.search(part) else prose
    return parts


def _asked(prose: str, said: str, part: str) -> str:
    """What was answered: a look in a directory, or a command of SMTP."""
    if _OWN_DIRECTORY.search(" ".join(f"{said} {prose}".split())):
        return DIRECTORY
    return _in_talk(prose, said) or _command(f"{said} {part}")


def _command(words: str) -> str:
    text = " ".join(words.split())
    places = [(found.start(), name) for name, pattern in _COMMAND if (found := pattern.search(text))]
    if not places:
        return OF_RECIPIENT if _NAMES_RCPT.search(text) else ""
    return min(places)[1]


def _in_talk(prose: str, said: str) -> str:
    """The command before an answer in a transcript of the session."""
    begins = " ".join(said.split())[:40]
    command = ""
    for found in _TALK.finditer(prose):
        if found[1]:
            command = found[1].upper()
        elif begins and " ".join(found[2].split()).startswith(begins[:30]):
            return command or "CONN"
    return ""
