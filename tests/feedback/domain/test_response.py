"""What becomes of an answer: first, changed, provisional, closed, erased."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import Conflict, Invalid
from services.feedback.domain.response import Given, Question, Response, answered, erased, read_comment, read_score
from services.feedback.domain.scoring import scale

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
WEEK = timedelta(days=7)
QUESTION = Question(
    response_id="r1",
    dispatch_id="d1",
    customer_id="ada",
    campaign_id="nps",
    campaign_name="NPS",
    metric="nps",
    language="de",
    asked_at=NOW,
)


def first(score: int = 9, comment: str | None = "Good", **more: bool) -> Response:
    given = Given(score=score, comment=comment, **more)
    return answered(None, QUESTION, given, {"country": "AT", "company": "Acme"}, NOW, WEEK)


def then(before: Response, score: int, comment: str | None = None, *, after: timedelta, **more: bool) -> Response:
    given = Given(score=score, comment=comment, **more)
    return answered(before, QUESTION, given, {}, NOW + after, WEEK)


def test_a_first_answer_carries_what_was_asked_of_whom() -> None:
    response = first()

    assert (response.customer_id, response.campaign_name, response.dispatch_id) == ("ada", "NPS", "d1")
    assert (response.answered_at, response.changed_at, response.language) == (NOW, NOW, "de")
    assert (response.provisional, response.suspected_automatic, response.seq) == (False, False, 0)


def test_the_same_again_is_nothing_new() -> None:
    assert then(first(), 9, "Good", after=timedelta(hours=1)) == first()


def test_a_later_one_replaces_score_and_comment_and_keeps_when_it_was_first_given() -> None:
    changed = then(first(), 2, None, after=timedelta(hours=1))

    assert (changed.score, changed.comment) == (2, None)
    assert (changed.answered_at, changed.changed_at) == (NOW, NOW + timedelta(hours=1))
    assert changed.attributes == first().attributes


def test_a_provisional_one_never_undoes_a_final_one() -> None:
    assert then(first(), 1, after=timedelta(seconds=1), provisional=True) == first()


@pytest.mark.parametrize(
    ("gap", "provisional", "suspected"),
    [(4, False, True), (5, False, False), (4, True, False)],
    ids=["two final ones within seconds", "with a pause", "from provisional to final"],
)
def test_two_different_scores_within_seconds_are_suspected(gap: int, provisional: bool, suspected: bool) -> None:
    before = first(9, provisional=provisional)

    assert then(before, 2, after=timedelta(seconds=gap)).suspected_automatic is suspected


MAILED = replace(QUESTION, suspect_until=NOW + timedelta(seconds=5))


@pytest.mark.parametrize(("at", "suspected"), [(-1, True), (4.9, True), (5, False), (3600, False)])
def test_an_answer_before_anybody_can_have_read_the_mail_is_suspected(at: float, suspected: bool) -> None:
    found = answered(None, MAILED, Given(score=9, comment=None), {}, NOW + timedelta(seconds=at), WEEK)

    assert found.suspected_automatic is suspected


@pytest.mark.parametrize(("provisional", "suspected"), [(True, False), (False, True)])
def test_who_sends_off_what_a_machine_only_chose_is_a_person(provisional: bool, suspected: bool) -> None:
    scanned = answered(None, MAILED, Given(score=9, comment=None, provisional=provisional), {}, NOW, WEEK)
    chosen = answered(scanned, MAILED, Given(score=8, comment=None, provisional=True), {}, NOW + WEEK / 2, WEEK)
    sent_off = answered(chosen, MAILED, Given(score=3, comment="Slow"), {}, NOW + WEEK / 2, WEEK)

    assert scanned.suspected_automatic
    assert chosen.suspected_automatic
    assert (sent_off.score, sent_off.suspected_automatic) == (3, suspected)


def test_suspicion_once_raised_stays_and_the_trap_raises_it() -> None:
    trapped = first(trapped=True)

    assert trapped.suspected_automatic
    assert then(trapped, 3, after=timedelta(hours=1)).suspected_automatic


@pytest.mark.parametrize(("after", "open_"), [(WEEK, True), (WEEK + timedelta(milliseconds=1), False)])
def test_it_can_be_changed_for_a_week(after: timedelta, open_: bool) -> None:
    if open_:
        assert then(first(), 3, after=after).score == 3
    else:
        with pytest.raises(Conflict):
            then(first(), 3, after=after)


def test_of_the_erased_only_the_score_and_what_says_nothing_stays() -> None:
    gone = erased(first(), NOW + WEEK)

    assert (gone.score, gone.comment, gone.attributes, gone.erased) == (9, None, {"country": "AT"}, True)
    assert erased(gone, NOW + 2 * WEEK) == gone
    with pytest.raises(Conflict):
        then(gone, 3, after=timedelta(seconds=1))


@given(st.text())
def test_a_comment_keeps_all_that_is_text_and_reading_twice_is_reading_once(text: str) -> None:
    clean = read_comment(text) or ""

    assert read_comment(clean) == (clean or None)
    assert not {"\x00", "\r", "\u202e", "\x7f"} & set(clean)
    assert not any("\ud800" <= letter <= "\udfff" for letter in clean)
    clean.encode()


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S"]), max_size=100))
def test_letters_and_signs_are_never_taken_out(text: str) -> None:
    assert (read_comment(text) or "") == text.strip()


@given(st.text(max_size=5) | st.integers(0, 120).map(str), st.sampled_from(["nps", "csat", "ces", "five_star"]))
def test_a_score_is_read_or_refused_by_name(text: str, metric: str) -> None:
    low, high = scale(metric)
    digits = text.strip()
    if digits in {form for n in range(low, high + 1) for form in (str(n), f"0{n}"[-2:])}:
        assert read_score(metric, text) == int(digits)
    else:
        with pytest.raises(Invalid) as refused:
            read_score(metric, text)
        assert refused.value.field == "score"


@pytest.mark.parametrize(("length", "good"), [(5000, True), (5001, False)])
def test_a_comment_has_a_limit_that_is_said(length: int, good: bool) -> None:
    if good:
        assert read_comment("x" * length) == "x" * length
    else:
        with pytest.raises(Invalid) as refused:
            read_comment("x" * length)
        assert (refused.value.field, refused.value.facts) == ("comment", {"limit": 5000, "length": 5001})


def test_replacing_keeps_the_frozen_one() -> None:
    response = first()

    assert replace(response, score=1) != response == first()
