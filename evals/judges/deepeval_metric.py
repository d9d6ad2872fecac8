"""Deepeval's own hallucination metric, with our judge as its model. The only file that knows deepeval.

The metric asks, of each context, whether the output agrees with it. The direction of its score has turned round: it was
the share of contexts contradicted (0 best, the threshold a maximum) and is, in the version pinned, the share agreed
with (1 best, the threshold a minimum); without any verdict it is perfect. So the score is left alone. The verdicts are
taken as given, there must be one for each context, and the share contradicted is computed here.
"""

from __future__ import annotations

import contextlib
import functools
import io
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import SimpleNamespace
from typing import Any

from proctor.core.environment import quiet
from proctor.core.schema import Score, unmeasured
from proctor.evals.judges.panel import decide
from proctor.evals.judges.protocols import Attempt, ChatJudge, EntailingJudge, EntailmentInput, Judge, JudgeError, chats, each
from proctor.evals.judges.samples import PARALLEL, Sample, failure, verdicts

Replies = Callable[[str, type[Any]], Any]
"""Turns a prompt and a schema into an instance of the schema."""


def contradicted(judge: Judge, samples: Sequence[Sample]) -> list[Score]:
    """Share of the passages that an answer contradicts, for each sample. What cannot be judged costs only itself."""
    return decide(judge, partial(_contradicted, samples))


def _contradicted(samples: Sequence[Sample], judge: Judge) -> list[Score]:
    if not samples:
        return []
    if chats(judge):
        _deepeval()  # imported once, before there are threads
        with ThreadPoolExecutor(PARALLEL) as threads:
            return list(threads.map(partial(_asked, judge), samples))
    return [_score(script(mine), sample) for mine, sample in zip(contradictions(judge, samples), samples, strict=True)]


def contradictions(judge: EntailingJudge, samples: Sequence[Sample]) -> list[Sequence[bool | JudgeError]]:
    """For each sample, whether the answer contradicts each passage.

    What the passages together bear out contradicts none of them: where an answer takes two documents, each alone may
    seem to say otherwise.
    """
    borne_out = [found if isinstance(found, JudgeError) else found.borne_out for found in verdicts(judge, samples)]
    asked = [sample for sample, outcome in zip(samples, borne_out, strict=True) if outcome is False]
    pairs = [EntailmentInput((passage,), sample.question, sample.answer) for sample in asked for passage in sample.passages]
    outcomes = iter(each(judge.contradicts, pairs))
    known: list[Sequence[bool | JudgeError]] = []
    for sample, outcome in zip(samples, borne_out, strict=True):
        settled = outcome if isinstance(outcome, JudgeError) else False
        known.append([next(outcomes) if outcome is False else settled for _ in sample.passages])
    return known


def _asked(judge: ChatJudge, sample: Sample) -> Score:
    attempt = Attempt(judge)
    return attempt.settled(_score(chat(attempt), sample))


def _score(reply: Replies, sample: Sample) -> Score:
    """One sample, measured by a fresh metric: deepeval keeps its results on the metric object."""
    metric = _deepeval().Metric(model=_deepeval().Model(reply), include_reason=False, async_mode=False)
    try:
        metric.measure(case(sample), _show_indicator=False)
    except Exception as error:  # noqa: BLE001 -- whatever a third-party metric raises costs this sample only
        return failure(error)
    said = [str(verdict.verdict.value) for verdict in metric.verdicts if verdict is not None]
    if len(said) != len(sample.passages):
        return unmeasured(f"the judge gave {len(said)} verdicts on {len(sample.passages)} contexts")
    return Score(said.count("no") / len(said), f"agrees with each context: {', '.join(said)}")


def case(sample: Sample) -> Any:
    """The sample as deepeval takes it.

    Deepeval's prompt shows the output without the question, and "3 years" alone contradicts nothing: so the question
    goes before it.
    """
    output = f"{sample.question} {sample.answer}"
    return _deepeval().Case(input=sample.question, actual_output=output, context=list(sample.passages))


def chat(judge: ChatJudge) -> Replies:
    """Forwards deepeval's prompts to a chat judge."""

    def reply(prompt: str, schema: type[Any]) -> Any:
        try:
            return judge.complete(prompt, schema)
        except TypeError as error:  # deepeval would take it for a missing parameter, and ask again without a schema
            raise JudgeError(f"TypeError: {error}") from error

    return reply


def script(contradictions: Sequence[bool | JudgeError]) -> Replies:
    """Answers deepeval's prompt with what an entailing judge has decided, whatever the prompt says."""

    def reply(prompt: str, schema: type[Any]) -> Any:
        del prompt
        for outcome in contradictions:
            if isinstance(outcome, JudgeError):
                raise outcome
        return schema(verdicts=[{"verdict": "no" if outcome else "yes", "reason": ""} for outcome in contradictions])

    return reply


@functools.cache
def _deepeval() -> SimpleNamespace:
    """Deepeval's metric, and its model class filled in."""
    quiet()
    with contextlib.redirect_stdout(io.StringIO()):  # it prints that it will write no files
        from deepeval.metrics import HallucinationMetric
        from deepeval.models import DeepEvalBaseLLM
        from deepeval.test_case import LLMTestCase

    class Model(DeepEvalBaseLLM):  # type: ignore[misc] # deepeval is not followed by mypy
        """Has someone else reply."""

        def __init__(self, reply: Replies) -> None:
            super().__init__()
            self.reply = reply

        def load_model(self) -> Any:
            return self

        def get_model_name(self) -> str:
            return "proctor"

        def generate(self, prompt: str, schema: Any = None) -> Any:
            return self.reply(prompt, schema)

        async def a_generate(self, prompt: str, schema: Any = None) -> Any:
            return self.reply(prompt, schema)

    with warnings.catch_warnings():  # the first metric made in a process warns that the score turned round: see the top
        warnings.simplefilter("ignore", DeprecationWarning)
        HallucinationMetric(model=Model(script([])))
    return SimpleNamespace(Metric=HallucinationMetric, Case=LLMTestCase, Model=Model)
