"""CSV imports: every row is imported as it stands or refused with its reason; F50, and a fuzz of files."""

import asyncio
import csv
import io
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from chassis.mongo import Database
from services.profile.domain.csv_columns import Plan, suggest, value_of
from services.profile.domain.properties import PropertyType
from services.profile.jobs import import_step
from services.profile.main import build
from services.profile.settings import Settings
from services.profile.store.imports import imports
from tests.deployment import KEY, Deployment
from tests.house import SOUNDING
from tests.waiting import eventually

PART = 256 * 1024


async def _upload(profile: httpx.AsyncClient, content: bytes, size: int = PART) -> dict[str, Any]:
    begun = (await profile.post("/v1/imports", json={"file_name": "people.csv"})).json()
    for number, start in enumerate(range(0, len(content), size)):
        part = content[start : start + size]
        answer = await profile.put(f"/v1/imports/{begun['id']}/parts/{number}", content=part)
        assert answer.status_code == 200, answer.text
        begun = answer.json()
    body: dict[str, Any] = begun
    return body


async def _run(profile: httpx.AsyncClient, import_: dict[str, Any], **start: Any) -> dict[str, Any]:
    body = {"columns": import_["suggested"], **start}
    answer = await profile.post(f"/v1/imports/{import_['id']}/start", json=body)
    assert answer.status_code == 202, answer.text

    async def ended() -> dict[str, Any]:
        found: dict[str, Any] = (await profile.get(f"/v1/imports/{import_['id']}")).json()
        return found if found["state"] in {"done", "failed"} else {}

    return await eventually(ended)


def _counts(import_: dict[str, Any]) -> tuple[int, ...]:
    return tuple(import_[name] for name in ("created", "changed", "unchanged", "refused"))


async def _customers(profile: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    items = (await profile.get("/v1/customers", params={"limit": 1000})).json()["items"]
    return {item["email"]: item for item in items}


async def _refused(profile: httpx.AsyncClient, id_: str, note: str = "refused") -> list[list[str]]:
    content = (await profile.get(f"/v1/imports/{id_}/{note}")).content
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


MESSY_ROWS = [
    "E-Mail;First name;Last name;City;Tags;Seats;Note",
    'ada@example.com;Ada;"Lovelace; ""the first""";Wien;VIP, new;5;=1+1',
    "",
    "BOB@example.com;Bob;;Graz;;many;'+43 1",
    "no address;Eve;;;;1;",
    'carol@example.com;"Carol',
    ' the second";;;;2',
    "ada@EXAMPLE.com;Ada;Lovelace;Linz;;6;",
    'dave@example.com;"Dave"x;;;;1;',
    '"frank@example.com;Frank;;;;1;',
]
MESSY = "\r\n".join(MESSY_ROWS)


@pytest.mark.parametrize(("encoding", "size"), [("utf-8", PART), ("utf-8-sig", 7), ("utf-16", 5), ("cp1252", 11)])
async def test_rows_are_imported_as_they_stand_or_refused_with_their_reason(
    profile: httpx.AsyncClient, encoding: str, size: int
) -> None:
    text = MESSY.replace("Graz", "Gräz") if encoding != "utf-16" else MESSY
    content = text.encode(encoding)
    size = max(size, len(text.split("\r\n")[0].encode(encoding)) + 120) if size < PART else size
    import_ = await _upload(profile, content, size)
    assert import_["suggested"] == ["email", "first_name", "last_name", "city", "tags", None, None]
    columns = [*import_["suggested"][:5], "properties.seats", "properties.note"]

    tried = await _run(profile, import_, columns=columns, dry_run=True)
    assert await _customers(profile) == {}
    done = await _run(profile, import_, columns=columns, add_tags=["fair"])

    assert (done["state"], done["delimiter"]) == ("done", ";")
    assert (tried["refused"], done["refused"]) == (5, 5), await _refused(profile, import_["id"])
    assert (done["created"], done["changed"]) == (1, 1)
    ada = (await _customers(profile))["ada@EXAMPLE.com"]
    assert (ada["last_name"], ada["city"], ada["properties"]) == ("Lovelace", "Linz", {"seats": 6, "note": "=1+1"})
    assert (ada["source"], ada["source_detail"], ada["tags"]) == ("csv", "people.csv, row 2", ["fair", "new", "VIP"])
    rows = await _refused(profile, import_["id"])
    assert [row[0] for row in rows[1:]] == ["4", "5", "6", "8", "9"]
    assert "seats holds a number" in rows[1][1]
    assert rows[1][-1] == "'+43 1"
    assert [row[0] for row in (await _refused(profile, import_["id"], "doubled"))[1:]] == ["7"]


async def test_many_rows_over_many_pieces_are_each_imported_once_also_by_another_process(
    deployment: Deployment,
) -> None:
    service = build(Settings(chassis=deployment.settings))
    lines = ["external id,email,company"] + [f'c-{n},p{n}@example.com,"Company {n},\n second line"' for n in range(900)]
    async with deployment.client(service, "relay") as profile:
        import_ = await _upload(profile, "\n".join(lines).encode(), 4096)
        body = {"columns": import_["suggested"], "source": "crm"}
        started = await profile.post(f"/v1/imports/{import_['id']}/start", json=body)
        assert started.status_code == 202
        await _by_turns(service.database)

        done = (await profile.get(f"/v1/imports/{import_['id']}")).json()
        assert (done["state"], _counts(done), done["row"]) == ("done", (900, 0, 0, 0), 901)
        people = await _customers(profile)
    assert len(people) == 900
    one = people["p899@example.com"]
    assert (one["external_ids"], one["company"]) == ({"crm": "c-899"}, "Company 899,\n second line")


async def _by_turns(database: Database) -> None:
    """Two processes; each step is tried by both, as if the other had been taken for dead."""
    while True:
        first = await imports.take(database, "first", 0)
        if first is None:
            return
        second = await imports.take(database, "second", 0)
        assert second is not None
        await import_step(database, first, "first")
        await import_step(database, second, "second")


async def test_a_row_again_changes_nothing_and_an_empty_cell_clears_only_where_that_is_asked(
    profile: httpx.AsyncClient,
) -> None:
    first, second = b"email,city\na@example.com,Wien\n", b"email,city\na@example.com,\n"
    assert _counts(await _run(profile, await _upload(profile, first))) == (1, 0, 0, 0)
    assert _counts(await _run(profile, await _upload(profile, first))) == (0, 0, 1, 0)
    assert _counts(await _run(profile, await _upload(profile, second))) == (0, 0, 1, 0)
    assert _counts(await _run(profile, await _upload(profile, second), empty="clear")) == (0, 1, 0, 0)
    assert (await _customers(profile))["a@example.com"]["city"] is None


@pytest.mark.parametrize(
    ("content", "start", "status", "field"),
    [
        (b"email\na@b.example\n", {"columns": ["email", "city"]}, 422, "columns"),
        (b"email\na@b.example\n", {"columns": ["city"]}, 422, "columns"),
        (b"email,x\na@b.example,1\n", {"columns": ["email", "email"]}, 422, "columns"),
        (b"email,x\na@b.example,1\n", {"columns": ["email", "shoe"]}, 422, "columns.1"),
        (b"email,x\na@b.example,1\n", {"columns": ["email", "properties.a.b"]}, 422, "columns.1"),
        (b"email,x\na@b.example,1\n", {"columns": ["email", "external_id"]}, 422, "source"),
    ],
)
async def test_a_plan_that_does_not_fit_is_refused_by_its_place(
    api: httpx.AsyncClient, content: bytes, start: dict[str, Any], status: int, field: str
) -> None:
    import_ = await _upload(api, content)
    answer = await api.post(f"/v1/imports/{import_['id']}/start", json=start)

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (status, field)


async def test_what_is_written_otherwise_than_it_began_ends_with_the_reason(profile: httpx.AsyncClient) -> None:
    good = b"email,city\n" + b"".join(b"p%d@example.com,Wien\n" % n for n in range(50))
    import_ = await _upload(profile, good + b"bad@example.com,\xff\xfe\xfa\n", len(good))
    ended = await _run(profile, import_)

    assert (ended["state"], ended["created"]) == ("failed", 50)
    assert "after row 51" in ended["reason"]


async def test_pieces_out_of_order_too_large_or_too_late_are_refused(profile: httpx.AsyncClient) -> None:
    import_ = await _upload(profile, b"email\na@example.com\n")
    path = f"/v1/imports/{import_['id']}/parts"

    assert (await profile.put(f"{path}/2", content=b"x")).status_code == 409
    assert (await profile.put(f"{path}/1", content=b"x" * (PART + 1))).status_code == 413
    assert (await profile.put(f"{path}/1", content=b"")).status_code == 413
    await _run(profile, import_)
    assert (await profile.put(f"{path}/1", content=b"x")).status_code == 409
    assert (await profile.post(f"/v1/imports/{import_['id']}/start", json={"columns": ["email"]})).status_code == 409


@pytest.mark.parametrize(
    ("text", "type_", "value"),
    [
        ("5", None, 5), ("-5.5", None, -5.5), ("007", None, "007"), ("1e5", None, "1e5"), ("true", None, True),
        ("yes", None, "yes"), ("yes", PropertyType.BOOLEAN, True), ("5", PropertyType.TEXT, "5"),
        ("a; b", PropertyType.LIST, ("a", "b")), ("2026-01-01", None, "2026-01-01"), ("5", PropertyType.DATE, "5"),
        ("99999999999999999999", None, "99999999999999999999"),
    ],
)  # fmt: skip
def test_a_cell_becomes_what_it_looks_like_but_loses_nothing(
    text: str, type_: PropertyType | None, value: object
) -> None:
    assert value_of(text, type_) == value


def test_columns_are_known_by_their_usual_names() -> None:
    assert suggest(["E-Mail", "Given Name", "SURNAME", "Organisation", "email address", "Shoe size"]) == [
        *("email", "first_name", "last_name", "company"),
        *(None, None),
    ]
    assert Plan(columns=()).add_tags == ()


@pytest.fixture
async def profile(deployment: Deployment) -> AsyncIterator[httpx.AsyncClient]:
    async with deployment.client(build(Settings(chassis=deployment.settings)), "jobs", "relay") as client:
        yield client


async def _sounding(profile: httpx.AsyncClient, *words: str) -> tuple[int, str]:
    url = {"SOUNDING_PROFILE_URL": str(profile.base_url), "SOUNDING_API_KEY": KEY, "NO_COLOR": "1", "COLUMNS": "200"}
    process = await asyncio.create_subprocess_exec(
        *SOUNDING,
        "import",
        *words,
        env={**os.environ, **url},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, _ = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode or 0, said.decode()


async def test_the_command_line_sends_waits_and_says_what_became_of_the_rows(
    profile: httpx.AsyncClient, tmp_path: Path
) -> None:
    file = tmp_path / "people.csv"
    rows = "a@example.com,Linz,c-1,41\nno address,Graz,,43\na@example.com,Wien,c-1,42\n"
    file.write_text(f"Mail,Town,Id,Shoe size\n{rows}", encoding="utf-8")
    options = (str(file), "--source", "crm", "--column", "Shoe size=properties.shoe_size", "--tag", "fair", "--json")

    (tried, _), (wrong, _) = await asyncio.gather(
        _sounding(profile, *options, "--dry-run"), _sounding(profile, str(file), "--column", "Shoes=city")
    )
    assert (tried, wrong) == (1, 2)
    assert await _customers(profile) == {}
    code, said = await _sounding(profile, *options, "--report", str(tmp_path / "report"))

    done = json.loads(said)
    assert (code, _counts(done), done["doubled"]) == (1, (1, 1, 0, 1), 1)
    assert _report(tmp_path, "refused")[1][:1] + _report(tmp_path, "refused")[1][2:] == [
        "3",
        "no address",
        "Graz",
        "",
        "43",
    ]
    assert _report(tmp_path, "doubled")[1] == [
        *("4", "is about the customer of an earlier row", "a@example.com", "Wien", "c-1", "42")
    ]
    one = (await _customers(profile))["a@example.com"]
    assert (one["city"], one["external_ids"], one["tags"]) == ("Wien", {"crm": "c-1"}, ["fair"])
    assert one["properties"] == {"shoe_size": 42}
    assert await _sounding(profile, "--undo", done["id"]) == (0, f"Import {done['id']} is taken back.\n")
    assert await _customers(profile) == {}


def _report(folder: Path, name: str) -> list[list[str]]:
    with (folder / "report" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))
