"""The intervals against other people's, against their own promises, and against data that is made to be hard."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.statistics import interval, paired_difference

ITEMS = st.lists(st.tuples(st.floats(-1e6, 1e6), st.sampled_from("abcdefghijklmnop")), min_size=1, max_size=80)
SHARES = st.lists(st.tuples(st.sampled_from((0.0, 0.25, 1.0)), st.sampled_from("abcdefghijklmnop")), min_size=1, max_size=80)


def apart(values: object) -> list[str]:
    """Every item its own cluster."""
    return [str(place) for place, _ in enumerate(values)]


def clustered_answers(seed: int, clusters: int, size: int, correlation: float) -> tuple[np.ndarray, list[str]]:
    """0/1 answers, right half the time; within a cluster they correlate by the given amount."""
    generator = np.random.default_rng(seed)
    shared = generator.random(clusters)[:, None].repeat(size, 1)
    copied = generator.random((clusters, size)) < np.sqrt(correlation)
    own = generator.random((clusters, size))
    values = (np.where(copied, shared, own) < 0.5).astype(float).ravel()
    return values, [str(place // size) for place in range(clusters * size)]


@settings(deadline=None)
@given(ITEMS)
def test_the_mean_lies_in_its_interval_and_the_interval_in_the_data(items):
    values, clusters = zip(*items, strict=True)
    found = interval(values, clusters)
    assert found.low <= found.value <= found.high
    assert found.value == pytest.approx(np.mean(values), abs=1e-6)
    assert (found.n, found.clusters) == (len(values), len(set(clusters)))


@settings(deadline=None)
@given(SHARES)
def test_a_share_stays_between_0_and_1(items):
    found = interval(*zip(*items, strict=True))
    assert 0 <= found.low <= found.high <= 1


@settings(deadline=None)
@given(ITEMS, st.randoms())
def test_the_order_of_the_items_and_the_names_of_the_clusters_change_nothing(items, random):
    shuffled = random.sample(items, len(items))
    renamed = [(value, f"cluster {ord('z') - ord(cluster)}") for value, cluster in shuffled]
    assert interval(*zip(*items, strict=True)) == interval(*zip(*renamed, strict=True))


@settings(deadline=None)
@given(SHARES)
def test_a_difference_changes_its_sign_with_its_sides(items):
    values, clusters = zip(*items, strict=True)
    other = [1 - value for value in reversed(values)]
    one, two = paired_difference(values, other, clusters), paired_difference(other, values, clusters)
    assert one.value == pytest.approx(-two.value)
    assert -1 <= one.low <= one.value <= one.high <= 1


def test_many_clusters_agree_with_the_bootstrap_of_scipy():
    from scipy.stats import bootstrap, norm

    values = np.random.default_rng(1).gamma(2.0, size=200)
    ours = interval(values.tolist(), apart(values))
    wider = 1 - 2 * norm.cdf(-np.sqrt(200 / 199) * 1.9719565)
    theirs = bootstrap((values,), np.mean, confidence_level=wider, n_resamples=20_000, method="percentile", rng=2)
    assert ours.method == "cluster bootstrap"
    assert (ours.low, ours.high) == pytest.approx(tuple(theirs.confidence_interval), abs=0.015)


@pytest.mark.parametrize(("right", "n"), [(0, 1), (1, 1), (0, 9), (3, 7), (9, 9), (0, 200), (200, 200)])
def test_small_and_constant_shares_are_wilson_of_statsmodels_and_scipy(right, n):
    from scipy.stats import binomtest
    from statsmodels.stats.proportion import proportion_confint

    values = [1.0] * right + [0.0] * (n - right)
    ours = interval(values, apart(values))
    assert ours.method == "wilson"
    assert (ours.low, ours.high) == pytest.approx(proportion_confint(right, n, method="wilson"))
    assert (ours.low, ours.high) == pytest.approx(tuple(binomtest(right, n).proportion_ci(method="wilson")))


def test_few_clusters_have_the_error_of_clustered_least_squares():
    from scipy.stats import t
    from statsmodels.api import OLS

    values = np.random.default_rng(3).normal(5, 1, size=40)
    clusters = np.arange(40) // 5
    ours = interval(values.tolist(), [str(cluster) for cluster in clusters])
    fit = OLS(values, np.ones(40)).fit(cov_type="cluster", cov_kwds={"groups": clusters, "use_correction": True})
    assert ours.method == "cluster t"
    assert ours.high - ours.value == pytest.approx(t.ppf(0.975, 7) * fit.bse[0])


def test_a_share_in_few_clusters_is_less_sure_than_its_items_apart():
    values, clusters = clustered_answers(5, 6, 40, 0.7)
    together, separate = interval(values.tolist(), clusters), interval(values.tolist(), apart(values))
    assert together.method == "wilson"
    assert together.high - together.low > 2 * (separate.high - separate.low)


@pytest.mark.parametrize(
    ("values", "clusters", "share", "method", "low", "high"),
    [
        ([7.5], "a", True, "exact", 7.5, 7.5),
        ([0.0], "a", False, "exact", 0.0, 0.0),
        ([0.1] * 30, "a" * 30, True, "exact", 0.1, 0.1),
        ([2.0, 5.0], "aa", False, "range", 2.0, 5.0),
        ([0.0, 1.0], "aa", True, "wilson", 0.0546, 0.9454),
    ],
)
def test_what_one_cluster_or_one_value_can_say(values, clusters, share, method, low, high):
    found = interval(values, clusters, share=share)
    assert found.method == method
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-4)


def test_more_clusters_than_are_worth_resampling_go_by_formula():
    values = np.random.default_rng(0).random(3_000)
    assert interval(values.tolist(), apart(values)).method == "cluster t"
    assert interval((values < 0.01).astype(float).tolist(), apart(values)).method == "wilson"


def test_nothing_has_no_interval():
    with pytest.raises(ValueError, match="at least one"):
        interval([], [])


def test_every_value_has_its_cluster():
    with pytest.raises(ValueError, match="one cluster for each value"):
        interval([1.0, 0.0], ["a"])


@pytest.mark.parametrize(("n", "sure"), [(1, False), (3, False), (6, True), (200, True)])
def test_one_side_always_better_is_sure_only_with_enough_items(n, sure):
    assert (paired_difference([1.0] * n, [0.0] * n, [str(i) for i in range(n)]).low > 0) is sure


def test_two_that_agree_everywhere_are_not_known_to_be_the_same_everywhere():
    found = paired_difference([1.0] * 100, [1.0] * 100, apart(range(100)))
    assert (found.value, found.method) == (0.0, "wilson")
    assert found.low == -found.high == pytest.approx(-0.037, abs=0.001)


def test_one_cluster_of_differing_differences_says_nothing():
    found = paired_difference([1.0, 0.0], [0.0, 0.0], "aa")
    assert (found.low, found.high, found.method) == (-1.0, 1.0, "range")


def test_amounts_differ_exactly():
    found = paired_difference([120.0], [0.0], ["cost"], share=False)
    assert (found.low, found.high, found.method) == (120.0, 120.0, "exact")


def test_pairing_sees_what_two_intervals_do_not():
    generator = np.random.default_rng(4)
    hard = generator.random(300)
    a, b = (hard < 0.50).astype(float), (hard < 0.56).astype(float)
    assert interval(a.tolist(), apart(a)).high > interval(b.tolist(), apart(b)).low
    assert paired_difference(a.tolist(), b.tolist(), apart(a)).high < 0


@pytest.mark.parametrize(("clusters", "size", "correlation"), [(50, 10, 0.71), (12, 5, 0.4), (6, 10, 0.5), (200, 1, 0.0)])
def test_the_interval_covers_the_truth_19_times_in_20_where_naive_ones_do_not(clusters, size, correlation):
    samples = [clustered_answers(seed, clusters, size, correlation) for seed in range(600)]
    ours = np.mean([(found := interval(values.tolist(), names)).low <= 0.5 <= found.high for values, names in samples])
    naive = np.mean([abs(v.mean() - 0.5) <= 1.96 * np.sqrt(v.mean() * (1 - v.mean()) / len(v)) for v, _ in samples])
    assert 0.93 <= ours <= 0.985
    assert size == 1 or naive < 0.85


@settings(deadline=None, max_examples=5)
@given(st.integers(0, 10_000))
def test_false_alarms_between_equal_systems_stay_rare(seed):
    alarms = 0
    for place in range(100):
        a, names = clustered_answers(seed * 200 + 2 * place, 40, 5, 0.5)
        b, _ = clustered_answers(seed * 200 + 2 * place + 1, 40, 5, 0.5)
        found = paired_difference(a.tolist(), b.tolist(), names)
        alarms += not found.low <= 0 <= found.high
    assert alarms <= 16  # five in a hundred are expected; more than 16 has a chance of one in 100,000
