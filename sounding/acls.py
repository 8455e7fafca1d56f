"""Who may do what at Kafka: a user for each service, with no more than what it reads and writes."""

from collections.abc import Iterator
from dataclasses import dataclass

from sounding_contracts.topics import ALL, INTEGRATIONS_CUSTOMERS, INTEGRATIONS_TRIGGERS, Topic

from deploy.local.stack import SERVICES

INTEGRATIONS = "integrations"
APPENDS: dict[str, tuple[Topic, ...]] = {"profile": (INTEGRATIONS_CUSTOMERS,), "scheduler": (INTEGRATIONS_TRIGGERS,)}
"""What services put on others' streams: what came by HTTP, as it came."""


@dataclass(frozen=True, slots=True, order=True)
class Acl:
    """One permission. `resource`: topic, group or transactional-id; a `prefix` holds for all names that begin so."""

    user: str
    resource: str
    name: str
    prefix: bool
    operations: tuple[str, ...]


def acls(topic_prefix: str) -> list[Acl]:
    """The permissions of a deployment's users; each user's name is the service's."""
    return [one for service in SERVICES for one in _of_service(service, topic_prefix)] + [
        Acl(INTEGRATIONS, "topic", topic_prefix + topic.name, False, ("Write", "Describe"))
        for topic in ALL
        if topic.from_outside
    ]


def _of_service(service: str, prefix: str) -> Iterator[Acl]:
    own = f"{prefix}{service}."
    yield Acl(service, "topic", own, True, ("Read", "Write", "Describe", "DescribeConfigs"))
    yield Acl(service, "group", own, True, ("Read", "Describe"))
    yield Acl(service, "transactional-id", own, True, ("Write", "Describe"))
    for topic in ALL:
        if service in topic.read_by and not topic.name.startswith(f"{service}."):
            yield Acl(service, "topic", prefix + topic.name, False, ("Read", "Describe", "DescribeConfigs"))
    for topic in APPENDS.get(service, ()):
        yield Acl(service, "topic", prefix + topic.name, False, ("Write",))


def command(acl: Acl, user_prefix: str) -> str:
    """As Kafka's own tool takes it, after `kafka-acls.sh --bootstrap-server … --command-config …`."""
    pattern = " --resource-pattern-type prefixed" if acl.prefix else ""
    operations = " ".join(f"--operation {one}" for one in acl.operations)
    return f"--add --allow-principal User:{user_prefix}{acl.user} {operations} --{acl.resource} {acl.name}{pattern}"
