"""The parts of a campaign that not every kind has: reminders, what starts it, how it shows itself, what is asked further."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from chassis.errors import Invalid

MAX_REMINDERS, MAX_FURTHER_QUESTIONS, MAX_CHOICES = 5, 10, 20
RATINGS = frozenset("12345")
CODE = "campaign-not-valid"


class Channel(StrEnum):
    """How somebody is reached."""

    EMAIL = "email"
    IN_APP = "in_app"


class Condition(StrEnum):
    """When a reminder goes out: nothing was opened, or it was opened but not answered."""

    NOT_OPENED = "not_opened"
    NOT_ANSWERED = "not_answered"


class QuestionKind(StrEnum):
    """How a further question is answered."""

    TEXT = "text"
    SINGLE_CHOICE = "single_choice"
    MULTIPLE_CHOICE = "multiple_choice"
    RATING = "rating"


CHOOSING = frozenset({QuestionKind.SINGLE_CHOICE, QuestionKind.MULTIPLE_CHOICE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """How long after the survey or reminder before it, on what condition, with which template."""

    after_hours: int
    condition: Condition
    template_id: str | None = None
    channel: Channel = Channel.EMAIL


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """Where thanks may lead on."""

    label: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """What is asked, in one language."""

    question: str
    low_label: str = ""
    high_label: str = ""
    comment_questions: Mapping[str, str] = field(default_factory=dict)
    thanks: str = ""
    thanks_by_class: Mapping[str, str] = field(default_factory=dict)
    next_steps: Mapping[str, NextStep] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """What a transactional campaign waits for; `conditions` is a filter over the trigger's payload."""

    type: str
    conditions: Mapping[str, Any] = field(default_factory=dict)
    delay_minutes: int = 0
    sample_percent: float = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class InApp:
    """How often an in-app campaign shows itself to one person."""

    every_days: int | None = None
    max_shown: int = 3
    min_days_between: int = 0
    sample_percent: float = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Whether the public link names a customer, or anyone answers without a name."""

    identified: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of the answers to choose from."""

    id: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowIf:
    """When a question is asked: by the class of the score, by an earlier answer, or both."""

    classes: tuple[str, ...] = ()
    question: str | None = None
    answers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FurtherQuestion:
    """A question after the rating and the one that fits its class."""

    id: str
    kind: QuestionKind
    texts: Mapping[str, str]
    choices: tuple[Choice, ...] = ()
    required: bool = False
    show_if: ShowIf | None = None


def check_reminders(reminders: Sequence[Reminder]) -> None:
    """Raise `Invalid` where they cannot be kept."""
    if len(reminders) > MAX_REMINDERS:
        raise Invalid(CODE, f"There may be up to {MAX_REMINDERS} reminders.", field="reminders")


def check_starts_at(starts_at: datetime | None) -> None:
    """Raise `Invalid` for a moment without a zone, which would be guessed."""
    if starts_at is not None and starts_at.tzinfo is None:
        reason = "The moment has no time zone; write it as 2026-11-23T10:00:00Z."
        raise Invalid(CODE, reason, field="schedule.starts_at")


def check_further_questions(questions: Sequence[FurtherQuestion], default_language: str) -> None:
    """Raise `Invalid` that names the question and the reason."""
    if len(questions) > MAX_FURTHER_QUESTIONS:
        reason = f"There may be up to {MAX_FURTHER_QUESTIONS} further questions."
        raise Invalid(CODE, reason, field="further_questions")
    earlier: dict[str, FurtherQuestion] = {}
    for number, question in enumerate(questions):
        place = f"further_questions.{number}"
        if question.id in earlier:
            raise Invalid(CODE, f"There is a question with the id {question.id!r} before it.", field=f"{place}.id")
        if not question.texts.get(default_language):
            raise Invalid(CODE, f"There must be a text in {default_language}.", field=f"{place}.texts")
        _check_choices(question, default_language, place)
        _check_show_if(question.show_if, earlier, place)
        earlier[question.id] = question


def check_classes(questions: Sequence[FurtherQuestion], classes: Sequence[str]) -> None:
    """Raise `Invalid` for a question that waits for a class that no score is in: it would never be asked."""
    for number, question in enumerate(questions):
        if question.show_if is not None and not set(question.show_if.classes) <= set(classes):
            reason = f"The scores of this metric are {', '.join(classes)}."
            raise Invalid(CODE, reason, field=f"further_questions.{number}.show_if.classes")


def _check_choices(question: FurtherQuestion, default_language: str, place: str) -> None:
    place = f"{place}.choices"
    if question.kind not in CHOOSING:
        if question.choices:
            raise Invalid(CODE, f"A question of the kind {question.kind} has no choices.", field=place)
        return
    if not 1 < len(question.choices) <= MAX_CHOICES:
        raise Invalid(CODE, f"There must be 2 to {MAX_CHOICES} choices.", field=place)
    seen = set[str]()
    for number, choice in enumerate(question.choices):
        if choice.id in seen:
            raise Invalid(CODE, f"There are two choices with the id {choice.id!r}.", field=f"{place}.{number}.id")
        if not choice.labels.get(default_language):
            raise Invalid(CODE, f"There must be a label in {default_language}.", field=f"{place}.{number}.labels")
        seen.add(choice.id)


def _check_show_if(show_if: ShowIf | None, earlier: Mapping[str, FurtherQuestion], place: str) -> None:
    if show_if is None:
        return
    place = f"{place}.show_if"
    if show_if.question is None:
        if show_if.answers or not show_if.classes:
            raise Invalid(CODE, "Give classes, or an earlier question with answers.", field=place)
        return
    asked = earlier.get(show_if.question)
    if asked is None:
        raise Invalid(CODE, "It must be the id of a question before this one.", field=f"{place}.question")
    if asked.kind is QuestionKind.TEXT:
        raise Invalid(CODE, "A question answered by text decides nothing.", field=f"{place}.question")
    possible = RATINGS if asked.kind is QuestionKind.RATING else {choice.id for choice in asked.choices}
    if not show_if.answers or not set(show_if.answers) <= possible:
        raise Invalid(CODE, f"Give some of {', '.join(sorted(possible))}.", field=f"{place}.answers")
