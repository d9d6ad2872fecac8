"""Paired comparisons against scipy and statsmodels, and against their own promises by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals import comparison
from evals.comparison import Comparison, Values, corrected, significance, verdict
from evals.sign_flips import FLIPS, OFTEN, flipped_sums
from evals.statistics import interval


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
def test_single_items_of_0_and_1_have_the_p_of_mcnemar(seed):
    from statsmodels.stats.contingency_tables import mcnemar

    rng = np.random.default_rng(seed)
    a, b = (rng.random((2, 80)) < 0.6).astype(int)
    table = [[int(((a == i) & (b == j)).sum()) for j in (0, 1)] for i in (0, 1)]
    found = compare(named(a), named(b), apart(a))
    assert found.test == "mcnemar"
    assert found.p == pytest.approx(mcnemar(table, exact=True).pvalue)


@pytest.mark.parametrize("n", [5, 9, 40])
def test_other_numbers_have_the_p_of_scipys_permutation_test(n):
    from scipy.stats import permutation_test

    rng = np.random.default_rng(n)
    a, b = rng.random((2, n)) + np.array([[0.15], [0.0]])
    theirs = permutation_test((a, b), lambda x, y: np.mean(x - y), permutation_type="samples", n_resamples=20_000, rng=1).pvalue
    assert compare(named(a), named(b), apart(a)).p == pytest.approx(theirs, abs=0.012 if n > 13 else 1e-9)


def test_clusters_count_together():
    """Ten items that follow one document are one piece of evidence, not ten."""
    mine, theirs = named([1.0] * 10 + [0.0] * 10), named([0.0] * 20)
    alone = compare(mine, theirs, apart(mine.values()))
    together = compare(mine, theirs, {name: str(i // 10) for i, name in enumerate(mine)})
    assert alone.p < 0.01
    assert together.p == 1.0


@pytest.mark.parametrize("method", ["holm", "bh"])
def test_corrections_are_those_of_statsmodels_and_of_the_definition(method):
    ps = [0.01, 0.04, 0.03, 0.005]
    expected = {"holm": [0.03, 0.06, 0.06, 0.02], "bh": [0.02, 0.04, 0.04, 0.02]}[method]
    assert corrected(ps, method) == pytest.approx(expected)
    assert corrected([], method) == []


def test_corrected_bh_agrees_with_scipy():
    from scipy.stats import false_discovery_control

    ps = np.random.default_rng(0).random(30) ** 3
    assert corrected(ps.tolist(), "bh") == pytest.approx(false_discovery_control(ps).tolist())


def test_the_detectable_difference_is_millers():
    """n = 969 independent questions of variance 1/9 see 3 points (Miller 2024, section 5)."""
    differences = np.tile([1 / 3, -1 / 3], 500)[:969]
    assert comparison.detectable(differences, [str(i) for i in range(969)]) == pytest.approx(0.03, abs=2e-4)


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


def test_an_interval_leaves_out_zero_no_more_often_than_the_test_says_so():
    """30 clusters of 4, as alike within a cluster as systems are apart."""
    found = [compare(*pair(seed, 30, 4, 0.4, 0.0)) for seed in range(RUNS)]
    apart = np.mean([one.difference.low > 0 or one.difference.high < 0 for one in found])
    assert apart <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / RUNS)
    assert apart <= np.mean([one.p < 0.05 for one in found]) + 0.02


def test_nothing_in_common_is_inconclusive():
    assert compare({"a": 1.0}, {"b": 1.0}, {"a": "a", "b": "b"}) is None
    assert judged(None) == "inconclusive"


@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(-5, 5), st.sampled_from("abcdefghij")), min_size=1, max_size=40))
def test_sides_change_the_sign_and_nothing_else(rows):
    a, b, groups = zip(*rows, strict=True)
    clusters = dict(zip(named(a), groups, strict=True))
    one, other = compare(named(a), named(b), clusters), compare(named(b), named(a), clusters)
    assert one.p == other.p
    assert one.difference.value == pytest.approx(-other.difference.value, abs=1e-9)
    assert 0 <= one.p <= 1


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


@pytest.mark.parametrize(("clusters", "size", "shared"), [(50, 10, 0.9), (200, 1, 0.0), (20, 5, 0.6)])
def test_equal_systems_raise_few_false_alarms_where_a_naive_test_raises_many(clusters, size, shared):
    pairs = [pair(seed, clusters, size, shared, 0.0) for seed in range(RUNS)]
    alarms = np.mean([compare(*one).p < 0.05 for one in pairs])
    naive = np.mean([significance(np.subtract(list(a.values()), list(b.values())), alone=True)[0] < 0.05 for a, b, _ in pairs])
    assert alarms <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / RUNS)
    assert size == 1 or naive > 2 * alarms


def test_a_detectable_effect_is_found_four_times_in_five():
    sizes = [compare(*pair(seed, 60, 5, 0.5, 0.0)).detectable for seed in range(50)]
    effect = float(np.mean(sizes))
    verdicts = [judged(compare(*pair(seed, 60, 5, 0.5, effect))) for seed in range(RUNS)]
    assert verdicts.count("better") / RUNS >= 0.8 - 3 * np.sqrt(0.8 * 0.2 / RUNS)
    assert verdicts.count("worse") == 0


def test_a_planted_wrong_sign_is_caught():
    verdicts = [judged(compare(*pair(seed, 60, 5, 0.5, -0.25))) for seed in range(50)]
    assert set(verdicts) == {"worse"}


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


@given(st.lists(st.integers(1, OFTEN + 3), min_size=1, max_size=60), st.booleans())
def test_signs_are_drawn_as_numpy_draws_them(counts, ones):
    counts = [1 for _ in counts] if ones else counts
    sizes = np.arange(1, len(counts) + 1) / 7
    positive = np.random.default_rng(sum(counts)).binomial(counts, 0.5, size=(FLIPS, len(counts)))
    assert np.array_equal(flipped_sums(np.repeat(sizes, counts)), np.einsum("rc,c->r", 2.0 * positive - counts, sizes))
