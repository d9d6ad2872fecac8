"""The effects of fine-tuning and of retrieval, and their interaction."""

from __future__ import annotations

from dataclasses import replace

import pytest

from proctor.leaderboard.analysis.effects import effects
from proctor.leaderboard.analysis.pairwise import pairs
from proctor.leaderboard.analysis.section import sections
from tests.sample_run import record

CORNERS = {"base": ("none", "none"), "rag": ("none", "dense"), "lora": ("lora", "none"), "hybrid": ("lora", "dense")}
SYSTEMS = {name: {"settings": {"adapt": adapt, "retrieve": retrieve}} for name, (adapt, retrieve) in CORNERS.items()}


def answered(**right):
    return [record("accuracy.exact", f"q{i}", float(i < n), system=name) for name, n in right.items() for i in range(100)]


def found(records, systems=SYSTEMS):
    return {effect.effect: effect for effect in effects(sections(records, {"systems": systems}))}


def test_effects_are_differences_of_means():
    by_name = found(answered(base=10, rag=50, lora=40, hybrid=90))
    assert {name: effect.value for name, effect in by_name.items()} == pytest.approx(
        {"adaptation": 0.3, "retrieval": 0.4, "both beyond the sum": 0.1}
    )
    assert by_name["retrieval"].systems == ("rag", "base")
    assert all(effect.ci_low <= effect.value <= effect.ci_high for effect in by_name.values())


def test_several_retrievers_are_one_way_to_retrieve():
    both = {name: {"settings": {**about["settings"]}} for name, about in SYSTEMS.items()}
    for name in ("rag", "hybrid"):
        both[name]["settings"]["retrieve"] = ["dense", "bm25"]
    records = answered(base=10, rag=50, lora=40, hybrid=90)
    assert {name: effect.value for name, effect in found(records, both).items()} == {
        name: effect.value for name, effect in found(records).items()
    }


def test_without_a_corner_there_is_no_square():
    assert found(answered(base=10, rag=50, lora=40), {k: v for k, v in SYSTEMS.items() if k != "hybrid"}) == {}


def test_a_corner_without_values_leaves_its_effects_out():
    assert set(found(answered(base=10, rag=50))) == {"retrieval"}


def test_an_effect_of_two_systems_is_their_difference_as_it_is_told_everywhere():
    rows = answered(base=10, rag=50, lora=40, hybrid=90)
    (pair,) = [pair for pair in pairs(sections(rows, {"systems": SYSTEMS})) if {pair.system, pair.than} == {"rag", "base"}]
    effect = found(rows)["retrieval"]
    ends = (pair.ci_low, pair.ci_high) if pair.system == "rag" else (-pair.ci_high, -pair.ci_low)
    assert (effect.ci_low, effect.ci_high) == pytest.approx(ends)


def test_few_clusters_have_no_effects():
    few = [replace(r, cluster=f"c{int(r.item[1:]) % 9}") for r in answered(base=10, rag=50, lora=40, hybrid=90)]
    assert found(few) == {}


def test_training_noise_makes_an_effect_less_sure():
    seeds = [
        record("accuracy.exact", f"q{i}", float(i < n), system="lora", seed=s) for s, n in enumerate((20, 60)) for i in range(100)
    ]
    once = found(answered(base=10, lora=40))["adaptation"]
    twice = found([*answered(base=10), *seeds])["adaptation"]
    assert twice.value == pytest.approx(once.value)
    assert twice.ci_high - twice.ci_low > 2 * (once.ci_high - once.ci_low)


def test_an_effect_of_one_training_run_says_so_and_allows_for_another():
    small = [
        record("accuracy.exact", f"q{i}", float(i < n), system=name)
        for name, n in (("base", 400), ("lora", 450))
        for i in range(800)
    ]
    by_name = found([*small, *(replace(each, system="hybrid") for each in small if each.system == "lora")])
    assert by_name["adaptation"].ci_low > 0
    assert (by_name["adaptation"].significant, "one training run" in by_name["adaptation"].caution) == (False, True)
    untrained = {**SYSTEMS, "lora": {"settings": {"adapt": "none", "retrieve": "none"}}}
    assert all(not effect.caution for effect in found(small, untrained).values())


def test_effects_of_a_section_are_corrected_together():
    rows = answered(base=10, rag=18, lora=10, hybrid=18)
    alone = found(rows)["retrieval"]
    more = [replace(row, metric=f"m{k}", value=float(row.item < "q5")) for k in range(30) for row in rows]
    together = next(
        effect
        for effect in effects(sections([*rows, *more], {"systems": SYSTEMS}))
        if (effect.metric, effect.effect) == ("accuracy.exact", "retrieval")
    )
    assert (alone.significant, together.significant) == (True, False)
    assert (alone.value, alone.ci_low, alone.ci_high) == (together.value, together.ci_low, together.ci_high)


def test_an_interaction_that_a_ceiling_makes_says_so():
    assert "add up to above 100 %" in found(answered(base=5, rag=80, lora=85, hybrid=90))["both beyond the sum"].caution
    assert "add up" not in found(answered(base=5, rag=30, lora=40, hybrid=60))["both beyond the sum"].caution
