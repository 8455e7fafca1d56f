"""Kafka: whether it answers, its brokers, and each topic with its partitions, copies and retention."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

from sounding.doctor.finding import Finding

SECONDS = 15.0
_TOPIC = 2
ENOUGH_BROKERS = 3
CREATE = "Run `sounding topics create`."


async def look(settings: Any) -> list[Finding]:
    """All of it; one finding where it does not answer. `settings` are those of the chassis."""
    from aiokafka.admin import AIOKafkaAdminClient  # noqa: PLC0415 - slow
    from aiokafka.errors import KafkaError  # noqa: PLC0415

    from chassis.kafka import client_options  # noqa: PLC0415

    try:
        admin = AIOKafkaAdminClient(**client_options(settings), request_timeout_ms=int(SECONDS * 1000))
        try:
            await asyncio.wait_for(admin.start(), SECONDS)
            return await asyncio.wait_for(_all(admin, settings), SECONDS)
        finally:
            await admin.close()
    except (KafkaError, OSError, TimeoutError) as error:
        do = "Is it up, is SOUNDING_KAFKA right, may this user in (SOUNDING_KAFKA_USERNAME, _PASSWORD, _TLS, _TLS_CA)?"
        return [Finding("Kafka", False, f"{settings.kafka}: {type(error).__name__} {error}".strip(), do)]


async def _all(admin: Any, settings: Any) -> list[Finding]:
    from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType  # noqa: PLC0415 - slow
    from sounding_contracts.topics import ALL  # noqa: PLC0415

    names = {settings.topic_prefix + topic.name: topic for topic in ALL}
    brokers = len((await admin.describe_cluster())["brokers"])
    found = {entry["topic"]: entry for entry in await admin.describe_topics(list(names)) if not entry["error_code"]}
    missing = sorted(names.keys() - found.keys())
    said = f"missing: {', '.join(missing)}" if missing else f"all {len(names)} are there"
    findings = [
        Finding("Kafka", True, f"{settings.kafka}, {brokers} broker{'s' * (brokers != 1)}"),
        Finding("topics", not missing, said, CREATE if missing else None),
    ]
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in found]
    configs = [one for answer in await admin.describe_configs(resources) for one in answer.resources] if found else []
    told = {one[3]: {entry[0]: entry[1] for entry in one[4]} for one in configs if one[2] == _TOPIC}
    for name, entry in found.items():
        copies = min((len(part["replicas"]) for part in entry["partitions"]), default=0)
        findings += topic_findings(name, names[name], len(entry["partitions"]), copies, brokers, told.get(name, {}))
    return findings


def topic_findings(
    name: str, wanted: Any, partitions: int, copies: int, brokers: int, config: Mapping[str, str]
) -> list[Finding]:
    """What is wrong with a topic; nothing where all is well."""
    faults: list[tuple[str, str]] = []
    if partitions != wanted.partitions:
        do = "A topic cannot be cut anew in place: make it anew by `sounding topics create`, and publish its records again."
        faults.append((f"{partitions} partitions; it must have {wanted.partitions}", do))
    if brokers >= ENOUGH_BROKERS > copies:
        faults.append(
            (f"{copies} copies on {brokers} brokers", "Reassign it to three copies, `min.insync.replicas` two.")
        )
    if config:
        faults += _kept(name, wanted, config)
    return [Finding(f"topic {name}", False, said, do) for said, do in faults]


def _kept(name: str, wanted: Any, config: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What a topic drops that its readers count on, and what helps."""
    alter = f"kafka-configs.sh --alter --topic {name} --add-config"
    policy, days = wanted.config["cleanup.policy"], 86_400_000
    after = _after(wanted)
    if config.get("cleanup.policy") != policy:
        yield (
            f"cleanup.policy is {config.get('cleanup.policy')}; it must be {policy}",
            f"{alter} cleanup.policy={policy}. {after}",
        )
    for setting, what in (("retention.ms", "kept"), ("delete.retention.ms", "who was erased is kept")):
        least, kept = int(wanted.config.get(setting, "0")), int(config.get(setting, "-1"))
        if 0 <= kept < least:
            do = f"{alter} {setting}={least}. {after}"
            yield f"{what} for {kept / days:.1f} days; readers count on {least / days:.0f}", do
    if policy == "delete" and int(config.get("retention.bytes", "-1")) >= 0:
        do = f"kafka-configs.sh --alter --topic {name} --delete-config retention.bytes. {after}"
        yield f"of a partition only {config['retention.bytes']} bytes are kept, however old they are", do


def _after(wanted: Any) -> str:
    """What has to be told again, since it may be gone by now."""
    if wanted.config["cleanup.policy"] == "compact":
        return f"Then `sounding retell {wanted.written_by} --topic {wanted.name}`: what was dropped is told again."
    return "What was dropped meanwhile: docs/operations/runbooks.md, Retention was set too low."
