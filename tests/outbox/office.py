"""An outbox to try things on: its database filled as its streams would, one sender, one mail server of the test's own."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sounding_contracts.envelope import Event

from chassis import freshness
from chassis.clock import now
from chassis.mongo import Database, Transaction
from chassis.tokens import Links
from services.outbox import commands, store
from services.outbox.adapters.carriers import Carrier, make_carrier
from services.outbox.adapters.render import Renderer
from services.outbox.domain.deliverability import Evidence, Gate
from services.outbox.domain.dispatch import Dispatch
from services.outbox.jobs import Sender
from services.outbox.settings import Settings
from tests.outbox.events import BRAND, TEMPLATE, campaign, customer, request
from tests.outbox.mailserver import MailServer

SECRET = "the secret of these tests"


@dataclass
class Office:
    """Commands in short, on a real database and a real mail server."""

    database: Database
    server: MailServer
    settings: Settings
    connections: list[Carrier] = field(default_factory=list)

    async def open(self) -> None:
        """A brand, a template, a campaign, and one customer with one survey due."""
        await self.database.transact(lambda tx: commands.put_brand(tx, BRAND, now()))
        await self.database.transact(lambda tx: commands.put_template(tx, TEMPLATE))
        await self.is_fresh()
        await self.hear_campaigns(campaign())
        await self.hear_customers(customer("ada"))
        await self.hear_requests(request("d1", "ada"))

    async def is_fresh(self) -> None:
        """What is known of customers is known up to now."""
        await freshness.Notes(self.database, store.CUSTOMERS).note(await self.database.now(), {0: 0}, {0: 0}, 1)

    async def hear_campaigns(self, *events: Event[Any]) -> None:
        await self.database.transact(lambda tx: commands.follow_campaigns(tx, events))

    async def hear_customers(self, *events: Event[Any]) -> None:
        async def follow(tx: Transaction) -> None:
            await commands.derive_gates(tx, await commands.follow_recipients(tx, events), SECRET, now())

        await self.database.transact(follow)

    async def hear_requests(self, *events: Event[Any]) -> None:
        await self.database.transact(lambda tx: commands.begin(tx, events, now()))

    async def hear_responses(self, *events: Event[Any]) -> None:
        await self.database.transact(lambda tx: commands.follow_responses(tx, events, now()))

    def sender(self) -> Sender:
        links = Links(self.settings.chassis.signing_keys)
        return Sender(self.database, self.settings, Renderer(self.settings, links), SECRET)

    async def send_next(self) -> bool:
        """Take one record as far as it goes, over a connection of its own."""
        connection = make_carrier(self.settings)
        self.connections.append(connection)
        return await self.sender().send_next(connection)

    async def send_all(self) -> None:
        """Until nothing is due."""
        while await self.send_next():
            pass

    async def due_again(self, id_: str = "d1") -> None:
        """Let the time pass after which a record is tried again."""
        past = now() - timedelta(seconds=1)
        await self.database.collection(store.DISPATCHES).update_one({"_id": id_}, {"$set": {"next_try_at": past}})

    async def time_passes(self, **ages: timedelta) -> None:
        """Let moments of all records be so much longer ago."""
        shift = {name: {"$subtract": [f"${name}", int(age.total_seconds() * 1000)]} for name, age in ages.items()}
        await self.database.collection(store.DISPATCHES).update_many({}, [{"$set": shift}])

    async def give_up_unclear(self) -> int:
        return await self.database.transact(lambda tx: commands.give_up_unclear(tx, timedelta(minutes=15)))

    async def say_no(self, customer_id: str = "ada") -> Sequence[str]:
        evidence = Evidence(at=now(), cause="user")
        return await self.database.transact(lambda tx: commands.unsubscribe(tx, customer_id, evidence, SECRET))

    async def record(self, id_: str = "d1") -> Dispatch:
        found = await store.one(self.database, store.DISPATCHES, store.dispatches, id_)
        assert found is not None
        return found

    async def gate(self, id_: str = "ada") -> Gate:
        return await store.one(self.database, store.GATES, store.gates, id_) or Gate(id=id_)

    async def address_gate(self, address: str = "ada@example.com") -> Gate:
        return await self.gate(commands.address_id(address, SECRET))

    async def told(self, topic: str, subject: str) -> list[dict[str, Any]]:
        """The events that wait to be published, by seq."""
        query = {"topic": topic, "subject": subject}
        return await self.database.collection("_pending").find(query).sort("seq", 1).to_list(None)

    def close(self) -> None:
        for connection in self.connections:
            connection.drop()
        self.database.close()
