"""Several judges as one: each scores by itself, and the median of their scores is taken, which of yes and no is the majority.

A judge that comes to no verdict leaves it to the others, with a caution, as long as more than half of the panel came to one; else
there is none. What each said is kept under its own name, and is the first line of a score's reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from proctor.core.schema import InputError, Record, Score, not_applicable, unmeasured
from proctor.evals.judges.protocols import JUDGES, EntailingJudge, EntailmentInput, Judge, JudgeError, chats, load_judge

VERSION = "1"
MOST = 9
"""Judges of a panel."""
HEAD = "judges: "
"""What the line begins with that says what each judge came to."""
NOTHING = "-"


@dataclass(frozen=True)
class Panel:
    """Judges of any kind. It decides on pairs, too, as an entailing judge does, by those members that can."""

    members: tuple[Judge, ...]

    @property
    def name(self) -> str:
        """The names of its members."""
        return "panel:" + "+".join(member.name for member in self.members)

    @property
    def version(self) -> str:
        """The versions of its members."""
        return f"panel-{VERSION}:" + "+".join(member.version for member in self.members)

    def claims(self, question: str, answer: str) -> list[str]:
        """As its first member that entails splits an answer."""
        return self._entailing()[0].claims(question, answer)

    def supports(self, pairs: Sequence[EntailmentInput]) -> list[bool]:
        """For each pair, whether more than half of the members that entail say so."""
        return _majority([member.supports(pairs) for member in self._entailing()])

    def contradicts(self, pairs: Sequence[EntailmentInput]) -> list[bool]:
        """For each pair, whether more than half of the members that entail say so."""
        return _majority([member.contradicts(pairs) for member in self._entailing()])

    def _entailing(self) -> list[EntailingJudge]:
        found = [member for member in self.members if not chats(member)]
        if not found:
            raise JudgeError(f"{self.name}: its members chat, and none of them decides on a pair of texts")
        return found


def _majority(votes: Sequence[Sequence[bool]]) -> list[bool]:
    return [2 * sum(said) > len(said) for said in zip(*votes, strict=True)]


def panel_judge(rest: str) -> Panel:
    """The panel written ``panel:SPEC+SPEC+SPEC``; InputError for a member that is none, or is there twice."""
    specs = _specs(rest)
    if not 2 <= len(specs) <= MOST:
        raise InputError(f"--judge panel: names {len(specs)} of 2 to {MOST} judges; write panel:lexical+openai:MODEL")
    if twice := next((spec for spec in specs if specs.count(spec) > 1), ""):
        raise InputError(f"--judge panel: {twice} is named twice; each judge has one vote")
    if any(spec.partition(":")[0] == "panel" for spec in specs):
        raise InputError("--judge panel: a panel has no other panel in it; name its judges one by one")
    return Panel(tuple(map(load_judge, specs)))


def _specs(rest: str) -> list[str]:
    """The members: a + in a model's name or an address parts none, as no kind of judge comes after it."""
    found: list[str] = []
    for part in rest.split("+"):
        kind = part.strip().partition(":")[0]
        if found and kind not in JUDGES and not re.fullmatch(r"\w+(\.\w+)+", kind):
            found[-1] += f"+{part}"
        else:
            found.append(part.strip())
    return [spec for spec in found if spec]


def decide(judge: Judge, score: Callable[[Judge], list[Score]]) -> list[Score]:
    """The scores that a judge comes to; of a panel, what its members come to, put together."""
    if not isinstance(judge, Panel):
        return score(judge)
    return [_together(judge, each) for each in zip(*map(score, judge.members), strict=True)]


def _together(panel: Panel, scores: Sequence[Score]) -> Score:
    from statistics import median  # takes a while to load, and only a panel needs it

    valued = [score.value for score in scores if score.value is not None]
    said = HEAD + " | ".join(NOTHING if score.value is None else f"{score.value:.4g}" for score in scores)
    reason = "\n".join([said, *_reasons(panel, scores)])
    if 2 * len(valued) > len(scores):
        missing = [panel.members[place].name for place, score in enumerate(scores) if score.status == "unmeasured"]
        caution = f"of the panel, {' and '.join(missing)} came to no verdict" if missing else ""
        return Score(median(valued), reason, caution=caution)
    absent = [score for score in scores if score.status == "not_applicable"]
    return not_applicable(absent[0].reason) if 2 * len(absent) > len(scores) else unmeasured(reason)


def _reasons(panel: Panel, scores: Sequence[Score]) -> Iterable[str]:
    for member, score in zip(panel.members, scores, strict=True):
        yield from (f"{member.name}: {line}" for line in score.reason.splitlines())


def agreement(records: Iterable[Record]) -> Mapping[str, Mapping[str, float]]:
    """Metric -> how many items two judges of a panel or more came to a value of, and the share on which all of these agree."""
    votes: dict[str, list[set[str]]] = {}
    for record in records:
        if record.reason.startswith(HEAD) and len(said := _said(record.reason)) > 1:
            votes.setdefault(record.metric, []).append(set(said))
    return {
        metric: {"items": len(found), "all agree": round(sum(len(one) == 1 for one in found) / len(found), 4)}
        for metric, found in votes.items()
    }


def _said(reason: str) -> list[str]:
    line = reason.partition("\n")[0].removeprefix(HEAD)
    return [one for one in line.split(" | ") if one != NOTHING]
