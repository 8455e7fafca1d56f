"""The console over HTTP."""

from fastapi import APIRouter

from commons.retention import make_router as make_retention
from services.console.adapters.files import Files
from services.console.adapters.passwords import Passwords
from services.console.adapters.upstreams import Upstreams
from services.console.routes import front, keys, live, oidc, pages, session, users
from services.console.routes.visitor import Door
from services.console.settings import Settings
from services.console.store.retention import kept
from services.console.views.live import Hub


def make_routers(settings: Settings, hub: Hub, upstreams: Upstreams, passwords: Passwords) -> list[APIRouter]:
    """All of them; the pages last, since any other address is one of theirs."""
    door = Door(settings)
    people = [session.make_router(door, passwords), users.make_router(door), keys.make_router(upstreams)]
    people.append(make_retention(kept(settings.session_days)))
    before = [oidc.make_router(door, passwords), live.make_router(door, hub), front.make_router(door, upstreams)]
    return [*people, *before, pages.make_router(door, Files(settings.static))]
