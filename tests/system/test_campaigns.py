"""Triggers and pausing from end to end, over all services."""

from typing import Any

from deploy.local import demo
from tests.system.house import House, publish_as_a_stranger, start_campaign
from tests.waiting import eventually

ADA = "ada@example.com"
ORDER: dict[str, Any] = {
    "id": "order",
    "kind": "transactional",
    "audience": {},
    "schedule": {},
    "send_window": None,
    "reminders": [],
    "trigger": {"type": "order.delivered"},
}


async def happened(house: House, id: str) -> None:
    event = {
        "specversion": "1.0",
        "id": id,
        "source": "shop",
        "type": "survey.trigger",
        "data": {"trigger": "order.delivered", "customer": {"email": ADA}},
    }
    sent = await house.scheduler.post("/v1/triggers", json=event)
    assert sent.status_code == 202, sent.text


async def move(house: House, to: str) -> None:
    moved = await house.scheduler.post(f"/v1/campaigns/order/{to}")
    assert moved.status_code == 200, moved.text


async def test_triggers_bring_mails_and_a_paused_campaign_sends_none(house: House) -> None:
    await start_campaign(house)
    await house.scheduler.post("/v1/campaigns/relationship-nps/finish")
    made = await house.scheduler.post("/v1/campaigns", json={**demo.content("campaign"), **ORDER})
    assert made.status_code == 201, made.text
    await move(house, "activate")
    sync = b'{"specversion":"1.0","id":"1","source":"shop","type":"customer.sync","subject":"7","data":{"email":"%s"}}'
    publish_as_a_stranger(house, sync % ADA.encode(), "7")

    await happened(house, "1")
    (message,) = await eventually(lambda: house.mailbox.to(ADA))
    await house.page_in(message)

    await move(house, "pause")
    by_hand = await house.scheduler.post("/v1/campaigns/order/send", json={"customer_id": await _id(house)})
    assert by_hand.status_code == 409
    await move(house, "activate")
    await happened(house, "2")

    async def second() -> bool:
        return len(house.mailbox.to(ADA)) == 2

    await eventually(second)
    ledger: dict[str, Any] = (await house.scheduler.get("/v1/campaigns/order/ledger")).json()
    assert ledger["audience"] == sum(one["count"] for one in ledger["entries"].values()) == 1
    waiting = (await house.scheduler.get("/v1/triggers", params={"state": "requested"})).json()["items"]
    assert sorted(one["event_id"] for one in waiting) == ["1", "2"]


async def _id(house: House) -> str:
    return str((await house.customer(ADA))["id"])
