"""Counting goes several ways, by what is less work: each says what a plain count says."""

from collections import Counter
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.feedback.domain.columns import Coded
from services.feedback.domain.tally import FLAGS, SCORES, Answers, Verdicts, by_flag, by_score, by_value

ROWS = st.lists(
    st.tuples(st.integers(0, 10), st.booleans(), st.integers(0, 3), st.sampled_from([0, 1, 2, 255, 256, 299])),
    max_size=40,
)


@given(ROWS, st.integers(0, 5), st.integers(0, 4))
def test_answers_are_counted_by_score_value_and_flag(rows: list[Any], begin: int, until: int) -> None:
    scores = np.array([score for score, *_ in rows], dtype=np.uint8)
    wanted = np.array([wants for _, wants, *_ in rows], dtype=bool)
    following = np.array([later for *_, later, _ in rows], dtype=np.uint32)
    values = [f"v{number}" for number in range(300)]
    column = Coded(values, np.array([code for *_, code in rows], dtype=np.uint16))
    answers = Answers(scores=scores, wanted=wanted, following=following)
    plain = [row for row in rows[begin:] if row[1] and row[2] >= until]

    into = np.zeros((300, SCORES), dtype=np.int64)
    answers.count_by(column, begin, len(rows), until, into)

    assert by_score(answers.counts(begin, len(rows), until)) == Counter(score for score, *_ in plain)
    found = {value: by_score(counts) for value, counts in by_value(values, into)}
    assert found == {f"v{code}": Counter(row[0] for row in plain if row[3] == code) for *_, code in plain}
    assert list(by_flag(following % FLAGS, wanted)) == [
        sum(1 for row in rows if row[1] and row[2] == n) for n in range(4)
    ]


@given(st.integers(0, 300), st.sets(st.integers(0, 299)), st.booleans())
def test_a_value_says_the_same_of_all_its_rows_however_its_codes_are_written(
    many: int, passing: set[int], mostly: bool
) -> None:
    """Parts of one column may have codes of one byte, where the list has more values than a byte can tell apart."""
    verdicts, values = Verdicts(), list(range(300))
    for kind, top in ((np.uint8, 256), (np.uint16, 300)):
        codes = np.arange(many % top, dtype=kind)
        mask = verdicts.mask("q", Coded(values, codes), lambda one: (one in passing) is not mostly)
        assert mask.tolist() == [(code in passing) is not mostly for code in codes.tolist()]
