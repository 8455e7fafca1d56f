"""Who uses an app: a user's id that the app's own server has signed, by HMAC or as a JWT."""

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode
from binascii import Error as NotBase64
from datetime import UTC, datetime, timedelta
from typing import Any

from chassis.errors import Unauthorized

TOLERANCE = timedelta(minutes=5)
"""How far the clocks of the app's server and ours may be apart."""
NOT_SIGNED = "identity-not-valid", "The identity is not signed with the secret of this brand, or is out of date."


def signature_of(user_id: str, secret: str) -> str:
    """What the app's server signs a user's id with: HMAC-SHA256 in hex."""
    return hmac.new(secret.encode(), user_id.encode(), hashlib.sha256).hexdigest()


def signed_by_hmac(user_id: str, signature: str, secret: str) -> str:
    """The user's id. Raises `Unauthorized`."""
    if not hmac.compare_digest(signature_of(user_id, secret).encode(), signature.lower().encode()):
        raise Unauthorized(*NOT_SIGNED)
    return user_id


def signed_by_jwt(token: str, secret: str, now: datetime) -> str:
    """The user's id, `sub` of a JWT with HS256 that names its end in `exp`. Raises `Unauthorized`."""
    try:
        head, body, mark = token.split(".")
        expected = hmac.new(secret.encode(), f"{head}.{body}".encode(), hashlib.sha256).digest()
        signed = hmac.compare_digest(expected, _bytes(mark))
        header, claims = _object(head), _object(body)
        until = datetime.fromtimestamp(float(claims["exp"]), UTC)
        subject = claims["sub"]
    except (ValueError, KeyError, TypeError, OverflowError, OSError, NotBase64):
        raise Unauthorized(*NOT_SIGNED) from None
    right = signed and header.get("alg") == "HS256" and now <= until + TOLERANCE
    if not right or not isinstance(subject, str) or not subject:
        raise Unauthorized(*NOT_SIGNED)
    return subject


def _object(part: str) -> dict[str, Any]:
    found = json.loads(_bytes(part))
    if not isinstance(found, dict):
        raise TypeError
    return found


def _bytes(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))
