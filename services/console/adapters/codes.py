"""Second factors: codes of an app (TOTP, RFC 6238), and recovery codes."""

import hashlib
import io
import secrets
from datetime import datetime

import pyotp
import segno

RECOVERY_CODES = 10
_STEP, _DRIFT = 30, 1


def fresh_secret() -> str:
    """A secret for an app, in base32."""
    return pyotp.random_base32()


def address(secret: str, email: str) -> str:
    """What an app reads from the picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name="Sounding")


def picture(uri: str) -> str:
    """The QR code as an SVG."""
    out = io.BytesIO()
    segno.make(uri, error="m").save(out, kind="svg", scale=4, border=2, xmldecl=False, svgns=True, omitsize=True)
    return out.getvalue().decode()


def step_of(secret: str, code: str, now: datetime, after: int) -> int | None:
    """The step that a code belongs to, where it is right and was not used before; half a minute early or late is."""
    current, digits = int(now.timestamp()) // _STEP, "".join(code.split())
    for step in range(current - _DRIFT, current + _DRIFT + 1):
        if step > after and secrets.compare_digest(pyotp.TOTP(secret).at(step * _STEP).encode(), digits.encode()):
            return step
    return None


def fresh_recovery_codes() -> list[str]:
    """Codes for whoever has lost the app: ten letters and digits each, easy to type."""
    signs = "abcdefghjkmnpqrstuvwxyz23456789"
    texts = ["".join(secrets.choice(signs) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    return [f"{text[:5]}-{text[5:]}" for text in texts]


def hashed(code: str) -> str:
    """What is kept of a recovery code: 49 random bits, so that no slow hash is needed."""
    plain = "".join(sign for sign in code.casefold() if sign.isalnum())
    return hashlib.sha256(f"sounding.recovery|{plain}".encode()).hexdigest()
