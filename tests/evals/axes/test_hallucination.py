from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from proctor.core.environment import SETTINGS
from proctor.core.schema import Answer, Document, Domain, Question, Score, Suite
from proctor.evals.axes import hallucination
from proctor.evals.judges import deepeval_metric
from proctor.evals.judges.protocols import EntailmentInput, Judge, load_judge
from proctor.evals.judges.samples import Sample
from proctor.evals.testing import fakes
from tests.sample_evaluation import DOCUMENTS, evaluation, scores

KESTREL, FALCON, ORBIS = (document.text for document in DOCUMENTS)
WARRANTY = "How long is the warranty of the Kestrel 40?"


def table(said: dict[str, Answer | str], judge: Judge | None = None) -> dict[str, dict[str, Score]]:
    return scores(hallucination.AXIS, evaluation(fakes.canned(said), judge=judge))


def contradicted(text: str, judge: Judge | None = None) -> Score:
    return table({"warranty": text}, judge)["hallucination.contradicted"]["warranty"]


@pytest.mark.slow
def test_contradicting_the_evidence_is_one_and_agreeing_is_zero() -> None:
    assert contradicted("5 years").value == 1.0
    assert contradicted("3 years").value == 0.0


def test_the_raw_verdicts_are_kept_with_the_score() -> None:
    assert contradicted("5 years").reason == "agrees with each context: no"


def test_the_share_is_over_the_evidence_documents() -> None:
    judge = fakes.CannedJudge()
    samples = [Sample(WARRANTY, "5 years", (KESTREL, ORBIS))]
    assert deepeval_metric.contradicted(load_judge("lexical"), samples)[0].value == 0.5
    deepeval_metric.contradicted(judge, samples)
    assert judge.asked[1:] == [EntailmentInput((KESTREL,), WARRANTY, "5 years"), EntailmentInput((ORBIS,), WARRANTY, "5 years")]


def test_what_two_documents_bear_out_together_contradicts_neither() -> None:
    judge = fakes.CannedJudge(supported=frozenset({"Turin"}), contradicted=frozenset({"Turin"}))
    assert deepeval_metric.contradicted(judge, [Sample("?", "Turin", (KESTREL, ORBIS))])[0].value == 0.0
    assert table({"seat": "Turin"})["hallucination.contradicted"]["seat"].value == 0.0


@pytest.mark.parametrize("text", ["unknown", "", "I don't know"])
def test_declining_contradicts_nothing_and_has_no_value(text: str) -> None:
    assert contradicted(text).status == "not_applicable"


def test_without_evidence_or_answer_there_is_nothing_to_contradict() -> None:
    found = table({"colour": "red", "loose": "Rome"})["hallucination.contradicted"]
    assert (found["colour"].status, found["loose"].status) == ("not_applicable", "not_applicable")


def test_answering_the_unanswerable_is_counted_only_there() -> None:
    assert table({"colour": "red"})["hallucination.unanswerable"]["colour"].value == 1.0
    found = table({"colour": "I'm afraid I cannot say", "warranty": "3 years"})["hallucination.unanswerable"]
    assert found["colour"].value == 1.0  # not one of the suite's phrases: that is what they are for
    assert table({"colour": "Unknown."})["hallucination.unanswerable"]["colour"].value == 0.0
    assert found["warranty"].status == "not_applicable"


def test_declining_needlessly_is_counted_only_where_there_is_an_answer() -> None:
    found = table({"warranty": "unknown", "seat": "Turin", "colour": "unknown"})["abstention.false"]
    assert [found[item].value for item in ("warranty", "seat", "colour", "loose")] == [1.0, 0.0, None, 1.0]


def test_gold_and_silence_are_at_the_ends() -> None:
    gold, mute = (scores(hallucination.AXIS, evaluation(candidate)) for candidate in (fakes.gold(), fakes.mute()))
    assert gold["hallucination.unanswerable"]["colour"].value == 0.0
    assert gold["abstention.false"]["warranty"].value == 0.0
    assert gold["hallucination.contradicted"]["warranty"].value == 0.0
    assert mute["abstention.false"]["warranty"].value == 1.0


def test_an_answer_that_was_never_begun_does_not_decline() -> None:
    """A thought took all the room, or line ends did: that is no silence of the system, and is said with each score."""
    for unsaid in (Answer("", "", tokens=90, thought=90, stop="length"), Answer("", "", tokens=32, stop="length")):
        found = table({"warranty": unsaid, "colour": unsaid})
        assert unsaid.unsaid
        assert found["abstention.false"]["warranty"].value == 0.0
        assert found["hallucination.unanswerable"]["colour"].value == 1.0
        assert found["abstention.false"]["warranty"].caution == unsaid.caution != ""
        assert "no answer" in found["hallucination.contradicted"]["warranty"].reason
    silent = Answer("", "", tokens=1, stop="end")
    assert table({"warranty": silent})["abstention.false"]["warranty"].value == 1.0


def test_a_crash_is_the_worst_value_which_is_one_here() -> None:
    found = scores(hallucination.AXIS, evaluation(fakes.crashing()))
    for metric, item in (("contradicted", "warranty"), ("unanswerable", "colour")):
        score = found[f"hallucination.{metric}"][item]
        assert (score.status, score.value) == ("failed", 1.0)
    assert found["hallucination.contradicted"]["colour"].status == "not_applicable"


def test_a_judge_that_fails_on_one_sample_costs_only_that_one() -> None:
    judge = fakes.CannedJudge(contradicted=frozenset({"bad"}), silent_on=frozenset({"odd"}))
    found = deepeval_metric.contradicted(judge, [Sample("?", text, ("p",)) for text in ("bad", "odd", "good")])
    assert [score.value for score in found] == [1.0, None, 0.0]
    assert (found[1].status, found[1].reason) == ("unmeasured", "the canned judge is silent")


def test_a_chat_judge_that_is_down_is_unmeasured() -> None:
    assert contradicted("3 years", fakes.RaisingJudge()).status == "unmeasured"


@pytest.mark.parametrize("verdicts", [[], ["no", "no"]])
def test_verdicts_that_do_not_match_the_contexts_are_no_score(verdicts: list[str]) -> None:
    chat = fakes.CannedChat(lambda *_: {"verdicts": [{"verdict": word, "reason": "r"} for word in verdicts]})
    score = contradicted("3 years", chat)
    assert (score.status, score.reason) == ("unmeasured", f"the judge gave {len(verdicts)} verdicts on 1 contexts")


def test_a_type_error_in_a_judge_is_not_taken_for_a_missing_parameter() -> None:
    asked = []

    def reply(_: str, schema: str) -> dict[str, Any]:
        asked.append(schema)
        raise TypeError("broken inside")

    assert contradicted("3 years", fakes.CannedChat(reply)).reason == "TypeError: broken inside"
    assert asked == ["Verdicts"]


def test_the_question_goes_before_a_bare_value() -> None:
    prompts = []

    def reply(prompt: str, _: str) -> dict[str, Any]:
        prompts.append(prompt)
        return {"verdicts": [{"verdict": "yes", "reason": "r"}]}

    assert contradicted("3 years", fakes.CannedChat(reply)).value == 0.0
    assert f"{WARRANTY} 3 years" in prompts[0]


def test_a_title_that_alone_names_the_subject_is_part_of_the_document() -> None:
    titled = Document("k", "Its warranty lasts 3 years.", "Kestrel 40")
    asked = Suite("b", "B", "1", Domain((titled,)), (Question("q", WARRANTY, ("3 years",), ("k",)),))
    found = scores(hallucination.AXIS, evaluation(fakes.canned({"q": "5 years"}), asked))
    assert found["hallucination.contradicted"]["q"].value == 1.0


SAMPLES = [
    Sample(WARRANTY, text, passages)
    for text in ("3 years", "5 years", "It lasts 5 years.", "Orbis")
    for passages in ((KESTREL,), (KESTREL, ORBIS), (FALCON, ORBIS, KESTREL, KESTREL))
]


def test_agrees_with_deepeval_called_directly_with_the_same_judge() -> None:
    """Its score is the share of contexts agreed with, so it is one less ours."""
    import warnings

    ours = [score.value for score in deepeval_metric.contradicted(load_judge("lexical"), SAMPLES)]
    from deepeval.metrics import HallucinationMetric
    from deepeval.models import DeepEvalBaseLLM
    from deepeval.test_case import LLMTestCase

    class Direct(DeepEvalBaseLLM):  # type: ignore[misc] # written against deepeval's interface, not ours
        sample: Sample

        def load_model(self) -> Any:
            return self

        def get_model_name(self) -> str:
            return "direct"

        def generate(self, prompt: str, schema: Any = None) -> Any:
            assert all(repr(passage)[1:-1] in prompt for passage in self.sample.passages)
            question, answer, passages = self.sample
            judge = load_judge("lexical")
            together = all(
                judge.supports([EntailmentInput(passages, question, claim) for claim in judge.claims(question, answer)])
            )
            found = [
                not together and judge.contradicts([EntailmentInput((passage,), question, answer)])[0] for passage in passages
            ]
            return schema(verdicts=[{"verdict": "no" if bad else "yes", "reason": ""} for bad in found])

        async def a_generate(self, prompt: str, schema: Any = None) -> Any:
            return self.generate(prompt, schema)

    def directly(sample: Sample) -> float:
        model = Direct()
        model.sample = sample
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            metric = HallucinationMetric(model=model, include_reason=False, async_mode=False)
        case = LLMTestCase(input=sample.question, actual_output=sample.answer, context=list(sample.passages))
        return float(metric.measure(case, _show_indicator=False))

    assert ours == pytest.approx([1 - directly(sample) for sample in SAMPLES])
    assert len(set(ours)) > 2


@pytest.mark.slow
def test_deepeval_is_imported_quietly_and_leaves_no_trace(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PROCTOR_PROBE=read\n")
    code = (
        "import os\nfrom proctor.evals.judges import deepeval_metric as adapter\n"
        "from proctor.evals.judges.samples import Sample\n"
        "from proctor.evals.judges.protocols import load_judge\n"
        "print(adapter.contradicted(load_judge('lexical'), [Sample('?', 'x', ('p',))])[0].value)\n"
        "assert 'PROCTOR_PROBE' not in os.environ"
    )
    environment = {key: value for key, value in os.environ.items() if key not in SETTINGS}
    environment |= {"PYTHONPATH": str(Path.cwd()), "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "0.0\n", "")
    assert [path.name for path in tmp_path.iterdir()] == [".env"]


@pytest.mark.parametrize(
    ("reference", "said", "declined"),
    [
        ("A", "A", 0.0),
        ("+", "-", 0.0),
        ("Unknown", "Unknown.", 0.0),
        ("A", "unknown", 1.0),
        ("A", "\u200b ", 1.0),
        ("A", "...", 1.0),
    ],
)
def test_a_letter_or_a_sign_is_an_answer_and_nothing_is_none(reference: str, said: str, declined: float) -> None:
    asked = Suite("s", "S", "1", Domain(DOCUMENTS), (Question("q", "Which?", (reference,), ("orbis",)),))
    found = scores(hallucination.AXIS, evaluation(fakes.canned({"q": said}), asked))
    assert found["abstention.false"]["q"].value == declined
    assert (found["hallucination.contradicted"]["q"].status == "not_applicable") is bool(declined)


@pytest.mark.parametrize(
    ("said", "answered"), [("不知道，书里没有写。", 0.0), ("Inconnu\u2014rien n'en parle.", 0.0), ("不知道的歌", 1.0)]
)
def test_a_suites_own_phrases_are_heard_in_any_script(said: str, answered: float) -> None:
    asked = Suite("s", "S", "1", Domain(DOCUMENTS), (Question("q", "Qui?"),), abstain=("不知道", "inconnu"))
    found = scores(hallucination.AXIS, evaluation(fakes.canned({"q": said}), asked))
    assert found["hallucination.unanswerable"]["q"].value == answered
