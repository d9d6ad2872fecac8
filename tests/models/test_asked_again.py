"""Systems that are built elsewhere: when their answers are those of before, what asking them takes, and what to beware of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from proctor import dry_calls
from proctor.core.schema import Ability, Answer, Document, Domain, Question, Suite
from proctor.core.storage.cache import Cache
from proctor.evals.axes import accuracy, latency, robustness
from proctor.models import comparability
from proctor.models.candidates.asking import kept, rounds
from proctor.models.candidates.external import External, Setup
from proctor.models.generation.limits import estimated, limits
from proctor.models.runtime import Runtime
from proctor.models.systems import Calls, System
from tests.sample_evaluation import evaluation

QUESTIONS = [Question(f"q{number}", f"What is {number}?", ("it",)) for number in range(30)]
DOMAIN = Domain((Document("d", "It is."),))
BOT = System("bot", callable="a:b")
ASKED: list[str] = []


@dataclass(frozen=True)
class Bot(External):
    """Answers, and remembers that it was asked."""

    fingerprint = ("bot",)  # type: ignore[assignment] # as data

    @property
    def abilities(self) -> frozenset[Ability]:
        return frozenset({"times"})

    def ask(self, missing: list[kept.AskedQuestion]) -> Iterable[Sequence[tuple[kept.AskedQuestion, Answer]]]:
        ASKED.extend(one.question.id for one in missing)
        yield [(one, Answer(one.question.id, "it")) for one in missing]


@pytest.fixture(autouse=True)
def _nothing_was_asked() -> None:
    ASKED.clear()


def bot(folder: Path, system: System = BOT, seed: int = 0) -> Bot:
    return Bot(system, Setup(DOMAIN, Runtime(Cache(folder)), "tiny"), seed)


def test_refreshing_asks_again_once_and_whoever_comes_later_goes_on_with_that(tmp_path: Path) -> None:
    first = bot(tmp_path)
    first.answers(QUESTIONS[:2])
    bot(tmp_path).refresh("now")
    second, third = bot(tmp_path), bot(tmp_path)
    second.answers(QUESTIONS[:2])
    third.answers(QUESTIONS[:2])
    assert ASKED == ["q0", "q1", "q0", "q1"]
    assert first.version != second.version == third.version
    assert first.origin == second.origin


def test_another_version_is_asked_anew_and_its_refreshing_is_its_own(tmp_path: Path) -> None:
    bot(tmp_path).refresh("now")
    other = bot(tmp_path, replace(BOT, version="2"))
    assert other.version == other.origin


def test_repeats_share_a_version_and_no_answers(tmp_path: Path) -> None:
    first, second = bot(tmp_path), bot(tmp_path, seed=1)
    first.answers(QUESTIONS[:2])
    second.answers(QUESTIONS[:2])
    assert len(ASKED) == 4
    assert first.version == second.version


def test_a_refreshed_system_is_asked_again_where_it_was_asked_several_times_before(tmp_path: Path) -> None:
    for seed in range(3):
        bot(tmp_path, seed=seed).answers(QUESTIONS[:1])
    for generation in ("one", "two"):
        bot(tmp_path).refresh(generation)
        for seed in range(3):
            bot(tmp_path, seed=seed).answers(QUESTIONS[:1])
    assert len(ASKED) == 9


def estimate(folder: Path, calls: Calls = Calls(), *, again: bool = False) -> dry_calls.PlannedCalls:  # noqa: B008 # it is frozen
    candidate = bot(folder, replace(BOT, calls=calls))
    suite = Suite("s", "S", "1", DOMAIN, tuple(QUESTIONS))
    axes = [accuracy.AXIS, latency.AXIS]
    return dry_calls.calls("s", candidate, evaluation(candidate, suite, cache=Cache(folder)), axes, again=again)


def test_a_dry_run_counts_the_calls_that_there_would_be(tmp_path: Path) -> None:
    found = estimate(tmp_path)
    timed = rounds.asked(latency.asked(evaluation(bot(tmp_path), Suite("s", "S", "1", DOMAIN, tuple(QUESTIONS)))))
    assert (found.asked, found.timed) == (30, len(timed))
    bot(tmp_path).answers(QUESTIONS)
    assert estimate(tmp_path).asked == 0
    assert estimate(tmp_path, again=True).asked == 30


def test_a_dry_run_counts_what_axes_ask_with_passages_of_their_own_choice(tmp_path: Path) -> None:
    class Reader(type(bot(tmp_path))):  # type: ignore[misc]
        abilities = frozenset({"retrieves", "reads"})

    suite = Suite("s", "S", "1", DOMAIN, tuple(QUESTIONS))
    for kind, further in ((type(bot(tmp_path)), 0), (Reader, round(0.3 * robustness.AXIS.workload.readings))):
        candidate = kind(BOT, bot(tmp_path).setup)
        on = evaluation(candidate, suite, cache=Cache(tmp_path))
        found = dry_calls.calls("s", candidate, on, [accuracy.AXIS, robustness.AXIS])
        assert (found.further, found.calls) == (further, 30 + further)


def test_a_dry_run_tells_money_where_prices_are_known_and_nothing_where_not(tmp_path: Path) -> None:
    unknown, known = estimate(tmp_path), estimate(tmp_path, Calls(input_price=1.0, output_price=10.0))
    assert unknown.money is None
    assert known.money == pytest.approx((known.read + 10 * known.written) / 1e6)
    said = dry_calls.table([unknown, known])
    assert "prices of 1 system are not known" in said
    assert dry_calls.table([]) == ""


def test_tokens_are_estimated_rather_too_many(base: Any) -> None:
    texts = ["How long is the warranty of the Kestrel 40?", "保証期間はどのくらいですか", ""]
    real = [len(ids) for ids in base.tokenizer()(texts[:1], add_special_tokens=False)["input_ids"]]
    assert estimated(texts[0]) >= min(real[0], len(texts[0].split()))
    assert [estimated(text) for text in texts[1:]] == [len(texts[1]), 0]


def test_answers_without_a_base_model_may_be_as_long_as_references_are() -> None:
    suite = Suite("s", "S", "1", DOMAIN, (Question("q", "What?", ("word " * 200,)),))
    assert limits(suite, None).tokens > 300


def test_what_it_learnt_from_is_not_known_and_a_judge_of_its_family_is_said(tmp_path: Path) -> None:
    assert comparability.of_external(bot(tmp_path), "openai:gpt-4o") == [comparability.ELSEWHERE]
    served = replace(bot(tmp_path), system=System("served", endpoint="openai:qwen3-8b@http://localhost"))
    assert any("qwen" in why for why in comparability.of_external(served, "openai:Qwen/Qwen3-32B"))
    assert len(comparability.of_external(served, "openai:gpt-4o")) == 1
    assert len(comparability.of_external(served, "lexical")) == 1
