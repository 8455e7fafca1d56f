"""Whether mail servers will take a brand's mails for real: SPF, DKIM, DMARC, a way back for bounces, one-click unsubscribing."""

import re
from dataclasses import dataclass
from enum import StrEnum

ENFORCED = ("quarantine", "reject")
SPF = re.compile(r"v=spf1(\s|$)", re.IGNORECASE)
MAX_LOOKUPS = 10
_LOOKUP = re.compile(r"[+?~-]?(include:|a(?=[\s:/]|$)|mx(?=[\s:/]|$)|ptr|exists:)|redirect=", re.IGNORECASE)
_ALL = re.compile(r"(?:^|\s)([+?~-]?)all(?:\s|$)", re.IGNORECASE)


class State(StrEnum):
    """What came of a check; `unclear`: no answer from the DNS, which says nothing of the domain."""

    PASS = "pass"  # noqa: S105 - no password
    WARN = "warn"
    FAIL = "fail"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check: where it looked, what it found, what is to be set."""

    name: str
    state: State
    place: str
    reason: str
    found: str | None = None
    wanted: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """What the DNS says at one place; `clear`: it said something."""

    place: str
    records: tuple[str, ...] = ()
    clear: bool = True


def domain_of(address: str) -> str:
    """The domain of an address."""
    return address.rpartition("@")[2].lower().rstrip(".")


def parents(domain: str) -> list[str]:
    """A domain and those above it, without the top: where a DMARC record may stand (RFC 9989)."""
    labels = domain.split(".")
    return [".".join(labels[start:]) for start in range(len(labels) - 1)][-8:]


def spf(at: Records) -> Check:
    """SPF of the domain of the return path."""
    found = [record for record in at.records if SPF.match(record)]
    wanted = "v=spf1 include:YOUR-MAIL-SERVER -all"
    if not at.clear:
        return _unclear("spf", at)
    if not found:
        reason = "no SPF record: receivers cannot tell which servers may send for this domain"
        return Check(name="spf", state=State.FAIL, place=at.place, reason=reason, wanted=wanted)
    if len(found) > 1:
        reason = f"{len(found)} SPF records: receivers take none of them (RFC 7208)"
        return Check(name="spf", state=State.FAIL, place=at.place, reason=reason, found=" | ".join(found))
    state, reason = _judged_spf(found[0])
    return Check(name="spf", state=state, place=at.place, reason=reason, found=found[0])


def _judged_spf(record: str) -> tuple[State, str]:
    lookups = len(_LOOKUP.findall(record))
    ending = _ALL.search(record)
    if ending is not None and ending[1] in {"", "+"}:
        return State.FAIL, "it lets every server of the world send for this domain"
    if lookups > MAX_LOOKUPS:
        return State.FAIL, f"it asks for {lookups} look-ups; receivers give up after {MAX_LOOKUPS}"
    if ending is None and "redirect=" not in record.lower():
        return State.WARN, "it does not end in -all or ~all: other servers are neither refused nor doubted"
    return State.PASS, "it names who may send; whether your mail server is among them, a test mail shows"


def dkim(selector: str | None, at: Records) -> Check:
    """The public key of DKIM."""
    if selector is None:
        reason = "the brand names no selector, so the key cannot be looked for; set dkim_selector"
        return Check(name="dkim", state=State.WARN, place=at.place, reason=reason)
    if not at.clear:
        return _unclear("dkim", at)
    tags = [_tags(record) for record in at.records]
    keys = [one for one in tags if "p" in one and one.get("v", "DKIM1") == "DKIM1"]
    if not keys:
        reason = "no DKIM key here: signatures cannot be checked, and one-click unsubscribing needs a signed mail"
        wanted = "v=DKIM1; k=rsa; p=YOUR-PUBLIC-KEY"
        return Check(name="dkim", state=State.FAIL, place=at.place, reason=reason, wanted=wanted)
    found = at.records[tags.index(keys[0])][:120]
    if not keys[0]["p"]:
        return Check(name="dkim", state=State.FAIL, place=at.place, reason="the key was withdrawn", found=found)
    return Check(name="dkim", state=State.PASS, place=at.place, reason="there is a key", found=found)


def dmarc(sender: str, asked: list[Records]) -> Check:
    """The policy of the sender's domain, or of the nearest one above it."""
    place = f"_dmarc.{sender}"
    for at in asked:
        found = [record for record in at.records if _tags(record).get("v") == "DMARC1"]
        if not at.clear:
            return _unclear("dmarc", at)
        if len(found) > 1:
            reason = "more than one DMARC record: receivers take none of them"
            return Check(name="dmarc", state=State.FAIL, place=at.place, reason=reason, found=" | ".join(found))
        if found:
            return _judged_dmarc(at.place, found[0])
    reason = "no DMARC record: Gmail and Yahoo refuse mails of large senders without one"
    wanted = f"v=DMARC1; p=none; rua=mailto:dmarc@{sender}"
    return Check(name="dmarc", state=State.FAIL, place=place, reason=reason, wanted=wanted)


def _judged_dmarc(place: str, record: str) -> Check:
    policy = _tags(record).get("p", "").lower()
    if policy in ENFORCED:
        return Check(name="dmarc", state=State.PASS, place=place, reason=f"policy {policy}", found=record)
    reason = "policy none: enough for Gmail and Yahoo, but forged mails get through; later set quarantine or reject"
    return Check(name="dmarc", state=State.WARN, place=place, reason=reason, found=record)


def way_back(name: str, at: Records, addresses: Records, what: str) -> Check:
    """Whether mail to a domain arrives: by MX, else by its address."""
    if at.clear and at.records == (".",):
        reason = f"the domain says that it takes no mail (null MX), but {what}"
        return Check(name=name, state=State.FAIL, place=at.place, reason=reason, found=".")
    if at.records:
        return Check(name=name, state=State.PASS, place=at.place, reason="it takes mail", found=", ".join(at.records))
    if not at.clear or (not addresses.records and not addresses.clear):
        return _unclear(name, at)
    if addresses.records:
        reason = "it has no MX; mail goes to its address, which some servers refuse"
        return Check(name=name, state=State.WARN, place=at.place, reason=reason, found=", ".join(addresses.records))
    wanted = f"10 YOUR-MAIL-SERVER (an MX record at {at.place})"
    return Check(name=name, state=State.FAIL, place=at.place, reason=f"it takes no mail, but {what}", wanted=wanted)


def one_click(public_url: str, signed: Check) -> Check:
    """Whether mail programs will offer to unsubscribe (RFC 8058): an https link in a signed mail."""
    if not public_url.startswith("https://"):
        reason = "the unsubscribe link is not https, so that mail programs offer no button for it"
        return Check(
            name="one_click",
            state=State.FAIL,
            place=public_url,
            reason=reason,
            wanted="SOUNDING_OUTBOX_PUBLIC_URL=https://…",
        )
    if signed.state is State.PASS:
        return Check(name="one_click", state=State.PASS, place=public_url, reason="https, and mails can be signed")
    state = State.UNCLEAR if signed.state is State.UNCLEAR else State.WARN
    reason = "it works only in mails that are signed: see dkim"
    return Check(name="one_click", state=state, place=public_url, reason=reason)


def alignment(sender: str, bounce: str, signed: Check) -> Check:
    """Whether SPF or DKIM speaks for the domain that people see, as DMARC asks."""
    place = sender
    if signed.state is State.PASS:
        reason = "DKIM signs for the sender's own domain"
        return Check(name="alignment", state=State.PASS, place=place, reason=reason)
    if bounce == sender or bounce.endswith(f".{sender}") or sender.endswith(f".{bounce}"):
        reason = "the return path is within the sender's domain"
        return Check(name="alignment", state=State.PASS, place=place, reason=reason, found=bounce)
    reason = f"bounces go to {bounce}, another domain, and DKIM is not set: DMARC would fail"
    wanted = f"bounce_domain = bounces.{sender}"
    state = State.UNCLEAR if signed.state is State.UNCLEAR else State.FAIL
    return Check(name="alignment", state=state, place=place, reason=reason, found=bounce, wanted=wanted)


def ready(checks: list[Check]) -> bool:
    """Whether nothing fails and nothing is unclear."""
    return all(check.state in {State.PASS, State.WARN} for check in checks)


def _tags(record: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in record.split(";") if "=" in part)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _unclear(name: str, at: Records) -> Check:
    reason = "the DNS gave no answer in time; this says nothing of the domain: try again"
    return Check(name=name, state=State.UNCLEAR, place=at.place, reason=reason)
