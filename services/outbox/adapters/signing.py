"""Signs mails for the brands whose keys lie in a folder; all others are signed by the relay, or not at all."""

from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from services.outbox.domain import dkim
from services.outbox.domain.mail import Brand

BITS = 2048


class Signer:
    """Knows each key after its first mail. A key that is changed is read when the process begins anew."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._keys: dict[tuple[str, str], rsa.RSAPrivateKey | None] = {}

    def signed(self, data: bytes, brand: Brand, now: datetime) -> bytes:
        """The mail with a signature in front, where there is a key for its brand. Raises `ValueError` for one that is none."""
        domain, selector = brand.sender_email.rpartition("@")[2].lower(), brand.dkim_selector
        key = self._key(domain, selector) if self._folder and selector else None
        if key is None or selector is None:
            return data
        headers, body = dkim.split(data)
        tags, to_sign = dkim.unsigned(headers, body, domain, selector, int(now.timestamp()))
        signature = key.sign(to_sign, padding.PKCS1v15(), hashes.SHA256())
        return b"DKIM-Signature: " + tags + dkim.folded(signature) + b"\r\n" + data

    def _key(self, domain: str, selector: str) -> rsa.RSAPrivateKey | None:
        if (domain, selector) not in self._keys:
            path = place(self._folder or Path(), domain, selector)
            self._keys[domain, selector] = load(path) if path.exists() else None
        return self._keys[domain, selector]


def place(folder: Path, domain: str, selector: str) -> Path:
    """Where a key lies: under the name of its DNS record. Raises `ValueError` for what is no name."""
    if not (dkim.NAME.fullmatch(domain) and dkim.NAME.fullmatch(selector)):
        msg = f"{selector}._domainkey.{domain} is no name in the DNS"
        raise ValueError(msg)
    return folder / f"{selector}._domainkey.{domain}.pem"


def load(path: Path) -> rsa.RSAPrivateKey:
    """A private key. Raises `ValueError`."""
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        msg = f"{path} is not a private RSA key"
        raise ValueError(msg)  # noqa: TRY004 - of the file, not of a type
    return key


def make(path: Path) -> rsa.RSAPrivateKey:
    """A new private key that its owner alone may read. Raises `FileExistsError`."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    form = serialization.PrivateFormat.PKCS8
    pem = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(pem)
    return key


def record(key: rsa.RSAPrivateKey) -> str:
    """What is to be published of it."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return dkim.record(key.public_key().public_bytes(serialization.Encoding.DER, form))
