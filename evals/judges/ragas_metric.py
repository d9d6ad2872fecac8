"""Ragas' own faithfulness metric, with our judge as its model. The only file that knows ragas.

Ragas writes prompts for a model that splits an answer into statements and gives a verdict on each. A chat judge gets
those prompts. An entailing judge gets the answer and the passages themselves, ahead of time and in one batch; ragas is
then handed its claims and verdicts as if a model had written them, and does the counting.
"""

from __future__ import annotations

import asyncio
import functools
import math
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

from proctor.core.environment import quiet
from proctor.core.schema import Score, not_applicable, unmeasured
from proctor.evals.judges.protocols import Attempt, ChatJudge, Judge, JudgeError, chats
from proctor.evals.judges.samples import PARALLEL, Sample, Verdicts, failure, verdicts

AsyncReplies = Callable[[str, type[Any]], Awaitable[Any]]
"""Turns a prompt and a schema into an instance of the schema."""


def faithfulness(judge: Judge, samples: Sequence[Sample]) -> list[Score]:
    """Supported claims / claims, for each sample. What cannot be judged is unmeasured, and costs only itself."""
    if not samples:
        return []
    if chats(judge):
        attempts = [Attempt(judge) for _ in samples]
        scores = asyncio.run(_scores(list(map(chat, attempts)), samples))
        return [attempt.settled(score) for attempt, score in zip(attempts, scores, strict=True)]
    return asyncio.run(_scores([Script(found).reply for found in verdicts(judge, samples)], samples))


async def _scores(replies: Sequence[AsyncReplies], samples: Sequence[Sample]) -> list[Score]:
    turns = asyncio.Semaphore(PARALLEL)
    with ThreadPoolExecutor(PARALLEL) as threads:
        asyncio.get_running_loop().set_default_executor(threads)
        return await asyncio.gather(*(_score(reply, sample, turns) for reply, sample in zip(replies, samples, strict=True)))


async def _score(reply: AsyncReplies, sample: Sample, turns: asyncio.Semaphore) -> Score:
    model = _ragas().Model(reply)
    question, answer, passages = sample
    async with turns:
        try:
            value = float((await _ragas().Faithfulness(model).ascore(question, answer, list(passages))).value)
        except Exception as error:  # noqa: BLE001 -- whatever a third-party metric raises costs this sample only
            return failure(error)
    if not math.isnan(value):
        return Score(value, model.remark)
    return unmeasured("the judge gave no verdicts") if model.claims else not_applicable("the judge found no claim in the answer")


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


def chat(judge: ChatJudge) -> AsyncReplies:
    """Forwards ragas' prompts to a chat judge, each in a thread of its own."""

    async def reply(prompt: str, schema: type[Any]) -> Any:
        return await asyncio.to_thread(judge.complete, prompt, schema)

    return reply


@functools.cache
def _ragas() -> SimpleNamespace:
    """Ragas' metric, and its model class filled in. Importing ragas takes seconds."""
    quiet()
    from ragas.llms.base import InstructorBaseRagasLLM
    from ragas.metrics.collections import Faithfulness

    class Model(InstructorBaseRagasLLM):  # type: ignore[misc] # ragas is not followed by mypy
        """Has someone else reply, and keeps what ragas' result leaves out: how many claims, and the verdict on each."""

        def __init__(self, reply: AsyncReplies) -> None:
            self.reply = reply
            self.claims = 0
            self.remark = ""

        async def agenerate(self, prompt: str, response_model: type[Any]) -> Any:
            reply = await self.reply(prompt, response_model)
            ruled = [(item.statement, item.verdict) for item in reply.statements if hasattr(item, "verdict")]
            self.claims = max(self.claims, len(reply.statements))
            self.remark = "\n".join(f"{'supported' if held else 'without support'}: {claim}" for claim, held in ruled)
            return reply

        def generate(self, prompt: str, response_model: type[Any]) -> Any:
            return asyncio.run(self.agenerate(prompt, response_model))

    return SimpleNamespace(Faithfulness=Faithfulness, Model=Model)
