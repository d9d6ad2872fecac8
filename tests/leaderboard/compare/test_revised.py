"""A suite whose documents changed between two runs: what is compared, what is set aside, and what is said of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.core.schema import Document, Domain, Example, InputError, Question, RevisedQuestion, Revision, Suite
from proctor.leaderboard import compared
from proctor.leaderboard.board.board import board
from proctor.leaderboard.compare import report
from proctor.leaderboard.compare.gate import Gate, gate
from proctor.leaderboard.compare.policy import Policy, PolicyRule
from proctor.leaderboard.compare.revised import PartDifference, common
from proctor.leaderboard.compare.thresholds import Baseline, demand
from proctor.leaderboard.runs import saved
from proctor.leaderboard.runs.records import Records
from proctor.leaderboard.runs.store import CONTENTS, Run, Store
from proctor.suites.loading import identity
from tests.rendered import Seen
from tests.sample_run import record

CRITICAL = Policy(defaults=PolicyRule("critical", 0.02))
EXAMPLES = (Example("a", "b", ("d1",)), Example("c", "d"))


def question(place: int, **changes) -> Question:
    return replace(Question(f"q{place}", f"What is {place}?", (f"It is {place}",), (f"d{place % 10}",)), **changes)


def suite(**changes) -> Suite:
    """Ten documents and sixty questions."""
    domain = Domain(tuple(Document(f"d{place}", f"text {place}") for place in range(10)), EXAMPLES)
    made = Suite("instruments", "", "", domain, tuple(question(place) for place in range(60)))
    domain = replace(domain, **{name: changes.pop(name) for name in ("documents", "examples", "guide") if name in changes})
    made = replace(made, domain=domain, **changes)
    return replace(made, version=identity.version(made))


SUITE = suite()
DOCUMENTS, QUESTIONS = SUITE.domain.documents, SUITE.questions


def run(of: Suite, wrong: int = 0, **fields) -> Run:
    """Every question is answered right but for the first few, in the suite's order."""
    rows = [
        record("accuracy.exact", one.id, float(place >= wrong), suite_version=of.version, **fields)
        for place, one in enumerate(of.questions)
    ]
    return Run(Path("run"), Records.of(rows), {CONTENTS: {of.name: identity.contents(of)}})


def edited(**changes) -> Suite:
    return suite(**({"documents": (replace(DOCUMENTS[0], text="other"), *DOCUMENTS[1:])} | changes))


def held(before: Run, after: Run) -> tuple[Gate, str]:
    found = gate(before, after, CRITICAL)
    return found, Seen(report.as_markdown(found, before, after)).text


def test_a_changed_document_leaves_all_questions_compared_and_is_named():
    found, said = held(run(SUITE), run(edited()))
    assert (found.decision, found.differences) == ("GO", [])
    assert "Suite instruments has other documents (changed: 1 (d0))." in said
    assert "60 questions are the same in both, and compared where both runs asked them; none is set aside." in said


def test_what_got_worse_by_it_is_no_go():
    assert held(run(SUITE), run(edited(), wrong=30))[0].decision == "NO-GO"


def test_new_and_gone_documents_are_named_and_many_are_counted():
    more = tuple(Document(f"new{place}", "text") for place in range(12))
    found, said = held(run(SUITE), run(suite(documents=(*DOCUMENTS[2:], *more))))
    assert found.decision == "GO"
    assert "(new: 12 (new0, new1, new10, new11, new2, new3, new4, new5, new6, new7 and 2 more); gone: 2 (d0, d1))" in said


@pytest.mark.parametrize("change", [{"text": "Which?"}, {"references": ("no",)}, {"evidence": ("d9", "d8")}])
def test_questions_that_are_not_the_same_are_set_aside_and_counted(change):
    others = (question(0, **change), *QUESTIONS[2:], question(60))
    found, said = held(run(SUITE), run(edited(questions=others), wrong=1))
    assert found.decision == "GO"
    assert [ruling.change.found.n for ruling in found.rulings] == [58]
    assert "58 questions are the same in both, and compared where both runs asked them; " in said
    assert "; 3 set aside (1 changed, 1 new, 1 gone)." in said
    assert "Answered right before, and now wrong" not in said


def test_tags_and_clusters_make_no_other_question():
    others = tuple(replace(one, tags=("a",), cluster="b") for one in QUESTIONS)
    assert common(run(SUITE), run(edited(questions=others))).suites["instruments"].same == 60


def in_clusters(of: Suite, count: int, wrong: int = 0) -> Run:
    """A run of a suite whose questions are in so many clusters, in turn."""
    one = suite(questions=tuple(replace(each, cluster=f"c{place % count}") for place, each in enumerate(of.questions)))
    made = run(one, wrong)
    rows = [replace(row, cluster=f"c{place % count}") for place, row in enumerate(made.records)]
    return replace(made, records=Records.of(rows))


def test_the_clusters_of_the_newer_run_count_and_questions_that_changed_theirs_are_told():
    said = held(in_clusters(SUITE, 60), in_clusters(SUITE, 3, wrong=30))[1]
    assert "Suite instruments has other clusters of questions. 60 questions are the same in both" in said
    assert "none is set aside. 57 questions are in another cluster than before: the clusters of the newer run count." in said
    for before, now in ((60, 3), (3, 60)):
        (ruling,) = gate(in_clusters(SUITE, before), in_clusters(SUITE, now, wrong=30), CRITICAL).rulings
        assert ruling.change.found.clusters == now


def test_too_few_questions_in_common_decide_nothing():
    others = tuple(replace(one, text="Other?") for one in QUESTIONS[15:])
    found, said = held(run(SUITE), run(suite(questions=(*QUESTIONS[:15], *others)), wrong=15))
    assert found.decision == "INCONCLUSIVE"
    assert "Suite instruments asks other questions. 15 questions are the same" in said


def test_questions_that_the_suite_has_and_the_run_left_out_may_hide_anything():
    after = run(edited())
    found, _ = held(run(SUITE), Run(after.folder, after.records[:40], after.provenance))
    assert found.decision == "INCONCLUSIVE"
    assert found.rulings[0].reason.startswith("20 of 60 items measured before are missing now")


def test_other_training_examples_are_said_and_compared():
    found, said = held(run(SUITE), run(suite(examples=EXAMPLES[:1])))
    assert found.decision == "GO"
    assert "Suite instruments has other training examples. 60 questions" in said


@pytest.mark.parametrize("change", [{"abstain": ("never",)}, {"guide": "in one word"}, {"normalise": "squad"}])
def test_other_settings_make_another_exam(change):
    with pytest.raises(InputError, match="data of suite instruments"):
        gate(run(SUITE), run(edited(**change)), CRITICAL)


@pytest.mark.parametrize("change", [{"judge": "other"}, {"metric_version": "2"}])
def test_another_judge_or_metric_makes_another_exam_still(change):
    with pytest.raises(InputError) as refused:
        gate(run(SUITE), run(edited(), **change), CRITICAL)
    assert "data of suite" not in str(refused.value)


@pytest.mark.parametrize("silent", ["before", "after", "another version"])
def test_runs_that_do_not_tell_what_was_in_the_suite_are_refused_as_ever(silent):
    before, after = run(SUITE), run(edited())
    if silent == "another version":
        after.provenance[CONTENTS]["instruments"]["version"] = SUITE.version
    else:
        {"before": before, "after": after}[silent].provenance.clear()
    with pytest.raises(InputError, match="data of suite instruments"):
        gate(before, after, CRITICAL)


def test_a_revised_question_that_changed_is_set_aside():
    def with_revision(reference: str) -> Suite:
        revised = RevisedQuestion("r0", "What is 0 now?", (reference,), ("d0",), outdated=("It is 0",))
        return suite(revisions=(Revision("d0", "new", (revised,)),))

    of_runs = common(run(with_revision("1")), run(with_revision("2"))).suites["instruments"]
    assert of_runs.aside == {"r0"}
    assert of_runs.same == 60


def test_a_saved_run_tells_what_was_in_its_suite(tmp_path):
    saved.save(run(SUITE), tmp_path / "saved.json")
    assert held(saved.load(tmp_path / "saved.json"), run(edited()))[0].decision == "GO"


def test_a_demand_on_a_saved_run_is_held_to_the_questions_that_are_the_same():
    after = run(edited(questions=(question(0, text="Other?"), *QUESTIONS[1:])), wrong=1)
    against = Baseline(run(SUITE), [demand("accuracy.exact:ci")], after.provenance[CONTENTS])
    assert not list(against.complaints(after.records))
    worse = run(edited(), wrong=30)
    (said,) = Baseline(run(SUITE), [demand("accuracy.exact:ci")], worse.provenance[CONTENTS]).complaints(worse.records)
    assert said.startswith("accuracy.exact of rag on instruments went from")


def test_compare_says_it_too(tmp_path):
    after = run(edited())
    store = Store(tmp_path / "run")
    store.add(list(after.records))
    store.set_provenance(after.provenance)
    assert "other documents (changed: 1 (d0))" in compared(run(SUITE), tmp_path / "run", tmp_path)


def test_a_page_has_no_hashes_of_documents_in_it():
    assert CONTENTS not in board([run(SUITE)]).run


MIXED = st.permutations(range(10)), st.permutations(range(60)), st.permutations(range(2))


@given(*MIXED)
def test_the_same_suite_in_another_order_is_the_same(documents, questions, examples):
    mixed = suite(
        documents=tuple(DOCUMENTS[place] for place in documents),
        questions=tuple(QUESTIONS[place] for place in questions),
        examples=tuple(EXAMPLES[place] for place in examples),
    )
    assert {**identity.contents(mixed), "version": ""} == {**identity.contents(SUITE), "version": ""}
    found = gate(run(SUITE), run(mixed), CRITICAL)
    assert (found.decision, found.differences) == ("GO", [])


HASHES = st.dictionaries(st.text("abcd", max_size=2), st.sampled_from("xyz"))


@given(HASHES, HASHES)
def test_every_id_of_two_versions_is_the_same_or_in_one_kind_of_difference(before, now):
    found = PartDifference.of(before, now)
    same = {name for name in before if now.get(name) == before[name]}
    kinds = [same, found.changed, found.new, found.gone]
    assert sum(map(len, kinds)) == len({name for kind in kinds for name in kind}) == len(before.keys() | now.keys())
    assert set(found.gone).isdisjoint(now)
    assert set(found.new).isdisjoint(before)
