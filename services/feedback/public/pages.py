"""The pages, drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from chassis.errors import Invalid
from services.feedback.domain.response import Question, Response
from services.feedback.domain.scoring import scale, score_class
from services.feedback.public.words import RIGHT_TO_LEFT, words

HERE = Path(__file__).parent
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
}
_jinja = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The form as it is to be shown."""

    path: str
    sheet: str | None
    question: str
    low: str
    high: str
    scores: Sequence[int]
    score: int | None
    comment_question: str
    comment: str
    error: str | None = None
    comment_error: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer that waits in the page."""

    path: str
    given: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Survey:
    """One survey to one person, with all that its pages show; `way_out` is where one asks for no more of them.

    `sheet` tells answers through one public link apart.
    """

    path: str
    question: Question
    campaign: Mapping[str, Any]
    brand: Mapping[str, Any]
    way_out: str | None = None
    sheet: str | None = None

    @property
    def _words(self) -> tuple[str, Mapping[str, str]]:
        return words(self.question.language, self.campaign.get("default_language"))

    def form(
        self,
        *,
        score: int | None,
        comment: str = "",
        error: str | None = None,
        comment_error: str | None = None,
        busy: bool = False,
        status: int = 200,
    ) -> HTMLResponse:
        """The form, with what was chosen and what was wrong."""
        language, said = self._words
        asked = self._asked()
        low, high = scale(self.question.metric)
        about = asked.get("comment_questions") or {}
        chosen = score_class(self.question.metric, score) if score is not None else ""
        form = Form(
            path=self.path,
            sheet=self.sheet,
            question=asked.get("question") or said["question"],
            low=asked.get("low_label") or said["low"],
            high=asked.get("high_label") or said["high"],
            scores=range(low, high + 1),
            score=score,
            comment_question=about.get(chosen) or about.get("default") or said["comment"],
            comment=comment,
            error=error,
            comment_error=comment_error,
        )
        notice = said["wait"] if busy else None
        return self._page(form.question, form=form, notice=notice, status=status, language=language)

    def refused(self, fault: Invalid, *, score: int | None, comment: str) -> HTMLResponse:
        """The form again, with the fault beside its field, in the reader's language."""
        reason = self._words[1][fault.code].format(**fault.facts)
        if fault.field == "comment":
            return self.form(score=score, comment=comment, comment_error=reason, status=422)
        return self.form(score=score, comment=comment, error=reason, status=422)

    def thanks(self, response: Response | None) -> HTMLResponse:
        """It is stored; it may be changed."""
        language, said = self._words
        message = self._asked().get("thanks") or said["thanks"]
        asked = {"score": response.score if response else None, "sheet": self.sheet}
        wanted = urlencode({name: value for name, value in asked.items() if value is not None})
        change = f"{self.path}?{wanted}" if wanted else self.path
        return self._page(said["thanks_title"], message=message, change=change, language=language)

    def closed(self) -> HTMLResponse:
        """Too late."""
        language, said = self._words
        return self._page(said["closed_title"], message=said["closed"], status=410, language=language)

    def _asked(self) -> Mapping[str, Any]:
        questions = self.campaign.get("questions") or {}
        wishes = (self.question.language, self.campaign.get("default_language"))
        return next((questions[wish] for wish in wishes if wish in questions), {})

    def _page(self, title: str, *, status: int = 200, **shown: Any) -> HTMLResponse:
        return _page(title, brand=self.brand.get("name", ""), status=status, way_out=self.way_out, **shown)


def unknown(wishes: Sequence[str]) -> HTMLResponse:
    """The same for every token that is not ours."""
    language, said = words(*wishes)
    return _page(said["unknown_title"], message=said["unknown"], status=404, language=language)


def not_yet(wishes: Sequence[str]) -> HTMLResponse:
    """The link is ours, but what it is about has not come here yet, or cannot be read just now."""
    language, said = words(*wishes)
    return _page(said["wait_title"], message=said["wait_get"], status=503, language=language)


def keep(path: str, given: Mapping[str, str], wishes: Sequence[str]) -> HTMLResponse:
    """Nothing can be read or stored just now: the answer stays in the page, to be sent once more."""
    language, said = words(*wishes)
    kept = Kept(path, given)
    return _page(said["wait_title"], message=said["wait_post"], kept=kept, status=503, language=language)


def _page(  # noqa: PLR0913 - what the template has
    title: str,
    *,
    language: str,
    brand: str = "",
    form: Form | None = None,
    kept: Kept | None = None,
    way_out: str | None = None,
    notice: str | None = None,
    message: str = "",
    change: str | None = None,
    status: int = 200,
) -> HTMLResponse:
    said = words(language)[1]
    text = _jinja.get_template("page.html").render(
        title=title,
        language=language,
        direction="rtl" if language in RIGHT_TO_LEFT else "ltr",
        brand=brand,
        form=form,
        kept=kept,
        way_out=way_out,
        notice=notice,
        message=message,
        change=change,
        words=said,
    )
    more = {"Retry-After": "2"} if status == 503 else {}  # noqa: PLR2004
    return HTMLResponse(text, status, {**HEADERS, **more})
