"""Who opened a mail or followed a link in it: a person, a machine, or nobody can say. Kept raw, judged anew at any time."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address, ip_network

TOO_SOON, SOON = timedelta(seconds=3), timedelta(seconds=10)
"""After the mail was handed over: nobody reads as fast as the first; hardly anybody as fast as the second."""
AT_ONCE, LINKS_AT_ONCE = timedelta(seconds=3), 3
TOGETHER, LINKS_TOGETHER = timedelta(seconds=1), 2
KEPT_PER_MAIL = 50
MAX_AGENT = 300
_PROGRAM = re.compile(
    r"bot\b|crawl|spider|scan|prerender|headless|phantom|preview|facebookexternalhit|slurp|monitor|curl|wget|python|aiohttp"
    r"|httpx|okhttp|java/|go-http|node-fetch|axios|libwww|ruby|php|guzzle|barracuda|proofpoint|mimecast|symantec|fireeye"
    r"|trendmicro|forcepoint|sophos|checkpoint|safelinks|urldefense|virustotal|zscaler",
    re.IGNORECASE,
)
_IMAGE_PROXY = re.compile(r"GoogleImageProxy|YahooMailProxy", re.IGNORECASE)
"""These fetch an image when somebody looks at the mail."""
_PRIVACY = re.compile(r"Mozilla/5\.0")
"""Apple's Mail Privacy Protection says just this, and loads everything, seen or unseen."""
_READER = re.compile(r"Mozilla/\d.*\(|Outlook|MSOffice|Thunderbird|AppleMail|iPhone|Android|Opera", re.IGNORECASE)
SCANNERS = tuple(
    ip_network(network)
    for network in (
        # Apple; Microsoft 365's filters; Barracuda; Proofpoint; Mimecast.
        *("17.0.0.0/8", "40.92.0.0/15", "40.107.0.0/16", "52.100.0.0/14", "104.47.0.0/17"),
        *("64.235.144.0/20", "209.222.80.0/21", "67.231.144.0/20", "148.163.128.0/19", "205.139.110.0/23"),
    )
)


class Kind(StrEnum):
    """What was fetched."""

    OPEN = "open"
    CLICK = "click"


class Verdict(StrEnum):
    """Who it was."""

    PERSON = "person"
    MACHINE = "machine"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """One fetch of a mail's pixel or link, with what is known of who fetched it: no address, only its network."""

    id: str
    dispatch_id: str
    customer_id: str = ""
    kind: Kind
    at: datetime
    method: str = "GET"
    agent: str = ""
    network: str | None = None
    prefetch: bool = False
    link: str | None = None
    verdict: Verdict = Verdict.UNSURE
    reason: str = "not-judged"


def network_of(address: str | None) -> str | None:
    """The network that an address is in, coarse enough to name no household."""
    try:
        found = ip_address(address or "")
    except ValueError:
        return None
    return str(ip_network(f"{found}/{24 if found.version == 4 else 48}", strict=False))  # noqa: PLR2004 - IPv4


def judged(touches: Sequence[Touch], handed_over: datetime | None) -> list[Touch]:
    """All touches of one mail with their verdicts. Several links at once condemn those that came first as well."""
    bursts = _at_once([touch for touch in touches if touch.kind is Kind.CLICK])
    verdicts = [_verdict(touch, handed_over, in_burst=touch.id in bursts) for touch in touches]
    return [replace(touch, verdict=found, reason=why) for touch, (found, why) in zip(touches, verdicts, strict=True)]


def by_person(touches: Iterable[Touch]) -> tuple[datetime | None, datetime | None]:
    """When a person opened the mail first, and when one followed a link; who follows one has opened it."""
    found = [touch for touch in touches if touch.verdict is Verdict.PERSON]
    clicks = [touch.at for touch in found if touch.kind is Kind.CLICK]
    return min((touch.at for touch in found), default=None), min(clicks, default=None)


def _verdict(touch: Touch, handed_over: datetime | None, *, in_burst: bool) -> tuple[Verdict, str]:
    if reason := _of_machine(touch, in_burst=in_burst):
        return Verdict.MACHINE, reason
    age = touch.at - handed_over if handed_over else None
    if age is None:
        return Verdict.UNSURE, "not-handed-over"
    if age < TOO_SOON:
        return Verdict.MACHINE, "too-soon"
    if age < SOON:
        return Verdict.UNSURE, "soon"
    if touch.kind is Kind.OPEN and _IMAGE_PROXY.search(touch.agent):
        return Verdict.PERSON, "image-proxy"
    return (Verdict.PERSON, "reader") if _READER.search(touch.agent) else (Verdict.UNSURE, "unknown-agent")


def _of_machine(touch: Touch, *, in_burst: bool) -> str | None:
    if touch.method != "GET":
        return "no-get"
    if touch.prefetch:
        return "prefetch"
    if not touch.agent:
        return "no-agent"
    if touch.kind is Kind.OPEN and _PRIVACY.fullmatch(touch.agent.strip()):
        return "mail-privacy"
    if not _IMAGE_PROXY.search(touch.agent) and _PROGRAM.search(touch.agent):
        return "program"
    if touch.network and _of_scanner(touch.network):
        return "scanner-network"
    return "several-links-at-once" if in_burst else None


def _of_scanner(network: str) -> bool:
    address = ip_network(network).network_address
    return any(address in known for known in SCANNERS)


def _at_once(clicks: Sequence[Touch]) -> set[str]:
    """The clicks that are part of a burst over several links."""
    found: set[str] = set()
    for first in clicks:
        for span, links in ((AT_ONCE, LINKS_AT_ONCE), (TOGETHER, LINKS_TOGETHER)):
            near = [click for click in clicks if first.at <= click.at < first.at + span]
            if len({click.link for click in near}) >= links:
                found |= {click.id for click in near}
    return found
