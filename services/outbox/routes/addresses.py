"""Checks of addresses over HTTP."""

import asyncio

from fastapi import APIRouter

from chassis.auth import requires
from chassis.http import DatabaseDep, Now, problems
from services.outbox import commands
from services.outbox.adapters.checker import Checker
from services.outbox.schemas import AddressCheck, AddressCheckList, AddressesBody


def add(router: APIRouter, checker: Checker, secret: str) -> None:
    """Checks of any addresses, and of a customer's."""
    refusals = problems(401, 403, 404, 422)

    @router.post(
        "/v1/addresses/check", tags=["addresses"], dependencies=[requires("deliverability:read")], responses=refusals
    )
    async def check_addresses(body: AddressesBody, now: Now) -> AddressCheckList:
        """Whether mail can reach these addresses; nothing is stored."""
        found = await asyncio.gather(*(checker.check(address, now) for address in body.addresses))
        return AddressCheckList(
            items=[AddressCheck.of(address, one) for address, one in zip(body.addresses, found, strict=True)]
        )

    @router.post(
        "/v1/customers/{id}/check-address",
        tags=["addresses"],
        dependencies=[requires("deliverability:write")],
        responses=refusals,
    )
    async def check_customer(id: str, db: DatabaseDep, now: Now) -> AddressCheck:
        """Check a customer's address anew; the customer becomes `non_deliverable`, or is so no more."""
        address = await commands.address_to_check(db, id)
        found = await checker.check(address, now)
        await db.transact(lambda tx: commands.apply_check(tx, id, address, found, secret))
        return AddressCheck.of(address, found)
