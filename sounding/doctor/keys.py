"""The keys that the services sign and let in with, where this command is given them."""

from collections.abc import Iterator
from typing import Any

from sounding.doctor.finding import Finding

LEAST_LENGTH = 32


def look(settings: Any) -> Iterator[Finding]:
    """Signing keys and API keys, as the environment names them; nothing of them is printed."""
    if not settings.signing_keys:
        yield Finding(
            "signing keys", True, "not given to this command; set SOUNDING_SIGNING_KEYS to have them looked at"
        )
    else:
        short = sum(len(key.get_secret_value()) < LEAST_LENGTH for key in settings.signing_keys)
        same = len({key.get_secret_value() for key in settings.signing_keys}) < len(settings.signing_keys)
        said = f"{len(settings.signing_keys)}, of which {short} shorter than {LEAST_LENGTH} characters"
        do = "Add a random one (`openssl rand -hex 32`) at the end; keep the old ones as long as their links are in mails."
        yield Finding("signing keys", not short and not same, f"{said}{', two the same' * same}", do)
    mighty = [key.id for key in settings.api_keys if "*" in key.scopes]
    if len(mighty) > 1:
        do = "Give each caller the scopes that it needs: `sounding keys make --id NAME --scope customers:write`."
        yield Finding("API keys", False, f"{', '.join(mighty)} may do everything", do)
