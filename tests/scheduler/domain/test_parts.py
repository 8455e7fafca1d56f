"""What is asked further fits together, or is refused with the place and the reason."""

from dataclasses import replace
from typing import Any

import pytest

from chassis.errors import Invalid
from services.scheduler.domain.parts import Choice, FurtherQuestion, QuestionKind, ShowIf, check_further_questions

CHOICES = (Choice(id="price", labels={"en": "Price"}), Choice(id="speed", labels={"en": "Speed"}))
WHAT = FurtherQuestion(id="what", kind=QuestionKind.SINGLE_CHOICE, texts={"en": "What?"}, choices=CHOICES)
STARS = FurtherQuestion(id="stars", kind=QuestionKind.RATING, texts={"en": "How good?"})
WHY = FurtherQuestion(id="why", kind=QuestionKind.TEXT, texts={"en": "Why?"})


def asked_if(**condition: Any) -> FurtherQuestion:
    return replace(WHY, show_if=ShowIf(**condition))


@pytest.mark.parametrize(
    "questions",
    [
        (),
        (WHAT, STARS, WHY),
        (WHAT, asked_if(question="what", answers=("price",))),
        (STARS, asked_if(question="stars", answers=("1", "2"), classes=("detractor",))),
        (asked_if(classes=("detractor", "passive")),),
        tuple(replace(WHY, id=f"q{number}") for number in range(10)),
    ],
)
def test_questions_that_fit_together_are_taken(questions: tuple[FurtherQuestion, ...]) -> None:
    check_further_questions(questions, "en")


@pytest.mark.parametrize(
    ("questions", "place"),
    [
        ((WHY, WHAT, WHY), "2.id"),
        ((replace(WHY, texts={"fr": "Pourquoi ?"}),), "0.texts"),
        ((replace(WHY, choices=CHOICES),), "0.choices"),
        ((replace(WHAT, choices=CHOICES[:1]),), "0.choices"),
        ((replace(WHAT, choices=(*CHOICES, CHOICES[0])),), "0.choices.2.id"),
        ((replace(WHAT, choices=(CHOICES[0], Choice(id="x", labels={"fr": "X"}))),), "0.choices.1.labels"),
        ((asked_if(),), "0.show_if"),
        ((asked_if(answers=("price",)),), "0.show_if"),
        ((asked_if(question="what", answers=("price",)), WHAT), "0.show_if.question"),
        ((asked_if(question="why", answers=("price",)),), "0.show_if.question"),
        ((replace(WHY, id="first"), asked_if(question="first", answers=("x",))), "1.show_if.question"),
        ((WHAT, asked_if(question="what", answers=("other",))), "1.show_if.answers"),
        ((STARS, asked_if(question="stars", answers=("6",))), "1.show_if.answers"),
        ((WHAT, asked_if(question="what")), "1.show_if.answers"),
    ],
)
def test_what_does_not_fit_is_named(questions: tuple[FurtherQuestion, ...], place: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_further_questions(questions, "en")

    assert refused.value.field == f"further_questions.{place}"


def test_there_are_ten_at_most() -> None:
    with pytest.raises(Invalid) as refused:
        check_further_questions([replace(WHY, id=f"q{number}") for number in range(11)], "en")

    assert refused.value.field == "further_questions"
