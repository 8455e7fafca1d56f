"""A pause and an end hold for everything that is not sent yet, also for what outbox has in its queue already."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from chassis.logs import get_logger
from tests.deployment import sync_body
from tests.system.house import House, publish_as_a_stranger, start_campaign
from tests.waiting import eventually

log = get_logger(__name__)

MANY, SLOW_SECONDS, QUIET_SECONDS, PATIENCE_SECONDS = 40, 0.5, 2.0, 10.0


class SlowMailbox:
    """Takes half a second for each mail, and remembers when each began."""

    def __init__(self, house: House) -> None:
        self.began: list[float] = []
        self._right = house.mailbox.handle_DATA
        vars(house.mailbox)["handle_DATA"] = self._take

    async def _take(self, *arguments: Any) -> str:
        self.began.append(time.monotonic())
        await asyncio.sleep(SLOW_SECONDS)
        return await self._right(*arguments)

    def quiet(self) -> bool:
        return time.monotonic() - self.began[-1] > QUIET_SECONDS


async def _crowd(house: House, slow: SlowMailbox) -> None:
    """Many are asked at once, and the first few mails are on their way."""
    await start_campaign(house)
    for number in range(MANY):
        body = sync_body(subject=f"c-{number}", email=f"c{number}@example.com", tags=["nps"])
        publish_as_a_stranger(house, body, f"c-{number}")
    await eventually(lambda: len(slow.began) >= 4, within=60)


async def _moved(house: House, to: str) -> float:
    moved = await house.scheduler.post(f"/v1/campaigns/relationship-nps/{to}")
    assert moved.status_code == 200, moved.text
    return time.monotonic()


async def test_a_pause_and_an_end_stop_what_is_queued_within_a_moment(
    house: House, record_property: Callable[[str, object], None]
) -> None:
    slow = SlowMailbox(house)
    await _crowd(house, slow)

    paused = await _moved(house, "pause")
    await eventually(slow.quiet, within=PATIENCE_SECONDS + QUIET_SECONDS)
    sent = len(slow.began)
    seconds = round(max(0.0, slow.began[-1] - paused), 3)
    record_property("seconds_until_paused", seconds)
    log.warning("campaign.paused", seconds_until_the_last_mail=seconds, sent=sent, of=MANY)
    assert sent < MANY
    assert seconds < PATIENCE_SECONDS

    await _moved(house, "activate")
    await eventually(lambda: len(slow.began) > sent, within=60)
    ended = await _moved(house, "finish")
    await eventually(slow.quiet, within=PATIENCE_SECONDS + QUIET_SECONDS)
    assert len(slow.began) < MANY
    assert slow.began[-1] - ended < PATIENCE_SECONDS
