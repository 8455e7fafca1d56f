"""Signing in and out: by link, by password, with a second factor; and what is refused."""

import asyncio
from datetime import timedelta

import httpx
import pyotp
import time_machine

from chassis import clock
from services.console.domain.guard import PER_PAIR
from tests.console.house import PASSWORD, House


def _code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_the_first_admin_comes_in_by_a_link_that_works_once(house: House) -> None:
    stranger = house.stranger()
    before = (await stranger.client.get("/api/session")).json()
    made = await house.operator.post("/v1/sign-in-links", json={"email": "First@Example.com", "role": "admin"})
    link = made.json()["link"]
    looked = await stranger.client.post("/api/session/link/look", json={"token": link.rpartition("=")[2]})
    first = await stranger.follow(link)
    second = await house.stranger().follow(link)

    assert (before["signed_in"], before["first_run"]) == (False, True)
    assert link.startswith(f"{house.settings.public_url}/sign-in#link=")
    assert (looked.json()["kind"], looked.json()["password_needed"]) == ("sign-in", False)
    assert first.json()["user"]["email"] == "first@example.com"
    assert first.json()["user"]["permissions"] == ["see", "answer", "manage", "administer"]
    assert _code(second) == (404, "link-not-valid")
    after = (await stranger.client.get("/api/session")).json()
    assert (after["signed_in"], after["first_run"], after["csrf_token"]) == (True, False, stranger.csrf)


async def test_two_who_follow_a_link_at_once_are_not_both_let_in(house: House) -> None:
    link = (await house.invited("twice@example.com"))["link"]

    answers = await asyncio.gather(*(house.stranger().follow(link, password=PASSWORD) for _ in range(4)))

    assert sorted(answer.status_code for answer in answers) == [200, 404, 404, 404]


async def test_the_cookie_is_for_the_browser_alone(house: House) -> None:
    link = (await house.invited("cookie@example.com"))["link"]

    answer = await house.stranger().follow(link, password=PASSWORD)

    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/" in cookie
    assert answer.headers["cache-control"] == "no-store"


def test_over_https_the_cookie_is_bound_to_the_host(house: House) -> None:
    secure = house.settings.model_copy(update={"public_url": "https://surveys.example.com"})

    assert (secure.cookie, secure.secure) == ("__Host-sounding", True)


async def test_a_password_is_needed_and_a_good_one(house: House) -> None:
    link = (await house.invited("weak@example.com"))["link"]
    stranger = house.stranger()

    for password in (None, "short", "password1234", "aaaaaaaaaaaaaaaa", "weak and more of it"):
        body = {"password": password} if password else {}
        assert _code(await stranger.follow(link, **body)) == (422, "password-too-weak"), password

    assert (await stranger.follow(link, password=PASSWORD)).status_code == 200


async def test_a_wrong_password_and_an_unknown_address_look_the_same(house: House) -> None:
    await house.person("known@example.com")

    wrong = await house.stranger().sign_in("known@example.com", "not that one at all")
    unknown = await house.stranger().sign_in("unknown@example.com", "not that one at all")

    assert _code(wrong) == (401, "sign-in-wrong")
    assert wrong.json()["detail"] == unknown.json()["detail"]


async def test_guessing_ends_soon_and_the_person_elsewhere_still_gets_in(house: House) -> None:
    await house.person("target@example.com")
    guesser = house.stranger()

    tries = [await guesser.sign_in("target@example.com", f"guess number {number}") for number in range(PER_PAIR + 2)]

    assert [answer.status_code for answer in tries] == [401] * PER_PAIR + [429] * 2
    assert tries[-1].json()["code"] == "too-many-attempts"
    assert 0 < tries[-1].json()["retry_after"] <= 900
    right_but_late = await guesser.sign_in("target@example.com")
    assert right_but_late.status_code == 429
    listed = (await house.operator.get("/v1/sign-ins")).json()["items"]
    outcomes = [one["outcome"] for one in listed if one["email"] == "target@example.com"]
    assert outcomes.count("refused") == PER_PAIR
    assert outcomes.count("too_many") == 1


async def test_signing_out_ends_it_for_whoever_has_the_cookie(house: House) -> None:
    person = await house.person("leaver@example.com")
    thief = house.stranger()
    thief.client.cookies = httpx.Cookies(person.client.cookies)
    thief.csrf = person.csrf

    assert (await thief.ask("GET", "/api/session/sessions")).status_code == 200
    assert (await person.ask("DELETE", "/api/session")).status_code == 204

    assert _code(await thief.ask("GET", "/api/session/sessions")) == (401, "not-signed-in")


async def test_a_session_ends_without_use_and_lasts_while_it_is_used(house: House) -> None:
    person = await house.person("sleeper@example.com")
    begun = clock.now()

    with time_machine.travel(begun + timedelta(hours=11), tick=True):
        assert (await person.ask("GET", "/api/session/sessions")).status_code == 200
    with time_machine.travel(begun + timedelta(hours=22), tick=True):
        assert (await person.ask("GET", "/api/session/sessions")).status_code == 200
    with time_machine.travel(begun + timedelta(hours=35), tick=True):
        assert _code(await person.ask("GET", "/api/session/sessions")) == (401, "not-signed-in")


async def test_what_another_site_sends_is_refused(house: House) -> None:
    person = await house.person("browsing@example.com")
    cookie_only = await person.client.patch("/api/session/user", json={"name": "Mallory"})
    foreign = await person.client.patch(
        "/api/session/user",
        json={"name": "Mallory"},
        headers={"X-CSRF-Token": person.csrf, "Origin": "https://evil.example"},
    )
    signed_in = await house.stranger().client.post(
        "/api/session",
        json={"email": "browsing@example.com", "password": PASSWORD},
        headers={"Origin": "https://evil.example"},
    )
    form = await house.stranger().client.post("/api/session", data={"email": "browsing@example.com"})

    assert _code(cookie_only) == (403, "csrf-token-wrong")
    assert _code(foreign) == (403, "origin-foreign")
    assert _code(signed_in) == (403, "origin-foreign")
    assert form.status_code == 422


async def test_another_password_ends_the_other_sessions(house: House) -> None:
    person = await house.person("changer@example.com")
    elsewhere = house.stranger()
    await elsewhere.sign_in("changer@example.com")
    new = "four new bicycles"

    wrong = await person.ask("PUT", "/api/session/password", json={"old_password": "no", "new_password": new})
    right = await person.ask("PUT", "/api/session/password", json={"old_password": PASSWORD, "new_password": new})

    assert _code(wrong) == (403, "old-password-wrong")
    assert right.status_code == 204
    assert (await person.ask("GET", "/api/session/sessions")).status_code == 200
    assert (await elsewhere.ask("GET", "/api/session/sessions")).status_code == 401
    assert (await house.stranger().sign_in("changer@example.com", new)).status_code == 200


async def test_with_a_second_factor_a_password_alone_does_not_do(house: House) -> None:
    person = await house.person("careful@example.com")
    begun = (await person.ask("POST", "/api/session/totp")).json()
    app = pyotp.TOTP(begun["secret"])
    wrong = await person.ask("POST", "/api/session/totp/confirm", json={"code": "000000"})
    first = app.now()
    confirmed = await person.ask("POST", "/api/session/totp/confirm", json={"code": first})
    recovery = confirmed.json()["recovery_codes"]

    assert begun["uri"].startswith("otpauth://totp/Sounding")
    assert begun["qr_svg"].startswith("<svg")
    assert _code(wrong) == (422, "code-wrong")
    assert len(recovery) == 10
    assert _code(await house.stranger().sign_in("careful@example.com")) == (401, "code-needed")
    assert _code(await house.stranger().sign_in("careful@example.com", code=first)) == (401, "code-wrong")
    later = app.at(clock.now() + timedelta(seconds=30))
    assert (await house.stranger().sign_in("careful@example.com", code=later)).status_code == 200
    assert (await house.stranger().sign_in("careful@example.com", code=recovery[0].upper())).status_code == 200
    assert _code(await house.stranger().sign_in("careful@example.com", code=recovery[0])) == (401, "code-wrong")
    assert (await person.ask("POST", "/api/session/totp/remove", json={"code": recovery[1]})).status_code == 204
    assert (await house.stranger().sign_in("careful@example.com")).status_code == 200


async def test_own_settings_are_kept_and_bounded(house: House) -> None:
    person = await house.person("tidy@example.com")

    kept = await person.ask("PATCH", "/api/session/user", json={"name": " Tidy\tOne ", "settings": {"theme": "dark"}})
    large = await person.ask("PATCH", "/api/session/user", json={"settings": {"x": "y" * 9_000}})

    assert (kept.json()["name"], kept.json()["settings"]) == ("Tidy One", {"theme": "dark"})
    assert _code(large) == (422, "settings-too-large")
