"""The links of one mail, all on the domain of its brand: short, signed, each for one purpose."""

from dataclasses import dataclass

from chassis.tokens import Links
from services.outbox.domain.dispatch import Dispatch
from services.outbox.domain.mail import Brand
from services.outbox.settings import Settings


@dataclass(frozen=True, slots=True)
class Ways:
    """Where the links of a mail lead. The survey's lead straight to it: no redirect, nothing that scanners could vote by."""

    survey: str
    unsubscribe: str
    open: str
    click: str
    list_unsubscribe: str


class Signposts:
    """Makes the links of mails, for one deployment."""

    def __init__(self, settings: Settings, links: Links) -> None:
        self._links = links
        self._public, self._survey = settings.public_url.rstrip("/"), settings.survey_url.rstrip("/")
        self._mailbox = settings.unsubscribe_address

    def ways(self, dispatch: Dispatch, brand: Brand) -> Ways:
        """Those of a record's mail. A reminder asks for the answer to the survey that it reminds of."""
        own = brand.public_url.rstrip("/") if brand.public_url else None
        here = own or self._public
        out = self._links.make("unsubscribe", dispatch.id)
        unsubscribe = f"{here}/u/{out}"
        by_mail = f",\r\n <mailto:{self._mailbox}?subject=unsubscribe%20{out}>" if self._mailbox else ""
        return Ways(
            survey=f"{own or self._survey}/{self._survey_of(dispatch)}",
            unsubscribe=unsubscribe,
            open=f"{here}/o/{self._links.make('open', dispatch.id)}.gif",
            click=f"{here}/c/{self._links.make('click', dispatch.id)}",
            # One click (RFC 8058); by mail too where somebody reads those.
            list_unsubscribe=f"<{unsubscribe}>{by_mail}",
        )

    def _survey_of(self, dispatch: Dispatch) -> str:
        """Its own survey, the one it reminds of, or (where it follows an answer) the one that was answered."""
        if dispatch.follows is not None and dispatch.survey_id is None:
            return f"l/{self._links.make('link', f'{dispatch.customer_id}|{dispatch.campaign_id}')}"
        return f"s/{self._links.make('survey', dispatch.survey_id or dispatch.reminds_of or dispatch.id)}"
