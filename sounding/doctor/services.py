"""The services by their HTTP: whether each is ready, its clock, what was put aside, sending, and the senders' domains."""

from collections.abc import Iterator, Mapping
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from sounding.doctor.finding import Finding, clock

SECONDS = 10


def look(services: Mapping[str, str], api_key: str, *, local: bool) -> Iterator[Finding]:
    """All of it. `local`: mails go to a mailbox of this machine, so that no DNS says anything of the senders."""
    import httpx  # noqa: PLC0415 - slow

    headers = {"Authorization": f"Bearer {api_key}"}
    for name, url in services.items():
        with httpx.Client(base_url=url, headers=headers, timeout=SECONDS, trust_env=False) as client:
            try:
                yield from _service(name, url, client)
                if name == "outbox":
                    yield from _sending(client)
                    yield from _senders(client, local=local)
            except httpx.HTTPError as error:
                do = f"See its log. Is SOUNDING_{name.upper()}_URL right?"
                yield Finding(name, False, f"{url}: {type(error).__name__}: {error}", do)


def _service(name: str, url: str, client: Any) -> Iterator[Finding]:
    from chassis.clock import now  # noqa: PLC0415 - slow

    before = now()
    answer = client.get("/health/ready")
    faults = "; ".join(f"{what}: {why}" for what, why in answer.json().get("faults", {}).items())
    yield Finding(name, answer.is_success, f"{url}: {faults}" if faults else url, "See its log.")
    if date := answer.headers.get("date"):
        theirs = parsedate_to_datetime(date).astimezone(UTC)
        # The header has whole seconds.
        yield clock(name, theirs, before - timedelta(seconds=1), now())
    letters = _asked(client, "/v1/dead-letters")
    if isinstance(letters, str):
        yield Finding(f"dead letters of {name}", False, letters, "Give a key with operations:read in SOUNDING_API_KEY.")
        return
    count = len(letters["items"])
    said = f"{count}{' or more' * bool(letters['next'])}" if count else "none"
    do = f"`sounding dead-letters list --service {name}`, then replay or discard."
    yield Finding(f"dead letters of {name}", not count, said, do if count else None)


def _sending(client: Any) -> Iterator[Finding]:
    found = _asked(client, "/v1/sending")
    if isinstance(found, str):
        yield Finding("sending", False, found, "Give a key with dispatches:read in SOUNDING_API_KEY.")
        return
    why = found["history"][0]["note"] if found["paused"] and found["history"] else None
    if found["paused"]:
        yield Finding(
            "sending", False, f"paused ({why})" if why else "paused", "`sounding sending resume`, once it may."
        )
    elif found["held"]:
        yield Finding("sending", False, "held: news of customers is old", "Look at the stream of customers of outbox.")
    else:
        yield Finding("sending", True, f"on; {found['due']} due, {found['unknown']} unknown")


def _senders(client: Any, *, local: bool) -> Iterator[Finding]:
    if local:
        yield Finding("senders' domains", True, "not asked: mails stay on this machine")
        return
    brands = _asked(client, "/v1/brands")
    if isinstance(brands, str):
        yield Finding("senders' domains", False, brands, "Give a key with brands:read in SOUNDING_API_KEY.")
        return
    for brand in brands["items"]:
        answer = client.post(f"/v1/brands/{brand['id']}/check")
        if answer.is_error:
            yield Finding(f"sender of {brand['id']}", False, f"HTTP {answer.status_code}")
            continue
        yield from sender_findings(brand["id"], answer.json())


def sender_findings(brand: str, found: Mapping[str, Any]) -> Iterator[Finding]:
    """What the DNS says against a brand; one good finding where nothing."""
    bad = [check for check in found["checks"] if check["state"] in {"fail", "unclear"}]
    for check in bad:
        wanted = f"Set at {check['place']}: {check['wanted']}" if check.get("wanted") else f"Look at {check['place']}."
        do = "Ask again: the DNS did not answer." if check["state"] == "unclear" else wanted
        yield Finding(f"{check['name']} of {brand}", False, f"{check['place']}: {check['reason']}", do)
    if not bad:
        yield Finding(f"sender of {brand}", True, "SPF, DKIM, DMARC and the way back are set")


def _asked(client: Any, path: str) -> Any:
    """What a service says, or why it does not as text."""
    answer = client.get(path)
    if answer.is_error:
        return f"HTTP {answer.status_code}: {answer.json().get('detail', '')}"
    return answer.json()
