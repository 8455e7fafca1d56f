"""A message taken apart, within limits: what people read, what machines read, and what came back with it."""

import base64
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from html.parser import HTMLParser

MAX_SIZE = 1_000_000
MAX_DEPTH = 20
MAX_PARTS = 200
MAX_BOUNDARY_LINES = 2_000
MAX_PAGE, MAX_PROSE = 200_000, 50_000

_CUT = re.compile(
    r"(?mi)^[ \t>*-]{0,80}(?:"
    r"(?:below this line|enclosed|this) is a copy of (?:the|your)|.{0,10}copy of (?:the|your) (?:original )?message"
    r"|(?:the )?(?:header of the )?(?:original|returned|unsent|undelivered) (?:mail |message )?(?:message|mail|headers?)?"
    r" ?(?:follows|below|headers?|info|is following|-{3,}|:?$)"
    r"|message headers follow|(?:your|the) original message (?:follows|headers|is)|received: from|received: by|return-path: ?<"
    r"|begin(?:ning)? of (?:the )?(?:original|returned)|returned message|this is a copy"
    r")"
)


class UnreadableError(ValueError):
    """A message beyond our limits, or one that no parser can read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What is in a message."""

    headers: Message
    subject: str
    prose: str
    rest: str
    reports: tuple[str, ...]
    feedback: str | None
    originals: tuple[str, ...]

    def header(self, name: str) -> str:
        """A header's text; empty where there is none."""
        return _text_of(self.headers.get(name, ""))


def read(raw: bytes) -> Content:
    """Take a message apart. Raises `UnreadableError`; never anything else."""
    if len(raw) > MAX_SIZE:
        reason = "larger than 1 MB"
        raise UnreadableError(reason)
    if raw.count(b"\n--") > MAX_BOUNDARY_LINES or raw.lower().count(b"boundary=") > MAX_PARTS:
        reason = "too many parts"
        raise UnreadableError(reason)
    try:
        return _content(BytesParser(policy=policy.compat32).parsebytes(_without_envelope(raw)))
    except (RecursionError, MessageError, ValueError, LookupError, TypeError, AttributeError, AssertionError) as error:
        raise UnreadableError(str(error) or type(error).__name__) from error


def _without_envelope(raw: bytes) -> bytes:
    return raw.split(b"\n", 1)[-1] if raw.startswith(b"From ") else raw


def _content(message: Message) -> Content:
    prose, pages, reports, originals = [], [], [], []
    feedback = None
    for part in _parts(message):
        kind = part.get_content_type()
        text = text_of(part)
        if "delivery-status" in kind or "disposition" in kind:
            reports.append(text)
        elif kind == "message/feedback-report":
            feedback = text
        elif kind in ("message/rfc822", "text/rfc822-headers", "message/global", "message/rfc822-headers"):
            originals.append(text)
        elif kind == "text/html":
            pages.append(_plain(text))
        elif part.get_content_maintype() in ("text", "multipart"):
            prose.append(text)
    seen = "\n\n".join(prose)
    shown, rest = _cut(seen if seen.strip() or reports else "\n\n".join(pages))
    if not shown.strip():
        shown = _cut("\n\n".join(pages))[0]
    return Content(
        headers=message,
        subject=_text_of(message.get("Subject", "")),
        prose=shown[:MAX_PROSE],
        rest=rest[:MAX_PROSE],
        reports=tuple(reports),
        feedback=feedback,
        originals=tuple(originals),
    )


def _parts(message: Message) -> Iterator[Message]:
    """The leaves in order; what came back with the report is one."""
    waiting = [(message, 0)]
    count = 0
    while waiting:
        part, depth = waiting.pop()
        count += 1
        if depth > MAX_DEPTH or count > MAX_PARTS:
            reason = "nested too deep" if depth > MAX_DEPTH else "too many parts"
            raise UnreadableError(reason)
        payload = part.get_payload()
        if isinstance(payload, list) and part.get_content_maintype() == "multipart":
            waiting += [(one, depth + 1) for one in reversed(payload) if isinstance(one, Message)]
        else:
            yield part


def text_of(part: Message) -> str:
    """A part's text; that of a message with its headers."""
    payload = part.get_payload()
    if isinstance(payload, list):
        return _decoded("\n\n".join(str(one) for one in payload), _text_of(part.get("Content-Transfer-Encoding", "")))
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return str(payload)
    for charset in (part.get_content_charset() or "utf-8", "utf-8", "latin-1"):
        try:
            return data.decode(charset).replace("\r\n", "\n")
        except (LookupError, UnicodeError):
            continue
    return data.decode("ascii", "replace")


def _decoded(text: str, encoding: str) -> str:
    """The text of a report that was encoded on its way; the parser leaves it as it is."""
    data = text.encode("utf-8", "surrogateescape")
    try:
        match encoding.lower():
            case "base64":
                data = base64.b64decode(data)
            case "quoted-printable":
                data = quopri.decodestring(data.replace(b"=\n\n", b"=\n"))
            case _:
                return text
    except ValueError:
        return text
    return data.decode("utf-8", "replace").replace("\r\n", "\n")


def _cut(text: str) -> tuple[str, str]:
    """What the report says, and the returned mail quoted under it."""
    found = _CUT.search(text)
    return (text[: found.start()], text[found.start() :]) if found else (text, "")


class _Page(HTMLParser):
    """A page's words."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Styles and scripts are not read."""
        del attrs
        self._hidden += tag in ("style", "script")
        self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """They end."""
        self._hidden -= tag in ("style", "script")

    def handle_data(self, data: str) -> None:
        """What is read."""
        if not self._hidden:
            self.words.append(data)


def _plain(page: str) -> str:
    reader = _Page()
    reader.feed(page[:MAX_PAGE])
    return "".join(reader.words)


def _text_of(value: object) -> str:
    try:
        return " ".join(str(make_header(decode_header(str(value)))).split())
    except (ValueError, LookupError, UnicodeError, MessageError):
        return " ".join(str(value).split())
