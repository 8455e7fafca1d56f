"""The trend of a customer's scores: the last five that count, each with what it means on its own scale."""

from datetime import UTC, datetime, timedelta

from services.profile.domain.history import Answer, score_trend

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def test_each_score_keeps_its_meaning_and_automatic_ones_do_not_count() -> None:
    said = [(9, "promoter"), (5, "satisfied"), (5, "detractor"), (1, "unsatisfied"), (6, "satisfied"), (8, "passive")]
    answers = [
        Answer(response_id=str(n), score=score, score_class=class_, answered_at=NOON + timedelta(days=n))
        for n, (score, class_) in enumerate(said)
    ]
    robot = Answer(response_id="r", score=0, score_class="detractor", answered_at=NOON + timedelta(9), counts=False)

    trend = score_trend([robot, *reversed(answers)])

    assert [(answer.score, answer.score_class) for answer in trend] == said[1:]
