"""The demo company in full: two thousand customers and a year of answers, through the public API and streams."""

import json
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deploy.local.demo import company
from deploy.local.demo.company import Person
from deploy.local.state import Run
from sounding.deployment import find
from sounding.output import Failure

if TYPE_CHECKING:
    import httpx

Doing = Callable[[str], None]
AT_ONCE = 6
DONE = "Detractors on the scale plan"
"""The segment that is made last: where it is, all is there."""
TRIGGERED, ANSWERED = 25, 90
_REUSED = "idempotency-key-reused"


def load(run: Run, folder: Path, count: int, publish: Callable[[Sequence[str]], None], doing: Doing) -> None:
    """All of it, or of the first `count` customers, as far as it is missing; what was begun is gone on with."""
    import httpx  # noqa: PLC0415 - slow, and most commands do without

    key = find(folder, "profile")[1]
    limits = httpx.Limits(max_connections=AT_ONCE + 2)
    with httpx.Client(headers={"Authorization": f"Bearer {key}"}, timeout=60, limits=limits, trust_env=False) as client:
        loading = _Loading(client, run, doing)
        if loading.is_done():
            return
        people = list(company.people())[:count]
        loading.make_campaigns()
        publish([json.dumps(one.event) for one in people])
        ids = loading.wait_for(people)
        loading.add_answers(people, ids)
        loading.unsubscribe(people, ids)
        loading.trigger(people)
        loading.answer_todays(people)
        loading.finish()


class _Loading:
    def __init__(self, client: "httpx.Client", run: Run, doing: Doing) -> None:
        self._client, self._run, self._doing = client, run, doing
        self._url = run.services

    def is_done(self) -> bool:
        """Whether an earlier run came to its end."""
        segments = self._ask("profile", "GET", "/v1/segments")["items"]
        return any(one["name"] == DONE for one in segments)

    def make_campaigns(self) -> None:
        """Four more campaigns; the one before renewal stays a draft, to look at its dry run."""
        file = Path(company.__file__).with_name("campaigns.json")
        for draft in json.loads(file.read_text(encoding="utf-8")):
            made = self._ask("scheduler", "POST", "/v1/campaigns", json=draft)
            if made["state"] == "draft" and draft["kind"] != "one_time_email":
                self._ask("scheduler", "POST", f"/v1/campaigns/{made['id']}/activate")

    def wait_for(self, people: Sequence[Person]) -> dict[str, str]:
        """The ids of all, by address, once profile knows them and feedback as well."""
        self._doing("waiting for the customers to arrive")
        last = people[-1].email
        _until(lambda: self._ask("profile", "GET", "/v1/customers", params={"email": last})["items"])
        wanted, ids, after = {one.email for one in people}, {}, None
        while True:
            page = self._ask(
                "profile", "GET", "/v1/customers", params={"limit": 200} | ({"after": after} if after else {})
            )
            ids.update({one["email"]: one["id"] for one in page["items"] if one["email"] in wanted})
            after = page["next"]
            if after is None:
                return ids

    def add_answers(self, people: Sequence[Person], ids: dict[str, str]) -> None:
        """What they said over the year, as received outside."""
        from chassis.clock import now  # noqa: PLC0415 - slow

        at, done = now(), 0
        wanted = [(one, number) for one in people if one.email in ids for number in range(len(one.said))]
        wanted.sort(key=lambda pair: -pair[0].said[pair[1]].days_ago)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for _ in pool.map(lambda pair: self._add_answer(pair[0], pair[1], ids, at), wanted):
                done += 1
                if done % 50 == 0:
                    self._doing(f"a year of answers, {done:,} of {len(wanted):,}")

    def _add_answer(self, person: Person, number: int, ids: dict[str, str], at: datetime) -> None:
        said = person.said[number]
        body = {
            "customer_id": ids[person.email],
            "campaign_id": said.campaign_id,
            "score": said.score,
            "comment": said.comment,
            "language": said.language,
            "answered_at": company.answered_at(said, at).isoformat(),
        }
        headers = {"Idempotency-Key": f"demo-{person.subject}-{number}"}
        url = f"{self._url['feedback']}/v1/responses"

        def added() -> bool:
            answer = self._client.post(url, json=body, headers=headers)
            if answer.status_code == 404:  # noqa: PLR2004 - feedback has not heard of the customer yet
                return False
            # Added by an earlier run, which ended before its end.
            if answer.is_error and answer.json().get("code") != _REUSED:
                raise Failure(f"feedback refused an answer: {answer.text}")
            return True

        _until(added)

    def unsubscribe(self, people: Sequence[Person], ids: dict[str, str]) -> None:
        """Some want no surveys any more."""
        for one in people:
            if one.unsubscribes and one.email in ids:
                body = {"note": one.unsubscribes}
                self._ask("profile", "POST", f"/v1/customers/{ids[one.email]}/unsubscribe", json=body)

    def trigger(self, people: Sequence[Person]) -> None:
        """Cases closed and beginnings made, today."""
        from chassis.clock import now  # noqa: PLC0415 - slow

        chosen = [one for one in people if not one.email.startswith(company.GONE)][: 2 * TRIGGERED]
        for number, one in enumerate(chosen):
            kind = "ticket.closed" if number % 2 else "onboarding.finished"
            body = {
                "specversion": "1.0",
                "id": f"{one.subject}:{kind}",
                "source": "crm",
                "type": "survey.trigger",
                "time": now().isoformat(),
                "data": {"trigger": kind, "customer": {"email": one.email}, "payload": {"priority": "normal"}},
            }
            self._ask("scheduler", "POST", "/v1/triggers", json=body)

    def answer_todays(self, people: Sequence[Person]) -> None:
        """Some answer today's mails, as they would: by the link in the mail."""
        self._doing("waiting for today's surveys to be sent")
        words = {one.email: one for one in people}
        asked = sum("nps" in one.event["data"]["tags"]["add"] for one in people)
        _until(lambda: len(self._mails()) >= min(ANSWERED, asked), within=60, needed=False)
        for number, mail in enumerate(self._mails()[:ANSWERED]):
            person, link = words.get(mail["to"]), re.search(r'href="([^"]+/s/[^"?]+)\?score=(\d+)"', mail["html"])
            if person and link and number % 2 == 0:
                scores = [int(one) for one in re.findall(r"/s/[^\"?]+\?score=(\d+)", mail["html"])]
                score = scores[-1 - (number // 2) % min(4, len(scores))]
                said = person.said[-1].comment if person.said else None
                self._client.post(link[1], data={"score": str(score), "comment": said or ""})

    def _mails(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._client.get(
            f"{self._run.mailbox}/api/messages", params={"limit": 2 * ANSWERED}
        ).json()["items"]
        return found

    def finish(self) -> None:
        """Searches with a name; the last one says that all is there."""
        segments = {
            "Scale plan in Germany": _all(_is("properties.plan", "scale"), _is("country", "Germany")),
            "Champions": {"field": "tags", "op": "has", "value": "champion"},
            DONE: _all(_is("properties.plan", "scale"), {"field": "last_score", "op": "lte", "value": 6}),
        }
        for name, wanted in segments.items():
            self._ask("profile", "POST", "/v1/segments", json={"name": name, "filter": wanted})

    def _ask(self, service: str, method: str, path: str, **options: Any) -> Any:
        answer = self._client.request(method, self._url[service] + path, **options)
        if answer.is_error:
            raise Failure(f"{service} refused {method} {path}: {answer.text}")
        return answer.json() if answer.content else None


def _is(field: str, value: str) -> dict[str, str]:
    return {"field": field, "op": "eq", "value": value}


def _all(*clauses: dict[str, Any]) -> dict[str, Any]:
    return {"all": list(clauses)}


def _until(condition: Callable[[], Any], *, within: float = 120, needed: bool = True) -> None:
    import time  # noqa: PLC0415

    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            if needed:
                raise Failure("The demo company was sent, but the services do not show it. See their logs.")
            return
        time.sleep(0.2)
