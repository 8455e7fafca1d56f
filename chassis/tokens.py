"""Signed links: a purpose and an id, nothing personal, keys that can be rotated."""

import hashlib
from collections.abc import Sequence

from itsdangerous import BadData, URLSafeSerializer
from pydantic import SecretStr


class Links:
    """Makes and reads the tokens of signed links; a token of one purpose is nothing for another."""

    def __init__(self, keys: Sequence[SecretStr]) -> None:
        if not keys:
            msg = "SOUNDING_SIGNING_KEYS: at least one key is needed to sign links"
            raise ValueError(msg)
        self._keys = [key.get_secret_value() for key in keys]

    def make(self, purpose: str, id_: str) -> str:
        """A token, the same for the same purpose, id and newest key."""
        token = self._serializer(purpose).dumps(id_)
        return token if isinstance(token, str) else token.decode()

    def read(self, purpose: str, token: str) -> str | None:
        """The id in a token; None where it is not ours, not of this purpose or tampered with."""
        try:
            found = self._serializer(purpose).loads(token)
        except BadData:
            return None
        return found if isinstance(found, str) else None

    def _serializer(self, purpose: str) -> URLSafeSerializer:
        return URLSafeSerializer(self._keys, salt=f"sounding.{purpose}", signer_kwargs={"digest_method": _sha256})


def _sha256(data: bytes = b"") -> "hashlib._Hash":
    return hashlib.sha256(data)
