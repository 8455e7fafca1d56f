"""The demo company in full: two thousand customers and a year of answers, through the public API and streams."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
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
DONE = "Detractors on the scale plan"
"""The segment that is made last: where it is, all is there."""
TRIGGERED, ANSWERED = 25, 90
COLUMNS = ["id", "email", "campaign", "score", "comment", "language", "answered_at", "channel"]
PART, OF_LATE_DAYS = 200_000, 21


def load(run: Run, folder: Path, count: int, publish: Callable[[Sequence[str]], None], doing: Doing) -> None:
    """All of it, or of the first `count` customers, as far as it is missing; what was begun is gone on with."""
    import httpx  # noqa: PLC0415 - slow, and most commands do without

    key = find(folder, "profile")[1]
    with httpx.Client(headers={"Authorization": f"Bearer {key}"}, timeout=60, trust_env=False) as client:
        loading = _Loading(client, run, doing)
        people = list(company.people())[:count]
        if loading.is_done(people[-1]):
            return
        loading.make_campaigns()
        publish([json.dumps(one.event) for one in people])
        ids = loading.wait_for(people)
        loading.add_answers(people)
        loading.unsubscribe(people, ids)
        loading.trigger(people)
        loading.answer_todays(people)
        loading.finish()


class _Loading:
    def __init__(self, client: "httpx.Client", run: Run, doing: Doing) -> None:
        self._client, self._run, self._doing = client, run, doing
        self._url = run.services

    def is_done(self, last: Person) -> bool:
        """Whether an earlier run of that many came to its end."""
        known = self._ask("profile", "GET", "/v1/customers", params={"email": last.email})["items"]
        segments = self._ask("profile", "GET", "/v1/segments")["items"]
        return bool(known) and any(one["name"] == DONE for one in segments)

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

    def add_answers(self, people: Sequence[Person]) -> None:
        """What they said over the year, imported as old answers; those of late as news, for somebody to look into."""
        from chassis.clock import now  # noqa: PLC0415 - slow

        at = now()
        old, late = ([*_rows(people, at, of_late=of_late)] for of_late in (False, True))
        for name, rows, of_late in (("a-year-of-answers.csv", old, False), ("last-weeks-answers.csv", late, True)):
            self._doing(f"importing {len(rows):,} answers")
            _until(partial(self._import, name, rows, tell=of_late), within=900)

    def _import(self, name: str, rows: Sequence[Sequence[object]], *, tell: bool) -> bool:
        """Whether feedback took all rows; it refuses those of customers of whom it has not heard yet."""
        out = io.StringIO()
        csv.writer(out).writerows([COLUMNS, *rows])
        content = out.getvalue().encode()
        id_ = self._ask("feedback", "POST", "/v1/imports", json={"file_name": name})["id"]
        for number, first in enumerate(range(0, len(content), PART)):
            self._ask("feedback", "PUT", f"/v1/imports/{id_}/parts/{number}", content=content[first : first + PART])
        plan = {"columns": COLUMNS, "metric": "nps", "tell": tell}
        self._ask("feedback", "POST", f"/v1/imports/{id_}/start", json=plan)
        ended = ("done", "failed", "cancelled")
        _until(lambda: self._ask("feedback", "GET", f"/v1/imports/{id_}")["state"] in ended, within=600)
        found = self._ask("feedback", "GET", f"/v1/imports/{id_}")
        if found["state"] != "done":
            raise Failure(f"feedback did not import {name}: {found['reason']}")
        return bool(found["refused"] == 0)

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
        there = {one["name"] for one in self._ask("profile", "GET", "/v1/segments")["items"]}
        for name, wanted in segments.items():
            if name in there:
                continue
            self._ask("profile", "POST", "/v1/segments", json={"name": name, "filter": wanted})

    def _ask(self, service: str, method: str, path: str, **options: Any) -> Any:
        answer = self._client.request(method, self._url[service] + path, **options)
        if answer.is_error:
            raise Failure(f"{service} refused {method} {path}: {answer.text}")
        return answer.json() if answer.content else None


def _rows(people: Sequence[Person], at: datetime, *, of_late: bool) -> Iterator[list[object]]:
    for one in people:
        for number, said in enumerate(one.said):
            if (said.days_ago < OF_LATE_DAYS) == of_late:
                when = company.answered_at(said, at).isoformat()
                id_ = f"{one.subject}-{number}"
                yield [id_, one.email, said.campaign_id, said.score, said.comment or "", said.language, when, "email"]


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
