"""`sounding doctor` finds what operators get wrong, and says what helps."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from pydantic import SecretStr
from sounding_contracts import topics
from typer import Exit

from chassis.kafka import client_options
from chassis.settings import ApiKey, ChassisSettings
from deploy.local.stack import SERVICES
from services.outbox.main import build
from services.outbox.settings import Settings
from sounding.commands.migrate import make_indexes
from sounding.commands.topics import check
from sounding.doctor import database, keys, services, streams
from sounding.doctor.finding import Finding, clock
from tests.deployment import KEY, Deployment
from tests.fixtures import Prefix
from tests.infrastructure import Shared
from tests.waiting import eventually

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
STATE, FACTS = topics.PROFILE_CUSTOMERS, topics.INTEGRATIONS_CUSTOMERS


def wrong(findings: list[Finding]) -> dict[str, str]:
    """What is wrong, and what helps."""
    return {one.what: str(one.do) for one in findings if not one.well}


@pytest.mark.parametrize(("seconds", "well"), [(0, True), (4, True), (-4, True), (6, False), (-6, False), (300, False)])
def test_a_clock_that_is_off_is_found(seconds: int, well: bool) -> None:
    assert clock("MongoDB", NOON + timedelta(seconds=seconds), NOON, NOON).well is well


def test_the_time_that_asking_took_is_not_held_against_a_clock() -> None:
    assert clock("MongoDB", NOON, NOON - timedelta(seconds=9), NOON + timedelta(seconds=9)).well


@pytest.mark.parametrize(
    ("topic", "partitions", "copies", "brokers", "config", "said"),
    [
        (STATE, 12, 3, 3, STATE.config, None),
        (FACTS, 12, 1, 1, FACTS.config | {"retention.ms": "-1"}, None),
        (STATE, 6, 3, 3, STATE.config, "6 partitions; it must have 12"),
        (STATE, 12, 1, 3, STATE.config, "1 copies on 3 brokers"),
        (STATE, 12, 1, 1, STATE.config | {"cleanup.policy": "delete"}, "cleanup.policy is delete; it must be compact"),
        (
            STATE,
            12,
            1,
            1,
            STATE.config | {"delete.retention.ms": "86400000"},
            "who was erased is kept for 1.0 days; readers count on 7",
        ),
        (
            FACTS,
            12,
            1,
            1,
            FACTS.config | {"retention.bytes": "1000"},
            "of a partition only 1000 bytes are kept, however old they are",
        ),
        (FACTS, 12, 1, 1, FACTS.config | {"retention.ms": "86400000"}, "kept for 1.0 days; readers count on 30"),
    ],
)
def test_a_topic_that_is_not_as_it_should_be_is_found(
    topic: Any, partitions: int, copies: int, brokers: int, config: dict[str, str], said: str | None
) -> None:
    found = streams.topic_findings("t", topic, partitions, copies, brokers, config)

    assert [one.said for one in found] == ([said] if said else [])
    assert all(one.do for one in found)


def test_what_the_dns_lacks_is_named_with_the_record_to_set() -> None:
    check = {"name": "spf", "state": "fail", "place": "b.example.com", "reason": "no SPF record", "wanted": "v=spf1 …"}
    late = {"name": "dkim", "state": "unclear", "place": "s1._domainkey.example.com", "reason": "no answer"}
    fine = {"name": "dmarc", "state": "warn", "place": "_dmarc.example.com", "reason": "p=none"}

    found = list(services.sender_findings("acme", {"checks": [check, late, fine]}))

    assert wrong(found) == {
        "spf of acme": "Set at b.example.com: v=spf1 …",
        "dkim of acme": "Ask again: the DNS did not answer.",
    }
    assert [one.well for one in services.sender_findings("acme", {"checks": [fine]})] == [True]


def test_keys_that_are_short_or_may_do_everything_are_found_and_not_shown() -> None:
    mighty = [ApiKey(id=name, hash="0" * 64, scopes=frozenset({"*"})) for name in ("a", "b")]
    found = list(
        keys.look(
            ChassisSettings(
                kafka="k", mongodb=SecretStr("m"), signing_keys=(SecretStr("too short"),), api_keys=tuple(mighty)
            )
        )
    )

    assert set(wrong(found)) == {"signing keys", "API keys"}
    assert "too short" not in str(found)


async def test_kafka_and_mongodb_that_are_away_are_one_finding_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "SECONDS", 1.0)
    monkeypatch.setattr(database, "SECONDS", 0.2)
    nowhere = ChassisSettings(kafka="127.0.0.1:1", mongodb=SecretStr("mongodb://127.0.0.1:1/?replicaSet=rs0"))

    assert set(wrong(await streams.look(nowhere))) == {"Kafka"}
    assert set(wrong(await asyncio.to_thread(database.look, nowhere))) == {"MongoDB"}


@pytest.fixture
def deployment(infrastructure: Shared, prefix: Prefix) -> Deployment:
    return Deployment(infrastructure.kafka, infrastructure.mongodb, prefix.topics, prefix.database)


async def test_a_topic_with_short_retention_and_missing_ones_are_found_and_made(deployment: Deployment) -> None:
    admin = AIOKafkaAdminClient(**client_options(deployment.settings))
    await admin.start()
    kept = {"cleanup.policy": "delete", "retention.ms": "3600000"}
    await admin.create_topics([NewTopic(deployment.name(FACTS), 12, 1, topic_configs=kept)])
    await admin.close()

    before = wrong(await streams.look(deployment.settings))
    await deployment.make(*topics.ALL)
    after = wrong(await streams.look(deployment.settings))

    assert before["topics"] == streams.CREATE
    assert set(after) == {f"topic {deployment.name(FACTS)}"}
    assert "retention.ms=2592000000" in after[f"topic {deployment.name(FACTS)}"]


async def _alter(deployment: Deployment, topic: topics.Topic, **other: str) -> None:
    """Have a living topic as it should be but for this."""
    admin = AIOKafkaAdminClient(**client_options(deployment.settings))
    await admin.start()
    config = topic.config | {name.replace("_", "."): value for name, value in other.items()}
    answered = await admin.alter_configs(
        [ConfigResource(ConfigResourceType.TOPIC, deployment.name(topic), configs=config)]
    )
    assert [one[0] for answer in answered for one in answer.resources] == [0]
    await admin.close()


async def _checked(deployment: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """What `sounding topics check` says."""
    monkeypatch.setenv("SOUNDING_KAFKA", deployment.settings.kafka)
    monkeypatch.setenv("SOUNDING_MONGODB", deployment.settings.mongodb.get_secret_value())
    monkeypatch.setenv("SOUNDING_TOPIC_PREFIX", deployment.settings.topic_prefix)
    with suppress(Exit):
        await asyncio.to_thread(check)
    return " ".join(capsys.readouterr().out.split())


async def test_what_somebody_lowered_on_living_topics_is_found_by_doctor_and_check_and_mended_as_they_say(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    await deployment.make(*topics.ALL)
    well = await _checked(deployment, monkeypatch, capsys)
    await _alter(deployment, FACTS, retention_ms="3600000", retention_bytes="1000000")
    await _alter(deployment, STATE, cleanup_policy="compact,delete", delete_retention_ms="60000")

    async def lowered() -> list[Finding]:
        # A broker hears of a change a moment after it was taken.
        found = [one for one in await streams.look(deployment.settings) if not one.well]
        return found if len(found) == 4 else []

    found = await eventually(lowered)
    said = await _checked(deployment, monkeypatch, capsys)
    state, facts = (f"kafka-configs.sh --alter --topic {deployment.name(topic)}" for topic in (STATE, FACTS))
    orders = [str(one.do).split(". ")[0] for one in found]
    await _alter(deployment, FACTS)
    await _alter(deployment, STATE)

    async def mended() -> bool:
        return well == await _checked(deployment, monkeypatch, capsys) == "All topics are as they should be."

    await eventually(mended)
    assert sorted(orders) == sorted(
        [
            f"{facts} --add-config retention.ms=2592000000",
            f"{facts} --delete-config retention.bytes",
            f"{state} --add-config cleanup.policy=compact",
            f"{state} --add-config delete.retention.ms=604800000",
        ]
    )
    assert all(one.said in said and " ".join(str(one.do).split()) in said for one in found)
    assert "sounding retell profile --topic profile.customers.v1" in said


async def test_indexes_that_are_missing_are_found_and_made_by_migrate_as_often_as_it_runs(
    deployment: Deployment,
) -> None:
    await make_indexes("outbox", deployment.settings)
    before = wrong(await asyncio.to_thread(database.look, deployment.settings))
    for name in (*SERVICES, *SERVICES):
        await make_indexes(name, deployment.settings)
    after = await asyncio.to_thread(database.look, deployment.settings)

    assert set(before) == {f"indexes of {name}" for name in SERVICES if name != "outbox"}
    assert wrong(after) == {}
    assert {"clock of MongoDB", "MongoDB's replica set", "MongoDB's version"} <= {one.what for one in after}


async def test_paused_sending_and_dead_letters_are_found(deployment: Deployment) -> None:
    service = build(Settings(chassis=deployment.settings))
    async with deployment.client(service, "http") as client:
        letter = {"_id": "x", "state": "open", "subject": None, "purpose": "p", "reason": "r", "code": "c"}
        await service.database.collection("_dead_letters").insert_one(letter)
        await client.post("/v1/sending/pause", json={"note": "moving"})
        where = {"outbox": str(client.base_url), "feedback": "http://127.0.0.1:1"}
        found = await asyncio.to_thread(lambda: list(services.look(where, KEY, local=False)))
        refused = await asyncio.to_thread(lambda: list(services.look(where, "wrong", local=True)))

    assert {"dead letters of outbox", "sending", "feedback"} <= set(wrong(found))
    assert "paused (moving)" in [one.said for one in found]
    assert "operations:read" in wrong(refused)["dead letters of outbox"]
