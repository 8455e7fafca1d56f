"""Who does something by hand."""

from typing import Annotated

from fastapi import Depends

from chassis.auth import Principal, requires
from chassis.http import Now, RequestId
from services.profile.commands.customers import Author


def _author(who: Annotated[Principal, requires("customers:write")], now: Now, request_id: RequestId) -> Author:
    return Author(by=who.id, now=now, request_id=request_id)


AuthorDep = Annotated[Author, Depends(_author)]
