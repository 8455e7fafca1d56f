"""Whom alerts tell: an address on the web, or a mailbox inside."""

from dataclasses import dataclass

from services.feedback.adapters.mail import Mailer
from services.feedback.adapters.webhooks import Poster
from services.feedback.domain.alert import mailbox_of


@dataclass(frozen=True, slots=True)
class Receivers:
    """The ways to them."""

    poster: Poster
    mailer: Mailer

    async def check(self, url: str) -> None:
        """Raises `Invalid` for one that cannot be told, with the reason."""
        mailbox = mailbox_of(url)
        if mailbox is None:
            await self.poster.check(url)
        else:
            self.mailer.check(mailbox)
