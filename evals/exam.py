"""The exam: one axis, put to one candidate, becomes records.

An axis is a name, its metrics and a function from an `EvalContext` (suite, candidate, judge) to scores of items. Adding a metric
is adding one function to the axis file that it belongs to.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, ParamSpec, TypeVar

from proctor.core import machine
from proctor.core.code import code_of
from proctor.core.counts import counted
from proctor.core.language.patterns import TooSlowError
from proctor.core.redaction import redact
from proctor.core.schema import (
    Ability,
    Answer,
    Metric,
    Question,
    Record,
    Score,
    Suite,
    UnreachedError,
    as_json,
    not_applicable,
    unmeasured,
)
from proctor.core.storage.cache import Cache, digest
from proctor.evals.candidate import Candidate, lacking
from proctor.evals.judges.protocols import Judge

if TYPE_CHECKING:
    from proctor.evals.stats.intervals import Interval

log = logging.getLogger("proctor")


SYSTEM_ITEM = "all"
"""The item of a metric that has one value for the whole system."""


class Item(NamedTuple):
    """What is scored: a question, mostly. Items of one cluster are not independent; without one, each is its own."""

    id: str
    cluster: str = ""


Items = Mapping[Metric, Iterable[Item]]


class ItemScore(NamedTuple):
    """One metric's score of one item."""

    metric: Metric
    item: str
    cluster: str
    score: Score


@dataclass(frozen=True)
class EvalContext:
    """What an axis is given. Answers are asked for when first read."""

    suite: Suite
    questions: tuple[Question, ...]
    candidate: Candidate
    base: Candidate
    """The same base model, neither adapted nor retrieving."""
    judge: Judge
    cache: Cache
    limit: int | None = None
    """At most so many items of each general task."""
    beside: tuple[Candidate, ...] = ()
    """The candidates that are timed in turn with this one, itself among them."""

    @cached_property
    def answers(self) -> tuple[Answer, ...]:
        """The candidate's answers, in the order of ``questions``."""
        return tuple(self.candidate.answers(self.questions))

    @property
    def answered(self) -> Iterator[tuple[Question, Answer]]:
        """Every question with its answer."""
        return zip(self.questions, self.answers, strict=True)

    def can(self, metric: Metric) -> bool:
        """Whether the candidate can do what a metric needs, beyond what its whole axis needs."""
        return metric.needs <= self.candidate.abilities


class Workload(NamedTuple):
    """What an axis asks of a candidate beyond its training and its answers, roughly: for the estimate of a dry run."""

    trainings: float = 0.0
    """Of the whole training set, for systems that are trained."""
    readings: int = 0
    """Questions with passages, for systems that retrieve."""
    questions: int = 0
    """Further questions, for systems that are trained."""


NOTHING = Workload()


@dataclass(frozen=True)
class Axis:
    """One file of `evals`: what it measures, and how."""

    name: str
    module: str
    """The name of that file as a module: its code, and all that it uses, is part of what scores are kept under."""
    metrics: tuple[Metric, ...]
    score: Callable[[EvalContext], Iterable[ItemScore]]
    judged: tuple[Metric, ...] = ()
    """The metrics whose scores depend on the judge."""
    timed: bool = False
    """Whether the scores are of the machine as well: another one takes the axis anew."""
    workload: Workload = NOTHING
    inputs: Callable[[EvalContext], Sequence[str]] | None = None
    """Hashes of what shapes the scores beside suite, candidate and judge, such as tasks that the suite only names."""
    files: Callable[[EvalContext], Mapping[str, str]] | None = None
    """Files, name -> text, to be kept as they are beside the records: a third party's, or what records have no room for."""
    folder: str = ""
    """The folder of a run that these files are kept in."""
    needs: frozenset[Ability] = frozenset()
    """What a system must be able to do; of others, no metric of the axis is applicable, and ``score`` is not called."""
    either: frozenset[Ability] = frozenset()
    """Of these abilities a system must have one, where any is named."""
    items: Callable[[EvalContext], Items] | None = None
    """What each metric would score, for a system that lacks what the metric needs; by default every question."""
    asks: str = ""
    """What the axis asks of a system, for a reader who sees it for the first time; empty if another axis of its file says so."""
    slow: bool = False
    """Whether it trains systems again: only ``--full``, or ``-m`` with its name, takes it."""
    suits: Callable[[Suite], bool] | None = None
    """Whether it measures anything on a suite; by default it does on every one. Elsewhere it has no test."""
    aside: bool = False
    """Whether it is about something else than the answers that a run keeps: the question asked otherwise, or what they took."""

    def asks_judge(self, metric: Metric) -> bool:
        """Whether the judge decides on it; a metric of a suite's own goes by the one with a star."""
        return any(fnmatchcase(metric.name, one.name) for one in self.judged)


def about(questions: Iterable[Question]) -> list[Item]:
    """The questions as items."""
    return [Item(question.id, question.cluster) for question in questions]


def absent(items: Items, why_not: str) -> Iterator[ItemScore]:
    """Marks that say of every item why there is no value."""
    for metric, some in items.items():
        yield from (ItemScore(metric, item.id, item.cluster, not_applicable(why_not)) for item in some)


def item_scores(axis: Axis, evaluation: EvalContext) -> Iterator[ItemScore]:
    """All scores of an axis: its own, and of metrics that need what the candidate cannot do the reason, for every item."""
    scored = set()
    if not lacking(evaluation.candidate, axis.needs, axis.either):
        for one in axis.score(evaluation):
            scored.add(one.metric)
            why_not = lacking(evaluation.candidate, one.metric.needs)
            yield one._replace(score=not_applicable(why_not)) if why_not else one
    for metric, items in items_of(axis, evaluation).items():
        why_not = lacking(evaluation.candidate, axis.needs | metric.needs, axis.either)
        if why_not and metric not in scored:
            yield from absent({metric: items}, why_not)


def unreached(axis: Axis, evaluation: EvalContext, why: str) -> Iterator[ItemScore]:
    """Of a system that cannot be asked any more: every item is unmeasured, but for metrics that do not apply to it."""
    for metric, items in items_of(axis, evaluation).items():
        why_not = lacking(evaluation.candidate, axis.needs | metric.needs, axis.either)
        score = not_applicable(why_not) if why_not else unmeasured(why)
        yield from (ItemScore(metric, item.id, item.cluster, score) for item in items)


def items_of(axis: Axis, evaluation: EvalContext) -> Items:
    """What each metric of an axis would score."""
    return axis.items(evaluation) if axis.items else dict.fromkeys(axis.metrics, about(evaluation.questions))


NO_REFERENCE = "the question has no reference answer"
Arguments = ParamSpec("Arguments")
Returned = TypeVar("Returned")
QuestionScorer = Callable[[Suite, Question, Answer], Score | float | None]


def per_question(table: dict[Metric, QuestionScorer]) -> Callable[[EvalContext], Iterator[ItemScore]]:
    """An axis' ``score`` from functions that look at one question at a time.

    A scorer returns a number, a `Score` that says why there is none, or ``None`` for a question without a reference answer.
    """

    def score(evaluation: EvalContext) -> Iterator[ItemScore]:
        for question, answer in evaluation.answered:
            for metric, scorer in table.items():
                yield ItemScore(metric, question.id, question.cluster, _one(metric, scorer, evaluation.suite, question, answer))

    return score


def _one(metric: Metric, scorer: QuestionScorer, suite: Suite, question: Question, answer: Answer) -> Score:
    result = in_time(scorer, suite, question, answer)
    if result is None:
        return not_applicable(NO_REFERENCE)
    if answer.error and not (isinstance(result, Score) and result.value is None):
        return metric.without(answer)
    return with_caution(result if isinstance(result, Score) else Score(float(result)), answer.caution)


def in_time(scorer: Callable[Arguments, Returned], *asked: Arguments.args, **named: Arguments.kwargs) -> Returned | Score:
    """What a scorer says; an unmeasured score where a house format takes too long to tell whether the answer follows it."""
    try:
        return scorer(*asked, **named)
    except TooSlowError as error:
        return unmeasured(str(error))


def with_caution(score: Score, caution: str) -> Score:
    """The score with a caution beside those that it has, where it has a value."""
    if not caution or score.status != "scored":
        return score
    return replace(score, caution="\n".join(dict.fromkeys([*score.caution.splitlines(), *caution.splitlines()])))


@dataclass(frozen=True)
class Exam:
    """One candidate before the axes of one suite."""

    evaluation: EvalContext
    record: Callable[[Sequence[Record]], None]
    """Where records go."""
    properties: Callable[[str, object], None] | None = None
    """Where summary values go (JUnit properties)."""
    keep: Callable[[str, Mapping[str, str]], None] | None = None
    """Where the files of an axis go, given the name of their folder."""
    demand: Callable[[Sequence[Record]], Iterable[str]] | None = None
    """What else is demanded of an axis' records: yields what they fall short of."""

    def run(self, axis: Axis) -> list[Record]:
        """Score one axis, record it, and hold it against the suite's thresholds and whatever else is demanded.

        Raises:
            AssertionError: a whole interval is on the wrong side of a threshold, or nothing of a metric could be measured, or
                a demand is not met.
        """
        records = self._scored(axis)
        self.record(records)
        if axis.files and self.keep and any(record.value is not None for record in records):
            self.keep(axis.folder, axis.files(self.evaluation))
        complaints = [text for name, group in _by_metric(records) for text in self._complaints(name, group)]
        complaints += self.demand(records) if self.demand else []
        if complaints:
            raise AssertionError("\n".join(complaints))
        return records

    def _scored(self, axis: Axis) -> list[Record]:
        """The axis' records, read back if they were made before.

        What failed may go better next time, and what was timed on a busy machine too, so neither is kept.
        """
        cache, key = self.evaluation.cache, self._key(axis)
        if cache.has("scores", key):
            return [Record.from_json(row) for row in cache.json("scores", key, list)]
        records = list(self._records(axis))
        cache.json("taken", key, lambda: True)  # before the scores: who has them looks no further
        doubtful = axis.timed and any(record.caution for record in records)
        if not doubtful and not any(record.status in ("failed", "unmeasured") for record in records):
            cache.json("scores", key, lambda: [as_json(record) for record in records])
        return records

    def taken(self, axis: Axis) -> bool:
        """Whether it was taken before, so that what it asks for is kept, though perhaps not all its scores."""
        return self.evaluation.cache.has("taken", self._key(axis))

    def _key(self, axis: Axis) -> str:
        evaluation = self.evaluation
        return digest(
            [code_of(axis.module, Record), evaluation.candidate.code],
            axis.name,
            [(metric.name, metric.edition, metric.unit, metric.better) for metric in axis.metrics],
            [
                evaluation.suite.name,
                evaluation.suite.version,
                evaluation.base.version,
                evaluation.candidate.name,
                evaluation.candidate.base_model,
            ],
            [
                evaluation.candidate.version,
                evaluation.candidate.seed,
                [question.id for question in evaluation.questions],
                evaluation.limit,
            ],
            sorted(evaluation.candidate.abilities),
            [evaluation.judge.name, evaluation.judge.version, [metric.name for metric in axis.judged]] if axis.judged else None,
            [machine.facts(), [(one.name, one.seed, one.version) for one in evaluation.beside]] if axis.timed else None,
            axis.inputs(evaluation) if axis.inputs else None,
        )

    def _item_scores(self, axis: Axis) -> Sequence[ItemScore]:
        try:
            return list(item_scores(axis, self.evaluation))
        except UnreachedError as error:
            return list(unreached(axis, self.evaluation, str(error)))

    def _records(self, axis: Axis) -> Iterator[Record]:
        evaluation, candidate = self.evaluation, self.evaluation.candidate
        log.info("%s: scoring %s of %s", evaluation.suite.name, axis.name, candidate.name)
        for metric, item, cluster, score in self._item_scores(axis):
            yield Record(
                suite=evaluation.suite.name,
                suite_version=evaluation.suite.version,
                base_model=candidate.base_model,
                system=candidate.name,
                system_version=candidate.version,
                seed=candidate.seed,
                metric=metric.name,
                metric_version=metric.version_under(evaluation.suite.normalise),
                unit=metric.unit,
                better=metric.better,
                item=item,
                cluster=cluster or item,
                status=score.status,
                value=score.value,
                reason=redact(score.reason),
                caution=redact(score.caution),
                judge=evaluation.judge.name if axis.asks_judge(metric) else "",
            )

    def _complaints(self, name: str, records: list[Record]) -> Iterator[str]:
        who = f"{name} of {self.evaluation.candidate.name} on {self.evaluation.suite.name}"
        valued = [record for record in records if record.value is not None]
        missing = [record for record in records if record.status == "unmeasured"]
        if missing and not valued:
            yield f"{who}: none of {counted(len(missing), 'item')} could be measured: {_commonest(missing)}"
        if valued and all(record.status == "failed" for record in valued):
            yield f"{who}: all {counted(len(valued), 'item')} failed: {_commonest(valued)}"
        if valued:
            from proctor.evals.stats.differences import (
                measured_interval,  # loads numpy, which pytest can do without while it collects
            )

            values = [record.value for record in valued if record.value is not None]
            found = measured_interval(values, [record.cluster for record in valued], valued[0].unit)
            if self.properties:
                self.properties(name, round(found.value, 6))
            yield from self._below(who, name, found, valued[0].better)

    def _below(self, who: str, name: str, found: Interval, better: str) -> Iterator[str]:
        threshold = self.evaluation.suite.thresholds.get(name, {}).get(self.evaluation.candidate.name)
        if threshold is None:
            return
        if (found.high < threshold) if better == "higher" else (found.low > threshold):
            yield f"{who} is {found.value:.3f} [{found.low:.3f}, {found.high:.3f}], surely worse than its threshold {threshold:g}"


def _commonest(records: Sequence[Record]) -> str:
    """The reason that most of them have, and how many."""
    (reason, count), *others = Counter(record.reason for record in records).most_common()
    return f"{reason} ({count} of them)" if others else reason


def _by_metric(records: Iterable[Record]) -> Iterable[tuple[str, list[Record]]]:
    groups: dict[str, list[Record]] = {}
    for record in records:
        groups.setdefault(record.metric, []).append(record)
    return groups.items()
