"""The axes: what they say of their metrics is all that the page knows, and what they need is asked of nobody without it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest

from proctor.core.schema import (
    Ability,
    Answer,
    Context,
    Domain,
    Example,
    Metric,
    Question,
    Record,
    RevisedQuestion,
    Revision,
    Score,
)
from proctor.core.storage.cache import Cache
from proctor.evals.axes import accuracy, catalogue, style
from proctor.evals.candidate import LACKS, lacking
from proctor.evals.exam import Axis, EvalContext, Exam, ItemScore, item_scores, items_of
from proctor.evals.testing.fakes import Answering, Fake, mute
from proctor.leaderboard.advice import data, estimates
from proctor.leaderboard.analysis import break_even, percentiles
from proctor.leaderboard.claims import table
from proctor.leaderboard.formatting import figure
from proctor.leaderboard.runs.store import Store
from proctor.leaderboard.site.page import publish
from tests.sample_evaluation import DOCUMENTS, QUESTIONS, evaluation, suite
from tests.sample_run import record

ALL = [one for _, one in catalogue.AXES.items()]
EVERY = pytest.mark.parametrize("axis", ALL, ids=lambda axis: axis.name)
ABILITIES: tuple[Ability, ...] = get_args(Ability)
METHODS: dict[Ability, tuple[str, ...]] = {
    "trains": ("retrained", "continued"),
    "retrieves": ("top_k", "retrieve", "chunks_of"),
    "reads": ("answers_given_contexts", "retrieve", "chunks_of"),
    "fits": ("context_length",),
    "reindexes": ("reindexed",),
    "weights": ("model_and_tokenizer", "weights_version", "nll"),
    "likelihoods": ("likelihoods", "continuations"),
    "times": ("latencies",),
    "costs": ("costs",),
}
EXAMPLE = Example("How long is the warranty of the Kestrel 40?", "4 years", ("kestrel",))
NOW = RevisedQuestion("now", "How long is the warranty now?", ("4 years",), ("kestrel",), outdated=("3 years",))
SUITE = replace(
    suite(),
    domain=Domain(DOCUMENTS, (EXAMPLE,)),
    revisions=(Revision("kestrel", "Its warranty lasts 4 years.", (NOW,), (EXAMPLE,)),),
    general=("arc_easy",),
)
OF_PRICES = {"cost.money", *(f"cost.{what}_{of}" for what in ("index", "rerank") for of in ("tokens", "money"))}
"""Metrics that are taken only of systems whose tokens have a price."""
OF_SUITES = {"general.*", "style.rubric", "rubric.*", *(metric.name for metric in accuracy.OF_SENTENCES)}
"""Metrics that are taken only where a suite calls for them."""
PASSAGES = tuple(Context(document.id, document.text) for document in DOCUMENTS)


def said(question: Question) -> Answer:
    return Answer(question.id, "3 years")


def able(*, contexts: bool = True) -> Fake:
    """Can do all there is."""

    def shown(question: Question) -> Answer:
        return replace(said(question), contexts=PASSAGES if contexts else None)

    return Fake(shown, weights_version="trained", retrieves=True, documents=PASSAGES)


class Without:
    """A candidate that can do all but one thing, and does not have what that comes with."""

    def __init__(self, ability: Ability) -> None:
        self._ability = ability
        self._all = able(contexts=ability != "retrieves")

    @property
    def abilities(self) -> frozenset[Ability]:
        return self._all.abilities - {self._ability}

    def __getattr__(self, name: str) -> Any:
        if name in METHODS[self._ability]:
            raise AttributeError(f"it {LACKS[self._ability]}, and is asked for {name}")
        if name in ("reindexed", "retrained", "continued"):
            return lambda *_: self
        return getattr(self._all, name)


def taken(axis: Axis, on: EvalContext, tmp_path: Path) -> list[Record]:
    """An axis taken as in an exam, with nothing left of it but what it says."""
    found: list[Record] = []
    Exam(replace(on, cache=Cache(tmp_path)), found.extend).run(axis)
    return found


@pytest.mark.slow
@EVERY
def test_what_only_answers_sits_the_whole_exam(axis: Axis, tmp_path: Path) -> None:
    service = Answering(said)
    found = taken(axis, evaluation(service, SUITE, base=service), tmp_path)
    missing = {metric.name for metric in axis.metrics} - {row.metric for row in found}
    assert missing <= OF_SUITES | OF_PRICES, "what depends on the suite or on prices alone may be left out"
    for metric in axis.metrics:
        if why := lacking(service, axis.needs | metric.needs):
            rows = [row for row in found if re.fullmatch(metric.name.replace("*", ".*"), row.metric)]
            assert {(row.status, row.reason) for row in rows} == {("not_applicable", why)}


@pytest.mark.slow
@EVERY
@pytest.mark.parametrize("ability", ABILITIES)
def test_nothing_is_asked_of_a_system_that_it_cannot_do(axis: Axis, ability: Ability) -> None:
    candidate: Any = Without(ability)
    asked = replace(SUITE, general=()) if ability != "weights" else SUITE  # those who have weights would need a network for tasks
    found = list(item_scores(axis, evaluation(candidate, asked, base=mute(), beside=(candidate,))))
    of_tasks = {"general.*", "general.arc_easy", "forgetting"}
    needing = {metric.name for metric in axis.metrics if ability in axis.needs | metric.needs} - of_tasks
    absent = {mark.metric.name for mark in found if mark.score.reason == LACKS[ability]} - of_tasks
    assert absent == needing
    assert {mark.score.reason for mark in found if mark.metric.name in needing} <= {LACKS[ability]}


@EVERY
def test_items_without_a_value_are_those_that_would_have_one(axis: Axis) -> None:
    """So that systems are compared over the same items, and no item is left out in silence."""
    on = evaluation(able(), replace(SUITE, general=()), base=mute(), beside=(able(),))
    scored = {(mark.metric.name, mark.item, mark.cluster) for mark in item_scores(axis, on)}
    absent = {(metric.name, *item) for metric, items in items_of(axis, on).items() for item in items}
    other = {"context.cut", *OF_SUITES}  # of all questions where it can be counted
    assert {each for each in absent if each[0] not in other} <= scored


def test_a_metric_that_needs_more_than_its_axis_is_the_only_one_without_a_value() -> None:
    plain, timed = Metric("made.plain"), Metric("made.timed", needs=frozenset({"times"}))
    axis = Axis(
        "made",
        style.AXIS.module,
        (plain, timed),
        lambda on: (ItemScore(plain, q.id, q.cluster, Score(1.0)) for q in on.questions),
    )
    found = {(mark.metric.name, mark.item): mark.score for mark in item_scores(axis, evaluation(Answering(said)))}
    assert {score.reason for (name, _), score in found.items() if name == "made.timed"} == {LACKS["times"]}
    assert {score.value for (name, _), score in found.items() if name == "made.plain"} == {1.0}
    assert len(found) == 2 * len(QUESTIONS)


def test_scores_of_a_system_that_could_do_less_are_not_those_of_one_that_can(tmp_path: Path) -> None:
    metric = Metric("made.up")
    axis = Axis(
        "made", style.AXIS.module, (metric,), lambda on: [ItemScore(metric, "i", "", Score(float(len(on.candidate.abilities))))]
    )
    for has in (frozenset[Ability](), frozenset[Ability]({"costs"})):
        (row,) = taken(axis, evaluation(Answering(said, abilities=has)), tmp_path)
        assert row.value == len(has)


@EVERY
def test_every_metric_is_said_in_a_sentence(axis: Axis) -> None:
    for metric in axis.metrics:
        assert re.fullmatch(r"[A-Z].{10,160}\.", metric.says), metric.name


def test_every_axis_says_what_it_asks_and_no_metric_is_in_two() -> None:
    assert all(text.endswith("?") for text in catalogue.meanings().values())
    names = [metric.name for axis in ALL for metric in axis.metrics]
    assert len(set(names)) == len(names) == len(list(catalogue.metrics()))


def test_what_is_shown_first_is_as_readers_know_it() -> None:
    assert catalogue.headlines() == (
        *("accuracy.exact", "faithfulness.retrieved", "faithfulness.gold"),
        *("hallucination.contradicted", "hallucination.unanswerable", "abstention.false", "forgetting"),
    )
    assert catalogue.followed() == (*catalogue.headlines(), "style.format_followed")
    assert catalogue.shown() == {
        *("accuracy.exact", "faithfulness.gold", "hallucination.unanswerable", "abstention.false", "forgetting"),
        *("style.format_followed", "updates.fresh", "latency.p50", "cost.train_seconds"),
    }


def test_metrics_that_code_goes_by_are_declared() -> None:
    tested = {name for claim in table.load() for name in (claim.metric, claim.other[0]) if name}
    named = {*data.WEIGHED, *estimates.QUALITY, *break_even.SHARES, *percentiles.SHARES, percentiles.SECONDS, *tested}
    assert not [name for name in named if catalogue.declared(name) is None]


@pytest.mark.parametrize(
    ("metric", "axis"),
    [
        ("abstention.false", "hallucination"),
        ("general.arc_easy", "forgetting"),
        ("updates.retrained.fresh", "updates"),
        ("abstention.of_old", "hallucination"),
        ("novel.thing", "novel"),
    ],
)
def test_a_metric_belongs_to_the_axis_that_has_such_metrics(metric: str, axis: str) -> None:
    assert catalogue.axis(metric) == axis


def test_a_metric_that_no_axis_declares_comes_last_and_nothing_is_said_of_it() -> None:
    assert max("novel.thing", "cost.tokens", "accuracy.exact", key=catalogue.rank) == "novel.thing"
    assert (catalogue.words("novel.thing"), catalogue.neutral("novel.thing"), catalogue.aside("novel.thing")) == (
        "",
        False,
        False,
    )
    assert figure(12.0, "furlongs") == "12\N{NO-BREAK SPACE}furlongs"


@pytest.fixture
def one_more(monkeypatch: pytest.MonkeyPatch) -> Iterator[Metric]:
    """One more metric of style, for this test alone."""
    letters = Metric("style.letters", unit="letters", better="lower", shown=True, says="The letters that it takes to answer.")
    monkeypatch.setattr(style, "AXIS", replace(style.AXIS, metrics=(*style.AXIS.metrics, letters)))
    kept = [value for value in vars(catalogue).values() if hasattr(value, "cache_clear")]
    for value in kept:
        value.cache_clear()
    yield letters
    for value in kept:
        value.cache_clear()


def page(tmp_path: Path, metric: str, **about: Any) -> str:
    rows = [record(metric, f"q{item}", float(item), **about) for item in range(12)]
    Store(tmp_path / "run").add([*rows, *(record("accuracy.exact", row.item) for row in rows)])
    return publish([tmp_path / "run"], tmp_path / "site").read_text(encoding="utf-8")


def heading(text: str, metric: str) -> str:
    found = re.search(f'<th [^>]*data-metric="{re.escape(metric)}".*?</th>', text)
    assert found
    return found[0]


def test_one_row_in_the_file_of_its_axis_puts_a_metric_on_the_page(tmp_path: Path, one_more: Metric) -> None:
    text = page(tmp_path, one_more.name, unit=one_more.unit, better=one_more.better)
    head = heading(text, one_more.name)
    assert 'data-axis="style"' in head
    assert f'data-tip="{one_more.says}"' in head
    assert "data-first" in head
    assert "lower is better" in head
    assert "5.5\N{NO-BREAK SPACE}letters" in text


def test_a_metric_of_another_version_is_shown_with_what_its_records_say(tmp_path: Path) -> None:
    text = page(tmp_path, "novel.thing", unit="furlongs", better="lower")
    head = heading(text, "novel.thing")
    assert 'data-axis="novel"' in head
    assert "data-tip" not in head
    assert "lower is better" in head
    assert "5.5\N{NO-BREAK SPACE}furlongs" in text
