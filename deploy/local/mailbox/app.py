"""The mailbox's page and JSON API."""

from dataclasses import dataclass
from email.errors import MessageError
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

import httpx
from fastapi import FastAPI, HTTPException, Query
from fastapi.responses import HTMLResponse, PlainTextResponse
from jinja2 import Environment, FileSystemLoader

from deploy.local.mailbox.store import Mails, Received

_jinja = Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, trim_blocks=True)
_FRAME = {
    "Content-Security-Policy": "default-src 'none'; img-src data: https: http:; style-src 'unsafe-inline'; sandbox allow-popups allow-popups-to-escape-sandbox"
}
_PAGE = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; form-action 'self'"
}

Limit = Annotated[int, Query(ge=1, le=1000)]


@dataclass(frozen=True, slots=True)
class Profile:
    """Where customers are asked for, and with which key: this page is for one's own machine only."""

    url: str
    api_key: str

    async def find(self, email: str) -> dict[str, Any] | None:
        """The customer with an address, as profile gives it."""
        headers = {"Authorization": f"Bearer {self.api_key}"}
        async with httpx.AsyncClient(base_url=self.url, headers=headers, trust_env=False, timeout=10) as client:
            answer = await client.get("/v1/customers", params={"email": email})
        items = answer.json()["items"] if answer.is_success else []
        return items[0] if items else None


def create_app(mails: Mails, profile: Profile | None = None) -> FastAPI:
    """The app over the mails, and over the people to whom they went."""
    app = FastAPI(title="Sounding mailbox")
    _add_api(app, mails)
    _add_pages(app, mails)
    if profile is not None:
        _add_people(app, mails, profile)
    return app


def _add_people(app: FastAPI, mails: Mails, profile: Profile) -> None:
    @app.get("/customers", include_in_schema=False)
    async def customer(email: str = "") -> HTMLResponse:
        """One customer, as profile knows it now."""
        found = await profile.find(email) if email else None
        rows = [shown(mail) for mail in mails.find(to=email, limit=20)] if email else []
        page = _jinja.get_template("customer.html").render(email=email, customer=found, rows=rows)
        return HTMLResponse(page, 200 if found or not email else 404, headers=_PAGE)


def _add_api(app: FastAPI, mails: Mails) -> None:
    @app.get("/health/ready")
    async def ready() -> dict[str, bool]:
        """Whether it takes mails."""
        return {"ready": True}

    @app.get("/api/messages")
    async def list_messages(to: str | None = None, limit: Limit = 100) -> dict[str, list[dict[str, Any]]]:
        """Mails, newest first; `to` is an address of the envelope."""
        return {"items": [shown(mail) for mail in mails.find(to=to, limit=limit)]}

    @app.get("/api/messages/{id}")
    async def get_message(id: str) -> dict[str, Any]:
        """One mail."""
        return shown(_known(mails, id))

    @app.delete("/api/messages", status_code=204)
    async def clear() -> None:
        """Throw all away."""
        mails.clear()


def _add_pages(app: FastAPI, mails: Mails) -> None:
    @app.get("/", include_in_schema=False)
    async def index(to: str | None = None) -> HTMLResponse:
        """The list."""
        rows = [shown(mail) for mail in mails.find(to=to or None, limit=200)]
        return HTMLResponse(_jinja.get_template("index.html").render(rows=rows, to=to or ""), headers=_PAGE)

    @app.get("/messages/{id}", include_in_schema=False)
    async def show(id: str) -> HTMLResponse:
        """One mail, to look at."""
        return HTMLResponse(_jinja.get_template("message.html").render(mail=shown(_known(mails, id))), headers=_PAGE)

    @app.get("/messages/{id}/html", include_in_schema=False)
    async def frame(id: str) -> HTMLResponse:
        """Its HTML part, locked in; links open in a new tab."""
        page = '<base target="_blank">' + shown(_known(mails, id))["html"]
        return HTMLResponse(page, headers=_FRAME)

    @app.get("/messages/{id}/raw", include_in_schema=False)
    async def raw(id: str) -> PlainTextResponse:
        """As it came."""
        return PlainTextResponse(_known(mails, id).raw.decode("utf-8", "replace"))


@lru_cache(maxsize=1000)  # a mail never changes, and to parse one takes some 8 ms
def shown(mail: Received) -> dict[str, Any]:
    """A mail as JSON."""
    message = mail.message
    pairs = [(name, str(value)) for name, value in message.items()]
    return {
        "id": mail.id,
        "from": mail.sender,
        "to": ", ".join(mail.recipients),
        "recipients": list(mail.recipients),
        "subject": str(message.get("Subject", "")),
        "html": _part(mail, "html"),
        "text": _part(mail, "plain"),
        "headers": dict(reversed(pairs)),
        "header_list": pairs,
        "received_at": mail.received_at.isoformat(),
    }


def _part(mail: Received, kind: str) -> str:
    try:
        body = mail.message.get_body((kind,))
        return str(body.get_content()) if body is not None else ""
    except (LookupError, ValueError, MessageError, AttributeError):
        return mail.raw.decode("utf-8", "replace")


def _known(mails: Mails, id_: str) -> Received:
    mail = mails.get(id_)
    if mail is None:
        raise HTTPException(404, "There is no mail with this id.")
    return mail
