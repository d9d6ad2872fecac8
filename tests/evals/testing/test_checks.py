"""What a third party's system, judge or retriever must hold is held by our own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from proctor.core import extras
from proctor.core.redaction import hide
from proctor.core.schema import Answer, Context, Document, Domain, Example, Question
from proctor.core.storage.cache import Cache
from proctor.evals.judges.lexical import LexicalJudge
from proctor.evals.judges.nli import NliJudge
from proctor.evals.judges.openai import openai_judge
from proctor.evals.testing.checks import candidate_checks, judge_checks, retriever_checks
from proctor.evals.testing.fakes import Answering, CannedChat, CannedJudge, Fake
from proctor.evals.testing.of_judges import PLAIN
from proctor.models.base.base import find
from proctor.models.candidates.local import LocalCandidate
from proctor.models.retrieval import search
from proctor.models.retrieval.alone import Alone
from proctor.models.runtime import Runtime
from proctor.models.stores.named import STORES
from proctor.models.systems import System
from tests import tiny
from tests.evals.judges.test_openai_judge import Reply, endpoint
from tests.evals.judges.test_openai_judge import said as replied

NAMES = ("Kelvo", "Marla", "Toru", "Zenna", "Quist")
DOCUMENTS = tuple(
    Document(f"N{place}", f"The {name} is covered for {place + 1} years.", f"{name} warranty") for place, name in enumerate(NAMES)
)
QUESTIONS = tuple(
    Question(f"q{place}", f"For how many years is the {name} covered?", (f"{place + 1} years",), (f"N{place}",))
    for place, name in enumerate(NAMES)
)
DOMAIN = Domain(
    DOCUMENTS, tuple(Example(f"Cover of the {name}?", f"{place + 1} years", (f"N{place}",)) for place, name in enumerate(NAMES))
)
KEY = "sk-very-secret-0123456789"
HERE: dict[str, Any] = {}
"""Where models, caches and a server are while the tests of this file run: checks are made before there are any."""


@pytest.fixture(scope="module", autouse=True)
def here(tiny_llama: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folders = tmp_path_factory.mktemp("checks")
    HERE.update(llama=tiny_llama, folders=(folders / str(number) for number in count()), nli=tiny.nli(folders / "nli"))
    with endpoint(lambda: (500, {})) as served:
        served.answer = replying  # type: ignore[method-assign]
        HERE["url"] = served.url
        yield
    HERE.clear()


def replying(request: dict[str, Any]) -> Reply:
    """What a good model behind an endpoint says, that tells everybody the key that it was given."""
    prompt, form = request["messages"][0]["content"], request.get("response_format", {}).get("json_schema", {})
    if "verdict" not in json.dumps(form) or not prompt.strip():
        return 400, {"error": {"message": f"no such prompt; your key is {KEY}"}}
    verdict = 1 if any(one.prompt == prompt and one.supported for one in PLAIN) else 0
    said: Any = {"verdicts": [{"reason": f"so says {KEY}", "verdict": verdict}]} if "$defs" in form else {"verdict": verdict}
    return replied(json.dumps(said))


def local(system: System) -> Callable[[], LocalCandidate]:
    """Makes a candidate with a cache of its own, so that nothing is read back from the one before."""

    def make() -> LocalCandidate:
        cache = Cache(next(HERE["folders"]))
        return LocalCandidate(replace(system, max_new_tokens=8), find(str(HERE["llama"]), cache), DOMAIN, Runtime(cache))

    return make


RAG = System("rag", retrieve="bm25")
HYBRID = System("hybrid", adapt="lora", retrieve="bm25", rank=4, epochs=1)
BASE, PROMPTED = local(System("base")), local(System("prompted", few_shot=2))


@pytest.mark.parametrize("check", candidate_checks(BASE, QUESTIONS, DOMAIN, others=[PROMPTED, local(RAG)]))
def test_a_base_model_holds(check: Callable[[], None]) -> None:
    check()


@pytest.mark.parametrize("check", candidate_checks(local(RAG), QUESTIONS, DOMAIN, others=[local(replace(RAG, top_k=1))]))
def test_a_system_that_retrieves_holds(check: Callable[[], None]) -> None:
    check()


@pytest.mark.slow
@pytest.mark.parametrize("check", candidate_checks(local(HYBRID), QUESTIONS, DOMAIN, others=[local(replace(HYBRID, rank=2))]))
def test_a_system_that_is_trained_and_retrieves_holds(check: Callable[[], None]) -> None:
    check()


def shown(question: Question) -> Answer:
    return Answer(question.id, "3 years", tuple(Context(one.id, one.text) for one in DOCUMENTS[:2]), citations=("N2",))


def become(_: str, domain: Domain, __: object) -> Fake:
    return replace(FAKE, version="with other documents", documents=tuple(Context(one.id, one.text) for one in domain.documents))


PASSAGES = tuple(Context(one.id, one.text) for one in DOCUMENTS)
FAKE = Fake(shown, retrieves=True, documents=PASSAGES, become=become, load=lambda: ("a model", "a tokenizer"))


@pytest.mark.parametrize("check", candidate_checks(FAKE, QUESTIONS, DOMAIN, others=[replace(FAKE, version="2")]))
def test_a_fake_holds(check: Callable[[], None]) -> None:
    check()


@pytest.mark.parametrize("check", candidate_checks(Answering(lambda one: Answer(one.id, "3 years")), QUESTIONS, DOMAIN))
def test_what_only_answers_holds(check: Callable[[], None]) -> None:
    check()


@pytest.mark.parametrize("check", judge_checks(LexicalJudge))
def test_the_lexical_judge_holds(check: Callable[[], None]) -> None:
    check()


KNOWS_NOTHING = dict.fromkeys(("says_yes_to_plain_support", "says_yes_to_plain_contradiction"), "its weights are random")


@pytest.mark.parametrize("check", judge_checks(lambda: NliJudge(str(HERE["nli"])), leave_out=KNOWS_NOTHING))
def test_an_nli_judge_holds(check: Callable[[], None]) -> None:
    check()


def over_http(model: str) -> Callable[[], Any]:
    return lambda: openai_judge(f"{model}@{HERE['url']}", {"OPENAI_API_KEY": KEY})


@pytest.mark.parametrize("check", judge_checks(over_http("small"), others=[over_http("large")], secrets=[KEY]))
def test_a_chat_model_behind_an_endpoint_holds(check: Callable[[], None]) -> None:
    hide(KEY)  # the judge did so when it was made, and secrets are forgotten after each test
    check()


def spoken(prompt: str, _: str) -> dict[str, Any]:
    verdict = int(any(one.prompt == prompt and one.supported for one in PLAIN))
    return {"verdict": verdict, "verdicts": [{"reason": "so it is", "verdict": verdict}]}


@pytest.mark.parametrize("check", judge_checks(CannedChat(spoken), others=[CannedChat(spoken, version="2")]))
def test_a_canned_chat_judge_holds(check: Callable[[], None]) -> None:
    check()


CANNED = CannedJudge(*(frozenset(one.claim for one in PLAIN if one.supported == yes) for yes in (True, False)))


@pytest.mark.parametrize("check", judge_checks(CANNED))
def test_a_canned_judge_holds(check: Callable[[], None]) -> None:
    check()


def alone(kind: str, **settings: Any) -> Callable[[], Alone]:
    def make() -> Alone:
        system = System("alone", retrieve=kind, **settings)
        return Alone(search.engines(system, Cache(next(HERE["folders"])), "cpu")[system.retrievers[0]], system)

    return make


def kept_in(store: str) -> Callable[[], Alone]:
    def make() -> Alone:
        if extras.missing(STORES.needs(store)):
            pytest.skip(f"the client of {store} is not installed")
        return alone("dense", store=store)()

    return make


@pytest.mark.parametrize(
    "check", retriever_checks(alone("bm25"), DOCUMENTS, others=[alone("dense"), alone("bm25", chunk_chars=99)])
)
def test_retrieval_by_words_holds(check: Callable[[], None]) -> None:
    check()


STORED = [
    check for kind in ("faiss-hnsw", "qdrant") for check in retriever_checks(kept_in(kind), DOCUMENTS, others=[kept_in("faiss")])
]


@pytest.mark.slow
@pytest.mark.parametrize("check", STORED)
def test_retrieval_with_a_store_holds(check: Callable[[], None]) -> None:
    check()


@pytest.mark.slow
@pytest.mark.parametrize("check", retriever_checks(alone("dense"), DOCUMENTS, others=[alone("bm25")]))
def test_retrieval_by_meaning_holds(check: Callable[[], None]) -> None:
    check()
