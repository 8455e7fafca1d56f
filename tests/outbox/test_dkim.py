"""Mails are signed where a brand has a key; others verify it with what `sounding` says to publish."""

import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import dkim
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from chassis.clock import now
from services.outbox import commands
from services.outbox.adapters import signing
from services.outbox.adapters.signing import Signer
from services.outbox.domain import dkim as rules
from sounding.__main__ import app
from tests.outbox.events import BRAND
from tests.outbox.office import Office

DOMAIN, SELECTOR = "northlight.example", "s1"
SIGNED = replace(BRAND, dkim_selector=SELECTOR)
MAIL = b"From: a <ask@northlight.example>\r\nTo: b@c.example\r\nSubject: x\r\n\r\nHello\r\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("keys")
    signing.make(signing.place(made, DOMAIN, SELECTOR))
    return made


@cache
def _published(folder: Path) -> dict[bytes, bytes]:
    said = CliRunner().invoke(app, ["sending", "dkim", DOMAIN, SELECTOR, "--folder", str(folder), "--json"])
    found = json.loads(said.stdout)
    return {f"{found['name']}.".encode(): found["value"].encode()}


def _verified(raw: bytes, folder: Path) -> bool:
    records = _published(folder)
    return bool(dkim.verify(raw, dnsfunc=lambda name, timeout=5: records.get(name)))


async def test_a_mail_that_arrives_is_signed_over_what_says_how_to_unsubscribe(office: Office, folder: Path) -> None:
    office.settings = office.settings.model_copy(update={"dkim_folder": folder})
    await office.database.transact(lambda tx: commands.put_brand(tx, SIGNED, now()))
    await office.send_all()

    raw = office.server.mails[0].raw
    assert _verified(raw, folder)
    names = re.sub(r"\s", "", office.server.mails[0].message["DKIM-Signature"]).partition("h=")[2].partition(";")[0]
    assert {"from", "list-unsubscribe", "list-unsubscribe-post", "subject", "message-id"} <= set(names.split(":"))
    assert names.split(":").count("from") == 2
    for harm in (
        (b"Would you", b"Would he"),
        (b"List-Unsubscribe: <http", b"List-Unsubscribe: <htt"),
        (b"From: ", b"From: x@y.example\r\nFrom: "),
    ):
        assert harm[0] in raw
        assert not _verified(raw.replace(*harm), folder)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(st.sampled_from(" \t.aé="), max_size=12), max_size=8), st.integers(0, 3))
def test_whatever_the_body_others_verify_it(folder: Path, lines: list[str], ends: int) -> None:
    body = "\r\n".join(lines).encode("utf-8") + b"\r\n" * ends
    data = b"From: ask@northlight.example\r\nSubject: two \r\n\t words  \r\n\r\n" + body
    signed = Signer(folder).signed(data, SIGNED, now())

    assert _verified(signed + b"\r\n", folder)


@pytest.mark.parametrize("brand", [BRAND, replace(SIGNED, sender_email="a@elsewhere.example")])
def test_without_a_key_it_goes_out_as_it_is(folder: Path, brand: Any) -> None:
    assert Signer(folder).signed(MAIL, brand, now()) == MAIL
    assert Signer(None).signed(MAIL, SIGNED, now()) == MAIL


def test_a_name_leads_out_of_no_folder(folder: Path) -> None:
    with pytest.raises(ValueError, match="no name in the DNS"):
        signing.place(folder, "northlight.example", "../../etc/x")


def test_an_empty_body_has_the_hash_of_nothing() -> None:
    assert rules.body_hash(b"\r\n\r\n") == rules.body_hash(b"") == b"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


def test_a_key_is_for_its_owner_alone_and_never_written_over(folder: Path) -> None:
    path = signing.place(folder, DOMAIN, SELECTOR)

    assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(FileExistsError):
        signing.make(path)
