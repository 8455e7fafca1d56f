"""What each page says: the survey in its steps, and what is said where there is none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi.responses import HTMLResponse

from chassis.errors import Invalid
from services.feedback.domain.further import MULTIPLE, RATING, RATINGS, Answers, Further, tag_in, worded
from services.feedback.domain.response import Answer, Question, Response
from services.feedback.domain.scoring import scale, score_class
from services.feedback.public.drawing import Asked, Cell, Form, Page, Pairs, Step
from services.feedback.public.words import words

STAR = "★"


@dataclass(frozen=True, slots=True)
class Survey:
    """One survey to one person, with all that its pages show; `way_out` is where one asks for no more of them.

    `sheet` tells answers through one public link apart. A `preview` stores nothing.
    """

    path: str
    question: Question
    campaign: Mapping[str, Any]
    brand: Mapping[str, Any]
    further: Sequence[Further] = ()
    way_out: str | None = None
    sheet: str | None = None
    preview: bool = False

    @property
    def languages(self) -> tuple[str | None, str | None]:
        """Those to ask in: the person's, else the campaign's."""
        return self.question.language, self.campaign.get("default_language")

    def form(
        self,
        *,
        score: int | None,
        comment: str = "",
        faults: Mapping[str, str] | None = None,
        answered: bool = False,
        busy: bool = False,
        status: int = 200,
    ) -> HTMLResponse:
        """The first form, with what was chosen and what was wrong."""
        said, wrong = self._words, faults or {}
        form = Form(
            question=self._question["question"],
            low=self._question["low"],
            high=self._question["high"],
            cells=self._cells(score),
            comment_question=self._about(score),
            comment=comment,
            error=wrong.get("score"),
            comment_error=wrong.get("comment"),
        )
        return self._page(
            title=form.question,
            form=form,
            live=not self.preview,
            hidden=self._sheet,
            notice=said["answered"] if answered else None,
            trouble=said["wait"] if busy else None,
            status=status,
        )

    def refused(self, fault: Invalid, *, score: int | None, comment: str) -> HTMLResponse:
        """The first form again, with the fault beside its field, in the reader's language."""
        field = "comment" if fault.field == "comment" else "score"
        return self.form(score=score, comment=comment, faults={field: self.reason(fault)}, status=422)

    def reason(self, fault: Invalid) -> str:
        """A fault in the reader's language."""
        return str(self._words[fault.code]).format(**fault.facts)

    def ask_further(
        self,
        page: Sequence[Further],
        answers: Answers,
        hidden: Pairs,
        *,
        faults: Mapping[str, str] | None = None,
        busy: bool = False,
        status: int = 200,
    ) -> HTMLResponse:
        """A page of further questions, with what was answered and what was wrong."""
        said, wrong = self._words, faults or {}
        return self._page(
            title=said["thanks_title"],
            message=said["stored"],
            further=[self._asked(one, answers.get(one.id), wrong.get(one.id)) for one in page],
            hidden=[*self._sheet, *hidden],
            trouble=said["wait"] if busy else None,
            status=status,
        )

    def thanks(self, response: Response) -> HTMLResponse:
        """It is stored; it may be changed."""
        class_ = score_class(response.metric, response.score)
        own = (self._own.get("thanks_by_class") or {}).get(class_) or self._own.get("thanks")
        steps = self._own.get("next_steps") or {}
        step = steps.get(class_) or steps.get("default")
        asked = {"score": response.score, "sheet": self.sheet}
        wanted = urlencode({name: value for name, value in asked.items() if value is not None})
        return self._page(
            title=self._words["thanks_title"],
            message=own or self._words["thanks"],
            change=f"{self.path}?{wanted}",
            step=Step(label=step["label"], url=step["url"]) if step else None,
        )

    def closed(self) -> HTMLResponse:
        """Too late."""
        return self._page(title=self._words["closed_title"], message=self._words["closed"], status=410)

    def final(self) -> HTMLResponse:
        """It was answered, and is not to be changed any more."""
        return self._page(title=self._words["final_title"], message=self._words["final"], status=410)

    @property
    def _words(self) -> Mapping[str, Any]:
        return words(*self.languages)[1]

    @property
    def _own(self) -> Mapping[str, Any]:
        """What the campaign says itself."""
        questions = self.campaign.get("questions") or {}
        tag = tag_in(questions, *self.languages)
        return questions[tag] if tag else {}

    @property
    def _question(self) -> Mapping[str, str]:
        usual = self._words.get(self.question.metric) or self._words["nps"]
        name = self.brand.get("name") or self.campaign.get("name") or ""
        return {
            "question": self._own.get("question") or usual["question"].replace("{brand}", name),
            "low": self._own.get("low_label") or usual["low"],
            "high": self._own.get("high_label") or usual["high"],
        }

    @property
    def _sheet(self) -> Pairs:
        return [("sheet", self.sheet)] if self.sheet else []

    def _about(self, score: int | None) -> str:
        """What the comment is asked for."""
        about = self._own.get("comment_questions") or {}
        class_ = score_class(self.question.metric, score) if score is not None else ""
        return str(about.get(class_) or about.get("default") or self._words["comment"])

    def _cells(self, chosen: int | None) -> list[Cell]:
        low, high = scale(self.question.metric)
        ends = {low: self._question["low"], high: self._question["high"]}
        stars = self.question.metric == "five_star"
        return [
            Cell(
                value=str(score),
                label=f"{score} {STAR}" if stars else str(score),
                spoken=f"{score}: {ends[score]}" if score in ends else "",
                chosen=score == chosen,
                about=self._about(score),
            )
            for score in range(low, high + 1)
        ]

    def _asked(self, question: Further, answer: Answer | None, error: str | None) -> Asked:
        chosen = [str(one) for one in (answer if isinstance(answer, list) else [answer])]
        if question.kind == RATING:
            ends = {RATINGS[0]: self._words["poor"], RATINGS[-1]: self._words["excellent"]}
            labels = [(one, one, f"{one}: {ends[one]}" if one in ends else "") for one in RATINGS]
        else:
            labels = [(one.id, worded(one.labels, *self.languages), "") for one in question.choices]
        return Asked(
            id=question.id,
            kind=question.kind,
            text=worded(question.texts, *self.languages),
            required=question.required,
            cells=[Cell(value=v, label=label, spoken=spoken, chosen=v in chosen) for v, label, spoken in labels],
            said=answer if isinstance(answer, str) and question.kind != MULTIPLE else "",
            error=error,
        )

    def _page(self, **shown: Any) -> HTMLResponse:
        tag = words(*self.languages)[0]
        return Page(
            language=tag, brand=self.brand, path=self.path, preview=self.preview, way_out=self.way_out, **shown
        ).drawn()


def unknown(wishes: Sequence[str]) -> HTMLResponse:
    """The same for every token that is not ours."""
    language, said = words(*wishes)
    return Page(language=language, title=said["unknown_title"], message=said["unknown"], status=404).drawn()


def test_mail(wishes: Sequence[str]) -> HTMLResponse:
    """The link of a mail that was only a test."""
    language, said = words(*wishes)
    return Page(language=language, title=said["preview_title"], message=said["preview_only"]).drawn()


def not_yet(wishes: Sequence[str]) -> HTMLResponse:
    """The link is ours, but what it is about has not come here yet, or cannot be read just now."""
    language, said = words(*wishes)
    return Page(language=language, title=said["wait_title"], message=said["wait_get"], status=503).drawn()


def keep(path: str, given: Pairs, wishes: Sequence[str]) -> HTMLResponse:
    """Nothing can be read or stored just now: the answer stays in the page, to be sent once more."""
    language, said = words(*wishes)
    return Page(
        language=language, title=said["wait_title"], message=said["wait_post"], path=path, hidden=given, status=503
    ).drawn()
