"""Answers as colleagues find them, put them right and see to them."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
import time_machine

from chassis.clock import now
from tests.feedback.desk import Desk
from tests.feedback.events import campaign, dispatch, erased


async def _some(desk: Desk) -> dict[str, str]:
    """Four answers, a minute apart; their ids by what was said."""
    await desk.hear(campaign("csat", metric="csat"))
    said = {
        "Refund, please!": ("2", "nps"),
        "Größe passt": ("9", "nps"),
        "配送が遅い": ("3", "csat"),
        "": ("10", "nps"),
    }
    for n, (comment, (score, what)) in enumerate(said.items()):
        sent: dict[str, Any] = {"campaign_id": what, "sent_at": now() - timedelta(minutes=15)}
        await desk.hear(dispatch(f"e{n}", "ada" if n % 2 == 0 else "bob", **sent))
        with time_machine.travel(now() + timedelta(minutes=n - 10), tick=False):
            assert (await desk.post(desk.path(f"e{n}"), score=score, comment=comment)).status_code == 200
    return {answer.comment or "": answer.id for answer in await desk.answers()}


async def _found(desk: Desk, **asked: Any) -> list[str]:
    answer = await desk.http.post("/v1/responses/search", json=asked)
    assert answer.status_code == 200, answer.text
    return [item["comment"] or "" for item in answer.json()["items"]]


async def test_answers_are_found_by_each_of_their_sides(desk: Desk) -> None:
    ids = await _some(desk)
    refund, size, late, none = "Refund, please!", "Größe passt", "配送が遅い", ""
    await _edit(desk, ids[size], state="resolved", assigned_to="grace", tags=["Lob"])

    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({}, [none, late, size, refund]),
        ({"sort": "answered_at"}, [refund, size, late, none]),
        ({"sort": "-score"}, [none, size, late, refund]),
        ({"q": "refu PLEASE"}, [refund]),
        ({"q": "grosse"}, [size]),
        ({"q": "遅い"}, [late]),
        ({"q": "efund"}, []),
        ({"score_class": "promoter"}, [none, size]),
        ({"min_score": 3, "max_score": 9}, [late, size]),
        ({"campaign_id": "csat"}, [late]),
        ({"metric": "nps", "customer_id": "ada"}, [refund]),
        ({"has_comment": False}, [none]),
        ({"state": "open"}, [none, late, refund]),
        ({"state": "resolved"}, [size]),
        ({"assigned_to": "grace"}, [size]),
        ({"tag": "Lob"}, [size]),
        ({"manual": True}, []),
        ({"provisional": True}, []),
        ({"suspected_automatic": False, "channel": "email"}, [none, late, size, refund]),
        ({"filter": {"field": "work.tags", "op": "has", "value": "Lob"}}, [size]),
        ({"filter": {"field": "properties.plan", "op": "eq", "value": "pro"}}, [late, refund]),
        ({"until": (now() - timedelta(minutes=9, seconds=30)).isoformat()}, [refund]),
    ]
    for asked, wanted in cases:
        assert await _found(desk, **asked) == wanted, asked
        count = (
            await desk.http.post("/v1/responses/count", json={k: v for k, v in asked.items() if k != "sort"})
        ).json()
        assert (count["count"], count["exact"]) == (len(wanted), True), asked
    assert (await desk.http.post("/v1/responses/count", json={})).json()["open"] == 3
    listed = await desk.http.get("/v1/responses", params={"score_class": "promoter", "q": "pass"})
    assert [item["comment"] for item in listed.json()["items"]] == [size]


async def test_a_list_by_score_is_read_page_by_page(desk: Desk) -> None:
    await _some(desk)
    for sort in ("score", "-score", "changed_at"):
        seen: list[int] = []
        after: str | None = None
        while True:
            asked = {"sort": sort, "limit": 1, **({"after": after} if after else {})}
            page = (await desk.http.post("/v1/responses/search", json=asked)).json()
            seen += [item["score"] for item in page["items"]]
            after = page["next"]
            if after is None:
                break
        assert len(seen) == 4
        assert sort == "changed_at" or seen == sorted(seen, reverse=sort == "-score")


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"q": "!?"}, "q"),
        ({"sort": "comment"}, "sort"),
        ({"after": "nonsense"}, "after"),
        ({"filter": {"field": "shoe_size", "op": "eq", "value": 1}}, "filter.field"),
        ({"shoe_size": 43}, "shoe_size"),
        ({"min_score": 11}, "min_score"),
        ({"state": "lost"}, "state"),
    ],
    ids=lambda asked: next(iter(asked)) if isinstance(asked, dict) else "",
)
async def test_a_search_that_is_none_is_refused_by_field(desk: Desk, asked: dict[str, Any], field: str) -> None:
    answer = await desk.http.post("/v1/responses/search", json=asked)

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def _edit(desk: Desk, id_: str, version: int | None = None, **values: Any) -> httpx.Response:
    headers = {"If-Match": f'"{version}"'} if version is not None else {}
    return await desk.http.patch(f"/v1/responses/{id_}", json=values, headers=headers)


async def _page(desk: Desk, id_: str) -> dict[str, Any]:
    page: dict[str, Any] = (await desk.http.get(f"/v1/responses/{id_}")).json()
    return page


async def test_an_answer_is_tagged_assigned_resolved_and_all_of_it_can_be_seen_afterwards(desk: Desk) -> None:
    await desk.post(score="3", comment="Slow")
    id_ = (await desk.answer()).id

    assert (await _edit(desk, id_, tags={"add": ["Billing", "billing"]})).json()["work"]["tags"] == ["Billing"]
    assert (await _edit(desk, id_, tags={"add": ["urgent"], "remove": ["BILLING"]})).json()["work"]["tags"] == [
        "urgent"
    ]
    await _edit(desk, id_, assigned_to="grace")
    note = (await desk.http.post(f"/v1/responses/{id_}/notes", json={"text": " Called her. "})).json()
    last = (await _edit(desk, id_, state="resolved")).json()
    page = await _page(desk, id_)

    assert last["work"] == {"state": "resolved", "assigned_to": "grace", "tags": ["urgent"], "note_count": 1}
    assert (page["work"], page["version"]) == (last["work"], last["version"])
    assert [(one["text"], one["by"]) for one in page["notes"]] == [("Called her.", "test")]
    assert [one["action"] for one in page["audit"]] == ["resolve", "note", "assign", "tag", "tag"]
    assert page["audit"][0]["changes"] == {"state": {"before": "open", "after": "resolved"}}
    assert page["audit"][3]["changes"] == {"tags": {"before": ["Billing"], "after": ["urgent"]}}
    assert b'"work":{"state":"resolved","assigned_to":"grace"' in (await desk.told())[-1]["value"]
    assert (await desk.http.delete(f"/v1/responses/{id_}/notes/{note['id']}")).status_code == 204
    assert (await _page(desk, id_))["notes"] == []
    assert (await desk.http.delete(f"/v1/responses/{id_}/notes/{note['id']}")).status_code == 404


async def test_a_page_shows_the_customers_other_answers(desk: Desk) -> None:
    ids = await _some(desk)

    others = (await _page(desk, ids["Refund, please!"]))["others"]

    assert [(one["comment"], one["campaign_name"], one["score"]) for one in others] == [
        ("配送が遅い", "Relationship NPS", 3)
    ]


async def test_an_answer_is_put_right_once_and_what_it_was_is_kept(desk: Desk) -> None:
    await desk.post(score="3", comment="Slow", website="x")
    before = await desk.answer()
    assert before.suspected_automatic

    given = (now() - timedelta(days=1)).isoformat().replace("+00:00", "Z")
    corrected = await _edit(
        desk, before.id, before.seq, score=8, comment="Fast", suspected_automatic=False, answered_at=given
    )

    assert corrected.status_code == 200
    assert corrected.headers["etag"] == f'"{before.seq + 1}"'
    body = corrected.json()
    assert (body["score"], body["score_class"], body["comment"]) == (8, "passive", "Fast")
    assert (body["suspected_automatic"], body["answered_at"]) == (False, given)
    (entry,) = (await _page(desk, before.id))["audit"]
    assert (entry["action"], entry["by"]) == ("correct", "test")
    assert entry["changes"]["score"] == {"before": 3, "after": 8}
    assert entry["changes"]["comment"] == {"before": "Slow", "after": "Fast"}
    assert (await _edit(desk, before.id, before.seq, score=9)).status_code == 412
    assert (await _edit(desk, before.id, score=8)).json()["version"] == body["version"], "nothing changed"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"score": 11}, "score"),
        ({"score": "9"}, "score"),
        ({"score": None}, "score"),
        ({"comment": "x" * 5001}, "comment"),
        ({"answered_at": "2999-01-01T00:00:00Z"}, "answered_at"),
        ({"answered_at": None}, ""),
        ({}, ""),
        ({"state": "lost"}, "state"),
        ({"tags": [" "]}, "tags.list[constrained-str].0"),
        ({"tags": {"add": [f"t{n}" for n in range(30)] + [f"u{n}" for n in range(21)]}}, "tags"),
        ({"customer_id": "bob"}, "customer_id"),
    ],
    ids=lambda values: str(values)[:30] if isinstance(values, dict) else "",
)
async def test_what_cannot_be_is_refused_by_field(desk: Desk, values: dict[str, Any], field: str) -> None:
    await desk.post(score="3")
    answer = await _edit(desk, (await desk.answer()).id, **values)

    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"].startswith(field.split(".", maxsplit=1)[0])
    assert (await desk.answer()).seq == 1


async def test_an_erased_answer_is_nowhere_and_never_comes_back(desk: Desk) -> None:
    await desk.post(score="3", comment="My name is Ada")
    id_ = (await desk.answer()).id
    await _edit(desk, id_, comment="Her name is Ada")
    await desk.http.post(f"/v1/responses/{id_}/notes", json={"text": "Ada!"})

    assert (await desk.http.delete(f"/v1/responses/{id_}", headers={"If-Match": '"1"'})).status_code == 412
    assert (await desk.http.delete(f"/v1/responses/{id_}")).status_code == 204

    assert (await desk.http.get(f"/v1/responses/{id_}")).status_code == 404
    assert await desk.answers() == []
    assert (await desk.post(score="9", comment="Again")).status_code == 410
    assert (await desk.get()).status_code == 410
    assert [row["value"] for row in await desk.told()][-1] is None
    for name in await desk.database.collection("responses").database.list_collection_names():
        if name not in {"_pending", "customers", "_inbox"}:
            assert "Ada" not in str(await desk.database.collection(name).find().to_list(None)), name
    audit = (await desk.http.get(f"/v1/responses/{id_}/audit")).json()["items"]
    assert [(one["action"], one["by"]) for one in audit] == [("erase", "test"), ("note", "test"), ("correct", "test")]
    assert (await desk.http.delete(f"/v1/responses/{id_}")).status_code == 404


async def test_f53_notes_and_what_was_corrected_of_the_erased_are_gone(desk: Desk) -> None:
    await desk.post(score="3", comment="I am Ada")
    id_ = (await desk.answer()).id
    await _edit(desk, id_, comment="She is Ada", tags=["Ada"], state="resolved")
    await desk.http.post(f"/v1/responses/{id_}/notes", json={"text": "Ada called"})
    await desk.hear(erased())

    page = await _page(desk, id_)
    assert (page["score"], page["notes"], page["work"]) == (
        3,
        [],
        {"state": "resolved", "assigned_to": None, "tags": [], "note_count": 0},
    )
    assert [one["changes"] for one in page["audit"]] == [{}, {}]
    assert (await desk.http.post(f"/v1/responses/{id_}/notes", json={"text": "Ada"})).status_code == 409
    assert (await _edit(desk, id_, comment="Ada")).status_code == 409
    assert (await _edit(desk, id_, state="open")).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", "/v1/responses/x"),
        ("DELETE", "/v1/responses/x"),
        ("POST", "/v1/responses/x/notes"),
        ("DELETE", "/v1/responses/x/notes/y"),
        ("GET", "/v1/responses/x/audit"),
        ("POST", "/v1/responses/search"),
        ("POST", "/v1/responses/count"),
    ],
)
async def test_nobody_sees_to_answers_without_a_key(desk: Desk, method: str, path: str) -> None:
    answer = await desk.http.request(method, path, headers={"Authorization": ""}, json={})

    assert answer.status_code == 401


async def _twice(
    desk: Desk, method: str, path: str, body: dict[str, Any] | None, key: str | None
) -> list[httpx.Response]:
    headers = {"Idempotency-Key": key} if key else {}
    requests = [desk.http.request(method, path, json=body, headers=headers) for _ in range(4)]
    return list(await asyncio.gather(*requests))


async def test_f49_a_double_click_of_a_colleague_is_one_click(desk: Desk) -> None:
    await desk.post(score="3")
    id_ = (await desk.answer()).id
    draft = {"customer_id": "ada", "campaign_id": "nps", "score": 9}

    added = await _twice(desk, "POST", "/v1/responses", draft, "one")
    noted = await _twice(desk, "POST", f"/v1/responses/{id_}/notes", {"text": "Called."}, "two")
    resolved = await _twice(desk, "PATCH", f"/v1/responses/{id_}", {"state": "resolved"}, None)
    erased_ = await _twice(desk, "DELETE", f"/v1/responses/{added[0].json()['id']}", None, None)

    assert [one.status_code for one in (*added, *noted, *resolved)] == [201] * 8 + [200] * 4
    assert len({one.json()["id"] for one in added}) == len({one.json()["id"] for one in noted}) == 1
    assert sorted(one.status_code for one in erased_) == [204, 404, 404, 404]
    answer = await desk.answer()
    assert (answer.id, answer.seq, answer.work.note_count) == (id_, 3, 1)
    page = await _page(desk, id_)
    assert (len(page["notes"]), [one["action"] for one in page["audit"]]) == (1, ["resolve", "note"])


async def test_f49_posted_at_once_by_many_each_is_judged_by_itself(desk: Desk) -> None:
    """They share a transaction: a refused one, a doubled one and one of the erased harm nobody else."""
    await desk.hear(dispatch("e0", "bob"), erased("bob", 2), *(dispatch(f"g{n}") for n in range(20)))
    posts = [
        desk.post(desk.path("e0"), score="1", comment="I am Bob"),
        desk.post(score="11"),
        *(desk.post(desk.path(f"g{n % 20}"), score=str(n % 11), comment=f"said {n % 20}") for n in range(40)),
    ]

    statuses = [one.status_code for one in await asyncio.gather(*posts)]

    assert statuses == [410, 422, *[200] * 40]
    answers = await desk.answers()
    assert sorted(one.comment or "" for one in answers) == sorted(f"said {n}" for n in range(20))
    told = {(row["subject"], row["seq"]) for row in await desk.told()}
    assert {(one.id, one.seq) for one in answers} <= told


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("<script>alert(1)</script>", 201),
        ("=HYPERLINK('http://evil')", 201),
        ("\u202egnp.exe", 201),
        ("🙂 \U000e0041", 201),
        ("a\x00b", 422),
        (" \n\t ", 422),
        ("x" * 5001, 422),
    ],
    ids=["script", "formula", "turned round", "beyond the plane", "NUL", "blank", "long"],
)
async def test_f50_a_note_is_kept_as_it_was_written_or_refused(desk: Desk, text: str, status: int) -> None:
    await desk.post(score="3")
    id_ = (await desk.answer()).id
    answer = await desk.http.post(f"/v1/responses/{id_}/notes", json={"text": text})

    assert answer.status_code == status
    assert [one["text"] for one in (await _page(desk, id_))["notes"]] == ([text] if status == 201 else [])


@pytest.mark.parametrize(
    "body", [b'{"text": "\\ud800"}', b'{"text": "\xff"}', b'{"tags": ["\\udfff"]}', b'{"comment": "\\u0000\\ud800"}']
)
async def test_f50_broken_letters_are_refused_or_taken_out_and_never_our_fault(desk: Desk, body: bytes) -> None:
    await desk.post(score="3")
    path = f"/v1/responses/{(await desk.answer()).id}"
    headers = {"Content-Type": "application/json"}

    for method, target in (("PATCH", path), ("POST", f"{path}/notes"), ("POST", "/v1/responses/search")):
        assert (await desk.http.request(method, target, content=body, headers=headers)).status_code in {200, 422}
