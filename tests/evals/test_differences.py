"""The test of a difference: its levels by simulation, its formula by brute force."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.evals.stats.differences import _implied_error, difference, p_above, p_below, summed
from tests.simulate import differences as simulated

DRAWS = 1500


@pytest.mark.slow
@pytest.mark.parametrize("case", simulated.CELLS, ids=str)
def test_a_difference_on_the_edge_is_seldom_called_beyond_it(case):
    found = simulated.sample(case, DRAWS, seed=1)
    for level in (0.025, 0.0042):
        most = level + 4 * np.sqrt(level / DRAWS)
        assert (p_below(found, case.edge) < level).mean() <= most
        assert (p_above(found, case.edge) < level).mean() <= most


@pytest.mark.parametrize("case", [cell for cell in simulated.CELLS if cell.changed == 1], ids=str)
def test_intervals_hold_the_truth(case):
    assert simulated.covers(simulated.sample(case, 300, seed=2), case.edge) >= 0.94 - 3 * np.sqrt(0.05 / 300)


def test_where_few_clusters_differ_the_interval_holds_what_students_t_misses():
    cells = [cell for cell in simulated.WIDE if cell.sizes == "20 single" and cell.changed < 1 and cell.edge]
    ours, plain = (
        min(simulated.held_and_wide(cell.edge, *two(simulated.sample(cell, 300, seed=3)))[0] for cell in cells)
        for two in (simulated.ends, simulated.student)
    )
    assert ours >= 0.94 - 3 * np.sqrt(0.05 / 300)
    assert plain < 0.6


def test_ten_points_are_found_about_as_often_as_by_the_best_test_known():
    """30 clusters of 4, .9 against .8: 53 % for McNemar's mid-p over clusters, two-sided; one-sided here, at half the level."""
    sizes = np.repeat(np.arange(30), 4)
    rng = np.random.default_rng(0)
    rows = np.array([np.subtract(*simulated.answers(rng, sizes, [0.8, 0.9])) for _ in range(DRAWS)])
    sums, told = (each.reshape(DRAWS, 30, 4).sum(-1) for each in (rows, np.abs(rows)))
    found = summed(sums, np.full(sums.shape, 4.0), told, (rows**2).sum(1))
    assert (p_below(found, 0.0) < 0.025).mean() > 0.44


@given(st.integers(0, 20), st.integers(0, 20), st.floats(-0.6, 0.6))
def test_the_error_that_an_edge_implies_is_of_the_likeliest_shares(won, lost, edge):
    """By trying all shares of lost items: Tango's formula is their root."""
    n = 60
    values = np.array([1.0] * won + [-1.0] * lost + [0.0] * (n - won - lost))
    found = summed(values, np.ones(n), np.abs(values), (values**2).sum())
    q = np.linspace(max(0.0, -edge), (1 - edge) / 2, 20_001)[1:-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        likely = sum(
            count * np.log(chance) for count, chance in ((won, q + edge), (lost, q), (n - won - lost, 1 - 2 * q - edge)) if count
        )
    best = q[np.argmax(likely)]
    expected = np.sqrt((2 * best + edge - edge**2) * found.scale * found.inflation / n)
    assert float(_implied_error(found, np.asarray(edge))) == pytest.approx(float(expected), rel=0.02, abs=1e-3)


@given(st.lists(st.tuples(st.sampled_from((-1.0, 0.0, 1.0)), st.sampled_from("abcdefghijkl")), min_size=2, max_size=40))
def test_p_falls_as_the_edge_moves_away(rows):
    values, clusters = zip(*rows, strict=True)
    found = difference(values, list(clusters))
    edges = np.linspace(found.interval.value, min(0.0, found.interval.value + 0.5), 9) if found.interval.value < 0 else []
    ps = [found.below(float(edge)) for edge in edges]
    assert all(one >= other - 1e-12 for one, other in pairwise(ps))
