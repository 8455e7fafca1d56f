"""F54: Kafka by TLS and SCRAM with ACLs, MongoDB by TLS with a user per database; another's credentials open nothing.

Real servers, run so for this module; the users and their rights are those that `sounding topics acls` names.
"""

import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
)
from pydantic import SecretStr
from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError
from sounding_contracts import topics
from sounding_contracts.topics import Topic

from chassis import topics as making
from chassis.kafka import client_options
from chassis.service import Service
from chassis.settings import ChassisSettings
from services.outbox.main import build as build_outbox
from services.outbox.settings import Settings as OutboxSettings
from services.profile.main import build as build_profile
from services.profile.settings import Settings as ProfileSettings
from sounding.acls import acls, command
from tests.deployment import API_KEY, KEY, SIGNING_KEY, sync_body
from tests.security.servers import Secured, secured
from tests.waiting import PATIENCE_SECONDS, eventually

pytestmark = pytest.mark.timeout(300)

PREFIX = "acme-"
USERS = ("profile", "outbox", "integrations")


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    with secured(tmp_path_factory.mktemp("secured")) as found:
        for user in USERS:
            found.kafka.let_in(user, f"{user}-1")
            found.mongod.let_in(user, f"{user}-1", user)
        found.kafka.allow(PREFIX)
        yield found


@pytest.fixture(scope="module")
async def _made(servers: Secured) -> None:
    inner = ChassisSettings(kafka=servers.kafka.inner, mongodb=SecretStr("none"), topic_prefix=PREFIX)
    await making.create(inner, topics.ALL, replicas=1)


def settings_of(servers: Secured, user: str, *, number: int = 1, **more: Any) -> ChassisSettings:
    given: dict[str, Any] = {
        "kafka": servers.kafka.address,
        "kafka_username": user,
        "kafka_password": SecretStr(f"{user}-{number}"),
        "kafka_tls": True,
        "kafka_tls_ca": str(servers.certificates.authority),
        "mongodb": SecretStr(servers.mongod.uri(user, f"{user}-{number}")),
        "topic_prefix": PREFIX,
        "http_port": 0,
        "api_keys": (API_KEY,),
        "signing_keys": (SIGNING_KEY,),
        "session_timeout_seconds": 6,
        "graceful_seconds": 5,
        "log_level": "warning",
        **more,
    }
    return ChassisSettings(**given)


@asynccontextmanager
async def running(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    try:
        async with service.running() as port:
            headers = {"Authorization": f"Bearer {KEY}"}
            async with httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=PATIENCE_SECONDS
            ) as client:
                yield client
    finally:
        service.database.close()


async def send(settings: ChassisSettings, topic: str, value: bytes, **more: Any) -> None:
    producer = AIOKafkaProducer(**client_options(settings), **more)
    try:
        await producer.start()
        if "transactional_id" in more:
            async with producer.transaction():
                await producer.send_and_wait(PREFIX + topic, value)
        else:
            await producer.send_and_wait(PREFIX + topic, value)
    finally:
        await producer.stop()


async def read(settings: ChassisSettings, topic: Topic, group: str | None = None) -> Any:
    """What this user gets of a topic; of a group, its place."""
    consumer = AIOKafkaConsumer(**client_options(settings), group_id=group, auto_offset_reset="earliest")
    try:
        await consumer.start()
        places = [TopicPartition(PREFIX + topic.name, number) for number in range(topic.partitions)]
        consumer.assign(places)
        if group:
            return await consumer.committed(places[0])
        return [record for some in (await consumer.getmany(timeout_ms=4000)).values() for record in some]
    finally:
        await consumer.stop()


async def known_to_outbox(service: Service) -> int:
    return await service.database.collection("recipients").count_documents({})


@pytest.mark.usefixtures("_made")
async def test_f54_services_work_with_no_more_than_their_own_rights_also_after_their_keys_changed(
    servers: Secured,
) -> None:
    outbox = build_outbox(OutboxSettings(chassis=settings_of(servers, "outbox"), smtp_port=1))
    stranger = settings_of(servers, "integrations")
    async with AsyncExitStack() as stack:
        profile = build_profile(ProfileSettings(chassis=settings_of(servers, "profile")))
        asked = await stack.enter_async_context(running(profile))
        await stack.enter_async_context(running(outbox))
        await send(stranger, topics.INTEGRATIONS_CUSTOMERS.name, sync_body(email="ada@example.com"))
        by_http = {"source": "crm", "subject": "c-2", "email": "bob@example.com"}
        await eventually(lambda: known_to_outbox(outbox))
        assert (await asked.get("/health/ready")).status_code == 200

        for user in ("profile", "outbox"):
            servers.kafka.let_in(user, f"{user}-2")
            servers.mongod.let_in(user, f"{user}-2", user)
        await send(stranger, topics.INTEGRATIONS_CUSTOMERS.name, sync_body(subject="c-2", email=by_http["email"]))

        async def both() -> bool:
            return await known_to_outbox(outbox) == 2

        await eventually(both)
    with pytest.raises(KafkaError):
        await read(settings_of(servers, "profile", number=1), topics.PROFILE_CUSTOMERS)
    assert await read(settings_of(servers, "profile", number=2), topics.PROFILE_CUSTOMERS)
    renewed = build_profile(ProfileSettings(chassis=settings_of(servers, "profile", number=2)))
    async with running(renewed) as asked:
        found = await asked.get("/v1/customers", params={"email": "bob@example.com"})
        assert len(found.json()["items"]) == 1
    servers.kafka.let_in("profile", "profile-1")
    servers.kafka.let_in("outbox", "outbox-1")
    for user in ("profile", "outbox"):
        servers.mongod.let_in(user, f"{user}-1", user)


@pytest.mark.usefixtures("_made")
async def test_f54_kafka_refuses_what_is_anothers(servers: Secured) -> None:
    outbox, stranger = settings_of(servers, "outbox"), settings_of(servers, "integrations")

    with pytest.raises(TopicAuthorizationFailedError):
        await send(outbox, topics.PROFILE_CUSTOMERS.name, b"{}")
    with pytest.raises(TransactionalIdAuthorizationFailed):
        await send(outbox, topics.OUTBOX_BRANDS.name, b"{}", transactional_id=f"{PREFIX}profile.relay.0")
    with pytest.raises(GroupAuthorizationFailedError):
        await read(outbox, topics.PROFILE_CUSTOMERS, group=f"{PREFIX}scheduler.customers")
    await send(stranger, topics.INTEGRATIONS_CUSTOMERS.name, sync_body(email="eve@example.com"))
    profile = settings_of(servers, "profile")
    await eventually(lambda: read(profile, topics.INTEGRATIONS_CUSTOMERS))
    assert await read(outbox, topics.INTEGRATIONS_CUSTOMERS) == []
    with pytest.raises(TopicAuthorizationFailedError):
        await read(stranger, topics.INTEGRATIONS_CUSTOMERS)
    with pytest.raises(TopicAuthorizationFailedError):
        await send(stranger, topics.OUTBOX_DISPATCHES.name, b"{}")


@pytest.mark.usefixtures("_made")
async def test_f54_mongodb_refuses_what_is_anothers(servers: Secured) -> None:
    with MongoClient[dict[str, Any]](servers.mongod.uri("outbox", "outbox-1")) as client:
        assert client["outbox"]["recipients"].find_one({"_id": "nobody"}) is None
        for forbidden in (
            lambda: client["profile"]["customers"].find_one({}),
            lambda: client["profile"]["customers"].delete_many({}),
            lambda: client["admin"].command("usersInfo"),
        ):
            with pytest.raises(OperationFailure, match="not authorized"):
                forbidden()


async def test_f54_who_is_not_who_they_say_does_not_get_in(servers: Secured) -> None:
    with pytest.raises(KafkaError):
        await read(settings_of(servers, "outbox", kafka_password=SecretStr("guessed")), topics.OUTBOX_BRANDS)
    with pytest.raises(PyMongoError), MongoClient[dict[str, Any]](servers.mongod.uri("outbox", "guessed")) as client:
        client["outbox"].command("ping")
    # And the servers must be who they say: their certificate is checked, and plain text is not spoken.
    with pytest.raises((KafkaError, ssl.SSLError)):
        await read(settings_of(servers, "outbox", kafka_tls_ca=None), topics.OUTBOX_BRANDS)
    with pytest.raises(KafkaError):
        await read(settings_of(servers, "outbox", kafka_tls=False), topics.OUTBOX_BRANDS)


def test_every_service_may_write_its_own_topics_and_those_it_passes_on_to() -> None:
    for topic in topics.ALL:
        writers = {
            one.user
            for one in acls("")
            if one.resource == "topic" and "Write" in one.operations
            if (topic.name.startswith(one.name) if one.prefix else topic.name == one.name)
        }
        passing = {topics.INTEGRATIONS_CUSTOMERS.name: {"profile"}, topics.INTEGRATIONS_TRIGGERS.name: {"scheduler"}}
        assert writers == {topic.written_by} | passing.get(topic.name, set())


def test_rights_are_shown_as_kafkas_own_tool_takes_them() -> None:
    shown = [command(one, "sounding-") for one in acls("acme-") if one.user == "outbox"]

    assert (
        "--add --allow-principal User:sounding-outbox --operation Write --operation Describe "
        "--transactional-id acme-outbox. --resource-pattern-type prefixed"
    ) in shown
