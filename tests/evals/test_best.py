"""That who may be the best is told with the promised errors, that numbers alone decide it, and that it finds what it can."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proctor.evals.stats.best import Entrants, against_the_leader
from proctor.evals.stats.comparison import Noise
from tests.simulate.board import DESIGNS, GAPS, LADDERS, POWER, Design, found_and_lost, gaps_held, somebody_behind

NAMED = {design.name: design for design in DESIGNS}
SIMULATIONS = 60


def entrants(sums, noise=None, items=None) -> Entrants:
    values = np.array(sums, float)
    return Entrants.of(values, noise or [None] * len(values), items or values.shape[1])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("design", "systems"),
    [("30 clusters of 1 to 8, .9 right", 12), ("30 clusters of 4", 20), ("amounts, lognormal, 30 clusters of 4", 6)],
)
def test_of_systems_that_are_the_same_hardly_ever_is_one_called_behind(design, systems):
    """With an error rate of 5 %, more than 8 in 60 happen once in 400 times; by the largest gap of two it would be 10 or more."""
    found = somebody_behind(NAMED[design], systems, SIMULATIONS, np.random.default_rng(systems))
    assert found <= 8 / SIMULATIONS


@pytest.mark.slow
def test_what_is_worse_is_found():
    (found, lost) = found_and_lost(
        NAMED["50 clusters of 4"], POWER["12, the last 15 points behind"], 40, np.random.default_rng(5)
    )
    assert found >= 0.5
    assert lost <= 7 / 40


@pytest.mark.slow
@pytest.mark.parametrize("kind", GAPS)
@pytest.mark.parametrize("systems", [2, 6])
def test_the_interval_of_a_gap_holds_the_true_gap_to_the_truly_best(kind, systems):
    """Fewer than 88 of 100 by chance once in some hundred times, of gaps of which one board's go together."""
    one, _ = gaps_held(Design("", GAPS[kind]), LADDERS[systems], 100, np.random.default_rng(systems))
    assert one >= 0.88


matrices = st.integers(0, 2**32 - 1).map(
    lambda seed: np.random.default_rng(seed).integers(0, 5, (2 + seed % 5, 10 + seed % 7)).astype(float)
)


@settings(max_examples=25, deadline=None)
@given(matrices)
def test_the_leader_is_never_behind_and_the_same_numbers_say_the_same(sums):
    one, again = (against_the_leader(entrants(sums)) for _ in range(2))
    assert not one.behind[one.leader]
    assert (one.behind == again.behind).all()
    assert (one.reach == again.reach).all()


@settings(max_examples=25, deadline=None)
@given(matrices)
def test_who_has_more_in_every_cluster_is_not_behind_one_that_is_not(sums):
    found = against_the_leader(entrants([*sums, sums[0] - 1])).behind
    assert found[-1] >= found[0]


@settings(max_examples=25, deadline=None)
@given(matrices)
def test_the_interval_of_a_difference_leaves_out_zero_exactly_where_it_is_significant(sums):
    found, totals = against_the_leader(entrants(sums)), sums.sum(1)
    gaps = totals.max() - totals
    assert (found.behind == (gaps > found.reach * found.errors * (1 + 1e-7))).all()


def test_what_all_have_in_common_changes_nothing():
    sums = np.random.default_rng(1).integers(0, 5, (4, 20)).astype(float)
    harder = sums - np.arange(20)
    assert (against_the_leader(entrants(sums)).behind == against_the_leader(entrants(harder)).behind).all()


def test_more_systems_take_a_larger_gap():
    rng = np.random.default_rng(2)
    sums = rng.integers(0, 5, (12, 30)).astype(float)
    two, twelve = (against_the_leader(entrants(sums[:count])) for count in (2, 12))
    assert np.delete(two.reach, two.leader).max() < np.delete(twelve.reach, twelve.leader).min()


def test_the_noise_of_training_makes_ties():
    sums = np.array([[3.0] * 30, [2.0, 3.0] * 15])
    assert against_the_leader(entrants(sums)).behind.tolist() == [False, True]
    noisy = against_the_leader(entrants(sums, [Noise(0.5, 2), Noise(0.5, 2)]))
    assert noisy.behind.tolist() == [False, False]
    assert noisy.more[1] == np.inf  # no number of questions makes up for it


def test_one_amount_each_is_told_apart_by_what_training_changes():
    close, far = (entrants([[-gap], [0.0]], [Noise(1.0, 4), Noise(1.0, 4)], items=1) for gap in (1.0, 100.0))
    assert against_the_leader(close).behind.tolist() == [False, False]
    assert against_the_leader(far).behind.tolist() == [True, False]


def test_twice_as_many_clusters_show_what_so_many_were_said_to_show():
    rng = np.random.default_rng(3)
    sums = rng.integers(0, 4, (2, 20)) + np.array([[0.5], [0.0]])
    once = against_the_leader(entrants(sums))
    twice = against_the_leader(entrants(np.tile(sums, 2)))
    low = 1 - once.leader
    assert once.more[low] == pytest.approx(2 * twice.more[low], rel=0.15)
