from __future__ import annotations

import pytest

from proctor.core.minilm import Likeness, pieces

NEAR, FAR = "The dog barked at the postman.", "Interest rates rose by half a percent."


@pytest.fixture(scope="module")
def known() -> Likeness:
    found = Likeness()
    found.learn(["A hound barked.", NEAR, FAR, "", "A hound barked."])
    return found


def test_there_is_a_row_for_each_other_text_and_a_column_for_each_piece(known: Likeness) -> None:
    assert known.matches("A hound barked.", [NEAR, FAR]).shape == (2, pieces("A hound barked."))
    assert known.matches("A hound barked.", ["", NEAR]).shape == (2, pieces("A hound barked."))


def test_a_text_matches_itself_and_what_means_the_same_more_than_another(known: Likeness) -> None:
    near, far, same = known.matches("A hound barked.", [NEAR, FAR, "A hound barked."]).mean(axis=1)
    assert same == pytest.approx(1, abs=0.002)
    assert same > near > far


def test_the_pieces_of_a_question_come_before_those_of_what_follows() -> None:
    assert pieces("Where is it?") + pieces("in Dalmouth") == pieces("Where is it? in Dalmouth")
