"""A bounce's whole way: in by SMTP, through the service with all its roles, out on Kafka."""

import asyncio
import smtplib
import socket
from contextlib import suppress

from sounding_contracts import topics

from services.outbox.main import build
from services.outbox.settings import Settings
from tests.deployment import Deployment
from tests.outbox.office import Office
from tests.outbox.returned_mails import dsn, let_out, verp
from tests.waiting import eventually

SAID = "550 5.1.1 <ada@example.com>: User unknown"


async def test_f45_a_bounce_that_came_in_by_smtp_is_told_on_kafka(
    deployment: Deployment, office: Office, settings: Settings
) -> None:
    await let_out(office)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    def hand_in() -> bool:
        with suppress(OSError), smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
            client.sendmail("", [verp(office)], dsn("5.1.1", SAID))
            return True
        return False

    async def handed_in() -> bool:
        return await asyncio.to_thread(hand_in)

    async def told() -> bool:
        return bool(await deployment.events(topics.OUTBOX_BOUNCES))

    async with deployment.client(build(settings.model_copy(update={"bounce_port": port}))):
        await eventually(handed_in)
        await eventually(told, 90)
        (bounce,) = await deployment.events(topics.OUTBOX_BOUNCES)
        (record,) = await deployment.records(topics.OUTBOX_BOUNCES)

    assert bounce.data is not None
    assert (bounce.type, record.key) == ("bounce.recorded", b"ada")
    assert (bounce.data.kind, bounce.data.dispatch_id, bounce.data.status) == ("hard", "d1", "5.1.1")
    assert bounce.data.evidence == "550 5.1.1 <(address)>: User unknown"
    (gate,) = await deployment.events(topics.OUTBOX_DELIVERABILITY)
    assert gate.data is not None
    assert (gate.subject, gate.data.status) == ("ada", "hard_bounced")
