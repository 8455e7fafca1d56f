"""The public page on which one says no, or chooses less: plain HTML, complete without JavaScript."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from liquid import Markup

from services.outbox.adapters.pages.words import RIGHT_TO_LEFT, words
from services.outbox.domain.deliverability import Gate
from services.outbox.domain.mail import Brand
from services.outbox.domain.wishes import What, masked

HERE = Path(__file__).parent / "templates"
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src https: http:; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'",
}
_jinja = Environment(
    loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_STYLE = Markup((HERE / "style.css").read_text(encoding="utf-8"))
_DARK_INK, _LIGHT_INK, _LINEAR, _HALF = "#10161c", "#ffffff", 0.04045, 0.179
"""Above this luminance black letters are read better than white ones."""


@dataclass(frozen=True, slots=True)
class Button:
    """The one thing to press."""

    choice: str
    label: str
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several things to choose."""

    value: str
    label: str
    chosen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One person's way out of one mail: the link, the face, the languages, where it leads."""

    token: str
    brand: Brand | None = None
    languages: Sequence[str | None] = ()
    address: str | None = None
    campaign_id: str = ""

    def ask(self, gate: Gate, now: datetime) -> HTMLResponse:
        """One button and the choices beside it; for whom it is settled, how it stands."""
        if gate.opted_out:
            return self.granted(What.NONE)
        if gate.paused_until is not None and gate.paused_until > now:
            return self.granted(What.REST, gate.paused_until)
        said = words(*self.languages)[1]
        message = self._filled("ask_brand" if self._of_brand else "ask_all")
        return self.page(
            said["ask_title"], message, Button("", said["unsubscribe"]), self._choices(gate), about=self.address
        )

    def granted(self, what: What, until: datetime | None = None) -> HTMLResponse:
        """It is done, and can be undone."""
        said = words(*self.languages)[1]
        title, message = {
            What.NONE: ("done_title", "done"),
            What.NO_BRAND: ("brand_title", "brand_done"),
            What.NO_CAMPAIGN: ("campaign_title", "campaign_done"),
            What.REST: ("rest_title", "rest_done"),
            What.AGAIN: ("again_title", "again_done"),
        }[what]
        again = what is What.AGAIN
        button = Button("", said["unsubscribe"]) if again else Button("again", said["again"], quiet=True)
        return self.page(self._filled(title), self._filled(message, until.date().isoformat() if until else ""), button)

    def try_again(self, choice: str) -> HTMLResponse:
        """Nothing can be stored just now: the choice stays in the page, to be sent once more."""
        said = words(*self.languages)[1]
        label = said["save"] if choice else said["unsubscribe"]
        return self.page(said["wait_title"], said["wait"], Button(choice, label), status=503)

    @property
    def _of_brand(self) -> bool:
        return self.brand is not None and self.brand.unsubscribe_scope == "brand"

    def _filled(self, name: str, until: str = "") -> str:
        return words(*self.languages)[1][name].format(brand=self.brand.name if self.brand else "", until=until)

    def _choices(self, gate: Gate) -> list[Choice]:
        names = ["rest-3", "rest-6", "campaign", *(["brand"] if self.brand else []), "all"]
        chosen = {
            "campaign": self.campaign_id in gate.refused_campaigns,
            "brand": self.brand is not None and self.brand.id in gate.refused_brands,
        }
        return [Choice(name, self._filled(name), chosen.get(name, False)) for name in names]

    def page(
        self,
        title: str,
        message: str,
        button: Button | None,
        choices: Sequence[Choice] = (),
        *,
        about: str | None = None,
        status: int = 200,
    ) -> HTMLResponse:
        """A page, drawn."""
        language, said = words(*self.languages)
        before, _, after = said["for"].partition("{address}")
        text = _jinja.get_template("page.html").render(
            title=title,
            message=message,
            about=(before, masked(about), after) if about else None,
            button=button,
            choices=choices,
            brand=self.brand,
            on_accent=_ink_on(self.brand.color) if self.brand else "",
            token=self.token,
            language=language,
            direction="rtl" if language in RIGHT_TO_LEFT else "ltr",
            style=_STYLE,
            words=said,
        )
        return HTMLResponse(text, status, {**HEADERS, **({"Retry-After": "2"} if status == 503 else {})})  # noqa: PLR2004


def not_known(languages: Sequence[str | None]) -> HTMLResponse:
    """The same for every token that is not ours."""
    said = words(*languages)[1]
    return Way(token="", languages=languages).page(said["unknown_title"], said["unknown"], None, status=404)


def _ink_on(color: str) -> str:
    """Black or white, whichever is read better on a colour (WCAG 2)."""
    parts = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= _LINEAR else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return _DARK_INK if 0.2126 * red + 0.7152 * green + 0.0722 * blue > _HALF else _LIGHT_INK
