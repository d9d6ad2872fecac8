"""The conclusions whose error rates the documentation gives hold their level where that is hardest, as far as few draws tell."""

from __future__ import annotations

import numpy as np
import pytest

from proctor.leaderboard.history.history import history
from tests.simulate import claims, crossings, effects
from tests.simulate import history as histories
from tests.simulate.draws import clusters, zipf


def most(of: int, rate: float) -> int:
    """So many errors come of a rate that is held, but for once in a thousand times."""
    from scipy.stats import binom

    return int(binom.ppf(0.999, of, rate))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("world", "kind"),
    [
        (claims.World("", clusters(120, 1), 0.88), claims.Kind("higher", 0.1)),
        (claims.World("", clusters(30, 4), 0.5), claims.Kind("higher", 0.0)),
        (claims.World("", clusters(30, 4), noise=0.04), claims.Kind("higher", 0.0)),
    ],
)
def test_a_claim_on_its_edge_is_decided_as_seldom_as_is_said(world, kind):
    supported, contradicted = claims.alone(world, kind, 150, seed=1)
    assert 150 * (supported + contradicted) <= most(150, 0.05)


@pytest.mark.slow
def test_a_claim_well_beyond_its_edge_is_decided():
    world = claims.World("", clusters(30, 4), beyond=True)
    *_, found = claims.rates(world, 4, seed=1)
    assert found > 0.2


@pytest.mark.slow
def test_of_claims_on_their_edges_a_section_decides_hardly_any():
    any_wrong, each, _, _ = claims.rates(claims.World("", clusters(120, 1), noise=0.04), 4, seed=1)
    assert any_wrong <= 0.5
    assert each < 0.01


@pytest.mark.slow
def test_the_interval_of_a_crossing_holds_the_true_one():
    rng, world = np.random.default_rng(1), crossings.World("", clusters(25, 4), noise=0.04)
    held = sum(crossings.right(crossings.drawn(rng, world, 0.6), 0.6) for _ in range(40))
    assert 40 - held <= most(40, 0.05)


@pytest.mark.slow
def test_the_interval_of_a_crossing_holds_the_true_one_where_clusters_are_very_unequal():
    rng, world = np.random.default_rng(1), crossings.World("", zipf(60, 20))
    held = sum(crossings.right(crossings.drawn(rng, world, 0.8), 0.8) for _ in range(30))
    assert 30 - held <= most(30, 0.05)


def test_a_system_that_never_catches_up_is_not_said_to():
    rng, world = np.random.default_rng(1), crossings.World("", clusters(25, 4), noise=0.04)
    assert sum(crossings.drawn(rng, world, 0.95).ci_high is not None for _ in range(20)) <= most(20, 0.025)


@pytest.mark.slow
def test_luck_of_training_has_no_significant_effect():
    rng, world = np.random.default_rng(1), effects.World("", clusters(120, 1), noise=0.04)
    assert sum(any(effect.significant for effect in effects.drawn(rng, world)) for _ in range(4)) <= 1


@pytest.mark.slow
def test_luck_of_training_marks_no_run():
    rng, world = np.random.default_rng(1), histories.World("", clusters(60, 2), noise=0.04)
    told = history(list(histories.runs(rng, world, 4)))
    assert len({marked.now.id for marked in told.changes}) <= 1


@pytest.mark.slow
def test_runs_whose_clusters_are_very_unequal_are_not_marked_for_chance():
    rng, world = np.random.default_rng(1), histories.World("", zipf(60, 20), redrawn=1.0)
    told = history(list(histories.runs(rng, world, 4)))
    assert len({marked.now.id for marked in told.changes}) <= 1


def test_a_large_loss_marks_the_run():
    rng, world = np.random.default_rng(1), histories.World("", clusters(60, 2), drop=0.4)
    told = history(list(histories.runs(rng, world, 2)))
    assert {marked.line.system for marked in told.changes} == {"rag"}
    assert {marked.point.mark for marked in told.changes} <= {"better", "worse"}
