"""Ragas' own metrics, with our judge as their model: faithfulness and answer correctness. The only file that knows ragas.

Ragas writes prompts for a model that splits an answer into statements and gives a verdict on each. A chat judge gets
those prompts. An entailing judge gets the answer and the passages themselves, ahead of time and in one batch; ragas is
then handed its claims and verdicts as if a model had written them, and does the counting.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import SimpleNamespace
from typing import Any

from proctor.core.environment import quiet
from proctor.core.schema import Score, not_applicable, unmeasured
from proctor.evals.judges.panel import decide
from proctor.evals.judges.protocols import Attempt, ChatJudge, Judge, JudgeError, chats
from proctor.evals.judges.samples import PARALLEL, Sample, Verdicts, failure, verdicts

AsyncReplies = Callable[[str, type[Any]], Awaitable[Any]]
"""Turns a prompt and a schema into an instance of the schema."""
BARE = 3
"""Words up to which a text is a bare value."""


def faithfulness(judge: Judge, samples: Sequence[Sample]) -> list[Score]:
    """Supported claims / claims, for each sample. What cannot be judged is unmeasured, and costs only itself."""

    def by(one: Judge) -> list[Score]:
        return _measured(one, samples, _supported, lambda: [Script(found).reply for found in _verdicts(one, samples)])

    return decide(judge, by)


def correctness(judge: Judge, samples: Sequence[Sample]) -> list[Score]:
    """For each sample, how far its answer claims what a reference claims, as F1 over claims: the best of its references.

    The passages of a sample are its references. The metric is ragas' answer correctness without its share of similarity. What
    cannot be judged against any reference is unmeasured, and costs only itself.
    """
    return decide(judge, partial(_correctness, samples))


def _correctness(samples: Sequence[Sample], judge: Judge) -> list[Score]:
    each = [sample._replace(passages=(reference,)) for sample in samples for reference in sample.passages]
    found = iter(_measured(judge, each, _correct, lambda: [Compared(*two).reply for two in _both_ways(judge, each)]))
    return [_best([next(found) for _ in sample.passages]) for sample in samples]


def _best(found: Sequence[Score]) -> Score:
    """The highest score; the first reason where there is none."""
    return max((score for score in found if score.value is not None), key=lambda score: score.value or 0.0, default=found[0])


def _verdicts(judge: Judge, samples: Sequence[Sample]) -> list[Verdicts | JudgeError]:
    return [] if chats(judge) else verdicts(judge, samples)


def _both_ways(judge: Judge, samples: Sequence[Sample]) -> list[tuple[Verdicts | JudgeError, Verdicts | JudgeError]]:
    """For each sample, which claims of the answer the reference supports, and which of the reference's the answer does."""
    answers = [Sample(question, answer, (_stated(question, reference),)) for question, answer, (reference,) in samples]
    references = [Sample(question, reference, (_stated(question, answer),)) for question, answer, (reference,) in samples]
    found = _verdicts(judge, [*answers, *references])
    return list(zip(found[: len(samples)], found[len(samples) :], strict=True))


def _stated(question: str, text: str) -> str:
    """A text as a passage: what is no sentence says nothing without its question."""
    return text if len(text.split()) > BARE else f"{question} {text}"


def _measured(judge: Judge, samples: Sequence[Sample], score: _Scorer, script: Callable[[], list[AsyncReplies]]) -> list[Score]:
    """The score of each sample: by a chat judge's replies, or by what an entailing judge decided, put into ragas' form."""
    if not samples:
        return []
    import asyncio

    if not chats(judge):
        return asyncio.run(_scores(script(), samples, score))
    attempts = [Attempt(judge) for _ in samples]
    scores = asyncio.run(_scores(list(map(chat, attempts)), samples, score))
    return [attempt.settled(one) for attempt, one in zip(attempts, scores, strict=True)]


async def _scores(replies: Sequence[AsyncReplies], samples: Sequence[Sample], score: _Scorer) -> list[Score]:
    import asyncio

    turns = asyncio.Semaphore(PARALLEL)

    async def one(reply: AsyncReplies, sample: Sample) -> Score:
        async with turns:
            try:
                return await score(_ragas().Model(reply), sample)
            except Exception as error:  # noqa: BLE001 -- whatever a third-party metric raises costs this sample only
                return failure(error)

    with ThreadPoolExecutor(PARALLEL) as threads:
        asyncio.get_running_loop().set_default_executor(threads)
        return await asyncio.gather(*(one(reply, sample) for reply, sample in zip(replies, samples, strict=True)))


_Scorer = Callable[[Any, Sample], Awaitable[Score]]
"""Scores one sample, with a model of ragas'."""


async def _supported(model: Any, sample: Sample) -> Score:
    question, answer, passages = sample
    value = float((await _ragas().Faithfulness(model).ascore(question, answer, list(passages))).value)
    if not math.isnan(value):
        return Score(value, model.remark)
    return unmeasured("the judge gave no verdicts") if model.claims else not_applicable("the judge found no claim in the answer")


async def _correct(model: Any, sample: Sample) -> Score:
    """Ragas takes an answer without claims, or without verdicts, for perfect."""
    question, answer, (reference,) = sample
    metric = _ragas().AnswerCorrectness(model, weights=[1.0, 0.0])
    value = float((await metric.ascore(question, answer, reference)).value)
    said, expected = model.counts
    if not said:
        return Score(0.0, "the judge found no claim in the answer")
    if not expected:
        return unmeasured("the judge found no claim in the reference")
    return Score(value, model.remark) if model.remark else unmeasured("the judge gave no verdicts")


class Script:
    """Answers ragas' two prompts with what an entailing judge has decided, whatever the prompts say."""

    def __init__(self, found: Verdicts | JudgeError) -> None:
        self.found = found

    async def reply(self, prompt: str, schema: type[Any]) -> Any:
        """The claims, or the verdicts on them."""
        del prompt
        if isinstance(self.found, JudgeError):
            raise self.found
        if schema.__name__ == "StatementGeneratorOutput":
            return schema(statements=self.found.claims)
        said = zip(self.found.claims, self.found.supported, strict=True)
        return schema(statements=[{"statement": claim, "reason": "", "verdict": int(verdict)} for claim, verdict in said])


class Compared:
    """Answers the prompts of ragas' answer correctness likewise: those for the claims of answer and reference, and the last."""

    def __init__(self, answer: Verdicts | JudgeError, reference: Verdicts | JudgeError) -> None:
        self.answer, self.reference = answer, reference
        self.asked = 0

    async def reply(self, prompt: str, schema: type[Any]) -> Any:
        """The claims of the answer, then those of the reference, then which of them are in both."""
        del prompt
        if isinstance(self.answer, JudgeError):
            raise self.answer
        if isinstance(self.reference, JudgeError):
            raise self.reference
        if schema.__name__ == "StatementGeneratorOutput":
            self.asked += 1
            return schema(statements=(self.answer if self.asked == 1 else self.reference).claims)
        right, wrong = (_ruled(self.answer, held=held) for held in (True, False))
        return schema(TP=right, FP=wrong, FN=_ruled(self.reference, held=False))


def _ruled(found: Verdicts, *, held: bool) -> list[dict[str, str]]:
    """The claims with support, or those without, as ragas writes them."""
    pairs = zip(found.claims, found.supported, strict=True)
    return [{"statement": claim, "reason": ""} for claim, supported in pairs if supported is held]


def chat(judge: ChatJudge) -> AsyncReplies:
    """Forwards ragas' prompts to a chat judge, each in a thread of its own."""
    import asyncio

    async def reply(prompt: str, schema: type[Any]) -> Any:
        return await asyncio.to_thread(judge.complete, prompt, schema)

    return reply


@functools.cache
def _ragas() -> SimpleNamespace:
    """Ragas' metric, and its model class filled in. Importing ragas takes seconds."""
    quiet()
    import asyncio

    from ragas.llms.base import InstructorBaseRagasLLM
    from ragas.metrics.collections import AnswerCorrectness, Faithfulness

    class Model(InstructorBaseRagasLLM):  # type: ignore[misc] # ragas is not followed by mypy
        """Has someone else reply, and keeps what ragas' result leaves out: how many claims, and the verdict on each."""

        def __init__(self, reply: AsyncReplies) -> None:
            self.reply = reply
            self.counts: list[int] = []
            self.remark = ""

        @property
        def claims(self) -> int:
            """The most claims of any reply."""
            return max(self.counts, default=0)

        async def agenerate(self, prompt: str, response_model: type[Any]) -> Any:
            reply = await self.reply(prompt, response_model)
            if hasattr(reply, "statements"):
                self.counts.append(len(reply.statements))
            self.remark = "\n".join(f"{verdict}: {claim}" for verdict, claim in _rulings(reply))
            return reply

        def generate(self, prompt: str, response_model: type[Any]) -> Any:
            return asyncio.run(self.agenerate(prompt, response_model))

    return SimpleNamespace(AnswerCorrectness=AnswerCorrectness, Faithfulness=Faithfulness, Model=Model)


WORDS = {"TP": "in both", "FP": "only in the answer", "FN": "only in the reference"}


def _rulings(reply: Any) -> Iterator[tuple[str, str]]:
    """Each verdict of a reply in words, with the claim that it is on."""
    for item in getattr(reply, "statements", ()):
        if hasattr(item, "verdict"):
            yield ("supported" if item.verdict else "without support"), item.statement
    for name, word in WORDS.items():
        yield from ((word, item.statement) for item in getattr(reply, name, ()))
