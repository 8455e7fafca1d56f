"""The path through the whole house, as its users go it: from a sync event to the score in the profile.

A mail server of the test takes the surveys; a foreign Kafka client publishes the sync events.
"""

from typing import Any

from sounding_contracts import topics

from tests.contracts.published import published
from tests.deployment import sync_body
from tests.system.house import House, publish_as_a_stranger, start_campaign
from tests.waiting import eventually


async def test_a_sync_event_becomes_a_surveyed_customer_with_a_score(house: House) -> None:
    address = "ada@example.com"
    await start_campaign(house)
    publish_as_a_stranger(
        house, sync_body(email=address, first_name='Ada <b>"', tags={"add": ["nps"]}, properties={"plan": "pro"}), "c-1"
    )

    (mail,) = await eventually(lambda: house.mailbox.to(address))
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    html = mail.get_body(("html",))
    assert html is not None
    assert "Ada &lt;b&gt;" in html.get_content()
    path = await house.page_in(mail)

    for score in range(11):
        shown = await house.feedback.get(f"{path}?score={score}")
        assert shown.status_code == 200
    assert (await house.feedback.get("/v1/responses")).json()["items"] == []

    posted = await house.feedback.post(path, data={"score": "9", "comment": "Good people"})
    assert posted.status_code == 200

    async def scored() -> dict[str, Any]:
        ada = await house.customer(address)
        return ada if ada["last_score"] == 9 and ada["next_survey"]["reason"] == "recurring" else {}

    ada = await eventually(scored)
    assert (ada["score_trend"], ada["score_classes"]) == ([9], ["promoter"])
    assert (ada["source"], ada["status"]) == ("crm", None)

    async def answered() -> dict[str, Any]:
        (record,) = (await house.outbox.get("/v1/dispatches", params={"customer_id": ada["id"]})).json()["items"]
        return record if record["responded"] else {}

    record = await eventually(answered)
    assert (record["state"], record["how_sent"]) == ("responded", "automatically")
    planned = (await house.scheduler.get(f"/v1/customers/{ada['id']}/next-survey")).json()
    assert planned["at"] == ada["next_survey"]["at"]
    assert len(house.mailbox.to(address)) == 1
    silent = {topic.name for topic in topics.ALL if not topic.from_outside} - await published(house.deployment)
    assert silent == {"outbox.bounces.v1", "outbox.deliverability.v1", "feedback.autoreply-requests.v1"}


async def test_who_said_no_is_never_surveyed_again(house: House) -> None:
    await start_campaign(house)
    publish_as_a_stranger(house, sync_body(subject="c-1", email="ada@example.com", tags=["nps"]), "c-1")
    (mail,) = await eventually(lambda: house.mailbox.to("ada@example.com"))
    path = house.path_in(mail, "u")

    assert (await house.outbox.get(path)).status_code == 200
    ada = await house.customer("ada@example.com")
    assert ada["status"] is None
    answer = await house.outbox.post(path, data={"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, answer.text, "set-cookie" in answer.headers) == (200, "Unsubscribed.", False)

    async def unsubscribed() -> bool:
        return bool((await house.customer("ada@example.com"))["status"] == "unsubscribed")

    await eventually(unsubscribed)
    gone = sync_body(subject="c-1", deleted=True, time="2026-11-23T11:00:00Z", email=None)
    again = sync_body(subject="c-2", email="ADA@example.com", tags=["nps"], time="2026-11-23T12:00:00Z")
    publish_as_a_stranger(house, gone, "c-1")
    publish_as_a_stranger(house, again, "c-1")
    publish_as_a_stranger(house, sync_body(subject="c-3", email="bob@example.com", tags=["nps"]), "c-1")
    await eventually(lambda: house.mailbox.to("bob@example.com"))

    async def suppressed() -> bool:
        second = await house.customer("ada@example.com")
        return bool(second["external_ids"] == {"crm": "c-2"} and second["status"] == "unsubscribed")

    await eventually(suppressed)
    assert len(house.mailbox.to("ada@example.com")) == 1
    assert "outbox.deliverability.v1" in await published(house.deployment)


async def test_f49_a_score_that_is_none_is_refused_beside_its_field(house: House) -> None:
    await start_campaign(house)
    publish_as_a_stranger(house, sync_body(email="ada@example.com", tags=["nps"]), "c-1")
    (mail,) = await eventually(lambda: house.mailbox.to("ada@example.com"))
    path = await house.page_in(mail)

    for score in ("11", "-1", "9.5", '{"$gt":0}', ""):
        refused = await house.feedback.post(path, data={"score": score, "comment": "kept"})
        assert refused.status_code == 422, score
        assert 'id="score-error"' in refused.text
        assert ">kept</textarea>" in refused.text
    assert (await house.feedback.post(path[:-2] + "xx", data={"score": "9"})).status_code == 404
    assert (await house.feedback.get("/v1/responses")).json()["items"] == []
    assert (await house.feedback.post(path, data={"score": "9", "comment": "kept"})).status_code == 200
