from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from proctor.core.schema import InputError, Score, unmeasured
from proctor.core.storage.cache import Cache
from proctor.evals.axes import faithfulness, style
from proctor.evals.exam import Exam
from proctor.evals.judges import panel
from proctor.evals.judges.kept import kept
from proctor.evals.judges.panel import Panel, decide, panel_judge
from proctor.evals.judges.protocols import EntailmentInput, Judge, JudgeError, load_judge
from proctor.evals.testing import fakes
from tests.sample_evaluation import evaluation, scores, suite


class Says:
    """An entailing judge that always says the same, and counts how often it is asked."""

    def __init__(self, name: str, *, yes: bool | None) -> None:
        self.name = self.version = name
        self.yes = yes
        self.asked = 0

    def claims(self, question: str, answer: str) -> list[str]:
        del question
        return [answer]

    def supports(self, pairs: list[EntailmentInput]) -> list[bool]:
        self.asked += len(pairs)
        if self.yes is None:
            raise JudgeError("it is down")
        return [self.yes for _ in pairs]

    def contradicts(self, pairs: list[EntailmentInput]) -> list[bool]:
        return [not said for said in self.supports(pairs)]


class Chats:
    def __init__(self, name: str, *, met: bool) -> None:
        self.name = self.version = name
        self.met = met

    def complete(self, prompt: str, schema: Any) -> Any:
        del prompt
        return schema(met=self.met)


def of(said: str) -> Panel:
    """Judges that say yes, no, or nothing: one for each letter of y, n and -."""
    return Panel(tuple(Says(f"j{place}", yes={"y": True, "n": False}.get(letter)) for place, letter in enumerate(said)))


def faithful(judge: Judge) -> Score:
    return scores(faithfulness.AXIS, evaluation(fakes.gold(), judge=judge))["faithfulness.gold"]["warranty"]


@pytest.mark.parametrize(("said", "value"), [("yyn", 1.0), ("ynn", 0.0), ("yy", 1.0), ("yn", 0.5)])
def test_of_yes_and_no_the_majority_counts_and_where_half_say_so_it_is_half(said: str, value: float) -> None:
    score = faithful(of(said))
    assert score.value == value
    assert score.reason.splitlines()[0] == "judges: " + " | ".join(str(int(one == "y")) for one in said)
    assert not score.caution


def test_a_member_that_is_down_leaves_it_to_the_others_with_a_caution_while_these_are_the_most() -> None:
    score = faithful(of("y-y"))
    assert (score.value, score.caution) == (1.0, "of the panel, j1 came to no verdict")
    assert score.reason.splitlines()[0] == "judges: 1 | - | 1"
    without = faithful(of("y-"))
    assert without.status == "unmeasured"
    assert "j1: it is down" in without.reason


def test_judges_of_both_kinds_decide_on_a_rubric_as_far_as_they_can() -> None:
    both = Panel((Chats("a", met=True), Chats("b", met=True), Says("c", yes=False)))
    on = evaluation(fakes.gold(), replace(suite(), rubrics={"kind": "It is kind."}), judge=both)
    found = scores(style.AXIS, on)["rubric.kind"]["warranty"]
    assert (found.value, found.caution) == (1.0, "of the panel, c came to no verdict")


def test_it_decides_on_pairs_by_those_that_can() -> None:
    pairs = [EntailmentInput(("It lasts.",), "Does it?", "It lasts.")]
    assert of("yyn").supports(pairs) == [True]
    assert of("yyn").contradicts(pairs) == [False]
    with pytest.raises(JudgeError, match="its members chat"):
        Panel((Chats("a", met=True), Chats("b", met=True))).supports(pairs)


def test_each_verdict_is_kept_once_for_each_member(tmp_path: Path) -> None:
    first = of("yny")
    cache = Cache(tmp_path)
    assert faithful(kept(first, cache)).value == 1.0
    again = Panel((first.members[2], first.members[0]))
    asked = [member.asked for member in first.members if isinstance(member, Says)]
    assert faithful(kept(again, cache)).value == 1.0
    assert [member.asked for member in first.members if isinstance(member, Says)] == asked


def test_how_far_the_members_agree_is_told_from_the_records() -> None:
    on = evaluation(fakes.gold(), judge=of("yyy"), cache=Cache(Path("unused")))
    records = list(Exam(on, lambda _: None)._records(faithfulness.AXIS))
    assert panel.agreement(records)["faithfulness.gold"]["all agree"] == 1.0
    divided = list(Exam(evaluation(fakes.gold(), judge=of("yny")), lambda _: None)._records(faithfulness.AXIS))
    assert panel.agreement(divided)["faithfulness.gold"]["all agree"] == 0.0
    assert panel.agreement(list(Exam(evaluation(fakes.gold()), lambda _: None)._records(faithfulness.AXIS))) == {}


def test_one_judge_alone_is_asked_as_ever() -> None:
    assert decide(Says("j", yes=True), lambda _: [unmeasured("so")]) == [unmeasured("so")]


def test_a_panel_is_written_with_plus_signs_and_named_by_its_members(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    found = load_judge("panel:lexical+openai:a+b@http://127.0.0.1:9/v1+nli:x")
    assert isinstance(found, Panel)
    assert [member.name.partition("-")[0] for member in found.members[:1]] == ["lexical"]
    assert found.members[1].version.startswith("openai:a+b@http://127.0.0.1:9/v1")
    assert len(found.members) == 3


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("", "names 0 of 2 to 9 judges"),
        ("lexical", "names 1 of 2 to 9 judges"),
        ("lexical+lexical", "lexical is named twice"),
        ("lexical+panel:lexical+nli:x", "has no other panel in it"),
        ("lexcal+nli:x", "did you mean lexical"),
    ],
)
def test_what_is_no_panel_is_said(rest: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        panel_judge(rest)
