"""Each verdict of a judge is asked for once, whatever else changes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from proctor.core import redaction
from proctor.core.schema import Score, Style, unmeasured
from proctor.core.storage.cache import Cache
from proctor.evals.axes import style
from proctor.evals.exam import Exam
from proctor.evals.judges.deepeval_metric import contradicted
from proctor.evals.judges.kept import KIND, kept
from proctor.evals.judges.protocols import Attempt, EntailmentInput, JudgeError
from proctor.evals.judges.samples import Sample
from proctor.evals.testing.fakes import CannedChat, CannedJudge, gold
from tests.sample_evaluation import evaluation, suite


class Verdict(BaseModel):
    met: bool
    reason: str = ""


@dataclass
class Counting:
    """A chat judge that counts what it is asked, and fails as often as it is told."""

    failures: int = 0
    name: str = "counting"
    version: str = "1"
    reason: str = "so it is"
    asked: list[str] = field(default_factory=list)

    def complete(self, prompt: str, schema: Any) -> Any:
        self.asked.append(prompt)
        if len(self.asked) <= self.failures:
            raise JudgeError("down")
        return schema(met=True, reason=self.reason)


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


def test_a_chat_judge_is_asked_a_prompt_once_also_by_another_run(cache: Cache) -> None:
    judge = Counting()
    said = [kept(judge, cache).complete(prompt, Verdict) for prompt in ("a", "b", "a", "a")]  # type: ignore[union-attr]
    assert said == [Verdict(met=True, reason="so it is")] * 4
    assert judge.asked == ["a", "b"]


def test_another_form_of_the_reply_and_another_version_of_the_judge_are_asked_for_anew(cache: Cache) -> None:
    class Other(BaseModel):
        met: bool
        reason: str

    judge, later = Counting(), Counting(version="2")
    for one, form in ((judge, Verdict), (judge, Other), (later, Verdict)):
        kept(one, cache).complete("a", form)  # type: ignore[union-attr]
    assert (len(judge.asked), len(later.asked)) == (2, 1)


def test_a_judge_that_failed_is_asked_again(cache: Cache) -> None:
    judge = Counting(failures=1)
    with pytest.raises(JudgeError):
        kept(judge, cache).complete("a", Verdict)  # type: ignore[union-attr]
    assert kept(judge, cache).complete("a", Verdict).met  # type: ignore[union-attr]
    assert len(judge.asked) == 2


def test_an_entailing_judge_is_asked_about_each_pair_once_for_each_question(cache: Cache) -> None:
    judge = CannedJudge(supported=frozenset({"yes"}), contradicted=frozenset({"no"}))
    yes, no = EntailmentInput(("p",), "?", "yes"), EntailmentInput(("p",), "?", "no")
    for _ in range(2):
        asked: Any = kept(judge, cache)
        assert asked.supports([yes, no, yes]) == [True, False, True]
        assert asked.contradicts([no, yes]) == [True, False]
        assert asked.supports([yes._replace(among=2)]) == [True]
    assert judge.asked == [yes, no, no, yes, yes._replace(among=2)]


def test_what_one_process_kept_another_finds_while_it_runs(cache: Cache) -> None:
    judge, other = Counting(), Counting()
    mine, theirs = kept(judge, cache), kept(other, Cache(cache.folder))
    for prompt in ("a", "b", "c"):
        mine.complete(prompt, Verdict)  # type: ignore[union-attr]
        theirs.complete(prompt, Verdict)  # type: ignore[union-attr]
    assert (len(judge.asked), other.asked) == (3, [])


def test_many_threads_keep_all_that_they_were_told(cache: Cache) -> None:
    prompts = [f"prompt {number}" for number in range(40)]
    asked: Any = kept(Counting(), cache)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda prompt: asked.complete(prompt, Verdict), prompts))
    judge = Counting(failures=99)
    again: Any = kept(judge, cache)
    assert all(again.complete(prompt, Verdict).met for prompt in prompts)


def test_a_damaged_line_costs_one_verdict(cache: Cache) -> None:
    judge = Counting()
    for prompt in ("a", "b"):
        kept(judge, cache).complete(prompt, Verdict)  # type: ignore[union-attr]
    (journal,) = (cache.folder / KIND).glob("*.lines")
    journal.write_bytes(journal.read_bytes().replace(b"so it is", b"so it it", 1))
    for prompt in ("a", "b"):
        kept(judge, cache).complete(prompt, Verdict)  # type: ignore[union-attr]
    assert judge.asked == ["a", "b", "a"]


def test_no_secret_is_kept(cache: Cache) -> None:
    redaction.hide("sk-Zx81mQpL0vT")
    kept(Counting(reason="key sk-Zx81mQpL0vT"), cache).complete("my key is sk-Zx81mQpL0vT", Verdict)  # type: ignore[union-attr]
    (journal,) = (cache.folder / KIND).glob("*.lines")
    assert "Zx81mQpL0vT" not in journal.read_text()


def test_replies_that_gave_no_score_are_asked_for_again(cache: Cache) -> None:
    judge = Counting()
    for score, times in ((unmeasured("unfit"), 1), (Score(1.0), 2), (Score(1.0), 2)):
        attempt = Attempt(kept(judge, cache))  # type: ignore[arg-type]
        attempt.complete("a", Verdict)
        attempt.settled(score)
        assert len(judge.asked) == times


def test_replies_before_a_failure_are_not_asked_for_again(cache: Cache) -> None:
    judge = Counting()
    attempt = Attempt(kept(judge, cache))  # type: ignore[arg-type]
    attempt.complete("a", Verdict)
    judge.failures = 2
    with pytest.raises(JudgeError):
        attempt.complete("b", Verdict)
    attempt.settled(unmeasured("down"))
    assert kept(judge, cache).complete("a", Verdict).met  # type: ignore[union-attr]
    assert judge.asked == ["a", "b"]


def test_a_judge_that_gave_too_few_verdicts_gets_another_chance(cache: Cache) -> None:
    replies = iter([["yes"], ["yes", "no"], ["no", "no"]])

    def reply(*_: str) -> dict[str, Any]:
        return {"verdicts": [{"verdict": word, "reason": "r"} for word in next(replies)]}

    def score() -> Score:
        return contradicted(kept(CannedChat(reply), cache), [Sample("?", "x", ("one", "two"))])[0]

    assert score().status == "unmeasured"
    assert [score().value, score().value] == [0.5, 0.5]


def test_a_changed_axis_is_scored_again_and_its_chat_judge_is_asked_nothing(cache: Cache) -> None:
    judge, asked = Counting(), replace(suite(), style=Style(rubric="Be kind."))

    def take(edition: str) -> list[Score]:
        metrics = tuple(replace(metric, version=edition) for metric in style.AXIS.metrics)
        found: list[Any] = []
        Exam(replace(evaluation(gold(), asked), cache=cache, judge=kept(judge, cache)), found.extend).run(
            replace(style.AXIS, metrics=metrics)
        )
        return [record.value for record in found]

    first, times = take("1"), len(judge.asked)
    assert times == len(asked.questions)
    assert take("2") == first
    assert len(judge.asked) == times
