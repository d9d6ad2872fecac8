"""Claims: each verdict for its true reason, what a file may say, and how the findings are published."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proctor.cli import main
from proctor.core.schema import InputError
from proctor.evals.axes.catalogue import metrics
from proctor.evals.stats.comparison import ALPHA
from proctor.leaderboard.analysis.section import sections
from proctor.leaderboard.claims import table
from proctor.leaderboard.claims import text as debate
from proctor.leaderboard.claims.table import Claim
from proctor.leaderboard.claims.verdicts import ClaimResult, findings
from proctor.leaderboard.runs.store import Store
from proctor.leaderboard.site.page import publish
from tests.hostile import HOSTILE
from tests.markup import parsed
from tests.sample_run import Sample, make_run, record

BETTER = Claim("rag is right more often than base", "accuracy.exact", "rag", "higher", against="base")


def answered(of: int = 100, metric: str = "accuracy.exact", **right: int):
    """Systems that are right in their first so many of the items."""
    return [record(metric, f"q{i}", float(i < n), system=system) for system, n in right.items() for i in range(of)]


def amounts(unit: str, seeds: int = 1, spread: float = 0.1, **values: float):
    """Systems with one value for the whole of each training."""
    return [
        record("cost.x", "all", value * (1 + spread * seed), system=system, seed=seed, unit=unit, better="lower")
        for system, value in values.items()
        for seed in range(seeds)
    ]


def only(records, claim: Claim = BETTER) -> ClaimResult:
    (found,) = findings(sections(records), [claim])
    return found


def verdict(records, claim: Claim = BETTER, **changes) -> str:
    return only(records, replace(claim, **changes)).verdict


# Verdicts.


def test_a_sure_difference_supports_one_direction_and_contradicts_the_other():
    records = answered(rag=80, base=20)
    assert verdict(records) == "supported"
    assert verdict(records, expect="lower") == "contradicted"
    assert verdict(records, system="base", against="rag", expect="lower") == "supported"


def test_what_could_be_chance_shows_nothing_and_says_what_would_have_been_seen():
    found = only(
        [
            record("accuracy.exact", f"q{i}", float((i * k) % 7 < 4), system=s)
            for s, k in (("rag", 1), ("base", 3))
            for i in range(50)
        ]
    )
    assert (found.verdict, found.reason) == ("not shown", "")
    assert found.ci_low <= 0 <= found.ci_high
    assert found.detectable > abs(found.difference)
    assert f"{100 * found.detectable:.1f}" in debate.evidence(found)


def test_a_difference_smaller_than_claimed_contradicts_though_it_is_sure():
    records = answered(of=400, rag=220, base=200)
    assert verdict(records, margin=0.01) == "supported"
    assert verdict(records, margin=0.05) == "not shown"
    assert verdict(records, margin=0.3) == "contradicted"


def test_below_zero_the_margin_lets_a_side_be_a_little_worse():
    records = answered(of=400, rag=200, base=202)
    assert verdict(records) == "not shown"
    assert verdict(records, margin=-0.05) == "supported"
    assert verdict(answered(of=400, rag=150, base=250), margin=-0.05) == "contradicted"


def test_equal_is_shown_only_by_an_interval_within_the_margin():
    alike = answered(of=400, rag=200, base=202)
    assert verdict(alike, expect="equal", margin=0.05) == "supported"
    assert verdict(alike, expect="equal", margin=0.005) == "not shown"
    assert verdict(answered(of=12, rag=6, base=6), expect="equal", margin=0.05) == "not shown"
    assert verdict(answered(of=400, rag=300, base=100), expect="equal", margin=0.05) == "contradicted"


def test_without_another_side_the_value_itself_is_compared_with_zero():
    found = only(answered(rag=80), replace(BETTER, against="", margin=0.5))
    assert (found.verdict, found.difference, found.other, found.against, found.than) == ("supported", 0.8, 0.0, "", "")
    assert verdict(answered(rag=20), against="", margin=0.5) == "contradicted"


def test_another_metric_of_the_same_system_can_be_the_other_side():
    records = [*answered(rag=90, metric="robustness.gold"), *answered(rag=60)]
    found = only(records, Claim("c", "robustness.gold", "rag", "higher", than="accuracy.exact"))
    assert (found.verdict, found.than, found.against) == ("supported", "accuracy.exact", "rag")
    assert "accuracy.exact 60.0" in debate.evidence(found)


def test_sides_are_paired_by_the_items_that_both_have():
    found = only([*answered(rag=50), *answered(of=80, base=10)])
    assert (found.n, found.clusters, found.difference) == (80, 80, 0.5)


@pytest.mark.parametrize("claim", [{"expect": "equal", "margin": 0.1}, {"margin": -0.02}])
def test_where_neither_can_do_it_nothing_is_equal_and_nothing_is_as_good(claim):
    found = only(answered(of=400, rag=0, base=0), replace(BETTER, **claim))
    assert (found.verdict, found.p) == ("not shown", None)
    assert "both are at zero" in found.reason
    assert verdict(answered(of=400, rag=400, base=400), **claim) == "supported"


def test_zero_of_what_should_be_low_is_no_floor():
    records = [replace(each, better="lower") for each in answered(rag=0, base=0)]
    assert verdict(records, expect="equal", margin=0.1) == "supported"


def test_a_value_that_is_zero_equals_zero():
    assert verdict(answered(rag=0), against="", expect="equal", margin=0.1) == "supported"


def test_few_clusters_show_nothing():
    records = [replace(r, cluster=r.item[-1]) for r in answered(of=90, rag=80, base=5)]
    assert verdict([replace(r, cluster=str(int(r.cluster) % 9)) for r in records]) == "not shown"
    assert verdict(records) == "supported"


def test_training_noise_makes_a_claim_less_sure():
    def seeds(*right):
        return [record("accuracy.exact", f"q{i}", float(i < n), seed=s) for s, n in enumerate(right) for i in range(100)]

    base = answered(base=40)
    assert verdict([*seeds(60), *base]) == "supported"
    assert verdict([*seeds(40, 80), *base]) == "not shown"
    assert verdict([*seeds(59, 60, 61), *base]) == "supported"


def test_many_claims_are_corrected_together():
    records = [*answered(rag=6, base=0), *(r for k in range(30) for r in answered(rag=50, base=50, metric=f"m{k}"))]
    asked = [BETTER, *(replace(BETTER, claim=str(k), metric=f"m{k}") for k in range(30))]
    assert verdict(records) == "supported"
    found = next(findings(sections(records), asked))
    assert (found.verdict, found.p > ALPHA) == ("not shown", True)


TRAINED = {name: {"settings": {"adapt": "lora"}} for name in ("rag", "base", "third")}


def test_a_claim_about_one_training_run_says_so_and_allows_for_another():
    def found(right, systems=TRAINED, more=()):
        (one,) = findings(sections([*answered(of=400, rag=right, base=200), *more], {"systems": systems}), [BETTER])
        return one

    assert (found(230).verdict, found(230, {}).verdict) == ("not shown", "supported")
    assert (
        found(230).reason
        == "so much can be run-to-run variation with a standard deviation of 4 points (assumed): repeat with --seeds 3"
    )
    assert (found(280).verdict, found(280).reason) == ("supported", "")
    assert found(280).caution.startswith("one training run each: run-to-run variation is not included in the interval")
    assert "a standard deviation of 4 points (assumed)" in debate.evidence(found(280))
    assert found(280, {"rag": TRAINED["rag"]}).caution.startswith("one training run: ")
    assert found(280, {}).caution == ""


def test_what_other_systems_show_of_training_counts_in_place_of_what_is_assumed():
    def other(*right):
        return [
            record("accuracy.exact", f"q{i}", float(i < n), system="third", seed=seed)
            for seed, n in enumerate(right)
            for i in range(400)
        ]

    for right, verdict, deviation in (((200, 200, 201, 200), "supported", "0.1"), ((100, 300, 200), "not shown", "25")):
        (found,) = findings(sections([*answered(of=400, rag=250, base=200), *other(*right)], {"systems": TRAINED}), [BETTER])
        assert found.verdict == verdict
        assert f"a standard deviation of {deviation} points (as others show in this metric)" in found.caution


def test_what_training_does_not_touch_allows_for_none():
    (found,) = findings(
        sections(answered(of=400, metric="retrieval.recall@3", rag=230, base=200), {"systems": TRAINED}),
        [replace(BETTER, metric="retrieval.recall@3")],
    )
    assert (found.verdict, found.caution) == ("supported", "")


def test_two_metrics_of_one_system_are_compared_seed_by_seed():
    def seeds(metric, *right):
        return [record(metric, f"q{i}", float(i < n), seed=s) for s, n in enumerate(right) for i in range(100)]

    claim = replace(BETTER, against="", than="updates.fresh")
    together = [*seeds("accuracy.exact", 50, 70, 90), *seeds("updates.fresh", 30, 50, 70)]
    opposed = [*seeds("accuracy.exact", 50, 70, 90), *seeds("updates.fresh", 70, 50, 30)]
    assert verdict(opposed, claim) == "not shown"
    (found,) = findings(sections(together), [claim])
    assert found.p < ALPHA


def test_seconds_whose_difference_a_few_values_decide_show_nothing():
    """What decides both sides' own means alike is no matter: it is not in the difference."""
    claim = Claim("rag is slower than base", "latency.seconds", "rag", "higher", against="base")

    def timed(**added):
        rows = [(system, place, 1.0 + place % 7 / 50 + extra(place)) for system, extra in added.items() for place in range(40)]
        told = {"unit": "seconds", "better": "lower"}
        return [record("latency.seconds", f"q{place}", took, system=system, **told) for system, place, took in rows]

    def slow(place):
        return 30.0 * (place == 3)

    alike = only(timed(base=slow, rag=lambda place: slow(place) + 0.5 + place % 5 / 50), claim)
    assert (alike.verdict, alike.caution) == ("supported", "")
    one_sided = only(timed(base=lambda _: 0.0, rag=lambda place: slow(place) / 8 + 0.5), claim)
    assert one_sided.verdict == "not shown"
    assert "heavy tails" in one_sided.reason


def test_a_caution_of_a_figure_is_said_beside_the_verdict():
    records = [replace(each, caution="cut short" if each.item < "q2" else "") for each in answered(rag=80, base=20)]
    assert only(records).caution == "cut short (12 of 100)"
    assert "cut short" in debate.evidence(only(records))


def test_a_verdict_that_only_the_number_of_claims_prevents_says_so():
    records = [*answered(rag=6, base=0), *(r for k in range(30) for r in answered(rag=50, base=50, metric=f"m{k}"))]
    asked = [BETTER, *(replace(BETTER, claim=str(k), metric=f"m{k}") for k in range(30))]
    found = next(findings(sections(records), asked))
    assert found.reason == "significant by itself, but not among the 31 claims tested: ask more questions"


# Amounts that a system has once.

COST = Claim("lora is smaller", "cost.x", "lora", "lower", against="full_ft")


def test_what_is_counted_is_compared_as_it_is():
    for unit in ("bytes", "FLOP", "tokens"):
        found = only(amounts(unit, lora=1e6, full_ft=1e8), COST)
        assert (found.verdict, found.n, found.p) == ("supported", 1, None)
    assert verdict(amounts("bytes", lora=1e8, full_ft=1e6), COST) == "contradicted"
    assert verdict(amounts("bytes", lora=1e6, full_ft=1e6), COST) == "contradicted"
    assert verdict(amounts("bytes", lora=1e6, full_ft=1e6), COST, expect="equal") == "supported"


def test_what_is_timed_once_shows_nothing():
    found = only(amounts("seconds", lora=10.0, full_ft=100.0), COST)
    assert (found.verdict, found.difference) == ("not shown", -90.0)
    assert found.reason == "one reading; repeat with --seeds 3"


def test_seeds_are_the_sample_of_what_is_timed():
    assert verdict(amounts("seconds", seeds=3, lora=10.0, full_ft=100.0), COST) == "supported"
    assert verdict(amounts("seconds", seeds=3, lora=90.0, full_ft=100.0), COST) == "not shown"


def test_a_system_that_does_nothing_takes_exactly_no_time():
    trained = amounts("seconds", seeds=3, full_ft=100.0)
    assert verdict([*trained, *amounts("seconds", lora=0.0)], COST) == "supported"
    assert verdict([*trained, *amounts("seconds", lora=1.0)], COST) == "not shown"


# What is missing.


@pytest.mark.parametrize(
    ("records", "reason"),
    [
        ([], None),
        (
            answered(rag=1, base=1, metric="m"),
            'the run does not measure accuracy.exact: pytest -m "domain and accuracy"',
        ),
        (answered(rag=1), "the run has no system base"),
        (answered(rag=1, bas=1), "the run has no system base; did you mean bas?"),
        (
            answered(rag=1, base=1, metric="accuracy.exat"),
            'the run does not measure accuracy.exact: pytest -m "domain and accuracy"',
        ),
        ([*answered(rag=1), *answered(base=1, metric="m")], "base was not examined in accuracy.exact"),
        (
            [*answered(rag=1), record("accuracy.exact", "q0", None, system="base", reason="it declined")],
            "accuracy.exact of base: it declined",
        ),
        (
            [*answered(rag=1), record("accuracy.exact", "q0", None, system="base", status="unmeasured", reason="judge down")],
            "accuracy.exact of base: judge down",
        ),
        ([*answered(rag=1), record("accuracy.exact", "other", system="base")], "the two have no item in common"),
    ],
)
def test_what_cannot_be_tested_is_kept_with_its_reason(records, reason):
    found = [(each.verdict, each.reason) for each in findings(sections(records), [BETTER])]
    assert found == ([("not measured", reason)] if reason else [])


def test_units_that_differ_are_not_compared():
    records = [*answered(rag=5), record("latency.seconds", "q1", unit="seconds")]
    assert (
        "is in share, and latency.seconds in seconds" in only(records, replace(BETTER, against="", than="latency.seconds")).reason
    )


def test_seconds_of_a_busy_machine_support_no_claim():
    def timed(system, seconds, caution):
        told = {"system": system, "unit": "seconds", "better": "lower", "caution": caution}
        return [record("latency.seconds", f"q{k}", seconds + k / 1000, cluster=f"round {k // 2}", **told) for k in range(24)]

    slower = replace(BETTER, metric="latency.seconds")
    assert only([*timed("rag", 0.2, ""), *timed("base", 0.1, "")], slower).verdict == "supported"
    found = only([*timed("rag", 0.2, ""), *timed("base", 0.1, "the machine was busy")], slower)
    assert (found.verdict, found.reason) == ("not shown", "the machine was busy")


def test_a_metric_that_nobody_knows_is_answered_with_the_one_that_was_meant():
    found = only(answered(rag=1), replace(BETTER, metric="style.format_folowed"))
    assert found.reason == "the run does not measure style.format_folowed; did you mean style.format_followed?"


# Properties.


@settings(max_examples=40)
@given(st.integers(0, 30), st.integers(0, 30), st.sampled_from(["higher", "lower", "equal"]), st.floats(0, 0.5), st.integers())
def test_a_sure_verdict_is_what_its_interval_says_in_whatever_order(rag, base, expect, margin, seed):
    records = answered(of=30, rag=rag, base=base)
    claim = replace(BETTER, expect=expect, margin=margin)
    found = only(records, claim)
    random.Random(seed).shuffle(records)  # noqa: S311 # an order, no secret
    assert only(records, claim) == found
    least, most = claim.range
    low, high = (-found.ci_high, -found.ci_low) if expect == "lower" else (found.ci_low, found.ci_high)
    if found.verdict == "supported":
        assert least <= low
        assert high <= most
    if found.verdict == "contradicted":
        assert high < least or low > most


def test_chance_alone_supports_hardly_any_claim():
    chance = random.Random(0)  # noqa: S311 # draws, no secret
    verdicts = []
    for _ in range(60):
        records = [
            record("accuracy.exact", f"q{i}", float(chance.random() < 0.5), system=s) for s in ("rag", "base") for i in range(40)
        ]
        verdicts.append(verdict(records))
    assert verdicts.count("not shown") >= 54


# Files.


def written(tmp_path, text: str):
    path = tmp_path / "claims.toml"
    path.write_text(text, encoding="utf-8")
    return path


OWN = """
[[claim]]
claim = "Ours is better."
metric = "accuracy.exact"
system = "rag"
against = "base"
expect = "higher"
"""


def test_claims_of_one_s_own_come_after_those_that_are_shipped(tmp_path):
    assert table.load([written(tmp_path, OWN)]) == (
        *table.load(),
        Claim("Ours is better.", *("accuracy.exact", "rag", "higher", "base")),
    )


def test_a_claim_in_the_same_words_takes_the_other_s_place(tmp_path):
    first = table.load()[0]
    loaded = table.load([written(tmp_path, OWN.replace("Ours is better.", first.claim).replace('"base"', '"lora"'))])
    assert len(loaded) == len(table.load())
    assert loaded[0].against == "lora"


def test_what_takes_a_shipped_claim_s_place_is_announced(small, tmp_path, capsys):
    same = written(tmp_path, OWN + OWN.replace("Ours is better.", table.load()[0].claim))
    assert main(["claims", str(small), "--claims", str(same)]) == 0
    announced = f"note: {same}:10: takes the place of the shipped claim in the same words: {table.load()[0].claim}\n"
    assert capsys.readouterr().err == announced


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "claims.toml: claim: missing; add a [[claim]] with claim, metric, system and expect"),
        ("[claim]\nclaim = 'x'", "claims.toml:1: claim: expected tables, each under [[claim]], not {'claim': 'x'}"),
        ("claim = [1]", "claims.toml:1: claim: expected tables, each under [[claim]], not [1]"),
        ("[[claim]]\nclaim = Ours", "claims.toml:2: not TOML"),
        ("x = 1\n" + OWN, "claims.toml:1: x: unknown field; known: claim. Rename or remove it"),
        (OWN + 'agianst = "x"', "claims.toml:8: agianst: unknown field; did you mean 'against'?"),
        (OWN.replace('"higher"', '"more"'), 'claims.toml:7: expect: expected "higher", "lower" or "equal", not \'more\''),
        (OWN.replace('metric = "accuracy.exact"', ""), 'claims.toml:2: metric: missing; add metric = "accuracy.exact"'),
        (
            OWN + 'margin = "2"',
            "claims.toml:8: margin: expected a number (in the metric's unit: 0.02 of a share is two points), not '2'",
        ),
        (OWN + "margin = 2", "claims.toml:8: margin: a share's margin is below 1, not 2; write margin = 0.02 for two points"),
        (OWN + "margin = -1.0", "claims.toml:8: margin: a share's margin is below 1, not -1.0"),
        (OWN + "margin = inf", "claims.toml:8: margin: expected a number"),
        (OWN + "margin = true", "claims.toml:8: margin: expected a number"),
        (OWN.replace('"higher"', '"equal"'), "claims.toml:2: margin: equal within what is not said; add margin = 0.02"),
        (OWN.replace('"base"', '"rag"'), "claims.toml:6: against: compares a figure with itself"),
        (OWN.replace('"Ours is better."', "[1]"), 'claims.toml:3: claim: expected a text, not [1]; write claim = "..."'),
        (OWN.replace('"rag"', "' '"), "claims.toml:5: system: expected a text, and it is empty; fill it in"),
        (OWN + OWN, "claims.toml:10: claim: the same sentence twice"),
    ],
)
def test_a_file_says_where_it_is_wrong_and_what_to_do(tmp_path, text, expected):
    with pytest.raises(InputError) as caught:
        table.load([written(tmp_path, text)])
    assert expected in str(caught.value)


def test_all_problems_of_all_files_are_named_at_once(tmp_path):
    bad = OWN.replace("expect", "expext").replace('"rag"', "1") + OWN.replace("Ours", "Theirs") + "margin = []"
    with pytest.raises(InputError) as caught:
        table.load([written(tmp_path, bad), tmp_path / "none.toml", tmp_path])
    lines = str(caught.value).splitlines()
    assert [line.removeprefix(f"{tmp_path}").partition(": ")[0] for line in lines] == [
        *("/claims.toml:5", "/claims.toml:7", "/claims.toml:2", "/claims.toml:15", "/none.toml", ""),
    ]


@given(st.binary(max_size=200))
def test_whatever_a_file_holds_is_refused_in_words(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any") / "claims.toml"
    path.write_bytes(content)
    with pytest.raises(InputError, match="claims"):
        table.load([path])


# Those that come with Proctor.


def test_the_shipped_claims_speak_of_metrics_that_there_are():
    known = {metric.name for metric in metrics()}
    named = {name for claim in table.load() for name in (claim.metric, claim.than) if name}
    assert named <= known


def test_the_shipped_claims_speak_of_the_default_systems():
    from proctor.models import systems

    named = {name for claim in table.load() for name in (claim.system, claim.against) if name}
    assert named == set(systems.load()) & named


def test_the_shipped_claims_cover_the_debate():
    assert list(dict.fromkeys(claim.about for claim in table.load())) == ["RAG", "fine-tuning", "hybrids"]
    assert len({claim.metric for claim in table.load()}) >= 20


def test_a_claim_and_its_opposite_are_not_both_shipped():
    pairs = {(claim.metric, claim.system, *claim.other) for claim in table.load()}
    assert len(pairs) == len(table.load())
    assert not {(*pair[2:], *pair[:2]) for pair in pairs} & pairs


# What is published.


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("debated")
    own = folder / "own.toml"
    own.write_text(OWN + 'source = "us"\n', encoding="utf-8")
    return publish([make_run(folder / "run", Sample(seeds=2))], folder / "site", [own]).parent


def test_the_data_has_every_claim(site):
    rows = json.loads((site / "leaderboard.json").read_text())["claims"]
    assert [row["claim"] for row in rows] == [*(claim.claim for claim in table.load()), "Ours is better."]
    assert rows[0].keys() == ClaimResult.__dataclass_fields__.keys()
    own = rows[-1]
    assert (own["verdict"], own["suite"], own["base_model"], own["system"], own["against"]) == (
        *("supported", "instruments", "tiny", "rag", "base"),
    )
    assert own["ci_low"] <= own["difference"] <= own["ci_high"]
    assert own["p"] < ALPHA
    assert {row["verdict"] for row in rows} >= {"supported", "not shown", "not measured"}
    assert all(row["reason"] for row in rows if row["verdict"] == "not measured")


def test_the_page_has_every_claim_with_its_verdict_in_words_and_its_evidence(site):
    shown = parsed(site / "index.html").text
    assert debate.counted(json_findings(site)) in shown
    for each in json_findings(site):
        assert each.claim in shown
        assert each.reason in shown
        assert f"{each.verdict}{each.claim}{debate.evidence(each)}" in shown.replace("\n", "")
    assert "source: us" in shown


def json_findings(site) -> list[ClaimResult]:
    return [ClaimResult(**row) for row in json.loads((site / "leaderboard.json").read_text())["claims"]]


def test_what_was_not_measured_is_folded_away(site):
    text = (site / "index.html").read_text()
    before, _, folded = text.partition('<section class="debate"')[2].partition("<details>")
    assert "not measured</b>" not in before
    assert "supported</b>" not in folded.partition("</details>")[0]


def hostile_claims(text: str) -> str:
    """One that is tested, and one that cannot be."""
    name, again = json.dumps(text), json.dumps(f"{text}, once more")
    rest = f'system = "rag"\nexpect = "higher"\nabout = {name}\nsource = {name}\n'
    tested = f'[[claim]]\nclaim = {name}\nmetric = "accuracy.exact"\n{rest}'
    return f"{tested}[[claim]]\nclaim = {again}\nmetric = {name}\n{rest}"


def test_hostile_claims_are_only_ever_text(tmp_path):
    texts = [text for text in HOSTILE if text.strip() and text.isprintable() and max(text) <= "\uffff"]
    path = written(tmp_path, "".join(map(hostile_claims, texts)))
    Store(tmp_path / "run").add(answered(rag=10))
    index = publish([tmp_path / "run"], tmp_path / "site", [path])
    shown = parsed(index)
    assert not {tag for tag, _ in shown.tags} & {"img", "iframe", "base", "object", "embed", "form"}
    *data, code = [attributes.get("type") for tag, attributes in shown.tags if tag == "script"]
    assert set(data) == {"application/json"}  # which no browser runs
    assert code is None
    assert not [name for _, attributes in shown.tags for name in attributes if name.startswith("on")]
    assert all(shown.text.count(text) >= 6 for text in texts[:10])
    assert "default-src &#39;none&#39;" in index.read_text()


def test_the_command_prints_every_claim(small, tmp_path, capsys):
    assert main(["claims", str(small), "--claims", str(written(tmp_path, OWN))]) == 0
    said = capsys.readouterr().out
    words = " ".join(said.split())
    assert "instruments, base model tiny: " in words
    assert "Other claims supported Ours is better. accuracy.exact: rag" in words
    assert "the run does not measure privacy.exposure" in words
    assert max(map(len, said.splitlines())) <= 120


def test_the_command_says_what_is_wrong_with_a_file(small, tmp_path, capsys):
    for words in (["claims", str(small)], ["publish", str(small), "--to", str(tmp_path / "site")]):
        assert main([*words, "--claims", str(written(tmp_path, "x = 1"))]) == 4
        assert "claims.toml: claim: missing; add a [[claim]]" in capsys.readouterr().err
    assert not (tmp_path / "site").exists()


def test_a_run_without_records_has_nothing_to_say():
    assert debate.as_text([]) == "Nothing was measured."
