"""Whether Postmark has a mail of which no answer came: it is found by the id of its record, which went along with it."""

from typing import Any

import httpx

from commons.tls import trusted
from services.outbox.domain.bounces.providers import DISPATCH
from services.outbox.settings import Settings

TARGET = "/messages/outbound"
SECONDS = 20.0


class PostmarkSearch:
    """Asks Postmark's search of sent messages, which keeps them for 45 days unless somebody has set it otherwise."""

    def __init__(self, settings: Settings, token: str) -> None:
        self._url, self._stream = settings.postmark_url.rstrip("/") + TARGET, settings.postmark_stream
        self._headers = {"Accept": "application/json", "X-Postmark-Server-Token": token}

    async def found(self, dispatch_id: str) -> str | None:
        """Under which id it has the mail; None where it shows none, which proves nothing. Raises `httpx.HTTPError`."""
        asked: dict[str, str | int] = {
            "count": 10,
            "offset": 0,
            f"metadata_{DISPATCH}": dispatch_id,
            "messagestream": self._stream,
        }
        async with httpx.AsyncClient(timeout=SECONDS, headers=self._headers, verify=trusted()) as client:
            answer = await client.get(self._url, params=asked)
        answer.raise_for_status()
        return _id_of(answer.json(), dispatch_id)


def _id_of(said: Any, dispatch_id: str) -> str | None:
    """Only a message that carries the record's id is taken for its mail, whatever was searched by."""
    messages = said.get("Messages") if isinstance(said, dict) else None
    for one in messages if isinstance(messages, list) else ():
        metadata = one.get("Metadata") if isinstance(one, dict) else None
        if isinstance(metadata, dict) and metadata.get(DISPATCH) == dispatch_id and one.get("MessageID"):
            return str(one["MessageID"])
    return None
