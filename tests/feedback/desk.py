"""A feedback to answer: its projections filled as its streams would, its pages asked as a browser would."""

from dataclasses import dataclass
from typing import Any

import httpx
from sounding_contracts.envelope import Event, decode
from sounding_contracts.topics import Topic

from chassis.mongo import Database
from chassis.tokens import Links
from services.feedback import handlers, store
from services.feedback.domain.response import Response
from services.feedback.settings import Settings
from tests.feedback.events import brand, campaign, customer, dispatch


@dataclass
class Desk:
    """Commands in short, on a real database."""

    database: Database
    settings: Settings
    http: httpx.AsyncClient

    async def open(self) -> None:
        """One customer who was asked one thing."""
        await self.hear(customer(), campaign(), brand(), dispatch())

    async def hear(self, *events: Event[Any]) -> None:
        """As if read from its stream."""
        for event in events:
            for reader in handlers.router.subscriptions:
                if reader.topic.types[0].type != event.type:
                    continue

                async def applied(tx: Any, reader: Any = reader, event: Event[Any] = event) -> None:
                    ids = await reader.handler([event], tx)
                    if reader.derive is not None and ids is not None:
                        await reader.derive(tx, set(ids))

                await self.database.transact(applied)

    def token(self, dispatch_id: str = "d1", purpose: str = "survey") -> str:
        return Links(self.settings.chassis.signing_keys).make(purpose, dispatch_id)

    def path(self, dispatch_id: str = "d1") -> str:
        return f"/s/{self.token(dispatch_id)}"

    async def get(self, path: str | None = None, **headers: str) -> httpx.Response:
        return await self.http.get(path or self.path(), headers=headers)

    async def post(self, path: str | None = None, **form: str) -> httpx.Response:
        return await self.http.post(path or self.path(), data=form)

    async def answers(self) -> list[Response]:
        rows = await self.database.collection(store.RESPONSES).find({}).to_list(None)
        return [store.response_from(row) for row in rows]

    async def answer(self) -> Response:
        (found,) = await self.answers()
        return found

    async def told(self) -> list[dict[str, Any]]:
        """The events that wait to be published, by seq."""
        return await self.database.collection("_pending").find({}).sort("seq", 1).to_list(None)

    async def events(self, topic: Topic) -> list[Event[Any]]:
        """The events that wait to be published on a topic, as its readers will have them."""
        types = {payload.type: payload for payload in topic.types}
        return [decode(row["value"], [], types) for row in await self.told() if row["topic"] == topic.name]
