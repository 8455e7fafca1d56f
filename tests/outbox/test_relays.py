"""The way to a relay: TLS by policy, signed in, and on to the next one where one is away."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from deploy.local.ports import free_port
from services.outbox.adapters.carriers import make_carrier
from services.outbox.domain.dispatch import Phase, State
from tests.outbox.events import customer, request
from tests.outbox.office import Office
from tests.outbox.relay_server import LOGIN, PASSWORD, Taken, certificate, relay

Relay = tuple[int, Taken]
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
"""One server here does so on purpose."""


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("relay"))


@pytest.fixture(scope="module")
def secure(pem: Path) -> Iterator[Relay]:
    with relay(pem) as made:
        yield made


@pytest.fixture(scope="module")
def guarded(pem: Path) -> Iterator[Relay]:
    with relay(pem, login=True) as made:
        yield made


@pytest.fixture(scope="module")
def plain() -> Iterator[Relay]:
    with relay() as made:
        yield made


@pytest.fixture(scope="module")
def careless() -> Iterator[Relay]:
    """Asks for a password without TLS."""
    with relay(login=True) as made:
        yield made


async def _sent(office: Office, to: Relay, **settings: Any) -> list[tuple[bool, bytes | None]]:
    """What the relay took; the record says the same."""
    port, taken = to
    taken.mails.clear()
    office.settings = office.settings.model_copy(update={"smtp_port": port, **settings})
    await office.send_next()
    state = (await office.record()).state
    assert (state is State.SENT) == bool(taken.mails)
    return taken.mails


@pytest.mark.parametrize(("policy", "tls"), [("none", False), ("opportunistic", True), ("required", True)])
async def test_tls_is_used_as_the_policy_says(office: Office, secure: Relay, policy: str, tls: bool) -> None:
    assert await _sent(office, secure, smtp_tls=policy) == [(tls, None)]


@pytest.mark.parametrize(("policy", "sent"), [("opportunistic", True), ("required", False), ("verify", False)])
async def test_where_no_tls_is_offered_the_policy_says_whether_to_send(
    office: Office, plain: Relay, policy: str, sent: bool
) -> None:
    assert bool(await _sent(office, plain, smtp_tls=policy)) is sent
    assert (await office.record()).phase is (Phase.DONE if sent else Phase.QUEUED)


async def test_a_certificate_is_checked_where_the_policy_says_so(office: Office, secure: Relay, pem: Path) -> None:
    assert await _sent(office, secure, smtp_tls="verify") == []
    await office.due_again()
    assert await _sent(office, secure, smtp_tls="verify", smtp_tls_ca=str(pem)) == [(True, None)]


async def test_it_signs_in_where_it_is_told_to(office: Office, guarded: Relay) -> None:
    login = {"smtp_username": LOGIN, "smtp_password": SecretStr(PASSWORD), "smtp_tls": "required"}
    assert await _sent(office, guarded, **{**login, "smtp_password": SecretStr("wrong")}) == []
    await office.due_again()
    assert await _sent(office, guarded, **login) == [(True, LOGIN.encode())]


@pytest.mark.parametrize(("policy", "sent"), [("none", True), ("opportunistic", False)])
async def test_a_password_goes_out_in_clear_only_where_tls_is_switched_off(
    office: Office, careless: Relay, policy: str, sent: bool
) -> None:
    login = {"smtp_username": LOGIN, "smtp_password": SecretStr(PASSWORD)}
    assert bool(await _sent(office, careless, smtp_tls=policy, **login)) is sent


async def test_where_a_relay_is_away_the_next_one_takes_the_mail(office: Office, plain: Relay) -> None:
    port, taken = plain
    away = {"smtp_relays": (f"127.0.0.1:{port}",)}
    assert await _sent(office, (free_port(), taken), **away) == [(False, None)]


async def test_workers_share_the_relays(office: Office, plain: Relay, secure: Relay) -> None:
    for _, taken in (plain, secure):
        taken.mails.clear()
    update = {"smtp_port": plain[0], "smtp_relays": (f"127.0.0.1:{secure[0]}",)}
    office.settings = office.settings.model_copy(update=update)
    await office.hear_customers(customer("bob"))
    await office.hear_requests(request("d2", "bob"))

    for number in range(2):
        async with make_carrier(office.settings, number) as carrier:
            await office.sender().send_next(carrier)

    assert (len(plain[1].mails), len(secure[1].mails)) == (1, 1)
