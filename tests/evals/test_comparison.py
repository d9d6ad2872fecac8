"""Paired comparisons against scipy and statsmodels, and against their own promises by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.evals.stats import comparison
from proctor.evals.stats.comparison import Comparison, Values, corrected, verdict
from proctor.evals.stats.intervals import interval


def named(values):
    return {f"q{i:04}": float(value) for i, value in enumerate(values)}


def apart(values):
    return {name: name for name in named(values)}


def column(values, clusters):
    """Item -> value, and item -> cluster, as arrays."""
    items = sorted(values)
    return Values(np.array(items), np.array([values[item] for item in items]), np.array([clusters[item] for item in items]))


def compare(mine, theirs, clusters, **settings):
    return comparison.compare(column(mine, clusters), column(theirs, clusters), **settings)


def judged(found: Comparison | None, **changes: object) -> str:
    rules = {"better": "higher", "p": found.p if found else 1.0, "margin": 0.02, "alpha": 0.05, "min_pairs": 5}
    return verdict(found, **rules | changes)


def pair(seed: int, clusters: int, size: int, shared: float, effect: float):
    """0/1 answers of two systems: ``shared`` of an item's ease is its cluster's, and mine is right ``effect`` more often."""
    rng = np.random.default_rng(seed)
    ease = np.sqrt(shared) * rng.normal(size=(clusters, 1, 2)) + np.sqrt(1 - shared) * rng.normal(size=(clusters, size, 2))
    from scipy.stats import norm

    cut = norm.ppf([0.5 + effect, 0.5])
    mine, theirs = np.moveaxis((ease < cut).astype(float), 2, 0).reshape(2, -1)
    groups = {name: str(i // size) for i, name in enumerate(named(mine))}
    return named(mine), named(theirs), groups


@pytest.mark.parametrize("seed", range(5))
def test_clusters_of_one_size_have_the_p_of_students_t(seed):
    from scipy.stats import ttest_1samp

    rng = np.random.default_rng(seed)
    a, b = (rng.random((2, 80)) < 0.6).astype(float)
    groups = {name: str(i // 4) for i, name in enumerate(named(a))}
    assert compare(named(a), named(b), groups).p == pytest.approx(ttest_1samp((a - b).reshape(20, 4).sum(1), 0).pvalue)


@pytest.mark.parametrize("seed", range(5))
def test_single_items_of_0_and_1_have_about_the_mid_p_of_mcnemars_test(seed):
    from scipy.stats import binom

    a, b = (np.random.default_rng(seed).random((2, 200)) < 0.6).astype(int)
    won, lost = int((a > b).sum()), int((b > a).sum())
    p = 2 * binom.cdf(min(won, lost), won + lost, 0.5) - binom.pmf(won, won + lost, 0.5)
    assert compare(named(a), named(b), apart(a)).p == pytest.approx(min(1, p), abs=0.01)


@given(
    st.lists(st.tuples(st.sampled_from((-1.0, -0.5, 0.0, 1.0)), st.sampled_from("abcdefghijkl")), min_size=2, max_size=60),
    st.sampled_from((None, comparison.Noise(0.03, 2), comparison.Noise(0.1, 4))),
)
def test_the_interval_leaves_out_what_the_test_rejects_and_nothing_else(rows, noise):
    mine = named([(1 + value) / 2 for value, _ in rows])
    theirs = named([(1 - value) / 2 for value, _ in rows])
    found = compare(mine, theirs, dict(zip(mine, [group for _, group in rows], strict=True)), noise=noise)
    low, high = found.difference.low, found.difference.high
    assert (found.p < 0.05) == (not low <= 0 <= high) or min(abs(low), abs(high)) < 1e-6
    for edge in (-0.3, -0.05, 0.05, 0.3):  # what few clusters cannot reject at 0 they may just reject beside it
        if edge > found.difference.value and not 0.02 < found.below(edge) < 0.03:
            assert (found.below(edge) < 0.025) == (high < edge)
        if edge < found.difference.value and not 0.02 < found.above(edge) < 0.03:
            assert (found.above(edge) < 0.025) == (low > edge)


def test_a_collapse_has_a_p_that_any_correction_leaves_small():
    found = compare(named([0.0] * 30), named([1.0] * 30), apart([0] * 30))
    assert found.p < 1e-8
    assert found.below(-0.05) < 1e-8


def test_amounts_are_tested_against_any_edge_as_their_interval_has_it():
    a, b = np.random.default_rng(0).lognormal(size=(2, 40))
    found = compare(named(a), named(b), apart(a), share=False)
    for end, p in ((found.difference.low, found.above), (found.difference.high, found.below)):
        assert p(end) == pytest.approx(0.025, rel=1e-6)


def test_more_questions_tell_a_difference_from_an_edge_unless_training_alone_reaches_it():
    a, b = named(np.tile([1.0, 1.0, 0.0], 20)), named(np.tile([1.0, 0.0, 0.0], 20))
    found = compare(a, b, apart(range(60)))
    times = found.sampling.more(0.3)
    assert 1 < times < 20
    grown = round(60 * times * 1.05)
    again = compare(named(np.resize([1.0, 1.0, 0.0], grown)), named(np.resize([1.0, 0.0, 0.0], grown)), apart(range(grown)))
    assert again.below(0.3) < 0.025 or again.above(0.3) < 0.025
    assert compare(a, b, apart(range(60)), noise=comparison.Noise(0.1, 2)).sampling.more(0.3) is None


def test_clusters_count_together():
    """Ten items that follow one document are one piece of evidence, not ten."""
    mine, theirs = named([1.0] * 10 + [0.0] * 10), named([0.0] * 20)
    alone = compare(mine, theirs, apart(mine.values()))
    together = compare(mine, theirs, {name: str(i // 10) for i, name in enumerate(mine)})
    assert alone.p < 0.01
    assert together.p >= 0.4


@pytest.mark.parametrize("method", ["holm", "bh"])
def test_corrections_are_those_of_statsmodels_and_of_the_definition(method):
    ps = [0.01, 0.04, 0.03, 0.005]
    expected = {"holm": [0.03, 0.06, 0.06, 0.02], "bh": [0.02, 0.04, 0.04, 0.02]}[method]
    assert corrected(ps, method) == pytest.approx(expected)
    assert corrected([], method) == []


@pytest.mark.slow
@pytest.mark.parametrize(("method", "theirs"), [("holm", "holm"), ("bh", "fdr_bh")])
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_corrections_agree_with_statsmodels(method, theirs, ps):
    from statsmodels.stats.multitest import multipletests

    assert corrected(ps, method) == pytest.approx(multipletests(ps, method=theirs)[1].tolist())


def test_the_detectable_difference_is_millers():
    """n = 969 independent questions of variance 1/9 see 3 points (Miller 2024, section 5)."""
    mine, theirs = np.tile([2 / 3, 1 / 3], 500)[:969], np.tile([1 / 3, 2 / 3], 500)[:969]
    assert compare(named(mine), named(theirs), apart(mine)).detectable == pytest.approx(0.03, abs=2e-3)


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        ([1.0] * 30, [0.0] * 30, "better"),
        ([0.0] * 30, [1.0] * 30, "worse"),
        ([1.0, 0.0] * 15, [0.0, 1.0] * 15, "inconclusive"),
        ([0.5] * 400, [0.5] * 400, "tied"),
        ([1.0] * 4, [0.0] * 4, "inconclusive"),
    ],
)
def test_verdicts(mine, theirs, expected):
    assert judged(compare(named(mine), named(theirs), apart(mine))) == expected


def test_where_lower_is_better_less_is_better():
    found = compare(named([0.0] * 30), named([1.0] * 30), apart([0] * 30))
    assert judged(found, better="lower") == "better"


def test_unequal_items_are_compared_over_the_common_ones_and_counted():
    mine, theirs = named([1.0] * 10), named([0.0] * 8) | {"other": 1.0}
    found = compare(mine, theirs, {name: name for name in (*mine, "other")})
    assert (found.n, found.unpaired) == (8, 3)


def test_clusters_of_which_one_outweighs_the_others_are_few():
    mine, theirs = named([1.0] * 60), named([0.0] * 60)
    even = compare(mine, theirs, {name: str(i // 5) for i, name in enumerate(mine)})
    uneven = compare(mine, theirs, {name: str(max(0, i - 40)) for i, name in enumerate(mine)})
    assert (even.clusters, even.few, uneven.clusters, uneven.few) == (12, False, 20, True)


@pytest.mark.slow
def test_an_interval_leaves_out_zero_no_more_often_than_the_test_says_so():
    """30 clusters of 4, as alike within a cluster as systems are apart."""
    found = [compare(*pair(seed, 30, 4, 0.4, 0.0)) for seed in range(RUNS)]
    apart = np.mean([one.difference.low > 0 or one.difference.high < 0 for one in found])
    assert apart <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / RUNS)
    assert apart == np.mean([one.p < 0.05 for one in found])


def test_nothing_in_common_is_inconclusive():
    assert compare({"a": 1.0}, {"b": 1.0}, {"a": "a", "b": "b"}) is None
    assert judged(None) == "inconclusive"


@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(-5, 5), st.sampled_from("abcdefghij")), min_size=1, max_size=40))
def test_sides_change_the_sign_and_nothing_else(rows):
    a, b, groups = zip(*rows, strict=True)
    clusters = dict(zip(named(a), groups, strict=True))
    one, other = compare(named(a), named(b), clusters), compare(named(b), named(a), clusters)
    assert one.p == pytest.approx(other.p)
    assert one.difference.value == pytest.approx(-other.difference.value, abs=1e-9)
    assert 0 <= one.p <= 1


def test_amounts_that_all_rose_have_the_mirrored_interval_of_amounts_that_all_fell():
    """One of twenty rose by much, and the others by nothing: the interval is not cut off at no difference."""
    names = np.array([f"q{place:02d}" for place in range(20)])
    some, more = (Values(names, np.array([1.0] * 19 + [last]), names) for last in (1.0, 9.0))
    up, down = (comparison.compare(*sides, share=False) for sides in ((more, some), (some, more)))
    assert up
    assert down
    assert up.difference.low < 0
    assert (up.difference.low, up.difference.high) == pytest.approx((-down.difference.high, -down.difference.low))


def test_what_two_add_beyond_their_sum():
    neither, adapted, retrieving, both = named([0, 0, 0, 0]), named([1, 0, 0, 0]), named([0, 1, 0, 0]), named([1, 1, 1, 1])
    parts = ((1, both), (-1, adapted), (-1, retrieving), (1, neither))
    found = comparison.contrast([(sign, column(values, apart([0] * 4))) for sign, values in parts])
    assert found.value == 0.5


def test_training_noise_widens_the_interval_and_raises_p():
    a, b = named(np.tile([1.0, 1.0, 0.0], 40)), named(np.tile([1.0, 0.0, 0.0], 40))
    sure = compare(a, b, apart(range(120)))
    unsure = compare(a, b, apart(range(120)), noise=comparison.Noise(0.2, 2))
    assert (sure.p < 0.001, unsure.p > 0.05) == (True, True)
    assert unsure.difference.low < 0 < sure.difference.low
    assert unsure.detectable > sure.detectable


def test_noise_is_pooled_over_both_sides():
    from scipy.stats import ttest_ind

    mine, theirs = [0.5, 0.6, 0.8], [0.4, 0.5]
    noise = comparison.training_noise(mine, theirs)
    statistic = ttest_ind(mine, theirs).statistic
    assert (np.mean(mine) - np.mean(theirs)) / noise.error == pytest.approx(statistic)
    assert noise.degrees == 3


def test_one_seed_on_each_side_says_nothing_of_training():
    assert comparison.training_noise([0.5], [0.6]) is None


# By simulation. Bounds leave room for chance: three standard errors of the share found.

RUNS = 400


@pytest.mark.slow
@pytest.mark.parametrize(("clusters", "size", "shared"), [(50, 10, 0.9), (200, 1, 0.0), (20, 5, 0.6)])
def test_equal_systems_raise_few_false_alarms_where_a_naive_test_raises_many(clusters, size, shared):
    pairs = [pair(seed, clusters, size, shared, 0.0) for seed in range(RUNS)]
    alarms = np.mean([compare(*one).p < 0.05 for one in pairs])
    naive = np.mean([compare(a, b, {name: name for name in a}).p < 0.05 for a, b, _ in pairs])
    assert alarms <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / RUNS)
    assert size == 1 or naive > 2 * alarms


@pytest.mark.slow
def test_a_detectable_effect_is_found_four_times_in_five():
    sizes = [compare(*pair(seed, 60, 5, 0.5, 0.0)).detectable for seed in range(50)]
    effect = float(np.mean(sizes))
    verdicts = [judged(compare(*pair(seed, 60, 5, 0.5, effect))) for seed in range(RUNS)]
    assert verdicts.count("better") / RUNS >= 0.8 - 3 * np.sqrt(0.8 * 0.2 / RUNS)
    assert verdicts.count("worse") == 0


def test_a_planted_wrong_sign_is_caught():
    verdicts = [judged(compare(*pair(seed, 60, 5, 0.5, -0.25))) for seed in range(50)]
    assert set(verdicts) == {"worse"}


@pytest.mark.slow
def test_the_interval_of_a_difference_covers_the_truth_19_times_in_20():
    inside = [
        found.low <= 0.1 <= found.high for seed in range(RUNS) for found in [compare(*pair(seed, 50, 10, 0.7, 0.1)).difference]
    ]
    assert abs(np.mean(inside) - 0.95) <= 3 * np.sqrt(0.05 * 0.95 / RUNS) + 0.005


def test_a_hundred_cells_take_a_tenth_of_scipys_bootstrap():
    """As a ratio within one run: a handful of cells of 1,000 questions each."""
    from time import perf_counter

    from scipy.stats import bootstrap

    cells = np.random.default_rng(0).random((12, 1000))
    names = [str(i) for i in range(1000)]
    interval(cells[0].tolist(), names)
    start = perf_counter()
    for cell in cells:
        interval(cell.tolist(), names)
    ours = (perf_counter() - start) / len(cells)
    start = perf_counter()
    bootstrap((cells[0],), np.mean, n_resamples=10_000, method="percentile", rng=0)
    assert ours < (perf_counter() - start) / 10
