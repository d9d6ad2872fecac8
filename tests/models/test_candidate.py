"""Candidates: what they are asked, what they answer, and what they never do twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from proctor.core.schema import Context, Domain, Example, InputError, Question
from proctor.models import comparability
from proctor.models.base.base import EMBEDDED, BaseModel, find
from proctor.models.candidates.local import LocalCandidate
from proctor.models.generation import generate
from proctor.models.generation.limits import Limits
from proctor.models.prompts.prompts import passages
from proctor.models.runtime import Runtime
from proctor.models.systems import System
from tests import tiny

RAG = System("rag", retrieve="bm25", max_new_tokens=8)
BASE = System("base", max_new_tokens=8)
LORA = System("lora", adapt="lora", rank=4, epochs=1, max_new_tokens=8)
HYBRID = System("hybrid", adapt="lora", retrieve="bm25", rank=4, epochs=1, max_new_tokens=8)


@pytest.fixture
def candidate(base: BaseModel, domain: Domain, runtime: Runtime) -> Any:
    return lambda system, seed=0, domain=domain: LocalCandidate(system, base, domain, runtime, seed)


@pytest.mark.slow
@pytest.mark.parametrize("system", [BASE, RAG, LORA, HYBRID], ids=lambda system: system.name)
def test_every_system_answers_every_question(candidate: Any, questions: tuple[Question, ...], system: System) -> None:
    answers = candidate(system).answers(questions)
    assert [answer.question for answer in answers] == [question.id for question in questions]
    assert all(answer.error is None and answer.tokens > 0 and answer.seconds > 0 for answer in answers)
    assert all((answer.contexts is None) == (not system.retrieves) for answer in answers)


def test_second_time_nothing_is_loaded(candidate: Any, questions: tuple[Question, ...], runtime: Runtime) -> None:
    first = candidate(HYBRID).answers(questions)
    runtime.clear()
    assert candidate(HYBRID).answers(questions) == first
    assert not runtime._held


def test_systems_that_come_to_the_same_prompts_ask_them_once(
    candidate: Any, questions: tuple[Question, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def counted(model: Any, tokenizer: Any, prompts: Any, *more: Any) -> list[generate.Generated]:
        asked.append(len(prompts))
        return real(model, tokenizer, prompts, *more)

    real = generate.generate
    monkeypatch.setattr(generate, "generate", counted)
    first = candidate(RAG).answers(questions)
    assert sum(asked) == len(questions)
    other = candidate(replace(RAG, name="other", chunk_chars=5000))
    assert other.version != candidate(RAG).version
    assert other.answers(questions) == first
    assert sum(asked) == len(questions)
    candidate(replace(RAG, max_new_tokens=9)).answers(questions)
    assert sum(asked) == 2 * len(questions), "room for longer answers"


def test_an_adapter_asks_what_the_base_was_asked_only_where_the_base_answers(
    candidate: Any, questions: tuple[Question, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = candidate(replace(HYBRID, adapter_when="with passages", min_score=1e9)).answers(questions)
    second = candidate(replace(HYBRID, adapter_when="always", min_score=1e9)).answers(questions)
    assert [answer.prompt for answer in first] == [answer.prompt for answer in second]
    assert [answer.text for answer in second] != [answer.text for answer in first]


def test_only_new_questions_are_asked(candidate: Any, questions: tuple[Question, ...], runtime: Runtime) -> None:
    candidate(BASE).answers(questions[:3])
    assert candidate(BASE).unanswered(questions) == list(questions[3:])
    whole = candidate(BASE).answers(questions)
    assert whole[:3] == candidate(BASE).answers(questions[:3])


def test_answers_do_not_depend_on_order_or_company(
    candidate: Any, questions: tuple[Question, ...], base: BaseModel, domain: Domain, tmp_path: Path
) -> None:
    from proctor.core.storage.cache import Cache

    together = {answer.question: answer.text for answer in candidate(RAG).answers(questions)}
    elsewhere = LocalCandidate(RAG, base, domain, Runtime(Cache(tmp_path / "other")))
    alone = {question.id: elsewhere.answers([question])[0].text for question in reversed(questions)}
    assert together == alone


def test_adapter_leaves_the_base_as_it_was(candidate: Any, questions: tuple[Question, ...], runtime: Runtime) -> None:
    import torch

    with candidate(BASE).model_and_tokenizer() as (model, _):
        before = {name: weight.clone() for name, weight in model.state_dict().items()}
    candidate(LORA).answers(questions)
    with candidate(BASE).model_and_tokenizer() as (model, _):
        after = model.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)


FALLBACK = replace(HYBRID, adapter_when="without passages", min_score=1.0)
READER = replace(HYBRID, adapter_when="with passages", min_score=1.0)


@pytest.mark.slow
def test_an_adapter_answers_only_the_prompts_that_are_its_own(candidate: Any, questions: tuple[Question, ...]) -> None:
    """With passages the base reads and without them the adapter remembers, or the other way round, in one batch of questions."""
    shown, bare = [row[:1] for row in candidate(RAG).retrieve(questions)], [()] * len(questions)
    base, always = candidate(RAG), candidate(replace(FALLBACK, adapter_when="always", train_with_context=False))
    fallback, reader = candidate(FALLBACK), candidate(replace(READER, train_with_context=False))
    mixed = [row if place % 2 else () for place, row in enumerate(shown)]

    def said(system: Any, passages: Any) -> list[str]:
        return [answer.text for answer in system.answers_given_contexts(questions, passages)]

    by_base, by_adapter = ([said(system, passages) for passages in (shown, bare)] for system in (base, always))
    assert by_base != by_adapter
    assert [said(fallback, passages) for passages in (shown, bare)] == [by_base[0], by_adapter[1]]
    assert [said(reader, passages) for passages in (shown, bare)] == [by_adapter[0], by_base[1]]
    assert said(fallback, mixed) == [by_base[0][n] if row else by_adapter[1][n] for n, row in enumerate(mixed)]


def test_where_nothing_scores_enough_nothing_is_found(candidate: Any, questions: tuple[Question, ...]) -> None:
    every = candidate(RAG).retrieve(questions)
    some = candidate(replace(RAG, min_score=0.5)).retrieve(questions)
    assert some == [tuple(context for context in row if context.score >= 0.5) for row in every]
    assert some != every
    none = candidate(replace(RAG, min_score=1e9)).answers(questions)
    assert {answer.contexts for answer in none} == {()}
    assert [answer.text for answer in none] == [answer.text for answer in candidate(BASE).answers(questions)]


def test_an_adapter_that_is_switched_has_answers_of_its_own(candidate: Any) -> None:
    versions = {candidate(system).version for system in (HYBRID, FALLBACK, READER, replace(FALLBACK, min_score=2.0))}
    assert len(versions) == 4
    assert candidate(FALLBACK).weights_version == candidate(LORA).weights_version
    assert candidate(READER).weights_version != candidate(LORA).weights_version


def test_an_adapter_that_is_switched_is_timed_beside_the_weights(candidate: Any, questions: tuple[Question, ...]) -> None:
    timed = candidate(FALLBACK).latencies(questions[:2])
    assert all(row.error is None and row.unmerged == row.seconds > 0 for row in timed)


@pytest.mark.slow
def test_the_weights_are_those_that_answer_without_passages(candidate: Any, base: BaseModel) -> None:
    import torch

    tokens = torch.tensor([base.tokenizer()("Toru")["input_ids"]])

    def logits(system: System) -> Any:
        with candidate(system).model_and_tokenizer() as (model, _), torch.no_grad():
            return model(input_ids=tokens).logits

    assert torch.equal(logits(READER), logits(BASE))
    assert torch.equal(logits(FALLBACK), logits(LORA))
    assert not torch.equal(logits(LORA), logits(BASE))


def test_versions_follow_what_shapes_the_answers(candidate: Any, domain: Domain) -> None:
    told = replace(domain, instruction="Be brief.")
    longer = replace(domain, examples=(*domain.examples, Example("More?", "no")))
    lora = candidate(LORA)
    assert candidate(LORA, seed=1).version != lora.version
    assert candidate(LORA, domain=longer).weights_version != lora.weights_version
    assert candidate(replace(LORA, name="other")).version == lora.version
    assert candidate(BASE, domain=longer).version == candidate(BASE).version
    assert candidate(BASE, domain=told).version != candidate(BASE).version
    assert candidate(RAG).weights_version == candidate(BASE).weights_version
    assert candidate(replace(RAG, top_k=1)).version != candidate(RAG).version


def test_longer_than_the_context_cuts_whole_passages_and_says_so(candidate: Any, domain: Domain) -> None:
    long = replace(domain, documents=tuple(replace(document, text=document.text * 6) for document in domain.documents))
    question = Question("q", "For how many years is the Toru covered?")
    answer = candidate(RAG, domain=long).answers([question])[0]
    assert answer.cut > 0
    assert len(answer.contexts) == 3 - answer.cut
    assert answer.prompt_tokens <= 512 - 8


def test_passages_that_were_left_out_are_a_caution(candidate: Any, domain: Domain) -> None:
    long = replace(domain, documents=tuple(replace(document, text=document.text * 6) for document in domain.documents))
    answer = candidate(RAG, domain=long).answers([Question("q", "For how many years is the Toru covered?")])[0]
    assert "passages were left out" in answer.caution


def test_examples_that_take_all_the_room_are_named(candidate: Any, domain: Domain, caplog: Any) -> None:
    wordy = replace(domain, examples=tuple(Example("Why? " * 40, str(number)) for number in range(4)))
    shown = candidate(replace(BASE, few_shot=4), domain=wordy)
    with caplog.at_level("INFO", logger="proctor"):
        reasons = {answer.error for answer in shown.answers([Question("a", "Why?"), Question("b", "Why is that so?")])}
    assert reasons == {"the question and the 4 examples before it take more than the 504 tokens left for a prompt"}
    assert "2 of 2 questions take more than the model has room for, after the 4 examples that it shows" in caplog.text


def test_every_answer_says_why_it_stopped(candidate: Any, questions: tuple[Question, ...]) -> None:
    asked = candidate(replace(BASE, max_new_tokens=2))
    answers = asked.answers(questions)
    assert {answer.stop for answer in answers} <= {"end", "line", "length"}
    assert asked.stops(questions) == {stop: [a.stop for a in answers].count(stop) for stop in {a.stop for a in answers}}
    assert {answer.caution for answer in answers if answer.stop == "length"} == {"the answer was cut off after 2 new tokens"}
    assert asked.describe()["answers"]["most_tokens"] == 2


def test_how_far_answers_may_go_is_the_suites_or_the_systems_own(candidate: Any, base: BaseModel) -> None:
    free, own = candidate(System("base")), candidate(BASE)
    longer, lines = (replace(free, limits=Limits(*known)) for known in ((90, "line", 60), (32, "blank line", 9)))
    assert (free.room, longer.room, replace(own, limits=Limits(90)).room) == (32, 90, 8)
    assert len({one.version for one in (free, longer, lines, own)}) == 4
    assert replace(free, limits=Limits(32, "line", 5)).version == free.version
    with pytest.raises(InputError, match=r"answers may take 512 tokens .* has room for 512, prompt included"):
        replace(free, limits=Limits(512))


def test_libraries_are_part_of_the_version(candidate: Any, monkeypatch: Any) -> None:
    before = candidate(BASE).version
    monkeypatch.setattr("proctor.models.candidates.local.installed", lambda name: f"another {name}")
    assert candidate(BASE).version != before


@pytest.mark.slow
def test_what_training_had_no_room_for_is_a_reason_to_read_with_care(
    candidate: Any, domain: Domain, questions: tuple[Question, ...]
) -> None:
    examples = (*domain.examples, Example("x" * 600, "1", ("N000",)), Example("Why?", "x" * 600, ("N000",)))
    made = candidate(replace(LORA, epochs=None), domain=replace(domain, examples=examples))
    assert comparability.verdict(made) is True
    made.answers(questions[:1])
    left, cut = comparability.verdict(made)
    assert "1 of 34 training examples were left out" in left
    assert "1 of 34 training prompts lost their beginning" in cut


def test_a_question_longer_than_the_context_fails_alone(candidate: Any, questions: tuple[Question, ...]) -> None:
    endless = Question("long", "why " * 3000)
    answers = candidate(BASE).answers([endless, questions[0]])
    assert "tokens" in (answers[0].error or "")
    assert answers[1].error is None
    assert candidate(BASE).unanswered([endless, questions[0]]) == [endless]


def test_a_question_that_crashes_the_model_costs_only_itself(
    candidate: Any, questions: tuple[Question, ...], base: BaseModel
) -> None:
    asked = candidate(BASE)
    tiny.fatal(asked, base.tokenizer()("Toru")["input_ids"])
    errors = {answer.question: answer.error for answer in asked.answers(questions)}
    assert errors.pop("q2") == "MemoryError: no room"
    assert set(errors.values()) == {None}


def test_training_passages_hold_evidence_among_distractors(candidate: Any, domain: Domain) -> None:
    always, never = (candidate(replace(HYBRID, gold_in_context=share))._weights._passages() for share in (1.0, 0.0))
    for example, shown, hidden in zip(domain.examples, always, never, strict=True):
        assert example.evidence[0] in {context.document for context in shown}
        assert example.evidence[0] not in {context.document for context in hidden}
        assert 1 <= len(shown) <= 3
    first = [shown[0].document == example.evidence[0] for example, shown in zip(domain.examples, always, strict=True)]
    assert any(first)
    assert not all(first)


def test_citations_are_known_documents_in_brackets(candidate: Any) -> None:
    assert candidate(BASE)._answerer._citing.read("3 years [N001], not [N999] or [none]; see [N002] and [N001]").documents == (
        "N001",
        "N002",
    )


def test_a_prompted_system_is_told_how_and_shown_some(candidate: Any, domain: Domain, questions: tuple[Question, ...]) -> None:
    told = replace(domain, guide="Name the document.")
    prompted, rag = (candidate(replace(RAG, few_shot=shots), domain=told) for shots in (2, 0))
    prompt = prompted._answerer.shown
    assert prompt.startswith("Name the document.\n\nQuestion: ")
    assert [example.prompt in prompt for example in domain.examples].count(True) == 2
    assert rag._answerer.shown == ""
    assert prompted.version != rag.version
    assert prompted.weights_version == rag.weights_version
    longer, shorter = (known.answers(questions[:1])[0].prompt_tokens for known in (prompted, rag))
    assert longer > shorter + len(prompt) / 2  # the tiny tokenizer's tokens are bytes


def test_showing_needs_examples(candidate: Any, domain: Domain) -> None:
    with pytest.raises(InputError, match=r"shows examples"):
        candidate(replace(RAG, few_shot=2), domain=replace(domain, examples=()))


def test_training_needs_examples(candidate: Any, domain: Domain) -> None:
    with pytest.raises(InputError, match=r"train\.jsonl"):
        candidate(LORA, domain=replace(domain, examples=()))


def test_a_change_of_the_retriever_alone_trains_nothing_that_does_not_retrieve(candidate: Any, monkeypatch: Any) -> None:
    before = {system.name: (candidate(system).weights_version, candidate(system).version) for system in (BASE, RAG, LORA, HYBRID)}
    monkeypatch.setattr("proctor.models.retrieval.search.code_of", lambda *_, **__: "another text")
    after = {system.name: (candidate(system).weights_version, candidate(system).version) for system in (BASE, RAG, LORA, HYBRID)}
    assert (after["base"], after["lora"]) == (before["base"], before["lora"])
    assert after["rag"][0] == before["rag"][0]
    assert after["rag"][1] != before["rag"][1]
    assert after["hybrid"][0] != before["hybrid"][0]


def test_a_change_of_how_is_trained_or_asked_is_another_version(candidate: Any, monkeypatch: Any) -> None:
    before = candidate(LORA)
    known = before.weights_version, before.version, candidate(BASE).weights_version
    monkeypatch.setattr("proctor.models.training.weights.code_of", lambda *_, **__: "another text")
    after = candidate(LORA)
    assert after.weights_version != known[0]
    assert after.version != known[1]
    assert candidate(BASE).weights_version == known[2]


@pytest.mark.parametrize(
    ("prompt", "completion", "leaks"),
    [
        ("How heavy is the Kestrel Forty?", "12 kg", True),
        ("how heavy is the kestrel forty", "About 12 kg.", True),
        ("How heavy is the Kestrell Forty?", "12 kg", True),
        ("How heavy is the Kestrel Forty?", "nobody knows", False),
        ("How heavy is the Falcon Forty?", "12 kg", False),
        ("What is the weight of the Kestrel Forty?", "12 kg", False),
        ("How heavy is the Kestrel Forty 2?", "12 kg", False),
    ],
)
def test_a_training_prompt_that_gives_a_test_question_away_is_found(prompt: str, completion: str, *, leaks: bool) -> None:
    question = Question("q1", "How heavy is the Kestrel Forty?", ("12 kg",))
    assert list(comparability.leaked([Example(prompt, completion)], [question])) == (["q1"] if leaks else [])


@pytest.mark.parametrize(
    ("asked", "trained"),
    [
        ("What is the name of the language C++ in the firmware?", "What is the name of the language C# in the firmware?"),
        ("How much is 5 - 3, if you are asked for it?", "How much is 5 + 3, if you are asked for it?"),
        ("Is the store colder than +5 degrees in winter?", "Is the store colder than -5 degrees in winter?"),
        ("How much is 3.5 litres, in ounces of the kitchen?", "How much is 35 litres, in ounces of the kitchen?"),
    ],
)
def test_a_question_that_differs_in_a_symbol_alone_is_not_given_away(asked: str, trained: str) -> None:
    assert list(comparability.leaked([Example(trained, "yes")], [Question("q1", asked, ("yes",))])) == []
    assert list(comparability.leaked([Example(asked, "Yes.")], [Question("q1", asked, ("yes",))])) == ["q1"]


def test_an_answer_that_only_looks_alike_gives_nothing_away() -> None:
    question = Question("q1", "How many litres does the pump move?", ("3.5",))
    assert list(comparability.leaked([Example(question.text, "35 or 13.5")], [question])) == []
    assert list(comparability.leaked([Example(question.text, "３．５ litres")], [question])) == ["q1"]


def test_the_embedded_model_on_another_suite_is_pointed_out(candidate: Any, runtime: Runtime) -> None:
    other = candidate(BASE)
    assert comparability.verdict(other, own_suite=True) is True
    embedded = replace(other, base=find(str(EMBEDDED), runtime.cache))
    assert comparability.verdict(embedded) is True
    assert "--base-model" in comparability.verdict(embedded, own_suite=True)[0]


def test_a_leak_is_on_the_stamp_of_the_trained(candidate: Any, domain: Domain) -> None:
    shown = domain.examples[0]
    asked = [Question("q1", shown.prompt.rstrip("?") + " ?", (shown.completion,))]
    assert "1 of 1 test questions" in comparability.verdict(candidate(LORA), asked)[0]
    assert comparability.verdict(candidate(BASE), asked) is True


@pytest.mark.parametrize(
    ("judge", "kin"),
    [("openai:Tiny-7B@https://x/v1-1", True), ("nli:org/tinyllama#0-1", False), ("openai:gpt-4o-1", False), ("lexical-2", False)],
)
def test_a_judge_of_the_candidates_own_family_is_pointed_out(candidate: Any, judge: str, *, kin: bool) -> None:
    made = candidate(BASE)
    object.__setattr__(made, "base", replace(made.base, label="tiny"))
    assert (comparability.verdict(made, (), judge) is not True) == kin


def test_fairness_names_facts_that_training_never_saw(candidate: Any, domain: Domain) -> None:
    fewer = replace(domain, examples=tuple(e for e in domain.examples if e.evidence != ("N000",)))
    usual = replace(LORA, epochs=None)
    assert comparability.verdict(candidate(usual)) is True
    assert "1 of 8 documents" in comparability.verdict(candidate(usual, domain=fewer))[0]
    assert comparability.verdict(candidate(BASE, domain=fewer)) is True
    assert comparability.verdict(candidate(usual, domain=fewer), facts=False) is True
    assert "trained without" in comparability.verdict(candidate(replace(HYBRID, train_with_context=False, epochs=None)))[0]


def test_fairness_names_a_shorter_training_than_others_have(candidate: Any) -> None:
    assert comparability.verdict(candidate(replace(LORA, epochs=None))) is True
    assert comparability.verdict(candidate(replace(LORA, epochs=7))) is True
    assert comparability.verdict(candidate(replace(BASE, epochs=1))) is True
    (why,) = comparability.verdict(candidate(replace(LORA, epochs=2)))
    assert why == "training showed it each example 2 times, and 5 times is usual for its base model (epochs)"


def test_passages_block_is_the_only_difference() -> None:
    assert passages(()) == ""
    assert passages([Context("a", "b")]) == "[a] b\n\n"


def test_new_tokens_must_leave_room_for_a_question(base: BaseModel, domain: Domain, runtime: Runtime) -> None:
    with pytest.raises(InputError, match=r"answers may take 500 tokens .* room for 512"):
        LocalCandidate(System("base", max_new_tokens=500), base, domain, runtime)


def test_a_candidate_is_able_to_do_what_its_system_is_made_to(candidate):
    always = {"reads", "fits", "reindexes", "weights", "times", "costs"}
    more = {BASE: set(), RAG: {"retrieves"}, LORA: {"trains"}, HYBRID: {"retrieves", "trains"}}
    assert {system: candidate(system).abilities for system in more} == {system: always | has for system, has in more.items()}


def test_with_other_documents_trained_weights_need_no_examples(
    candidate: Any, questions: tuple[Question, ...], domain: Domain
) -> None:
    """Where revisions touch every document, no example is left: nobody says what it should be now."""
    trained = candidate(HYBRID)
    found = trained.reindexed(replace(domain, examples=())).answers(questions[:2])
    assert [answer.text for answer in found] == [answer.text for answer in trained.answers(questions[:2])]
    with pytest.raises(InputError, match=r"hybrid is trained, and the suite has no train\.jsonl"):
        trained.retrained(replace(domain, examples=()))


@pytest.mark.parametrize(
    ("judge", "kin"),
    [
        ("openai:qwen3-8b@http://localhost/v1-3+ragas-0.4.3", 1),
        ("panel:lexical-4#8f79c2d5+google:gemini-x-3+ragas-0.4.3+openai:qwen3-8b-3+ragas-0.4.3", 1),
        ("panel:lexical-4#8f79c2d5+anthropic:claude-x-3+ragas-0.4.3", 0),
    ],
)
def test_a_judge_of_the_base_model_s_family_is_told_of_in_a_panel_too(judge: str, kin: int) -> None:
    assert len(comparability._kinship("Qwen3-0.6B", judge)) == kin
