"""A mail server of aiosmtpd's with TLS and AUTH, and a certificate of its own."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from deploy.local.ports import free_port

LOGIN, PASSWORD = "sounding", "a pass word"


def certificate(folder: Path) -> Path:
    """Key and certificate for 127.0.0.1, signed by itself, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "relay.example")])
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8
    pem = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    path = folder / "relay.pem"
    path.write_bytes(pem + made.public_bytes(serialization.Encoding.PEM))
    return path


class Taken:
    """Keeps of each mail whether it came over TLS and who signed in."""

    def __init__(self) -> None:
        self.mails: list[tuple[bool, bytes | None]] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        del server, envelope
        login = session.auth_data.login if session.auth_data else None
        self.mails.append((session.ssl is not None, login))
        return "250 2.0.0 kept"


def _allowed(server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
    del server, session, envelope, mechanism
    right = isinstance(given, LoginPassword) and given == LoginPassword(LOGIN.encode(), PASSWORD.encode())
    return AuthResult(success=right, auth_data=given)


@contextmanager
def relay(pem: Path | None = None, *, login: bool = False) -> Iterator[tuple[int, Taken]]:
    """A running one: its port, and what it took. With a certificate it offers STARTTLS; with `login` it asks for one."""
    context = None
    if pem is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(pem)
    taken, port = Taken(), free_port()
    controller = Controller(
        taken,
        hostname="127.0.0.1",
        port=port,
        tls_context=context,
        auth_required=login,
        auth_require_tls=pem is not None,
        authenticator=_allowed if login else None,
    )
    controller.start()
    try:
        yield port, taken
    finally:
        controller.stop(no_assert=True)
