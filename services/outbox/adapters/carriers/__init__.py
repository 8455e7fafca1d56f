"""What takes our mail: a mail server, or a provider over HTTP, behind the same port and with the same promises."""

from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

from services.outbox.adapters.carriers.http import HttpCarrier
from services.outbox.adapters.carriers.postmark import Postmark
from services.outbox.adapters.carriers.ses import Ses
from services.outbox.adapters.smtp import Answer, Connection
from services.outbox.domain.mail import Mail
from services.outbox.settings import Settings


class Carrier(Protocol):
    """One worker's way out. What is paced is `place`; where it passes on to many, each of those as well.

    `offer` raises `NotSentError`: up to there nothing was sent. `body` raises that as well where the mail's last byte was not
    written, and `UnclearError` where it was and nothing clear came back.
    """

    @property
    def place(self) -> str:
        """What its mails go to next."""

    @property
    def passes_on(self) -> bool:
        """Whether destinations behind it are paced each for itself; else what it says of its limits is about all mails."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def offer(self, mail: Mail, within: float | None = None) -> Answer:
        """All that can be undone; an answer that does not `go_on` is the end of it."""

    async def body(self, mail: Mail, in_time: Callable[[], bool]) -> Answer:
        """All of the mail, its last byte only where that is in time; and what became of it."""

    def drop(self) -> None:
        """Close at once: a mail of which the last byte is not written is none."""


def make_carrier(settings: Settings, number: int = 0) -> Carrier:
    """The way that the settings name, for one of the workers."""
    match settings.sending_way:
        case "ses":
            return HttpCarrier(settings, Ses(settings))
        case "postmark":
            return HttpCarrier(settings, Postmark(settings))
        case _:
            return Connection(settings, number)
