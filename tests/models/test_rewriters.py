"""Questions put otherwise by a system's own model: once, many at a time, and counted to what an answer takes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from proctor.core.schema import Domain, InputError, Question, UnreachedError
from proctor.core.storage.cache import Cache
from proctor.evals.axes import cost
from proctor.models.base.base import BaseModel
from proctor.models.candidates import kinds
from proctor.models.candidates.endpoint import Endpoint
from proctor.models.candidates.external import Setup
from proctor.models.candidates.local import LocalCandidate
from proctor.models.generation import generate
from proctor.models.generation.limits import Limits
from proctor.models.generation.stopwatch import Stopwatch
from proctor.models.rerankers import api
from proctor.models.reranking import Reranking
from proctor.models.rewriters.hyde import HypotheticalPassage
from proctor.models.rewriters.rewrite import Query
from proctor.models.runtime import Runtime
from proctor.models.search_settings import Search
from proctor.models.systems import Calls, System, load
from tests.models.openai_servers import Served, served
from tests.models.reranking_servers import reranking
from tests.models.test_endpoint import DOMAIN, QUESTIONS, chat

RAG = System("rag", retrieve="bm25", max_new_tokens=8)
LORA = System("hybrid", adapt="lora", retrieve="bm25", rank=4, epochs=1, max_new_tokens=8, train_with_context=True)


def with_search(system: System, **search: Any) -> System:
    return replace(system, search=Search(**search))


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "RERANK_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    api._shared.cache_clear()


@pytest.fixture
def local(base: BaseModel, domain: Domain, runtime: Runtime) -> Callable[[System], LocalCandidate]:
    return lambda system: LocalCandidate(system, base, domain, runtime)


# prompts and replies


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("weight of the lamp", "weight of the lamp"),
        ('\nSearch query: "weight of the lamp"\nThis finds it.', "weight of the lamp"),
        ("Query: «Gewicht der Lampe»", "Gewicht der Lampe"),
        ("**weight of the lamp**", "weight of the lamp"),
        (' "" \n', ""),
        ("", ""),
    ],
)
def test_a_query_is_read_in_the_forms_that_models_write(said: str, found: str) -> None:
    assert Query().read(said) == found


def test_what_a_model_is_asked_holds_the_question_whole() -> None:
    conversation = "User: What does the lamp weigh?\nAssistant: 3 kg.\nUser: And the desk?"
    for one in (Query(), HypotheticalPassage()):
        assert conversation in one.prompt(conversation)
    assert "stands alone" in Query().prompt(conversation)


# weights that are here


def test_questions_are_rewritten_together_and_once_and_count_to_the_answer(
    local: Callable[[System], LocalCandidate], questions: tuple[Question, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    batches: list[int] = []
    usual = generate.generate

    def counting(model: Any, tokenizer: Any, prompts: Any, *given: Any, **more: Any) -> Any:
        batches.append(len(prompts))
        return usual(model, tokenizer, prompts, *given, **more)

    monkeypatch.setattr(generate, "generate", counting)
    one, plain = local(with_search(RAG, rewrite="rewrite")), local(RAG)
    answers = one.answers(questions)
    assert batches == [len(questions)] * 2, "one batch of rewriting and one of answers"
    rewriting = one.rewriting
    assert rewriting
    for question, answer, bare in zip(questions, answers, plain.answers(questions), strict=True):
        (written,) = rewriting.rewritten([question.text])
        took = {"rewrite_tokens": written.tokens, "rewrite_prompt_tokens": written.prompt_tokens}
        assert answer.searching == took | {"rewrite_seconds": written.seconds}
        assert written.prompt_tokens > 0
        found = dict(cost._of_answer({"input_price": 1.0, "output_price": 2.0}, answer))
        assert found[cost.TOKENS].value == answer.tokens + written.tokens
        assert found[cost.PROMPT_TOKENS].value == answer.prompt_tokens + written.prompt_tokens
        assert found[cost.MONEY].value == pytest.approx(
            (answer.prompt_tokens + written.prompt_tokens + 2 * (answer.tokens + written.tokens)) / 1_000_000
        )
        assert bare.searching == {}
    count = len(batches)
    assert local(with_search(RAG, rewrite="rewrite")).retrieve(questions) == one.retrieve(questions)
    assert len(batches) == count, "what was written is kept"
    assert one.describe()["rewriting"]["questions"] == len(questions)


def test_what_is_written_is_searched_with(local: Callable[[System], LocalCandidate], questions: tuple[Question, ...]) -> None:
    one, plain = local(with_search(RAG, rewrite="rewrite")), local(RAG)
    assert one.rewriting
    texts = [written.text for written in one.rewriting.rewritten([question.text for question in questions])]
    assert texts != [question.text for question in questions]
    assert one.retrieve(questions) == plain.retrieve([replace(questions[0], text=text) for text in texts])


def test_a_made_up_passage_is_embedded_and_words_are_looked_up_with_the_question(
    local: Callable[[System], LocalCandidate], questions: tuple[Question, ...]
) -> None:
    both = local(with_search(replace(RAG, retrieve=("dense", "bm25")), rewrite="hyde"))
    assert both.queries
    asked = both.queries([question.text for question in questions])
    assert asked["bm25"] == [question.text for question in questions]
    assert asked["dense"] != asked["bm25"]
    found = {step.stage: step.passages for step in both.steps(questions[:1])[0]}
    dense = local(replace(RAG, retrieve="dense"))
    assert found["dense"][:3] == dense.retrieve([replace(questions[0], text=asked["dense"][0])])[0]
    assert found["bm25"][:3] == local(RAG).retrieve(questions[:1])[0]


def test_a_rewriting_is_part_of_what_answers_are_kept_under_and_not_of_weights(
    local: Callable[[System], LocalCandidate],
) -> None:
    rows = [LORA, *(with_search(LORA, rewrite=name) for name in ("rewrite", "hyde"))]
    versions = [local(system) for system in rows]
    assert len({one.version for one in versions}) == 3
    assert len({one.weights_version for one in versions}) == 1
    assert local(RAG).version != local(with_search(RAG, rewrite="rewrite")).version
    first, second = (local(with_search(system, rewrite="rewrite")).rewriting for system in (RAG, LORA))
    assert first
    assert second
    assert first.version != second.version, "other weights write otherwise"


@pytest.mark.slow
def test_a_question_is_rewritten_anew_where_it_is_timed_before_its_passages_are_found(
    local: Callable[[System], LocalCandidate], questions: tuple[Question, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = local(with_search(replace(RAG, retrieve="dense"), rewrite="hyde"))
    one.answers(questions[:2])
    events: list[str] = []
    usual, found = generate.generate, Stopwatch.found

    def generating(model: Any, tokenizer: Any, prompts: Any, limits: Limits, *given: Any, **more: Any) -> Any:
        events.append("rewrite" if limits.tokens == HypotheticalPassage().tokens else "answer")
        return usual(model, tokenizer, prompts, limits, *given, **more)

    def noting(clock: Stopwatch) -> None:
        events.append("found")
        found(clock)

    monkeypatch.setattr(generate, "generate", generating)
    monkeypatch.setattr(Stopwatch, "found", noting)
    assert all(row.error is None for row in one.latencies(questions[:2]))
    assert events
    assert events == ["rewrite", "found", "answer"] * (len(events) // 3)


def test_a_question_without_room_is_searched_with_as_it_is(
    local: Callable[[System], LocalCandidate], caplog: pytest.LogCaptureFixture
) -> None:
    one = local(with_search(RAG, rewrite="rewrite"))
    long = "How long is the kestrel covered? " * 60
    assert one.rewriting
    (found, other) = one.rewriting.rewritten([long, "How long?"])
    assert (found.text, found.unread, found.tokens) == (long, True, 0)
    assert "1 of 2 questions are searched with as they are" in caplog.text or other.unread


# a model that is served


def saying(prompt: str) -> str:
    """Rewrites to the name alone; answers as `chat` does."""
    if "search engine" in prompt:
        return f'"{prompt.rpartition("town does ")[2].partition(" live")[0]}"'
    if "short passage" in prompt:
        return "Bob lives in Rome."
    return chat(prompt)


def made(server: Served | str, folder: Path, search: Search, **row: Any) -> Endpoint:
    url = server if isinstance(server, str) else server.url
    system = System("bot", endpoint=f"openai:m@{url}", **{"retrieve": "bm25", **row}, search=search)
    return cast("Endpoint", kinds.candidate(system, cast("Any", None), Setup(DOMAIN, Runtime(Cache(folder)), "tiny", Limits())))


def test_a_served_model_rewrites_once_and_what_it_takes_counts(tmp_path: Path) -> None:
    with served(saying) as server:
        one = made(server, tmp_path, Search(rewrite="rewrite"))
        answers = one.answers(QUESTIONS)
        assert [answer.text for answer in answers] == ["Turin", "Rome", "Oslo"]
        asked = [prompt for prompt in server.prompts if "search engine" in prompt]
        assert (len(asked), len(server.prompts)) == (3, 6)
        assert {fields["max_tokens"] for fields in server.asked} == {64, 32}
        assert answers[0].searching["rewrite_prompt_tokens"] == len(re.findall(r"\S+", asked[0]))
        again = made(server, tmp_path, Search(rewrite="rewrite"))
        assert again.retrieve(QUESTIONS) == one.retrieve(QUESTIONS)
        assert again.answers(QUESTIONS) == answers
        assert len(server.prompts) == 6
        assert one.rewriting
        assert [found.text for found in one.rewriting.rewritten([QUESTIONS[0].text])] == ["Ada Rossi"]


def test_a_served_model_is_timed_with_its_rewriting(tmp_path: Path) -> None:
    with served(saying, pause=0.05) as server:
        one = made(server, tmp_path, Search(rewrite="rewrite"))
        timed = one.latencies(QUESTIONS[:1])
        assert timed[0].error is None
        assert timed[0].retrieval >= 0.05, "the server's pause before the query stands there"
        assert sum("search engine" in prompt for prompt in server.prompts) * 2 == len(server.prompts)


def test_a_server_that_fails_ends_the_search_and_costs_nothing_twice(tmp_path: Path) -> None:
    calls = Calls(input_price=1_000_000.0, output_price=0.0, max_cost=100.0, max_concurrency=1)
    with served(saying) as server:
        one = made(server, tmp_path, Search(rewrite="rewrite"), calls=calls)
        with pytest.raises(UnreachedError, match="max_cost is 100"):
            one.answers(QUESTIONS)
        paid = len(server.prompts)
        assert 0 < paid < 6
        more = made(server, tmp_path, Search(rewrite="rewrite"), calls=replace(calls, max_cost=1e5))
        more.answers(QUESTIONS)
        assert len(server.prompts) == 6


# with a reranker


def test_a_reranked_search_hands_on_the_best_and_says_what_that_took(
    local: Callable[[System], LocalCandidate], questions: tuple[Question, ...]
) -> None:
    with reranking("jina") as server:
        asked = Reranking(input_price=1_000_000.0)
        search = {"rerank": f"rerank:m@{server.url}", "reranking": asked, "candidates": 6}
        one = local(replace(with_search(RAG, **search), top_k=2))
        answers = one.answers(questions)
        for question, answer in zip(questions, answers, strict=True):
            assert answer.contexts
            assert len(answer.contexts) == 2
            assert answer.contexts[0].document == question.evidence[0]
            assert list(answer.contexts) == sorted(answer.contexts, key=lambda context: -context.score)
            took = answer.searching
            assert took["rerank_money"] == pytest.approx(took["rerank_tokens"])
            scores = dict(cost._of_answer({}, answer))
            assert scores[cost.RERANK_TOKENS].value == took["rerank_tokens"] > 0
        assert {len(fields["documents"]) for fields in server.asked} == {6}
        count = len(server.asked)
        assert [step.stage for step in one.steps(questions[:1])[0]] == ["bm25", "reranked", "top_k"]
        assert len(server.asked) == count, "scores are kept"
        assert one.describe()["settings"]["reranker"] == f"rerank:m@{server.url}"
        prices = {"reranking": Reranking(input_price=2.0)}
        assert local(replace(with_search(RAG, **search | prices), top_k=2)).version == one.version
        other = local(replace(with_search(RAG, **search | {"rerank": f"rerank:n@{server.url}"}), top_k=2))
        assert other.version != one.version


def test_a_reranker_that_is_down_is_said_before_the_exam(local: Callable[[System], LocalCandidate]) -> None:
    search = {"rerank": "rerank:m@http://127.0.0.1:9", "reranking": Reranking(timeout=0.2)}
    with pytest.raises(InputError, match=r"reranker rerank:m@http://127.0.0.1:9 cannot be used"):
        local(with_search(RAG, **search)).check()
    with pytest.raises(InputError, match=r"reranker cross-encoder:./nowhere: no such folder"):
        local(with_search(RAG, rerank="cross-encoder:./nowhere"))


# the table


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ('retrieve = "dense"\nsearch = {rewrite = "hyde"}', ""),
        ('endpoint = "openai:m@http://h/v1"\nretrieve = "bm25"\nsearch = {rewrite = "rewrite"}', ""),
        ('retrieve = "bm25"\nsearch = {rerank = "rerank:m@http://h/v1", reranking = {key = "MINE", request_price = 0.002}}', ""),
        ('retrieve = "dense"\nsearch = {rewrite = "hide"}', "there is no rewriter 'hide'; did you mean 'hyde'?"),
        ('search = {rewrite = "hyde"}', "nothing is searched; leave it out, or add retrieve"),
        ('service = "http://h/ask"\nsearch = {rewrite = "hyde"}', "what is behind service is not put together here"),
        ('callable = "app:ask"\nsearch = {rerank = "openai:m"}', "what is behind callable is not put together here"),
        ('retrieve = "bm25"\nsearch = {rewrite = "hyde"}', 'write rewrite = "rewrite", or add "dense" to retrieve'),
        ('retrieve = "bm25"\nsearch = {rerank = "cohere:m"}', "there is no reranker 'cohere'; write"),
        (
            'retrieve = "bm25"\nsearch = {rerank = "cross-encoder:x", reranking = {max_inputs = 3}}',
            "no reranker is asked over an",
        ),
        ('retrieve = "bm25"\nsearch = {rerank = "openai:m", reranking = {max_cost = 3}}', "nothing says what a request costs"),
    ],
)
def test_a_row_that_cannot_be_meant_is_refused_with_what_to_do(row: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "systems.toml"
    path.write_text(f"[one]\n{row}\n", encoding="utf-8")
    if not said:
        assert load(path)["one"].search != Search()
        return
    with pytest.raises(InputError, match=re.escape(said)):
        load(path)


def test_provenance_shows_no_secret_of_an_address() -> None:
    row = with_search(RAG, rerank="rerank:m@http://user:word@host/v1?api-key=1")
    assert row.settings["search"]["rerank"] == "rerank:m@http://host/v1"
