"""A house that people look at, and customers in it whom a mail asks."""

import re
from dataclasses import dataclass
from typing import Any

import httpx

from chassis.ids import new_id
from tests.waiting import PATIENCE_SECONDS, eventually


@dataclass(frozen=True)
class Place:
    """Where the house is, and whom one meets there."""

    url: str
    mailbox: str
    key: str
    services: dict[str, str]
    known: dict[str, str]
    settings: dict[str, Any]
    """What every process of it is told."""

    def api(self) -> httpx.AsyncClient:
        """What a program of the company asks with."""
        headers = {"Authorization": f"Bearer {self.key}"}
        return httpx.AsyncClient(base_url=f"{self.url}/api", headers=headers, timeout=30, trust_env=False)

    async def mails(self, address: str) -> list[dict[str, Any]]:
        """What somebody got, the newest first."""
        async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_SECONDS) as client:
            found = await client.get(f"{self.mailbox}/api/messages", params={"to": address})
        items: list[dict[str, Any]] = found.json()["items"]
        return items

    async def link(self, email: str, role: str = "admin") -> str:
        """What signs somebody in once."""
        async with self.api() as api:
            made = await api.post("/console/v1/sign-in-links", json={"email": email, "role": role})
        found: str = made.raise_for_status().json()["link"]
        return found

    @staticmethod
    def of(found: dict[str, Any]) -> "Place":
        """From what `tests/ui/house.py` says of it."""
        status = found["status"]
        return Place(
            url=status["services"]["console"],
            mailbox=status["mailbox"],
            key=status["api_key"],
            services=status["services"],
            known=found["known"],
            settings=found["settings"],
        )


@dataclass
class Asked:
    """A customer with a survey in the mailbox."""

    id: str
    email: str
    survey: str


async def ask(place: Place, name: str = "Quinn") -> Asked:
    email = f"{name}.{new_id()[-8:]}@example.com".lower()
    body = {"email": email, "first_name": name, "last_name": "Asked", "company": "Quick & Co", "tags": ["nps"]}
    async with place.api() as api:
        made = await api.post("/profile/v1/customers", json=body)
        assert made.is_success, made.text
    return Asked(made.json()["id"], email, await survey(place, email))


async def survey(place: Place, email: str) -> str:
    mails = await eventually(lambda: place.mails(email), within=60)
    found = re.search(r"http://\S+/s/[^?\s]+", mails[0]["text"])
    assert found is not None
    url = found.group(0)

    async def open_() -> bool:
        async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_SECONDS) as client:
            return (await client.get(url)).status_code == 200

    await eventually(open_)
    return url


async def answer(asked: Asked, score: int, comment: str = "") -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_SECONDS) as client:
        (await client.post(asked.survey, data={"score": str(score), "comment": comment})).raise_for_status()
