"""Signed links: a purpose and an id, nothing personal, keys that can be rotated; short, since long links are not trusted.

A token is the mark of its key, how the id is written, the id and the first eight bytes of an HMAC over all of it and
the purpose, in base64url: 34 characters for an id of 32 hex digits. What was signed before, with a dot, is still read.
"""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence

from itsdangerous import BadData, URLSafeSerializer
from pydantic import SecretStr

SIGNATURE_BYTES = 8
_HEX_LENGTH, _MAX_LENGTH = 32, 400
_HEX, _TEXT = 0, 1


class Links:
    """Makes and reads the tokens of signed links; a token of one purpose is nothing for another."""

    def __init__(self, keys: Sequence[SecretStr]) -> None:
        if not keys:
            msg = "SOUNDING_SIGNING_KEYS: at least one key is needed to sign links"
            raise ValueError(msg)
        self._keys = [key.get_secret_value() for key in keys]
        self._marked = [(_mark(key), key.encode()) for key in self._keys]

    def make(self, purpose: str, id_: str) -> str:
        """A token, the same for the same purpose, id and newest key."""
        mark, key = self._marked[-1]
        form, body = _packed(id_)
        signed = bytes([mark << 1 | form]) + body
        return urlsafe_b64encode(signed + _signature(key, purpose, signed)).rstrip(b"=").decode()

    def read(self, purpose: str, token: str) -> str | None:
        """The id in a token; None where it is not ours, not of this purpose or tampered with."""
        if "." in token:
            return self._read_long(purpose, token)
        found = _decoded(token)
        if found is None:
            return None
        signed, signature = found[:-SIGNATURE_BYTES], found[-SIGNATURE_BYTES:]
        for mark, key in self._marked:
            if mark == signed[0] >> 1 and hmac.compare_digest(signature, _signature(key, purpose, signed)):
                return signed[1:].hex() if signed[0] & 1 == _HEX else signed[1:].decode()
        return None

    def _read_long(self, purpose: str, token: str) -> str | None:
        serializer = URLSafeSerializer(
            self._keys, salt=f"sounding.{purpose}", signer_kwargs={"digest_method": hashlib.sha256}
        )
        try:
            found = serializer.loads(token)
        except BadData:
            return None
        return found if isinstance(found, str) else None


def _mark(key: str) -> int:
    """Seven bits that tell which key has signed; two keys may share them."""
    return hashlib.sha256(f"sounding.mark|{key}".encode()).digest()[0] >> 1


def _packed(id_: str) -> tuple[int, bytes]:
    if len(id_) == _HEX_LENGTH and not set(id_) - set("0123456789abcdef"):
        return _HEX, bytes.fromhex(id_)
    return _TEXT, id_.encode()


def _signature(key: bytes, purpose: str, signed: bytes) -> bytes:
    name = f"sounding.{purpose}|".encode()
    return hmac.digest(key, name + signed, "sha256")[:SIGNATURE_BYTES]


def _decoded(token: str) -> bytes | None:
    """The bytes of a token; None for any other way to write the same bytes."""
    if len(token) > _MAX_LENGTH or not token.isascii():
        return None
    try:
        found = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return None
    ours = len(found) > 1 + SIGNATURE_BYTES and urlsafe_b64encode(found).rstrip(b"=").decode() == token
    return found if ours else None
