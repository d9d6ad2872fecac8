"""What is said of a judge: its agreement with people on what a metric asks, and on data like the suite's."""

from __future__ import annotations

from proctor.leaderboard.analysis import judge_agreement


def row(labels, kappa, **fields):
    return {
        "labels": labels,
        "kappa": kappa,
        "kappa_low": kappa - 0.1,
        "kappa_high": kappa + 0.1,
        "balanced_accuracy": 0.8,
        "n": 9,
    } | fields


RUN = {
    "judges": {
        "j": [
            row("mine/labels.jsonl", 0.7, question="support"),
            row("mine/labels.jsonl", 0.2, question="contradiction"),
            row("other/labels.jsonl", 0.5),
        ],
        "lexical-3#1": [row("other/labels.jsonl", 0.5)],
    }
}


def test_agreement_is_that_on_the_metrics_own_question():
    assert judge_agreement.kappa(RUN, "j", "mine", "faithfulness.gold") == 0.7
    assert judge_agreement.kappa(RUN, "j", "mine", "faithfulness.retrieved") == 0.7
    assert judge_agreement.kappa(RUN, "j", "mine", "hallucination.contradicted") == 0.2
    assert judge_agreement.kappa(RUN, "j", "mine", "style.rubric") is None


def test_agreement_on_other_data_is_no_agreement_on_this():
    assert judge_agreement.kappa(RUN, "j", "third", "faithfulness.gold") is None
    said = judge_agreement.standing(RUN, "j", "third", "faithfulness.gold")
    assert said.startswith("not checked on data like this. elsewhere: mine/labels.jsonl: kappa 0.70 (0.60 to 0.80)")
    assert "0.20" not in said


def test_a_suite_whose_name_another_begins_with_is_not_the_same():
    assert judge_agreement.kappa({"judges": {"j": [row("mine/labels.jsonl", 0.7)]}}, "j", "min", "faithfulness.gold") is None


def test_the_embedded_judge_is_said_to_compare_words():
    assert judge_agreement.standing(RUN, "lexical-3#1", "mine", "faithfulness.gold").startswith(
        "it compares words, numbers and names"
    )
    assert "compares" not in judge_agreement.standing(RUN, "j", "mine", "faithfulness.gold")


def test_what_was_never_checked_is_said_so():
    assert judge_agreement.standing({}, "j", "mine", "faithfulness.gold") == "not checked on data like this"
    assert judge_agreement.sentence({}, "j") == "never checked against people's labels"
    assert "contradiction, mine/labels.jsonl: kappa 0.20" in judge_agreement.sentence(RUN, "j")
