"""The questions after the rating: which of them a person is asked, page by page, and what an answer to one may be."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from chassis.errors import Invalid

from .response import Answer, Response, ShownAnswer, continued, read_comment
from .scoring import score_class

TEXT, SINGLE, MULTIPLE, RATING = "text", "single_choice", "multiple_choice", "rating"
KINDS = (TEXT, SINGLE, MULTIPLE, RATING)
RATINGS = ("1", "2", "3", "4", "5")
Answers = Mapping[str, Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of the answers to choose from."""

    id: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowIf:
    """When a question is asked: by the class of the score, by an earlier answer, or both."""

    classes: Sequence[str] = ()
    question: str | None = None
    answers: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Further:
    """A question after the rating."""

    id: str
    kind: str
    texts: Mapping[str, str]
    choices: Sequence[Choice] = ()
    required: bool = False
    show_if: ShowIf = field(default_factory=ShowIf)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What was said to a page of questions, of all that there are; in words it is kept in the first language had."""

    page: Sequence[Further]
    answers: Answers
    questions: Sequence[Further]
    languages: Sequence[str | None]


def said_further(before: Response, said: Said, now: datetime, editable: timedelta) -> Response:
    """The answer after a page; what was left empty there is taken back. Raises `Conflict` where it is closed."""
    asked = {one.id for one in said.page}
    earlier = {id_: answer for id_, answer in before.answers.items() if id_ not in asked}
    kept = still_asked(said.questions, score_class(before.metric, before.score), {**earlier, **said.answers})
    return continued(before, kept, in_words(said.questions, kept, *said.languages), now, editable)


def next_page(questions: Sequence[Further], class_: str, answers: Answers, seen: Iterable[str]) -> list[Further]:
    """What is asked next: all that applies, up to the first that depends on an answer of this very page."""
    before, page = set(seen), list[Further]()
    for question in questions:
        if question.id in before:
            continue
        if question.show_if.question in {one.id for one in page}:
            break
        if applies(question, class_, _answered_by(before, answers)):
            page.append(question)
    return page


def applies(question: Further, class_: str, answers: Answers) -> bool:
    """Whether a question is asked of somebody whose score is in this class and who gave these answers."""
    condition = question.show_if
    if condition.classes and class_ not in condition.classes:
        return False
    if condition.question is None:
        return True
    given = answers.get(condition.question)
    chosen = given if isinstance(given, list) else [] if given is None else [str(given)]
    return any(one in condition.answers for one in chosen)


def still_asked(questions: Sequence[Further], class_: str, answers: Answers) -> dict[str, Answer]:
    """The answers to questions that are asked now: another score or answer may have taken some away."""
    kept: dict[str, Answer] = {}
    for question in questions:
        if question.id in answers and applies(question, class_, kept):
            kept[question.id] = answers[question.id]
    return kept


def without_unasked(response: Response, questions: Sequence[Further]) -> Response:
    """The answer without what was said to questions that its score does not lead to any more."""
    if response.provisional or not response.answers:
        return response
    kept = still_asked(questions, score_class(response.metric, response.score), response.answers)
    shown = tuple(one for one in response.answers_shown if one.id in kept)
    return replace(response, answers=kept, answers_shown=shown)


def read_answer(question: Further, given: Sequence[str]) -> Answer | None:
    """An answer as the form gives it; None where there is none. Raises `Invalid` in words for the person."""
    if question.kind == TEXT:
        answer: Answer | None = read_comment("\n".join(given))
    else:
        answer = _chosen(question, [one for one in given if one])
    if answer is None and question.required:
        code, reason = "answer-missing", "Please answer this question."
        raise Invalid(code, reason, field=question.id)
    return answer


def in_words(questions: Sequence[Further], answers: Answers, *languages: str | None) -> tuple[ShownAnswer, ...]:
    """Questions and answers as they stood on the page."""
    return tuple(
        ShownAnswer(
            id=one.id,
            kind=one.kind,
            question=worded(one.texts, *languages),
            answer=_words(one, answers[one.id], languages),
        )
        for one in questions
        if one.id in answers
    )


def worded(texts: Mapping[str, str], *languages: str | None) -> str:
    """The text in the first language that is had, by its full tag, then by its language alone; else the first there is."""
    return texts[tag] if (tag := tag_in(texts, *languages)) else next(iter(texts.values()), "")


def tag_in(known: Iterable[str], *languages: str | None) -> str | None:
    """The first of these languages that is known, by its full tag, then by its language alone."""
    tags = {tag.lower(): tag for tag in known}
    wishes = [tag for one in languages if one for tag in (one.lower(), one.lower().split("-")[0])]
    return next((tags[wish] for wish in wishes if wish in tags), None)


def _answered_by(ids: set[str], answers: Answers) -> dict[str, Answer]:
    return {id_: answer for id_, answer in answers.items() if id_ in ids}


def _chosen(question: Further, given: Sequence[str]) -> Answer | None:
    possible = RATINGS if question.kind == RATING else tuple(choice.id for choice in question.choices)
    if not set(given) <= set(possible) or (question.kind != MULTIPLE and len(given) > 1):
        code, reason = "answer-not-valid", "Please choose from the answers that are there."
        raise Invalid(code, reason, field=question.id)
    if not given:
        return None
    if question.kind == MULTIPLE:
        return [one for one in possible if one in given]
    return int(given[0]) if question.kind == RATING else given[0]


def _words(question: Further, answer: Answer, languages: Sequence[str | None]) -> tuple[str, ...]:
    if question.kind in (TEXT, RATING):
        return (str(answer),)
    chosen = answer if isinstance(answer, list) else [answer]
    labels = {choice.id: worded(choice.labels, *languages) for choice in question.choices}
    return tuple(labels.get(str(one), str(one)) for one in chosen)
