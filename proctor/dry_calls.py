"""What a run would ask of systems that are built elsewhere: calls, tokens by their letters, and money where prices are known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from proctor.core.counts import counted
from proctor.core.schema import Question
from proctor.evals.axes import latency
from proctor.evals.axes.conditions import ASKED
from proctor.evals.exam import Axis, EvalContext, Exam
from proctor.models.candidates.asking import rounds
from proctor.models.candidates.external import External
from proctor.models.generation.limits import LEAST, estimated
from proctor.models.prompts import prompts
from proctor.models.rewriters.protocol import Rewriter
from proctor.models.rewriting import REWRITERS


class PlannedCalls(NamedTuple):
    """What one candidate would be asked on one suite."""

    suite: str
    candidate: External
    asked: int
    """Questions of the suite that have no answer yet."""
    of: int
    further: int
    """Further questions that axes ask, about: with passages of their choice, or after an update."""
    timed: int
    """Calls to time it; such answers are not kept."""
    read: int
    """Tokens of the questions, and of what Proctor puts around them."""
    written: int
    rewritten: int = 0
    """Calls to rewrite questions."""

    @property
    def calls(self) -> int:
        """How often it would be called."""
        return self.asked + self.further + self.timed + self.rewritten

    @property
    def money(self) -> float | None:
        """What the calls would cost, in the currency of the prices; ``None`` where these are not known."""
        prices = self.candidate.system.calls
        if prices.input_price is None or prices.output_price is None:
            return None
        return (self.read * prices.input_price + self.written * prices.output_price) / 1_000_000


def calls(suite: str, candidate: External, evaluation: EvalContext, axes: Sequence[Axis], *, again: bool = False) -> PlannedCalls:
    """What the axes would ask of a candidate; ``again``: whatever it answered before."""
    live, questions = candidate.system.live, list(evaluation.questions)
    missing = questions if again and live else candidate.unanswered(questions)
    able = [axis for axis in axes if live and axis.timed and axis.needs <= candidate.abilities]
    timing = [axis for axis in able if again or not Exam(evaluation, lambda _: None).taken(axis)]
    timed = rounds.asked(latency.asked(evaluation)) if timing else []
    further = _further(candidate, evaluation, axes, again=again)
    told = [*missing, *timed]
    answer = candidate.limits.longest or LEAST
    read = sum(_read(candidate, question) for question in told)
    read += round(further * sum(_read(candidate, question) for question in questions) / max(1, len(questions)))
    count = len(told) + further
    planned = PlannedCalls(suite, candidate, len(missing), len(questions), further, len(timed), read, answer * count)
    return _rewriting(planned, told)


def _rewriting(planned: PlannedCalls, told: Sequence[Question]) -> PlannedCalls:
    """With the calls that write what is searched with, one for each question that is looked up; some may be kept already."""
    name = planned.candidate.system.search.rewrite
    if not name:
        return planned
    rewriter: Rewriter = REWRITERS[name]()
    read = planned.read + sum(estimated(rewriter.prompt(question.text)) for question in told)
    return planned._replace(rewritten=len(told), read=read, written=planned.written + rewriter.tokens * len(told))


def _further(candidate: External, evaluation: EvalContext, axes: Sequence[Axis], *, again: bool) -> int:
    """What axes ask beside the suite's questions: of what retrieves and can be shown other passages, or has other documents."""
    if not candidate.abilities >= {"retrieves", "reads"}:
        return 0
    asking = [axis for axis in axes if axis.workload.readings and axis.needs <= candidate.abilities]
    new = [axis for axis in asking if again or not Exam(evaluation, lambda _: None).taken(axis)]
    return round(min(1.0, len(evaluation.questions) / ASKED) * sum(axis.workload.readings for axis in new))


def _read(candidate: External, question: Question) -> int:
    """Of what Proctor sends: what is behind an application may make more of it."""
    system, documents = candidate.system, candidate.domain.documents
    if system.kind != "endpoint":
        return estimated(question.text)
    prompt = estimated(prompts.prompt(candidate.domain.instruction, question.text))
    if not system.retrieves:
        return prompt
    shown = system.search.shows(system.chunk_chars)
    average = sum(min(estimated(one.text), estimated("x" * shown)) for one in documents) / max(1, len(documents))
    return prompt + round(system.top_k * average)


def table(parts: Sequence[PlannedCalls]) -> str:
    """As text: a line for each candidate, and the sum where there are prices."""
    if not parts:
        return ""
    lines = ["", "systems that are built elsewhere:", *(line for part in parts for line in _line(part))]
    known = [part.money for part in parts if part.money is not None]
    unknown = sum(part.money is None and part.calls > 0 for part in parts)
    if any(known):
        rest = f"; the prices of {counted(unknown, 'system')} are not known" if unknown else ""
        lines.append(f"about {sum(known):.2g} in all, in the currency of the prices{rest}")
    if any(part.calls for part in parts):
        lines.append(
            "tokens are estimated from letters; what an application adds to a question, and how long the calls take, is not known"
        )
    return "\n".join([*lines, ""])


def _line(part: PlannedCalls) -> Iterator[str]:
    one = part.candidate
    name = f"{one.name} ({one.system.kind}{f', repeat {one.seed}' if one.seed else ''})"
    head = f"{part.suite:<16}{name:<32}"
    if not one.system.live:
        yield f"{head}answers from a file: nothing is asked"
    elif not part.calls:
        yield f"{head}nothing to ask: all {counted(part.of, 'answer')} are kept"
    else:
        timed = f", about {part.further} with other passages" if part.further else ""
        timed += f", {part.rewritten} to rewrite questions" if part.rewritten else ""
        timed += f", {part.timed} more to time them" if part.timed else ""
        money = f", about {part.money:.2g}" if part.money is not None else ""
        tokens = f"about {part.read:,} tokens read and {part.written:,} written"
        yield f"{head}{part.asked} of {counted(part.of, 'question')}{timed}: {counted(part.calls, 'call')}, {tokens}{money}"
