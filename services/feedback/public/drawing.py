"""The one page, drawn: what it is given, and under which headers it goes out."""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.feedback.domain import colors
from services.feedback.public.words import direction, words

HERE = Path(__file__).parent
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
}
RETRY = {503: {"Retry-After": "2"}}
_jinja = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    auto_reload=False,
)
_escape = _jinja.filters["escape"]
_PICTURE = re.compile(r"(https://[A-Za-z0-9.-]+(?::\d{1,5})?)/[^\s\"'<>\\]*")
_CHANGE, _WAY_OUT = secrets.token_hex(16), secrets.token_hex(16)
"""Marks for links: by chance, so that no text has them."""
Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One score or choice; `about` is what the comment is asked for once it is chosen."""

    value: str
    label: str
    spoken: str
    chosen: bool = False
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A further question as it is to be shown."""

    id: str
    kind: str
    text: str
    required: bool
    cells: Sequence[Cell] = ()
    said: str = ""
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The first form: the rating and its comment."""

    question: str
    low: str
    high: str
    cells: Sequence[Cell]
    comment_question: str
    comment: str
    error: str | None = None
    comment_error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Where thanks lead on."""

    label: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """All that the page shows. `hidden` goes along with what is sent; `live`: a chosen score is told before that."""

    language: str
    title: str
    brand: Mapping[str, Any] = field(default_factory=dict)
    path: str = ""
    message: str = ""
    notice: str | None = None
    trouble: str | None = None
    preview: bool = False
    live: bool = False
    form: Form | None = None
    further: Sequence[Asked] = ()
    hidden: Pairs = ()
    change: str | None = None
    step: Step | None = None
    way_out: str | None = None
    status: int = 200

    @property
    def brand_name(self) -> str:
        """Whose page it is; empty where nobody knows."""
        return str(self.brand.get("name") or "")

    @property
    def logo(self) -> str | None:
        """The brand's picture, where a browser may fetch it."""
        url = str(self.brand.get("logo_url") or "")
        return url if _PICTURE.fullmatch(url) else None

    def drawn(self) -> HTMLResponse:
        """The page as it goes out."""
        text = self._only_said() if self.form is None and not (self.further or self.hidden) else _text(self)
        return HTMLResponse(text, self.status, {**HEADERS, **_policy(self.logo), **RETRY.get(self.status, {})})

    def _only_said(self) -> str:
        """Of a page that asks nothing: for hundreds who answer at once it is the same but for its links."""
        look = (self.brand_name, self.logo, str(self.brand.get("color") or ""))
        links = {_CHANGE: self.change, _WAY_OUT: self.way_out}
        said = (self.language, self.title, self.message, self.notice, self.trouble, self.preview, self.step)
        text = _frame(look, said, tuple(mark for mark, link in links.items() if link))
        for mark, link in links.items():
            text = text.replace(mark, str(_escape(link))) if link else text
        return text


def _text(page: Page) -> str:
    return _jinja.get_template("page.html").render(
        page=page, words=words(page.language)[1], direction=direction(page.language), accent=_accent(page.brand)
    )


@lru_cache(maxsize=1000)
def _frame(look: tuple[str, str | None, str], said: tuple[Any, ...], links: tuple[str, ...]) -> str:
    """A page that asks nothing, with marks where its links belong."""
    brand = dict(zip(("name", "logo_url", "color"), look, strict=True))
    names = ("language", "title", "message", "notice", "trouble", "preview", "step")
    change, way_out = (mark if mark in links else None for mark in (_CHANGE, _WAY_OUT))
    return _text(Page(brand=brand, change=change, way_out=way_out, **dict(zip(names, said, strict=True))))


def accent_css(color: str) -> str:
    """The style of a brand's colour, as it can be read by day and by night. Raises `ValueError` for what is none."""
    if not colors.is_color(color):
        raise ValueError(color)
    day, night = colors.readable(color, colors.LIGHT_CARD), colors.readable(color, colors.DARK_CARD)
    rule = ":root{{--accent:{0};--on:{1}}}".format
    dark = f"@media(prefers-color-scheme:dark){{{rule(night, colors.on(night))}}}"
    return f"{rule(day, colors.on(day))}\n{dark}\n"


def _accent(brand: Mapping[str, Any]) -> str | None:
    """The name of its style: in a file of its own, since the page takes no style within."""
    color = str(brand.get("color") or "").lower()
    return color.removeprefix("#") if colors.is_color(color) else None


def _policy(logo: str | None) -> dict[str, str]:
    found = _PICTURE.fullmatch(logo) if logo else None
    return {"Content-Security-Policy": f"{POLICY}; img-src {found[1]}" if found else POLICY}
