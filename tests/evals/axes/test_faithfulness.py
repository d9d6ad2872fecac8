from __future__ import annotations

import asyncio
import json
import math
from dataclasses import replace
from typing import Any

import pytest

from proctor.core.schema import Answer, Context, Score
from proctor.evals.axes import faithfulness
from proctor.evals.judges import ragas_metric
from proctor.evals.judges.protocols import Judge, load_judge
from proctor.evals.judges.samples import Sample
from proctor.evals.testing import fakes
from tests.sample_evaluation import DOCUMENTS, evaluation, scores, suite

KESTREL, FALCON, ORBIS = (document.text for document in DOCUMENTS)
RIGHT = "The warranty lasts 3 years. It weighs 12 kg."
MIXED = "The warranty lasts 3 years. It costs 90 euros."


def answered(text: str, *passages: str) -> Answer:
    return Answer("warranty", text, tuple(Context("kestrel", passage) for passage in passages))


def retrieved(answer: Answer, judge: Judge | None = None, *, retrieves: bool = True) -> Score:
    return scores(faithfulness.AXIS, evaluation(fakes.canned({"warranty": answer}, retrieves=retrieves), judge=judge))[
        "faithfulness.retrieved"
    ]["warranty"]


def verdicts_of(prompt: str, schema: str) -> dict[str, Any]:
    """A model that reads ragas' prompts: a statement per sentence, supported if the context holds its last word."""
    start = prompt.rindex("{", 0, prompt.rindex("\n}") + 2) if "statements" not in prompt.rsplit("Input", 1)[-1] else 0
    asked = json.JSONDecoder().raw_decode(prompt[max(start, prompt.lower().rfind("input:")) :].lstrip("inputINPUT: \n"))[0]
    if schema == "StatementGeneratorOutput":
        return {"statements": [part for part in asked["answer"].split(". ") if part]}
    found = [(part, part.rstrip(".").split()[-1] in asked["context"]) for part in asked["statements"]]
    return {"statements": [{"statement": part, "reason": "r", "verdict": int(good)} for part, good in found]}


@pytest.mark.slow
def test_the_share_of_claims_with_support() -> None:
    whole, half = retrieved(answered(RIGHT, KESTREL)), retrieved(answered(MIXED, KESTREL))
    assert whole.value == 1.0
    assert half.value == 0.5
    assert retrieved(answered("5 years", FALCON, KESTREL)).value == 0.0


def test_the_reason_is_the_verdict_on_each_claim() -> None:
    held, lacking = retrieved(answered(MIXED, KESTREL)).reason.splitlines()
    assert held.startswith("supported: ")
    assert lacking == "without support: It costs 90 euros."


def test_gold_holds_closed_book_answers_against_the_evidence() -> None:
    said = {"warranty": "3 years", "seat": "Turin", "colour": "red", "loose": "Rome"}
    table = scores(faithfulness.AXIS, evaluation(fakes.canned(said)))
    assert table["faithfulness.gold"]["warranty"].value == table["faithfulness.gold"]["seat"].value == 1.0
    assert table["faithfulness.gold"]["colour"].reason == "the documents do not hold the answer"
    assert table["faithfulness.gold"]["loose"].reason == "the question names no evidence"
    assert {score.status for score in table["faithfulness.retrieved"].values()} == {"not_applicable"}


@pytest.mark.parametrize("text", ["unknown", "", "I'm sorry, but I don't know."])
def test_declining_claims_nothing_and_has_no_value(text: str) -> None:
    assert retrieved(answered(text, KESTREL)).status == "not_applicable"


def test_claims_made_although_nothing_was_retrieved_have_no_support() -> None:
    assert retrieved(answered("3 years")) == Score(0.0, "nothing was retrieved")
    assert retrieved(answered("unknown")).status == "not_applicable"


def test_an_answer_in_which_the_judge_finds_no_claim_has_no_value() -> None:
    assert retrieved(answered("Yes.", KESTREL)).reason == "the judge found no claim in the answer"
    silent = fakes.CannedChat(lambda *_: {"statements": []})
    assert retrieved(answered("3 years", KESTREL), silent).status == "not_applicable"


def test_a_crash_is_failed_where_the_metric_applies_and_only_there() -> None:
    crash = Answer("warranty", "", error="it broke")
    assert retrieved(crash).status == "failed"
    assert retrieved(crash, retrieves=False).status == "not_applicable"
    gold = scores(faithfulness.AXIS, evaluation(fakes.crashing()))["faithfulness.gold"]
    assert {item: score.status for item, score in gold.items()} == {
        "warranty": "failed",
        "seat": "failed",
        "colour": "not_applicable",
        "loose": "not_applicable",
    }


def test_a_judge_that_fails_on_one_sample_costs_only_that_one() -> None:
    judge = fakes.CannedJudge(supported=frozenset({"good"}), silent_on=frozenset({"odd"}))
    samples = [Sample("?", text, ("p",)) for text in ("good; bad", "good; odd", "bad")]
    first, second, third = ragas_metric.faithfulness(judge, samples)
    assert (first.value, third.value) == (0.5, 0.0)
    assert (second.status, second.reason) == ("unmeasured", "the canned judge is silent")


def test_a_chat_judge_that_is_down_is_unmeasured_and_never_a_number() -> None:
    score = retrieved(answered(RIGHT, KESTREL), fakes.RaisingJudge())
    assert (score.status, score.value) == ("unmeasured", None)
    assert "StatementGeneratorOutput" in score.reason


def test_a_chat_judge_without_verdicts_is_unmeasured_rather_than_nan() -> None:
    def reply(_: str, schema: str) -> dict[str, Any]:
        return {"statements": ["a claim"] if schema == "StatementGeneratorOutput" else []}

    assert retrieved(answered(RIGHT, KESTREL), fakes.CannedChat(reply)).reason == "the judge gave no verdicts"


def test_a_chat_judge_gets_ragas_prompts() -> None:
    assert retrieved(answered(MIXED, KESTREL), fakes.CannedChat(verdicts_of)).value == 0.5


SAMPLES = [
    Sample("How long is the warranty of the Kestrel 40?", text, passages)
    for text in ("3 years", RIGHT, MIXED, "5 years", "It is red. It is 9 m long. It weighs 12 kg.")
    for passages in ((KESTREL,), (FALCON, ORBIS), (ORBIS, KESTREL))
]


def test_agrees_with_ragas_called_directly_with_the_same_judge() -> None:
    from ragas.llms.base import InstructorBaseRagasLLM
    from ragas.metrics.collections import Faithfulness

    judge = load_judge("lexical")

    class Direct(InstructorBaseRagasLLM):  # written against ragas' interface, not ours: it reads the prompts
        def __init__(self, sample: Sample) -> None:
            self.sample = sample

        def generate(self, prompt: str, response_model: type[Any]) -> Any:
            from proctor.evals.judges.protocols import EntailmentInput

            at = prompt.lower().rfind("input:")
            asked = json.JSONDecoder().raw_decode(prompt[prompt.index("{", at) :])[0]
            if "answer" in asked:
                return response_model(statements=judge.claims(asked["question"], asked["answer"]))
            pairs = [EntailmentInput(self.sample.passages, self.sample.question, claim) for claim in asked["statements"]]
            found = zip(asked["statements"], judge.supports(pairs), strict=True)
            return response_model(statements=[{"statement": c, "reason": "", "verdict": int(v)} for c, v in found])

        async def agenerate(self, prompt: str, response_model: type[Any]) -> Any:
            return self.generate(prompt, response_model)

    def directly(sample: Sample) -> float:
        metric = Faithfulness(llm=Direct(sample))
        result = metric.score(user_input=sample.question, response=sample.answer, retrieved_contexts=list(sample.passages))
        return float(result.value)

    ours = [score.value for score in ragas_metric.faithfulness(judge, SAMPLES)]
    assert ours == [directly(sample) for sample in SAMPLES]
    assert {0.0, 0.5, 1.0} <= set(ours)


def test_agrees_with_ragas_called_directly_with_the_same_chat_model() -> None:
    from ragas.metrics.collections import Faithfulness

    chat = fakes.CannedChat(verdicts_of)
    ours = [score.value for score in ragas_metric.faithfulness(chat, SAMPLES)]

    async def directly(sample: Sample) -> float:
        model = ragas_metric._ragas().Model(ragas_metric.chat(chat))
        return float((await Faithfulness(llm=model).ascore(sample.question, sample.answer, list(sample.passages))).value)

    assert ours == [asyncio.run(directly(sample)) for sample in SAMPLES]
    assert all(value is not None and math.isfinite(value) for value in ours)


def test_nothing_to_judge_imports_nothing() -> None:
    assert ragas_metric.faithfulness(load_judge("lexical"), []) == []


def test_where_answers_say_again_what_the_question_says_documents_bear_nothing_out() -> None:
    said = fakes.canned({"warranty": answered(RIGHT, KESTREL), "seat": Answer("seat", "", error="it broke")}, retrieves=True)
    found = scores(faithfulness.AXIS, evaluation(said, replace(suite(), answer_in="question")))
    assert {score.status for items in found.values() for score in items.values()} == {"not_applicable"}


def test_passages_of_which_only_the_documents_are_named_are_held_against_nothing() -> None:
    score = retrieved(answered("3 years", "It lasts 3 years.", " "))
    assert (score.status, score.reason) == ("not_applicable", faithfulness.UNSEEN)
