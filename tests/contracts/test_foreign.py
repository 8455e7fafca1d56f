"""Sync events as other languages write them, through a real broker into a real profile."""

import httpx
from confluent_kafka import Producer
from sounding_contracts import topics

from services.profile.main import build
from services.profile.settings import Settings
from tests.deployment import Deployment
from tests.fixtures import Prefix
from tests.infrastructure import Shared
from tests.waiting import eventually

HEAD = '"specversion":"1.0","source":"shop","type":"customer.sync"'

DOTNET = (
    "\ufeff{\r\n"
    '  "data": {\r\n'
    r'    "properties": {"seats": 9.0, "ratio": 2.5E-1, "vip": true, "since": "2024-03-04", "products": ["a\/b"]},'
    "\r\n"
    r'    "tags": {"add": ["np\u0073"], "remove": []}, "email": "zo\u00EB@b\u00fccher.example",'
    "\r\n"
    r'    "first_name": "Zo\u00eb \uD83D\uDE00", "city": "K\u00f6ln"'
    "\r\n  },\r\n"
    '  "time": "2026-11-23T11:00:00.1234567+01:00",\r\n'
    f'  "datacontenttype": "application/json", "subject": "s-1", "id": "dotnet-1", {HEAD}\r\n'
    "}\r\n"
).encode()

LATER = f'{{{HEAD},"id":"js-1","subject":"s-1","time":"2026-11-23T10:00:00.124Z","data":{{"city":"Wien"}}}}'.encode()
EARLIER = (
    f'{{{HEAD},"id":"go-1","subject":"s-1","time":"2026-11-23T10:00:00+00:00","data":{{"city":"Graz",'
    '"properties":{"seats":10}}}'
).encode()
INFINITE = f'{{{HEAD},"id":"lua-1","subject":"s-2","data":{{"properties":{{"seats":1e999}}}}}}'.encode()
HUGE = f'{{{HEAD},"id":"rb-1","subject":"s-3","data":{{"properties":{{"seats":{10**30}}}}}}}'.encode()


async def _customer(profile: httpx.AsyncClient, address: str) -> dict[str, object]:
    items = (await profile.get("/v1/customers", params={"email": address})).json()["items"]
    return items[0] if items else {}


async def test_one_customer_comes_of_what_many_languages_write(infrastructure: Shared, prefix: Prefix) -> None:
    deployment = Deployment(infrastructure.kafka, infrastructure.mongodb, prefix.topics, prefix.database)
    await deployment.make(*topics.ALL)
    producer = Producer({"bootstrap.servers": infrastructure.kafka})
    for body in (DOTNET, LATER, EARLIER, INFINITE, HUGE):
        producer.produce(deployment.name(topics.INTEGRATIONS_CUSTOMERS), value=body, key=b"s-1")
    assert producer.flush(20) == 0

    async with deployment.client(build(Settings(chassis=deployment.settings))) as profile:

        async def in_vienna() -> dict[str, object]:
            found = await _customer(profile, "zoë@bücher.example")
            return found if found.get("city") == "Wien" else {}

        zoe = await eventually(in_vienna)
        letters = await eventually(lambda: _letters(profile, 2))
        published = await eventually(lambda: deployment.events(topics.PROFILE_CUSTOMERS))

    assert (zoe["first_name"], zoe["email"], zoe["tags"]) == ("Zoë 😀", "zoë@bücher.example", ["nps"])
    assert zoe["properties"] == {
        "seats": 9,
        "ratio": 0.25,
        "vip": True,
        "since": "2024-03-04",
        "products": ["a/b"],
    }
    assert sorted(letter["reason"].split(":")[0] for letter in letters) == ["data.properties.seats"] * 2
    assert {event.data.properties["seats"] for event in published} == {9}


async def _letters(profile: httpx.AsyncClient, wanted: int) -> list[dict[str, str]]:
    items: list[dict[str, str]] = (await profile.get("/v1/dead-letters")).json()["items"]
    return items if len(items) >= wanted else []
