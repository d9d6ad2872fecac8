"""The gate: what passes, what fails, what cannot be told, and what may not be compared."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.cli import main
from proctor.core.schema import InputError
from proctor.leaderboard.compare import policy, report
from proctor.leaderboard.compare.changes import apart
from proctor.leaderboard.compare.gate import EXIT, gate
from proctor.leaderboard.compare.policy import Policy, PolicyRule
from proctor.leaderboard.runs import saved as baseline
from proctor.leaderboard.runs.records import Records
from proctor.leaderboard.runs.store import Run
from tests import sample_run
from tests.faults.escapes import MARKDOWN
from tests.rendered import Seen
from tests.sample_run import record
from tests.simulate import gate as simulated
from tests.simulate import power

CRITICAL = Policy(defaults=PolicyRule("critical", 0.02))


def run(values, metric="accuracy.exact", provenance=None, **fields):
    rows = [record(metric, f"q{i}", value, **fields) for i, value in enumerate(values)]
    return Run(Path("run"), Records.of(rows), provenance or {})


def share(right: int, n: int = 200):
    return [1.0] * right + [0.0] * (n - right)


def only(decided):
    (ruling,) = decided.rulings
    return ruling.outcome, decided.decision


def test_nothing_changed_is_go_however_few_the_questions():
    assert only(gate(run(share(2, 3)), run(share(2, 3)), CRITICAL)) == ("unchanged", "GO")


def test_a_sure_and_large_drop_is_no_go():
    assert only(gate(run(share(180)), run(share(120)), CRITICAL)) == ("failed", "NO-GO")


@pytest.mark.parametrize(
    ("value", "better", "policy", "warned"),
    [
        (0.0, "higher", CRITICAL, True),
        (1.0, "lower", CRITICAL, True),
        (1.0, "higher", CRITICAL, False),
        (0.0, "higher", Policy(defaults=PolicyRule("advisory", 0.02)), False),
    ],
)
def test_what_decides_and_is_at_its_worst_in_both_runs_is_to_be_read_with_care(value, better, policy, warned):
    before, after = (run([value] * 40, better=better) for _ in range(2))
    said = Seen(report.as_markdown(gate(before, after, policy), before, after)).text
    assert ("in both runs: that it did not get worse says nothing" in said) == warned


def test_a_caution_of_either_run_is_in_the_report():
    before, after = run(share(120)), run(share(180), caution="the answer was cut off")
    text = report.as_markdown(gate(before, after, CRITICAL), before, after)
    assert "Read with care:\n\n- now: the answer was cut off: accuracy.exact of rag on instruments" in text
    unwarned = run(share(180))
    assert "Read with care" not in report.as_markdown(gate(before, unwarned, CRITICAL), before, unwarned)


def test_seconds_of_another_machine_are_not_compared_and_decide_nothing():
    def timed(machine, values):
        return run(values, "latency.seconds", {"machine": {"model": machine}}, unit="seconds", better="lower")

    before, slower = timed("one", [1.0, 1.1] * 20), [3.0, 3.1] * 20
    assert only(gate(before, timed("other", slower), CRITICAL)) == ("not compared", "INCONCLUSIVE")
    assert only(gate(before, timed("one", slower), CRITICAL))[0] != "not compared"


def test_libraries_of_another_version_are_named_in_the_report():
    before, after = (run(share(120), provenance={"versions": {"torch": number, "peft": "1"}}) for number in ("2.13.0", "2.14.0"))
    text = report.as_markdown(gate(before, after, CRITICAL), before, after)
    assert "Other versions: torch 2.13.0 -> 2.14.0." in text


def test_a_gain_passes():
    assert only(gate(run(share(120)), run(share(180)), CRITICAL)) == ("passed", "GO")


def test_where_lower_is_better_a_rise_fails():
    before, after = (run(share(n), "hallucination.contradicted", better="lower") for n in (20, 90))
    assert only(gate(before, after, CRITICAL)) == ("failed", "NO-GO")


def test_what_too_few_questions_cannot_tell_is_inconclusive_and_says_what_they_could():
    decided = gate(run(share(30, 40)), run([0.0, 0.0, *share(28, 38)]), CRITICAL)
    assert only(decided) == ("inconclusive", "INCONCLUSIVE")
    assert "may be up to" in decided.rulings[0].reason
    assert re.match(
        r"ask about \d+ questions in both runs in place of 40; with 40 a drop of .* is found in 4 runs of 5",
        decided.rulings[0].settle,
    )


def test_a_small_drop_that_is_surely_small_passes():
    before, after = share(2000, 4000), [0.0] * 10 + share(1990, 3990)
    assert only(gate(run(before), run(after), CRITICAL)) == ("passed", "GO")


def test_a_metric_that_had_no_value_before_is_not_compared_whatever_the_seeds():
    none = [record("context.cut", "a", None, status="not_applicable", reason="no room", seed=0)]
    some = [record("context.cut", "a", value, seed=seed) for seed, value in enumerate((0.1, 0.2, 0.3))]
    before, after = (Run(Path("run"), Records.of(records), {}) for records in (none, some))
    assert gate(before, after, Policy()).rulings[0].change.found is None


def of_metrics(*metrics: str) -> Run:
    rows = [record(metric, f"q{n}", 1.0, caution="cut off" if n else "") for metric in metrics for n in range(40)]
    return Run(Path("run"), Records.of(rows), {})


def test_metrics_that_a_narrower_run_did_not_take_are_one_line():
    before, after = of_metrics("accuracy.exact", "accuracy.f1", "retrieval.mrr"), of_metrics("accuracy.exact")
    held = gate(before, after, CRITICAL)
    text = report.as_markdown(held, before, after)
    said = "Not taken in the new run: 2 metrics (accuracy.f1, retrieval.mrr)"
    assert f"{said}; 2 of them decide: measure what decides, or leave it out of the policy." in text
    assert "1 figure decides; none changed. The new run left out 2 figures that decide. Take the whole exam" in text
    assert "1 figure compared question by question; 1 unchanged." in text
    assert not re.search(r"\| (accuracy\.f1|retrieval\.mrr) \|", text)
    assert text.count("retrieval.mrr") == 1, "nor is there anything to read with care"
    assert f"{said}." in report.as_table(held)


def test_a_metric_that_one_system_alone_has_no_more_keeps_its_row():
    before, after = of_metrics("accuracy.exact", "retrieval.mrr"), of_metrics("accuracy.exact", "retrieval.mrr")
    other = [replace(one, system="bot") for one in before.records]
    both = replace(before, records=Records.of([*before.records, *other]))
    fewer = replace(after, records=Records.of([*after.records, *(one for one in other if one.metric != "retrieval.mrr")]))
    text = report.as_markdown(gate(both, fewer, CRITICAL), both, fewer)
    assert "Not taken in the new run" not in text
    assert "| bot | retrieval.mrr |" in text


def test_runs_of_other_suites_have_nothing_to_compare():
    with pytest.raises(InputError, match=r"no suite, base model and system in common: .*/rag in one, other/.*/rag in the other"):
        gate(run(share(9, 30)), run(share(9, 30), suite="other"), Policy())


def test_the_same_system_beside_another_base_model_is_said_with_what_to_do():
    beside, alone = run(share(9, 30)), run(share(9, 30), base_model="external")
    with pytest.raises(InputError, match=r"rag stood beside another base model, or beside none: .*the same --base-model"):
        gate(beside, alone, Policy())


def test_a_policy_that_there_is_not_is_said(tmp_path, capsys):
    assert main(["gate", "a", "b", "--policy", str(tmp_path / "none.yaml")]) == 3
    assert "the file is missing" in capsys.readouterr().err


def test_a_policy_on_a_metric_that_there_is_not_is_a_slip_of_the_pen():
    with pytest.raises(InputError, match=r"neither run has: acuracy\.exact; did you mean accuracy\.exact\?$"):
        gate(run(share(9, 30)), run(share(9, 30)), Policy(metrics={"acuracy.exact": PolicyRule()}))


def test_a_metric_like_none_of_the_runs_names_the_first_of_them_and_not_all():
    rows = [row for place in range(40) for row in run(share(9, 30), f"general.t{place}").records]
    many = Run(Path("run"), Records.of(rows), {})
    with pytest.raises(InputError, match=r"has: sweetness; they have general\.t0, .* and 30 more$"):
        gate(many, many, Policy(metrics={"sweetness": PolicyRule()}))


def test_the_same_answers_to_more_questions_are_unchanged():
    ruling = gate(run(share(20, 20)), run(share(20, 60)), CRITICAL).rulings[0]
    assert ruling.outcome == "unchanged"
    assert "compared over the 20 in both" in ruling.reason


def test_one_of_several_seeds_that_came_out_as_before_is_unchanged():
    seeds = [row for seed, right in enumerate((20, 30, 40)) for row in run(share(right, 60), seed=seed).records]
    assert only(gate(Run(Path("run"), Records.of(seeds), {}), run(share(20, 60)), CRITICAL)) == ("unchanged", "GO")


def test_fewer_common_items_than_the_policy_wants_are_inconclusive():
    outcome, _ = only(gate(run(share(10, 10)), run(share(0, 10)), CRITICAL))
    assert outcome == "inconclusive"


@pytest.mark.parametrize(("tier", "decision"), [("critical", "NO-GO"), ("supporting", "NO-GO"), ("advisory", "INCONCLUSIVE")])
def test_tiers_decide_what_a_failure_means(tier, decision):
    assert gate(run(share(180)), run(share(100)), Policy(defaults=PolicyRule(tier))).decision == decision


@pytest.mark.parametrize(("meaning", "decision"), [("stop", "INCONCLUSIVE"), ("go", "GO"), ("no-go", "NO-GO")])
def test_the_policy_says_what_inconclusive_means(meaning, decision):
    rules = Policy(defaults=PolicyRule("critical"), inconclusive=meaning)
    assert gate(run(share(30, 40)), run([0.0, 0.0, *share(28, 38)]), rules).decision == decision


@pytest.mark.parametrize("tier", ["critical", "supporting"])
def test_what_may_hide_a_drop_is_not_go_unless_the_policy_says_so(tier):
    """36 questions that fell by 8 points cannot tell whether they fell by more than 2."""
    before, after = run(share(33, 36)), run([0.0] * 3 + share(30, 33))
    assert gate(before, after, Policy(defaults=PolicyRule(tier))).decision == "INCONCLUSIVE"
    let_through = gate(before, after, Policy(defaults=PolicyRule(tier, inconclusive="go")))
    assert let_through.decision == "GO"
    assert "By policy: 1 figure may hide a drop" in report.as_markdown(let_through, before, after)


@cache
def collapse(questions: int) -> tuple[Run, Run]:
    """One figure from 100 to 0 % among 500 that hardly moved."""

    def whole(first: float, others: list[float]) -> Run:
        figures = {"faithfulness.gold": [first] * questions, **{f"faithfulness.m{i}": others for i in range(500)}}
        return Run(Path("run"), Records.of(r for name, values in figures.items() for r in run(values, name).records), {})

    good = [1.0] * (questions - 1)
    return whole(1.0, [*good, 0.0]), whole(0.0, [0.0, *good])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("questions", "inconclusive"), [(10, "stop"), (10, "go"), (12, "stop"), (12, "go"), (24, "go"), (200, "go")]
)
def test_a_collapse_is_never_go_however_many_figures_are_tested(questions, inconclusive):
    held = gate(*collapse(questions), Policy(inconclusive=inconclusive, min_pairs=10))
    assert held.decision != "GO"
    assert (held.decision == "NO-GO") == (questions >= 24)


SHAKY = {
    "too few pairs": (Policy(inconclusive="go", min_pairs=500), {}),
    "too few clusters": (Policy(inconclusive="go"), {"cluster": "one"}),
    "a judge that nobody agrees with": (Policy(), {"metric": "faithfulness.gold", "judge": "j"}),
}


@pytest.mark.parametrize("why", SHAKY)
def test_no_reason_for_making_no_test_lets_a_collapse_pass(why):
    """180 right of 200, and then 60: whatever keeps that from being NO-GO is no reason for GO."""
    rules, about = SHAKY[why]
    agreed = {"judges": {"j": [{"labels": "instruments/labels.jsonl", "kappa": 0.1, "question": "support"}]}}

    def of(right):
        places = {f"q{i}": f"c{i // 25}" if "cluster" in about else f"q{i}" for i in range(200)}
        rows = run(share(right), **{name: value for name, value in about.items() if name != "cluster"}).records
        kept = [record("accuracy.f1", item) for item in places]
        return Run(Path("run"), Records.of([*(replace(row, cluster=places[row.item]) for row in rows), *kept]), agreed)

    before, after = of(180), of(60)
    held = gate(before, after, rules)
    assert held.decision == "INCONCLUSIVE"
    assert "1 figure got worse by more than the policy allows over the whole interval" in report.as_markdown(held, before, after)


def test_a_drop_within_what_is_allowed_does_not_fail_however_many_the_questions():
    """4 points of 5 allowed, in 5,000 questions: what was tested is the allowance, and not zero."""
    rules = Policy(defaults=PolicyRule("critical", 0.05))
    assert only(gate(run(share(4000, 5000)), run(share(3800, 5000)), rules)) == ("passed", "GO")
    assert only(gate(run(share(4000, 5000)), run(share(3740, 5000)), rules))[1] == "INCONCLUSIVE"
    assert only(gate(run(share(4000, 5000)), run(share(3600, 5000)), rules)) == ("failed", "NO-GO")


def trained(values, version, seeds=1, weights=None):
    rows = [r for seed in range(seeds) for r in run(values[seed], system="lora", seed=seed).records]
    made = {"version": version, "training": {"seconds": 1.0, **({"weights": weights} if weights else {})}}
    return Run(
        Path("run"), Records.of(rows), {"made": {f"instruments/tiny/lora/{seed}": made for seed in range(seeds)}, "seeds": seeds}
    )


def test_a_system_trained_once_each_time_cannot_fail_by_luck():
    before, after = trained([share(180)], "1"), trained([share(140)], "2")
    ruling = gate(before, after, CRITICAL).rulings[0]
    assert (ruling.outcome, ruling.settle) == ("inconclusive", "train both runs with --seeds 3")
    assert "luck in training" in ruling.reason
    assert only(gate(before, trained([share(140)], "1"), CRITICAL)) == ("failed", "NO-GO")
    finished = {"systems": {"lora": {"settings": {"adapt": "lora", "weights": "adapters/lora"}}}}
    given = [replace(one, provenance={**one.provenance, **finished}) for one in (before, after)]
    assert only(gate(*given, CRITICAL)) == ("failed", "NO-GO"), "finished weights were not trained for either run"
    same = [trained([share(right)], version, weights="w") for right, version in ((180, "1"), (140, "2"))]
    assert only(gate(*same, CRITICAL)) == ("failed", "NO-GO")


def test_a_base_model_whose_name_has_a_slash_is_known_to_be_trained_anew():
    def of_hub(right, version):
        made = {"instruments/org/model/lora/0": {"version": version, "training": {"seconds": 1.0}}}
        return run(share(right), system="lora", base_model="org/model", provenance={"made": made})

    assert only(gate(of_hub(180, "1"), of_hub(140, "2"), CRITICAL)) == ("inconclusive", "INCONCLUSIVE")


def test_another_seed_is_another_training():
    def seeded(right, seed):
        made = {f"instruments/tiny/lora/{seed}": {"version": f"v{seed}", "training": {"seconds": 1.0}}}
        return run(share(right), system="lora", seed=seed, provenance={"made": made})

    assert only(gate(seeded(180, 0), seeded(140, 1), CRITICAL)) == ("inconclusive", "INCONCLUSIVE")


def test_saved_runs_of_several_seeds_say_how_much_luck_in_training_is():
    before, after = trained([share(180)], "1"), trained([share(100)], "2")
    steady, wild = (
        trained([share(right) for right in rights], "0", len(rights)) for rights in (range(170, 181, 2), (60, 120, 180))
    )
    assert only(gate(before, after, CRITICAL, seeded=[steady])) == ("failed", "NO-GO")
    assert only(gate(before, after, CRITICAL, seeded=[wild])) == ("inconclusive", "INCONCLUSIVE")


def seeded_anew(rights, version, **about):
    """A trained system, a seed for each number of right answers of 200."""
    rows = [r for seed, right in enumerate(rights) for r in run(share(right), system="lora", seed=seed, **about).records]
    made = {f"instruments/tiny/lora/{seed}": {"version": version, "training": {"seconds": 1.0}} for seed in range(len(rights))}
    return Run(Path("run"), Records.of(rows), {"made": made, "seeds": len(rights)})


@pytest.mark.parametrize("metric_version", ["1", "2"])
def test_a_difference_has_one_interval_whichever_run_is_named_first(metric_version):
    """Though the saved run is of one run's exam, and is that run itself another time."""
    one, three = seeded_anew([150], "1"), seeded_anew([160, 168, 171], "2", metric_version=metric_version)
    other = seeded_anew([155, 160, 158], "3", metric_version=metric_version)

    def ends(before, after, seeded):
        (ruling,) = gate(before, after, Policy(), ignore_mismatch=True, seeded=seeded).rulings
        return ruling.change.found.difference.low, ruling.change.found.difference.high

    for seeded in ([], [other], [other, three], [three, other, other]):
        low, high = ends(one, three, seeded)
        assert ends(three, one, seeded) == pytest.approx((-high, -low))
    assert ends(one, three, [other, three]) == ends(one, three, [other])


def test_compare_and_gate_give_a_difference_one_interval(tmp_path, capsys, monkeypatch):
    saved = tmp_path / "saved"
    (tmp_path / "pyproject.toml").write_text('[tool.proctor]\nsaved_runs = "saved"\n')
    monkeypatch.chdir(tmp_path)
    paths = [tmp_path / f"{name}.json" for name in ("one", "two")]
    for path, rights in zip((*paths, saved / "three.json"), ([150], [160], [140, 160, 180]), strict=True):
        baseline.save(seeded_anew(rights, path.name), path)
    said = []
    for command in ("compare", "gate"):
        main([command, *map(str, paths)])
        said += re.findall(r"\| (-[\d.]+\sto\s[\d.]+\spts) \|", capsys.readouterr().out)
    assert len(said) == 2
    assert len(set(said)) == 1


def test_the_remedy_names_the_run_that_has_too_few_seeds():
    one, three = seeded_anew([150], "1"), seeded_anew([138, 150, 162], "2")
    rules = Policy(defaults=PolicyRule("critical", 0.05))
    assert gate(one, three, rules).rulings[0].settle == "train the baseline again with --seeds 3"
    assert gate(three, one, rules).rulings[0].settle == "train the candidate again with --seeds 3"
    assert gate(three, seeded_anew([120, 150, 180], "3"), rules).rulings[0].settle == "train both runs with --seeds 6"


@pytest.mark.slow
def test_each_tier_is_corrected_by_itself_and_advisory_figures_cost_nothing():
    names = ["accuracy.exact", *(f"general.t{i}" for i in range(200))]

    def whole(first, others):
        return Run(
            Path("run"),
            Records.of(r for n, v in zip(names, [first, *[others] * 200], strict=True) for r in run(v, n).records),
            {},
        )

    before, after = whole(share(190), share(100)), whole(share(170), [*share(99, 199), 1.0])
    rules = Policy(defaults=PolicyRule("advisory"), metrics={"accuracy.exact": PolicyRule("critical", 0.02)})
    assert gate(before, after, rules).rulings[0].p < 0.05
    all_of_one = Policy(defaults=PolicyRule("critical", 0.02))
    assert gate(before, after, all_of_one).rulings[0].p > gate(before, after, rules).rulings[0].p


def test_counted_figures_are_known_and_need_no_test():
    before, after = (run([size], "cost.artifact_bytes", unit="bytes", better="lower") for size in (1000.0, 1200.0))
    rules = Policy(metrics={"cost.artifact_bytes": PolicyRule("supporting", max_relative_drop=0.1)})
    assert only(gate(before, after, rules)) == ("failed", "NO-GO")
    assert only(gate(after, before, rules)) == ("passed", "GO")


def amounts(**values):
    """One number a metric, in bytes."""
    return Run(Path("run"), Records.of(row for n, v in values.items() for row in
               run([v], f"cost.{n}", unit="bytes", better="lower").records), {})  # fmt: skip


def test_what_was_counted_and_what_was_read_once_have_no_p_and_head_no_list():
    drop = run(share(150)), run(share(60))
    sizes = amounts(artifact_bytes=1e6, peak_bytes=1e8), amounts(artifact_bytes=2e6, peak_bytes=2e8)
    pair = [Run(Path("run"), Records.joined([one.records, other.records]), {}) for one, other in zip(drop, sizes, strict=True)]
    rows = [line for line in report.as_table(gate(*pair, Policy())).splitlines() if line.startswith("|")][2:]
    assert ["accuracy.exact" in rows[0], "cost.artifact_bytes" in rows[1], "cost.peak_bytes" in rows[2]] == [True] * 3
    assert "worse" in rows[1]
    assert "| counted |" in rows[1]
    assert "worse" not in rows[2]
    assert "| one reading |" in rows[2]


def test_what_was_counted_and_moved_by_less_than_is_shown_is_below_notice():
    before, after = amounts(artifact_bytes=1_840_000.0), amounts(artifact_bytes=1_840_004.0)
    text = report.as_table(gate(before, after, Policy()))
    assert text == "1 figure compared question by question; 0 unchanged; 1 counted, and changed by less than its digits show."
    strict = gate(before, after, Policy(metrics={"cost.artifact_bytes": PolicyRule("critical", 0.0)}))
    assert "cost.artifact_bytes" in report.as_markdown(strict, before, after)


def test_one_reading_decides_nothing_however_far_it_moved():
    rules = Policy(metrics={"cost.peak_bytes": PolicyRule("critical", max_relative_drop=0.1)})
    ruling = gate(amounts(peak_bytes=1e8), amounts(peak_bytes=3e8), rules).rulings[0]
    assert (ruling.outcome, ruling.p) == ("inconclusive", None)
    assert "one reading" in ruling.reason


def test_the_report_says_how_many_of_the_figures_that_decide_were_tested():
    def of(right):
        still = [row for place in range(9) for row in run(share(90), f"faithfulness.m{place}").records]
        return Run(Path("run"), Records.of([*still, *run(share(right)).records]), {})

    before, after = of(180), of(60)
    held = gate(before, after, CRITICAL)
    assert "10 figures decide; 1 of them changed, so only that was tested. 1 figure got" in report.as_markdown(
        held, before, after
    )
    assert next(r for r in held.rulings if r.outcome == "failed").p == pytest.approx(gate(*drops(), CRITICAL).rulings[0].p)
    assert "10 figures decide; none changed." in report.as_markdown(gate(before, before, CRITICAL), before, before)


def drops():
    return run(share(180)), run(share(60))


def test_what_differs_between_exams_stands_beside_the_verdict_and_the_refusal_says_what_to_do():
    before, after = run(share(180)), run(share(170), judge="other")
    with pytest.raises(InputError, match=r"Take the older exam again with this version"):
        gate(before, after, CRITICAL)
    held = gate(before, after, CRITICAL, ignore_mismatch=True)
    for text in (report.as_markdown(held, before, after), f"## \n\n{report.as_table(held)}"):
        assert text.split("\n\n")[1].startswith("**Compared although these are different exams (`--ignore-mismatch`)**")
        assert "1 difference listed at the end" in text
        assert "- judge of metric accuracy.exact" in text


def test_a_report_shows_settings_in_words_and_lists_as_a_whole():
    names = [f"system-with-a-long-name-{place}" for place in range(12)]

    def of(room):
        told = {name: {"settings": {"max_new_tokens": room}} for name in names}
        return Run(Path("run"), run(share(9, 30), caution="odd").records, {"systems": told})

    before, after = of({"instruments/tiny": 32, "loans/tiny": 117}), of(32)
    text = report.as_markdown(gate(before, after, Policy(), ignore_mismatch=True), before, after)
    assert f"Set otherwise: {', '.join(names)}: max_new_tokens on loans/tiny 117 -> 32." in text
    assert "{" not in text


def test_the_remedy_for_too_few_questions_says_how_many_more():
    ruling = gate(run(share(14, 14)), run([0.0, *share(13, 13)]), CRITICAL).rulings[0]
    assert ruling.settle == "ask 6 more questions in both runs, or lower min_pairs"


def test_the_shipped_policy_holds_for_what_a_run_has_and_names_what_matters_most_critical():
    rules = policy.shipped()
    assert {name for name, rule in rules.metrics.items() if rule.tier == "critical"} == {
        "accuracy.exact",
        "hallucination.unanswerable",
        "forgetting",
    }
    assert gate(run(share(9, 30)), run(share(9, 30)), rules).decision == "GO"


def test_a_judge_that_errs_stops_the_gate_with_its_reason():
    before = run(share(100), "faithfulness.gold", judge="j")
    rows = [record("faithfulness.gold", f"q{i}", None, status="unmeasured", reason="no reply", judge="j") for i in range(200)]
    decided = gate(before, Run(Path("run"), Records.of(rows), {}), Policy())
    assert only(decided) == ("inconclusive", "INCONCLUSIVE")
    assert "200 items more than before could not be measured: no reply" in decided.rulings[0].reason


def test_a_metric_that_is_gone_stops_the_gate_and_a_new_one_does_not():
    one = run(share(9, 30))
    two = Run(Path("run"), Records.of([*one.records, *run(share(9, 30), "accuracy.f1").records]), {})
    lost, added = (gate(before, after, Policy()) for before, after in ((two, one), (one, two)))
    assert (sorted(ruling.outcome for ruling in lost.rulings), lost.decision) == (["inconclusive", "unchanged"], "INCONCLUSIVE")
    assert (sorted(ruling.outcome for ruling in added.rulings), added.decision) == (["new", "unchanged"], "GO")


def test_a_run_that_holds_nothing_never_passes():
    one, nothing = run(share(9, 30)), Run(Path("saved"), Records.of(()), {})
    for before, after in ((nothing, one), (one, nothing), (nothing, nothing)):
        with pytest.raises(InputError, match=r"saved: the run .* holds no record"):
            gate(before, after, Policy())


def test_a_run_in_which_every_metric_is_new_is_not_called_go():
    found = gate(run(share(9, 30), "accuracy.f1"), run(share(9, 30)), Policy(metrics={"accuracy.f1": PolicyRule("advisory")}))
    assert found.decision == "INCONCLUSIVE"
    assert "no metric that the policy makes critical or supporting is in both runs" in found.idle


def test_a_judge_that_agrees_too_little_with_people_on_the_metrics_question_and_the_suites_data_cannot_decide():
    def decided(*rows, metric="faithfulness.gold"):
        known = {"judges": {"j": [{"labels": labels, "kappa": kappa, **asked} for labels, kappa, asked in rows]}}
        before, after = (run(share(n), metric, known, judge="j") for n in (180, 60))
        return gate(before, after, Policy()).decision

    support, contradiction = {"question": "support"}, {"question": "contradiction"}
    assert decided(("instruments/labels.jsonl", 0.1, support)) == "INCONCLUSIVE"
    assert decided(("instruments/labels.jsonl", 0.1, {})) == "INCONCLUSIVE"  # kept before questions were told apart: support
    assert decided(("instruments/labels.jsonl", 0.1, contradiction)) == "NO-GO"
    assert decided(("instruments/labels.jsonl", 0.9, support), ("instruments/labels.jsonl", 0.1, contradiction)) == "NO-GO"
    assert decided(("elsewhere/labels.jsonl", 0.1, support)) == "NO-GO"
    assert decided(("elsewhere/labels.jsonl", 0.9, support), ("instruments/labels.jsonl", 0.1, support)) == "INCONCLUSIVE"
    assert decided() == "NO-GO"
    assert decided(("instruments/labels.jsonl", 0.1, support), metric="hallucination.contradicted") == "NO-GO"


def test_a_judge_that_decides_unchecked_is_named():
    before, after = (run(share(n), "faithfulness.gold", judge="j") for n in (180, 170))
    text = report.as_markdown(gate(before, after, Policy()), before, after)
    assert "the judge j was not checked on data like this: faithfulness.gold of rag on instruments" in text


def test_amounts_are_advisory_until_the_policy_names_them():
    before, after = (run([seconds] * 50, "latency.seconds", unit="seconds", better="lower") for seconds in (1.0, 2.0))
    assert gate(before, after, Policy()).decision == "INCONCLUSIVE"
    strict = Policy(metrics={"latency.*": PolicyRule("supporting", max_relative_drop=0.1)})
    assert gate(before, after, strict).decision == "NO-GO"


def test_shares_of_time_are_advisory_too():
    assert Policy().rule("latency.decoding_share", "share").tier == "advisory"
    assert Policy(metrics={"latency.*": PolicyRule("critical")}).rule("latency.decoding_share", "share").tier == "critical"


def test_many_metrics_are_corrected_together():
    """One drop that a single test would call sure is not sure among forty."""
    rng = np.random.default_rng(0)
    names = [f"general.t{i}" for i in range(40)]
    rows = {name: (rng.random(100) < 0.5).astype(float) for name in names}
    drop = rows[names[0]].copy()
    drop[np.flatnonzero(drop)[:9]] = 0.0

    def whole(first):
        values = {**rows, names[0]: first}
        noisy = {n: v if n == names[0] else np.roll(v, 1) for n, v in values.items()} if first is drop else values
        return Run(Path("run"), Records.of(r for n, v in noisy.items() for r in run(v.tolist(), n).records), {})

    holm = gate(whole(rows[names[0]]), whole(drop), Policy(correction="holm"))
    plain = gate(whole(rows[names[0]]), whole(drop), Policy(correction="none"))
    assert next(r for r in plain.rulings if r.change.metric == names[0]).outcome == "failed"
    assert next(r for r in holm.rulings if r.change.metric == names[0]).outcome == "inconclusive"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"judge": "other"}, "judge of metric accuracy.exact"),
        ({"suite_version": "s2"}, "data of suite instruments: s1 before, s2 now"),
        ({"metric_version": "2"}, "definition of metric accuracy.exact: 1 before, 2 now"),
    ],
)
def test_other_exams_are_refused_by_name_unless_told_otherwise(change, said):
    before, after = run(share(9, 30)), run(share(9, 30), **change)
    with pytest.raises(InputError, match=said):
        gate(before, after, Policy())
    assert gate(before, after, Policy(), ignore_mismatch=True).differences


@pytest.mark.parametrize("name", ["prompt_template", "adapter_merged"])
def test_another_manner_of_asking_is_refused_by_name(name):
    before, after = (run(share(9, 30), provenance={"systems": {"rag": {"generation": {name: v}}}}) for v in ("1", "2"))
    with pytest.raises(InputError, match=f"{name} of system rag: 1 before, 2 now"):
        gate(before, after, Policy())


def test_a_room_that_differs_on_one_domain_leaves_the_others_comparable():
    def with_room(room):
        rows = [row for suite in ("instruments", "loans") for row in run(share(9, 30), suite=suite).records]
        return Run(Path("run"), Records.of(rows), {"systems": {"rag": {"settings": {"max_new_tokens": room}}}})

    before, after = with_room({"instruments/tiny": 32, "loans/tiny": 117}), with_room(32)
    with pytest.raises(InputError, match=r":\nmax_new_tokens of system rag on loans/tiny: 117 before, 32 now$"):
        gate(before, after, Policy())
    one = Run(Path("run"), run(share(9, 30)).records, before.provenance)
    assert gate(one, after, Policy()).decision == "GO"
    record = before.records[0]
    assert apart(record, record, before.provenance, after.provenance) == []


def test_what_a_smaller_run_leaves_out_may_hide_anything():
    """As ``--limit`` does, which may leave out all unanswerable questions."""
    rules = Policy(metrics={"hallucination.unanswerable": PolicyRule("critical")}, defaults=PolicyRule("advisory"))
    asked = {"metric": "hallucination.unanswerable", "better": "lower"}
    unasked = [record("hallucination.unanswerable", f"q{i}", None, status="not_applicable", better="lower") for i in range(60)]
    whole = Run(Path("run"), Records.of([*unasked, *run(share(9, 90), **asked).records[60:]]), {})
    held = gate(whole, Run(Path("run"), Records.of(unasked), {}), rules)
    assert held.decision == "INCONCLUSIVE"
    ruling = gate(run(share(150)), run(share(50, 50)), CRITICAL).rulings[0]
    assert (ruling.outcome, ruling.settle) == ("inconclusive", "measure them, without --limit")
    assert ruling.reason.startswith("150 of 200 items measured before are missing now; the others: every item came out as before")
    assert only(gate(run(share(200)), run([0.0] * 60), CRITICAL)) == ("failed", "NO-GO")


def test_what_applies_to_no_item_of_either_run_is_no_figure():
    rows = [record("citations.recall", f"q{i}", None, status="not_applicable") for i in range(60)]
    nothing = Run(Path("run"), Records.of([*rows, *run(share(9, 30)).records]), {})
    assert [ruling.change.metric for ruling in gate(nothing, nothing, CRITICAL).rulings] == ["accuracy.exact"]


STATUSES = st.lists(st.sampled_from(["scored", "failed", "unmeasured", "not_applicable"]), min_size=1, max_size=4)


def ended(statuses: Sequence[str]) -> Run:
    """A metric whose items came to these ends, beside one that says something."""
    rows = [
        record("faithfulness.gold", f"q{place}", {"scored": 1.0, "failed": 0.0}.get(status), status=status, reason="why")
        for place, status in enumerate(statuses)
    ]
    return Run(Path("run"), Records.of([*rows, *run(share(9, 30)).records]), {})


@given(STATUSES, STATUSES)
def test_whatever_items_came_to_before_and_now_two_runs_are_compared(before: list[str], now: list[str]) -> None:
    found = gate(ended(before), ended(now), CRITICAL)
    assert all(ruling.reason for ruling in found.rulings)
    assert report.as_table(found)


def test_what_could_not_be_measured_and_does_not_apply_any_more_is_no_figure() -> None:
    found = gate(ended(["unmeasured"]), ended(["not_applicable"]), CRITICAL)
    assert [ruling.change.metric for ruling in found.rulings] == ["accuracy.exact"]
    some = gate(ended(["unmeasured", "unmeasured"]), ended(["unmeasured", "not_applicable"]), CRITICAL)
    assert "could be measured in neither run" in next(one for one in some.rulings if one.outcome == "inconclusive").reason


def test_seeds_that_one_run_alone_has_are_said():
    seeds = [row for seed, right in enumerate((20, 30, 40)) for row in run(share(right, 60), seed=seed).records]
    before, after = run(share(20, 60)), Run(Path("run"), Records.of(seeds), {})
    assert "seed 0 (1 before, 3 now)" in report.as_markdown(gate(before, after, CRITICAL), before, after)


def test_a_share_cannot_be_allowed_more_than_all_of_it():
    with pytest.raises(
        InputError, match=r"accuracy\.exact: max_drop: expected .* below 1 \(a share: 0\.02 is two points\), not 5"
    ):
        gate(run(share(9, 30)), run(share(9, 30)), Policy(metrics={"accuracy.exact": PolicyRule(max_drop=5.0)}))


def test_inconclusive_figures_that_count_as_no_go_are_not_called_significantly_worse():
    before, after = run(share(30, 40)), run([0.0, 0.0, *share(28, 38)])
    text = report.as_markdown(gate(before, after, Policy(inconclusive="no-go")), before, after)
    assert "NO-GO" in text
    assert "significantly" not in text


def test_exit_codes_tell_the_decisions_apart():
    assert EXIT == {"GO": 0, "NO-GO": 1, "INCONCLUSIVE": 2}


def written(folder: Path, text: str) -> Path:
    path = folder / "policy.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_policy_is_read_with_its_defaults(tmp_path):
    text = "version: 1\nalpha: 0.1\ndefaults: {tier: advisory, max_drop: 0.05}\nmetrics:\n  accuracy.*: {tier: critical}\n"
    found = policy.load(written(tmp_path, text))
    assert (found.alpha, found.correction) == (0.1, "holm")
    assert found.rule("accuracy.f1", "share") == PolicyRule("critical", 0.05)
    assert found.rule("style.format_followed", "share") == PolicyRule("advisory", 0.05)


def test_every_mistake_in_a_policy_is_named_with_file_and_field(tmp_path):
    text = (
        "version: 2\nalpha: 7\nholm: yes\ndefaults: {tier: vital, max_drop: -1}\nmetrics: {a: {drop: 1}, b: 3}\nmin_pairs: 0.5\n"
    )
    with pytest.raises(InputError) as found:
        policy.load(written(tmp_path, text))
    for said in (
        "version: expected 1",
        "alpha: expected a number above 0, at most 0.5",
        "holm: unknown field",
        'policy.yaml:4: defaults.tier: expected "critical", "supporting" or "advisory", not \'vital\'',
    ):
        assert said in str(found.value)
    for said in ("defaults.max_drop: expected", "metrics.a.drop: unknown field", "metrics.b: expected a table", "min_pairs"):
        assert said in str(found.value)
    assert str(found.value).count("policy.yaml") == len(str(found.value).splitlines())


def test_a_field_that_is_there_twice_is_refused_with_its_line(tmp_path):
    text = "version: 1\nmetrics:\n  accuracy.*: {tier: critical}\n  accuracy.*: {tier: advisory, tier: critical}\n"
    with pytest.raises(InputError, match=r"policy.yaml:4: .*accuracy.\*: given twice; keep one of them$"):
        policy.load(written(tmp_path, text))


TOOTHLESS = {
    "defaults: {max_drop: 2}": "defaults.max_drop: expected a number from 0 to below 1 (a share: 0.02 is two points), not 2",
    "defaults: {max_drop: .inf}": "defaults.max_drop: expected a number, 0 or more",
    "defaults: {max_drop: .nan}": "defaults.max_drop: expected a number, 0 or more",
    "defaults: {max_drop: true}": "defaults.max_drop: expected a number, 0 or more",
    "defaults: {max_drop: '0.02'}": "not '0.02'",
    "metrics: {accuracy.*: {max_drop: 1}}": "metrics.accuracy.*.max_drop: expected a number from 0 to below 1",
    "metrics: {accuracy.exact: {max_relative_drop: 5}}": "max_relative_drop: expected a number from 0 to below 1",
    "metrics: {latency.*: {max_relative_drop: 50}}": "max_relative_drop: expected a number from 0 to 10",
    "alpha: 0": "alpha: expected a number above 0, at most 0.5",
    "alpha: 1": "alpha: expected a number above 0, at most 0.5",
    "min_pairs: 1000000000": "min_pairs: expected a whole number from 1 to 100,000 (items)",
    "judge_kappa_min: 40": "judge_kappa_min: expected a number from 0 to 1",
    "defaults: {tier: advisory}": "nothing decides: every rule is advisory",
    "metrics: [accuracy.exact]": "metrics: expected a table, not ['accuracy.exact']",
    "metrics: {1: {tier: critical}}": "metrics: expected a name, not 1",
    "version: true": "given twice",
}


@pytest.mark.parametrize(("text", "said"), TOOTHLESS.items(), ids=TOOTHLESS)
def test_a_policy_that_lets_everything_pass_is_refused(tmp_path, text, said):
    with pytest.raises(InputError) as found:
        policy.load(written(tmp_path, f"version: 1\n{text}\n"))
    assert said in str(found.value)


@pytest.mark.parametrize("version", ["true", "1.0", "'1'"])
def test_the_version_of_a_policy_is_the_whole_number(tmp_path, version):
    with pytest.raises(InputError, match="version: expected 1"):
        policy.load(written(tmp_path, f"version: {version}\n"))


def test_amounts_may_be_allowed_to_double(tmp_path):
    found = policy.load(written(tmp_path, "version: 1\nmetrics: {latency.seconds: {max_relative_drop: 1}}\n"))
    assert found.rule("latency.seconds", "seconds").allowed(2.0) == 2.0


@pytest.mark.parametrize("text", ["[1, 2]", "a: [", "", "&a {x: *a}", "? [1]\n: 2"])
def test_what_is_no_policy_is_said(tmp_path, text):
    with pytest.raises(InputError, match=r"policy\.yaml"):
        policy.load(written(tmp_path, text))


def test_the_policy_in_the_documentation_is_one(tmp_path):
    text = (policy.__doc__ or "").partition("\n\n")[2]
    assert policy.load(written(tmp_path, text)).rule("accuracy.exact", "share").max_drop == 0.03


def runs(folder: Path) -> tuple[str, str]:
    """Two run folders: one as it was, one where rag answers half as well."""
    worse = sample_run.Sample(systems=sample_run.SKILL | {"rag": 0.4})
    return tuple(str(sample_run.make_run(folder / name, s)) for name, s in (("a", None), ("b", worse)))


@pytest.mark.slow
def test_the_command_reports_and_ends_with_the_decision(tmp_path, capsys):
    before, after = runs(tmp_path)
    assert main(["gate", before, after, "--to", str(tmp_path / "report.md"), "--link", "https://example.org/page"]) == 1
    said = capsys.readouterr().out
    assert (tmp_path / "report.md").read_text() + "\n" == said
    for part in (
        "## Proctor: NO-GO",
        "accuracy.exact of rag on instruments",
        "| system | question | before | now |",
        "example.org",
    ):
        assert part in said


@pytest.mark.slow
def test_a_report_that_cannot_be_written_is_no_verdict(tmp_path, capsys):
    before, _ = runs(tmp_path)
    assert main(["gate", before, before, "--to", str(tmp_path / "no" / "report.md")]) == 3
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.slow
def test_the_command_passes_what_is_unchanged(tmp_path, capsys):
    before, _ = runs(tmp_path)
    assert main(["gate", before, before]) == 0
    assert "## Proctor: GO" in capsys.readouterr().out


@pytest.mark.slow
def test_compare_prints_the_table_and_decides_nothing(tmp_path, capsys):
    assert main(["compare", *runs(tmp_path)]) == 0
    assert "accuracy.exact" in capsys.readouterr().out


def test_runs_that_cannot_be_read_end_with_3(tmp_path, capsys):
    assert main(["gate", str(tmp_path / "none"), str(tmp_path / "none")]) == 3
    assert "there is no such run folder" in capsys.readouterr().err


def test_a_report_cannot_be_made_to_say_other_things():
    for text in MARKDOWN[::6]:
        about = {"suite": text, "base_model": text, "system": text, "caution": text, "reason": text, "unit": text}
        told = {"git": {"commit": text}, "started": text, "versions": {"torch": text}}
        before, after = (run(share(right), provenance=told, **about) for right in (180, 120))
        decided = gate(before, after, CRITICAL)
        for said in (report.as_markdown(decided, before, after, link="https://a.example"), report.as_table(decided)):
            seen = Seen(said)
            assert not seen.made
            assert {tag.split()[0] for tag in seen.tags} <= OURS
            assert [tag for tag in seen.tags if tag.startswith("a ")] in ([], ["a [('href', 'https://a.example')]"])
        assert {*Seen(report.as_refusal(InputError(f"{text}\n{text}"))).tags} <= OURS


OURS = {"h2", "p", "ul", "li", "strong", "table", "thead", "tbody", "tr", "th", "td", "details", "summary", "span", "a"}
"""Elements of a report."""


def scenario(name):
    return next(one for one in simulated.SCENARIOS if one.name == name)


def test_luck_in_training_alone_is_never_no_go():
    assert simulated.counted(scenario("nothing; training noise of 4 points, 1 seeds"), 5, seed=1)["NO-GO"] == 0


@pytest.mark.slow
def test_a_large_drop_of_one_system_is_found_and_no_other():
    """Found in 7 of 10 simulations."""
    found = simulated.counted(scenario("20 points in one system, a tenth anew"), 12, seed=1)
    assert found["found"] >= 4
    assert found["false alarm"] <= 1
    assert found["GO"] == 0


def test_a_drop_that_the_gate_fails_is_the_one_that_was_made():
    rng = np.random.default_rng(1)
    runs = [power.two_runs(rng, power.Cell(0.9, 0.1)) for _ in range(30)]
    false_alarm, found = power.rates(np.array([power.failed(*pair) for pair in runs]))
    assert found >= 0.5
    assert false_alarm <= 2 / 30


def test_a_test_held_to_its_level_finds_no_more_than_before():
    rng = np.random.default_rng(2)
    runs = [power.two_runs(rng, power.Cell(0.5, 1.0)) for _ in range(300)]
    for test in power.OTHERS.values():
        ps = np.array([test(*pair) for pair in runs])
        assert power.held(ps) <= (ps[:, 0] < 0.025 / 6).mean()
