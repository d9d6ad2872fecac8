"""The exam: scores become records, once; thresholds fail for what is sure; what failed may go better next time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from proctor.core.schema import Answer, Metric, Question, Record, Score, UnreachedError, not_applicable
from proctor.core.storage.cache import Cache
from proctor.evals.axes import accuracy, faithfulness, hallucination, latency, style
from proctor.evals.exam import Axis, EvalContext, Exam, ItemScore
from proctor.evals.testing.fakes import Answering, RaisingJudge, crashing, gold, mute
from tests.sample_evaluation import evaluation, suite

SHARE = Metric("made.up")


def axis(*scores: Score | float, metric: Metric = SHARE, **fields: Any) -> Axis:
    def score(_: EvalContext) -> Iterator[ItemScore]:
        for number, one in enumerate(scores):
            yield ItemScore(metric, f"i{number}", f"c{number}", one if isinstance(one, Score) else Score(one))

    return Axis(f"made up of {scores}", accuracy.AXIS.module, (metric,), score, **fields)


@pytest.fixture
def take(cache: Cache) -> Any:
    """Takes an axis and returns what was recorded, whether the thresholds held or not."""

    def taken(of: Axis, on: EvalContext | None = None) -> list[Record]:
        kept: list[Record] = []
        Exam(replace(on or evaluation(gold()), cache=cache), kept.extend).run(of)
        return kept

    return taken


def test_a_record_says_everything_about_itself(take: Any) -> None:
    (record, *_) = take(accuracy.AXIS)
    assert (record.suite, record.system, record.metric, record.item, record.value) == (
        "bench",
        "gold",
        "accuracy.exact",
        "warranty",
        1,
    )
    assert Record.from_json(vars(record)) == record


@pytest.mark.parametrize("caution", ["", "the machine was busy"])
def test_what_was_taken_is_known_though_its_seconds_are_taken_again(cache: Cache, caution: str) -> None:
    exam = Exam(replace(evaluation(gold()), cache=cache), lambda _: None)
    timed, other = axis(Score(1.0, caution=caution), timed=True), axis(0.5)
    assert not exam.taken(timed)
    exam.run(timed)
    assert exam.taken(timed)
    assert not exam.taken(other)
    assert not Exam(replace(exam.evaluation, limit=1), lambda _: None).taken(timed)


def test_where_every_question_fails_the_test_fails_and_says_why(take: Any) -> None:
    with pytest.raises(AssertionError, match=r"accuracy\.exact of crashing on bench: all 3 items failed: it broke"):
        take(accuracy.AXIS, evaluation(crashing()))
    reasons = [Score(0.0, reason, "failed") for reason in ("no room", "out of memory", "no room")]
    with pytest.raises(AssertionError, match=r"all 3 items failed: no room \(2 of them\)"):
        take(axis(*reasons))
    take(axis(*reasons, 1.0))


def test_second_time_is_read_back(take: Any) -> None:
    calls = []

    def score(_: EvalContext) -> Iterator[ItemScore]:
        calls.append(1)
        yield ItemScore(SHARE, "i", "", Score(1.0))

    counted = Axis("counted", accuracy.AXIS.module, (SHARE,), score)
    assert take(counted) == take(counted)
    assert len(calls) == 1
    take(replace(counted, metrics=(replace(SHARE, version="2"),)))
    assert len(calls) == 2


@pytest.mark.parametrize("trouble", [Metric("m").failed("it broke"), Score(None, "judge down", "unmeasured")])
def test_trouble_is_tried_again(take: Any, trouble: Score) -> None:
    outcomes = iter([trouble, Score(1.0)])

    def score(_: EvalContext) -> Iterator[ItemScore]:
        yield ItemScore(SHARE, "i", "", next(outcomes))
        yield ItemScore(SHARE, "j", "", Score(1.0))

    shaky = Axis("shaky", accuracy.AXIS.module, (SHARE,), score)
    assert [take(shaky)[0].status, take(shaky)[0].status] == [trouble.status, "scored"]


def test_judge_is_part_of_the_key_of_judged_axes_only(take: Any) -> None:
    judged, plain = axis(1.0, judged=(SHARE,)), axis(1.0)
    assert {take(judged, evaluation(gold(), judge=RaisingJudge(name)))[0].judge for name in "ab"} == {"a", "b"}
    assert take(plain, evaluation(gold(), judge=RaisingJudge("a")))[0].judge == ""


WITH_THRESHOLD = replace(suite(), thresholds={"made.up": {"gold": 0.8}})


def test_a_bar_fails_only_when_the_whole_interval_is_below(take: Any) -> None:
    take(axis(*[1.0] * 30, *[0.0] * 9), evaluation(gold(), WITH_THRESHOLD))
    with pytest.raises(AssertionError, match=r"made\.up of gold on bench is 0\.500 .*surely worse than its threshold 0\.8"):
        take(axis(*[1.0] * 30, *[0.0] * 30), evaluation(gold(), WITH_THRESHOLD))


def test_a_bar_of_a_lower_is_better_metric_is_a_ceiling(take: Any) -> None:
    lower = replace(SHARE, better="lower")
    take(axis(*[0.0] * 60, metric=lower), evaluation(gold(), WITH_THRESHOLD))
    with pytest.raises(AssertionError, match="surely worse"):
        take(axis(*[1.0] * 60, metric=lower), evaluation(gold(), WITH_THRESHOLD))


def test_a_bar_is_for_its_own_system(take: Any) -> None:
    take(axis(*[0.0] * 60), evaluation(mute(), WITH_THRESHOLD))


def test_records_are_kept_though_a_bar_fails(cache: Cache) -> None:
    kept: list[Record] = []
    with pytest.raises(AssertionError):
        Exam(replace(evaluation(gold(), WITH_THRESHOLD), cache=cache), kept.extend).run(axis(*[0.0] * 60))
    assert len(kept) == 60


def test_nothing_measured_fails_and_says_why(take: Any) -> None:
    with pytest.raises(AssertionError, match="none of 2 items could be measured: judge down"):
        take(axis(*[Score(None, "judge down", "unmeasured")] * 2))


def test_a_system_that_is_not_reached_is_unmeasured_on_every_item_with_the_reason(cache: Cache) -> None:
    def down(_: Question) -> Answer:
        raise UnreachedError("system bot: 5 calls in a row failed")

    kept: list[Record] = []
    on = replace(evaluation(Answering(down)), cache=cache)
    with pytest.raises(AssertionError, match="could be measured: system bot: 5 calls in a row failed"):
        Exam(on, kept.extend).run(accuracy.AXIS)
    assert {(record.status, record.reason) for record in kept} == {("unmeasured", "system bot: 5 calls in a row failed")}
    assert {record.item for record in kept} == {question.id for question in on.questions}
    assert {record.metric for record in kept} == {metric.name for metric in accuracy.taken(on.suite)} - {accuracy.JUDGED.name}
    with_rubric = replace(on, suite=replace(on.suite, style=None, rubrics={"polite": "The answer is polite."}))
    with pytest.raises(AssertionError, match=r"rubric\.polite"):
        Exam(with_rubric, kept.extend).run(style.AXIS)
    assert not [record for record in kept if "*" in record.metric]
    Exam(on, kept.extend).run(latency.AXIS)
    assert {record.status for record in kept if record.metric.startswith("latency")} == {"not_applicable"}


def test_nothing_applicable_is_no_failure(take: Any) -> None:
    assert [record.status for record in take(axis(not_applicable("no passages")))] == ["not_applicable"]


def test_a_judge_that_is_down_fails_the_axis_and_leaves_no_number(cache: Cache) -> None:
    kept: list[Record] = []
    with pytest.raises(AssertionError, match="could be measured"):
        Exam(replace(evaluation(gold(), judge=RaisingJudge()), cache=cache), kept.extend).run(faithfulness.AXIS)
    assert {record.value for record in kept} == {None}


@pytest.mark.parametrize(("of", "worst"), [(accuracy.AXIS, 0.0), (hallucination.AXIS, 1.0)], ids=["right", "made up"])
def test_a_crash_counts_as_wrong_in_both_directions(cache: Cache, of: Axis, worst: float) -> None:
    kept: list[Record] = []
    with pytest.raises(AssertionError, match="items failed"):
        Exam(replace(evaluation(crashing()), cache=cache), kept.extend).run(of)
    assert {record.value for record in kept if record.status == "failed"} == {worst}


def test_summary_values_become_properties(cache: Cache) -> None:
    told: dict[str, object] = {}
    Exam(replace(evaluation(gold()), cache=cache), lambda _: None, told.__setitem__).run(axis(1.0, 0.0, 1.0, 1.0))
    assert told == {"made.up": 0.75}


def test_files_of_an_axis_are_kept(cache: Cache) -> None:
    files: dict[str, str] = {}
    with_files = axis(1.0, files=lambda _: {"results.json": "{}"})
    Exam(replace(evaluation(gold()), cache=cache), lambda _: None, keep=lambda _, found: files.update(found)).run(with_files)
    assert files == {"results.json": "{}"}


@pytest.mark.parametrize(("value", "status"), [(None, "scored"), (0.0, "unmeasured"), (float("nan"), "scored"), (None, "failed")])
def test_missing_is_not_zero(value: float | None, status: Any) -> None:
    with pytest.raises(ValueError, match="score"):
        Score(value, "", status)
