"""Real objects of LangChain, LlamaIndex and Haystack sit the exam as they are, and score what the same composition scores."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from proctor.core.schema import Suite
from proctor.core.storage.cache import Cache
from proctor.evals.axes.catalogue import AXES
from proctor.evals.exam import EvalContext, Exam
from proctor.evals.judges.lexical import LexicalJudge
from proctor.models.base.base import EMBEDDED, find
from proctor.models.candidates.callable import Callable
from proctor.models.candidates.external import Setup
from proctor.models.candidates.local import LocalCandidate
from proctor.models.generation.limits import limits
from proctor.models.runtime import Runtime
from proctor.models.systems import System
from proctor.suites.loading.load import load
from tests import chains

ROOT = Path(__file__).resolve().parents[2]
NEEDED = {"langchain": "langchain_core", "llama_index": "llama_index.core", "haystack": "haystack"}
QUESTIONS = 24


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    chains.CACHE[:] = [tmp_path_factory.mktemp("chains")]
    yield chains.CACHE[0]
    chains.parts.cache_clear()
    chains.CACHE.clear()


@pytest.fixture(scope="module")
def suite() -> Suite:
    return load("instruments")


@pytest.fixture(scope="module")
def rag(folder: Path, suite: Suite) -> LocalCandidate:
    cache = Cache(folder)
    base = find(str(EMBEDDED), cache)
    return LocalCandidate(System("rag", retrieve="dense"), base, suite.domain, Runtime(cache), limits=limits(suite, base))


def scores(
    candidate: LocalCandidate | Callable, base: LocalCandidate, suite: Suite, cache: Cache
) -> dict[tuple[str, str], object]:
    evaluation = EvalContext(suite, suite.questions[:QUESTIONS], candidate, base, LexicalJudge(), cache, QUESTIONS)
    found = [
        record for axis in ("accuracy", "retrieval", "citations") for record in Exam(evaluation, lambda _: None).run(AXES[axis])
    ]
    return {(record.metric, record.item): record.value for record in found}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # theirs
@pytest.mark.parametrize("name", NEEDED)
def test_a_pipeline_scores_what_the_same_composition_of_proctor_s_scores(
    name: str, folder: Path, suite: Suite, rag: LocalCandidate
) -> None:
    pytest.importorskip(NEEDED[name], reason=f"{NEEDED[name]} is not installed")
    cache = Cache(folder)
    chain = Callable(
        System(name, callable=f"tests.chains:{name}"), Setup(suite.domain, Runtime(cache), rag.base_model, root=ROOT)
    )
    questions = suite.questions[:QUESTIONS]
    ours, theirs = rag.answers(questions), chain.answers(questions)
    assert [answer.error or answer.text for answer in theirs] == [answer.text for answer in ours]
    assert [[one.document for one in answer.contexts or ()] for answer in theirs] == [
        [one.document for one in answer.contexts or ()] for answer in ours
    ]
    assert scores(chain, rag, suite, cache) == scores(rag, rag, suite, cache)
