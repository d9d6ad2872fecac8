"""Judges against people's labels: the figures against other people's, and every way that labels can be wrong."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest

from proctor.cli import main
from proctor.core.reading.tally import Count, Tally
from proctor.core.schema import InputError
from proctor.evals.judges import agreement
from proctor.evals.judges.agreement import LabelledSample, calibrate, kappa_interval, read_labels
from proctor.evals.judges.protocols import EntailmentInput, JudgeError, load_judge
from proctor.evals.judges.samples import Sample
from proctor.suites.instruments import generate

LABELS = generate.HOME / "labels.jsonl"


@dataclass(frozen=True)
class Says:
    """A judge that says yes where the answer holds `yes`, and is down where it holds `down`."""

    name: str = "says-1"
    version: str = "1"
    by_order: bool = False

    def claims(self, question: str, answer: str) -> list[str]:
        return [answer] if question else []

    def supports(self, pairs: Sequence[EntailmentInput]) -> list[bool]:
        if any("down" in pair.text for pair in pairs):
            raise JudgeError("no reply")
        return [("yes" in pair.text) and not (self.by_order and pair.passages[0] != "one") for pair in pairs]

    def contradicts(self, pairs: Sequence[EntailmentInput]) -> list[bool]:
        return ["against" in pair.text for pair in pairs]


def labels(*rows, passages=("one", "two")):
    return [LabelledSample(Sample("?", text, passages), supported, str(i)) for i, (text, supported) in enumerate(rows)]


def denials(*rows, passages=("one",)):
    return [
        LabelledSample(Sample("?", text, passages), None, str(i), contradicted) for i, (text, contradicted) in enumerate(rows)
    ]


MIXED = [("yes", True)] * 30 + [("yes", False)] * 10 + [("no", True)] * 5 + [("no", False)] * 35


def test_figures_are_those_of_their_definitions():
    found = calibrate(Says(), labels(*MIXED), "mine")
    assert (found.n, found.unmeasured, found.base_rate) == (80, 0, 35 / 80)
    assert found.accuracy == pytest.approx(65 / 80)
    assert found.balanced_accuracy == pytest.approx((30 / 35 + 35 / 45) / 2)
    assert found.auroc == pytest.approx(found.balanced_accuracy)
    assert found.kappa == pytest.approx((65 / 80 - 0.5) / 0.5)
    assert found.kappa_low < found.kappa < found.kappa_high


def test_support_and_contradiction_are_two_questions():
    rows = denials(*[("against", True)] * 20, *[("against", False)] * 5, *[("silent", True)] * 10, *[("yes", False)] * 25)
    found = calibrate(Says(), rows, "mine", question="contradiction")
    assert (found.question, found.n, found.base_rate) == ("contradiction", 60, 0.5)
    assert found.balanced_accuracy == pytest.approx((20 / 30 + 25 / 30) / 2)
    assert agreement.asked(rows) == ["contradiction"]
    assert agreement.asked(labels(*MIXED)) == ["support"]
    assert agreement.asked([*rows, *labels(*MIXED)]) == ["support", "contradiction"]
    assert calibrate(Says(), [*rows, *labels(*MIXED)], "mine").n == 80


def test_the_interval_of_kappa_agrees_with_the_formula_of_statsmodels():
    from statsmodels.stats.inter_rater import cohens_kappa

    truth, said = (np.array(column) for column in zip(*[(s, "yes" in t) for t, s in MIXED * 5], strict=True))
    table = [[int((truth & said).sum()), int((truth & ~said).sum())], [int((~truth & said).sum()), int((~truth & ~said).sum())]]
    theirs = cohens_kappa(table)
    ours = kappa_interval(truth, said, [str(i) for i in range(len(truth))])
    assert ours == pytest.approx((theirs.kappa_low, theirs.kappa_upp), abs=0.01)


def test_a_judge_that_always_says_yes_has_chance_figures_however_high_the_base_rate():
    found = calibrate(Says(), labels(*[("yes", True)] * 90, *[("yes", False)] * 10), "mine")
    assert (found.accuracy, found.balanced_accuracy, found.auroc, found.kappa) == (0.9, 0.5, 0.5, 0.0)


def test_what_it_could_not_judge_is_counted_and_left_out():
    found = calibrate(Says(), labels(("down", True), ("yes", True), ("no", False)), "mine")
    assert (found.n, found.unmeasured) == (2, 1)


def test_a_judge_that_is_down_is_said_to_be():
    with pytest.raises(InputError, match=r"judged 0 of 2 labels, too few to compare: .*no reply"):
        calibrate(Says(), labels(("down", True), ("down", False)), "mine")


@pytest.mark.slow
def test_order_and_repeats_are_put_to_the_test():
    steady, swayed = Says(), Says(by_order=True)
    assert calibrate(steady, labels(*MIXED), "mine", repeats=2).same_again == 1.0
    assert calibrate(steady, labels(*MIXED), "mine").same_reversed == 1.0
    assert calibrate(swayed, labels(*MIXED), "mine").same_reversed == pytest.approx(40 / 80)
    assert calibrate(steady, labels(*MIXED, passages=("one",)), "mine").same_reversed is None


def test_labels_are_read_under_the_names_that_others_give_them(tmp_path):
    rows = [
        {"claim": "a", "evidence": ["x", "y"], "label": "partially_supported"},
        {"user_input": "q", "response": "b", "retrieved_contexts": ["x"], "label": 1, "cluster": "c"},
    ]
    (tmp_path / "l.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert read_labels(tmp_path / "l.jsonl") == [
        LabelledSample(Sample("Is this so?", "a", ("x\ny",)), supported=False, cluster="x\ny"),
        LabelledSample(Sample("q", "b", ("x",)), supported=True, cluster="c"),
    ]


def test_labels_may_say_what_is_contradicted(tmp_path):
    rows = [
        {"answer": "a", "passages": "x", "supported": True, "contradicted": False},
        {"answer": "b", "passages": "x", "contradicted": "yes"},
    ]
    (tmp_path / "l.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert [(label.supported, label.contradicted) for label in read_labels(tmp_path / "l.jsonl")] == [(True, False), (None, True)]
    (tmp_path / "l.jsonl").write_text(json.dumps(rows[0] | {"contradicted": "perhaps"}))
    with pytest.raises(InputError, match="expected true, false"):
        read_labels(tmp_path / "l.jsonl")


def test_results_kept_before_questions_were_told_apart_are_about_support(tmp_path):
    found = calibrate(Says(), labels(*MIXED), "mine")
    row = {name: value for name, value in vars(found).items() if name != "question"}
    (tmp_path / "says-1.json").write_text(json.dumps([row]))
    assert list(agreement.load("says-1", tmp_path)) == [found]
    agreement.save([found, replace(found, question="contradiction")], "says-1", tmp_path)
    assert [kept.question for kept in agreement.load("says-1", tmp_path)] == ["contradiction", "support"]


def test_an_empty_sentence_among_the_evidence_counts_for_nothing(tmp_path):
    row = {"claim": "a", "evidence": ["", "x", " "], "label": "supported"}
    rows = [row, row | {"claim": "b", "label": "not_supported"}]
    (tmp_path / "l.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert {label.sample.passages for label in read_labels(tmp_path / "l.jsonl")} == {("x",)}


def test_every_bad_line_is_named(tmp_path):
    good = json.dumps({"answer": "a", "passages": "x", "supported": True})
    (tmp_path / "l.jsonl").write_text(
        f'{good}\n{{"answer": ""}}\n{{"answer": "a"}}\n{{"answer": "a", "passages": ["x"]}}\nnot json\n[]\n'
    )
    with pytest.raises(InputError) as found:
        read_labels(tmp_path / "l.jsonl")
    said = str(found.value).splitlines()
    assert [line.split(":")[1] for line in said] == ["2", "3", "4", "5", "6"]


GOOD = {"question": "q", "answer": "a", "passages": ["x"], "supported": True}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (GOOD | {"claim": "b"}, "given more than once, and not alike (answer, claim)"),
        (GOOD | {"label": 0}, "given more than once, and not alike (supported, label)"),
        (GOOD | {"contexts": ["y"]}, "given more than once, and not alike (passages, contexts)"),
        (GOOD | {"passages": [" "]}, "none of them empty"),
        (GOOD | {"passages": [None]}, "none of them empty"),
        ({"answer": "a", "evidence": ["", " "], "supported": True}, "none of them empty"),
        (GOOD | {"supported": float("nan")}, "expected true, false"),
        ([], "expected a JSON object"),
    ],
)
def test_what_can_be_read_in_two_ways_is_no_label(tmp_path, row, said):
    (tmp_path / "l.jsonl").write_text(json.dumps(row))
    with pytest.raises(InputError) as found:
        read_labels(tmp_path / "l.jsonl")
    assert str(found.value).startswith(f"{tmp_path / 'l.jsonl'}:1: ")
    assert said in str(found.value)


def test_a_label_that_is_there_twice_in_a_line_is_refused(tmp_path):
    (tmp_path / "l.jsonl").write_text('{"answer": "a", "passages": "x", "supported": true, "supported": false}')
    with pytest.raises(InputError, match=r"l.jsonl:1: field 'supported': it is there twice"):
        read_labels(tmp_path / "l.jsonl")


def test_lines_are_json_lines_whatever_stands_in_their_texts(tmp_path):
    rows = [GOOD | {"answer": "a\u2028b\u0085c"}, GOOD | {"question": None, "supported": 0.0, "label": None}]
    text = "\n\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (tmp_path / "l.jsonl").write_text(text, encoding="utf-8-sig")
    tally = Tally()
    assert [label.supported for label in read_labels(tmp_path / "l.jsonl", tally)] == [True, False]
    assert tally.count("l.jsonl") == Count(2, 1, 0)
    assert list(tally.notes()) == ["l.jsonl: 1 changed: without a question, 'Is this so?' was put in its place (line 3)"]


def test_labels_that_contradict_each_other_are_noted(tmp_path):
    (tmp_path / "l.jsonl").write_text("\n".join(map(json.dumps, [GOOD, GOOD | {"supported": False}])))
    tally = Tally()
    read_labels(tmp_path / "l.jsonl", tally)
    assert "l.jsonl: answers that are labelled both supported and not: no judge can agree with both (line 2)" in tally.notes()


@pytest.mark.parametrize("text", ["", '{"answer": "a", "passages": ["x"], "supported": true}\n'])
def test_labels_of_one_kind_cannot_check_a_judge(tmp_path, text):
    (tmp_path / "l.jsonl").write_text(text)
    with pytest.raises(InputError, match="both supported and unsupported"):
        read_labels(tmp_path / "l.jsonl")


def test_the_labels_of_the_embedded_domain_come_in_pairs_of_which_one_is_wrong():
    rows = read_labels(LABELS)
    pairs = list(zip(rows[::2], rows[1::2], strict=True))
    assert all(right.sample.passages == wrong.sample.passages and not wrong.supported for right, wrong in pairs)
    assert (len(pairs), sum(right.supported for right, _ in pairs)) == (120, 105)  # 15 are shown none of what they need
    assert all(right.supported == wrong.contradicted and not right.contradicted for right, wrong in pairs)


@pytest.mark.slow
def test_the_command_keeps_what_it_found_for_runs_to_show(tmp_path, capsys):
    assert main(["agreement", "--labels", str(LABELS), "--to", str(tmp_path)]) == 0
    assert "balanced_accuracy" in capsys.readouterr().out
    found = agreement.load(load_judge("lexical").name, tmp_path)
    kept = {row.question: row for row in found if row.labels == "instruments/labels.jsonl"}  # others come with Proctor
    assert set(kept) == {"support", "contradiction"}
    assert all(row.n + row.unmeasured == 240 for row in kept.values())
    assert kept["support"].balanced_accuracy > 0.85
    assert kept["contradiction"].balanced_accuracy > 0.7


def test_what_the_repository_keeps_is_of_the_judge_that_it_has(tmp_path):
    kept = {(row.labels, row.question) for row in agreement.load(load_judge("lexical").name, tmp_path)}
    assert kept >= {("instruments/labels.jsonl", "support"), ("instruments/labels.jsonl", "contradiction")}


def test_bad_input_ends_with_4(tmp_path, capsys):
    assert main(["agreement", "--labels", str(tmp_path / "none.jsonl")]) == 4
    assert "none.jsonl" in capsys.readouterr().err
