"""What a suite can show by its size, beside what comparisons of simulated answers show."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.cli import main
from proctor.core.schema import Domain, Question, RevisedQuestion, Revision, Suite
from proctor.evals.stats.comparison import Values, compare
from proctor.evals.stats.intervals import standard_error
from proctor.suites.loading.reach import RIGHT, SYSTEMS, WITHIN, Size, reach, size, summary


def questions(count: int, clusters: int = 0, **fields) -> tuple[Question, ...]:
    return tuple(
        Question(f"{fields.get('tags', 'q')}{n}", f"Question {n}?", cluster=str(n % clusters) if clusters else "", **fields)
        for n in range(count)
    )


def suite(*asked: Question, revised: int = 12) -> Suite:
    changed = tuple(RevisedQuestion(f"r{n}", f"Revised {n}?", ("new",), outdated=("old",)) for n in range(revised))
    return Suite("own", "Own", "1", Domain(()), asked, revisions=(Revision("a", "text", changed),) if revised else ())


WHOLE = suite(*questions(100, references=("a",)), *questions(12))


@given(st.lists(st.integers(1, 30), min_size=1, max_size=40))
def test_clusters_weigh_as_in_every_interval(sizes):
    asked = [Question(f"{c}.{n}", "?", ("a",), cluster=str(c)) for c, count in enumerate(sizes) for n in range(count)]
    found = size(asked)
    assert (found.questions, found.clusters) == (sum(sizes), len(sizes))
    assert found.effective == pytest.approx(sum(sizes) ** 2 / sum(count**2 for count in sizes))


def test_the_difference_that_a_suite_can_show_is_what_simulated_answers_show():
    rng, items = np.random.default_rng(7), 400
    names = np.arange(items)

    def answers() -> list[Values]:
        """Two systems that are right with a chance of `RIGHT`, and correlate by `SYSTEMS`: they share some of their luck."""
        luck = rng.random(items) < RIGHT
        sides = [np.where(rng.random(items) < np.sqrt(SYSTEMS), luck, rng.random(items) < RIGHT) for _ in range(2)]
        return [Values(names, side.astype(float), names) for side in sides]

    found = [compare(*answers()).detectable for _ in range(100)]
    told = Size(items, items, items).detectable(SYSTEMS)
    assert 0.88 * np.mean(found) < told < np.mean(found)  # a comparison allows for what a sample may hide, and says a little more


def test_questions_of_one_cluster_tell_less():
    rng, (items, clusters) = np.random.default_rng(8), (400, 80)
    groups = np.repeat(np.arange(clusters), items // clusters)
    common, own = rng.normal(size=(2000, clusters)), rng.normal(size=(2000, items))
    differences = np.sqrt(WITHIN) * common[:, groups] + np.sqrt(1 - WITHIN) * own
    errors = [standard_error(each, groups)[0] for each in differences]
    spread = np.sqrt(2 * RIGHT * (1 - RIGHT) * (1 - SYSTEMS))
    assert Size(items, clusters, clusters).error(SYSTEMS) == pytest.approx(spread * np.sqrt(np.mean(np.square(errors))), rel=0.03)


@given(st.integers(10, 500))
def test_more_questions_show_smaller_differences(count):
    few, many = (size(questions(times * count, references=("a",))) for times in (1, 2))
    assert many.detectable(SYSTEMS) < few.detectable(SYSTEMS)


def test_a_suite_that_is_large_enough_is_only_told_what_it_can_show():
    can = list(reach(WHOLE))
    assert [line[:9] for line in can] == ["can show ", "can show ", "both assu"]
    assert "from a difference of about 14 points on (100 questions with an answer" in can[0]
    assert summary(WHOLE) == "can show differences of about 14 points of accuracy"


ANSWERED = questions(100, references=("a",))


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (
            suite(*questions(9, references=("a",)), *questions(12)),
            "which system is better: 9 questions with an answer (10 effective clusters are needed)",
        ),
        (
            suite(*questions(90, 3, references=("a",)), *questions(12)),
            "which system is better: 90 questions with an answer in 3 clusters",
        ),
        (suite(*questions(1, references=("a",)), *questions(12)), "which system is better: 1 question with an answer"),
        (suite(*WHOLE.questions, revised=4), "what to take where documents change: 4 questions about revised documents (10"),
        (suite(*WHOLE.questions, revised=0), "what to take where documents change: there is no question about revised documents"),
        (
            suite(*ANSWERED),
            "who declines what the documents do not answer: there is no question of that kind",
        ),
        (
            suite(*WHOLE.questions, *questions(3, references=("a",), tags=("rare",))),
            "who is better on one kind of question: tagged rare (3 questions) (10 effective clusters are needed)",
        ),
    ],
    ids=["questions", "clusters", "one", "revised", "no revisions", "no unanswerable", "tag"],
)
def test_a_suite_is_told_which_conclusion_it_cannot_carry(made, expected):
    assert any(line.startswith(f"cannot show {expected}") for line in reach(made))
    assert expected.partition(":")[0] in summary(made)


def test_a_suite_without_enough_questions_is_told_no_difference():
    assert not any(line.startswith("can show") for line in reach(suite(*questions(9, references=("a",)))))


def test_questions_of_one_document_that_count_as_independent_are_noted():
    alone = questions(20, references=("a",), evidence=("doc",))
    (note,) = (line for line in reach(suite(*alone)) if line.startswith("note:"))
    assert note.startswith("note: 20 questions share a document with others and name no cluster")
    together = tuple(replace(question, cluster="doc") for question in alone)
    assert not any(line.startswith("note:") for line in reach(suite(*together)))


def test_validate_says_it(capsys):
    assert main(["validate", "loans"]) == 0
    said = capsys.readouterr().out
    assert "can show which of two systems is right more often" in said
    assert (
        "cannot show what to take where documents change: 32 questions about revised documents in 10 clusters that weigh as 8.2"
        in said
    )
