"""Refusals: what a rule says when it cannot do as told. Pure, so that domains may raise them."""

from typing import ClassVar


class Refusal(Exception):
    """A request or event that cannot be carried out, now or on a second try.

    `code` is a kebab-case fact for programs ("item-not-found"), `reason` a sentence for people,
    `field` the dotted path of the field at fault. Over HTTP it becomes a problem document with
    `status`; in a stream it sends the event to the dead letters.
    """

    status: ClassVar[int] = 422

    def __init__(self, code: str, reason: str, *, field: str | None = None, **facts: object) -> None:
        super().__init__(f"{field}: {reason}" if field else reason)
        self.code = code
        self.reason = reason
        self.field = field
        self.facts = facts


class Invalid(Refusal):
    """The request itself is wrong."""


class NotFound(Refusal):
    """What it is about does not exist."""

    status = 404


class Conflict(Refusal):
    """It contradicts what is already there."""

    status = 409


class Outdated(Refusal):
    """It was decided on an older version than the one that is stored."""

    status = 412


class TooLarge(Refusal):
    """It is larger than what can be stored or published."""

    status = 413


class Unauthorized(Refusal):
    """Nobody known asks."""

    status = 401


class Forbidden(Refusal):
    """Who asks may not do this."""

    status = 403


class Unavailable(Refusal):
    """It may work later: something that is needed is away."""

    status = 503
