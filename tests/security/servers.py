"""Kafka and MongoDB as they should run in production: TLS, users, and no more rights than each needs."""

import contextlib
import importlib
import ipaddress
from collections.abc import Generator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pymongo import MongoClient

from deploy.local import ports
from deploy.local.kafka import Kafka, serves
from deploy.local.mongodb import REPLICA_SET, Mongod, is_primary
from sounding.acls import Acl, acls

kafka_admin: Any = importlib.import_module("confluent_kafka.admin")
"""It names only a part of what it exports."""

_TYPES = {
    "topic": kafka_admin.ResourceType.TOPIC,
    "group": kafka_admin.ResourceType.GROUP,
    "transactional-id": kafka_admin.ResourceType.TRANSACTIONAL_ID,
}
_OPERATIONS = {
    "Read": kafka_admin.AclOperation.READ,
    "Write": kafka_admin.AclOperation.WRITE,
    "Describe": kafka_admin.AclOperation.DESCRIBE,
    "DescribeConfigs": kafka_admin.AclOperation.DESCRIBE_CONFIGS,
}


@dataclass(frozen=True)
class Certificates:
    """A certificate authority, and a certificate of it for this machine with its key."""

    authority: Path
    server: Path


def certificates(folder: Path) -> Certificates:
    """Fresh ones."""
    authority_key, server_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = _certificate("authority", authority_key, None, authority_key)
    server = _certificate("server", server_key, authority, authority_key)
    pem = serialization.Encoding.PEM
    key = server_key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    found = Certificates(folder / "ca.pem", folder / "server.pem")
    found.authority.write_bytes(authority.public_bytes(pem))
    found.server.write_bytes(key + server.public_bytes(pem) + authority.public_bytes(pem))
    return found


def _certificate(name: str, key: Any, issuer: x509.Certificate | None, signing: Any) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    today = datetime.now(UTC)  # noqa: TID251 - a certificate's time is the machine's
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False)
    )
    if issuer is not None:
        names = [x509.IPAddress(ipaddress.ip_address(ports.HOST)), x509.DNSName("localhost")]
        built = built.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return built.sign(signing, hashes.SHA256())


class SecuredKafka(Kafka):
    """Clients come by TLS and SCRAM and may do what ACLs say; a second, inner door is the administrator's."""

    def __init__(self, folder: Path, certificate: Path) -> None:
        super().__init__(folder)
        self._certificate, self._inner_port = certificate, ports.free_port()

    @property
    def inner(self) -> str:
        """The administrator's door."""
        return f"{ports.HOST}:{self._inner_port}"

    def wait_ready(self, within: float = 60.0) -> None:
        self._started.wait_until(lambda: serves(self.inner), within)

    def _settings(self) -> str:
        mine = {
            "listeners": f"CLIENT://{self.address},INNER://{self.inner},CONTROLLER://{ports.HOST}:{self._controller_port}",
            "listener.security.protocol.map": "CLIENT:SASL_SSL,INNER:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "INNER",
            "sasl.enabled.mechanisms": "SCRAM-SHA-512",
            "listener.name.client.scram-sha-512.sasl.jaas.config": (
                "org.apache.kafka.common.security.scram.ScramLoginModule required;"
            ),
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(self._certificate),
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS",
            "allow.everyone.if.no.acl.found": "false",
        }
        plain = [line for line in super()._settings().splitlines() if line.partition("=")[0] not in mine]
        return "\n".join([*plain, *(f"{name}={value}" for name, value in mine.items())]) + "\n"

    def let_in(self, user: str, password: str) -> None:
        """Make a user, or change its password."""
        info = kafka_admin.ScramCredentialInfo(kafka_admin.ScramMechanism.SCRAM_SHA_512, 4096)
        change = kafka_admin.UserScramCredentialUpsertion(user, info, password.encode())
        admin = self._admin()
        for done in admin.alter_user_scram_credentials([change]).values():
            done.result(20)

    def allow(self, topic_prefix: str) -> None:
        """Give every user what `sounding topics acls` says."""
        bindings = [_binding(acl, operation) for acl in acls(topic_prefix) for operation in acl.operations]
        admin = self._admin()
        for done in admin.create_acls(bindings).values():
            done.result(20)

    def _admin(self) -> Any:
        return kafka_admin.AdminClient({"bootstrap.servers": self.inner})


def _binding(acl: Acl, operation: str) -> Any:
    pattern = kafka_admin.ResourcePatternType.PREFIXED if acl.prefix else kafka_admin.ResourcePatternType.LITERAL
    allow, what = kafka_admin.AclPermissionType.ALLOW, _OPERATIONS[operation]
    return kafka_admin.AclBinding(_TYPES[acl.resource], acl.name, pattern, f"User:{acl.user}", "*", what, allow)


class SecuredMongod(Mongod):
    """It takes TLS only, and lets nobody do anything who has not signed in."""

    def __init__(self, folder: Path, certificates: Certificates) -> None:
        super().__init__(folder)
        self._certificates = certificates

    def uri(self, user: str, password: str) -> str:
        """The connection string of a user."""
        tls = f"tls=true&tlsCAFile={self._certificates.authority}"
        return f"mongodb://{user}:{password}@{self._member}/?replicaSet={REPLICA_SET}&authSource=admin&{tls}"

    def wait_ready(self, within: float = 60.0) -> None:
        self._started.wait_until(lambda: ports.answers(self._port), within)
        here = f"mongodb://{self._member}/?directConnection=true"
        with MongoClient[dict[str, Any]](here, tls=True, tlsCAFile=str(self._certificates.authority)) as client:
            # Whoever comes first from this machine may do these things, and nothing after them.
            client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": [{"_id": 0, "host": self._member}]})
            self._started.wait_until(lambda: is_primary(client), within)
            client.admin.command("createUser", "root", pwd="root", roles=["root"])

    def let_in(self, user: str, password: str, database: str) -> None:
        """Make a user of one database, or change its password."""
        with MongoClient[dict[str, Any]](self.uri("root", "root")) as client:
            known = client.admin.command("usersInfo", user)["users"]
            if known:
                client.admin.command("updateUser", user, pwd=password)
            else:
                roles = [{"role": "readWrite", "db": database}]
                client.admin.command("createUser", user, pwd=password, roles=roles)

    def _argv(self) -> list[str]:
        key = self._folder / "key"
        key.parent.mkdir(parents=True, exist_ok=True)
        if not key.exists():
            key.write_text("c2VjdXJlZCBmb3IgdGVzdHMgb25seQ==", encoding="utf-8")
            key.chmod(0o400)
        tls = ["--tlsMode", "requireTLS", "--tlsCertificateKeyFile", str(self._certificates.server)]
        tls += ["--tlsCAFile", str(self._certificates.authority), "--tlsAllowConnectionsWithoutCertificates"]
        return [*super()._argv(), "--auth", "--keyFile", str(key), *tls]


@dataclass
class Secured:
    """Both, running."""

    kafka: SecuredKafka
    mongod: SecuredMongod
    certificates: Certificates


@contextlib.contextmanager
def secured(folder: Path) -> Generator[Secured]:
    """Both until the block ends."""
    made = certificates(folder)
    kafka, mongod = SecuredKafka(folder / "kafka", made.server), SecuredMongod(folder / "mongodb", made)
    try:
        kafka.start()
        mongod.start()
        kafka.wait_ready(within=150)
        mongod.wait_ready(within=150)
        yield Secured(kafka, mongod, made)
    finally:
        kafka.stop()
        mongod.stop()
