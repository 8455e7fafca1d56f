"""A pass stands for a key for a while: believed where the signing key is known, and only then."""

from datetime import timedelta

import pytest
import time_machine
from pydantic import SecretStr

from chassis import auth, clock
from chassis.auth import Principal
from chassis.errors import Unauthorized
from chassis.settings import ChassisSettings

OLD, NEW, FOREIGN = SecretStr("the old key"), SecretStr("the new key"), SecretStr("of another deployment")
ADA = Principal("ada@example.com", frozenset({"things:read"}))


def _settings(*keys: SecretStr) -> ChassisSettings:
    return ChassisSettings(kafka="k:1", mongodb=SecretStr("mongodb://m"), signing_keys=keys)


def test_a_pass_says_who_asks_and_what_that_one_may() -> None:
    text = auth.make_pass(ADA, [NEW], seconds=60)

    assert auth.identify(text, _settings(NEW)) == ADA


def test_a_pass_of_before_a_rotation_still_holds() -> None:
    text = auth.make_pass(ADA, [OLD], seconds=60)

    assert auth.identify(text, _settings(OLD, NEW)) == ADA


@pytest.mark.parametrize("keys", [(), (FOREIGN,)])
def test_a_pass_of_others_is_nothing(keys: tuple[SecretStr, ...]) -> None:
    text = auth.make_pass(ADA, [NEW], seconds=60)

    with pytest.raises(Unauthorized):
        auth.identify(text, _settings(*keys))


def test_a_pass_that_was_tampered_with_is_nothing() -> None:
    text = auth.make_pass(ADA, [NEW], seconds=60)

    for changed in (text[:-1], text + "A", text.replace(".", ".A", 1), text.removeprefix("sndp_"), "sndp_", "sndp_."):
        with pytest.raises(Unauthorized):
            auth.identify(changed, _settings(NEW))


def test_a_pass_is_over_when_its_time_is() -> None:
    text = auth.make_pass(ADA, [NEW], seconds=60)

    with time_machine.travel(clock.now() + timedelta(seconds=61)), pytest.raises(Unauthorized):
        auth.identify(text, _settings(NEW))
