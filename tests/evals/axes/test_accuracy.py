from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.core.language.text import RULES, holds
from proctor.core.schema import Answer, Metric, Question, Style
from proctor.evals.axes import accuracy, matching
from proctor.evals.testing import fakes
from tests.missing import without
from tests.sample_evaluation import evaluation, scores, suite

TEXTS = st.text(alphabet="aAtThe n3.,'-\u00e9 \n", max_size=25)


@pytest.mark.parametrize(
    ("said", "reference", "exact", "f1"),
    [
        ("3 years", "3 years", 1.0, 1.0),
        ("The 3  Years.", "3 years", 1.0, 1.0),
        ("3-years", "3 years", 1.0, 1.0),
        ("three", "3", 0.0, 0.0),
        ("3 years in all", "3 years", 0.0, 2 * (2 / 4 * 1) / (2 / 4 + 1)),
        ("years years years", "years", 0.0, 0.5),  # a repeated token counts once
        ("a theatre", "theatre", 1.0, 1.0),
        ("anthem", "them", 0.0, 0.0),  # articles are words, not letters
        ("", "3 years", 0.0, 0.0),
        ("", "\u200b", 0.0, 0.0),  # nothing is no answer
        ("the", "a", 0.0, 0.0),
        ("A", "A", 1.0, 1.0),
        ("...", "A", 0.0, 0.0),
        ("-", "+", 0.0, 0.0),
        ("東京タワー", "東京駅", 0.0, 2 * 2 / (5 + 3)),
        ("ประเทศไทย", "ไทย", 0.0, 2 * 3 / (9 + 3)),
    ],
)
def test_figures_worked_out_by_hand(said: str, reference: str, exact: float, f1: float) -> None:
    assert matching.exact(said, reference) == exact
    assert accuracy.f1(said, reference) == pytest.approx(f1)


@pytest.mark.slow
@given(TEXTS, TEXTS)
def test_agrees_with_another_implementation_of_squad(said: str, reference: str) -> None:
    from transformers.data.metrics import squad_metrics as theirs

    assert matching.exact(said, reference, "squad") == theirs.compute_exact(reference, said)
    if theirs.get_tokens(said) and theirs.get_tokens(reference):  # version 2 of the script differs where nothing is left
        assert accuracy.f1(said, reference, "squad") == pytest.approx(theirs.compute_f1(reference, said))


@pytest.mark.parametrize(
    ("said", "reference", "exact", "f1"),
    [("3-years", "3 years", 0.0, 0.0), ("35", "3.5", 1.0, 1.0), ("the", "a", 1.0, 0.0), ("C", "C++", 1.0, 1.0)],
)
def test_squads_rule_is_the_published_script_to_the_letter(said: str, reference: str, exact: float, f1: float) -> None:
    assert (matching.exact(said, reference, "squad"), accuracy.f1(said, reference, "squad")) == (exact, f1)


@given(TEXTS, TEXTS)
def test_f1_is_symmetric_bounded_and_never_below_exact(a: str, b: str) -> None:
    assert accuracy.f1(a, b) == accuracy.f1(b, a)
    assert matching.exact(a, b) <= accuracy.f1(a, b) <= 1.0


def test_the_best_reference_counts() -> None:
    found = scores(accuracy.AXIS, evaluation(fakes.canned({"warranty": "Three years"})))
    assert found["accuracy.exact"]["warranty"].value == 1.0


def test_gold_is_right_and_silence_is_wrong() -> None:
    for candidate, value in ((fakes.gold(), 1.0), (fakes.mute(), 0.0)):
        found = scores(accuracy.AXIS, evaluation(candidate))
        assert [found[metric]["warranty"].value for metric in ("accuracy.exact", "accuracy.f1")] == [value, value]


def test_a_question_without_an_answer_has_no_accuracy() -> None:
    found = scores(accuracy.AXIS, evaluation(fakes.gold()))
    assert found["accuracy.exact"]["colour"].status == "not_applicable"


def test_a_crash_is_a_wrong_answer_even_if_it_left_a_right_text() -> None:
    found = scores(accuracy.AXIS, evaluation(fakes.canned({"warranty": Answer("warranty", "3 years", error="cut off")})))
    assert found["accuracy.exact"]["warranty"].status == "failed"
    assert found["accuracy.exact"]["warranty"].value == 0.0


def test_the_house_format_is_not_held_against_an_answer() -> None:
    asked = suite(style=Style(r"Per \S+: (?P<answer>.*)\."))
    found = scores(accuracy.AXIS, evaluation(fakes.canned({"warranty": "Per K-40: 3 years."}), asked))
    assert found["accuracy.exact"]["warranty"].value == 1.0


def test_marks_that_cite_are_not_held_against_an_answer_but_by_squads_rule() -> None:
    for rule, value in (("default", 1.0), ("squad", 0.0)):
        asked = replace(suite(), normalise=rule)
        cited = fakes.canned({"warranty": f"3 years [{asked.questions[0].evidence[0]}, 2]."})
        assert scores(accuracy.AXIS, evaluation(cited, asked))["accuracy.exact"]["warranty"].value == value


def test_a_reference_that_ends_in_brackets_is_told_from_another() -> None:
    asked = suite(Question("interval", "Where is x?", ("the interval [1, 2]",)))
    for said, value in (("the interval [1, 2]", 1.0), ("The interval [1, 2].", 1.0), ("the interval [3, 4]", 0.0)):
        found = scores(accuracy.AXIS, evaluation(fakes.canned({"interval": said}), asked))
        assert found["accuracy.exact"]["interval"].value == value


def test_records_by_different_rules_have_different_versions() -> None:
    assert accuracy.EXACT.version_under("default") == "2"
    assert accuracy.EXACT.version_under("squad") == "2, squad"
    assert Metric("cost.tokens").version_under("squad") == "1"


def test_a_right_answer_that_is_called_unknown_is_not_declined() -> None:
    asked = suite(Question("film", "What is the film called?", ("Unknown",)))
    right, wrong = Answer("film", "Unknown."), Answer("film", "I don't know")
    assert not matching.declined(asked, asked.questions[0], right)
    assert matching.declined(asked, asked.questions[0], wrong)


# What says something of names and values, and what of sentences.

SPEECH = (
    Question("warranty", "How long is the warranty?", ("The warranty of the Kestrel 40 lasts three years.",), ("kestrel",)),
    Question("seat", "Where does its maker have its seat?", ("Orbis, its maker, has its seat in Turin, Italy.",), ("orbis",)),
    Question("colour", "What colour is the Kestrel 40?"),
)


@pytest.mark.parametrize(
    ("said", "reference", "contained"),
    [
        ("It is 3 years, as the manual says.", "3 years", 1.0),
        ("It is 13 years.", "3 years", 0.0),
        ("It is the 3 Years.", "3 years", 1.0),
        ("theatre", "the", 0.0),
        ("anything", "", 0.0),
        ("", "3 years", 0.0),
        ("C++ and C#", "C", 0.0),
        ("東京タワーの高さ", "東京タワー", 1.0),
    ],
)
def test_an_answer_contains_a_reference_as_whole_words_only(said: str, reference: str, contained: float) -> None:
    assert accuracy.contains(said, reference) == contained


@given(TEXTS, TEXTS)
def test_what_is_contained_is_what_stands_in_a_text_wherever_articles_are(said: str, reference: str) -> None:
    assert accuracy.contains(said, reference) == float(holds(said, reference))


def test_a_reference_is_contained_by_squads_rule_where_the_suite_has_that():
    assert accuracy.contains("It is C, I think", "C++", "squad") == 1.0
    assert accuracy.contains("anything", "the", "squad") == 0.0


@given(TEXTS, TEXTS)
def test_who_is_exactly_right_contains_the_reference(said: str, reference: str) -> None:
    for rule in ("default", "squad"):
        if RULES[rule](reference):
            assert accuracy.contains(said, reference, rule) >= matching.exact(said, reference, rule)


@given(st.lists(st.sampled_from("abcde"), max_size=9), st.lists(st.sampled_from("abcde"), max_size=9))
def test_rouge_l_is_what_googles_own_package_comes_to(said: list[str], expected: list[str]) -> None:
    rouge = pytest.importorskip("rouge_score.rouge_scorer", reason="comes with lm-eval")
    words = {letter: f"word{letter}" for letter in "abcde"}
    one, other = (" ".join(words[letter] for letter in text) for text in (said, expected))
    theirs = rouge.RougeScorer(["rougeL"]).score(other, one)["rougeL"].fmeasure
    assert accuracy.rouge_l(one, other) == pytest.approx(theirs)


def test_rouge_l_knows_other_letters_than_a_to_z():
    assert accuracy.rouge_l("насос работает", "насос не работает") == pytest.approx(0.8)


def test_names_and_values_are_looked_for_in_the_answer_and_sentences_compared():
    assert set(scores(accuracy.AXIS, evaluation(fakes.gold()))) == {"accuracy.exact", "accuracy.f1", "accuracy.contains"}
    on = evaluation(fakes.gold(), suite(*SPEECH))
    assert set(scores(accuracy.AXIS, on)) == {"accuracy.exact", "accuracy.f1", "accuracy.rouge_l", "accuracy.similarity"}
    assert set(scores(accuracy.BY_JUDGE, on)) == {"accuracy.judged"}
    assert accuracy.BY_JUDGE.suits
    assert [accuracy.BY_JUDGE.suits(asked) for asked in (suite(), suite(*SPEECH))] == [False, True]


def test_what_a_suite_names_as_its_headline_is_measured_whatever_its_references_are():
    on = evaluation(fakes.gold(), replace(suite(), headline="accuracy.judged"))
    assert set(scores(accuracy.BY_JUDGE, on)) == {"accuracy.judged"}
    assert "accuracy.contains" in scores(
        accuracy.AXIS, evaluation(fakes.gold(), replace(suite(*SPEECH), headline="accuracy.contains"))
    )


def test_like_sentences_are_more_similar_than_others():
    said = {"warranty": "The Kestrel 40 has a warranty of three years.", "seat": "I like cheese."}
    found = scores(accuracy.AXIS, evaluation(fakes.canned(said), suite(*SPEECH)))["accuracy.similarity"]
    assert found["warranty"].value is not None
    assert found["seat"].value is not None
    assert found["warranty"].value > 0.8
    assert 0 <= found["seat"].value < 0.3
    assert found["colour"].status == "not_applicable"


def test_nothing_said_is_like_nothing():
    found = scores(accuracy.AXIS, evaluation(fakes.mute(), suite(*SPEECH)))["accuracy.similarity"]
    assert [found[item].value for item in ("warranty", "seat")] == [0.0, 0.0]


@pytest.mark.parametrize("metric", ["accuracy.contains", "accuracy.rouge_l", "accuracy.similarity", "accuracy.judged"])
def test_a_crash_counts_as_wrong_by_every_metric(metric: str) -> None:
    on = evaluation(fakes.crashing(), replace(suite(*SPEECH), headline=metric))
    found = scores(accuracy.AXIS, on) | scores(accuracy.BY_JUDGE, on)
    assert (found[metric]["seat"].status, found[metric]["seat"].value) == ("failed", 0.0)
    assert found[metric]["colour"].status == "not_applicable"


# The judge.


def test_the_judge_counts_the_claims_that_answer_and_reference_have_in_common():
    said = {
        "warranty": "The warranty of the Kestrel 40 lasts three years.",
        "seat": "Orbis, its maker, has its seat in Turin, Italy. It was founded in 1931.",
    }
    found = scores(accuracy.BY_JUDGE, evaluation(fakes.canned(said), suite(*SPEECH)))["accuracy.judged"]
    assert found["warranty"].value == 1.0
    assert found["seat"].value == pytest.approx(2 / 3)  # one of two claims, and all of the reference's
    assert "only in the answer: It was founded in 1931." in found["seat"].reason


def test_an_answer_that_claims_nothing_is_not_correct():
    """Ragas takes an answer without any claim for a perfect one."""
    for said in ("", "unknown"):
        found = scores(accuracy.BY_JUDGE, evaluation(fakes.canned(dict.fromkeys(("warranty", "seat"), said)), suite(*SPEECH)))
        assert found["accuracy.judged"]["warranty"].value == 0.0


class Chats:
    """A judge that chats: it takes each sentence for a claim, and claims for the same where their letters are."""

    name = version = "chats"

    def __init__(self, **replies: object) -> None:
        self.replies = replies
        self.asked: list[str] = []

    def complete(self, prompt: str, schema: Any) -> Any:
        self.asked.append(schema.__name__)
        if schema.__name__ in self.replies:
            return schema.model_validate(self.replies[schema.__name__])
        given = json.JSONDecoder().raw_decode(
            prompt[prompt.rfind('{"question"') if '{"question"' in prompt else prompt.rfind("{") :]
        )[0]
        if schema.__name__ == "StatementGeneratorOutput":
            return schema(statements=[given["answer"]])
        same = [{"statement": one, "reason": ""} for one in given["answer"] if one in given["ground_truth"]]
        return schema(TP=same, FP=[] if same else [{"statement": given["answer"][0], "reason": ""}], FN=[])


def test_a_judge_that_chats_is_given_ragas_own_prompts():
    judge = Chats()
    said = {"warranty": SPEECH[0].references[0], "seat": "In Milan."}
    found = scores(accuracy.BY_JUDGE, evaluation(fakes.canned(said), suite(*SPEECH), judge=judge))["accuracy.judged"]
    assert [found[item].value for item in ("warranty", "seat")] == [1.0, 0.0]
    assert sorted(judge.asked) == 2 * ["ClassificationWithReason"] + 4 * ["StatementGeneratorOutput"]


@pytest.mark.parametrize(
    ("replies", "status"),
    [
        ({"StatementGeneratorOutput": {"statements": []}}, "scored"),
        ({"ClassificationWithReason": {"TP": [], "FP": [], "FN": []}}, "unmeasured"),
    ],
)
def test_a_judge_without_claims_or_verdicts_is_not_taken_to_agree(replies: dict[str, object], status: str) -> None:
    said = {"warranty": "Three years.", "seat": "In Turin."}
    on = evaluation(fakes.canned(said), suite(*SPEECH), judge=Chats(**replies))
    score = scores(accuracy.BY_JUDGE, on)["accuracy.judged"]["seat"]
    assert (score.status, score.value or 0.0) == (status, 0.0)


def test_all_but_what_is_judged_does_without_ragas():
    with without("ragas"):
        assert "accuracy.rouge_l" in scores(accuracy.AXIS, evaluation(fakes.gold(), suite(*SPEECH)))
